"""Numbers that others have published or computed, written out.

Sections of C hold float32 outputs of frameworks: good to 2e-7. For the marks of the other tests, whose numbers are
float64 and good to the digits printed, see test_anchored.py.
"""

import math

import numpy as np
import pytest

from refpos import (
    CATALOGUE,
    NTK,
    Bands,
    ByIndex,
    Dense,
    DynamicNTK,
    Frequencies,
    Grid,
    Image,
    Linear,
    MixedRadix,
    MRope,
    Mscale,
    RootLog,
    Rotary,
    Sinusoidal,
    SpecError,
    Text,
    Video,
    angles,
    at_length,
    cos_sin,
    embed,
    omega,
    place,
    rotate,
    sections,
)
from refpos.variants.planes import planes

TEN_THOUSAND = Frequencies((0,) * 64)


def float32(values):
    return pytest.approx(values, rel=2e-7, abs=0)


def printed(values, decimals):
    return pytest.approx(values, rel=0, abs=0.51 * 10.0**-decimals)


def frequencies_of(name, length=1):
    return at_length(CATALOGUE[name].variant, length).frequencies


def omega_of(name, length=1):
    return omega(frequencies_of(name, length)).sum(axis=0)


def ladder(frequencies):
    return omega(frequencies)[0]


def magnitude(factor):
    return cos_sin([0], Rotary(Frequencies((0,)), attention_factor=factor))[0].item()


def ends_of_the_ramp(frequencies, scaled, inside):
    """Return where γ(k), found from the ratio of frequencies at two indices inside the ramp, is 1 and 0."""
    factor = scaled.scalings[0].factor
    j, k = inside
    ratio = (ladder(scaled) / ladder(frequencies))[[j, k]]
    gamma = (ratio - 1 / factor) / (1 - 1 / factor)
    slope = (gamma[1] - gamma[0]) / (k - j)
    return j + (1 - gamma[0]) / slope, j - gamma[0] / slope


def similarity(base, planes, distance):
    """Return Σ cos(ω_k D): the score of two equal vectors of ones, over 2."""
    frequencies = Frequencies((0,) * planes, base=base)
    return np.cos(angles(np.asarray(distance, dtype=float), frequencies)).sum(axis=-1)


# Frequencies: C 6.


@pytest.mark.parametrize(
    ("plane", "expected"),
    [
        (0, 1.0),
        (1, 0.814617217),
        (28, 0.00321144611),
        (29, 0.00216657063),
        (30, 0.00137189368),
        (34, 0.000178507791),
        (35, 9.55621217e-05),
        (63, 3.06892588e-07),
    ],
)
def test_llama_3_1_has_the_frequencies_of_transformers(plane, expected):
    assert float32(expected) == omega_of("llama-3.1")[plane]


def test_llama_3_1_blends_planes_29_to_34():
    plain = ladder(Frequencies((0,) * 64, base=5e5))
    ratio = omega_of("llama-3.1") / plain
    blended = [k for k in range(64) if 1 / 8 * (1 + 1e-12) < ratio[k] < 1 - 1e-12]
    assert list(range(29, 35)) == blended


@pytest.mark.parametrize(
    ("plane", "expected"),
    [
        (0, 1.0),
        (1, 0.689044297),
        (8, 0.0508132726),
        (9, 0.0317056961),
        (17, 0.000129318694),
        (18, 3.83088118e-05),
        (31, 3.0235114e-07),
    ],
)
def test_gpt_oss_has_the_frequencies_of_transformers(plane, expected):
    assert float32(expected) == omega_of("gpt-oss")[plane]


@pytest.mark.parametrize(("plane", "expected"), [(9, 0.0316207521), (17, 0.000227947836)])
def test_gpt_oss_with_whole_bounds_would_have_other_frequencies(plane, expected):
    truncated = Frequencies((0,) * 32, base=150_000.0, scaling=ByIndex(32, 4096))
    assert float32(expected) == ladder(truncated)[plane]


def test_gpt_oss_ramps_between_fractions_of_a_plane():
    ends = ends_of_the_ramp(Frequencies((0,) * 32, base=150_000.0), frequencies_of("gpt-oss"), (9, 17))
    assert printed((8.092779, 17.398025), 6) == ends


