"""Learned tables and their resizing, against PyTorch, SciPy, JAX, ONNX, Pillow, timm and transformers."""

import importlib
import sys
from importlib.metadata import distribution
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from refpos import Grid, Image, place
from refpos.catalogue.table import TABLE
from refpos.spec.kernels import weights
from refpos.spec.table import fit, lookup, resize
from refpos.variants.table import Factorised, Pix2StructGrid, Resize, Table

torch = pytest.importorskip("torch")

DEIT = TABLE["deit-resize"].variant
TIMM = TABLE["timm-resize"].variant
DINO = TABLE["dino-resize"].variant
DINO_STRETCHED = Resize("cubic", a=-0.5, antialias=True, offset=0.1)
ZOOM = TABLE["vit-resize"].variant
LINEAR = TABLE["dpt-resize"].variant
STRETCHED = Resize("linear", antialias=True)
OLD = [(1, 1), (1, 5), (2, 3), (4, 4), (7, 3), (14, 14), (16, 9)]
NEW = [(1, 1), (1, 4), (3, 2), (5, 7), (14, 14), (24, 10), (33, 37)]
SIZES = [(old, new) for old in OLD for new in NEW if old != new]


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def by_torch(table: Any, old: Any, new: Any, **arguments: Any) -> Any:
    """Return what `interpolate` makes of a table."""
    grid = torch.from_numpy(table).reshape(1, *old, -1).permute(0, 3, 1, 2)
    made = torch.nn.functional.interpolate(grid, **({"size": new} | arguments))
    assert tuple(made.shape[-2:]) == new
    return made.permute(0, 2, 3, 1).reshape(new[0] * new[1], -1).numpy()


MODES = {
    "bilinear": (LINEAR, {"mode": "bilinear", "align_corners": False}),
    "bilinear, corners": (ZOOM, {"mode": "bilinear", "align_corners": True}),
    "bilinear, antialias": (STRETCHED, {"mode": "bilinear", "antialias": True}),
    "bicubic": (DEIT, {"mode": "bicubic", "align_corners": False}),
    "bicubic, corners": (Resize("cubic", a=-0.75, align="corners"), {"mode": "bicubic", "align_corners": True}),
    "bicubic, antialias": (TIMM, {"mode": "bicubic", "antialias": True}),
    "nearest": (Resize("nearest", align="origin"), {"mode": "nearest"}),
    "nearest-exact": (Resize("nearest"), {"mode": "nearest-exact"}),
}


@pytest.mark.parametrize("name", MODES)
def test_interpolate_of_torch(name):
    rule, arguments = MODES[name]
    for old, new in SIZES:
        if rule.antialias and old[1] == new[1] == 1:
            continue  # the next test
        table = rng(*old, *new).standard_normal((old[0] * old[1], 3))
        error = np.abs(by_torch(table, old, new, **arguments) - resize(table, old, new, rule)).max()
        assert error < 1e-13, (old, new)


@pytest.mark.parametrize("name", ["bilinear, antialias", "bicubic, antialias"])
def test_interpolate_of_torch_repeats_the_first_row_of_a_column_one_cell_wide(name):
    """An expected difference: with antialias, on a CPU, where such a column is to be made longer."""
    rule, arguments = MODES[name]
    table = np.arange(1.0, 8.0)[:, None]
    wide = by_torch(np.repeat(table, 2, axis=0), (7, 2), (9, 2), **arguments)[::2]
    narrow = by_torch(table, (7, 1), (9, 1), **arguments)
    assert np.abs(wide - resize(table, (7, 1), (9, 1), rule)).max() < 1e-13
    assert np.abs(narrow - wide).max() > 1


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("n", [1, 4, 7, 14, 16, 37])
def test_the_offset_of_dino_as_torch_takes_it(n, antialias):
    rule = DINO_STRETCHED if antialias else DINO
    for h, w in [(2, 3), (7, 5), (14, 16), (24, 10), (37, 20), (50, 50)]:
        if antialias and n in (h, w):
            continue  # the next test
        table = rng(n, h, w).standard_normal((n * n, 3))
        factors = float(h + 0.1) / n, float(w + 0.1) / n
        given = {"size": None, "scale_factor": factors, "mode": "bicubic", "antialias": antialias}
        error = np.abs(by_torch(table, (n, n), (h, w), **given) - resize(table, (n, n), (h, w), rule)).max()
        assert error < 1e-12, (h, w)


