"""Standardised tables: three renderings of one formula, the published code, and what must be refused."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW

from refpos import Frequencies, Ramp, Sinusoidal, SpecError, Standardised, embed, tabulate
from refpos.catalogue.table import TABLE
from refpos.exact.ball import Ball
from refpos.exact.standardised import tabulate as certified
from refpos.oracle.standardised import tabulate_bound
from refpos.symbolic import evaluate
from refpos.symbolic.standardised import square, total
from refpos.symbolic.standardised import tabulate as in_symbols

ENTRIES = {name: entry.variant for name, entry in TABLE.items() if isinstance(entry.variant, Standardised)}
WAVES = Sinusoidal(Frequencies((0, 0, 0)))
SMALL = [
    Standardised(4, WAVES, deviations=10.0),
    Standardised(5, Sinusoidal(Frequencies((0, None), unit="turn"), order="sin-cos", width=5)),
    Standardised(5, Ramp(3, 0.9)),
    Standardised(4, Ramp(1, 0.5), deviations=10.0),
    Standardised(2, Ramp(2, 1.0)),
]


def value(x):
    return x.mid / 2**x.scale if isinstance(x, Ball) else float(x)


def found_by(variant):
    return np.array([[value(x) for x in row] for row in certified(variant, 80)])


@pytest.mark.parametrize("variant", [*SMALL, *ENTRIES.values()], ids=str)
def test_the_readable_rendering_is_the_certified_one(variant):
    assert (np.abs(tabulate(variant) - found_by(variant)) <= tabulate_bound(variant, "float64")).all()


@pytest.mark.parametrize("variant", SMALL, ids=str)
def test_closed_forms_of_sums_are_those_of_the_certified_rendering(variant):
    for p, row in enumerate(found_by(variant)):
        formula = np.array(evaluate(in_symbols(sympy.Integer(p), variant), 20).tolist(), dtype=float)[0]
        assert np.abs(formula - row).max() <= 2.0**-50 * np.abs(found_by(variant)).max()


@pytest.mark.parametrize("variant", SMALL, ids=str)
def test_closed_forms_are_the_sums_over_the_table(variant):
    table = embed(range(variant.rows), variant.content) if isinstance(variant.content, Sinusoidal) else None
    if table is None:
        along, across = (np.linspace(0, 1, n) if n > 1 else np.ones(1) for n in (variant.rows, variant.width))
        table = np.outer(along, across) ** variant.content.exponent

    assert float(total(variant)) == pytest.approx(table.sum(), rel=1e-13)
    assert float(square(variant)) == pytest.approx((table**2).sum(), rel=1e-13)


@FEW
@given(rows=st.integers(2, 60), planes=st.integers(1, 20), deviations=st.floats(0.5, 16))
def test_the_mean_is_zero_and_the_deviation_one_over_so_many(rows, planes, deviations):
    found = tabulate(Standardised(rows, Sinusoidal(Frequencies((0,) * planes)), deviations))

    assert abs(found.mean()) <= 2.0**-48
    assert found.std(ddof=1) == pytest.approx(1 / deviations, rel=2.0**-45)


def test_a_row_depends_on_how_many_there_are():
    short, long = (tabulate(Standardised(n, WAVES)) for n in (8, 16))

    assert np.abs(short - long[:8]).max() > 0.01


# The published code.


def searched(rows, width, x):
    """Return the exponent of the last table that PatchTST's code makes, and how many it makes."""
    for made in range(1, 101):
        mean = (2 * np.outer(np.linspace(0, 1, rows) ** x, np.linspace(0, 1, width) ** x) - 1).mean()
        if abs(mean) <= 1e-3 or made == 100:
            return x, made
        x += 0.001 if mean > 1e-3 else -0.001
    raise AssertionError


@pytest.mark.parametrize(("name", "start", "made"), [("patchtst-lin2d", 1, 100), ("patchtst-exp2d", 0.5, 95)])
def test_exponents_are_those_that_the_code_ends_with(name, start, made):
    variant = ENTRIES[name]

    assert (variant.content.exponent, made) == searched(variant.rows, variant.width, start)


def test_the_mean_of_a_large_ramp_is_zero_where_the_exponent_is_the_root_of_two_less_one():
    x = sympy.symbols("x", positive=True)
    mean = 2 * sympy.integrate(x ** sympy.Symbol("a", positive=True), (x, 0, 1)) ** 2 - 1

    assert [sympy.sqrt(2) - 1] == sympy.solve(mean, sympy.Symbol("a", positive=True))


def test_ramps_from_minus_one_to_one_are_the_same_once_standardised():
    ramp = 2 * np.linspace(0, 1, 42)[:, None] - 1

    assert tabulate(ENTRIES["patchtst-lin1d"]) == pytest.approx((ramp - ramp.mean()) / (10 * ramp.std(ddof=1)))


# What is refused.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Standardised(1, WAVES), "rows must be at least 2; got 1"),
        (lambda: Standardised(2, 3), "content must be Sinusoidal or Ramp; got 3"),
        (lambda: Standardised(2, Sinusoidal(Frequencies((0, 1)))), "content must have one axis"),
        (lambda: Standardised(2, Sinusoidal(Frequencies((0,)), prefix=1)), "content must have no prefix and no scale"),
        (lambda: Standardised(2**22, WAVES), "rows times width must be at most 4,194,304; got (4194304, 6)"),
        (lambda: Standardised(2, WAVES, 0), "deviations must be from 2^-20 to 2^20; got 0.0"),
        (lambda: Ramp(0, 1.0), "width must be at least 1; got 0"),
        (lambda: Ramp(2, 0.0), "exponent must be from 2^-10 to 2^6; got 0.0"),
        (lambda: tabulate(WAVES), "variant must be Standardised"),
    ],
)
def test_what_makes_no_table_is_refused(make, message):
    with pytest.raises(SpecError) as refusal:
        make()
    assert str(refusal.value).startswith(message)