@pytest.mark.parametrize(
    ("plane", "expected"),
    [
        (10, 0.0562341288),
        (11, 0.0390069261),
        (16, 0.00550000044),
        (23, 3.3338034e-05),
        (24, 2.49999994e-05),
        (31, 3.33380353e-06),
    ],
)
def test_deepseek_v3_has_the_frequencies_of_transformers(plane, expected):
    assert float32(expected) == omega_of("deepseek-v3")[plane]


@pytest.mark.parametrize(("plane", "expected"), [(1, 0.850994289), (32, 0.00572338188), (63, 3.84927334e-05)])
def test_dynamic_ntk_has_the_frequencies_of_transformers(plane, expected):
    frequencies = at_length(Frequencies((0,) * 64, scaling=DynamicNTK(2, 2048)), 4096)
    assert float32(expected) == ladder(frequencies)[plane]


@pytest.mark.parametrize(
    ("plane", "expected"),
    [(0, 0.25), (1, 0.216491088), (32, 0.00249999994), (63, 2.88695483e-05)],
)
def test_linear_scaling_has_the_frequencies_of_transformers(plane, expected):
    assert float32(expected) == ladder(Frequencies((0,) * 64, scaling=Linear(4)))[plane]


@pytest.mark.parametrize(("plane", "expected"), [(1, 0.947463512), (63, 0.0333762467), (64, 0.0), (255, 0.0)])
def test_gemma_4_global_has_the_frequencies_of_transformers(plane, expected):
    assert float32(expected) == omega_of("gemma-4-global")[plane]


def test_gemma_4_global_turns_64_of_256_planes():
    frequencies = omega_of("gemma-4-global")
    expected = (256, 64)
    assert expected == (frequencies.size, np.count_nonzero(frequencies))


# Magnitudes: C 5.1, C 6.


@pytest.mark.anchor("E 4, YaRN")
@pytest.mark.parametrize(
    ("factor", "expected", "decimals"),
    [
        (Mscale(8), 1.2079441542, 10),
        (Mscale(16), 1.2772588722, 10),
        (Mscale(32), 1.3465735902799727, 16),
        (Mscale(40), 1.3688879, 7),
        (RootLog(32, 4096), 1.1902380714238083, 16),
        (RootLog(32, 4096), math.sqrt(17 / 12), 15),
    ],
    ids=["E4-8", "E4-16", "C6-gpt-oss", "C5.1-deepseek-v3-keys-absent", "C6-longrope", "longrope-17/12"],
)
def test_a_magnitude_has_its_published_value(factor, expected, decimals):
    assert printed(expected, decimals) == magnitude(factor)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-oss", 1.3465735902799727),
        ("deepseek-v3", 1.0),
        ("phi-3-long", 1.1902380714238083),
        ("phi-3-short", 1.1902380714238083),
        ("yarn-paper", 1.2772588722),
        ("yarn-code", 1.2772588722),
        ("olmo-3.1", 1.2079441541679836),
    ],
)
def test_an_entry_multiplies_by_its_attention_factor(name, expected):
    assert printed(expected, 10) == magnitude(CATALOGUE[name].variant.attention_factor)


def test_forgetting_mscale_all_dim_multiplies_scores_of_deepseek_v3_by_1_874():  # C 5.1
    assert printed(1.874, 3) == magnitude(Mscale(40)) ** 2


def test_the_factor_of_olmo_3_1_is_mscale_of_8_to_a_unit_in_the_last_place():
    assert pytest.approx(1.2079441541679836, rel=2.3e-16) == magnitude(Mscale(8))


# Axes: C 5.4, C 5.5, C 6.


@pytest.mark.anchor("E 8, M-RoPE")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("qwen2-vl", "t" * 16 + "h" * 24 + "w" * 24),
        ("qwen2.5-vl", "t" * 16 + "h" * 24 + "w" * 24),
        ("qwen3-vl", "thw" * 20 + "tttt"),
        ("qwen3.5", "thw" * 10 + "th"),
        ("glm-4v", "t" * 8 + "h" * 12 + "w" * 12),
        ("ernie-4.5-vl", "hw" * 22 + "t" * 20),
        ("vjepa2", "t" * 10 + "h" * 10 + "w" * 10),
    ],
)
def test_planes_belong_to_the_axes_of_the_model(name, expected):
    assert expected == "".join("thw"[axis] for axis in frequencies_of(name).axes)


def test_vjepa2_leaves_four_features_alone():
    turned = {feature for pair in planes(CATALOGUE["vjepa2"].variant, 64).write for feature in pair}
    assert {60, 61, 62, 63} == set(range(64)) - turned


