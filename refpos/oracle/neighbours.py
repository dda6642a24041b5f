"""The usual mistakes: what is one choice away from a variant, and what each would return.

A neighbour is another variant, or the same one with a number made in too few bits, or at positions that are not those
given. Each is tried when an implementation differs, so that the difference has a name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

import numpy as np

from refpos.catalogue.entry import Angle
from refpos.oracle.choices import choices
from refpos.oracle.rounding import round_to
from refpos.spec.frequencies import Learned, omega
from refpos.spec.positions import as_positions
from refpos.spec.precise import Floats
from refpos.spec.rotary import cos_sin, rotate, turn
from refpos.spec.scaling import magnitude
from refpos.spec.sinusoidal import embed, write
from refpos.variants.frequencies import AnyFrequencies, Frequencies, PerHead, axis_count, head_count
from refpos.variants.planes import planes
from refpos.variants.rotary import Rotary, Side
from refpos.variants.sinusoidal import Sinusoidal

Predict = Callable[[Floats, Floats | None], Floats]
Move = Callable[[Floats], Floats]


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
    placed : callable, optional
        positions -> the variant that is computed, where that depends on them.
    exact : bool
        False where a rounding is reproduced, which another order of operations can move in rare places.
    """

    id: str
    what: str
    variant: Angle
    predict: Predict
    placed: Callable[[Floats], Angle] | None = None
    exact: bool = True


def neighbours(
    variant: Angle, features: int, *, learned: Learned | None = None, side: Side = "query"
) -> tuple[Neighbour, ...]:
    """Return every mistake that is one choice away from a variant.

    Parameters
    ----------
    variant : Rotary or Sinusoidal
    features : int
        The width of the vectors that are rotated.
    learned : mapping, optional
        As for `omega`.
    side : {"query", "key"}
        Which of the two is turned.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> [one.id for one in neighbours(Rotary(Frequencies((0, 0))), 4)][:3]
    ['positions/plus-one', 'positions/minus-one', 'positions/plus-two']
    """
    changed = [
        Neighbour(name, what, other, computing(other, learned, side))
        for name, what, other in choices(variant, features)
    ]
    wrong = _miscalculated(variant, learned, side) if isinstance(variant, Rotary) else ()
    return (*_misplaced(variant, learned, side), *changed, *wrong, *_too_few_bits(variant, learned))


def computing(variant: Angle, learned: Learned | None = None, side: Side = "query") -> Predict:
    """Return what computes a variant: (positions, x) -> the result in float64."""
    if isinstance(variant, Sinusoidal):
        return lambda positions, _: embed(positions, variant, learned=learned)

    def turned(positions: Floats, x: Floats | None) -> Floats:
        assert x is not None
        return rotate(x, positions, variant, side=side, learned=learned)

    return turned


def _misplaced(variant: Angle, learned: Learned | None, side: Side) -> Iterator[Neighbour]:
    """Yield what comes of positions that are not those given."""
    compute = computing(variant, learned, side)
    axes, fractions = axis_count(variant.frequencies), getattr(variant.frequencies, "unit", "radian") != "radian"
    moves = [*_MOVES, *(_coordinates(axes, fractions) if axes > 1 else ())]
    moves += _FRACTION_MOVES if fractions else _LINE_MOVES if axes == 1 else ()
    turns = omega(variant.frequencies, learned=learned) / np.pi
    if (turns == np.rint(turns)).all():  # whole turns in two steps, as with NeRF's bands: two more are none
        moves = [one for one in moves if one[0] != "plus-two"]
    for name, words, move in moves:
        yield Neighbour(f"positions/{name}", words, variant, partial(_moved, compute, move))
    if isinstance(variant, Rotary) and variant.growth is not None:
        words = "growth centred on half the length of each call"
        centred = partial(_half_length, variant)
        yield Neighbour(
            "growth/half-length", words, variant, lambda p, x: computing(centred(p), learned, side)(p, x), centred
        )
        other: Side = "key" if side == "query" else "query"
        words = "queries and keys exchanged: growth the other way"
        yield Neighbour("growth/exchanged", words, variant, computing(variant, learned, other))


def _moved(compute: Predict, move: Move, positions: Floats, x: Floats | None) -> Floats:
    return compute(move(positions), x)


def _counted(positions: Floats) -> Floats:
    """Return 0, 1, 2, ... for every coordinate."""
    count = np.arange(float(len(positions)))
    return np.broadcast_to(count.reshape(-1, *[1] * (positions.ndim - 1)), positions.shape)


_MOVES: tuple[tuple[str, str, Move], ...] = (
    ("plus-one", "positions off by one: p + 1 where p is meant", lambda p: p + 1),
    ("minus-one", "positions off by one: p − 1 where p is meant", lambda p: p - 1),
    ("plus-two", "positions off by two: p + 2 where p is meant", lambda p: p + 2),
    ("doubled", "positions doubled", lambda p: 2 * p),
    ("ignored", "positions ignored: 0, 1, 2, ... instead", _counted),
    ("from-first", "positions ignored but for the first: p_0, p_0 + 1, ... instead", lambda p: p[0] + _counted(p)),
    ("less-first", "positions less the first of the call", lambda p: p - p[0]),
    ("zero", "not applied: as if every position were 0", np.zeros_like),
)
_LINE_MOVES: tuple[tuple[str, str, Move], ...] = (
    ("clamped-2047", "positions clamped at 2047", partial(np.minimum, 2047)),
    ("clamped-4095", "positions clamped at 4095", partial(np.minimum, 4095)),
    ("clamped-8191", "positions clamped at 8191", partial(np.minimum, 8191)),
    ("clamped-32767", "positions clamped at 32767", partial(np.minimum, 32_767)),
)
_FRACTION_MOVES: tuple[tuple[str, str, Move], ...] = (
    ("unit-interval", "positions from 0 to 1 where −1 to 1 is meant", lambda p: (p + 1) / 2),
)


