"""Descriptions that differ and compute the same, and descriptions that look alike and do not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from strategies import MANY, frequencies, generators

from refpos import (
    CATALOGUE,
    NTK,
    Bands,
    ByIndex,
    ByParts,
    Dense,
    DynamicNTK,
    Frequencies,
    Linear,
    LongRope,
    Mscale,
    PerHead,
    PerPlane,
    Rotary,
    Sinusoidal,
    XPos,
    at_length,
    embed,
    omega,
    rotate,
    sections,
)
from refpos.variants.frequencies import axis_count, plane_count

U = 2.0**-53
X = np.random.default_rng(5).standard_normal((16, 128))
LINE = Frequencies((0,) * 64)
LLAMA_3 = Frequencies((0,) * 64, base=5e5, scaling=ByParts(8, 8192, low=1, high=4))
AXIAL = Frequencies((0,) * 32 + (1,) * 32, base=100.0, ladder="per-axis")
GRID = np.indices((4, 4)).reshape(2, 16).T


def rotated(variant, positions=None):
    at = np.arange(16) if axis_count(variant.frequencies) == 1 else GRID
    return rotate(X, at if positions is None else positions, variant)


def apply_scaling(theta):
    """Scale frequencies as Llama 3's own code does, line by line."""
    factor, low, high, old = 8, 1, 4, 8192
    found = []
    for one in theta:
        wavelength = 2 * np.pi / one
        if wavelength < old / high:
            found.append(one)
        elif wavelength > old / low:
            found.append(one / factor)
        else:
            smooth = (old / wavelength - low) / (high - low)
            found.append((1 - smooth) * one / factor + smooth * one)
    return found


def test_llama_3_is_by_parts_from_one_to_four_turns():
    by_hand = apply_scaling(omega(replace(LLAMA_3, scaling=()))[0].tolist())
    # The turns are 3 roundings from exact, the ramp stretches them by high/(high − low) = 4/3, and 6 follow.
    assert by_hand == pytest.approx(omega(LLAMA_3)[0].tolist(), rel=U * 16)


def test_llama_3_is_not_yarn():
    assert not np.allclose(omega(LLAMA_3), omega(replace(LLAMA_3, scaling=ByParts(8, 8192, 1, 32))), rtol=0.01)


def test_ntk_is_another_base():
    by_base = omega(replace(LINE, base=10_000 * 8 ** (128 / 126)))
    # The base is 3 roundings from exact; exponents are below 1, and both ladders are rounded.
    assert by_base == pytest.approx(omega(replace(LINE, scaling=NTK(8))), rel=U * 8)


def test_ntk_is_not_a_base_times_the_factor():
    assert not np.allclose(omega(replace(LINE, base=80_000)), omega(replace(LINE, scaling=NTK(8))), rtol=0.01)


def test_dynamic_ntk_at_a_length_is_ntk():
    dynamic = at_length(replace(LINE, scaling=DynamicNTK(2, 2048)), 4096)

    assert replace(LINE, scaling=NTK(3)) == dynamic


def test_longrope_at_a_length_divides_each_plane():
    short, long = (1.0,) * 64, (2.0,) * 64
    at = [omega(at_length(replace(LINE, scaling=LongRope(short, long, 16)), n)).tolist() for n in (16, 17)]

    assert [omega(LINE).tolist(), (omega(LINE) / 2).tolist()] == at


def test_dividing_every_plane_alike_is_linear():
    assert (
        omega(replace(LINE, scaling=Linear(3))).tolist() == omega(replace(LINE, scaling=PerPlane((3,) * 64))).tolist()
    )


@pytest.mark.anchor("E 4, position interpolation")
def test_linear_divides_positions():
    stretched = Rotary(replace(LINE, scaling=Linear(4)))

    assert rotated(Rotary(LINE), np.arange(16) / 4).tolist() == rotated(stretched).tolist()


def test_two_linear_scalings_multiply():
    assert (
        omega(replace(LINE, scaling=Linear(6))).tolist()
        == omega(replace(LINE, scaling=(Linear(2), Linear(3)))).tolist()
    )


def test_linear_before_by_parts_is_not_linear_after_it():
    parts = ByParts(8, 8192, 1, 4)
    before, after = (omega(replace(LINE, scaling=order)) for order in ((Linear(2), parts), (parts, Linear(2))))

    assert not np.allclose(before, after, rtol=0.01)