def test_interleaved_sections_saturate_where_an_axis_runs_out_of_planes():
    axes = sections((16, 24, 24), 64, interleaved=True)
    expected = [22, 21, 21]
    assert expected == [axes.count(axis) for axis in range(3)]


def test_a_saturated_time_axis_takes_every_third_plane_of_the_tail():
    axes = sections((16, 24, 24), 64, interleaved=True)
    expected = [48, 51, 54, 57, 60, 63]
    assert expected == [k for k in range(48, 64) if axes[k] == 0]


@pytest.mark.parametrize(("counts", "expected"), [((24, 20, 20), 43), ((11, 11, 10), 22)])
def test_chunks_where_planes_interleave_are_wrong_in_so_many_planes(counts, expected):
    size = sum(counts)
    chunked, interleaved = sections(counts, size), sections(counts, size, interleaved=True)
    assert expected == sum(a != b for a, b in zip(chunked, interleaved, strict=True))


@pytest.mark.anchor("E 8, M-RoPE")
@pytest.mark.parametrize("name", ["qwen2-vl", "qwen2.5-vl", "qwen3-vl", "qwen3.5", "glm-4v", "ernie-4.5-vl"])
def test_text_on_the_diagonal_is_rotated_as_in_one_dimension(name):
    frequencies = frequencies_of(name)
    plain = Frequencies((0,) * len(frequencies.axes), base=frequencies.base)
    assert np.array_equal(angles([7, 4095], plain), angles([[7] * 3, [4095] * 3], frequencies))


# RoPE-ViT.


@pytest.mark.anchor("E 1, RoPE-ViT")
@pytest.mark.parametrize(
    ("planes_per_axis", "base", "j", "expected"),
    [
        (16, 100.0, 0, 1.0),
        (16, 100.0, 1, 0.7498942093),
        (16, 100.0, 15, 0.0133352143),
        (16, 10.0, 1, 0.8659643234),
        (16, 10.0, 15, 0.1154781985),
        (2, 100.0, 0, 1.0),
        (2, 100.0, 1, 0.1),
        (2, 10.0, 0, 1.0),
        (2, 10.0, 1, 0.3162277660),
    ],
)
def test_rope_vit_has_its_frequencies(planes_per_axis, base, j, expected):
    axial = Frequencies((1,) * planes_per_axis + (0,) * planes_per_axis, base=base, ladder="per-axis")
    x, y = omega(axial)[1, j], omega(axial)[0, planes_per_axis + j]
    assert printed((expected, expected), 10) == (x, y)


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_rope_vit_axial_is_that_of_heads_of_64_features():
    assert printed(0.7498942093, 10) == omega_of("rope-vit-axial")[1]


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_swin_with_heads_of_32_features_has_its_frequencies():
    swin = frequencies_of("rope-swin-axial")
    expected = [1, 0.61323756, 0.37606031, 0.23061431, 0.14142136, 0.08672489, 0.05318296, 0.03261379]
    assert printed(expected, 8) == omega(swin)[1, :8]


EIGHT = Rotary(Frequencies((1, 1, 0, 0), base=100.0, ladder="per-axis"), pairing="interleaved")
ONE_TO_EIGHT = np.arange(1.0, 9.0)[None]


@pytest.mark.anchor("E 1, RoPE-ViT")
def test_rope_vit_axial_turns_one_to_eight_at_column_1_of_row_2():
    expected = [
        -1.14263966,
        1.92207560,
        2.58567883,
        4.27951691,
        -7.53651874,
        2.04960611,
        5.27111140,
        9.23121794,
    ]
    assert printed(expected, 8) == rotate(ONE_TO_EIGHT, [[2, 1]], EIGHT)[0]


@pytest.mark.anchor("I1.1")
def test_rope_vit_axial_is_rope_vit_mixed_with_the_other_axis_at_rest():
    mixed = Rotary(Dense(2, 4), pairing="interleaved")
    learned = {"omega": omega(EIGHT.frequencies)}
    axial = rotate(ONE_TO_EIGHT, [[2, 1]], EIGHT)
    assert np.array_equal(axial, rotate(ONE_TO_EIGHT, [[2, 1]], mixed, learned=learned))


# Similarity of positions.


