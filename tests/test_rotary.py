"""Turning pairs of features: values, dtypes, what is written and what is not."""

import numpy as np
import pytest
from hypothesis import given
from strategies import MANY, generators, learned_by, points, rotations

from refpos import (
    Dense,
    Frequencies,
    Mscale,
    PerHead,
    Rotary,
    XPos,
    cos_sin,
    omega,
    planes,
    rotate,
    turn,
)
from refpos.variants.frequencies import axis_count
from refpos.variants.planes import width

U = 2.0**-53
TWO = Rotary(Frequencies((0, 0)))
RNG = np.random.default_rng(20)
DTYPES = [np.float16, np.float32, np.float64]


def quarter(variant):
    """Return a table that turns every plane by a quarter."""
    count = len(variant.frequencies.axes)
    return np.zeros((1, count)), np.ones((1, count))


def test_the_first_feature_of_a_pair_turns_towards_the_second():
    assert [[0.0, 0.0, 1.0, 2.0]] == turn(np.array([[1.0, 2.0, 0.0, 0.0]]), *quarter(TWO), TWO).tolist()


def test_the_second_feature_of_a_pair_turns_towards_the_first_reversed():
    assert [[-3.0, -4.0, 0.0, 0.0]] == turn(np.array([[0.0, 0.0, 3.0, 4.0]]), *quarter(TWO), TWO).tolist()


def test_interleaved_pairs_are_neighbours():
    variant = Rotary(Frequencies((0, 0)), pairing="interleaved")

    assert [[-2.0, 1.0, -4.0, 3.0]] == turn(np.array([[1.0, 2.0, 3.0, 4.0]]), *quarter(variant), variant).tolist()


def test_blocked_pairs_are_halves_of_the_block_of_an_axis():
    variant = Rotary(Frequencies((0, 0, 1)), pairing="blocked")
    x = np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])

    assert [[-3.0, -4.0, 1.0, 2.0, -6.0, 5.0]] == turn(x, *quarter(variant), variant).tolist()


def test_interleaved_pairs_may_be_written_as_halves():
    variant = Rotary(Frequencies((0, 0)), pairing="interleaved", write="half")

    assert [[-2.0, -4.0, 1.0, 3.0]] == turn(np.array([[1.0, 2.0, 3.0, 4.0]]), *quarter(variant), variant).tolist()


def test_halves_may_be_written_as_interleaved_pairs():
    variant = Rotary(Frequencies((0, 0)), write="interleaved")

    assert [[-3.0, 1.0, -4.0, 2.0]] == turn(np.array([[1.0, 2.0, 3.0, 4.0]]), *quarter(variant), variant).tolist()


def test_each_plane_has_an_angle_of_its_own():
    expected = [[np.cos(2.0), np.cos(0.02), np.sin(2.0), np.sin(0.02)]]

    assert expected == rotate(np.array([[1.0, 1.0, 0.0, 0.0]]), [2], TWO).tolist()


def test_rope_vit_axial_at_column_1_and_row_2():
    axial = Rotary(Frequencies((1, 1, 0, 0), base=100.0, ladder="per-axis"), pairing="interleaved")
    expected = [-1.14263966, 1.92207560, 2.58567883, 4.27951691, -7.53651874, 2.04960611, 5.27111140, 9.23121794]

    assert expected == rotate(np.arange(1.0, 9.0)[None], [[2, 1]], axial)[0].round(8).tolist()


def test_a_negative_sign_turns_the_other_way():
    x = RNG.standard_normal((1, 4))

    assert rotate(x, [-3], TWO).tolist() == rotate(x, [3], Rotary(Frequencies((0, 0)), sign=-1)).tolist()


def test_an_attention_factor_multiplies_what_is_rotated():
    x = RNG.standard_normal((1, 4))

    assert (2 * rotate(x, [3], TWO)).tolist() == rotate(
        x, [3], Rotary(Frequencies((0, 0)), attention_factor=2)
    ).tolist()


def test_an_attention_factor_does_not_multiply_what_passes_through():
    variant = Rotary(Frequencies((0, 0)), attention_factor=Mscale(32))

    assert [7.0, 9.0] == rotate(np.array([[1.0, 2.0, 3.0, 4.0, 7.0, 9.0]]), [3], variant)[0, 4:].tolist()