def test_a_fast_ramp_by_index_is_a_step_by_divisors():
    step = PerPlane((1.0,) * 20 + (32.0,) * 12)
    kimi = Frequencies((0,) * 32, base=50_000.0, scaling=ByIndex(32, 4096, fast=1, slow=1))

    assert omega(replace(kimi, scaling=step)).tolist() == omega(kimi).tolist()


@MANY
@given(frequencies(), generators)
def test_axial_frequencies_are_dense_ones_with_zeros(given_frequencies, rng):
    dense = Dense(axis_count(given_frequencies), plane_count(given_frequencies))
    learned = {"omega": omega(given_frequencies)}
    x = rng.standard_normal((3, 2 * plane_count(given_frequencies)))
    positions = rng.integers(-99, 99, (3, dense.axes))
    positions = positions if dense.axes > 1 else positions[:, 0]
    axial = rotate(x, positions, Rotary(given_frequencies))

    assert axial.tolist() == rotate(x, positions, Rotary(dense), learned=learned).tolist()


def test_planes_of_no_axis_are_planes_that_were_stopped():
    half = Frequencies((0,) * 32 + (None,) * 32)
    stopped = omega(LINE) * (np.arange(64) < 32)

    assert stopped.tolist() == omega(half).tolist()


def test_planes_of_no_axis_are_not_a_narrower_variant():
    assert not np.allclose(
        rotated(Rotary(Frequencies((0,) * 32 + (None,) * 32))), rotated(Rotary(Frequencies((0,) * 32)))
    )


def test_planes_of_no_axis_keep_their_features():
    still = Rotary(Frequencies((0,) * 32 + (None,) * 32))

    assert X[:, 32:64].tolist() == rotated(still)[:, 32:64].tolist()


def test_an_output_written_in_halves_is_a_permutation_after_neighbours():
    kept = Rotary(LINE, pairing="interleaved")
    order = [*range(0, 128, 2), *range(1, 128, 2)]

    # What is written where it is read may be multiplied and added in one step.
    there, here = rotated(kept)[:, order], rotated(replace(kept, write="half"))
    assert (abs(there - here) <= 6 * U * abs(X).max()).all()


def test_an_output_written_in_halves_does_not_change_scores():
    kept = Rotary(LINE, pairing="interleaved")
    near, far = (rotated(one) @ rotated(one).T for one in (kept, replace(kept, write="half")))
    # Both sums have 128 terms, each in another order.
    assert (abs(near - far) <= U * 256 * (abs(X).sum(axis=1).max() * abs(X).max())).all()


def test_writing_halves_after_neighbours_is_not_halves():
    assert not np.allclose(rotated(Rotary(LINE)), rotated(Rotary(LINE, pairing="interleaved", write="half")))


def test_blocked_pairs_of_one_axis_are_halves():
    assert rotated(Rotary(LINE)).tolist() == rotated(Rotary(LINE, pairing="blocked")).tolist()


def test_blocked_pairs_of_two_axes_are_not_halves():
    assert not np.allclose(rotated(Rotary(AXIAL)), rotated(Rotary(AXIAL, pairing="blocked")))


def test_an_axial_variant_in_blocks_is_two_of_one_axis_side_by_side():
    one = Rotary(Frequencies((0,) * 32, base=100.0))
    rows, columns = rotate(X[:, :64].copy(), GRID[:, 0], one), rotate(X[:, 64:].copy(), GRID[:, 1], one)

    assert np.hstack([rows, columns]).tolist() == rotated(Rotary(AXIAL, pairing="blocked")).tolist()


def test_axes_in_another_order_are_coordinates_in_another_order():
    swapped = replace(AXIAL, axes=tuple(1 - axis for axis in AXIAL.axes))

    assert rotated(Rotary(AXIAL), GRID[:, ::-1]).tolist() == rotated(Rotary(swapped)).tolist()


def test_axes_in_another_order_are_not_the_same():
    swapped = replace(AXIAL, axes=tuple(1 - axis for axis in AXIAL.axes))

    assert not np.allclose(rotated(Rotary(AXIAL)), rotated(Rotary(swapped)))


def test_an_offset_from_the_front_may_be_one_from_the_end():
    small = Frequencies((0,) * 16)

    assert rotated(Rotary(small, offset=96)).tolist() == rotated(Rotary(small, offset=-32)).tolist()


def test_chunked_and_interleaved_sections_differ():
    chunked, interleaved = (Frequencies(sections((24, 20, 20), 64, interleaved=flag)) for flag in (False, True))

    assert not np.allclose(omega(chunked), omega(interleaved))


