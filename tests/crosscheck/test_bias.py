"""Biases, each against the frameworks that have it: the formula decides, and where a framework differs it is shown."""

import importlib
import math
import warnings
from inspect import signature

import numpy as np
import pytest

from refpos.adapters.discover import installed
from refpos.spec.bias import bias
from refpos.spec.offsets import index
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich, T5Buckets
from refpos.variants.window import SwinContinuous, SwinWindow

torch = pytest.importorskip("torch")

U = 2.0**-24
"""Half the distance of two neighbouring floats of float32 from 1 to 2."""

HEADS = [1, 2, 3, 8, 12, 20, 71, 112]


def close(found, expected, roundings):
    """Check float32 numbers against float64 ones: each within so many roundings of its own size."""
    found = np.asarray(found, dtype=np.float64)
    assert expected.shape == found.shape
    assert (np.abs(found - expected) <= roundings * U * np.abs(expected)).all()


def model(name):
    pytest.importorskip("transformers")
    return importlib.import_module(f"transformers.models.{name}.modeling_{name}")


def cells(h, w):
    return np.indices((h, w)).reshape(2, -1).T


def drawn(variant, seed=0):
    """Return learned arrays that float32 holds."""
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in variant.learned.items()}


# ALiBi.


@pytest.mark.parametrize("heads", HEADS)
def test_bloom(heads):
    mask = torch.ones(1, 40, dtype=torch.int64)
    found = model("bloom").build_alibi_tensor(mask, heads, torch.float32).numpy()

    # The k-th power of a rounded number is k roundings off.
    close(found, bias([0], range(40), Alibi(heads, reference="origin")), 2 * heads + 2)


def test_bloom_counts_tokens_that_are_not_masked():
    mask = torch.tensor([[0, 0, 1, 1, 0, 1]])
    found = model("bloom").build_alibi_tensor(mask, 2, torch.float32).numpy()

    close(found, bias([0], [0, 0, 0, 1, 0, 2], Alibi(2, reference="origin")), 4)


def without_content(attention, alibi):
    """Return the weights of an attention whose queries and keys are zero, so that the bias is all there is."""
    with torch.no_grad():
        attention.query_key_value.weight.zero_()
        if attention.query_key_value.bias is not None:
            attention.query_key_value.bias.zero_()
        hidden, mask = torch.zeros(1, 5, 32), torch.zeros(1, 1, 5, 5)
        residual = (hidden,) if "residual" in signature(attention.forward).parameters else ()
        found = attention.eval()(hidden, *residual, alibi=alibi, attention_mask=mask, output_attentions=True)
    return found[1][0].double().numpy()


def softmax(logits):
    weights = np.exp(logits)
    return weights / weights.sum(axis=-1, keepdims=True)


def test_bloom_adds_after_scaling_and_falcon_before():
    alibi = model("bloom").build_alibi_tensor(torch.ones(1, 5, dtype=torch.int64), 2, torch.float32)
    expected = np.repeat(bias([0], range(5), Alibi(2, reference="origin")), 5, axis=1)
    config = model("bloom").BloomConfig(hidden_size=32, n_head=2)
    falcon = model("falcon")
    other = falcon.FalconConfig(hidden_size=32, num_attention_heads=2, alibi=True, attn_implementation="eager")

    after = without_content(model("bloom").BloomAttention(config, 0), alibi)
    before = without_content(falcon.FalconAttention(other, 0), alibi)

    np.testing.assert_allclose(after, softmax(expected), rtol=16 * U)
    np.testing.assert_allclose(before, softmax(expected / math.sqrt(16)), rtol=16 * U)


@pytest.mark.parametrize("heads", HEADS)
def test_falcon_differs_by_its_rounding_to_bfloat16(heads):
    mask = torch.ones(1, 300, dtype=torch.int64)
    found = model("falcon").build_alibi_tensor(mask, heads, torch.float32).numpy()
    expected = bias([0], range(300), Alibi(heads, reference="origin"))

    assert (np.abs(found - expected) <= ((1 + 2.0**-8) ** 3 - 1) * np.abs(expected)).all()  # slope, position, product
    assert np.abs(found - expected).max() > 2.0**-12  # slopes or products that bfloat16 does not hold


@pytest.mark.parametrize("heads", HEADS)
def test_mpt(heads):
    found = model("mpt").build_mpt_alibi_tensor(heads, 40).numpy()

    close(found, bias([0], range(40), Alibi(heads, reference="last-key")), 8)


def test_mpt_of_another_maximum():
    found = model("mpt").build_mpt_alibi_tensor(12, 40, alibi_bias_max=5).numpy()

    close(found, bias([0], range(40), Alibi(12, reference="last-key", maximum=5)), 8)


@pytest.mark.parametrize("heads", HEADS)
def test_x_transformers(heads):
    found = pytest.importorskip("x_transformers.x_transformers").AlibiPositionalBias(heads)(5, 40).numpy()

    close(found, bias(range(35, 40), range(40), Alibi(heads)), 2)


