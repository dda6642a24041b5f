"""What is one choice away from a set of frequencies: other bases, ladders, axes and scalings."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from refpos.errors import SpecError
from refpos.spec.precise import power
from refpos.variants.frequencies import UNITS, AnyFrequencies, Frequencies, axis_count
from refpos.variants.ladder import Ladder, sections
from refpos.variants.scaling import NTK, ByIndex, ByParts, Linear, MixedRadix, PartNTK, Ramped, Scaling

Change = tuple[str, str, AnyFrequencies]
"""A name for machines, kind/choice; a name for people; and the frequencies that are computed instead."""

BASES = (20.0, 50.0, 100.0, 256.0, 1e3, 1e4, 2.5e4, 5e4, 7.5e4, 1e5, 1.5e5, 1.6e5, 5e5, 1e6, 5e6, 8e6, 1e7)
"""The bases that published models use: one of them is what a dropped or misread base becomes."""

FACTORS = (2.0, 4.0, 8.0, 16.0, 32.0, 40.0)
EXPONENTS = (1.0, 0.75, 0.625)
ORIGINALS = (2048, 4096, 8192, 32_768)


def frequency_choices(frequencies: AnyFrequencies, rotated: int, features: int) -> Iterator[Change]:
    """Yield the frequencies that are one choice away.

    Parameters
    ----------
    frequencies : Frequencies, Bands, Dense or PerHead
        Only Frequencies have choices here.
    rotated, features : int
        How many features are rotated, and how wide the vectors are.
    """
    if not isinstance(frequencies, Frequencies):
        return
    for rule in (_scalings, _axes, _ladders, _stopped, _bases, _units):
        yield from rule(frequencies)
    if features > rotated and not isinstance(frequencies.base, tuple):
        base = power(frequencies.base, rotated, features)
        yield from _changed(frequencies, "base/head", "exponents over the whole head, not the rotated part", base=base)


def _scalings(frequencies: Frequencies) -> Iterator[Change]:
    scalings = frequencies.scalings
    for at, scaling in enumerate(scalings):
        before, after = scalings[:at], scalings[at + 1 :]
        name = type(scaling).__name__
        yield from _changed(frequencies, f"scaling/no-{name}", "scaling omitted", scaling=before + after)
        for short, words, other in _rescaled(scaling, frequencies):
            yield from _changed(frequencies, f"scaling/{short}", words, scaling=(*before, other, *after))


def _rescaled(scaling: Scaling, frequencies: Frequencies) -> Iterator[tuple[str, str, Scaling]]:
    """Yield what a scaling may be taken for."""
    match scaling:
        case ByIndex():
            yield from _other_ramps(scaling)
        case ByParts(factor=s, original=length, low=low, high=high) if low > 0:
            words = "ramp over indices, as in the YaRN code, not over turns"
            yield "ramp-over-index", words, ByIndex(s, length, high, low)
        case NTK(factor=float(s)):
            size = max(rung.size for rung in frequencies.rungs if rung)
            words = "every frequency divided by what the base should be multiplied with"
            yield "base-factor-on-every-plane", words, Linear(power(s, size, size - 1))
        case PartNTK(factor=s, original=length):
            yield "ntk", "NTK-aware: first frequency kept, last divided by the factor", NTK(s)
            yield "by-index", "one ramp from kept to divided, as in the later YaRN code, no NTK", ByIndex(s, length)
        case MixedRadix(factor=float()):
            yield from _other_radices(scaling, max(rung.size for rung in frequencies.rungs if rung))
        case _:
            pass
    yield from _other_numbers(scaling)


def _other_ramps(scaling: ByIndex) -> Iterator[tuple[str, str, Scaling]]:
    """Yield the ramp of the YaRN code with its bounds rounded otherwise, and that of the paper."""
    if scaling.truncate:
        name, words = "bounds-not-truncated", "bounds of the ramp left as they are, not rounded"
    else:
        name, words = "bounds-truncated", "bounds of the ramp rounded, not left as they are"
    yield name, words, replace(scaling, truncate=not scaling.truncate)
    if scaling.slow < scaling.fast:
        words = "ramp over turns, as in the YaRN paper, not over indices"
        yield "ramp-over-turns", words, ByParts(scaling.factor, scaling.original, scaling.slow, scaling.fast)


def _other_radices(scaling: MixedRadix, size: int) -> Iterator[tuple[str, str, Scaling]]:
    """Yield the published exponents, and bases that grow: times the factor, and as in NTK."""
    s, own = scaling.factor, scaling.exponent
    assert isinstance(s, float)
    for exponent in EXPONENTS:
        if exponent != own:
            words = f"exponent {exponent:g} where {own:g} is meant"
            yield f"exponent-{exponent:g}", words, replace(scaling, exponent=exponent)
    yield "base", "base multiplied by the factor, so that the first frequency stays", NTK(power(s, size - 1, size))
    yield "ntk", "NTK-aware: first frequency kept, last divided by the factor", NTK(s)


def _other_numbers(scaling: Scaling) -> Iterator[tuple[str, str, Scaling]]:
    """Yield a scaling with another factor or original length, or with its factor on every plane."""
    if not isinstance(scaling, Linear | NTK | MixedRadix | Ramped) or isinstance(scaling.factor, tuple):
        return
    if not isinstance(scaling, Linear):
        yield "on-every-plane", "every frequency divided by the factor", Linear(scaling.factor)
    for factor in FACTORS:
        yield (
            f"factor-{factor:g}",
            f"factor {factor:g} where {scaling.factor:g} is meant",
            replace(scaling, factor=factor),
        )
    if isinstance(scaling, Ramped):
        for length in ORIGINALS:
            words = f"original length {length} where {scaling.original} is meant"
            yield f"original-{length}", words, replace(scaling, original=length)


def _axes(frequencies: Frequencies) -> Iterator[Change]:
    axes = axis_count(frequencies)
    if axes == 1:
        return
    counts = [frequencies.axes.count(axis) for axis in range(axes)]
    try:
        chunked = sections(counts, len(frequencies.axes))
        dealt = sections(counts, len(frequencies.axes), interleaved=True)
    except SpecError:
        return
    yield from _changed(
        frequencies, "axes/chunked", "axes reordered: the planes of each axis side by side", axes=chunked
    )
    yield from _changed(frequencies, "axes/interleaved", "axes reordered: planes dealt to the axes in turn", axes=dealt)
    cyclic = tuple(k % axes for k in range(len(frequencies.axes)))
    yield from _changed(frequencies, "axes/cyclic", "axes reordered: planes dealt in turn to the very end", axes=cyclic)


def _ladders(frequencies: Frequencies) -> Iterator[Change]:
    ladders: tuple[Ladder, ...] = ("shared", "per-axis", "alternating")
    for ladder in ladders:
        words = f"ladder {ladder} where {frequencies.ladder} is meant"
        yield from _changed(frequencies, f"ladder/{ladder}", words, ladder=ladder)
    words = (
        "end point left out: the last exponent should be 1"
        if frequencies.endpoint
        else "end point not meant: the last exponent is 1"
    )
    yield from _changed(frequencies, "ladder/endpoint", words, endpoint=not frequencies.endpoint)


def _stopped(frequencies: Frequencies) -> Iterator[Change]:
    """Take stopped planes for features left out, for turning ones, or their ladder for a shorter one."""
    if None not in frequencies.axes or isinstance(frequencies.base, tuple):
        return
    live = tuple(axis for axis in frequencies.axes if axis is not None)
    turning, every = len(live), len(frequencies.axes)
    words = "stopped planes left out, so that pairs stand too close"
    yield from _changed(frequencies, "stopped/left-out", words, axes=live, base=power(frequencies.base, turning, every))
    words = "exponents over the turning planes alone"
    yield from _changed(frequencies, "stopped/exponents", words, base=power(frequencies.base, every, turning))
    if set(live) == {0}:
        words = "stopped planes turned like the others"
        yield from _changed(frequencies, "stopped/turning", words, axes=(0,) * len(frequencies.axes))


def _bases(frequencies: Frequencies) -> Iterator[Change]:
    if isinstance(frequencies.base, tuple):
        return
    for base in BASES:
        words = f"base {base:,.0f} where {frequencies.base:,.0f} is meant"
        yield from _changed(frequencies, f"base/{base:.0f}", words, base=base)


def _units(frequencies: Frequencies) -> Iterator[Change]:
    if frequencies.unit == "radian":
        return
    for unit in UNITS:
        words = f"frequencies in {unit}s where {frequencies.unit}s are meant"
        yield from _changed(frequencies, f"unit/{unit}", words, unit=unit)


def _changed(frequencies: Frequencies, name: str, words: str, **fields: Any) -> Iterator[Change]:
    """Yield frequencies with some fields changed, where these are frequencies at all."""
    try:
        yield name, words, replace(frequencies, **fields)
    except SpecError:
        return