@pytest.mark.anchor("E 2, Kazemnejad")
@pytest.mark.parametrize(
    ("distance", "expected"),
    [(0, 64), (1, 62.09368), (2, 57.38186), (3, 52.18623), (4, 48.58603)],
)
def test_rows_of_the_transformer_have_their_products(distance, expected):
    rows = embed([10, 10 + distance], Sinusoidal(TEN_THOUSAND))
    assert printed(expected, 5) == rows[0] @ rows[1]


@pytest.mark.anchor("E2.1")
@pytest.mark.parametrize(("planes", "expected"), [(256, 9646.6162), (64, 8659.6432)])
def test_the_longest_wavelength_of_the_transformer_is_less_than_its_paper_says(planes, expected):
    assert printed(expected, 4) == 1 / ladder(Frequencies((0,) * planes))[-1]


@pytest.mark.anchor("E2.3")
@pytest.mark.parametrize(("planes", "expected"), [(64, 12), (256, 44)])
def test_the_similarity_of_positions_first_grows_at_this_distance(planes, expected):
    rises = np.diff(similarity(10_000.0, planes, range(100))) > 0
    assert expected == 1 + np.argmax(rises)


@pytest.mark.anchor("E 4, CSDN 138977299")
@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (10_000.0, [8, 7.729208, 5.262907, 4.468667, 2.231492]),
        (500.0, [8, 7.630432, 4.027223, 2.351079, 0.325732]),
        (100.0, [8, 7.523471, 2.710001, 0.112393, -0.165569]),
        (10.0, [8, 7.117407, -1.493162, 0.982846, -0.446339]),
    ],
)
def test_scores_of_ones_decay_as_the_base_says(base, expected):
    x = np.ones((5, 64))
    turned = rotate(x, [0, 1, 10, 100, 1000], Rotary(Frequencies((0,) * 32, base=base)))
    assert printed(expected, 6) == turned @ turned[0] / 8


@pytest.mark.anchor("E 4, CSDN 138977299")
def test_scores_of_ones_do_not_decay_with_a_base_of_one():
    turned = rotate(np.ones((5, 64)), [0, 1, 10, 100, 1000], Rotary(Bands((0,) * 32, 1.0, 1.0)))
    assert printed([8, 4.322418, -6.712572, 6.898551, 4.499033], 6) == turned @ turned[0] / 8


@pytest.mark.anchor("E 5, 10122", "E5.14")
@pytest.mark.parametrize(
    ("base", "length", "expected", "decimals"),
    [
        (4400.0, 1024, -0.579, 3),
        (4300.0, 1024, 0.24898, 5),
        (1.2e4, 2048, -3.13, 2),
        (2.7e4, 4096, -0.48, 2),
        (2.3e5, 16_384, -1.84, 2),
    ],
)
def test_the_similarity_of_a_base_has_this_minimum(base, length, expected, decimals):
    assert printed(expected, decimals) == similarity(base, 64, range(length)).min()


@pytest.mark.anchor("E 5, 10122")
@pytest.mark.parametrize(("base", "expected"), [(4400.0, 951), (4300.0, 1009)])
def test_the_similarity_of_a_base_is_least_at_this_distance(base, expected):
    assert expected == np.argmin(similarity(base, 64, range(1024)))


@pytest.mark.anchor("E 5, 10122")
@pytest.mark.parametrize(("base", "expected"), [(1e4, 1707), (5e5, 18_438)])
def test_the_similarity_of_a_base_is_first_negative_at_this_distance(base, expected):
    assert expected == np.argmax(similarity(base, 64, range(20_000)) < 0)


@pytest.mark.anchor("E 5, 10122", "E5.15")
@pytest.mark.parametrize(
    ("base", "length", "expected"),
    [
        (4293.43, 1024, False),
        (4293.44, 1024, True),
        (4330.32, 1024, True),
        (4330.33, 1024, False),
        (11_587.0, 2048, False),
        (11_588.0, 2048, True),
        (26_952.33, 4096, False),
        (26_952.35, 4096, True),
        (26_973.07, 4096, True),
        (26_973.09, 4096, False),
        (83_763.83, 8192, False),
        (83_763.85, 8192, True),
    ],
)
def test_a_base_keeps_similarity_positive_up_to_a_length_or_does_not(base, length, expected):
    assert expected == (similarity(base, 64, range(length)).min() >= 0)


