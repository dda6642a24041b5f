"""Rules of position in golden files: a row for each token, a column for each axis.

Masks that have several rows give the tokens of the first one, then those of the next; a mask of `DetrMask` is one
image, pixel by pixel. Cases keep away from what arithmetic cannot tell: no time, no bucket and no end of a tile lies
on a whole number unless it is exact in every dtype, and no pixel of a shifted mask is counted in a row or column that
is all padding, which would stand at shift/epsilon, beyond float16.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from refpos.errors import SpecError, require
from refpos.exact import positions as exact
from refpos.exact.ball import Real
from refpos.oracle.families.family import Family, Inputs, Learned
from refpos.oracle.families.positions_mistakes import mistakes
from refpos.oracle.families.positions_plan import plan
from refpos.oracle.families.segments import KINDS, count, segments
from refpos.oracle.places import mask_bound, place_bound
from refpos.spec.masks import place_mask
from refpos.spec.positions import place
from refpos.spec.precise import Floats
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask, MaskRule
from refpos.variants.multimodal import V2PE, CircleRope, RopeTie
from refpos.variants.positions import Centres, Grid, GridBuckets, Index, Rule

MOST = 256
"""How many tokens a case may have, before merging."""

Placing = Rule | MaskRule


def features(rule: Placing) -> int:
    """Return how many axes a rule has; of `Grid` those of its reference, or of an image."""
    match rule:
        case Grid(reference=reference):
            return len(reference or (0, 0))
        case DetrMask() | Centres() | RopeTie():
            return 2
        case Index() | GridBuckets() | V2PE() | DecoderMask() | FairseqMask():
            return 1
        case _:
            return 3


def known(rule: Placing, inputs: Inputs, where: str) -> None:
    """Raise `SpecError` unless inputs are a mask, or segments, that the rule can be given."""
    name = "mask" if isinstance(rule, MaskRule) else "segments"
    require(set(inputs) == {name}, f"{where}: inputs must be {name}", sorted(inputs))
    given = inputs[name]
    fine = isinstance(given, list) and 0 < len(given) <= MOST
    require(fine, f"{where}: {name} must be a list of 1 to {MOST}", given)
    (_known_mask if name == "mask" else _known_segments)(given, where)
    try:
        found = compute(rule, inputs, {})
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    due = features(rule)
    require(found.shape[1] == due, f"{where}: positions must have as many axes as the rule, {due}", found.shape[1])


def _known_mask(given: list[Any], where: str) -> None:
    rows = [one for one in given if isinstance(one, list)]
    fine = len(rows) == len(given) and {type(one) for row in rows for one in row} == {int}
    require(fine and len({*map(len, rows)}) == 1, f"{where}: rows of a mask must be ints, as many in each", given)
    require(len(rows) * len(rows[0]) <= MOST, f"{where}: tokens must be at most {MOST}", len(rows) * len(rows[0]))


def _known_segments(given: list[Any], where: str) -> None:
    kinds = {name: {"type", *(one.name for one in fields(kind))} for name, kind in KINDS.items()}
    for one in given:
        fine = isinstance(one, dict) and kinds.get(str(one.get("type"))) == set(one)
        require(fine, f"{where}: a segment must have its type, one of {', '.join(kinds)}, and its fields", one)
    try:
        tokens = sum(count(one) for one in segments({"segments": given}))
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    require(tokens <= MOST, f"{where}: tokens must be at most {MOST}", tokens)


def compute(rule: Placing, inputs: Inputs, _learned: Learned) -> Floats:
    """Return the position of every token, a column for each axis."""
    found = place_mask(inputs["mask"], rule) if isinstance(rule, MaskRule) else place(segments(inputs), rule)
    return found.reshape(-1, features(rule) if isinstance(rule, MaskRule) or found.ndim == 1 else found.shape[1])


def certify(rule: Placing, inputs: Inputs, _learned: Learned, bits: int) -> Sequence[Real]:
    """Return the coordinates of every token, certified, one after the other."""
    if isinstance(rule, DetrMask):
        return [one for row in exact.place_mask(inputs["mask"], rule) for one in row]
    if isinstance(rule, MaskRule):
        return [one for line in inputs["mask"] for row in exact.place_mask(line, rule) for one in row]
    return [one for row in exact.place(segments(inputs), rule, bits) for one in row]


def allowed(rule: Placing, inputs: Inputs, learned: Learned, dtype: str) -> Floats:
    """Return how far each coordinate may be off."""
    due = compute(rule, inputs, learned)
    if isinstance(rule, MaskRule):
        return mask_bound(due, rule, dtype)
    return place_bound(segments(inputs), rule, dtype).reshape(due.shape)


def refused(rule: Placing) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield inputs that must be refused."""
    if isinstance(rule, MaskRule):
        yield "neither a token nor padding", {"mask": [[1, 2, 0]]}
        yield "padding marked by -1", {"mask": [[-1, 1, 1]]}
        yield "an empty mask", {"mask": []}
        return
    text, image = {"type": "Text", "n": 2}, {"type": "Image", "h": 4, "w": 6}
    yield "nothing to place", {"segments": []}
    yield "an image without rows", {"segments": [{**image, "h": 0}]}
    yield "text of no token", {"segments": [{**text, "n": 0}]}
    if isinstance(rule, Grid | Centres | GridBuckets):
        yield "text, which has no place on a grid", {"segments": [image, text]}
    if getattr(rule, "merge", 1) > 1:
        yield "a side that does not divide by the merge", {"segments": [text, {**image, "w": 5}]}
    if getattr(rule, "block", 1) > 1:
        yield "a side that does not divide by the block", {"segments": [{**image, "w": 5}]}
    if isinstance(rule, Centres | GridBuckets | RopeTie | CircleRope):
        yield "a video", {"segments": [{"type": "Video", "t": 2, "h": 4, "w": 4, "fps": 1.0}]}


POSITIONS = Family(
    features=features,
    plan=plan,
    known=known,
    compute=compute,
    certify=certify,
    allowed=allowed,
    mistakes=mistakes,
    refused=refused,
)
