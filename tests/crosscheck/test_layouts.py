"""Encodings that make their positions themselves, held against the frameworks' own code at those positions."""

from importlib.util import find_spec

import numpy as np
import pytest

from refpos import CATALOGUE, embed, rotate

pytest.importorskip("torch")

H, W = 5, 7
ROWS, COLUMNS = np.meshgrid(np.arange(H), np.arange(W), indexing="ij")


def float32(angle, size=1.0):
    """Return what ten roundings of angles up to this, and four of what is made of them, amount to in float32."""
    return size * (10 * angle + 4) * 2.0**-24


def shares(start):
    """Return where DETR puts the tokens of a grid, as shares of its sides."""
    places = (ROWS + start) / (H + 1e-6), (COLUMNS + start) / (W + 1e-6)
    return np.stack([one.ravel() for one in places], axis=-1)


def image(size):
    import torch

    return torch.empty(1, size, H, W), torch.ones(1, H, W)


@pytest.mark.parametrize(
    ("name", "model", "cls", "start"),
    [
        ("detr", "detr", "DetrSinePositionEmbedding", 1.0),
        ("deformable-detr", "deformable_detr", "DeformableDetrSinePositionEmbedding", 0.5),
    ],
)
def test_detr_and_its_deformable_kin_add_these_rows(name, model, cls, start):
    import torch

    modeling = pytest.importorskip(f"transformers.models.{model}.modeling_{model}")
    made = getattr(modeling, cls).build_sine_position_embedding(
        torch.Size([1, 256, H, W]), "cpu", torch.float32, 128, normalize=True, scale=2 * np.pi, mask=image(256)[1]
    )
    rows = made.reshape(-1, 256) if made.shape[-1] == 256 else made[0].flatten(1).T
    assert np.abs(rows.numpy() - embed(shares(start), CATALOGUE[name].variant)).max() < float32(2 * np.pi)


def test_dab_detr_adds_these_rows():
    modeling = pytest.importorskip("transformers.models.dab_detr.modeling_dab_detr")
    made = modeling.DabDetrSinePositionEmbedding(modeling.DabDetrConfig(backbone_config=None))(*image(256))
    rows = made[0].flatten(1).T.numpy()
    assert np.abs(rows - embed(shares(1.0), CATALOGUE["dab-detr"].variant)).max() < float32(2 * np.pi)


def test_perceiver_appends_these_features_to_the_coordinates():
    import torch

    modeling = pytest.importorskip("transformers.models.perceiver.modeling_perceiver")
    places = np.stack([np.linspace(-1, 1, 9), np.linspace(1, -0.5, 9)], axis=-1).astype(np.float32)
    made = modeling.generate_fourier_features(torch.tensor(places)[None], 64, (224, 224))[0].numpy()
    assert np.array_equal(made[:, :2], places)
    assert np.abs(made[:, 2:] - embed(places, CATALOGUE["perceiver"].variant)).max() < float32(112 * np.pi)


def test_timm_turns_pixels_from_minus_one_to_one():
    import torch

    from refpos.adapters.timm import module

    if find_spec("timm") is None:
        pytest.skip("timm is not installed")
    x = np.random.default_rng(0).standard_normal((1, 1, H * W, 64)).astype(np.float32)
    table = module().RotaryEmbeddingCat(64).get_embed([H, W])
    made = module().apply_rot_embed_cat(torch.tensor(x), table).numpy()
    places = np.stack([np.linspace(-1, 1, H)[ROWS].ravel(), np.linspace(-1, 1, W)[COLUMNS].ravel()], axis=-1)
    assert np.abs(made - rotate(x, places, CATALOGUE["timm-rope-pixels"].variant)).max() < float32(
        112 * np.pi, np.abs(x).max() * 2
    )


def test_the_code_of_the_mixed_radix_makes_these_frequencies():
    """As `ntk_rope_mixed_init` of bojone/rerope, in its own order of operations."""
    import torch

    from refpos import omega

    k, b, dim = 12, 0.75, 128
    a = np.log(k) / (dim / 2) ** b
    made = 10_000 ** (-torch.arange(0, dim, 2).float() / dim)
    made *= (-a * torch.arange(1, dim // 2 + 1).float() ** b).exp()
    want = omega(CATALOGUE["ntk-rope-mixed-code"].variant.frequencies)[0]
    assert np.abs(made.numpy() / want - 1).max() < 2e-6
