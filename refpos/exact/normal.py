r"""The normal form of a variant, by which it is decided whether two of them are the same function.

L(p) = Σ_λ M_λ e^{λ·p} with distinct λ in C^A and M_λ ≠ 0. Characters are linearly independent, so two variants are the
same function on R^A exactly when these sums agree.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, assert_never

from refpos.errors import require
from refpos.exact.characters import series, turns, waves
from refpos.exact.differences import Relation, compared, permuted, worst
from refpos.exact.exponents import Learned, columns
from refpos.exact.given import fractions
from refpos.exact.operators import Operator, scores
from refpos.variants.attention import Fope
from refpos.variants.frequencies import Frequencies, axis_count
from refpos.variants.length import require_static
from refpos.variants.planes import width
from refpos.variants.rotary import Rotary
from refpos.variants.sinusoidal import Sinusoidal

__all__ = ["NormalForm", "Relation", "normal_form", "same", "same_scores"]

T = TypeVar("T")


@dataclass(frozen=True)
class NormalForm:
    """What a variant computes, apart from how it is described: hashable, and equal for equal functions.

    Parameters
    ----------
    kind : {"rotary", "sinusoidal"}
        Whether M_λ are matrices that act on features, or single columns that are added to them.
    features : int
        The rows of M_λ.
    axes : int
    prefix : int
        Rows of zeros before those of the positions.
    lattice : bool
        Whether positions are integers: then frequencies count modulo 2π.
    queries, keys : tuple of Operator
        For each head, or once where heads do not differ, the characters in order with their sparse matrices: of each λ
        and its conjugate one, whose first frequency is positive. Queries and keys differ where there is growth.
    """

    kind: Literal["rotary", "sinusoidal"]
    features: int
    axes: int
    prefix: int
    lattice: bool
    queries: tuple[Operator, ...]
    keys: tuple[Operator, ...]


def normal_form(
    variant: Rotary | Sinusoidal | Fope, features: int, *, lattice: bool = False, learned: Learned | None = None
) -> NormalForm:
    r"""Return the characters of a variant and their matrices.

    A plane that reads (a, b) and writes (c, d) at frequencies ω with magnitude g e^{ρp} has, at λ = ρ + iω,
    M_λ = (g/2)(e_c ∓ i e_d)(e_a ± i e_b)^T, the upper signs for sign = 1. Where columns are not paired its rows stand
    at two λ. A feature that is not written is a 1 at λ = 0. Sinusoids have −i/2 for a sine and 1/2 for a cosine, times
    their scale. FoPE has a matrix for each wave, see `refpos.exact.characters.series`. What falls on one λ is added up:
    so planes have no order, (a, b; ω) is (b, a; −ω), and a plane that stands still is two scaled copies.

    Parameters
    ----------
    variant : Rotary, Sinusoidal or Fope
    features : int
        The width of the vectors that are rotated, or of the rows.
    lattice : bool
        Whether only integer positions count: then ω is taken modulo 2π.
    learned : mapping, optional
        As for `omega`, and the matrices of FoPE; exact, a float being its double.

    Returns
    -------
    NormalForm

    Raises
    ------
    SpecError
        If the variant depends on the length, is wider than the features, or lacks what it learned; if a number
        is too large to be compared exactly.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> half, interleaved = (Rotary(Frequencies((0,)), pairing=name) for name in ("half", "interleaved"))
    >>> normal_form(half, 2) == normal_form(interleaved, 2)
    True
    >>> [place for place, _ in normal_form(half, 3).queries[0][0].matrix]
    [(2, 2)]
    """
    if isinstance(variant, Fope):
        return _of_series(variant, features, lattice, learned)
    require(isinstance(variant, Rotary | Sinusoidal), "variant must be Rotary, Sinusoidal or Fope", variant)
    require_static(variant)
    heads = columns(variant.frequencies, learned)
    axes = axis_count(variant.frequencies)
    match variant:
        case Rotary(growth=grows):
            queries = _heads(turns(variant, features, head, lattice=lattice) for head in heads)
            keys = queries
            if grows:
                keys = _heads(turns(variant, features, head, lattice=lattice, key=True) for head in heads)
            return NormalForm("rotary", features, axes, 0, lattice, queries, keys)
        case Sinusoidal(prefix=prefix):
            require(features == width(variant), f"features must be the {width(variant)} of the rows", features)
            rows = _heads(waves(variant, head, lattice=lattice) for head in heads)
            return NormalForm("sinusoidal", features, axes, prefix, lattice, rows, rows)
        case _:
            assert_never(variant)


def same(a: NormalForm, b: NormalForm) -> Relation:
    """Return whether two variants are the same function, for queries and for keys.

    Exponents and entries are compared in closed form. Equal forms are the same function. Of others the difference is
    Σ_λ ΔM_λ e^{λ·p}: where each ΔM_λ, summed over those λ that may be one, may be zero, they are indistinguishable;
    else they are different, whichever of those λ are one.

    Raises
    ------
    SpecError
        If one form is for integer positions and the other is not.

    References
    ----------
    Linear independence of characters: Artin. Which forms are decided by theorem: `refpos.exact.closed`.

    Examples
    --------
    >>> from refpos import NTK, Frequencies, Linear
    >>> scaled, linear = (Rotary(Frequencies((0,) * 3, base=64.0, scaling=one)) for one in (NTK(4), Linear(4)))
    >>> by_base = normal_form(Rotary(Frequencies((0,) * 3, base=64.0 * 4**1.5)), 6)
    >>> print(same(normal_form(scaled, 6), by_base), same(normal_form(linear, 6), by_base))
    same different
    """
    _check(a, b)
    if a == b:
        return Relation.SAME
    if not _comparable(a, b):
        return Relation.DIFFERENT
    return worst(
        compared(one, other) for x, y in ((a.queries, b.queries), (a.keys, b.keys)) for one, other in _paired(x, y)
    )


def same_scores(a: NormalForm, b: NormalForm) -> Relation:
    """Return whether two rotary variants give the same scores, once features of queries and keys are permuted alike.

    So half and interleaved pairing have the same scores, as have both senses of turning (the features of every pair
    change places) and every pairing of the output. What each variant makes of a query alone is not compared.

    Raises
    ------
    SpecError
        If a form is not of a rotary variant, or one is for integer positions and the other is not.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> half, other = (normal_form(Rotary(Frequencies((0, 0)), pairing=name), 4) for name in ("half", "interleaved"))
    >>> print(same(half, other), same_scores(half, other))
    different same
    """
    _check(a, b)
    require(a.kind == b.kind == "rotary", "scores are of rotary variants", (a.kind, b.kind))
    if a == b:
        return Relation.SAME
    if not _comparable(a, b):
        return Relation.DIFFERENT
    return worst(permuted(one, other) for one, other in _paired(_scores(a), _scores(b)))


def _of_series(variant: Fope, features: int, lattice: bool, learned: Learned | None) -> NormalForm:
    """Return the normal form of FoPE, whose queries and keys are multiplied alike."""
    require(features == variant.width, f"features must be the {variant.width} of a head", features)
    given, shapes = dict(learned or {}), variant.learned
    require(set(given) == set(shapes), f"learned must bring exactly {', '.join(shapes)}", list(given))
    cos, sin = (fractions(given[name], shape, f"{name} must have shape {shape}") for name, shape in shapes.items())
    still = (None,) * (variant.width // 2 - variant.kept)
    (omega,) = columns(Frequencies((0,) * variant.kept + still, base=variant.base), None)
    heads = (series(variant, one, omega[: variant.kept], lattice=lattice) for one in zip(cos, sin, strict=True))
    found = _heads(heads)
    return NormalForm("rotary", features, 1, 0, lattice, found, found)


def _heads(operators: Iterable[Operator]) -> tuple[Operator, ...]:
    """Return one operator per head, or one where all are alike."""
    found = tuple(operators)
    return found[:1] if len(set(found)) == 1 else found


def _paired(a: Sequence[T], b: Sequence[T]) -> Iterator[tuple[T, T]]:
    """Pair what belongs to each head: one that stands for all is paired with each."""
    heads = max(len(a), len(b))
    yield from zip(list(a) * (heads // len(a)), list(b) * (heads // len(b)), strict=True)


def _scores(form: NormalForm) -> tuple[Operator, ...]:
    return tuple(scores(query, key, lattice=form.lattice) for query, key in _paired(form.queries, form.keys))


def _comparable(a: NormalForm, b: NormalForm) -> bool:
    """Return whether two functions take and make the same shapes."""
    heads = {len(one) for one in (a.queries, b.queries, a.keys, b.keys)} - {1}
    return len(heads) <= 1 and (a.kind, a.features, a.axes, a.prefix) == (b.kind, b.features, b.axes, b.prefix)


def _check(a: NormalForm, b: NormalForm) -> None:
    for one in (a, b):
        require(isinstance(one, NormalForm), "what is compared must be two normal forms, see normal_form", one)
    require(a.lattice == b.lattice, "both forms must be for integer positions, or neither", (a.lattice, b.lattice))