@pytest.mark.parametrize("heads", HEADS)
def test_mlx(heads):
    pytest.importorskip("mlx.core")
    found = importlib.import_module("mlx.nn").ALiBi.create_alibi_matrix(8, 40, heads, offset=3)[0]

    close(np.array(found), bias(range(3, 8), range(40), Alibi(heads)), 2)


def test_croma():
    """Its loop over pairs of points, written again."""
    points = [(y, x) for y in range(4) for x in range(4)]
    slopes = [2.0 ** (-(k + 1) / 2) for k in range(16)]
    expected = [[[-m * math.dist(p, q) for q in points] for p in points] for m in slopes]

    np.testing.assert_allclose(bias(points, points, Alibi(16, axes=2)), expected, rtol=1e-15)


# T5.


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("buckets", "distance"), [(32, 128), (64, 256), (16, 64), (32, 2048)])
@pytest.mark.parametrize("name", ["t5", "mt5", "umt5", "longt5"])
def test_t5_buckets(name, buckets, distance, bidirectional):
    variant = T5Buckets(1, buckets, distance, bidirectional)
    keys = np.arange(-distance - 9, distance + 10)
    found = _bucket(name)(torch.from_numpy(keys), bidirectional, buckets, distance)

    assert index([0], keys, variant)[0].tolist() == found.tolist()


def _bucket(name):
    """Return the function of a model's attention that finds buckets."""
    if name == "umt5":
        attention = model(name).UMT5Attention
        own = attention.__new__(attention)
        torch.nn.Module.__init__(own)

        def found(relative, bidirectional, buckets, distance):
            own.is_decoder = not bidirectional
            own.relative_attention_num_buckets, own.relative_attention_max_distance = buckets, distance
            return own._relative_position_bucket(relative)

        return found
    return getattr(
        model(name), {"t5": "T5Attention", "mt5": "MT5Attention"}.get(name, "LongT5Attention")
    )._relative_position_bucket


def test_the_float32_logarithms_of_t5_miss_a_bound_that_integers_hit():
    variant = T5Buckets(1, buckets=12, distance=705_894, bidirectional=False)
    relative = torch.tensor([-14_405, -14_406])
    found = model("t5").T5Attention._relative_position_bucket(relative, False, 12, 705_894)

    assert 14_406**6 == 705_894**4 * 6**2
    assert [9, 10] == index([0], relative.numpy(), variant)[0].tolist()
    assert [9, 9] == found.tolist()


def test_a_bias_of_t5_in_an_encoder_and_a_decoder():
    config = model("t5").T5Config(num_heads=4)
    for decoder in (False, True):
        config.is_decoder = decoder
        attention = model("t5").T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
        variant = T5Buckets(4, bidirectional=not decoder)
        table = attention.relative_attention_bias.weight.detach().numpy()
        found = attention.compute_bias(7, 200, past_seen_tokens=150)[0].detach().numpy()

        assert bias(range(150, 157), range(200), variant, learned={"table": table}).tolist() == found.tolist()


def test_t5_does_not_scale_its_logits():
    assert 1.0 == model("t5").T5Attention(model("t5").T5Config(), layer_idx=0).scaling


@pytest.mark.parametrize("causal", [True, False])
def test_t5_of_x_transformers(causal):
    made = pytest.importorskip("x_transformers.x_transformers").RelativePositionBias(scale=1.0, causal=causal, heads=3)
    table = made.relative_attention_bias.weight.detach().numpy()
    found = made(4, 300).detach().numpy()
    variant = T5Buckets(3, bidirectional=not causal)

    assert bias(range(296, 300), range(300), variant, learned={"table": table}).tolist() == found.tolist()


# Windows.


@pytest.mark.parametrize("window", [(3, 5), (7, 7), (1, 4)])
def test_swin(window):
    made = model("swin").SwinRelativePositionBias(3, window)
    learned = drawn(SwinWindow(3, window))
    with torch.no_grad():
        made.relative_position_bias_table.copy_(torch.from_numpy(learned["table"]))
        found = made()[0].numpy()

    assert bias(cells(*window), cells(*window), SwinWindow(3, window), learned=learned).tolist() == found.tolist()


@pytest.mark.parametrize("window", [(3, 5), (2, 2)])
def test_beit(window):
    found = model("beit").BeitRelativePositionBias.generate_relative_position_index(window)

    assert index(cells(*window), cells(*window), SwinWindow(1, window, cls=True)).tolist() == found.tolist()


def timm_rel():
    """Return timm's module of relative positions by its path: the package around it needs torchvision."""
    if "timm" not in installed():
        pytest.skip("timm is not installed")
    from refpos.adapters.timm import module

    return importlib.import_module(f"{module().__package__}.pos_embed_rel")


@pytest.mark.parametrize("cls", [False, True])
def test_timm_windows(cls):
    found = timm_rel().gen_relative_position_index((3, 5), class_token=cls)

    assert index(cells(3, 5), cells(3, 5), SwinWindow(1, (3, 5), cls=cls)).tolist() == found.tolist()