@pytest.mark.anchor("E 5, 8265")
@pytest.mark.parametrize(
    ("position", "expected", "decimals"),
    [
        (0, 32.5, 12),
        (1, 31.538166, 6),
        (10, 17.954137, 6),
        (50, 12.629452, 6),
        (100, 10.227330, 6),
        (256, 6.543097, 6),
    ],
)
def test_the_decay_curve_of_rope_has_its_values(position, expected, decimals):
    sums = np.cumsum(np.exp(1j * angles([position], TEN_THOUSAND)[0]))
    assert printed(expected, decimals) == np.abs(sums).mean()


@pytest.mark.anchor("E 4, CSDN 138977299")
def test_a_vector_turned_by_an_eighth_of_a_turn_lies_on_the_diagonal():
    turned = rotate(np.array([[1.0, 0.0]]), [math.pi / 4], Rotary(Frequencies((0,))))
    assert pytest.approx((math.sqrt(2) / 2, math.sqrt(2) / 2), rel=1e-15) == turned[0]


# Context extension.


@pytest.mark.anchor("E 4, NTK-aware")
@pytest.mark.parametrize(("factor", "expected"), [(2, 20_221.2617), (4, 40_889.9424), (8, 82_684.6226)])
def test_ntk_aware_scaling_grows_the_base(factor, expected):
    scaled = ladder(Frequencies((0,) * 64, scaling=NTK(factor)))
    assert printed(expected, 4) == scaled[32] ** -2


@pytest.mark.anchor("E 4, 9706")
@pytest.mark.parametrize(
    ("scaled", "expected"),
    [
        (Frequencies((0,) * 64, scaling=Linear(8)), (1 / 8, 1 / 8)),
        (Frequencies((0,) * 64, scaling=NTK(8)), (1, 1 / 8)),
        (frequencies_of("ntk-rope-old"), (1, 8 ** (-126 / 128))),
        (frequencies_of("ntk-rope-fixed"), (8 ** (-1 / 64), 1 / 8)),
        (Frequencies((0,) * 64, scaling=MixedRadix(8, 0)), (1 / 8, 1 / 8)),
    ],
    ids=["position interpolation", "NTK-aware", "NTK-RoPE-old", "NTK-RoPE-fixed", "mixed radix of exponent 0"],
)
def test_extension_changes_the_first_and_last_frequency_by_so_much(scaled, expected):
    ratio = ladder(scaled) / ladder(TEN_THOUSAND)
    assert pytest.approx(expected, rel=1e-14) == (ratio[0], ratio[-1])


@pytest.mark.anchor("E 4, 9706")
@pytest.mark.parametrize(
    ("name", "m", "expected"),
    [
        ("ntk-rope-fixed", 1, 1.0330249),
        ("ntk-rope-fixed", 64, 8.0),
        ("ntk-rope-mixed", 1, 1.16713896),
        ("ntk-rope-mixed", 2, 1.26916225),
        ("ntk-rope-mixed", 32, 3.85106996),
        ("ntk-rope-mixed", 64, 8.0),
    ],
)
def test_a_mixed_radix_divides_the_mth_frequency_by_the_product_of_its_steps(name, m, expected):
    assert printed(expected, 7) == ladder(TEN_THOUSAND)[m - 1] / omega_of(name)[m - 1]


@pytest.mark.anchor("E 4, 9706")
@pytest.mark.parametrize(
    ("name", "exponent", "expected"),
    [("ntk-rope-mixed", 0.625, 0.1545554173), ("ntk-rope-mixed-code", 0.75, 0.1098183964)],
)
def test_the_logarithm_of_what_divides_grows_as_a_power_of_m(name, exponent, expected):
    m = np.arange(1, 65)
    rate = np.log(ladder(TEN_THOUSAND) / omega_of(name)) / m**exponent
    assert printed(np.full(64, expected), 10) == rate


@pytest.mark.anchor("E5.8")
@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.625, 1.0])
def test_the_steps_of_a_mixed_radix_fall_and_are_no_less_than_one(exponent):
    products = ladder(TEN_THOUSAND) / ladder(Frequencies((0,) * 64, scaling=MixedRadix(8, exponent)))
    steps = products / np.concatenate([[1.0], products[:-1]])
    assert ((steps >= 1 - 1e-14).all(), (np.diff(steps) <= 1e-14).all()) == (True, True)


@pytest.mark.anchor("E5.8")
def test_an_exponent_below_0_whose_steps_would_be_less_than_one_is_refused():
    first, second = (math.exp(math.log(8) * (m / 64) ** -0.1) for m in (1, 2))
    assert second < first
    with pytest.raises(SpecError, match="exponent must be from 0 to 1"):
        MixedRadix(8, -0.1)


