"""Frequencies as frameworks make them, in the working dtype of a library: ladders, bands and scalings."""

import math
from dataclasses import replace

from refpos import NTK, Bands, ByIndex, ByParts, Linear, MixedRadix, PartNTK, PerPlane

# The frequencies of a ladder: (library, base, rungs, the exponent's denominator, dtype) -> (rungs,) of that dtype.


def power(lib, base, count, over, f):
    return base ** -(lib.count(count, f) / over)


def reciprocal(lib, base, count, over, f):
    return 1.0 / base ** (lib.count(count, f) * 2 / (2 * over))


def by_constant(lib, base, count, over, f):
    """Multiply by the rounded reciprocal of the width, as compilers make of a division by a constant."""
    return 1.0 / base ** (lib.count(count, f) * 2 * (1 / (2 * over)))


def log_inside(lib, base, count, over, f):
    return lib.xp.exp(-lib.xp.log(lib.array(1.0, f) * base) * (lib.count(count, f) / over))


def log_outside(lib, base, count, over, f):
    rate = math.log(base) if isinstance(base, float) else lib.xp.log(base)
    return lib.xp.exp(lib.count(count, f) * -(rate / over))


def log_of_two(lib, base, count, over, f):
    return lib.exp2(-lib.xp.log2(lib.array(1.0, f) * base) * (lib.count(count, f) / over))


def recurrence(lib, base, count, over, f):
    return chain(lib, lib.array([1.0], f), step(lib, base, over, f), count)[0]


def step(lib, base, over, f):
    """Return what each rung is multiplied by to make the next."""
    return (lib.array(1.0, f) * base) ** (-1.0 / over)


def chain(lib, first, by, count):
    """Return (n, rungs), each column the last times a number: ggml's `theta *= theta_scale`."""
    found = [first]
    while len(found) < count:
        found.append(found[-1] * by)
    return lib.xp.stack(found, -1)


def omega(lib, frequencies, ladder, f):
    """Return the frequencies of all planes of one row, as a ladder makes them; 0 where planes stand still."""
    if isinstance(frequencies, Bands):
        found, places = _bands(lib, frequencies, ladder, f), [rung.index if rung else 0 for rung in frequencies.rungs]
        return found[lib.index(places)] * lib.array([rung is not None for rung in frequencies.rungs], f)
    found, places = spread(lib, frequencies, lambda *rungs: ladder(lib, *rungs, f), f)
    values = found[lib.index(places)]
    for scaling in frequencies.scalings:
        if isinstance(scaling, PartNTK):
            by_ntk = omega(lib, replace(frequencies, scaling=NTK(scaling.factor)), ladder, f)
            values = _part_ntk(lib, values, by_ntk, scaling, frequencies, f)
        else:
            values = _scaled(lib, values, scaling, frequencies, f)
    return values * lib.array([rung is not None for rung in frequencies.rungs], f)


def spread(lib, frequencies, made, f):
    """Return the ladders of all axes one after the other, and where in them each plane stands."""
    ladders, starts = [], {}
    for rung in frequencies.rungs:
        if rung is not None and rung.axis not in starts:
            starts[rung.axis] = sum(one.shape[-1] for one in ladders)
            ladders.append(made(_base(lib, frequencies, rung, f), rung.size, rung.size - frequencies.endpoint))
    places = [starts[rung.axis] + rung.index if rung else 0 for rung in frequencies.rungs]
    return lib.xp.concatenate(ladders, -1), places


def _of_axis(value, axis):
    return value[axis] if isinstance(value, tuple) else value


def _base(lib, frequencies, rung, f):
    """Return the base of a plane's ladder, which NTK scaling makes another, in the working dtype."""
    base = _of_axis(frequencies.base, rung.axis)
    for scaling in frequencies.scalings:
        if isinstance(scaling, NTK):
            factor = lib.array(_of_axis(scaling.factor, rung.axis), f)
            base = lib.array(1.0, f) * base * factor ** (rung.size / (rung.size - 1))
    return base