def _coordinates(axes: int, fractions: bool) -> Iterator[tuple[str, str, Move]]:
    """Yield what may happen to positions of several coordinates."""
    for order in permutations(range(axes)):
        if order != tuple(range(axes)):
            words = f"axes reordered: coordinates taken as {order}"
            yield f"axes-{''.join(map(str, order))}", words, partial(_taken, order)
    for axis in range(axes):
        yield f"only-{axis}", f"coordinate {axis} taken for every axis", partial(_taken, (axis,) * axes)
        yield f"without-{axis}", f"coordinate {axis} taken as 0", partial(_without, axis)
    if axes == 2 and not fractions:
        yield "column-major", "grid laid out column by column, not row by row", _column_major


def _without(axis: int, positions: Floats) -> Floats:
    return np.asarray(positions * (np.arange(positions.shape[-1]) != axis))


def _taken(coordinates: tuple[int, ...], positions: Floats) -> Floats:
    return positions[..., list(coordinates)]


def _half_length(variant: Rotary, positions: Floats) -> Rotary:
    """Return the variant whose growth is centred on half the length of a call."""
    assert variant.growth is not None
    return replace(variant, growth=replace(variant.growth, centre=float((positions.max() + 1) // 2)))


def _column_major(positions: Floats) -> Floats:
    """Return where tokens stand if the smallest grid that holds them is counted column by column."""
    if (positions < 0).any() or (positions != np.rint(positions)).any():
        return positions
    h, w = positions.max(axis=-2) + 1
    count = positions[..., 0] * w + positions[..., 1]
    return np.stack([count % h, count // h], axis=-1)


def _miscalculated(variant: Rotary, learned: Learned | None, side: Side) -> Iterator[Neighbour]:
    """Yield what comes of turning pairs by another formula."""

    def by(name: str, words: str, formula: Callable[[Rotary, Floats, Floats, Floats], Floats]) -> Neighbour:
        def predict(positions: Floats, x: Floats | None) -> Floats:
            assert x is not None
            return formula(variant, x, *cos_sin(positions, variant, side=side, learned=learned))

        return Neighbour(f"arithmetic/{name}", words, variant, predict)

    yield by("exchanged", "cosines and sines exchanged", lambda v, x, cos, sin: np.asarray(turn(x, sin, cos, v)))
    yield by("no-minus", "minus left out: x_a cos + x_b sin", _without_minus)
    yield by("overwritten", "first features overwritten before the second are worked out of them", _overwritten)


def _without_minus(variant: Rotary, x: Floats, cos: Floats, sin: Floats) -> Floats:
    """Return x_a cos + x_b sin and x_b cos + x_a sin."""
    found = np.asarray(turn(x, cos, sin, variant))
    first = [c for c, _ in planes(variant, x.shape[-1]).write]
    found[..., first] = turn(x, cos, -sin, variant)[..., first]
    return found


def _overwritten(variant: Rotary, x: Floats, cos: Floats, sin: Floats) -> Floats:
    """Return y_c = x_a cos − x_b sin, and x_b cos + y_c sin."""
    shape = planes(variant, x.shape[-1])
    first, written = [a for a, _ in shape.read], [c for c, _ in shape.write]
    due = turn(x, cos, sin, variant)
    half_done = x.copy()
    half_done[..., first] = due[..., written]
    found = np.asarray(turn(half_done, cos, sin, variant))
    found[..., written] = due[..., written]
    return found


def _too_few_bits(variant: Angle, learned: Learned | None) -> Iterator[Neighbour]:
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
        "angles-and-tables": ("angles", "tables"),
        "everything": ("positions", "frequencies", "angles", "tables"),
        "ladder": ("ladder", "positions", "frequencies", "angles"),
    }
    frequencies = variant.frequencies
    if not isinstance(frequencies, Frequencies) or frequencies.scalings or isinstance(frequencies.base, tuple):
        del places["ladder"]
    per_step = omega(frequencies, learned=learned)
    for dtype in ("bfloat16", "float16"):
        held = (round_to(per_step, dtype) == per_step).all()
        for name, stages in places.items():
            if held and stages == ("frequencies",):
                continue
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


def _rounding(variant: Angle, learned: Learned | None, dtype: str, stages: tuple[str, ...]) -> Predict:
    def to(stage: str, values: Floats) -> Floats:
        return round_to(values, dtype) if stage in stages else values

    frequencies = variant.frequencies
    exact = _stepwise(frequencies, dtype) if "ladder" in stages else omega(frequencies, learned=learned)
    per_step = to("frequencies", exact)

    def predict(positions: Floats, x: Floats | None) -> Floats:
        p = to("positions", as_positions(positions, axis_count(variant.frequencies)))
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