@pytest.mark.anchor("E5.6")
def test_ntk_leaves_the_first_frequency_as_it_is():
    assert 1.0 == ladder(Frequencies((0,) * 64, scaling=NTK(8)))[0]


@pytest.mark.anchor("E5.9")
def test_the_base_of_ntk_is_not_the_base_times_the_factor():
    bases = omega_of("ntk-rope-old")[32] ** -2, omega_of("ntk-aware")[32] ** -2
    assert printed((80_000, 82_684.6226), 4) == bases


# Digits. RoPE turns by n/β^(m−1), of which the whole part modulo β is a digit.


def digits(n, base, count):
    """Return the digits of a number, the lowest first, from the angles of a ladder of that many planes."""
    turned = angles([n], Frequencies((0,) * count, base=float(base**count)))[0]
    return np.floor(turned) % base


@pytest.mark.anchor("E 5, 9675")
def test_1749_has_the_digits_6_13_5_to_the_base_16():
    assert [6, 13, 5] == digits(1749, 16, 3)[::-1].tolist()


@pytest.mark.anchor("E 5, 9675")
@pytest.mark.parametrize(("base", "expected"), [(16, 2000), (13, 2000), (12, 1728)])
def test_three_digits_to_the_base_13_tell_2000_numbers_apart_and_to_the_base_12_do_not(base, expected):
    assert expected == len({tuple(digits(n, base, 3)) for n in range(2000)})


@pytest.mark.anchor("E 5, 9675")
def test_halving_a_number_leaves_a_fraction_in_its_lowest_digit():
    low, high = 1749 / 2 % 10, digits(1749 / 2, 10, 3)[::-1]
    assert [8, 7, 4.5] == [*high[:2], low]


@pytest.mark.anchor("E5.7")
def test_a_digit_returns_after_16_to_the_mth_and_a_cosine_does_not():
    lowest = [digits(n, 16, 3)[0] for n in (5, 5 + 16)]
    cosines = np.cos(angles([5, 5 + 16], Frequencies((0,) * 3, base=16.0**3))[:, 0])
    assert (lowest[0] == lowest[1], abs(cosines[0] - cosines[1]) > 0.1) == (True, True)


@pytest.mark.anchor("E5.7")
def test_with_a_base_of_two_pi_digit_and_cosine_return_together():
    beta = 2 * math.pi
    phi = angles([5, 5 + beta, 5 + beta**2], Frequencies((0,) * 2, base=beta**2))
    assert pytest.approx(np.cos(phi[[0, 0], [0, 1]]), abs=1e-12) == np.cos(phi[[1, 2], [0, 1]])


@pytest.mark.anchor("E 4, 9706")
def test_the_old_ntk_rope_divides_the_last_frequency_by_7_744():
    last = ladder(TEN_THOUSAND)[-1] / ladder(Frequencies((0,) * 64, base=80_000.0))[-1]
    assert printed(7.744, 3) == last


