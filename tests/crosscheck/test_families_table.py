"""Golden files of tables that are resized, against torch, in the dtypes in which it reckons as the recipe says."""

import numpy as np
import pytest

from refpos.catalogue import TABLE
from refpos.oracle.families.table import TABLES
from refpos.oracle.golden.document import written
from refpos.oracle.golden.others import Other, filled

torch = pytest.importorskip("torch")

INTERPOLATE = {
    "vit-resize": {"mode": "bilinear", "align_corners": True},
    "deit-resize": {"mode": "bicubic", "align_corners": False},
    "timm-resize": {"mode": "bicubic", "antialias": True},
    "dino-resize": {"mode": "bicubic"},
    "dpt-resize": {"mode": "bilinear"},
}


def interpolated(name, inputs, dtype):
    """Return a table as torch resizes it, kept where the grid is the same, as in every model."""
    table, prefix = torch.from_numpy(filled(inputs["table"])).to(dtype), inputs["prefix"]
    old, new = inputs["old"], inputs["new"]
    if old == new:
        return table
    sides = {"size": new}
    if offset := TABLE[name].variant.offset:
        sides = {"scale_factor": [(to + offset) / side for side, to in zip(old, new, strict=True)]}
    cells = table[prefix:].reshape(1, *old, -1).permute(0, 3, 1, 2)
    made = torch.nn.functional.interpolate(cells, **sides, **INTERPOLATE[name]).permute(0, 2, 3, 1)
    return torch.cat([table[:prefix], made.reshape(-1, table.shape[-1])])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", INTERPOLATE)
def test_interpolate_of_torch_is_within_the_bound_of_every_case(name, dtype):
    document, ratios = written(name), []
    subject = Other(name, TABLE[name])
    for case in document["cases"]:
        got = interpolated(name, case["inputs"], getattr(torch, dtype)).double().numpy()
        allowed = TABLES.allowed(subject.variant, case["inputs"], subject.learned, dtype)
        error = np.abs(got - case["master"])
        assert (error <= allowed).all(), case["id"]
        ratios.append(float((error / allowed).max()))
    print(f"{name}, {dtype}: {max(ratios):.2f} of the bound")
    assert max(ratios) >= 0.02


@pytest.mark.parametrize(("name", "other"), [("deit-resize", "timm-resize"), ("timm-resize", "deit-resize")])
def test_what_another_model_does_is_outside_the_bound(name, other):
    document, subject = written(name), Other(name, TABLE[name])
    outside = 0
    for case in document["cases"]:
        got = interpolated(other, case["inputs"], torch.float32).double().numpy()
        allowed = TABLES.allowed(subject.variant, case["inputs"], subject.learned, "bfloat16")
        outside += bool((np.abs(got - case["master"]) > allowed).any())
    assert outside >= len(document["cases"]) - 3
