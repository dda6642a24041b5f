"""Context extension: what each method does to the frequencies, and to the magnitude."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from refpos import (
    NTK,
    ByIndex,
    ByParts,
    Frequencies,
    Linear,
    Mscale,
    PerPlane,
    RootLog,
    Rotary,
    cos_sin,
    omega,
)

PLANES = (0,) * 64
PI = Decimal("3.14159265358979323846264338327950288419716939937510")


def ladder(*scaling, axes=PLANES, **fields):
    """Return the one row of frequencies of one axis."""
    return omega(Frequencies(axes, scaling=scaling, **fields))[0]


def kept(scaling, **fields):
    """Return γ of each plane: 1 where its frequency is kept, 0 where it is divided by the factor."""
    ratio = ladder(scaling, **fields) / ladder(**fields)
    return (ratio - 1 / scaling.factor) / (1 - 1 / scaling.factor)


def bounds(scaling, **fields):
    """Return the last plane of those that are kept, and the first of those that are divided by the factor."""
    plain, scaled = ladder(**fields), ladder(scaling, **fields)
    return int((scaled == plain).sum()) - 1, int((scaled > plain / scaling.factor).sum())


def in_digits(formula):
    """Return what a formula in decimals is as a double."""
    with localcontext() as context:
        context.prec = 45
        return float(formula())


def test_linear_divides_every_frequency():
    assert (ladder() / 8).tolist() == ladder(Linear(8)).tolist()


def test_linear_divides_each_axis_by_its_own_factor():
    axial = Frequencies((0, 0, 1, 1), base=100.0, ladder="per-axis", scaling=Linear((2, 4)))

    assert [[0.5, 0.05, 0, 0], [0, 0, 0.25, 0.025]] == omega(axial).tolist()


def test_ntk_keeps_the_first_frequency():
    assert 1.0 == ladder(NTK(8))[0]


def test_ntk_divides_the_last_frequency_by_the_factor():
    assert ladder()[-1] / 8 == ladder(NTK(8))[-1]


@pytest.mark.parametrize(("factor", "base"), [(2, 20221.2617), (4, 40889.9424), (8, 82684.6226)])
def test_ntk_is_the_ladder_of_a_larger_base(factor, base):
    assert base == round(ladder(NTK(factor))[1] ** -64, 4)


def test_ntk_counts_the_planes_of_each_axis_on_a_ladder_per_axis():
    axial = Frequencies((0, 0, 1, 1, 1), base=100.0, ladder="per-axis", scaling=NTK((2, 4)))
    plain = omega(Frequencies((0, 0, 1, 1, 1), base=100.0, ladder="per-axis"))

    assert [[1, 2, 1, 1, 1], [1, 1, 1, 2, 4]] == np.divide(
        plain, omega(axial), out=np.ones((2, 5)), where=plain != 0
    ).tolist()


@pytest.mark.anchor("E 4, YaRN", "E4.2")
def test_by_parts_blends_by_turns_within_the_original_length():
    in_turns = {"axes": (0,) * 8, "base": 2.0**8, "unit": "turn"}
    scaling = ByParts(2, 64, low=2, high=32)
    turns = [64, 32, 16, 8, 4, 2, 1, 0.5]
    expected = [min(max((r - 2) / 30, 0), 1) for r in turns]
    ratio = ladder(scaling, **in_turns) / ladder(**in_turns)

    assert expected == pytest.approx(2 * ratio - 1, abs=2**-50)


def test_by_parts_keeps_a_plane_of_exactly_high_turns():
    in_turns = {"axes": (0,) * 8, "base": 2.0**8, "unit": "turn"}

    assert ladder(**in_turns)[1] == ladder(ByParts(4, 64, low=2, high=32), **in_turns)[1]


def test_by_parts_divides_a_plane_of_exactly_low_turns():
    in_turns = {"axes": (0,) * 8, "base": 2.0**8, "unit": "turn"}

    assert ladder(**in_turns)[5] / 4 == ladder(ByParts(4, 64, low=2, high=32), **in_turns)[5]


@pytest.mark.parametrize("plane", [1, 5])
def test_by_parts_is_continuous_where_a_ramp_ends(plane):
    turns = {1: 32.0, 5: 2.0}[plane]
    inside = np.nextafter(turns, 8.0)
    ends = (2.0, inside) if plane == 1 else (inside, 32.0)
    in_turns = {"axes": (0,) * 8, "base": 2.0**8, "unit": "turn"}
    at, near = (ladder(ByParts(4, 64, *pair), **in_turns)[plane] for pair in ((2.0, 32.0), ends))

    assert at == pytest.approx(near, rel=2**-50)


def test_by_parts_counts_turns_after_the_scalings_before_it():
    twice = ladder(Linear(2), ByParts(4, 64, low=2, high=32), axes=(0,) * 8, base=2.0**8, unit="turn")
    plain = ladder(axes=(0,) * 8, base=2.0**8, unit="turn")

    assert [2, 8] == [plain[0] / twice[0], plain[4] / twice[4]]


def test_by_parts_may_be_followed_by_another_scaling():
    parts, linear = ByParts(4, 64, low=2, high=32), Linear(2)

    assert (ladder(parts, axes=(0,) * 8) / 2).tolist() == ladder(parts, linear, axes=(0,) * 8).tolist()


@pytest.mark.parametrize(("plane", "paper", "code"), [(30, 0.2482, 0.6154), (40, 0.0342, 0.2308)])
def test_the_paper_on_yarn_ramps_over_turns_and_its_code_over_the_index(plane, paper, code):
    by_turns, by_index = ByParts(16, 4096, low=1, high=32), ByIndex(16, 4096)

    assert [paper, code] == [round(kept(one)[plane], 4) for one in (by_turns, by_index)]


def test_the_code_of_yarn_keeps_up_to_three_times_the_frequency_of_the_paper():
    ratio = ladder(ByIndex(16, 4096)) / ladder(ByParts(16, 4096, low=1, high=32))

    assert (38, 3.0414) == (int(ratio.argmax()), round(ratio.max(), 4))


@pytest.mark.parametrize(
    ("planes", "base", "original", "expected"),
    [
        (64, 1e4, 2048, (16, 41)),
        (64, 1e4, 4096, (20, 46)),
        (32, 1e4, 2048, (8, 21)),
        (64, 5e5, 8192, (18, 35)),
        (64, 1e6, 32768, (23, 40)),
    ],
)
def test_by_index_blends_between_whole_planes(planes, base, original, expected):
    assert expected == bounds(ByIndex(8, original), axes=(0,) * planes, base=base)


@pytest.mark.anchor("E 4, YaRN")
def test_by_index_falls_evenly_from_plane_to_plane():
    falling = kept(ByIndex(2, 2048))[16:42]

    assert [1 - k / 25 for k in range(26)] == pytest.approx(falling, abs=2**-50)


GPT_OSS = {"axes": (0,) * 32, "base": 150_000.0}


def test_gpt_oss_blends_from_beyond_plane_8_to_before_plane_18():
    assert (8, 18) == bounds(ByIndex(32, 4096, truncate=False), **GPT_OSS)


def test_gpt_oss_ramps_between_bounds_that_are_not_whole():
    def expected():
        def crossing(turns):
            return 32 * (4096 / (2 * PI * turns)).ln() / Decimal(150_000).ln()

        gamma = 1 - (12 - crossing(32)) / (crossing(1) - crossing(32))
        return Decimal(150_000) ** (-Decimal(12) / 32) * (gamma + (1 - gamma) / 32)

    assert in_digits(expected) == ladder(ByIndex(32, 4096, truncate=False), **GPT_OSS)[12]


def test_gpt_oss_truncated_would_blend_elsewhere():
    assert ladder(ByIndex(32, 4096), **GPT_OSS)[12] != ladder(ByIndex(32, 4096, truncate=False), **GPT_OSS)[12]


def test_the_lower_bound_is_no_less_than_the_first_plane():
    assert [1 - k / 17 for k in range(18)] == pytest.approx(kept(ByIndex(2, 64))[:18], abs=2**-50)


@pytest.mark.anchor("E4.3")
def test_the_upper_bound_is_at_most_the_last_feature_not_the_last_plane():
    scaling = ByIndex(2, 10**9, fast=1e6)
    low = math.floor(64 * math.log(1e9 / (2 * math.pi * 1e6)) / math.log(1e4))
    expected = [1 - (k - low) / (127 - low) for k in range(low, 64)]

    assert (35, expected) == (low, pytest.approx(kept(scaling)[low:], abs=2**-50))


def test_bounds_that_coincide_are_a_thousandth_apart():
    assert (0, 1) == bounds(ByIndex(8, 6), axes=(0,) * 4)


def test_a_ramp_without_width_is_a_step():
    assert (19, 20) == bounds(ByIndex(32, 4096, fast=1, slow=1), axes=(0,) * 32, base=50_000.0)


def test_bounds_that_pass_each_other_divide_everything():
    scaling, fields = ByIndex(4, 10**9), {"axes": (0,) * 4, "base": 10.0}

    assert (ladder(**fields) / 4).tolist() == ladder(scaling, **fields).tolist()


def test_by_index_counts_the_rungs_of_each_axis():
    one = {"base": 50.0, "scaling": ByIndex(4, 256, 8)}
    axial = omega(Frequencies((0,) * 8 + (1,) * 8, ladder="per-axis", **one))

    assert omega(Frequencies((0,) * 8, **one))[0].tolist() == axial[1, 8:].tolist()


def test_by_index_reckons_with_the_base_of_each_axis():
    two = Frequencies((0,) * 8 + (1,) * 8, (50.0, 1e4), ladder="per-axis", scaling=ByIndex(4, 256, 8))

    assert omega(Frequencies((0,) * 8, 1e4, scaling=ByIndex(4, 256, 8)))[0].tolist() == omega(two)[1, 8:].tolist()


def test_per_plane_divides_each_frequency_by_its_own_number():
    assert [1.0, 0.01 / 4] == ladder(PerPlane((1, 4)), axes=(0, 0)).tolist()


def test_the_divisor_of_a_plane_that_stands_still_is_passed_over():
    assert [1.0, 0.0, 10000 ** (-2 / 3) / 4] == pytest.approx(
        ladder(PerPlane((1, 2, 4)), axes=(0, None, 0)), rel=2**-51
    )


@pytest.mark.anchor("E 4, YaRN")
@pytest.mark.parametrize(
    ("factor", "expected"), [(8, 1.2079441542), (16, 1.2772588722), (32, 1.3465735903), (1, 1), (0.5, 1)]
)
def test_mscale_is_a_tenth_of_the_logarithm_and_one(factor, expected):
    assert expected == round(_magnitude(Mscale(factor)), 10)


def test_mscale_has_a_coefficient():
    assert in_digits(lambda: Decimal("0.1") * 3 * Decimal(40).ln() + 1) == _magnitude(Mscale(40, 3))


def test_a_coefficient_of_zero_is_no_magnitude():
    assert 1.0 == _magnitude(Mscale(40, 0))


def test_root_log_of_phi_3():
    assert math.sqrt(17 / 12) == _magnitude(RootLog(32, 4096))


@pytest.mark.parametrize("factor", [1, 0.5])
def test_root_log_does_not_shrink(factor):
    assert 1.0 == _magnitude(RootLog(factor, 4096))


def test_a_number_is_its_own_magnitude():
    assert 1.25 == _magnitude(1.25)


def _magnitude(factor):
    """Return the cosine of zero."""
    return float(cos_sin([0], Rotary(Frequencies((0,)), attention_factor=factor))[0][0, 0])
