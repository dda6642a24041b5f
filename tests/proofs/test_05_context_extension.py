"""What `proofs/05_context_extension.py` proves, of the frequencies and magnitudes that `refpos.spec` computes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MANY, generators

from refpos import (
    CATALOGUE,
    NTK,
    Attention,
    ByIndex,
    ByParts,
    DynamicNTK,
    Frequencies,
    InverseRoot,
    Linear,
    LogCount,
    LongRope,
    MixedRadix,
    Mscale,
    PerPlane,
    Radix,
    RootLog,
    Rotary,
    SpecError,
    at_length,
    cos_sin,
    digits,
    omega,
    rotate,
    scores,
)

K = 64
factors = st.floats(1, 64)
bases = st.floats(2, 1e7)


def multipliers(scaling, base=10_000.0, planes=K):
    """Return what a scaling multiplies each frequency by."""
    scaled, plain = (omega(Frequencies((0,) * planes, base=base, scaling=one)) for one in (scaling, ()))
    return (scaled / plain)[0]


def near(values):
    return pytest.approx(values, rel=1e-14)


@pytest.mark.theorem("extension-pi")
@MANY
@given(rng=generators, s=st.sampled_from([2, 4, 8, 16]), p=st.integers(0, 2**15))
def test_interpolated_frequencies_turn_as_divided_positions_do(rng, s, p):
    x = rng.standard_normal((1, 128))
    plain, scaled = (Rotary(Frequencies((0,) * K, scaling=one)) for one in ((), Linear(s)))

    assert abs(rotate(x, [p], scaled) - rotate(x, [p / s], plain)).max() < 1e-15 * (p + 64)


@pytest.mark.theorem("extension-digits")
def test_a_wave_comes_back_after_its_own_whole_turn_and_not_after_a_digit():
    ladder = Frequencies((0,) * 4)
    beta, steps = 10.0, np.arange(4)
    after_a_turn, after_a_digit = (np.cos(period * omega(ladder)[0]) for period in (2 * np.pi * beta**3, beta**4))
    begun, later = digits([1749, 1749 + 10**4], Radix((10,) * 4))

    assert omega(ladder)[0].tolist() == near((beta ** -steps.astype(float)).tolist())
    assert after_a_turn == near(1)
    assert abs(after_a_digit - 1).min() > 0.04
    assert begun.tolist() == later.tolist() == [9, 4, 7, 1]


@pytest.mark.theorem("extension-ntk", "extension-highest")
@MANY
@given(s=factors, base=bases)
def test_ntk_keeps_the_first_plane_and_is_the_ladder_of_another_base(s, base):
    found = multipliers(NTK(s), base)
    grown = omega(Frequencies((0,) * K, base=base * s ** (2 * K / (2 * K - 2))))[0]

    assert found[0] == 1
    assert found[-1] == near(1 / s)
    assert omega(Frequencies((0,) * K, base=base, scaling=NTK(s)))[0] == pytest.approx(grown, rel=1e-12)


@pytest.mark.theorem("extension-old")
def test_a_base_times_the_factor_is_not_ntk():
    plain, old, ntk = (omega(CATALOGUE[one].variant.frequencies)[0] for one in ("llama-2", "ntk-rope-old", "ntk-aware"))

    assert plain[-1] / old[-1] == near(8 ** (126 / 128))
    assert plain[-1] / ntk[-1] == near(8)


@pytest.mark.theorem("extension-mixed")
@MANY
@given(s=factors, q=st.floats(0, 1))
def test_a_mixed_radix_lies_between_interpolation_and_one_step_for_all(s, q):
    low, found, high = (multipliers(MixedRadix(s, one)) for one in (0, q, 1))

    assert low == near(multipliers(Linear(s)))
    assert high == near(s ** (-np.arange(1, K + 1) / K))
    assert found[-1] == near(1 / s)
    assert (low <= found * (1 + 1e-15)).all()
    assert (found <= high * (1 + 1e-15)).all()


@pytest.mark.theorem("extension-condition")
@MANY
@given(s=st.floats(1.5, 64), q=st.floats(0, 1))
def test_the_steps_of_a_mixed_radix_fall_and_are_at_least_one(s, q):
    steps = -np.diff(np.log(multipliers(MixedRadix(s, q))), prepend=0)

    assert (steps >= -1e-12).all()
    assert (np.diff(steps) <= 1e-12).all()
    for outside in (-1.0, 1.5):
        with pytest.raises(SpecError, match="exponent"):
            MixedRadix(s, outside)


@pytest.mark.theorem("extension-by-parts")
@MANY
@given(s=factors, base=bases, length=st.integers(64, 2**16), low=st.floats(0.5, 2), high=st.floats(4, 64))
def test_by_parts_keeps_what_turns_often_and_divides_what_turns_seldom(s, base, length, low, high):
    turns = length * omega(Frequencies((0,) * K, base=base))[0] / (2 * np.pi)
    found = multipliers(ByParts(s, length, low, high), base)

    assert (found[turns > high] == 1).all()
    assert found[turns < low] == near(1 / s)
    assert (np.diff(found) <= 1e-15).all()
    assert multipliers(ByParts(1, length, low, high), base).tolist() == [1.0] * K


@pytest.mark.theorem("extension-ramps")
def test_the_code_of_yarn_keeps_more_than_its_paper_wherever_it_blends():
    turns = 4096 * omega(Frequencies((0,) * K))[0] / (2 * np.pi)
    paper, code = (multipliers(one) for one in (ByParts(16, 4096, 1, 32), ByIndex(16, 4096, truncate=False)))
    between = (turns > 1) & (turns < 32)
    by_log = np.log(turns[between]) / np.log(32)

    assert code[between] == near(by_log + (1 - by_log) / 16)
    assert (code[between] > paper[between]).all()
    assert code[~between] == near(paper[~between])


@pytest.mark.theorem("extension-ramps")
def test_plane_38_of_the_code_is_three_times_as_fast_as_that_of_the_paper():
    paper, code = (omega(CATALOGUE[one].variant.frequencies)[0] for one in ("yarn-paper", "yarn-code"))

    assert (code / paper).argmax() == 38
    assert (code / paper).max() == pytest.approx(3.0414, abs=1e-4)


@pytest.mark.theorem("extension-base")
def test_turns_are_counted_with_the_original_base():
    plain, blended = (omega(Frequencies((0,) * K, scaling=one))[0, 40] for one in ((), ByParts(16, 4096, 1, 32)))
    turns = 4096 * plain / (2 * np.pi)
    gamma = (turns - 1) / 31

    assert turns == pytest.approx(2.0615, abs=1e-4)
    assert blended == near(plain * (gamma + (1 - gamma) / 16))


@pytest.mark.theorem("extension-llama")
@pytest.mark.parametrize(("name", "factor"), [("llama-3.1", 8), ("llama-3.2", 32)])
def test_the_scaling_of_llama_3_is_by_parts_from_one_turn_to_four(name, factor):
    frequencies = CATALOGUE[name].variant.frequencies
    (plain,) = omega(Frequencies(frequencies.axes, base=frequencies.base))
    waves = 2 * np.pi / plain
    smooth = (8192 / waves - 1) / 3
    blended = (1 - smooth) * plain / factor + smooth * plain
    theirs = np.where(waves < 8192 / 4, plain, np.where(waves > 8192, plain / factor, blended))

    assert omega(frequencies)[0] == near(theirs)


@pytest.mark.theorem("extension-mscale")
@MANY
@given(rng=generators, s=st.floats(0.5, 64))
def test_a_magnitude_is_a_temperature(rng, s):
    ladder = Frequencies((0,) * 4)
    q, k, at = rng.standard_normal((3, 8)), rng.standard_normal((3, 8)), np.arange(3)
    plain = Attention(Rotary(ladder))
    own = (Attention(Rotary(ladder, attention_factor=Mscale(s))), Attention(Rotary(ladder), scale=_scale(s)))
    want = max(1, 0.1 * np.log(s) + 1) ** 2 * scores(q, k, at, at, plain)

    assert all(abs(scores(q, k, at, at, one) - want).max() < 1e-13 for one in own)


def _scale(s):
    return InverseRoot(magnitude=Mscale(s))


@pytest.mark.theorem("extension-dynamic")
@MANY
@given(f=st.integers(1, 8), n=st.integers(1, 2**14))
def test_dynamic_ntk_follows_the_length(f, n):
    found = omega(at_length(Frequencies((0,) * K, scaling=DynamicNTK(f, 2048)), n))[0]
    slowest = omega(Frequencies((0,) * K))[0, -1]

    assert found[0] == 1
    assert found[-1] == near(slowest / max(1, f * n / 2048 - (f - 1)))


@pytest.mark.theorem("extension-cache")
def test_keys_that_were_turned_at_another_length_know_where_they_stand():
    variant = Rotary(Frequencies((0,) * 4, scaling=DynamicNTK(1, 64)))
    old, new = (at_length(variant, n) for n in (64, 256))
    x = np.ones((1, 8))

    def logit(m, n, cached):
        return (rotate(x, [m], new) * rotate(x, [n], cached)).sum()

    assert logit(60, 50, new) == near(logit(200, 190, new))
    assert abs(logit(60, 50, old) - logit(200, 190, old)) > 0.1


@pytest.mark.theorem("extension-longrope")
def test_every_method_is_divisors_of_its_own():
    for scaling in (Linear(8), NTK(8), MixedRadix(8, 0.625), ByParts(8, 4096, 1, 32), ByIndex(8, 4096)):
        divisors = PerPlane(tuple(1 / multipliers(scaling)))
        assert multipliers(divisors) == near(multipliers(scaling))


@pytest.mark.theorem("extension-longrope")
@pytest.mark.parametrize(("n", "divisors"), [(1, (1.0, 1.5)), (4096, (1.0, 1.5)), (4097, (2.0, 8.0))])
def test_long_divisors_begin_one_token_beyond_the_original_length(n, divisors):
    found = at_length(Frequencies((0, 0), scaling=LongRope((1.0, 1.5), (2.0, 8.0), 4096)), n)

    assert omega(found)[0] == near(omega(Frequencies((0, 0)))[0] / divisors)


@pytest.mark.theorem("extension-longrope")
def test_the_magnitude_of_longrope_is_the_temperature_of_log_n():
    x = np.ones((1, 2))
    grown = Attention(Rotary(Frequencies((0,)), attention_factor=RootLog(32, 4096)))
    log_n = Attention(Rotary(Frequencies((0,))), temperature=LogCount(4096, counted=32 * 4096))

    assert scores(x, x, [5], [3], grown) == near(scores(x, x, [5], [3], log_n))
    assert cos_sin([0], grown.rotary)[0].item() == near((17 / 12) ** 0.5)