@pytest.mark.anchor("E 4, YaRN")
@pytest.mark.parametrize(
    ("width", "base", "original", "expected"),
    [
        (128, 1e4, 2048, (16, 41)),
        (128, 1e4, 4096, (20, 46)),
        (64, 1e4, 2048, (8, 21)),
        (128, 5e5, 8192, (18, 35)),
        (128, 1e6, 32_768, (23, 40)),
    ],
)
def test_the_yarn_code_ramps_between_these_planes(width, base, original, expected):
    axes = (0,) * (width // 2)
    scaled = Frequencies(axes, base=base, scaling=ByIndex(8, original))
    inside = (expected[0] + 1, expected[1] - 1)
    assert printed(expected, 9) == ends_of_the_ramp(Frequencies(axes, base=base), scaled, inside)


@pytest.mark.anchor("E 4, YaRN")
@pytest.mark.parametrize(("original", "expected"), [(2048, (16.1280, 40.2104)), (4096, (20.9445, 45.0269))])
def test_the_yarn_code_without_rounding_ramps_between_these_indices(original, expected):
    scaled = Frequencies((0,) * 64, scaling=ByIndex(8, original, truncate=False))
    assert printed(expected, 4) == ends_of_the_ramp(TEN_THOUSAND, scaled, (25, 35))


@pytest.mark.anchor("E4.1")
@pytest.mark.parametrize(
    ("name", "plane", "expected"),
    [
        ("yarn-paper", 30, 0.2482),
        ("yarn-code", 30, 0.6154),
        ("yarn-paper", 40, 0.0342),
        ("yarn-code", 40, 0.2308),
    ],
)
def test_the_yarn_paper_and_its_code_blend_differently(name, plane, expected):
    ratio = omega_of(name)[plane] / ladder(TEN_THOUSAND)[plane]
    assert printed(expected, 4) == (ratio - 1 / 16) / (1 - 1 / 16)


@pytest.mark.anchor("E4.1")
def test_the_yarn_code_exceeds_its_paper_most_at_plane_38():
    ratio = omega_of("yarn-code") / omega_of("yarn-paper")
    assert (38, printed(3.0414, 4)) == (np.argmax(ratio), ratio.max())


@pytest.mark.anchor("E4.1")
@pytest.mark.parametrize("plane", [0, 63])
def test_the_yarn_paper_and_its_code_agree_at_both_ends(plane):
    assert omega_of("yarn-paper")[plane] == omega_of("yarn-code")[plane]


def test_kimi_k2_ramps_in_one_step():
    ratio = omega_of("kimi-k2") / ladder(Frequencies((0,) * 32, base=50_000.0))
    assert pytest.approx([1.0] * 20 + [1 / 32] * 12, rel=1e-14) == ratio


# xPos. At position scale_base a query grows by ζ itself.


@pytest.mark.anchor("E 5, 9431")
@pytest.mark.parametrize(
    ("width", "plane", "expected"),
    [
        (64, 0, 0.2857142857),
        (64, 31, 0.9776785714),
        (8, 0, 0.28571429),
        (8, 1, 0.46428571),
        (8, 2, 0.64285714),
        (8, 3, 0.82142857),
    ],
)
def test_xpos_grows_by_its_zeta(width, plane, expected):
    xpos = CATALOGUE["xpos"].variant
    variant = Rotary(Frequencies((0,) * (width // 2)), pairing="interleaved", growth=xpos.growth)
    cos, sin = cos_sin([512], variant)
    assert printed(expected, 8 if width == 8 else 10) == np.hypot(cos, sin)[0, plane]


@pytest.mark.anchor("E 5, 9431")
def test_keys_shrink_where_queries_grow_with_xpos():
    xpos = CATALOGUE["xpos"].variant
    products = np.prod([np.hypot(*cos_sin([100], xpos, side=side)) for side in ("query", "key")], axis=0)
    assert pytest.approx(np.ones((1, 32)), rel=1e-15) == products


# Sinusoidal encodings: C 5.6, C 6.


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        (Sinusoidal(Frequencies((0,) * 4), order="sin-cos"), 0.0998),
        (Sinusoidal(Frequencies((0,) * 4, endpoint=True), order="sin-cos"), 0.0464),
        (Sinusoidal(Frequencies((0,) * 4)), 0.5403),
        (Sinusoidal(Frequencies((0,) * 4), order="cos-sin"), 0.9950),
        (Sinusoidal(Frequencies((0,) * 4), order="interleaved-cos"), 0.8415),
    ],
    ids=["concatenated", "concatenated, end point", "interleaved", "cosines first", "interleaved, cosine first"],
)
def test_feature_1_at_position_1_tells_orders_apart(variant, expected):
    assert printed(expected, 4) == embed([1], variant)[0, 1]


def of_width_8(name):
    variant = CATALOGUE[name].variant
    first, last = variant.frequencies.axes[0], variant.frequencies.axes[-1]
    frequencies = Frequencies(
        (first, first, last, last), ladder=variant.frequencies.ladder, endpoint=variant.frequencies.endpoint
    )
    return Sinusoidal(frequencies, order=variant.order, blocks=variant.blocks, prefix=variant.prefix)


@pytest.mark.anchor("E 7, sin-cos")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mae", [0.84147098, 0.00999983, 0.54030231, 0.99995, 0, 0, 1, 1]),
        ("moco-v3", [0, 0, 1, 1, 0.84147098, 0.00999983, 0.54030231, 0.99995]),
        ("open-clip-sincos2d", [0.84147098, 0.00999983, 0.54030231, 0.99995, 0, 0, 1, 1]),
        ("pixart", [0.84147098, 0.00999983, 0.54030231, 0.99995, 0, 0, 1, 1]),
        ("timm-sincos2d-interleaved", [0, 0, 1, 1, 0.84147098, 0.00999983, 0.54030231, 0.99995]),
        ("simple-vit", [0.84147098, 0.0001, 0.54030231, 0.999999995, 0, 0, 1, 1]),
        ("big-vision", [0.84147098, 0.0001, 0.54030231, 0.999999995, 0, 0, 1, 1]),
        ("timm-sincos2d", [0, 0, 0.84147098, 0.00999983, 1, 1, 0.54030231, 0.99995]),
    ],
)
def test_the_second_patch_of_two_by_two_has_this_row(name, expected):
    variant = of_width_8(name)
    rows = embed(place([Image(2, 2)], Grid()), variant)
    assert printed(expected, 8) == rows[variant.prefix + 1]


