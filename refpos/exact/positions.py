"""The positions that a rule gives to tokens, certified."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, chain, product
from typing import Any, assert_never

from refpos.errors import SpecError, require
from refpos.exact.given import listed, plain
from refpos.exact.multimodal import Row, sequence
from refpos.exact.refined import refined
from refpos.variants.masks import DecoderMask, DetrMask, FairseqMask, MaskRule
from refpos.variants.positions import Audio, Centres, Grid, GridBuckets, Image, Index, Rule, Segment, Text

GUARD = 24

MOST = 1 << 24
"""How many tokens are placed at once: each of their coordinates is a fraction of its own."""


def place(segments: Iterable[Segment], rule: Rule, bits: int) -> tuple[Row, ...]:
    """Return the coordinates of every token, as `refpos.place` has them: fractions, but for what stands on a circle.

    Every ball has rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    segments : iterable of Text, Audio, Image or Video
    rule : Index, Grid, Centres, GridBuckets, MRope, VideoRope, OmniRope, MSRope, RopeTie, V2PE or CircleRope
    bits : int

    Returns
    -------
    A tuple of coordinates for each token, in order; of one where `refpos.place` has no second axis.

    Raises
    ------
    SpecError
        If there is no segment, or one is of a kind that the rule does not place, sides do not divide by the merge or
        the block, or there are more than 2^24 tokens.

    Examples
    --------
    >>> from refpos.variants.multimodal import RopeTie
    >>> place([Text(1), Image(1, 1), Text(1)], RopeTie("unit"), 64)[1:]
    ((Fraction(1, 1), Fraction(1, 1)), (Fraction(2, 1), Fraction(2, 1)))
    """
    given = plain(segments)
    segments = tuple(given) if isinstance(given, Iterable) else (given,)
    require(isinstance(rule, Rule), "rule must be one of those that place segments", rule)
    known = segments and all(isinstance(one, Segment) for one in segments)
    require(known, "segments must be Text, Audio, Image or Video, at least one", segments)
    tokens = sum(map(_tokens, segments))
    require(tokens <= MOST, "positions must be those of at most 2^24 tokens", tokens)
    match rule:
        case Index(start=start):
            return tuple((Fraction(start + i),) for i in range(tokens))
        case Grid():
            return tuple(chain.from_iterable(_lattice(_sides(one, rule), rule) for one in segments))
        case Centres() | GridBuckets():
            return tuple(chain.from_iterable(_in_image(_sides(one, rule), rule) for one in segments))
        case _:
            return tuple(refined(lambda scale: sequence(segments, rule, scale), chain.from_iterable, bits, GUARD))


def place_mask(mask: Sequence[Any], rule: MaskRule | Index) -> tuple[Row, ...]:
    """Return the coordinates of every token of a row, or of every pixel of an image, as `refpos.place_mask` has them.

    Raises
    ------
    SpecError
        If the mask is not of 0 and 1, has not the axes that the rule needs, or is empty.

    Examples
    --------
    >>> place_mask([[1, 1], [1, 0]], DetrMask(normalise=True, epsilon=0.5))[1]
    (Fraction(2, 3), Fraction(4, 5))
    """
    require(isinstance(rule, MaskRule | Index), "rule must be DecoderMask, FairseqMask, DetrMask or Index", rule)
    if isinstance(rule, DetrMask):
        rows = [_line(row, "(h, w)") for row in _lined(mask, "(h, w)")]
        require(len({len(row) for row in rows}) == 1, "mask must have shape (h, w) and not be empty", mask)
        down = [_counts(column, rule) for column in zip(*rows, strict=True)]
        right = [_counts(row, rule) for row in rows]
        return tuple((down[j][i], right[i][j]) for i, j in product(range(len(rows)), range(len(rows[0]))))
    line = _line(mask, "(n,)")
    places = [_on_line(i, line, rule) for i in range(len(line))]
    return tuple((Fraction(one),) for one in places)


def _lined(mask: Sequence[Any], shape: str) -> Sequence[Any]:
    rule = f"mask must have shape {shape} and not be empty"
    found = listed(mask, rule)
    require(len(found) > 0, rule, mask)
    return found


def _line(row: Sequence[Any], shape: str) -> list[int]:
    found = [plain(one) for one in _lined(row, shape)]
    require(all(isinstance(one, int) and one in (0, 1) for one in found), "mask must hold only 0 and 1, or bools", row)
    return [int(one) for one in found]


def _on_line(i: int, line: Sequence[int], rule: DecoderMask | FairseqMask | Index) -> int:
    before = sum(line[:i])
    match rule:
        case DecoderMask(fill=fill):
            return before if line[i] else fill
        case FairseqMask(padding=padding):
            return padding + before + 1 if line[i] else padding
        case Index(start=start):
            return start + i
        case _:
            assert_never(rule)


def _counts(line: Sequence[int], rule: DetrMask) -> list[Fraction]:
    over = sum(line) + Fraction(rule.epsilon) if rule.normalise else Fraction(1)
    return [(one + Fraction(rule.shift)) / over for one in accumulate(line)]


def _tokens(segment: Segment) -> int:
    if isinstance(segment, Text | Audio):
        return segment.n
    return segment.h * segment.w * (1 if isinstance(segment, Image) else segment.t)


def _sides(segment: Segment, rule: Rule) -> tuple[int, ...]:
    if isinstance(segment, Text | Audio) or (not isinstance(segment, Image) and not isinstance(rule, Grid)):
        raise SpecError(f"{type(rule).__name__} must place grids of its kind; got {segment!r}")
    return (segment.h, segment.w) if isinstance(segment, Image) else (segment.t, segment.h, segment.w)


def _lattice(sides: tuple[int, ...], rule: Grid) -> list[Row]:
    sides = tuple(reversed(sides)) if rule.exchanged else sides
    steps = [Fraction(r, n) for r, n in zip(rule.reference or sides, sides, strict=True)]
    still: Row = (Fraction(0),) * len(sides)
    cells = [
        tuple((rule.start + i) * step for i, step in zip(one, steps, strict=True)) for one in _cells(sides, rule.block)
    ]
    return [still] * rule.before + cells + [still] * rule.after


def _cells(sides: tuple[int, ...], b: int) -> Iterator[tuple[int, ...]]:
    """Yield the cells of a grid, block by block."""
    *lead, h, w = map(range, sides)
    require(len(h) % b == len(w) % b == 0, f"sides must be multiples of the block, {b}", (len(h), len(w)))
    for *at, y, x in product(*lead, h[::b], w[::b]):
        for i, j in product(range(b), range(b)):
            yield (*at, y + i, x + j)


def _in_image(sides: tuple[int, ...], rule: Centres | GridBuckets) -> list[Row]:
    h, w = sides
    if isinstance(rule, GridBuckets):
        return [(Fraction(y * rule.side // h * rule.side + x * rule.side // w),) for y in range(h) for x in range(w)]
    low, wide = Fraction(rule.low), Fraction(rule.high) - Fraction(rule.low)
    lengths = {"separate": sides, "max": (max(h, w),) * 2, "min": (min(h, w),) * 2}[rule.normalise]
    axes = [[low + wide * Fraction(2 * i + 1, 2 * m) for i in range(n)] for n, m in zip(sides, lengths, strict=True)]
    return list(product(*axes))