def test_a_log_band_from_one_down_to_the_inverse_base_is_a_ladder_with_an_end_point():
    ladder = omega(Frequencies((0,) * 5, base=2.0**12, endpoint=True))

    assert ladder.tolist() == omega(Bands((0,) * 5, 1.0, 2.0**-12)).tolist()


def test_an_end_point_is_another_ladder():
    assert not np.allclose(omega(LINE), omega(replace(LINE, endpoint=True)), rtol=0.01)


def test_half_turns_at_twice_the_position_are_turns():
    half, whole = (Rotary(replace(LINE, unit=unit)) for unit in ("half-turn", "turn"))

    assert rotated(half, 2 * np.arange(16)).tolist() == rotated(whole).tolist()


def test_heads_that_are_alike_are_one():
    x = X.reshape(1, 16, 128)

    assert (
        rotate(x, np.arange(16), Rotary(LINE)).tolist() == rotate(x, np.arange(16), Rotary(PerHead((LINE,)))).tolist()
    )


def test_mscale_is_a_number():
    given_number = rotated(Rotary(LINE, attention_factor=1.3465735902799727))

    assert given_number.tolist() == rotated(Rotary(LINE, attention_factor=Mscale(32))).tolist()


def test_growth_at_its_centre_is_none():
    assert rotated(Rotary(LINE), [7] * 16).tolist() == rotated(Rotary(LINE, growth=XPos(centre=7)), [7] * 16).tolist()


def test_growth_away_from_its_centre_is_some():
    assert not np.allclose(rotated(Rotary(LINE)), rotated(Rotary(LINE, growth=XPos(centre=7))))


def test_a_table_of_cosines_and_sines_is_a_sinusoidal_row():
    ones = np.hstack([np.zeros((16, 64)), np.ones((16, 64))])
    turned = rotate(ones, -np.arange(16), Rotary(LINE))

    assert embed(np.arange(16), Sinusoidal(LINE, order="sin-cos")).tolist() == turned.tolist()


def test_sines_of_one_axis_in_either_kind_of_block_are_alike():
    by_axis, by_function = (Sinusoidal(LINE, order="sin-cos", blocks=kind) for kind in ("axis", "function"))

    assert embed([3], by_axis).tolist() == embed([3], by_function).tolist()


def test_tiled_columns_of_a_single_plane_are_paired():
    one = Frequencies((0, 1))
    tiled = Rotary(one, pairing="interleaved", columns="tiled")

    assert rotated(Rotary(one, pairing="interleaved")).tolist() == rotated(tiled).tolist()


def test_tiled_columns_are_not_half_pairing():
    assert not np.allclose(rotated(Rotary(AXIAL)), rotated(Rotary(AXIAL, pairing="interleaved", columns="tiled")))


DIFFER = [
    ("llama-2", "llama-2-meta"),
    ("llama-2", "code-llama"),
    ("llama-2", "nanochat"),
    ("llama-2", "position-interpolation"),
    ("llama-2", "ntk-aware"),
    ("position-interpolation", "ntk-aware"),
    ("yarn-paper", "yarn-code"),
    ("phi-3-short", "phi-3-long"),
    ("pixtral", "pixtral-hf"),
    ("rope-vit-axial", "rope-vit-axial-paper"),
    ("deepseek-v3", "deepseek-v3-original"),
]


@pytest.mark.parametrize(("one", "other"), DIFFER, ids=" and ".join)
def test_entries_that_refer_to_each_other_differ(one, other):
    first, second = (CATALOGUE[name] for name in (one, other))
    x = np.random.default_rng(1).standard_normal((16, first.width))
    at = np.arange(16) if axis_count(first.variant.frequencies) == 1 else GRID

    assert not np.allclose(rotate(x, at, first.variant), rotate(x, at, second.variant))


def test_phi_3_is_its_short_and_its_long_variant():
    phi, short, long = (CATALOGUE[name].variant for name in ("phi-3", "phi-3-short", "phi-3-long"))

    assert (short, long) == (at_length(phi, 4096), at_length(phi, 4097))


def test_qwen2_vl_on_text_is_qwen2_5():
    text = np.repeat(np.arange(16)[:, None], 3, axis=1)
    line, space = (CATALOGUE[name].variant for name in ("qwen2.5", "qwen2-vl"))

    assert rotated(line).tolist() == rotate(X, text, space).tolist()