def test_the_second_patch_of_two_by_three_has_the_row_of_timm():  # C 6
    rows = embed(place([Image(2, 3)], Grid()), of_width_8("timm-sincos2d"))
    assert pytest.approx([0, 0, 0.841471, 0.01, 1, 1, 0.540302, 0.99995], rel=0, abs=6e-7) == rows[1]


@pytest.mark.anchor("E 7, sin-cos")
@pytest.mark.parametrize("name", ["mae", "moco-v3", "open-clip-sincos2d"])
def test_the_row_before_the_patches_is_zero(name):
    assert not embed([[3, 2]], CATALOGUE[name].variant)[0].any()


@pytest.mark.anchor("E 7, sin-cos")
@pytest.mark.parametrize(("endpoint", "expected"), [(False, 1.0491397e-4), (True, 1e-4)], ids=["MAE", "big_vision"])
def test_the_last_frequency_of_768_features_is(endpoint, expected):
    frequencies = Frequencies((1,) * 192 + (0,) * 192, ladder="per-axis", endpoint=endpoint)
    assert printed(expected, 11) == omega(frequencies)[1, 191]


@pytest.mark.anchor("E 7, sin-cos")
def test_moco_v3_is_mae_with_its_halves_swapped():
    mae, moco = (embed([[3, 2]], of_width_8(name))[1] for name in ("mae", "moco-v3"))
    assert np.array_equal(mae, np.roll(moco, 4))


@pytest.mark.anchor("E 7, sin-cos")
def test_moco_v3_is_mae_with_rows_and_columns_swapped():
    mae, moco = embed([[2, 3]], of_width_8("mae")), embed([[3, 2]], of_width_8("moco-v3"))
    assert np.array_equal(mae, moco)


# Positions of images and video among text.


@pytest.mark.anchor("E 8, M-RoPE")
def test_qwen2_vl_places_a_video_and_then_text_as_its_source_does():
    placed = place([Video(3, 4, 4), Text(5)], MRope())
    expected = [
        [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7],
        [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 3, 4, 5, 6, 7],
        [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 3, 4, 5, 6, 7],
    ]
    assert expected == placed.T.tolist()


@pytest.mark.anchor("E 8, M-RoPE")
def test_qwen2_vl_places_an_image_between_text():
    placed = place([Text(4), Image(2, 3), Text(1)], MRope(merge=1))
    expected = [
        [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 7],
        [0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 7],
        [0, 1, 2, 3, 4, 5, 6, 4, 5, 6, 7],
    ]
    assert expected == placed.T.tolist()


@pytest.mark.anchor("E 8, M-RoPE")
def test_an_image_is_nearer_to_the_text_before_it_than_to_the_text_after_it():
    placed = place([Text(4), Image(2, 3), Text(1)], MRope(merge=1))
    steps = (placed[4] - placed[3], placed[10] - placed[9])
    expected = [[1, 1, 1], [3, 2, 1]]
    assert expected == [step.tolist() for step in steps]


@pytest.mark.anchor("E 8, M-RoPE")
def test_qwen2_5_vl_places_frames_by_the_second_as_its_source_does():
    placed = place([Video(3, 4, 4, fps=0.5), Text(5)], MRope(tokens_per_second=25))
    expected = [0] * 4 + [50] * 4 + [100] * 4 + [101, 102, 103, 104, 105]
    assert expected == placed[:, 0].tolist()


@pytest.mark.anchor("E 8, M-RoPE")
def test_qwen2_5_vl_takes_uneven_steps_where_seconds_are_cut_off():
    placed = place([Video(4, 2, 2, fps=1 / 0.7)], MRope(tokens_per_second=2))
    expected = [0, 1, 2, 4]
    assert expected == placed[:, 0].tolist()