def test_torch_leaves_a_side_as_it_is_where_antialiased_and_as_long():
    """An expected difference, of no published model: without antialias an offset moves the samples of such a side."""
    side, both = (7 + 0.1) / 7, (9 + 0.1) / 7
    table = np.repeat(np.arange(7.0), 7)[:, None]
    for rule, antialias in [(DINO_STRETCHED, True), (DINO, False)]:
        given = {"size": None, "scale_factor": (side, both), "mode": "bicubic", "antialias": antialias}
        made = by_torch(table, (7, 7), (7, 9), **given)[::9, 0]
        assert antialias == (np.abs(made - np.arange(7.0)).max() < 1e-12)
        assert antialias == (np.abs(made - weights(7, 7, rule) @ np.arange(7.0)).max() > 0.05)


def test_the_offset_is_not_without_effect():
    table = rng(0).standard_normal((37 * 37, 3))
    moved, still = (resize(table, (37, 37), (16, 16), rule) for rule in (DINO, DEIT))
    assert np.abs(moved - still).max() > 0.1


def zoomed(old: int, new: int, **arguments: Any) -> Any:
    """Return what `zoom` makes of the numbers 1 ... n."""
    ndimage = pytest.importorskip("scipy.ndimage")
    made = ndimage.zoom(np.arange(1.0, old + 1), new / old, order=1, **arguments)
    assert made.shape == (new,)
    return made


def test_zoom_of_scipy_but_for_the_last_sample():
    for old in [1, 2, 7, 8, 14, 16, 24, 28, 37]:
        for new in range(1, 60):
            want = weights(old, new, ZOOM) @ np.arange(1.0, old + 1)
            nearest, last = zoomed(old, new, mode="nearest"), zoomed(old, new)[-1]
            assert np.abs(nearest - want).max() < 1e-12, (old, new)
            assert last == 0 or abs(last - want[-1]) < 1e-12, (old, new)


@pytest.mark.parametrize(("old", "new"), [(16, 30), (24, 22), (28, 14), (14, 86)])
def test_zoom_of_scipy_leaves_the_last_row_and_column_zero(old, new):
    """An expected difference, in the code of ViT and of big_vision: the last coordinate falls beyond the corner."""
    assert (new - 1) * ((old - 1) / (new - 1)) > old - 1
    assert zoomed(old, new)[-1] == 0
    assert weights(old, new, ZOOM)[-1, -1] == 1


def test_resizing_of_vit():
    """`interpolate_posembed` with its class token, a grid at a time."""
    ndimage = pytest.importorskip("scipy.ndimage")
    for old, new in [(14, 24), (24, 14), (7, 9), (16, 32)]:
        table = rng(old, new).standard_normal((1 + old * old, 4))
        zoom = (new / old, new / old, 1)
        grid = ndimage.zoom(table[1:].reshape(old, old, -1), zoom, order=1).reshape(new * new, -1)
        made = resize(table, (old, old), (new, new), ZOOM, prefix=1)
        assert np.abs(np.concatenate([table[:1], grid]) - made).max() < 1e-13


@pytest.mark.parametrize(("rule", "method"), [(TIMM, "bicubic"), (STRETCHED, "bilinear")])
def test_resize_of_jax(rule, method):
    image = pytest.importorskip("jax").image
    for old, new in [((4, 4), (6, 2)), ((7, 3), (7, 8)), ((14, 14), (24, 10))]:  # it compiles anew for each
        table = rng(*old, *new).standard_normal((old[0] * old[1], 3)).astype(np.float32)
        made = np.asarray(image.resize(table.reshape(*old, 3), (*new, 3), method=method, antialias=True))
        assert np.abs(made.reshape(-1, 3) - resize(table, old, new, rule)).max() < 2e-5, (old, new)


