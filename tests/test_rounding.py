"""round_to rounds once, below the normal numbers and beyond the largest too: as integers do, and as libraries do."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from refpos import SpecError
from refpos.exact.formats import rounded
from refpos.oracle.rounding import FORMATS, round_to, travelling
from refpos.oracle.roundoff import LARGEST, SMALLEST, UNIT_ROUNDOFF, gamma, underflow

NUMPY = {"float64": np.float64, "float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
NARROW = ("float32", "float16", "bfloat16")


def edges(dtype):
    """Return what lies on, next to and halfway between numbers at the ends of a format, and ordinary numbers."""
    form = FORMATS[dtype]
    normal = form.least + form.precision - 1
    step, top = 2.0**form.least, 2.0 ** (np.log2(LARGEST[dtype]) - form.precision)
    whole = np.arange(13) / 4
    near = [whole * step, 2.0**normal + (whole - 1.5) * step, form.largest + (whole - 1.5) * top]
    near += [np.random.RandomState(5).standard_normal(200) * 2.0 ** np.linspace(form.least - 3, normal + 40, 200)]
    given = np.concatenate(near)
    given = given[np.isfinite(given)]
    return np.concatenate([given, np.nextafter(given, np.inf), np.nextafter(given, -np.inf)] * 2) * np.repeat(
        [1.0, -1.0], 3 * len(given)
    )


@pytest.mark.parametrize("dtype", NARROW)
def test_rounding_is_that_of_integers(dtype):
    given = edges(dtype)
    assert round_to(given, dtype).tolist() == [rounded(Fraction(one), FORMATS[dtype]) for one in given.tolist()]


@pytest.mark.parametrize("dtype", NARROW)
def test_rounding_what_float32_holds_is_that_of_the_library(dtype):
    given = round_to(edges(dtype), "float32")
    with np.errstate(over="ignore"):
        assert np.array_equal(round_to(given, dtype), given.astype(np.float32).astype(NUMPY[dtype]).astype(np.float64))


def test_edges_have_subnormals_ties_and_what_is_beyond():
    found = round_to(edges("bfloat16"), "bfloat16")
    assert {0.0, 2.0**-133, 2.0**-126, FORMATS["bfloat16"].largest, np.inf, -np.inf} <= set(found.tolist())


def test_float64_is_left_alone():
    given = np.array([5e-324, -1e-310, 1.7e308, 0.1, np.inf])
    assert np.array_equal(round_to(given, "float64"), given)


@pytest.mark.parametrize("dtype", NARROW)
def test_infinities_nan_and_the_sign_of_zero_stay(dtype):
    found = round_to([np.inf, -np.inf, np.nan, -0.0, -1e-300], dtype)
    assert found[:2].tolist() == [np.inf, -np.inf]
    assert np.isnan(found[2])
    assert np.signbit(found[3:]).all()


def test_a_dtype_of_another_name_is_refused():
    with pytest.raises(SpecError, match="dtype must be one of float64, float32, float16, bfloat16; got float8"):
        round_to(1.0, "float8")


@pytest.mark.parametrize("dtype", FORMATS)
def test_what_travels_is_what_was_rounded(dtype):
    given = edges("float16")
    assert np.array_equal(travelling(given, dtype).astype(np.float64), round_to(given, dtype))


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_unit_roundoff_the_smallest_and_the_largest_power_are_those_of_the_format(dtype):
    form = FORMATS[dtype]
    assert UNIT_ROUNDOFF[dtype] == 2.0**-form.precision
    assert SMALLEST[dtype] == 2.0**form.least
    assert form.largest / 2 < LARGEST[dtype] <= form.largest
    assert underflow(dtype) == 2.0 ** max(form.least - 1, -1074)
    assert underflow(dtype, flushes=True) == 2.0 ** (form.least + form.precision - 1)


@pytest.mark.parametrize("dtype", NARROW)
def test_one_rounding_is_within_u_or_within_eta(dtype):
    given = edges(dtype)
    given = given[np.isfinite(round_to(given, dtype))]
    error = np.abs(round_to(given, dtype) - given)
    assert (error <= np.maximum(UNIT_ROUNDOFF[dtype] * np.abs(given), SMALLEST[dtype] / 2)).all()


def test_gamma_holds_what_roundings_amount_to():
    for n in (1, 1.01, 2.5, 3, 17, 119.7, 120):
        assert (1 + 2.0**-8) ** n - 1 <= gamma(n, 2.0**-8)
        assert 1 - (1 - 2.0**-8) ** -n >= -gamma(n, 2.0**-8)


@pytest.mark.parametrize("n", [0.5, [3.0, 0.25], 0.01])
def test_a_part_of_a_rounding_is_refused_for_gamma_does_not_hold_it(n):
    part, u = np.min(n), 2.0**-8
    assert (1 - u) ** -part - 1 > part * u / (1 - part * u)
    with pytest.raises(SpecError, match="roundings must be 0 or from 1 on"):
        gamma(n, u)


def test_no_rounding_amounts_to_nothing():
    assert gamma(0, 2.0**-8) == 0


def test_roundings_that_leave_nothing_are_refused():
    with pytest.raises(SpecError, match="roundings must be fewer than 1/u; got 256"):
        gamma(256, 2.0**-8)