def test_tiled_columns_turn_a_pair_by_two_angles():
    variant = Rotary(Frequencies((0, 0)), pairing="interleaved", columns="tiled")
    cos, sin = np.array([[2.0, 3.0]]), np.array([[5.0, 7.0]])
    a, b, c, d = 1.0, 10.0, 100.0, 1000.0
    expected = [[a * 2 - b * 5, b * 3 + a * 7, c * 2 - d * 5, d * 3 + c * 7]]

    assert expected == turn(np.array([[a, b, c, d]]), cos, sin, variant).tolist()


def test_repeated_columns_turn_a_pair_by_two_angles():
    variant = Rotary(Frequencies((0, 0)), columns="repeated")
    cos, sin = np.array([[2.0, 3.0]]), np.array([[5.0, 7.0]])
    a, b, c, d = 1.0, 10.0, 100.0, 1000.0
    expected = [[a * 2 - c * 5, b * 2 - d * 5, c * 3 + a * 7, d * 3 + b * 7]]

    assert expected == turn(np.array([[a, b, c, d]]), cos, sin, variant).tolist()


@MANY
@given(rotations().filter(lambda one: one.growth is None), generators)
def test_float64_is_the_complex_formula(variant, rng):
    axes = axis_count(variant.frequencies)
    positions = rng.integers(-1000, 1000, (5, axes)).astype(float)
    x = rng.standard_normal((5, width(variant)))
    read, write, _ = planes(variant, width(variant))
    (a, b), (c, d) = zip(*read, strict=True), zip(*write, strict=True)
    z = x[:, list(a)] + 1j * x[:, list(b)]
    per_step = omega(variant.frequencies)
    w = variant.attention_factor * np.exp(1j * variant.sign * (positions @ per_step)) * z
    got = rotate(x, positions if axes > 1 else positions[:, 0], variant)
    # Two angles, each within axes roundings of Θ; two exponentials of 2; two products of 4; the factor, 2.
    bound = U * (2 * axes * (abs(positions) @ per_step) + 16) * variant.attention_factor * abs(z)

    assert (abs(got[:, list(c)] + 1j * got[:, list(d)] - w) <= bound).all()


@MANY
@given(rotations(), generators)
def test_features_outside_the_planes_pass_through_bit_for_bit(variant, rng):
    features = width(variant) + 3
    positions = rng.integers(-9, 9, (4, axis_count(variant.frequencies)))
    x = rng.standard_normal((4, features)).astype(np.float16)
    others = sorted({*range(features)} - {one for pair in planes(variant, features).read for one in pair})
    got = rotate(x, positions if positions.shape[1] > 1 else positions[:, 0], variant)

    assert x[:, others].tobytes() == got[:, others].tobytes()


def test_a_number_that_is_none_passes_through():
    x = np.array([[1.0, 2.0, 3.0, 4.0, np.nan, -0.0, np.inf]])

    assert x[:, 4:].tobytes() == rotate(x, [3], TWO)[:, 4:].tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_is_kept(dtype):
    assert dtype == rotate(np.ones((3, 4), dtype=dtype), [0, 1, 2], TWO).dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_table_is_made_in_float64_and_rounded_once(dtype):
    exact, rounded = cos_sin(np.arange(999), TWO), cos_sin(np.arange(999), TWO, dtype)

    assert [one.astype(dtype).tobytes() for one in exact] == [one.tobytes() for one in rounded]


def test_a_magnitude_is_multiplied_in_before_the_one_rounding():
    variant = Rotary(Frequencies((0, 0)), attention_factor=Mscale(32))
    exact, rounded = cos_sin(np.arange(999), variant), cos_sin(np.arange(999), variant, np.float32)

    assert [one.astype(np.float32).tobytes() for one in exact] == [one.tobytes() for one in rounded]


def test_a_table_of_large_positions_is_exact_in_its_integers():
    far = 2**24 + 1

    assert np.float32(np.cos(np.float64(far))) == cos_sin([far], TWO, np.float32)[0][0, 0]