@pytest.mark.parametrize(("rule", "resample"), [(TIMM, 3), (STRETCHED, 2)])
def test_resize_of_pillow(rule, resample):
    image = pytest.importorskip("PIL.Image")
    for old, new in SIZES:
        table = rng(*old, *new).standard_normal(old).astype(np.float32)
        made = np.asarray(image.fromarray(table).resize(new[::-1], resample))
        want = resize(table.reshape(-1, 1), old, new, rule)
        assert np.abs(made.reshape(-1, 1) - want).max() < 2e-5, (old, new)


ONNX = {
    "half_pixel, linear": (LINEAR, {"coordinate_transformation_mode": "half_pixel", "mode": "linear"}),
    "align_corners, linear": (ZOOM, {"coordinate_transformation_mode": "align_corners", "mode": "linear"}),
    "half_pixel, cubic": (DEIT, {"coordinate_transformation_mode": "half_pixel", "mode": "cubic"}),
    "asymmetric, nearest": (
        Resize("nearest", align="origin"),
        {"coordinate_transformation_mode": "asymmetric", "mode": "nearest", "nearest_mode": "floor"},
    ),
}


@pytest.mark.parametrize("name", ONNX)
def test_resize_of_onnx(name):
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    rule, attributes = ONNX[name]
    value = onnx.helper.make_tensor_value_info
    for old, new in [((4, 4), (6, 2)), ((7, 3), (5, 8)), ((3, 5), (9, 11))]:
        node = onnx.helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], **attributes)
        inputs = [value("x", 1, [1, 1, *old]), value("sizes", 7, [4])]
        graph = onnx.helper.make_graph([node], "resize", inputs, [value("y", 1, [1, 1, *new])])
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)])
        table = rng(*old, *new).standard_normal((old[0] * old[1], 1)).astype(np.float32)
        given = {"x": table.reshape(1, 1, *old), "sizes": np.array([1, 1, *new])}
        (made,) = reference.ReferenceEvaluator(model).run(None, given)
        assert np.abs(made.reshape(-1, 1) - resize(table, old, new, rule)).max() < 1e-5, (old, new)


def of_timm(name: str) -> Any:
    """Return a module of timm's layers, without importing the package around it."""
    pytest.importorskip("torch")
    try:
        path = str(distribution("timm").locate_file("timm/layers"))
    except ModuleNotFoundError:
        pytest.skip("timm is not installed")
    package = ModuleType("_crosscheck_timm_layers")
    package.__path__ = [path]
    sys.modules.setdefault(package.__name__, package)
    return importlib.import_module(f"{package.__name__}.{name}")


@pytest.mark.parametrize("prefix", [0, 1, 5])
def test_resampling_of_timm(prefix):
    resample = of_timm("pos_embed").resample_abs_pos_embed
    for old, new in [((14, 14), (24, 24)), ((14, 14), (7, 10)), ((16, 9), (9, 16)), ((6, 6), (6, 6)), ((4, 9), (6, 6))]:
        table = rng(*old, *new).standard_normal((prefix + old[0] * old[1], 4)).astype(np.float32)
        made = resample(torch.from_numpy(table)[None], list(new), list(old), num_prefix_tokens=prefix)[0].numpy()
        want = resize(table, old, new, TIMM, prefix=prefix)
        assert want.shape == made.shape
        assert np.abs(made - want).max() < 1e-5, (old, new)
        assert (made[:prefix] == table[:prefix]).all()


