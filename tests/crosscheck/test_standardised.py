"""Standardised tables, against PatchTST of transformers, and the ramps as PatchTST's own code makes them in torch."""

import numpy as np
import pytest

from refpos import tabulate
from refpos.catalogue.table import TABLE
from refpos.oracle.standardised import tabulate_bound

torch = pytest.importorskip("torch")
RAMPS = ["patchtst-lin1d", "patchtst-exp1d", "patchtst-lin2d", "patchtst-exp2d"]


def ratio(found, name):
    """Return the worst error over the bound of float32."""
    variant = TABLE[name].variant
    return (np.abs(found.double().numpy() - tabulate(variant)) / tabulate_bound(variant, "float32")).max()


def test_the_table_of_transformers():
    patchtst = pytest.importorskip("transformers.models.patchtst.modeling_patchtst")
    config = patchtst.PatchTSTConfig(positional_encoding_type="sincos", d_model=128)
    found = patchtst.PatchTSTPositionalEncoding._init_pe(config, 42)

    assert 0 < ratio(found.detach(), "patchtst") <= 1


@pytest.mark.parametrize("name", RAMPS)
def test_ramps_in_torch(name):
    content = TABLE[name].variant.content
    down, across = (torch.linspace(0, 1, n) if n > 1 else torch.ones(1) for n in (42, content.width))
    made = 2 * down[:, None] ** content.exponent * across**content.exponent - 1
    made = made - made.mean()

    assert 0 < ratio(made / (made.std() * 10), name) <= 1