def test_float32_is_rotated_in_float32():
    x = RNG.standard_normal((50, 4)).astype(np.float32)
    cos, sin = cos_sin(np.arange(50), TWO, np.float32)
    expected = np.hstack([x[:, :2] * cos - x[:, 2:] * sin, x[:, 2:] * cos + x[:, :2] * sin])

    assert expected.tobytes() == rotate(x, np.arange(50), TWO).tobytes()


def test_float16_is_rotated_in_float32_and_rounded_once():
    # 1·(1 + 2^-11) is a tie of float16; only with −2^-10·(−2^-12) still there does the difference round up.
    one = Rotary(Frequencies((0,)))
    x = np.array([[1.0, 2.0**-10]], dtype=np.float16)
    cos, sin = np.array([[1 + 2.0**-11]], dtype=np.float32), np.array([[-(2.0**-12)]], dtype=np.float32)

    assert 1 + 2.0**-10 == turn(x, cos, sin, one)[0, 0]


def test_float16_is_not_rotated_in_float64():
    # float32 does not hold the 2^-28 of 2^-14·2^-14, so that the tie stays one and goes to the even 1.
    one = Rotary(Frequencies((0,)))
    x = np.array([[1.0, 2.0**-14]], dtype=np.float16)
    cos, sin = np.array([[1 + 2.0**-11]], dtype=np.float32), np.array([[-(2.0**-14)]], dtype=np.float32)

    assert 1.0 == turn(x, cos, sin, one)[0, 0]


def test_float16_positions_do_not_lower_the_precision_of_float64():
    x = RNG.standard_normal((3, 4))

    assert rotate(x, [0, 1, 2], TWO).tobytes() == rotate(x, np.arange(3, dtype=np.float16), TWO).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_x_is_not_written(dtype):
    x = RNG.standard_normal((3, 4)).astype(dtype)
    before = x.copy()
    rotate(x, [0, 1, 2], TWO)

    assert before.tobytes() == x.tobytes()


def test_the_result_shares_no_memory_with_x_even_at_position_zero():
    x = RNG.standard_normal((1, 4))

    assert not np.shares_memory(x, rotate(x, [0], TWO))


def test_tables_are_not_written():
    cos, sin = cos_sin([0, 1, 2], TWO)
    before = (cos.tobytes(), sin.tobytes())
    turn(RNG.standard_normal((3, 4)), cos, sin, TWO)

    assert before == (cos.tobytes(), sin.tobytes())


@pytest.mark.parametrize("dtype", DTYPES)
def test_out_is_returned(dtype):
    out = np.empty((3, 4), dtype=dtype)

    assert out is rotate(np.ones((3, 4), dtype=dtype), [0, 1, 2], TWO, out=out)


WRITES = [
    Rotary(Frequencies((0, 0)), offset=1),
    Rotary(Frequencies((0, 0)), offset=1, write="interleaved"),
    Rotary(Frequencies((0, 0)), pairing="interleaved", columns="tiled"),
]