def embeddings(model: str, name: str, side: int) -> Any:
    """Return the embeddings of a vision model of transformers, with a table of side by side patches of one pixel."""
    transformers = pytest.importorskip("transformers")
    modeling = importlib.import_module(f"transformers.models.{model}.modeling_{model}")
    config = getattr(transformers, f"{name}Config")(hidden_size=8, num_attention_heads=2, image_size=side, patch_size=1)
    layer = getattr(modeling, f"{name}Embeddings")(config)
    given = rng(side).standard_normal(layer.position_embeddings.shape).astype(np.float32)
    layer.position_embeddings.data = torch.from_numpy(given)
    return layer, given[0]


@pytest.mark.parametrize(
    ("model", "name", "rule"),
    [
        ("vit", "ViT", DEIT),
        ("dinov2", "Dinov2", DEIT),
        ("dinov2_with_registers", "Dinov2WithRegisters", TIMM),
    ],
)
@pytest.mark.parametrize(("old", "new"), [(14, (24, 24)), (14, (7, 10)), (37, (16, 30))])
def test_resizing_of_transformers(model, name, rule, old, new):
    layer, table = embeddings(model, name, old)
    made = layer.interpolate_pos_encoding(torch.zeros(1, 1 + new[0] * new[1], 8), *new)[0].detach().numpy()
    assert np.abs(made - resize(table, (old, old), new, rule, prefix=1)).max() < 1e-5


@pytest.mark.parametrize(("old", "new"), [(24, (24, 24)), (24, (12, 40)), (14, (30, 7))])
def test_resizing_of_dpt(old, new):
    """Transformers has it from isl-org/DPT, line by line; fewer samples are taken from two rows each, not from all."""
    modeling = pytest.importorskip("transformers.models.dpt.modeling_dpt")
    table = rng(old, *new).standard_normal((1 + old * old, 3)).astype(np.float32)
    made = modeling.DPTViTEmbeddings._resize_pos_embed(None, torch.from_numpy(table)[None], *new)[0].numpy()
    assert np.abs(made - resize(table, (old, old), new, LINEAR, prefix=1)).max() < 1e-5


@pytest.mark.parametrize(("model", "name"), [("vit", "ViT"), ("dinov2", "Dinov2")])
def test_transformers_leaves_out_the_offset_of_the_code_it_names(model, name):
    """An expected difference: both say that they are adapted from DINO's and DINOv2's code, which add 0.1."""
    layer, table = embeddings(model, name, 37)
    assert "facebookresearch/dinov2/blob" in layer.interpolate_pos_encoding.__doc__
    made = layer.interpolate_pos_encoding(torch.zeros(1, 1 + 16 * 16, 8), 16, 16)[0].detach().numpy()
    assert np.abs(made - resize(table, (37, 37), (16, 16), DINO, prefix=1)).max() > 0.1


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("corners", [False, True])
def test_taps_of_the_vision_models_of_transformers(mode, corners):
    vision = pytest.importorskip("transformers.vision_utils")
    align = "corners" if corners else "centres"
    rule = Resize("linear", align=align) if mode == "bilinear" else Resize("cubic", a=-0.75, align=align)
    table = rng(48).standard_normal((48, 48, 3))
    for h, w in [(1, 1), (2, 6), (48, 48), (30, 70)]:
        taps, factors = vision.get_vision_interpolation_indices_and_weights(
            torch.tensor([[1, h, w]]), 48, mode=mode, align_corners=corners
        )
        made = (table.reshape(-1, 3)[taps.numpy()] * factors.numpy()[..., None]).sum(axis=1)
        want = lookup(
            place([Image(h, w)], Grid()), Table((48, 48), 3, resample=rule), learned={"table": table}, grid=(h, w)
        )
        assert np.abs(made - want).max() < 1e-4, (h, w)


def test_resizing_of_siglip2():
    siglip = pytest.importorskip("transformers.models.siglip2.modeling_siglip2").Siglip2VisionEmbeddings
    table = rng(16).standard_normal((16, 16, 3)).astype(np.float32)
    variant = Table((16, 16), 3, resample=TABLE["siglip2-naflex"].variant.resample)
    for h, w in [(16, 16), (9, 28), (32, 8), (5, 3)]:
        made = siglip.resize_positional_embeddings(torch.from_numpy(table), torch.tensor([[h, w]]), h * w)[0].numpy()
        want = lookup(place([Image(h, w)], Grid()), variant, learned={"table": table}, grid=(h, w))
        assert np.abs(made - want).max() < 1e-5, (h, w)


