"""Writing sines and cosines."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from strategies import MANY, generators, sinusoids

from refpos import CATALOGUE, Bands, Dense, Frequencies, Sinusoidal, angles, embed
from refpos.variants.frequencies import axis_count
from refpos.variants.planes import width

COLUMNS_FIRST = Frequencies((1, 1, 0, 0), ladder="per-axis")
ROWS_FIRST = Frequencies((0, 0, 1, 1), ladder="per-axis")
AT = [[0, 1]]


def row(variant, positions):
    """Return one row, to eight digits."""
    return embed(positions, variant)[0].round(8).tolist()


def test_sine_and_cosine_of_a_plane_stand_side_by_side():
    expected = [np.sin(3.0), np.cos(3.0), np.sin(3.0 * 0.01), np.cos(3.0 * 0.01)]

    assert expected == embed([3], Sinusoidal(Frequencies((0, 0))))[0].tolist()


def test_all_sines_may_come_first():
    expected = [np.sin(3.0), np.sin(3.0 * 0.01), np.cos(3.0), np.cos(3.0 * 0.01)]

    assert expected == embed([3], Sinusoidal(Frequencies((0, 0)), order="sin-cos"))[0].tolist()


def test_all_cosines_may_come_first():
    expected = [np.cos(3.0), np.cos(3.0 * 0.01), np.sin(3.0), np.sin(3.0 * 0.01)]

    assert expected == embed([3], Sinusoidal(Frequencies((0, 0)), order="cos-sin"))[0].tolist()


def test_the_cosine_of_a_plane_may_stand_before_its_sine():
    expected = [np.cos(3.0), np.sin(3.0), np.cos(3.0 * 0.01), np.sin(3.0 * 0.01)]

    assert expected == embed([3], Sinusoidal(Frequencies((0, 0)), order="interleaved-cos"))[0].tolist()


def test_the_code_of_nerf_writes_the_sines_of_a_band_and_then_its_cosines():
    variant = Sinusoidal(Bands((0, 1, 2) * 2, 1.0, 2.0), order="sin-cos", blocks="band")
    point = np.array([0.5, -1.0, 0.25])

    expected = np.concatenate([f(w * point) for w in (1, 2) for f in (np.sin, np.cos)])

    assert expected.tolist() == embed([point], variant)[0].tolist()


def test_the_paper_on_nerf_writes_sine_and_cosine_of_each_power_of_two_for_each_coordinate():
    variant = replace(CATALOGUE["nerf"].variant, frequencies=Bands((0,) * 3 + (1,) * 3, 1.0, 4.0, unit="half-turn"))
    point = np.array([0.5, -0.25])

    expected = [f(2.0**k * np.pi * p) for p in point for k in range(3) for f in (np.sin, np.cos)]

    assert expected == pytest.approx(embed([point], variant)[0], abs=1e-15)


def test_mae_writes_columns_first():
    expected = [0.84147098, 0.00999983, 0.54030231, 0.99995, 0, 0, 1, 1]

    assert expected == row(Sinusoidal(COLUMNS_FIRST, order="sin-cos"), AT)


def test_moco_v3_writes_rows_first():
    expected = [0, 0, 1, 1, 0.84147098, 0.00999983, 0.54030231, 0.99995]

    assert expected == row(Sinusoidal(ROWS_FIRST, order="sin-cos"), AT)


def test_big_vision_has_an_end_point():
    ladder = Frequencies((1, 1, 0, 0), ladder="per-axis", endpoint=True)

    assert [0.84147098, 0.0001, 0.54030231, 1, 0, 0, 1, 1] == row(Sinusoidal(ladder, order="sin-cos"), AT)


def test_timm_writes_sines_of_both_axes_first():
    expected = [0, 0, 0.84147098, 0.00999983, 1, 1, 0.54030231, 0.99995]

    assert expected == row(Sinusoidal(ROWS_FIRST, order="sin-cos", blocks="function"), AT)


def test_planes_of_an_axis_that_do_not_stand_together_are_written_together():
    y, x = 2.0, 3.0
    expected = [np.sin(y), np.sin(y * 0.25), np.cos(y), np.cos(y * 0.25), np.sin(x * 0.5), np.cos(x * 0.5)]
    scattered = Sinusoidal(Frequencies((0, 1, 0), base=8.0), order="sin-cos")

    assert expected == embed([[y, x]], scattered)[0].tolist()


def test_the_inner_product_of_the_transformer_over_128_features():
    rows = embed(range(5), Sinusoidal(Frequencies((0,) * 64)))

    assert [64, 62.09368, 57.38186, 52.18623, 48.58603] == (rows[0] @ rows.T).round(5).tolist()


def test_a_width_is_filled_up_with_zeros():
    expected = [*embed([3], Sinusoidal(Frequencies((0, 0))))[0].tolist(), 0.0, 0.0, 0.0]

    assert expected == embed([3], Sinusoidal(Frequencies((0, 0)), width=7))[0].tolist()


def test_a_prefix_is_rows_of_zeros():
    assert [[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]] == embed([0], Sinusoidal(Frequencies((0,)), prefix=2)).tolist()


def test_a_prefix_moves_no_position():
    plain = Sinusoidal(Frequencies((0,)))

    assert embed([3, 4], plain).tolist() == embed([3, 4], Sinusoidal(Frequencies((0,)), prefix=1))[1:].tolist()


def test_a_scale_multiplies_sines_and_cosines():
    plain = embed([3, 4], Sinusoidal(Frequencies((0, 0))))

    assert (0.5 * plain).tolist() == embed([3, 4], Sinusoidal(Frequencies((0, 0)), scale=0.5)).tolist()


def test_planes_that_stand_still_are_written():
    assert [0.0, 1.0] == embed([3], Sinusoidal(Frequencies((0, None))))[0, 2:].tolist()


def test_rows_are_float64():
    assert np.float64 == embed(np.arange(3, dtype=np.float32), Sinusoidal(Frequencies((0,)))).dtype


def test_dense_frequencies_are_learned():
    learned = {"omega": [[0.5, 0.0], [0.25, 2.0]]}
    expected = [np.sin(1.5), np.sin(4.0), np.cos(1.5), np.cos(4.0)]

    assert expected == embed([[2, 2]], Sinusoidal(Dense(2, 2), order="sin-cos"), learned=learned)[0].tolist()


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)], ids=str)
def test_positions_may_have_any_lead(lead):
    assert (*lead, 6, 4) == embed(np.zeros((*lead, 5)), Sinusoidal(Frequencies((0, 0)), prefix=1)).shape


def test_heads_stand_before_the_sequence():
    learned = {"omega": [[[1.0]], [[2.0]]]}
    expected = [[[np.sin(3.0), np.cos(3.0)]], [[np.sin(6.0), np.cos(6.0)]]]

    assert expected == embed([3], Sinusoidal(Dense(1, 1, heads=2)), learned=learned).tolist()


@MANY
@given(sinusoids(), generators)
def test_the_sines_and_cosines_are_those_of_the_angles(variant, rng):
    axes = axis_count(variant.frequencies)
    point = rng.integers(-99, 99, (1, axes))
    point = point if axes > 1 else point[:, 0]
    phi = angles(point, variant.frequencies)[0]
    expected = variant.scale * np.concatenate([np.sin(phi), np.cos(phi)])

    assert sorted(expected) == sorted(embed(point, variant)[-1])


@MANY
@given(sinusoids())
def test_rows_are_as_wide_as_the_variant(variant):
    point = [0] if axis_count(variant.frequencies) == 1 else [[0] * axis_count(variant.frequencies)]

    assert (variant.prefix + 1, width(variant)) == embed(point, variant).shape