@pytest.mark.parametrize("pretrained", [(0, 0), (4, 7)])
@pytest.mark.parametrize("window", [(3, 5), (8, 8)])
def test_swin_v2(window, pretrained):
    config = model("swinv2").Swinv2Config(qkv_bias=True)
    made = model("swinv2").Swinv2SelfAttention(config, 12, 3, window, pretrained).double()
    made.relative_coords_table = made.create_coords_table_and_index()[0]
    variant = SwinContinuous(3, window, pretrained if pretrained[0] else None)
    _check_network(
        made.continuous_position_bias_mlp, (0, 2), variant, made.relative_coords_table.reshape(-1, 2), window
    )


@pytest.mark.parametrize(("mode", "pretrained"), [("swin", (0, 0)), ("swin", (4, 7)), ("cr", (0, 0))])
def test_timm_networks(mode, pretrained):
    made = timm_rel().RelPosMlp((3, 5), 3, hidden_dim=16, mode=mode, pretrained_window_size=pretrained).double().eval()
    plain = {"coordinates": "plain", "gain": None, "output_bias": True} if mode == "cr" else {}
    variant = SwinContinuous(3, (3, 5), pretrained if pretrained[0] else None, hidden=16, **plain)
    learned = {
        "hidden_weight": made.mlp.fc1.weight,
        "hidden_bias": made.mlp.fc1.bias,
        "output_weight": made.mlp.fc2.weight,
    }
    if mode == "cr":
        learned["output_bias"] = made.mlp.fc2.bias
    with torch.no_grad():
        arrays = {name: one.numpy() for name, one in learned.items()}
        found = made.get_bias()[0].numpy()

    np.testing.assert_allclose(bias(cells(3, 5), cells(3, 5), variant, learned=arrays), found, atol=64 * U)


def _check_network(network, layers, variant, coordinates, window):
    first, last = (network[one] for one in layers)
    learned = {"hidden_weight": first.weight, "hidden_bias": first.bias, "output_weight": last.weight}
    with torch.no_grad():
        arrays = {name: one.numpy() for name, one in learned.items()}
        table = 16 * torch.sigmoid(network(coordinates)).numpy()
    grid = cells(*window)
    found = np.moveaxis(table[index(grid, grid, variant)], -1, 0)

    np.testing.assert_allclose(bias(grid, grid, variant, learned=arrays), found, atol=16 * 8 * U)


def test_swin_v2_of_transformers_scales_by_the_window_of_its_training_only_if_both_sides_are_given():
    """It asks for the height alone: a width of 1 divides by zero, and here is refused."""
    config = model("swinv2").Swinv2Config()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = model("swinv2").Swinv2SelfAttention(config, 12, 3, (3, 5), (4, 1))

    assert not torch.isfinite(made.relative_coords_table).all()


# KERPLE, Sandwich, FIRE: their authors' modules are not installable, so their lines are written again in torch.


@pytest.mark.parametrize("kernel", ["logarithmic", "power"])
def test_kerple(kernel):
    r1, r2 = torch.rand(2, 4, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 0.01
    diff = torch.tril(torch.arange(9).view(9, 1) - torch.arange(9))
    expected = -r1 * torch.log(1 + r2 * diff) if kernel == "logarithmic" else -r1 * diff.pow(r2)
    learned = {"r1": r1.flatten().numpy(), "r2": r2.flatten().numpy()}

    np.testing.assert_allclose(
        np.tril(bias(range(9), range(9), Kerple(4, kernel), learned=learned)), expected.numpy(), rtol=1e-14
    )


def test_sandwich_of_nemo():
    heads, width = 4, 16
    offset = (torch.arange(9).view(9, 1) - torch.arange(9)).abs().double()
    rates = 1.0 / 10_000 ** (2 * torch.arange(1, width / 2 + 1, dtype=torch.float64) / width)
    total = (offset[..., None] * rates).cos().sum(-1)
    expected = (total - width / 2) / (torch.arange(1, heads + 1)[:, None, None] * 8 / heads)

    np.testing.assert_allclose(bias(range(9), range(9), Sandwich(heads, width, first=1)), expected.numpy(), atol=1e-14)


def test_fire_of_a_code():
    variant = Fire(3, hidden=5, epsilon=1e-6)
    learned = {name: np.asarray(one, np.float64) for name, one in drawn(variant).items()} | {"c": 0.1, "threshold": 6.0}
    p = torch.arange(12, dtype=torch.float64)
    normaliser = torch.log(0.1 * torch.maximum(p, torch.tensor(6.0)) + 1)[:, None] + 1e-6
    x = torch.log((0.1 * (p[:, None] - p)).abs() + 1) / normaliser
    hidden = torch.relu(
        x[..., None] * torch.from_numpy(learned["hidden_weight"][:, 0]) + torch.from_numpy(learned["hidden_bias"])
    )
    expected = hidden @ torch.from_numpy(learned["output_weight"]).T + torch.from_numpy(learned["output_bias"])

    found = bias(range(12), range(12), variant, learned=learned)

    np.testing.assert_allclose(found, expected.permute(2, 0, 1).numpy(), rtol=1e-12, atol=1e-13)
