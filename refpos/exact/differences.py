"""Whether operators differ: by proof, or not at all, or by less than can be told."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import permutations

from refpos.exact.enclosures import may_be_zero
from refpos.exact.operators import Complex, Exponent, Operator, Place


class Relation(StrEnum):
    """What is known of two functions."""

    SAME = "same"
    """Their forms agree: a proof."""
    DIFFERENT = "different"
    """They differ, by theorem or in a number by more than 2^−200: a proof."""
    INDISTINGUISHABLE = "indistinguishable to 2^-200"
    """Their forms do not agree, and nothing tells the numbers in them apart."""


Entry = tuple[Exponent, Place, Complex]
Block = frozenset[frozenset[Entry]]
"""The entries among a few features that are connected, once for each order of these."""


def compared(a: Operator, b: Operator) -> Relation:
    """Return whether two operators are the same function of position.

    The difference is Σ_λ ΔM_λ e^{λ·p}, zero exactly where each ΔM_λ is, distinct λ taken together. Exponents that may
    be one are one group. Where the sum of ΔM_λ over some group is not zero, then whichever of its exponents are one,
    some of their sums is not: the functions differ. Where every sum may be zero nothing tells them apart.

    Examples
    --------
    >>> from refpos.exact.closed import ONE
    >>> from refpos.exact.operators import Term
    >>> print(compared((Term((Complex(ONE),), (((0, 0), Complex(ONE)),)),), ()))
    different
    """
    return _judged(_entries(a), _entries(b))


def worst(relations: Iterable[Relation]) -> Relation:
    """Return what is known where each part stands in a relation: different if one is, the same only if all are.

    Examples
    --------
    >>> print(worst([Relation.SAME, Relation.INDISTINGUISHABLE]))
    indistinguishable to 2^-200
    """
    known = Relation.SAME
    for one in relations:
        if one is Relation.DIFFERENT:
            return one
        known = known if one is Relation.SAME else one
    return known


def permuted(a: Operator, b: Operator) -> Relation:
    """Return whether two operators on the same features are the same once features are permuted.

    An operator falls into blocks of features that are connected by entries, for scores one or two features each. It is
    the multiset of its blocks, each up to the order of its features, and both have as many features.

    Examples
    --------
    >>> print(permuted((), ()))
    same
    """
    mine, theirs = Counter(_blocks(a)), Counter(_blocks(b))
    left, waiting = [*(mine - theirs).elements()], [*(theirs - mine).elements()]
    for one in left:
        found = next((k for k, other in enumerate(waiting) if _may_be_one(one, other)), None)
        if found is None:
            return Relation.DIFFERENT
        waiting.pop(found)
    return Relation.INDISTINGUISHABLE if left else Relation.SAME


def _judged(a: Iterable[Entry], b: Iterable[Entry]) -> Relation:
    left = _differing(set(a), set(b))
    if not left:
        return Relation.SAME
    while left:
        exponent, numbers = left.popitem()
        for other in [one for one in left if _may_agree(one, exponent)]:
            numbers += left.pop(other)
        if not all(may_be_zero(part) for number in _summed(numbers).values() for part in number):
            return Relation.DIFFERENT
    return Relation.INDISTINGUISHABLE


def _differing(a: set[Entry], b: set[Entry]) -> dict[Exponent, list[tuple[Place, Complex]]]:
    """Return ΔM_λ for each λ at which it is not zero in closed form, entries of b negative."""
    found: dict[Exponent, list[tuple[Place, Complex]]] = defaultdict(list)
    for exponent, place, number in a - b:
        found[exponent].append((place, number))
    for exponent, place, number in b - a:
        found[exponent].append((place, Complex(-number.re, -number.im)))
    return found


def _summed(numbers: list[tuple[Place, Complex]]) -> dict[Place, Complex]:
    found: dict[Place, Complex] = defaultdict(Complex)
    for place, number in numbers:
        found[place] = found[place].plus(number)
    return found


def _may_agree(a: Exponent, b: Exponent) -> bool:
    """Return whether two exponents may be one."""
    return all(
        x == y or (not (x.algebraic and y.algebraic) and may_be_zero(x - y))
        for one, other in zip(a, b, strict=True)
        for x, y in zip(one, other, strict=True)
    )


def _entries(operator: Operator) -> Iterator[Entry]:
    for exponent, matrix in operator:
        for place, number in matrix:
            yield exponent, place, number


def _blocks(operator: Operator) -> Iterator[Block]:
    """Yield the blocks of an operator: for scores they have one or two features each, so that orders are few."""
    members: dict[int, set[int]] = {}
    held: dict[int, list[Entry]] = defaultdict(list)
    for _, (i, j), _ in _entries(operator):
        joined = members.get(i, {i}) | members.get(j, {j})
        members.update(dict.fromkeys(joined, joined))
    for entry in _entries(operator):
        held[min(members[entry[1][0]])].append(entry)
    for first, entries in held.items():
        orders = (dict(zip(order, range(len(order)), strict=True)) for order in permutations(sorted(members[first])))
        yield frozenset(frozenset((e, (at[i], at[j]), number) for e, (i, j), number in entries) for at in orders)


def _may_be_one(a: Block, b: Block) -> bool:
    """Return whether two blocks may be one, in some order of their features."""
    one = next(iter(a))
    return any(_judged(one, other) is not Relation.DIFFERENT for other in b)
