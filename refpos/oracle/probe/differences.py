"""In what one set of planes differs from another: as a number, and in words."""

from collections.abc import Iterator, Sequence

import numpy as np

from refpos.oracle.probe.ladder import counted, paces, spelled
from refpos.oracle.probe.turning import SLACK, Turning
from refpos.oracle.verdict import Finding
from refpos.spec.precise import Floats
from refpos.variants.planes import Pairs

EVEN = 1e-12
"""By how much magnitudes of a description differ that are the same."""
TOLD = 1e-7
"""To which part the frequencies of a description are told."""


def distance(found: Turning, due: Turning) -> float:
    """Return how many choices are made otherwise, the share of the frequencies that differ being the last of them."""
    return _choices(found, due) + _share(found, due)


def differences(found: Turning, due: Turning) -> tuple[Finding, ...]:
    """Return in what planes differ from those that are due."""
    return tuple(_differences(found, due))


def spans(features: Sequence[int]) -> str:
    """Write features as runs of neighbours.

    Examples
    --------
    >>> spans([0, 1, 2, 3, 8, 9])
    '0 to 3 and 8 to 9'
    """
    cuts = np.flatnonzero(np.diff(features) > 1) + 1
    parts = [f"{part[0]} to {part[-1]}" if len(part) > 1 else f"{part[0]}" for part in np.split(features, cuts)]
    few = parts if len(parts) <= 4 else [*parts[:3], f"{len(parts) - 3} more runs"]
    return " and ".join([", ".join(few[:-1]), few[-1]]) if len(few) > 1 else few[0]


def rotated(pairs: Pairs) -> list[int]:
    """Return the features of pairs, in order."""
    return sorted(feature for pair in pairs for feature in pair)


def _choices(found: Turning, due: Turning) -> int:
    same = len(found.read) == len(due.read)
    return sum(
        (
            2 * (not same),
            found.read != due.read,
            (found.read == found.written) != (due.read == due.written),
            found.sign != due.sign,
            same and found.axes != due.axes,
            not _alike(found.magnitudes, due.magnitudes if same else due.magnitudes.mean()),
            not _grown_alike(found, due),
        )
    )


def _share(found: Turning, due: Turning) -> float:
    """Return the share of the frequencies, sorted, that differ, half for a factor on all, and a little for how much."""
    one, other = (np.sort(np.abs(each.along())) for each in (found, due))
    if len(one) != len(other):
        one, other = (np.interp(np.linspace(0, 1, 64), np.linspace(0, 1, len(each)), each) for each in (one, other))
    ratios = np.log(np.maximum(one, 1e-30) / np.maximum(other, 1e-30))
    each, even = ((np.abs(rest) > SLACK).mean() for rest in (ratios, ratios - np.median(ratios)))
    return float(min(each, 0.5 + even) + min(np.abs(ratios).mean(), 9) / 10)


def _differences(found: Turning, due: Turning) -> Iterator[Finding]:
    yield from _pairs(found, due)
    if found.sign != due.sign:
        yield Finding("differs/sign", "turned the other way: sign flipped", f"sign {found.sign}")
    yield from _magnitudes(found, due)
    if not _grown_alike(found, due):
        yield Finding("differs/growth", "another growth with the position", f"of {counted(len(found.read))}")
    if len(found.read) == len(due.read):
        yield from _frequencies(found, due)


def _magnitudes(found: Turning, due: Turning) -> Iterator[Finding]:
    """Yield that planes have other magnitudes, at the origin."""
    same = len(found.read) == len(due.read)
    g, meant = found.magnitudes, due.magnitudes if same else np.full(len(found.read), due.magnitudes.mean())
    apart = np.flatnonzero(np.abs(g - meant) > 2 * found.error * meant + EVEN)
    if len(apart):
        k = apart[int(np.abs(g[apart] / meant[apart] - 1).argmax())]
        far = f", farthest off at plane {k}" if np.ptp(g[apart]) else ""
        evidence = f"at the origin of plane{'s' * (len(apart) > 1)} {spans(apart.tolist())}{far}"
        yield Finding("differs/magnitude", f"magnitude {g[k]:.6g} where {meant[k]:.6g} is meant", evidence)


def _pairs(found: Turning, due: Turning) -> Iterator[Finding]:
    own, meant = rotated(found.read), rotated(due.read)
    if own != meant:
        words = f"features {spans(own)} are rotated where {spans(meant)} are meant"
        yield Finding("differs/features", words, f"{counted(len(found.read))} where {counted(len(due.read))} are meant")
    one, other = found.pairing(found.read), due.pairing(due.read)
    if one != other:
        yield Finding("differs/pairing", f"pairing {one} where {other} is meant", f"the first pair is {found.read[0]}")
    wrote, write = found.pairing(found.written), due.pairing(due.written)
    if wrote != write and (one, other) != (wrote, write):
        words = f"output written {wrote} where {write} is meant"
        yield Finding("differs/write", words, f"the first pair goes to {found.written[0]}")


def _frequencies(found: Turning, due: Turning) -> Iterator[Finding]:
    if found.axes != due.axes:
        k = next(k for k, (one, other) in enumerate(zip(found.axes, due.axes, strict=True)) if one != other)
        evidence = f"the first is plane {k}, turned by axis {found.axes[k]} where {due.axes[k]} is meant"
        yield Finding("differs/axes", "planes turned by other axes", evidence)
        return
    own, meant = np.abs(found.along()), np.abs(due.along())
    if not _alike(own, meant):
        words = f"frequencies {spelled(due.axes, meant, TOLD * meant)} are meant"
        yield Finding("differs/frequencies", words, paces(meant / own))
        return
    turned = np.flatnonzero(found.along() * due.along() < 0)
    if found.sign == due.sign and len(turned):
        yield Finding("differs/sign", "planes turned the other way", spans(turned.tolist()))
    apart = np.abs(own / meant - 1)
    if (apart > 4 * found.off.max(axis=0) / meant).any():
        words = f"frequencies are off by up to {apart.max():.1g} of themselves"
        yield Finding("differs/precision", words, f"at plane {int(apart.argmax())}")


def _alike(one: Floats | float, other: Floats | float) -> bool:
    return bool((np.abs(one - other) <= SLACK * np.abs(other)).all())


def _grown_alike(found: Turning, due: Turning) -> bool:
    one, other = found.first.real, due.first.real
    if one.shape != other.shape:
        return bool((np.abs(one) <= found.off).all() and not other.any())
    return bool((np.abs(one - other) <= SLACK * np.abs(other) + 4 * found.off).all())
