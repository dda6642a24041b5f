"""Laws of tables, learned or made, and of resizing, over the whole catalogue, from grids that are no squares to others.

Tables are brought to four columns. What is picked is compared exactly, what is summed to 2^-40 of its size.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from laws import Law, count, has_counterexample, pairs, ratio
from strategies import FEW, generators

from refpos import digits, lookup, resize, tabulate
from refpos.catalogue import TABLE
from refpos.spec.kernels import weights
from refpos.variants.radix import Radix
from refpos.variants.standardised import Standardised
from refpos.variants.table import Factorised, Resize, Table

WIDTH = 4
ENTRIES = {
    name: replace(entry.variant, width=WIDTH) if isinstance(entry.variant, Table | Factorised) else entry.variant
    for name, entry in TABLE.items()
}
GRID = (5, 9)
"""What an input has where a table is resized to it: narrower than all of them."""
SIDES = [((3, 5), (7, 4)), ((6, 4), (2, 9)), ((2, 7), (5, 3)), ((7, 3), (4, 2))]
U = 2.0**-40


def is_rule(variant):
    return isinstance(variant, Resize)


def is_made(variant):
    return isinstance(variant, Standardised)


def is_written(variant):
    return isinstance(variant, Radix)


def is_learned(variant):
    return isinstance(variant, Table | Factorised)


def is_sampled(variant):
    """Whether it is what is done with a table that is given."""
    return is_learned(variant) or is_rule(variant)


def is_grid(variant):
    return is_learned(variant) and len(variant.rows) == 2


def rule_of(variant):
    """Return the rule by which an entry resizes, None where it does not."""
    return variant if is_rule(variant) else getattr(variant, "resample", None)


def resizes(variant):
    return rule_of(variant) is not None


def combined(variant):
    return getattr(variant, "combine", None)


def learned(variant, rng):
    return {name: rng.standard_normal(shape) for name, shape in variant.learned.items()}


def grid_of(variant):
    return GRID if variant.resample is not None else None


def points(variant, rng, n=6):
    """Return positions of tokens that are on no corner, nor on the diagonal."""
    if len(variant.rows) == 1:
        return rng.integers(1, variant.rows[0] - variant.offset - 1, n)
    return np.stack([rng.integers(0, 3, n), rng.integers(4, 7, n)], axis=-1)


def rounded(error, *terms):
    return error, U * max([1.0, *(float(np.abs(one).max()) for one in terms)])


def sides(rng):
    return SIDES[rng.integers(len(SIDES))]


# What a law says, as the error that it makes.


def combination(variant, rng):
    """Return what a table of a sum lacks to the sum of two."""
    a, b = rng.standard_normal(2)
    if is_rule(variant):
        old, new = sides(rng)
        s, t = rng.standard_normal((2, old[0] * old[1], WIDTH))
        x, y, z = (resize(one, old, new, variant) for one in (s, t, a * s + b * t))
    else:
        one, other, p = learned(variant, rng), learned(variant, rng), points(variant, rng)
        both = {name: a * one[name] + b * other[name] for name in one}
        x, y, z = (lookup(p, variant, learned=given, grid=grid_of(variant)) for given in (one, other, both))
    return rounded(z - a * x - b * y, x, y)


def constant(variant, rng):
    """Return what is left of a constant table less the constant."""
    value = float(rng.uniform(1.5, 4.0))
    if is_rule(variant):
        old, new = sides(rng)
        found = resize(np.full((2 + old[0] * old[1], WIDTH), value), old, new, variant, prefix=2)
    else:
        given = {name: np.full(shape, value) for name, shape in variant.learned.items()}
        found = lookup(points(variant, rng), variant, learned=given, grid=grid_of(variant))
    return rounded(found - value, found)


def sum_of_weights(variant, rng):
    old, new = rng.integers(1, 12, 2).tolist()
    return rounded(weights(old, new, rule_of(variant)).sum(axis=-1) - 1)


def weights_of_equal_size(variant, rng):
    n = int(rng.integers(2, 12))
    return rounded(weights(n, n, rule_of(variant)) - np.eye(n))


def table_of_equal_size(variant, rng):
    """Return by how much a table changes on its own grid."""
    if is_rule(variant):
        (h, w), _ = sides(rng)
        table = rng.standard_normal((1 + h * w, WIDTH))
        return rounded(resize(table, (h, w), (h, w), variant, prefix=1) - table)
    given, p = learned(variant, rng), points(variant, rng)
    plain = lookup(p, replace(variant, resample=None), learned=given)
    return rounded(lookup(p, variant, learned=given, grid=variant.rows) - plain)


def by_one_matrix(variant, rng):
    """Return what rows and columns apart lack to the product of both matrices at once."""
    old, new = sides(rng)
    table = rng.standard_normal((old[0] * old[1], WIDTH))
    down, across = (weights(n, m, variant) for n, m in zip(old, new, strict=True))
    found = resize(table, old, new, variant)
    return rounded(found - np.kron(down, across) @ table, found)


def turned_over(variant, rng):
    """Return what turning a grid over its diagonal lacks to turning the result."""
    old, new = sides(rng)
    table = rng.standard_normal((*old, WIDTH))
    found = resize(table.reshape(-1, WIDTH), old, new, variant).reshape(*new, WIDTH)
    other = resize(table.swapaxes(0, 1).reshape(-1, WIDTH), old[::-1], new[::-1], variant)
    return rounded(other.reshape(*new[::-1], WIDTH).swapaxes(0, 1) - found, found)


def mixed_difference(variant, rng):
    """Return e(y, x) − e(y', x) − e(y, x') + e(y', x')."""
    given = learned(variant, rng)
    y, x, down, across = 0, 4, 2, 3
    corners = [[y, x], [y + down, x], [y, x + across], [y + down, x + across]]
    found = lookup(corners, variant, learned=given, grid=grid_of(variant))
    return rounded(found[0] - found[1] - found[2] + found[3], found)


def prefix_tokens(variant, rng):
    old, new = sides(rng)
    count = int(rng.integers(1, 6))
    table = rng.standard_normal((count + old[0] * old[1], WIDTH))
    found = resize(table, old, new, variant, prefix=count)
    cells = resize(table[count:], old, new, variant)
    return rounded(np.concatenate([found[:count] - table[:count], found[count:] - cells]))


def beyond_the_table(variant, rng):
    """Return by how much rows are beyond the least and the greatest of a column."""
    if is_rule(variant):
        old, new = sides(rng)
        table = rng.standard_normal((old[0] * old[1], WIDTH))
        found = resize(table, old, new, variant)
        low, high = table.min(axis=0), table.max(axis=0)
    else:
        # Rows below 0 come first, so that products and sums leave the range too.
        given = {name: np.sign(one) * (1 + abs(one)) for name, one in learned(variant, rng).items()}
        every = np.concatenate([one.ravel() for one in given.values()])
        found, low, high = _rows(variant, rng, given), every.min(), every.max()
        if len(given) == 1:
            table = next(iter(given.values())).reshape(-1, WIDTH)
            low, high = table.min(axis=0), table.max(axis=0)
    return rounded(np.maximum(np.maximum(low - found, found - high), 0.0))


def _rows(variant, rng, given):
    grid = grid_of(variant)
    if grid is None:
        return lookup(points(variant, rng, 400), variant, learned=given)
    return lookup(np.indices(grid).reshape(2, -1).T, variant, learned=given, grid=grid)


def changed_elsewhere(variant, rng):
    """Return by how much a row changes when all others do."""
    one, p = learned(variant, rng), points(variant, rng, 1)
    other = {name: table + 1 for name, table in one.items()}
    at = tuple(np.atleast_2d(p.T)[:, 0] + variant.offset) if len(variant.rows) > 1 else (p[0] + variant.offset,)
    for axis, name in enumerate(one):
        place = at if isinstance(variant, Table) else at[axis]
        other[name][place] = one[name][place]
    found, again = (lookup(p, variant, learned=given, grid=grid_of(variant)) for given in (one, other))
    return rounded(found - again, found)


def mean_of_all(variant, _rng):
    return rounded(tabulate(variant).mean())


def deviation_of_all(variant, _rng):
    return rounded(tabulate(variant).std(ddof=1) - 1 / variant.deviations)


def of_a_longer_table(variant, rng):
    """Return by how much the first rows change when there are more."""
    more = int(rng.integers(1, 40))
    if is_made(variant):
        longer = tabulate(replace(variant, rows=variant.rows + more))
        return rounded(tabulate(variant) - longer[: variant.rows])
    one, p = learned(variant, rng), points(variant, rng)
    rows = tuple(n + more for n in variant.rows)
    wide = {name: np.pad(table, [(0, more)] * (table.ndim - 1) + [(0, 0)]) for name, table in one.items()}
    found = lookup(p, variant, learned=one, grid=grid_of(variant))
    return rounded(found - lookup(p, replace(variant, rows=rows), learned=wide, grid=grid_of(variant)))


def places(variant):
    """Return what digits stand for, and one place more."""
    return np.cumprod([1, *variant.bases])


def numbers(variant, rng, n=40):
    """Return positions, also such as have more digits than are written."""
    return rng.integers(0, 4 * places(variant)[-1], n)


def beyond_a_digit(variant, rng):
    """Return how far digits are from the whole numbers from 0 to the base less one."""
    found = digits(numbers(variant, rng), variant)
    return rounded(found - np.clip(np.floor(found), 0, np.array(variant.bases) - 1))


def sum_of_digits(variant, rng):
    """Return what digits times what they stand for lack to the position, but for what lies beyond the last."""
    p, at = numbers(variant, rng), places(variant)
    return rounded(digits(p, variant) @ at[:-1] - p % at[-1])


def after_all_are_through(variant, rng):
    p, reach = numbers(variant, rng), places(variant)[-1]
    return rounded(digits(p + reach * rng.integers(1, 9), variant) - digits(p, variant))


def carried(variant, rng):
    """Return by how much all digits but the first change before the first is through."""
    base = variant.bases[0]
    p = numbers(variant, rng) // base * base
    return rounded((digits(p + rng.integers(0, base), variant) - digits(p, variant))[:, 1:])


LAWS = (
    Law("is linear in the table", combination, lambda one: combined(one) != "product", is_sampled),
    Law("keeps a constant", constant, lambda one: combined(one) in (None, "stack"), is_sampled),
    Law("has weights that sum to one", sum_of_weights, asked=resizes),
    Law(
        "has weights of the identity at equal size", weights_of_equal_size, lambda one: not rule_of(one).offset, resizes
    ),
    Law("keeps the table at equal size", table_of_equal_size, asked=resizes),
    Law("is one matrix, rows by columns", by_one_matrix, asked=is_rule),
    Law("is the same for rows and columns", turned_over, asked=is_rule),
    Law("keeps the rows of the prefix and leaves them out of the grid", prefix_tokens, asked=is_rule),
    Law("is of rows and columns apart", mixed_difference, lambda one: combined(one) in ("sum", "stack"), is_grid),
    Law(
        "stays within the table",
        beyond_the_table,
        lambda one: combined(one) in (None, "stack") and getattr(rule_of(one), "kernel", None) != "cubic",
        is_sampled,
    ),
    Law("of a position is a row of its own", changed_elsewhere, lambda one: not resizes(one), is_learned),
    Law("has a mean of zero", mean_of_all, asked=is_made),
    Law("has a deviation of one over so many", deviation_of_all, asked=is_made),
    Law(
        "begins as a longer one does",
        of_a_longer_table,
        lambda one: is_learned(one) and not resizes(one),
        lambda one: is_learned(one) or is_made(one),
    ),
    Law("has whole numbers below the base of each digit", beyond_a_digit, asked=is_written),
    Law("is the position, summed in its places", sum_of_digits, asked=is_written),
    Law("returns when all digits are through", after_all_are_through, asked=is_written),
    Law("carries only where the first digit is through", carried, asked=is_written),
)


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, True))
@FEW
@given(rng=generators)
def test_a_table(law, variant, rng):
    assert ratio(law, variant, rng) <= 1


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, False))
def test_not_every_table(law, variant):
    assert has_counterexample(law, variant)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_table_is_held_to_at_least_two_laws(name):
    assert count(LAWS, ENTRIES[name]) >= 2


@pytest.mark.parametrize("law", LAWS, ids=lambda one: one.says)
def test_every_law_holds_for_some_table(law):
    assert any(law.asked(one) and law.holds(one) for one in ENTRIES.values())
