"""What proofs/12_sincos_grids.py shows, on the rows that `embed` writes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FEW

from refpos import CATALOGUE, Grid, Image, embed, omega, place

SAME = ("mae", "moco-v3", "timm-sincos2d", "timm-sincos2d-interleaved", "open-clip-sincos2d", "pixart")
ENDING = ("big-vision", "simple-vit")

sides = st.integers(1, 9)
quarters = st.integers(2, 12)


def rows(name, q, grid):
    """Return the rows of a variant of the catalogue with q planes for each axis, in the order of tokens."""
    variant = CATALOGUE[name].variant
    axes = tuple(axis for axis in dict.fromkeys(variant.frequencies.axes) for _ in range(q))
    sized = replace(variant, frequencies=replace(variant.frequencies, axes=axes), prefix=0)
    return embed(grid if isinstance(grid, np.ndarray) else place([Image(*grid)], Grid()), sized)


def permuted(x, blocks):
    return np.concatenate([np.split(x, 4, axis=1)[block] for block in blocks], axis=1)


@pytest.mark.theorem("sincos-timm-mae")
@FEW
@given(h=sides, w=sides, q=quarters)
def test_timm_writes_the_channels_of_mae_in_another_order(h, w, q):
    assert (rows("timm-sincos2d", q, (h, w)) == permuted(rows("mae", q, (h, w)), (2, 0, 3, 1))).all()


@pytest.mark.theorem("sincos-timm-moco")
@FEW
@given(h=sides, w=sides, q=quarters)
def test_timm_interleaved_writes_what_moco_v3_means(h, w, q):
    y, x = (one[:, None] * 1e4 ** (-np.arange(q) / q) for one in place([Image(h, w)], Grid()).T)
    found = rows("timm-sincos2d-interleaved", q, (h, w))

    assert (found == rows("moco-v3", q, (h, w))).all()
    np.testing.assert_allclose(found, np.concatenate([np.sin(y), np.cos(y), np.sin(x), np.cos(x)], axis=1), atol=1e-14)


@pytest.mark.theorem("sincos-moco-square")
@FEW
@given(h=sides, w=sides, q=quarters)
def test_moco_v3_is_mae_with_halves_swapped_and_of_the_turned_grid(h, w, q):
    turned = place([Image(h, w)], Grid())[:, ::-1]

    assert (rows("moco-v3", q, (h, w)) == permuted(rows("mae", q, (h, w)), (2, 3, 0, 1))).all()
    assert (rows("moco-v3", q, (h, w)) == rows("mae", q, turned)).all()


@pytest.mark.theorem("sincos-moco-grids")
@FEW
@given(h=st.integers(2, 9), w=st.integers(2, 9), q=quarters)
def test_a_table_in_the_order_of_columns_fits_square_grids_alone(h, w, q):
    by_columns = np.array([divmod(token, h) for token in range(h * w)], dtype=float)
    code, meant = rows("moco-v3", q, by_columns), rows("mae", q, (h, w))
    channels = [np.array(sorted(one.T.round(9).tolist())) for one in (code, meant)]

    assert np.array_equal(*channels) == (h == w)


@pytest.mark.theorem("sincos-mae-names")
@FEW
@given(h=sides, w=sides, q=quarters)
def test_the_first_half_of_mae_knows_the_column_and_the_second_the_row(h, w, q):
    grid = rows("mae", q, (h, w)).reshape(h, w, 4 * q)

    assert (grid[..., : 2 * q] == grid[:1, :, : 2 * q]).all()
    assert (grid[..., 2 * q :] == grid[:, :1, 2 * q :]).all()
    assert (grid[0, :, 0] == np.sin(np.arange(w))).all()


@pytest.mark.theorem("sincos-big-vision")
@pytest.mark.parametrize("ending", ENDING)
@pytest.mark.parametrize("name", SAME)
@FEW
@given(q=quarters)
def test_an_end_point_makes_other_numbers_not_another_order(name, ending, q):
    own, theirs = (np.sort(rows(one, q, (2, 3)), axis=1) for one in (ending, name))

    assert np.abs(own - theirs).max() > 1e-4
    assert own[1][own[1] > 0].min() == pytest.approx(np.sin(1e-4))
    assert theirs[1][theirs[1] > 0].min() == pytest.approx(np.sin(1e-4 ** (1 - 1 / q)))


@pytest.mark.theorem("sincos-inner-products")
@pytest.mark.parametrize("name", [*SAME, *ENDING])
@FEW
@given(h=sides, w=sides, q=quarters)
def test_inner_products_are_sums_of_cosines_of_offsets(name, h, w, q):
    made = rows(name, q, (h, w))
    grid = place([Image(h, w)], Grid())
    waves = 1e4 ** (-np.arange(q) / (q - 1 if name in ENDING else q))
    offsets = grid[:, None] - grid

    np.testing.assert_allclose(made @ made.T, np.cos(offsets[..., None] * waves).sum(axis=(-1, -2)), atol=1e-11)


@pytest.mark.theorem("sincos-big-vision")
@pytest.mark.parametrize("name", ENDING)
def test_the_slowest_plane_of_an_end_point_is_that_of_the_base(name):
    frequencies = omega(CATALOGUE[name].variant.frequencies)

    assert frequencies[frequencies > 0].min() == 1e-4
