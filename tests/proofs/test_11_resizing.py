"""What proofs/11_resizing.py shows, on `resize`, its weights, and `lookup`."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW, generators

from refpos import CATALOGUE, Factorised, Resize, Table, lookup, resize
from refpos.spec.kernels import weights

PUBLISHED = {name: CATALOGUE[f"{name}-resize"].variant for name in ("vit", "deit", "timm", "dino")}
RULES = {**PUBLISHED, "half-pixel": Resize("linear")}

every = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
sizes = st.integers(1, 24)
slopes = st.integers(-64, 0).map(lambda n: n / 64)


@pytest.mark.theorem("resize-cubic")
@FEW
@given(a=slopes)
def test_the_cubic_is_that_of_keys_between_four_samples(a):
    f = np.arange(0, 16) / 16
    made = weights(6, 96, Resize("cubic", a=a))[40:56, 2:4]  # points at 2 + 1/32, 2 + 3/32, ...
    x = f + 1 / 32
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1

    np.testing.assert_allclose(made, np.stack([near, near[::-1]], axis=1), atol=1e-14)


@pytest.mark.theorem("resize-row-sums")
@FEW
@given(old=sizes, new=sizes, a=slopes, antialias=st.booleans())
def test_rows_sum_to_one_whatever_the_slope(old, new, a, antialias):
    made = weights(old, new, Resize("cubic", a=a, antialias=antialias))

    assert np.abs(made.sum(axis=1) - 1).max() < 1e-14


@pytest.mark.theorem("resize-row-sums")
@every
def test_a_constant_table_stays(rule):
    table = np.full((1 + 14 * 14, 2), 0.375)

    assert np.abs(resize(table, (14, 14), (24, 10), rule, prefix=1) - 0.375).max() < 1e-14


@pytest.mark.theorem("resize-identity", "dino-offset")
@every
@pytest.mark.parametrize("n", [1, 2, 7, 14])
def test_weights_of_equal_size_are_the_identity_but_for_an_offset(rule, n):
    same = (weights(n, n, rule) == np.eye(n)).all()

    assert same == (not rule.offset or n == 1)


@pytest.mark.theorem("dino-offset")
@FEW
@given(old=st.integers(4, 24), new=st.integers(4, 24))
def test_an_offset_moves_a_ramp_by_what_it_takes_from_the_step(old, new):
    """The linear kernel keeps a ramp away from the edges, so that rows say where they were taken."""
    made = weights(old, new, Resize("linear", offset=0.1)) @ np.arange(float(old))
    meant = (np.arange(new) + 0.5) * old / (new + 0.1) - 0.5
    inside = (meant >= 0) & (meant <= old - 1)

    np.testing.assert_allclose(made[inside], meant[inside], atol=1e-12)


@pytest.mark.theorem("resize-separable")
@every
def test_a_grid_is_resized_by_the_product_of_its_axes(rule):
    table = np.random.default_rng(0).standard_normal((4 * 5, 3))
    product = np.kron(weights(4, 6, rule), weights(5, 3, rule)) @ table

    np.testing.assert_allclose(resize(table, (4, 5), (6, 3), rule), product, atol=1e-13)


@pytest.mark.theorem("resize-lines")
@pytest.mark.parametrize(("a", "kept"), [(-0.5, True), (-0.75, False), (0.0, False)])
def test_only_one_cubic_keeps_a_ramp(a, kept):
    made = weights(14, 24, Resize("cubic", a=a)) @ np.arange(14.0)
    error = np.abs(made - ((np.arange(24) + 0.5) * 14 / 24 - 0.5))[3:-3]

    assert (error.max() < 1e-12) == kept
    assert error.max() <= np.sqrt(3) / 18 * abs(2 * a + 1) + 1e-12


@pytest.mark.theorem("resize-conventions")
@pytest.mark.parametrize(("one", "other"), list(combinations(RULES, 2)))
def test_any_two_conventions_differ(one, other):
    for old, new in ((14, 24), (24, 14)):
        assert np.abs(weights(old, new, RULES[one]) - weights(old, new, RULES[other])).max() > 0.02


@pytest.mark.theorem("resize-conventions")
def test_squares_become_the_rows_of_each_convention():
    rows = {name: (weights(4, 6, rule) @ [0.0, 1.0, 4.0, 9.0]).round(8).tolist() for name, rule in RULES.items()}

    assert rows["vit"] == [0, 0.6, 1.6, 3.4, 6, 9]
    assert rows["deit"] == [-0.08680556, 0.21875, 1.43055556, 3.15277778, 6.78125, 9.43402778]
    assert rows["timm"] == [-0.06578947, 0.29411765, 1.36111111, 3.36111111, 6.82352941, 9.32894737]
    assert rows["half-pixel"] == [0, 0.5, 1.5, 3.5, 6.5, 9]


@pytest.mark.theorem("resize-antialias")
@FEW
@given(old=st.integers(2, 16), more=st.integers(0, 16))
def test_antialias_changes_a_cubic_where_there_are_more_samples_and_no_linear_kernel(old, more):
    linear, cubic = (
        [weights(old, old + more, Resize(kernel, a=a, antialias=one)) for one in (True, False)]
        for kernel, a in (("linear", None), ("cubic", -0.5))
    )

    np.testing.assert_allclose(*linear, atol=1e-15)
    assert (np.abs(cubic[0] - cubic[1]).max() > 1e-4) == (more > 0)


@pytest.mark.theorem("pix2struct-sum")
@FEW
@given(rng=generators)
def test_corners_cancel_in_a_sum_of_two_tables_and_not_in_one(rng):
    corners = [[0, 0], [2, 0], [0, 3], [2, 3]]
    added = Factorised((3, 4), 2, combine=CATALOGUE["pix2struct"].variant.combine)
    for variant, cancel in ((added, True), (Table((3, 4), 2), False)):
        learned = {name: rng.standard_normal(shape) for name, shape in variant.learned.items()}
        rows = lookup(corners, variant, learned=learned)

        assert (np.abs(rows[0] - rows[1] - rows[2] + rows[3]).max() < 1e-12) == cancel
