"""Facts about single frameworks that their adapters rely on, or that their users should know."""

from typing import Any

import numpy as np
import pytest

from refpos import Frequencies, Grid, Image, Rotary, cos_sin, omega, place, rotate, sections
from refpos.adapters.grids import centred_grid, smallest_grid
from refpos.catalogue import CATALOGUE
from refpos.variants.positions import Centres


def variant(name: str) -> Rotary:
    found = CATALOGUE[name].variant
    assert isinstance(found, Rotary)
    return found


def features(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def implementation(module: Any, name: str, label: str = "") -> Any:
    return next(e for e in module.FRAMEWORK.encodings() if e.name == name and label in e.label).build("float32")


def test_the_smallest_grid_that_holds_positions_finds_them_again():
    positions = np.array([[1, 0, 4], [0, 2, 1], [1, 0, 4]])
    sides, rows = smallest_grid(positions)
    assert sides == (2, 3, 5)
    assert np.array_equal(np.indices(sides).reshape(3, -1).T[rows], positions)


def test_a_module_over_grids_takes_no_negative_and_no_broken_positions():
    for positions in ([[-1, 0]], [[0.5, 0]]):
        with pytest.raises(ValueError, match="integers of at least 0"):
            smallest_grid(positions)


def test_the_centres_of_a_grid_are_found_again():
    found = centred_grid(place([Image(3, 5)], Centres()))
    assert found is not None
    assert found[0] == (3, 5)
    assert np.array_equal(found[1], np.arange(15))
    assert centred_grid([[1.0, 0.0]]) is None


def test_mlx_takes_periods_where_it_says_freqs():
    mx = pytest.importorskip("mlx.core")
    x, w = features(1, 2, 1, 128), omega(variant("llama-3.1").frequencies)[0]
    given = {"traditional": False, "base": None, "scale": 1.0, "offset": 9}
    by = {
        name: np.array(mx.fast.rope(mx.array(x), 128, **given, freqs=mx.array(v)))
        for name, v in (("w", w), ("1/w", 1 / w))
    }
    want = rotate(x, [9], variant("llama-3.1"))
    assert np.abs(by["1/w"] - want).max() < 1e-5
    assert np.abs(by["w"] - want).max() > 0.1


def test_mlx_takes_an_offset_for_each_of_a_batch():
    mx = pytest.importorskip("mlx.core")
    x = mx.array(features(2, 1, 1, 64))
    given = {"traditional": True, "base": 1e4, "scale": 1.0}
    both = mx.fast.rope(x, 64, **given, offset=mx.array([5, 3]))
    assert mx.array_equal(both[1:], mx.fast.rope(x[1:], 64, **given, offset=3))


@pytest.mark.parametrize("framework", ["onnx_reference", "onnxruntime"])
def test_onnx_leaves_features_outside_the_rotated_ones_as_they_are(framework: str):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from refpos.adapters import onnx_reference, onnxruntime

    module = {"onnx_reference": onnx_reference, "onnxruntime": onnxruntime}[framework]
    x = features(2, 3, 4, 256)
    y = implementation(module, "gpt-j")(x, np.array([7.0, 0.0, 7.0, 900.0]))
    assert np.array_equal(y[..., 64:], x[..., 64:])
    assert not np.array_equal(y[..., :64], x[..., :64])


def test_onnx_runtime_refuses_caches_with_fewer_rows_than_tokens():
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    from refpos.adapters import onnx_reference

    row, x, positions = onnx_reference.ROWS[0], features(1, 1, 3, 128), np.zeros(3)
    feeds = onnx_reference.inputs(row.name, "float32", True, x, positions)
    feeds |= {"cos": feeds["cos"][:1], "sin": feeds["sin"][:1], "ids": np.zeros((1, 3), np.int64)}
    model = onnx_reference.model(row, "float32", True).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    with pytest.raises(Exception, match="not currently supported"):
        session.run(None, feeds)


def test_equinox_keeps_its_tables_by_size_whatever_their_theta():
    pytest.importorskip("equinox")
    from refpos.adapters import equinox

    x, positions = features(1, 1, 2, 128), np.array([1.0, 40.0])
    alone = implementation(equinox, "code-llama")(x, positions)
    after = implementation(equinox, "code-llama", "after another")(x, positions)
    assert np.abs(alone - rotate(x, positions, variant("code-llama"))).max() < 1e-4
    assert np.abs(after - rotate(x, positions, variant("llama-2"))).max() < 1e-4


def test_rotary_embedding_torch_counts_positions_in_the_dtype_of_its_input():
    torch = pytest.importorskip("torch")
    library = pytest.importorskip("rotary_embedding_torch")
    x = torch.ones(1, 1, 1, 64, dtype=torch.bfloat16)
    turned = [library.RotaryEmbedding(64).rotate_queries_or_keys(x, offset=p) for p in (256, 257)]
    assert torch.equal(*turned)


def test_xpos_of_rotary_embedding_torch_is_the_variant_with_its_centre_at_half_the_length():
    pytest.importorskip("rotary_embedding_torch")
    from dataclasses import replace

    from refpos.adapters import rotary_embedding_torch
    from refpos.variants.rotary import XPos

    x, positions = features(1, 1, 2, 64), np.array([3.0, 1000.0])
    y = implementation(rotary_embedding_torch, "xpos")(x, positions)
    centred = replace(variant("xpos"), growth=XPos(512.0, centre=1001 // 2))
    assert np.abs(y - rotate(x, positions, centred)).max() < 1e-3
    assert np.abs(y - rotate(x, positions, variant("xpos"))).max() > 0.1


def test_dinov3_of_timm_stands_where_refpos_places_an_image():
    pytest.importorskip("torch")
    timm = loaded_timm()
    table = timm.RotaryEmbeddingDinoV3(64).get_embed([3, 5]).numpy()
    cos, sin = cos_sin(place([Image(3, 5)], Centres()), variant("dinov3"))
    assert np.abs(table - np.concatenate([sin, sin, cos, cos], axis=1)).max() < 1e-5


def test_reversed_coordinates_of_timm_are_those_of_the_transposed_grid():
    pytest.importorskip("torch")
    build = loaded_timm().build_sincos2d_pos_embed
    assert build([2, 2], dim=8, reverse_coord=True).equal(build([2, 2], dim=8))
    assert build([2, 3], dim=8, reverse_coord=True).equal(build([3, 2], dim=8))


@pytest.mark.parametrize("counts", [(8, 12, 12), (16, 24, 24), (24, 20, 20), (12, 12, 12)])
def test_m_rope_of_timm_cuts_sections_off_at_the_last_plane(counts: tuple[int, int, int]) -> None:
    """For images time stands at 0, and the pairs of it do not turn."""
    pytest.importorskip("torch")
    module = loaded_timm().RotaryEmbeddingMRope(2 * sum(counts), counts)
    axes = sections(counts, sum(counts), interleaved=True)
    assert axes == tuple(module.axis.tolist())
    table = module.get_embed([3, 5]).numpy()
    still = np.insert(place([Image(3, 5)], Grid()), 0, 0, axis=1)
    cos, sin = cos_sin(still, Rotary(Frequencies(axes)))
    assert np.abs(table - np.concatenate([sin, sin, cos, cos], axis=1)).max() < 1e-6


def loaded_timm() -> Any:
    from importlib.metadata import PackageNotFoundError

    from refpos.adapters import timm

    try:
        return timm.module()
    except PackageNotFoundError:
        pytest.skip("timm is not installed")
