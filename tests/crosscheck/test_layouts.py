"""Encodings that make their positions themselves, held against the frameworks' own code at those positions."""

from importlib.util import find_spec

import numpy as np
import pytest

from refpos import CATALOGUE, cos_sin, embed, rotate

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


@pytest.mark.parametrize(
    ("name", "model", "cls", "config"),
    [
        ("kimi-k2.5-vision", "kimi_k25", "Kimi_K25Vision", {"hidden_size": 72}),
        ("step-3.7-vision", "step3p7", "Step3p7Vision", {"hidden_size": 96}),
    ],
)
def test_vision_towers_in_transformers_share_their_planes_so(name, model, cls, config):
    import torch

    modeling = pytest.importorskip(f"transformers.models.{model}.modeling_{model}")
    parameters = {"rope_type": "axial", "rope_theta": 1e4}
    made = getattr(modeling, f"{cls}Config")(num_attention_heads=1, rope_parameters=parameters, **config)
    places = np.stack([ROWS.ravel(), COLUMNS.ravel()], axis=-1)
    tables = getattr(modeling, f"{cls}RotaryEmbedding")(made)(torch.empty(1), torch.tensor(places))
    for table, want in zip(tables, cos_sin(places, CATALOGUE[name].variant), strict=True):
        assert np.abs(table.numpy() - np.tile(want, 2)).max() < float32(max(H, W))


def test_neomme_shares_its_planes_so():
    import torch

    modeling = pytest.importorskip("transformers.models.neomme.modeling_neomme")
    places = np.stack([ROWS.ravel(), COLUMNS.ravel()], axis=-1)
    layer = modeling.NeoMMERotaryEmbedding(modeling.NeoMMEConfig())
    tables = layer(torch.empty(1), torch.tensor(places.T)[:, None], layer_type="full_attention")
    for table, want in zip(tables, cos_sin(places, CATALOGUE["neomme"].variant), strict=True):
        assert np.abs(table[0].numpy() - np.tile(want, 2)).max() < float32(max(H, W))


def test_models_in_diffusers_share_their_planes_so():
    import torch

    embeddings = pytest.importorskip("diffusers.models.embeddings")
    from diffusers.models.transformers.transformer_cosmos import CosmosRotaryPosEmbed

    places = np.stack([ROWS.ravel(), COLUMNS.ravel()], axis=-1)
    tables = embeddings.get_2d_rotary_pos_embed(88, ((0, 0), (H, W)), (H, W))
    for table, want in zip(tables, cos_sin(places, CATALOGUE["hunyuan-dit"].variant), strict=True):
        assert np.abs(table.numpy() - want.repeat(2, axis=-1)).max() < float32(max(H, W))

    turns = embeddings.get_2d_rotary_pos_embed_lumina(72, H, W).flatten(0, 1).numpy()
    cos, sin = cos_sin(places, CATALOGUE["lumina-next"].variant)
    assert np.abs(turns - (cos + 1j * sin)).max() < float32(max(H, W))

    places = np.indices((3, H, W)).reshape(3, -1).T
    tables = CosmosRotaryPosEmbed(128)(torch.empty(1, 1, 3, 2 * H, 2 * W))
    for table, want in zip(tables, cos_sin(places, CATALOGUE["cosmos"].variant), strict=True):
        assert np.abs(table.numpy() - np.tile(want, 2)).max() < float32(max(H, W))


def test_scaled_sinusoids_start_so():
    import torch

    x_transformers = pytest.importorskip("x_transformers.x_transformers")
    rows = x_transformers.ScaledSinusoidalEmbedding(1024)(torch.empty(1, 200, 1)).detach().numpy()
    assert np.abs(rows - embed(np.arange(200), CATALOGUE["x-transformers-scaled"].variant)).max() < float32(199, 1 / 32)


def test_time_steps_of_qwen2_5_omni_are_taken_times_1000():
    import torch

    modeling = pytest.importorskip("transformers.models.qwen2_5_omni.modeling_qwen2_5_omni")
    steps = np.array([0.0, 0.125, 0.5, 0.96875])
    rows = modeling.SinusPositionEmbedding(256)(torch.tensor(steps, dtype=torch.float32)).numpy()
    assert np.abs(rows - embed(1000 * steps, CATALOGUE["qwen2.5-omni-dit"].variant)).max() < float32(1000)


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
