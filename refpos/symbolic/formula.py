"""Formulas for people: the equations of a variant in the symbols of the field, and what those symbols are."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias, assert_never

import sympy

from refpos.symbolic import features, frequencies, ladder, magnitude, sinusoidal
from refpos.symbolic.symbols import (
    AXES,
    AXIS,
    AXIS_WIDTH,
    COUNTERS,
    HEAD,
    LEARNED,
    OMEGA,
    PHI,
    PLANE,
    POSITION,
    POSITIONS,
    RANK,
    WIDTH,
    Equations,
    Expr,
    Values,
    equation,
    primed,
)
from refpos.variants.frequencies import (
    AnyFrequencies,
    Bands,
    Dense,
    Frequencies,
    PerHead,
    axis_count,
    plane_count,
)
from refpos.variants.length import require_static
from refpos.variants.planes import blocks, width
from refpos.variants.rotary import Rotary, Side
from refpos.variants.sinusoidal import Sinusoidal

Described: TypeAlias = Rotary | Sinusoidal | AnyFrequencies

PADDING = primed("i", integer=True, nonnegative=True)


class Cell(NamedTuple):
    """Numbers that symbols have, and where: for a head, an axis and a plane."""

    head: int
    axis: int
    plane: int
    values: Values


def formula(variant: Described, side: Side = "query") -> Equations:
    r"""Return the formula of a variant: equations, each in the symbols that those before it define.

    The frequency θ_k, each scaling's m_k and ω_k; the angle φ_k; then what is made of it: the pair y that a
    rotary variant writes, or the sine and the cosine of a sinusoidal one. k is a plane, j its rank among the
    planes of its axis (or block), a that axis, h a head; d = 2K and d_a = 2K_a count two features a plane.
    `omega`, `rotation` and `embed` work through the same equations, with the numbers that `parameters` shows.

    Parameters
    ----------
    variant : Rotary, Sinusoidal or a description of frequencies
    side : {"query", "key", "output"}
        Which of the three a rotary variant turns.

    Returns
    -------
    tuple of sympy.Eq
        To be printed with `sympy.pretty(one, use_unicode=True)`.

    Raises
    ------
    SpecError
        If the variant depends on the length, or growth is asked for on outputs.

    Examples
    --------
    >>> for one in formula(Rotary(Frequencies((0, 0)), pairing="interleaved")):
    ...     print(one.lhs, "=", one.rhs)
    omega_k = b**(-2*k/d)
    phi_k = omega_k*p
    y[2*k] = -sin(phi_k)*x[2*k + 1] + cos(phi_k)*x[2*k]
    y[2*k + 1] = sin(phi_k)*x[2*k] + cos(phi_k)*x[2*k + 1]
    """
    require_static(variant)
    match variant:
        case Rotary():
            turned = features.turned(variant, side)
            return *_angle(variant.frequencies), *magnitude.equations(variant.attention_factor), *turned
        case Sinusoidal():
            return *_angle(variant.frequencies), *_written(variant)
        case Frequencies() | Bands() | Dense() | PerHead():
            return _angle(variant)
        case _:
            assert_never(variant)


def parameters(variant: Described) -> tuple[tuple[sympy.Symbol, sympy.Basic], ...]:
    """Return what the free symbols of the formula are in a variant, in the order in which they occur.

    Returns
    -------
    tuple of (symbol, value)
        A value that differs is a `sympy.Tuple`, with one for each head, axis or plane that turns. Learned
        frequencies have none.

    Raises
    ------
    SpecError
        If the variant depends on the length.

    Examples
    --------
    >>> parameters(Frequencies((0, 0, 1, 1), base=(100.0, 50.0)))
    ((b_a, (100, 50)), (d, 8))
    """
    cells = list(_cells(variant))
    shown = formula(variant)
    defined = {one.lhs for one in shown}
    found = []
    for symbol in _symbols(shown):
        seen = [cell for cell in cells if symbol in cell.values]
        if seen and symbol not in defined and symbol not in COUNTERS:
            found.append((symbol, _summary(symbol, seen)))
    return tuple(found)


def _angle(given: AnyFrequencies) -> Equations:
    """Return the equations of the frequencies, and that of the angle."""
    if isinstance(given, Dense):
        return (equation(PHI, _sum(given)),)
    p = POSITION if axis_count(given) == 1 else POSITIONS[AXIS]
    return *_steps(given), equation(PHI, p * OMEGA)


def _sum(given: Dense) -> Expr:
    head = () if given.heads is None else (HEAD,)
    if given.axes == 1:
        return ladder.unit(given) * POSITION * LEARNED[(*head, 0, PLANE)]
    term = ladder.unit(given) * POSITIONS[AXIS] * LEARNED[(*head, AXIS, PLANE)]
    return sympy.Sum(term, (AXIS, 0, AXES - 1))


@lru_cache(maxsize=512)
def _steps(given: Frequencies | Bands | PerHead) -> Equations:
    """Return the equations that end in ω_k; where heads differ in more than numbers, those of each head."""
    if not isinstance(given, PerHead):
        return frequencies.equations(given)
    heads = [frequencies.equations(one) for one in given.frequencies]
    if len(set(heads)) == 1:
        return heads[0]
    found = [equation(*(_of_head(side, h) for side in one.args)) for h, own in enumerate(heads) for one in own]
    choice = [(_of_head(OMEGA, h), sympy.Eq(HEAD, h)) for h in range(len(heads))]
    return *found, equation(OMEGA, sympy.Piecewise(*choice))


def _of_head(expression: Expr, head: int) -> Expr:
    """Return an expression with a head's number on every symbol but k, j and a."""
    own = [one for one in expression.free_symbols if one not in COUNTERS]
    return expression.xreplace({one: sympy.Symbol(f"{one.name}^({head})", **one.assumptions0) for one in own})