def _bands(lib, bands, ladder, f):
    (count,) = {rung.size for rung in bands.rungs if rung}
    t = lib.count(count, f) / max(count - 1, 1)
    if bands.spacing == "linear":
        found = bands.low + (bands.high - bands.low) * t
    elif ladder in (log_inside, log_outside, log_of_two):
        low, high = (lib.xp.log(lib.array(end, f)) for end in (bands.low, bands.high))
        found = lib.xp.exp(low + (high - low) * t)
    else:
        found = bands.low * (bands.high / bands.low) ** t
    return found * {"radian": 1.0, "half-turn": math.pi, "turn": 2 * math.pi}[bands.unit]


def _scaled(lib, values, scaling, frequencies, f):
    match scaling:
        case NTK():
            return values
        case Linear(factor=factor):
            return values / lib.array([_of_axis(factor, rung.axis if rung else 0) for rung in frequencies.rungs], f)
        case PerPlane(divisors=divisors):
            return 1.0 / (lib.array(divisors, f) * (1.0 / values))
        case ByParts():
            return _by_parts(lib, values, scaling)
        case ByIndex():
            return _by_index(lib, values, scaling, frequencies, f)
        case MixedRadix():
            return _mixed_radix(lib, values, scaling, frequencies, f)
    raise AssertionError(scaling)


def _mixed_radix(lib, values, scaling, frequencies, f):
    """`ntk_patch.py` of bojone/rerope: e^(−a m^q), with a made so that the last plane is divided by the factor."""
    size = max(rung.size for rung in frequencies.rungs if rung)
    a = math.log(scaling.factor) / size**scaling.exponent
    m = lib.array([rung.index + 1 if rung else 1 for rung in frequencies.rungs], f)
    return values * lib.xp.exp(-a * m**scaling.exponent)


def _by_parts(lib, values, scaling):
    """`_compute_llama3_parameters` of transformers."""
    s, length, low, high = scaling.factor, scaling.original, scaling.low, scaling.high
    where, wavelength = lib.xp.where, 2 * math.pi / values
    scaled = where(wavelength > length / low, values / s, values)
    smooth = (length / wavelength - low) / (high - low)
    between = ~(wavelength < length / high) & ~(wavelength > length / low)
    return where(between, (1 - smooth) * scaled / s + smooth * scaled, scaled)


def _by_index(lib, values, scaling, frequencies, f):
    """`_compute_yarn_parameters` of transformers."""
    kept = _kept(lib, scaling, frequencies, f)
    return 1.0 / (scaling.factor * (1.0 / values)) * (1 - kept) + values * kept


def _part_ntk(lib, values, by_ntk, scaling, frequencies, f):
    """`LlamaPartNTKScaledRotaryEmbedding` of jquesnelle/yarn."""
    fast, slow = (_kept(lib, one, frequencies, f) for one in scaling.ramps)
    inner = 1.0 / (scaling.factor * (1.0 / values)) * (1 - slow) + by_ntk * slow
    return inner * (1 - fast) + values * fast


def _kept(lib, scaling, frequencies, f):
    """The ramp of the YaRN code, from 1 to 0."""
    count, base = len(frequencies.axes), frequencies.base

    def crossing(turns):
        return 2 * count * math.log(scaling.original / (turns * 2 * math.pi)) / (2 * math.log(base))

    low, high = crossing(scaling.fast), crossing(scaling.slow)
    if scaling.truncate:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, 2 * count - 1)
    high += 0.001 * (low == high)
    return 1 - lib.xp.clip((lib.count(count, f) - low) / (high - low), 0, 1)


LADDERS = {
    "power": (power, reciprocal, by_constant),
    "log": (log_inside, log_outside, log_of_two),
    "recurrence": (recurrence,),
    "tables": (power,),
}
"""For each recipe the ways to make frequencies that it is for."""