@pytest.mark.parametrize("variant", WRITES, ids=["kept", "permuted", "tiled"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_out_is_filled_with_the_result(variant, dtype):
    x = RNG.standard_normal((3, 7)).astype(dtype)
    out = np.full_like(x, np.nan)
    rotate(x, [0, 1, 2], variant, out=out)

    assert rotate(x, [0, 1, 2], variant).tobytes() == out.tobytes()


@pytest.mark.parametrize("variant", WRITES, ids=["kept", "permuted", "tiled"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_x_may_be_its_own_out(variant, dtype):
    x = RNG.standard_normal((3, 7)).astype(dtype)
    expected = rotate(x, [0, 1, 2], variant)
    rotate(x, [0, 1, 2], variant, out=x)

    assert expected.tobytes() == x.tobytes()


def test_x_is_not_written_where_out_is_another():
    x = RNG.standard_normal((3, 4))
    before = x.copy()
    rotate(x, [0, 1, 2], TWO, out=np.empty((3, 4)))

    assert before.tobytes() == x.tobytes()


def test_out_may_be_a_part_of_a_larger_array():
    x, larger = RNG.standard_normal((3, 4)), np.zeros((3, 8))
    rotate(x, [0, 1, 2], TWO, out=larger[:, ::2])

    assert rotate(x, [0, 1, 2], TWO).tolist() == larger[:, ::2].tolist()


def test_x_may_be_read_only():
    x = RNG.standard_normal((3, 4))
    x.flags.writeable = False

    assert rotate(x, [0, 1, 2], TWO).flags.writeable


def test_x_may_be_in_any_memory_order():
    x = np.asfortranarray(RNG.standard_normal((3, 4)))

    assert rotate(x.copy(order="C"), [0, 1, 2], TWO).tolist() == rotate(x, [0, 1, 2], TWO).tolist()


@MANY
@given(rotations(), generators)
def test_rotate_is_turn_after_cos_sin(variant, rng):
    positions = rng.integers(-9, 9, (4, axis_count(variant.frequencies)))
    positions = positions if positions.shape[1] > 1 else positions[:, 0]
    x = rng.standard_normal((2, 4, width(variant))).astype(np.float32)
    cos, sin = cos_sin(positions, variant, np.float32, side="key")

    assert turn(x, cos, sin, variant).tobytes() == rotate(x, positions, variant, side="key").tobytes()


def test_positions_of_a_batch_serve_all_its_heads():
    x, positions = RNG.standard_normal((2, 3, 5, 4)), RNG.integers(0, 99, (2, 5))
    expected = [[rotate(x[b, h], positions[b], TWO).tolist() for h in range(3)] for b in range(2)]

    assert expected == rotate(x, positions, TWO).tolist()


def test_positions_of_a_batch_with_as_many_heads_are_those_of_the_batch():
    x, positions = np.ones((2, 2, 1, 4)), np.array([[0], [1]])
    got = rotate(x, positions, TWO)

    assert (got[0, 0].tolist(), got[1, 0].tolist()) == (got[0, 1].tolist(), got[1, 1].tolist())


def test_one_row_of_positions_serves_everything():
    x = RNG.standard_normal((2, 3, 5, 4))
    expected = [[rotate(x[b, h], np.arange(5), TWO).tolist() for h in range(3)] for b in range(2)]

    assert expected == rotate(x, np.arange(5), TWO).tolist()


def test_every_head_of_every_batch_may_have_positions_of_its_own():
    x, positions = RNG.standard_normal((2, 3, 5, 4)), RNG.integers(0, 99, (2, 3, 5))
    expected = [[rotate(x[b, h], positions[b, h], TWO).tolist() for h in range(3)] for b in range(2)]

    assert expected == rotate(x, positions, TWO).tolist()


def test_positions_of_two_axes_serve_all_heads_of_a_batch():
    axial = Rotary(Frequencies((0, 1)))
    x, positions = RNG.standard_normal((2, 3, 5, 4)), RNG.integers(0, 99, (2, 5, 2))
    expected = [[rotate(x[b, h], positions[b], axial).tolist() for h in range(3)] for b in range(2)]

    assert expected == rotate(x, positions, axial).tolist()


HEADS = (Frequencies((0, 0), base=50.0), Frequencies((0, 0)), Frequencies((0, 0), base=9.0))


@pytest.mark.parametrize("lead", [(), (2,), (3,), (3, 2)], ids=str)
def test_every_head_turns_by_its_own_frequencies(lead):
    x, positions = RNG.standard_normal((*lead, 3, 5, 4)), RNG.integers(0, 99, (*lead, 5))
    got = rotate(x, positions, Rotary(PerHead(HEADS)))
    expected = [rotate(x[..., h, :, :], positions, Rotary(one)) for h, one in enumerate(HEADS)]

    assert np.stack(expected, axis=-3).tolist() == got.tolist()


@pytest.mark.parametrize("batch", [2, 3])
def test_one_row_of_positions_serves_every_batch_of_heads_that_differ(batch):
    x, variant = RNG.standard_normal((batch, 3, 5, 4)), Rotary(PerHead(HEADS))
    expected = [rotate(one, np.arange(5), variant).tolist() for one in x]

    assert expected == rotate(x, np.arange(5), variant).tolist()


@pytest.mark.parametrize("lead", [(2,), (3,)], ids=str)
def test_every_head_grows_by_the_positions_of_its_batch(lead):
    x, positions = RNG.standard_normal((*lead, 2, 5, 4)), RNG.integers(0, 99, (*lead, 5))
    got = rotate(x, positions, Rotary(PerHead(HEADS[:2]), growth=XPos()))
    expected = [rotate(x[:, h], positions, Rotary(one, growth=XPos())) for h, one in enumerate(HEADS[:2])]

    assert np.stack(expected, axis=-3).tolist() == got.tolist()


def test_heads_that_learn_turn_by_what_each_learned():
    x, learned = RNG.standard_normal((3, 5, 4)), RNG.standard_normal((3, 2, 2))
    positions = RNG.integers(0, 9, (5, 2))
    got = rotate(x, positions, Rotary(Dense(2, 2, heads=3)), learned={"omega": learned})
    expected = [rotate(x[h], positions, Rotary(Dense(2, 2)), learned={"omega": learned[h]}) for h in range(3)]

    assert np.stack(expected).tolist() == got.tolist()


def test_an_output_turns_back_what_a_query_turned():
    x = RNG.standard_normal((9, 4))
    there = rotate(x, np.arange(9), TWO)
    back = rotate(there, np.arange(9), TWO, side="output")
    radius = np.tile(np.hypot(x[:, :2], x[:, 2:]), 2)

    assert (abs(back - x) <= U * 16 * radius).all()


def test_an_output_turns_by_the_negative_angle():
    x = RNG.standard_normal((9, 4))

    assert rotate(x, -np.arange(9), TWO).tolist() == rotate(x, np.arange(9), TWO, side="output").tolist()


def test_a_key_turns_as_a_query_does():
    x = RNG.standard_normal((9, 4))

    assert rotate(x, np.arange(9), TWO).tolist() == rotate(x, np.arange(9), TWO, side="key").tolist()


def test_zeta_of_xpos():
    grown = np.hypot(*cos_sin([512], Rotary(Frequencies((0,) * 4), growth=XPos())))[0]

    assert [0.28571429, 0.46428571, 0.64285714, 0.82142857] == grown.round(8).tolist()


def test_keys_grow_by_the_inverse_of_queries():
    variant = Rotary(Frequencies((0,) * 4), growth=XPos())
    query, key = (np.hypot(*cos_sin([700], variant, side=side)) for side in ("query", "key"))

    assert np.ones((1, 4)) == pytest.approx(query * key, abs=16 * U)


def test_nothing_grows_at_the_centre():
    assert [[1.0] * 4] == np.hypot(*cos_sin([10], Rotary(Frequencies((0,) * 4), growth=XPos(centre=10)))).round(
        15
    ).tolist()


def test_growth_is_slower_over_a_larger_scale():
    fast, slow = (Rotary(Frequencies((0,)), growth=XPos(scale)) for scale in (256, 512))

    assert np.hypot(*cos_sin([512], slow)) ** 2 == pytest.approx(np.hypot(*cos_sin([512], fast)), rel=16 * U)


def test_no_vectors_are_rotated_to_none():
    assert (2, 0, 4) == rotate(np.ones((2, 0, 4)), [], TWO).shape


def test_numbers_in_a_list_are_float64():
    assert np.float64 == rotate([[1.0, 2.0, 3.0, 4.0]], [1], TWO).dtype


def test_learned_frequencies_turn_as_given_ones():
    x, given_omega = RNG.standard_normal((3, 4)), omega(TWO.frequencies)
    got = rotate(x, [0, 1, 2], Rotary(Dense(1, 2)), learned={"omega": given_omega})

    assert rotate(x, [0, 1, 2], TWO).tolist() == got.tolist()


@MANY
@given(generators, points(2))
def test_what_is_learned_is_drawn_to_its_shape(rng, point):
    variant = Rotary(Dense(2, 3, heads=4))
    learned = learned_by(variant, rng)

    assert (4, 1, 3) == cos_sin([point], variant, learned=learned)[0].shape