def bucketed(h: int, w: int, side: int = 70) -> Any:
    """Return the rows that Idefics2 picks for a grid, through its own embeddings of patches of one pixel."""
    transformers = pytest.importorskip("transformers")
    from transformers.models.idefics2.configuration_idefics2 import Idefics2VisionConfig
    from transformers.models.idefics2.modeling_idefics2 import Idefics2VisionEmbeddings

    assert transformers
    layer = Idefics2VisionEmbeddings(Idefics2VisionConfig(hidden_size=1, image_size=side, patch_size=1))
    layer.patch_embedding.weight.data.zero_()
    layer.patch_embedding.bias.data.zero_()
    layer.position_embedding.weight.data = torch.arange(float(side * side))[:, None]
    return layer(torch.zeros(1, 3, h, w), torch.ones(1, h, w, dtype=torch.bool))[0, :, 0].detach().numpy()


def in_cells(h: int, w: int, side: int = 70) -> Any:
    variant = Table((side, side), 1, resample=TABLE["idefics2"].variant.resample)
    rows = {"table": np.arange(float(side * side)).reshape(side, side, 1)}
    return lookup(place([Image(h, w)], Grid()), variant, learned=rows, grid=(h, w))[:, 0]


@pytest.mark.parametrize(("h", "w"), [(70, 70), (3, 9), (11, 31), (35, 14)])
def test_the_cells_of_idefics2(h, w):
    assert bucketed(h, w).tolist() == in_cells(h, w).tolist()


@pytest.mark.parametrize("n", [25, 49, 50, 55, 98])
def test_a_fraction_on_a_boundary_may_fall_into_the_cell_before_in_idefics2(n):
    """An expected difference: fractions and boundaries are made in float32, each with an error of its own."""
    made, want = bucketed(1, n), in_cells(1, n)
    off = np.flatnonzero(made != want)
    assert len(off)
    assert (70 * off % n == 0).all()
    assert {-1.0} == set((made - want)[off].tolist())


@pytest.mark.parametrize("name", ["bart", "opt"])
def test_the_offset_of_bart_and_opt(name):
    pytest.importorskip("transformers")
    modeling = importlib.import_module(f"transformers.models.{name}.modeling_{name}")
    layer = getattr(modeling, {"bart": "Bart", "opt": "OPT"}[name] + "LearnedPositionalEmbedding")(6, 3)
    ids = torch.zeros((1, 6), dtype=torch.long) if name == "bart" else torch.ones((1, 6), dtype=torch.long)
    made, table = layer(ids).detach().numpy().reshape(6, 3), layer.weight.detach().numpy()
    assert (8, 3) == table.shape
    want = lookup(range(6), Table((8,), 3, offset=TABLE[name].variant.offset), learned={"table": table})
    assert want.tolist() == made.astype(np.float64).tolist()


def test_the_padding_of_opt_stands_at_minus_one():
    pytest.importorskip("transformers")
    from transformers.models.opt.modeling_opt import OPTLearnedPositionalEmbedding

    layer = OPTLearnedPositionalEmbedding(6, 3)
    made = layer(torch.tensor([[0, 0, 1, 1, 1]])).detach().numpy()[0]
    table = layer.weight.detach().numpy()
    want = lookup([-1, -1, 0, 1, 2], Table((8,), 3, offset=2), learned={"table": table})
    assert want.tolist() == made.astype(np.float64).tolist()


