"""A rotary or a sinusoidal encoding on a line: what is done with the angles, which frequencies, of which axis."""

from typing import assert_never

from refpos.catalogue.entry import Angle
from refpos.listing import base
from refpos.show_fields import parts, written
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import AnyFrequencies, Bands, Dense, Frequencies, PerHead, axis_count, plane_count
from refpos.variants.rotary import Rotary, XPos
from refpos.variants.scaling import LongRope, PerPlane, Scaling
from refpos.variants.sinusoidal import Sinusoidal

UNITS = {"radian": "", "half-turn": "π·", "turn": "2π·"}
AXES = {1: ("turned",), 2: ("y", "x"), 3: ("t", "y", "x")}
"""Names of the axes, by how many there are."""
COLUMNS = {
    "paired": "",
    "tiled": ", no rotation: cosines and sines tiled",
    "repeated": ", no rotation: cosines repeated",
}
WRITTEN = {"interleaved": "sine, cosine", "interleaved-cos": "cosine, sine", "sin-cos": "sines, cosines"}


def equation(variant: Angle) -> str:
    """Return what is done with the angles, and the frequencies, on a line.

    Examples
    --------
    >>> from refpos import CATALOGUE
    >>> equation(CATALOGUE["nanochat"].variant)
    '(x_k, x_k+64) turned by −p·ω_k, ω_k = 100,000^(−k/64)'
    """
    done = _turned(variant) if isinstance(variant, Rotary) else _made(variant)
    return f"{done}, {frequencies(variant.frequencies)}{_after(variant)}"


def _turned(variant: Rotary) -> str:
    size = 2 * plane_count(variant.frequencies)
    place = "" if variant.offset == 0 else f" from feature {variant.offset} on"
    if variant.offset == -size:
        place = f" of the last {size}"
    return f"{_pair(variant, variant.pairing)}{place} turned by {'−' if variant.sign < 0 else ''}{_angle(variant)}"


def _pair(variant: Rotary, pairing: str) -> str:
    count = plane_count(variant.frequencies)
    pairs = {"half": f"(x_k, x_k+{count})", "interleaved": "(x_2k, x_2k+1)"}
    return pairs.get(pairing, "halves of each axis's block")


def _angle(variant: Angle) -> str:
    if isinstance(variant.frequencies, Dense):
        return "Σ p_a·ω_ak"
    return "p·ω_k" if axis_count(variant.frequencies) == 1 else "p_a·ω_k"


def _made(variant: Sinusoidal) -> str:
    order = WRITTEN.get(variant.order, "cosines, sines")
    blocks = {"axis": ", axis by axis", "function": ", of all axes at once", "band": ", band by band"}[variant.blocks]
    scale = "" if variant.scale == 1 else f"{variant.scale:g} times "
    one = axis_count(variant.frequencies) == 1 or isinstance(variant.frequencies, Dense)
    return f"{scale}{order} of {_angle(variant)}{'' if one else blocks}"


def _after(variant: Angle) -> str:
    """Return what else is done: where results are written, and what they are multiplied by."""
    if isinstance(variant, Sinusoidal):
        rows = "" if not variant.prefix else f", after {variant.prefix} row{'s' * (variant.prefix > 1)} of zeros"
        return rows if variant.width is None else f"{rows}, zeros up to {variant.width} features"
    g = magnitude(variant.attention_factor)
    write = "" if variant.write is None else f", written to {_pair(variant, variant.write)}"
    return write + COLUMNS[variant.columns] + ("" if g == 1 else f", times {g:.5g}") + _growth(variant.growth)


def _growth(growth: XPos | None) -> str:
    if growth is None:
        return ""
    way = f"(p − {growth.centre:g})" if growth.centre else "p"
    return f", queries times ζ_k^({way}/{growth.scale_base:g}), keys over it, ζ_k = (k/K + 0.4)/1.4"


def frequencies(given: AnyFrequencies) -> str:
    """Return the frequencies on a line, and the planes of each axis where that is not all of them to one.

    Examples
    --------
    >>> frequencies(Frequencies((1, 1, 0, 0), ladder="per-axis", endpoint=True))
    'ω_k = 10,000^(−j/(K_a − 1)), planes 2 x, 2 y'
    """
    match given:
        case Frequencies():
            scalings = "".join(f", {_scaling(one)}" for one in given.scalings)
            return f"ω_k = {UNITS[given.unit]}{base(given)}^(−{_exponent(given)}){scalings}{_planes(given.axes)}"
        case Bands(low=low, high=high, spacing=spacing, unit=unit):
            even = {"log": "ratios", "linear": "differences"}[spacing]
            return f"ω_k from {UNITS[unit]}{low:g} to {UNITS[unit]}{high:g} in equal {even}{_planes(given.axes)}"
        case Dense(axes=axes, planes=count, heads=heads, unit=unit):
            each = "" if heads is None else f" for each of {heads} heads"
            return f"ω = {UNITS[unit]}a learned {axes} by {count}{each}"
        case PerHead(frequencies=heads, reads=reads):
            several = "; ".join(dict.fromkeys(map(frequencies, heads)))
            return f"by heads {several}{'' if reads is None else f', which read {written(reads)}'}"
        case _:
            assert_never(given)


def _exponent(given: Frequencies) -> str:
    above, below = {
        "shared": ("k", str(plane_count(given))),
        "per-axis": ("j", "K_a"),
        "alternating": ("(A·j + a)", "(A·K_a)"),
    }[given.ladder]
    if given.endpoint:
        below = f"{plane_count(given) - 1}" if given.ladder == "shared" else f"({below.strip('()')} − 1)"
    return f"{above}/{below}"


def _scaling(given: Scaling) -> str:
    match given:
        case PerPlane(divisors=own):
            return f"over divisors {_range(own)}"
        case LongRope(short=short, long=long, original=length):
            return f"over divisors {_range(short)}, beyond {length} tokens {_range(long)}"
    return written(given)


def _range(divisors: tuple[float, ...]) -> str:
    return f"from {divisors[0]:.5g} to {divisors[-1]:.5g}"


def _planes(axes: tuple[int | None, ...]) -> str:
    """Return how many planes each axis turns, in their order; nothing where one axis turns all."""
    if set(axes) == {0}:
        return ""
    count = len(set(axes) - {None})
    names = AXES.get(count, tuple(map(str, range(count))))
    shown = [
        f"{len(part) * times} {', '.join('still' if one is None else names[one] for one in part)}"
        + (" in turn" if len(part) > 1 else "")
        for part, times in parts(axes)
    ]
    return f", planes {', '.join(shown)}"
