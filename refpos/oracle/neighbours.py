"""The usual mistakes: what is one choice away from a variant, and what each would return.

A neighbour is another variant, or the same one with a number made in too few bits, or at positions that are not those
given. Each is tried when an implementation differs, so that the difference has a name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

import numpy as np

from refpos.oracle.choices import Variant, choices
from refpos.oracle.rounding import round_to
from refpos.spec.frequencies import Learned, omega
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats
from refpos.spec.rotary import rotate, turn
from refpos.spec.scaling import magnitude
from refpos.spec.sinusoidal import embed, write
from refpos.variants.frequencies import AnyFrequencies, Frequencies, PerHead, axis_count, head_count
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

Predict = Callable[[Floats, Floats | None], Floats]


@dataclass(frozen=True)
class Neighbour:
    """A mistake that can be made with a variant.

    Parameters
    ----------
    id : str
        Its name for machines, kind/choice: "pairing/interleaved".
    what : str
        Its name for people: "pairing swapped: interleaved where half is meant".
    variant : Rotary or Sinusoidal
        What is computed instead; the variant itself where it is computed at other positions or in fewer bits.
    predict : callable
        (positions, x) -> what an implementation with this mistake returns, in float64; x is None for an additive one.
    exact : bool
        False where a rounding is reproduced, which another order of operations can move in rare places.
    """

    id: str
    what: str
    variant: Variant
    predict: Predict
    exact: bool = True


def neighbours(variant: Variant, features: int, *, learned: Learned | None = None) -> tuple[Neighbour, ...]:
    """Return every mistake that is one choice away from a variant.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    features : int
        The width of the vectors that are rotated.
    learned : mapping, optional
        As for `omega`.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> [one.id for one in neighbours(Rotary(Frequencies((0, 0))), 4) if one.id.startswith("positions/")]
    ['positions/plus-one', 'positions/minus-one', 'positions/ignored', 'positions/zero']
    """
    changed = [
        Neighbour(name, what, other, computing(other, learned)) for name, what, other in choices(variant, features)
    ]
    return (*changed, *_misplaced(variant, learned), *_too_few_bits(variant, learned))


def computing(variant: Variant, learned: Learned | None = None) -> Predict:
    """Return what computes a variant: (positions, x) -> the result in float64."""
    if isinstance(variant, Sinusoidal):
        return lambda positions, _: embed(positions, variant, learned=learned)
    return lambda positions, x: rotate(x, positions, variant, learned=learned)  # type: ignore[arg-type]


def _misplaced(variant: Variant, learned: Learned | None) -> Iterator[Neighbour]:
    """Yield what comes of positions that are not those given."""
    axes = axis_count(variant.frequencies)
    compute = computing(variant, learned)

    def at(name: str, words: str, place: Callable[[Floats], Floats]) -> Neighbour:
        return Neighbour(f"positions/{name}", words, variant, lambda positions, x: compute(place(positions), x))

    yield at("plus-one", "positions off by one: p + 1 where p is meant", lambda p: p + 1)
    yield at("minus-one", "positions off by one: p − 1 where p is meant", lambda p: p - 1)
    yield at("ignored", "positions ignored: 0, 1, 2, ... instead", lambda p: _counted(p, axes))
    yield at("zero", "not applied: as if every position were 0", np.zeros_like)
    if isinstance(variant, Rotary) and variant.growth is not None:
        words = "growth centred on half the length of each call"
        yield Neighbour("growth/half-length", words, variant, partial(_half_length, variant))
    if axes == 2 and getattr(variant.frequencies, "unit", "radian") == "radian":
        yield at("column-major", "grid laid out column by column, not row by row", _column_major)
    if axes == 1:
        return
    for order in permutations(range(axes)):
        if order != tuple(range(axes)):
            words = f"axes reordered: coordinates taken as {order}"
            yield at(f"axes-{''.join(map(str, order))}", words, partial(_taken, order))
    for axis in range(axes):
        words = f"coordinate {axis} taken for every axis"
        yield at(f"only-{axis}", words, partial(_taken, (axis,) * axes))


def _half_length(variant: Rotary, positions: Floats, x: Floats | None) -> Floats:
    """Return what comes of a growth whose centre is half the length of the call."""
    assert variant.growth is not None
    assert x is not None
    centred = replace(variant.growth, centre=float((positions.max() + 1) // 2))
    return np.asarray(rotate(x, positions, replace(variant, growth=centred)))


def _taken(coordinates: tuple[int, ...], positions: Floats) -> Floats:
    return positions[..., list(coordinates)]


def _column_major(positions: Floats) -> Floats:
    """Return where tokens stand if the smallest grid that holds them is counted column by column."""
    if (positions < 0).any() or (positions != np.rint(positions)).any():
        return positions
    h, w = positions.max(axis=-2) + 1
    count = positions[..., 0] * w + positions[..., 1]
    return np.stack([count % h, count // h], axis=-1)


def _counted(positions: Floats, axes: int) -> Floats:
    n = positions.shape[-1] if axes == 1 else positions.shape[-2]
    count = np.arange(float(n))
    return np.broadcast_to(count if axes == 1 else count[:, None], positions.shape)


def _too_few_bits(variant: Variant, learned: Learned | None) -> Iterator[Neighbour]:
    """Yield what comes of making positions, frequencies, angles or tables in 16 bits."""
    if isinstance(variant, Rotary) and (variant.growth is not None or isinstance(variant.frequencies, PerHead)):
        return
    places = {
        "positions": ("positions",),
        "frequencies": ("frequencies",),
        "positions-and-frequencies": ("positions", "frequencies"),
        "angles": ("angles",),
        "all-of-angles": ("positions", "frequencies", "angles"),
        "tables": ("tables",),
        "ladder": ("ladder", "positions", "frequencies", "angles"),
    }
    frequencies = variant.frequencies
    if not isinstance(frequencies, Frequencies) or frequencies.scalings or isinstance(frequencies.base, tuple):
        del places["ladder"]
    for dtype in ("bfloat16", "float16"):
        for name, stages in places.items():
            words = f"{', '.join(stages[:-1])}{' and ' if stages[1:] else ''}{stages[-1]} in {dtype}"
            predict = _rounding(variant, learned, dtype, stages)
            yield Neighbour(f"{dtype}/{name}", words, variant, predict, exact=False)


def _stepwise(frequencies: AnyFrequencies, dtype: str) -> Floats:
    """Return the frequencies of a ladder whose base, exponents and powers are each rounded."""
    exact = omega(frequencies)
    if not isinstance(frequencies, Frequencies) or frequencies.scalings or isinstance(frequencies.base, tuple):
        return exact
    exponents = [float(rung.exponent(frequencies.endpoint)) if rung else 0.0 for rung in frequencies.rungs]
    powers = round_to(round_to(frequencies.base, dtype) ** round_to(exponents, dtype), dtype)
    return np.where(exact == 0, 0.0, {"radian": 1.0, "half-turn": np.pi, "turn": 2 * np.pi}[frequencies.unit] / powers)


def _rounding(variant: Variant, learned: Learned | None, dtype: str, stages: tuple[str, ...]) -> Predict:
    def to(stage: str, values: Floats) -> Floats:
        return round_to(values, dtype) if stage in stages else values

    def predict(positions: Floats, x: Floats | None) -> Floats:
        p = to("positions", as_positions(positions, axis_count(variant.frequencies)))
        per_step = (
            _stepwise(variant.frequencies, dtype) if "ladder" in stages else omega(variant.frequencies, learned=learned)
        )
        per_step = to("frequencies", per_step)
        if head_count(variant.frequencies) is not None:
            p = p[..., None, :, :]
        phi = to("angles", np.einsum("...na,...ak->...nk", p, per_step))
        if isinstance(variant, Sinusoidal):
            return to("tables", write(phi, variant))
        g = magnitude(variant.attention_factor)
        cos, sin = to("tables", g * np.cos(phi)), to("tables", variant.sign * g * np.sin(phi))
        assert x is not None
        return np.asarray(turn(x, cos, sin, variant))

    return predict