def test_the_rows_and_columns_of_pix2struct():
    pytest.importorskip("transformers")
    from transformers import Pix2StructVisionConfig
    from transformers.models.pix2struct.modeling_pix2struct import Pix2StructVisionEmbeddings

    config = Pix2StructVisionConfig(hidden_size=4, patch_embed_hidden_size=3, seq_len=9, num_attention_heads=1)
    layer = Pix2StructVisionEmbeddings(config).eval()
    layer.patch_projection.weight.data.zero_()
    layer.patch_projection.bias.data.zero_()
    positions = np.concatenate([place([Image(3, 5)], Grid()), [[-1, -1]]])
    patches = torch.from_numpy(np.concatenate([positions + 1, np.ones((16, 3))], axis=1).astype(np.float32))
    learned = {
        "table_0": layer.row_embedder.weight.detach().numpy(),
        "table_1": layer.column_embedder.weight.detach().numpy(),
    }
    made = layer(patches[None])[0].detach().numpy()
    assert np.abs(lookup(positions, Factorised((9, 9), 4, offset=1), learned=learned) - made).max() < 1e-6


def by_pix2struct(height: int, width: int, dtype: Any) -> Image:
    """Return the grid of patches of 16 pixels as Pix2Struct (in float32) and transformers (in float64) reckon it."""
    h, w, p = dtype(height), dtype(width), dtype(16)
    scale = np.sqrt(dtype(2048) * (p / h) * (p / w))
    return Image(*(max(min(int(scale * side / p), 2048), 1) for side in (h, w)))


PATCHES = Pix2StructGrid((16, 16), 2048)


def test_the_grid_of_pix2struct():
    for height, width in rng(11).integers(50, 3000, (500, 2)).tolist():
        assert by_pix2struct(height, width, np.float64) == fit(height, width, PATCHES)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_point_loses_a_row_and_a_column_of_pix2struct(dtype):
    """An expected difference: an image twice as wide as high fits 32 by 64 patches exactly; many do in floats."""
    assert Image(32, 64) == fit(107, 214, PATCHES) == by_pix2struct(108, 216, dtype)
    assert Image(31, 63) == by_pix2struct(107, 214, dtype)


@pytest.mark.parametrize(
    ("height", "width", "want"), [(200, 100, (32, 16)), (120, 90, (26, 19)), (107, 214, (15, 31)), (108, 216, (16, 32))]
)
def test_the_grid_of_transformers(height, width, want):
    """With 512 patches; 107 by 214 pixels, which fit 16 by 32 exactly, are the expected difference again."""
    image_utils = pytest.importorskip("transformers.image_utils")
    from transformers.models.pix2struct.image_processing_pil_pix2struct import Pix2StructImageProcessorPil

    sides = image_utils.SizeDict(height=16, width=16)
    image = np.zeros((3, height, width), np.float32)
    ids = Pix2StructImageProcessorPil().extract_flattened_patches(image, 512, sides)[:, :2]
    assert want == tuple(ids.max(axis=0).astype(int).tolist())
    found = fit(height, width, Pix2StructGrid((16, 16), 512))
    assert (height == 107) == (want != (found.h, found.w))


def test_factorised_tables_of_timm_are_interpolated_each():
    """`NaFlexEmbeds._apply_factorized_pos_embed`, the part that can be had without torchvision."""
    y, x = (rng(seed).standard_normal((16, 3)).astype(np.float32) for seed in (1, 2))
    variant = Factorised((16, 16), 3, resample=TABLE["naflexvit-factorized"].variant.resample)

    def interpolated(table: Any, length: int) -> Any:
        given = torch.from_numpy(table).T[None]
        return torch.nn.functional.interpolate(given, size=length, mode="linear", align_corners=False)[0].T.numpy()

    for h, w in [(16, 16), (24, 10), (3, 40)]:
        made = (interpolated(y, h)[:, None] + interpolated(x, w)[None]).reshape(h * w, 3)
        want = lookup(place([Image(h, w)], Grid()), variant, learned={"table_0": y, "table_1": x}, grid=(h, w))
        assert np.abs(made - want).max() < 1e-5, (h, w)
