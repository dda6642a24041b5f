"""Attention, certified: the logits of a query of one head, and what it makes of the values."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, assert_never

from refpos.errors import require
from refpos.exact.angles import Coordinate, Position, coordinates, reach
from refpos.exact.ball import Real, ball, divide
from refpos.exact.elementary import exp
from refpos.exact.given import fractions, listed
from refpos.exact.logits import ZERO, Asked, Placed, Vector, apart, kernel, logits, turn
from refpos.exact.refined import refined
from refpos.exact.relative import clipped, contextual, fope, relative
from refpos.exact.roots import Number, less, plus, real, times, total
from refpos.variants.attention import AnyAttention, Attention, Fope, LinearAttention, axis_count
from refpos.variants.frequencies import head_count
from refpos.variants.relative import KEYS, Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL

GUARD = 48


def scores(
    q: Sequence[Coordinate],
    keys: Sequence[Sequence[Coordinate]],
    query: Position,
    positions: Sequence[Position],
    attention: AnyAttention,
    bits: int,
    *,
    learned: Mapping[str, Any] | None = None,
    head: int = 0,
) -> tuple[Real | None, ...]:
    r"""Return the logits of a query to 2^−bits, one for each key; None for a key beyond the reach.

    The formulas are those of `refpos.spec.attention.scores`. Which of two maps of angles a key takes, which row of a
    table, and how many intervals a query is sharpened for is decided exactly. Fractions are exact; every ball has
    rad·2^−scale <= 2^−bits.

    Parameters
    ----------
    q : d numbers, each exactly what it stands for
    keys : sequence of the same
    query, positions : a number, or one for each of A > 1 axes; and as many of these as keys
    attention : Attention, LinearAttention, Fope, Shaw, TransformerXL, Deberta, Decomposed, Cope, Pope or Fox
    bits : int
    learned : mapping, optional
        The numbers that `attention.learned` names, of all heads.
    head : int
        Whose query it is.

    Raises
    ------
    SpecError
        As for `refpos.spec.attention.scores`.

    References
    ----------
    As for `refpos.spec.attention.scores`.

    Examples
    --------
    >>> scores([1, 0, 0, 0], [[3, 0, 0, 0]], 2, [1], Attention(), 64)
    (Fraction(3, 2),)
    """
    asked = _asked(q, keys, query, positions, attention, learned, head)

    def made(scale: int) -> tuple[Real | None, ...]:
        return tuple(None if x is None else real(x, scale) for x in _scores(asked, attention, scale))

    return refined(made, lambda found: [x for x in found if x is not None], bits, _size(asked) + GUARD)


def attend(
    q: Sequence[Coordinate],
    keys: Sequence[Sequence[Coordinate]],
    values: Sequence[Sequence[Coordinate]],
    query: Position,
    positions: Sequence[Position],
    attention: AnyAttention,
    bits: int,
    *,
    learned: Mapping[str, Any] | None = None,
    head: int = 0,
) -> tuple[Real, ...]:
    r"""Return what a query makes of the values, to 2^−bits.

    The formulas are those of `refpos.spec.attention.attend`.

    Parameters
    ----------
    q, keys, query, positions, attention, bits, learned, head
        As for `scores`; keys that are masked are left out, and their gates. LogCount and Fox do not count them then.
    values : sequence of as many vectors as keys

    Raises
    ------
    SpecError
        As for `scores`, and if the query sees no key.

    References
    ----------
    As for `refpos.spec.attention.attend`.

    Examples
    --------
    >>> attend([0], [[0], [0]], [[1], [3]], 1, [0, 1], Attention(), 64)
    (Fraction(2, 1),)
    """
    asked = _asked(q, keys, query, positions, attention, learned, head)
    rows = [listed(v, "values must be vectors") for v in listed(values, "values must be vectors")]
    require(len(rows) == len(asked.keys), "there must be a value for each key", len(rows))
    own = attention.width if isinstance(attention, Shaw) and attention.values else len(rows[0])
    given = [fractions(v, (own,), f"values must have the width {own}") for v in rows]

    def made(scale: int) -> tuple[Real, ...]:
        return tuple(real(one, scale) for one in _output(given, asked, attention, scale))

    return refined(made, lambda found: found, bits, _size(asked) + GUARD)


def _scores(asked: Asked, attention: AnyAttention, scale: int) -> Sequence[Number | None]:
    match attention:
        case Attention():
            return logits(asked, attention, scale)
        case LinearAttention():
            return [weight for weight, _ in kernel(asked, attention, scale)]
        case Fope():
            return fope(asked, attention, scale)
        case Shaw() | TransformerXL() | Deberta() | Decomposed():
            return relative(asked, attention, scale)
        case Cope() | Pope() | Fox():
            return contextual(asked, attention, scale)
        case _:
            assert_never(attention)


def _weights(asked: Asked, attention: AnyAttention, scale: int) -> dict[int, tuple[Real, Real]]:
    """Return of each key that is seen its weight, and its share of the divisor.

    Those of softmax are beside one of the greatest, which is 1, so that weights of equal logits are fractions; any
    would do, and this one keeps them small.
    """
    if isinstance(attention, LinearAttention):
        return dict(enumerate(kernel(asked, attention, scale)))
    seen = {n: x for n, x in enumerate(_scores(asked, attention, scale)) if x is not None}
    most = max(seen.values(), key=lambda x: ball(real(x, scale), 0).mid, default=ZERO)
    found = {n: exp(real(less(x, most, scale), scale), scale) for n, x in seen.items()}
    return {n: (x, x) for n, x in found.items()}


def _output(values: Sequence[Vector], asked: Asked, attention: AnyAttention, scale: int) -> Vector:
    """Return m + Σ w (v − m) / Σ s: values that are equal are what is made of them.

    m is the first value that is seen; 0 for elu, whose shares s are not its weights w.
    """
    weights = _weights(asked, attention, scale)
    require(weights, "a query must see a key", "one that sees none")
    divisor = total((share for _, share in weights.values()), scale)
    require(divisor != 0, "weights must not add up to 0", divisor)
    rows, back = _moved(values, asked, attention, scale)
    elu = isinstance(attention, LinearAttention) and attention.kernel == "elu"
    about = [ZERO] * len(values[0]) if elu else rows[min(weights)]
    o = []
    for m, column in zip(about, zip(*rows, strict=True), strict=True):
        away = total((times(w, less(column[n], m, scale), scale) for n, (w, _) in weights.items()), scale)
        o.append(plus(m, times(divide(Fraction(1), real(divisor, scale)), away, scale), scale))
    return turn(back._replace(x=o), asked, scale)


def _moved(values: Sequence[Vector], asked: Asked, attention: AnyAttention, scale: int) -> tuple[list[Vector], Placed]:
    """Return values as they are turned, or moved by what an offset has learned, and how their mean is turned back.

    Where both is done positions are counted from the query: what turns back undoes what turned, but for the offset.
    """
    rotary, sides = (attention.rotary, attention.rotate) if isinstance(attention, Attention) else (None, ())
    forth, back = (rotary if side in sides else None for side in ("value", "output"))
    start = asked.i if forth and back else (ZERO,) * len(asked.i)
    placed = [Placed(v, apart(j, start), forth, "key") for v, j in zip(values, asked.places, strict=True)]
    rows = [turn(one, asked, scale) for one in placed]
    if isinstance(attention, Shaw) and attention.values:
        own = (asked.learned["values"][clipped(asked.i, j, attention)] for j in asked.places)
        rows = [[plus(a, b, scale) for a, b in zip(v, row, strict=True)] for v, row in zip(rows, own, strict=True)]
    return rows, Placed((), apart(asked.i, start), back, "output")


def _asked(
    q: Sequence[Coordinate],
    keys: Sequence[Sequence[Coordinate]],
    query: Position,
    positions: Sequence[Position],
    attention: AnyAttention,
    learned: Mapping[str, Any] | None,
    head: int,
) -> Asked:
    require(isinstance(attention, AnyAttention), "attention must be one of those that are described", attention)
    _check_head(attention, head)
    x, places = listed(q, "q must be a vector"), listed(positions, "positions must be those of keys")
    vectors, axes, width = listed(keys, "keys must be vectors"), axis_count(attention), len(x)
    wanted = getattr(attention, "width", width)
    require(width == wanted and width > 0, f"q must have the width {wanted}", width)
    require(vectors and len(vectors) == len(places), "there must be a position for each key", len(places))
    rule = f"vectors must have the width {width}"
    return Asked(
        fractions(x, (width,), rule),
        tuple(fractions(k, (width,), rule) for k in vectors),
        coordinates(query, axes),
        tuple(coordinates(p, axes) for p in places),
        _learned(attention, learned, len(vectors)),
        head,
    )


def _check_head(attention: AnyAttention, head: int) -> None:
    """Check that there is such a head; where all are alike there may be any number."""
    rotary, added = getattr(attention, "rotary", None), getattr(attention, "bias", None)
    own = None if rotary is None else head_count(rotary.frequencies)
    known = [n for n in (getattr(attention, "heads", None), getattr(added, "heads", None), own) if n is not None]
    words = f"an int from 0 to {min(known) - 1}" if known else "an int of at least 0"
    require(type(head) is int and head >= 0 and (not known or head < min(known)), f"head must be {words}", head)


def _learned(attention: AnyAttention, learned: Mapping[str, Any] | None, keys: int) -> Mapping[str, Any]:
    """Return what a model learned as fractions, or say what is wrong with it."""
    require(learned is None or isinstance(learned, Mapping), "learned must be a mapping of names to arrays", learned)
    given = dict(learned or {})
    shapes = {name: tuple(keys if n == KEYS else n for n in shape) for name, shape in attention.learned.items()}
    require(set(given) == set(shapes), f"learned must bring exactly {', '.join(shapes) or 'nothing'}", list(given))
    return {name: fractions(given[name], shape, f"{name} must have shape {shape}") for name, shape in shapes.items()}


def _size(asked: Asked) -> int:
    """Return about how many bits are lost before the point."""
    vectors = (asked.q, *asked.keys, asked.i, *asked.places)
    return 2 * max(reach(one) for one in vectors) + Fraction(len(asked.q)).numerator.bit_length()