def _written(variant: Sinusoidal) -> Equations:
    """Return the equations of sine and cosine, and of the zeros after them."""
    whole = {} if len(blocks(variant)) > 1 else {sinusoidal.START: sympy.Integer(0), RANK: PLANE, AXIS_WIDTH: WIDTH}
    if variant.blocks == "band":  # the place in a band is the axis
        whole = {RANK: AXIS, AXIS_WIDTH: 2 * AXES}
    found = [equation(*(side.xreplace(whole) for side in one.args)) for one in sinusoidal.waves(variant)]
    if width(variant) > 2 * plane_count(variant.frequencies):
        found.append(equation(sinusoidal.PE(POSITION, PADDING), sympy.Integer(0)))
    return tuple(found)


def _cells(variant: Described) -> Iterator[Cell]:
    """Return the numbers of a variant's symbols, head by head and plane by plane."""
    match variant:
        case Rotary(frequencies=given):
            extra = {k: features.numbers(variant, k) for k in range(plane_count(given))}
        case Sinusoidal(frequencies=given):
            padding = sympy.Range(2 * plane_count(given), width(variant))
            extra = {k: {PADDING: padding, **one} for k, one in sinusoidal.numbers(variant).items()}
        case _:
            given, extra = variant, {}
    for cell in _frequency_cells(given):
        yield cell._replace(values={**extra.get(cell.plane, {}), **cell.values})


def _frequency_cells(given: AnyFrequencies) -> Iterator[Cell]:
    count = {WIDTH: sympy.Integer(2 * plane_count(given)), AXES: sympy.Integer(axis_count(given))}
    if isinstance(given, Dense):
        yield from (Cell(0, 0, k, count) for k in range(given.planes))
        return
    heads = given.frequencies if isinstance(given, PerHead) else (given,)
    unlike = isinstance(given, PerHead) and len({frequencies.equations(one) for one in heads}) > 1
    for h, one in enumerate(heads):
        for k, rung in enumerate(one.rungs):
            if rung is not None:
                own = frequencies.numbers(one, k, rung)
                named = {_of_head(symbol, h): value for symbol, value in own.items()} if unlike else own
                yield Cell(h, rung.axis, k, {**count, **named})


def _summary(symbol: sympy.Symbol, cells: list[Cell]) -> sympy.Basic:
    """Return the one value of a symbol, or one for each head, axis or plane, or each plane of each head."""
    if len({cell.values[symbol] for cell in cells}) == 1:
        return cells[0].values[symbol]
    for names in (("head",), ("axis",), ("plane",), ("head", "plane")):
        found: dict[tuple[int, ...], set[sympy.Basic]] = {}
        for cell in cells:
            found.setdefault(tuple(getattr(cell, name) for name in names), set()).add(cell.values[symbol])
        if all(len(values) == 1 for values in found.values()):
            return sympy.Tuple(*(value for key in sorted(found) for value in found[key]))
    raise AssertionError(symbol)


def _symbols(shown: Iterable[sympy.Eq]) -> list[sympy.Symbol]:
    """Return the symbols of equations in the order in which they are met."""
    met = (one for each in shown for side in (each.rhs, each.lhs) for one in sympy.preorder_traversal(side))
    return list(dict.fromkeys(one for one in met if isinstance(one, sympy.Symbol)))
