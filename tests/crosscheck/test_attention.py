"""Attention, against the frameworks that have it: the formula decides, and where a framework differs it is shown."""

import importlib
from dataclasses import replace

import numpy as np
import pytest

from refpos import ByIndex, Frequencies, Mscale, Rotary, Sinusoidal, XPos
from refpos.spec.attention import attend, scores
from refpos.spec.relative import buckets, rows
from refpos.variants.attention import Attention, RmsNorm
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, TransformerXL
from refpos.variants.temperature import InverseRoot, LogFloor

torch = pytest.importorskip("torch")

DOUBLE = 1e-12
"""What a module in float64 may differ by, of weights and of logits about 1."""

ROOT = 2e-7
"""The same where one factor of the logits is rounded to float32."""

SINGLE = 3e-6
"""The same where tables are made in float32."""

NINE = np.arange(9)
HEADS, WIDTH = 2, 8


def model(name):
    pytest.importorskip("transformers")
    return importlib.import_module(f"transformers.models.{name}.modeling_{name}")


def config(name, kind, **settings):
    return getattr(importlib.import_module(f"transformers.models.{name}.configuration_{name}"), kind)(**settings)


def x_transformers():
    pytest.importorskip("x_transformers")
    return importlib.import_module("x_transformers.x_transformers")


def made(module, scale=0.3):
    """Return a module in float64, its weights drawn."""
    torch.manual_seed(0)
    with torch.no_grad():
        for one in module.parameters():
            one.copy_(torch.randn(one.shape) * scale)
    return module.double().eval()


def tokens(n=9, width=HEADS * WIDTH, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((1, n, width)))


def heads(x, count=HEADS):
    """Return (1, n, heads·width) as (heads, n, width)."""
    return x.detach().numpy().reshape(x.shape[-2], count, -1).swapaxes(0, 1)


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def near(found, expected, within=DOUBLE):
    found = np.asarray(found.detach() if isinstance(found, torch.Tensor) else found)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= within


# DeBERTa.


@pytest.mark.parametrize(("count", "distance"), [(256, 512), (32, 128), (8, 16)])
def test_buckets_of_deberta_v2(count, distance):
    one = Deberta(1, 1, distance, count)
    offsets = np.arange(-3 * distance, 3 * distance)
    found = model("deberta_v2").make_log_bucket_position(torch.from_numpy(offsets), count, distance).long().numpy()

    differ = found != buckets(offsets, one)
    assert not differ.any(), offsets[differ]


@pytest.mark.parametrize("terms", [("c2p",), ("p2c",), ("c2p", "p2c")])
@pytest.mark.parametrize("count", [None, 8])
def test_deberta_v2(terms, count):
    settings = {"hidden_size": 16, "num_attention_heads": HEADS, "relative_attention": True, "hidden_dropout_prob": 0.0}
    settings |= {"max_relative_positions": 6 if count is None else 32, "position_buckets": count or -1}
    given = config("deberta_v2", "DebertaV2Config", **settings, pos_att_type=list(terms))
    module = made(model("deberta_v2").DisentangledSelfAttention(given))
    one = Deberta(HEADS, WIDTH, given.max_relative_positions, count, terms)
    table, x = tokens(2 * one.span, seed=2), tokens()
    mask = torch.ones(1, 1, 9, 9)
    weights = module(x, mask, output_attentions=True, rel_embeddings=table[0])[1]
    learned = {}
    if "c2p" in terms:
        learned["keys"] = heads(module.pos_key_proj(table))
    if "p2c" in terms:
        learned["queries"] = heads(module.pos_query_proj(table))
    q, k = heads(module.query_proj(x)), heads(module.key_proj(x))

    # The code takes the root of n·d in float32.
    near(weights[0], softmax(scores(q, k, NINE, NINE, one, learned=learned)), ROOT)


def test_deberta_and_not_the_equation_of_its_paper():
    given = config(
        "deberta",
        "DebertaConfig",
        hidden_size=16,
        num_attention_heads=HEADS,
        relative_attention=True,
        max_relative_positions=12,
        pos_att_type=["c2p", "p2c"],
        hidden_dropout_prob=0.0,
    )
    module = made(model("deberta").DisentangledSelfAttention(given))
    one = Deberta(HEADS, WIDTH, 12)
    table, x = tokens(24, seed=2), tokens()
    relative = model("deberta").build_relative_position(x, x)
    weights = module(x, torch.ones(1, 1, 9, 9), True, relative_pos=relative, rel_embeddings=table[0])[1]
    q, k, _ = module.transpose_for_scores(module.in_proj(x)).chunk(3, dim=-1)
    q = (q + module.transpose_for_scores(module.q_bias[None, None]))[0].detach().numpy()
    k = k[0].detach().numpy()
    learned = {"keys": heads(module.pos_proj(table)), "queries": heads(module.pos_q_proj(table))}

    near(weights[0], softmax(scores(q, k, NINE, NINE, one, learned=learned)), ROOT)
    paper = softmax(scores(q, k, NINE, NINE, replace(one, mirrored=True), learned=learned))
    assert np.abs(weights[0].detach().numpy() - paper).max() > 1e-2


def test_relative_positions_of_deberta_are_query_minus_key():
    x = torch.zeros(1, 9, 1)
    found = model("deberta").build_relative_position(x, x)[0].numpy()
    index = rows(NINE[:, None].astype(float), NINE[:, None].astype(float), Deberta(1, 1, 9))

    assert (found + 9 == index).all()


# XLNet, which shifts products as Transformer-XL does.


def test_xlnet():
    given = config("xlnet", "XLNetConfig", d_model=16, n_head=HEADS, d_inner=16, dropout=0.0)
    module = made(model("xlnet").XLNetRelativeAttention(given))
    x = tokens().swapaxes(0, 1)
    frequencies = 1 / 10000.0 ** (torch.arange(0, 16, 2).double() / 16)
    whole = model("xlnet").XLNetModel.positional_embedding(torch.arange(9, -9, -1).double(), frequencies, 1)
    q, k, r = (torch.einsum("ibh,hnd->ibnd", one, w) for one, w in ((x, module.q), (x, module.k), (whole, module.r)))
    v = torch.zeros_like(k)
    weights = module.rel_attn_core(q, k, v, r, output_attentions=True)[1][..., 0, :]
    one = TransformerXL(HEADS, WIDTH, Sinusoidal(Frequencies((0,) * 8), order="sin-cos"))
    learned = {"u": module.r_w_bias, "v": module.r_r_bias, "weight": module.r.permute(1, 2, 0)}
    learned = {name: array.detach().numpy() for name, array in learned.items()}
    q, k = (array[:, 0].detach().numpy().swapaxes(0, 1) for array in (q, k))

    near(weights.permute(2, 0, 1), softmax(scores(q, k, NINE, NINE, one, learned=learned)))


# Decomposed.


def test_sam():
    given = config("sam", "SamVisionConfig", hidden_size=16, num_attention_heads=HEADS, image_size=48, patch_size=16)
    module = made(model("sam").SamVisionAttention(given, window_size=3))
    x = tokens()
    weights = module(x.reshape(1, 3, 3, 16), output_attentions=True)[1]
    q, k, _ = (heads(one) for one in module.qkv(x).chunk(3, dim=-1))
    learned = {"rows": module.rel_pos_h.detach().numpy(), "columns": module.rel_pos_w.detach().numpy()}
    grid = np.indices((3, 3)).reshape(2, -1).T

    # The code makes its softmax in float32.
    near(weights, softmax(scores(q, k, grid, grid, Decomposed((3, 3), WIDTH), learned=learned)), SINGLE)


# Rotary values.


@pytest.mark.parametrize("value", [False, True])
def test_roformer(value):
    given = config("roformer", "RoFormerConfig", hidden_size=16, num_attention_heads=HEADS, rotary_value=value)
    module = made(model("roformer").RoFormerSelfAttention(given))
    angles = np.outer(NINE, 10000.0 ** -(np.arange(4) / 4))
    sinusoidal = torch.from_numpy(np.concatenate([np.sin(angles), np.cos(angles)], axis=-1))[None, None]
    x = tokens()
    found, weights = module(x, sinusoidal_pos=sinusoidal)[:2]
    q, k, v = (heads(layer(x)) for layer in (module.query, module.key, module.value))
    turned = ("query", "key", "value") if value else ("query", "key")
    one = Attention(Rotary(Frequencies((0,) * 4), pairing="interleaved"), rotate=turned)

    near(weights[0], softmax(scores(q, k, NINE, NINE, one)))
    near(heads(found), attend(q, k, v, NINE, NINE, one))


# Llama 4: every fourth layer has temperatures in place of rotations.


@pytest.mark.parametrize("layer", [0, 3])
def test_llama_4(layer):
    given = config(
        "llama4",
        "Llama4TextConfig",
        hidden_size=16,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        head_dim=WIDTH,
        num_hidden_layers=4,
        floor_scale=4,
        rope_parameters={"rope_type": "default", "rope_theta": 500_000.0},
        attn_implementation="eager",
    )
    module = made(model("llama4").Llama4TextAttention(given, layer))
    x = tokens()
    angles = np.outer(NINE, 500_000.0 ** -(np.arange(4) / 4))
    turns = torch.polar(torch.ones(1, 9, 4).double(), torch.from_numpy(angles)[None])
    weights = module(x, turns, None)[1]
    q, k = heads(module.q_proj(x)), heads(module.k_proj(x))
    rotary = Rotary(Frequencies((0,) * 4, base=500_000.0), pairing="interleaved")
    turned = Attention(rotary, normalise=RmsNorm(1e-5))
    one = Attention(temperature=LogFloor(0.1, 4, offset=1)) if layer == 3 else turned

    # The code turns and sharpens in float32.
    near(weights[0], softmax(scores(q, k, NINE, NINE, one)), SINGLE)


def test_the_temperature_of_ministral_3():
    p = np.array([0, 16383, 16384, 32767, 32768, 10**6])
    found = model("ministral3").get_llama_4_attn_scale(torch.from_numpy(p)[None], 0.1, 16384)[0, 0, :, 0]
    q = np.ones((6, 1))

    near(found.double(), scores(q, q, p, p, Attention(temperature=LogFloor(0.1, 16384)))[:, 0], SINGLE)


# DeepSeek-V3.


@pytest.mark.parametrize("interleave", [True, False])
def test_deepseek_v3(interleave):
    rope = {"rope_type": "yarn", "rope_theta": 10_000.0, "factor": 40.0, "original_max_position_embeddings": 4096}
    rope |= {"beta_fast": 32, "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 1.0}
    given = config(
        "deepseek_v3",
        "DeepseekV3Config",
        hidden_size=16,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        q_lora_rank=6,
        kv_lora_rank=5,
        qk_nope_head_dim=8,
        qk_rope_head_dim=8,
        v_head_dim=4,
        rope_parameters=rope,
        rope_interleave=interleave,
        attn_implementation="eager",
    )
    module = made(model("deepseek_v3").DeepseekV3Attention(given, 0))
    table = model("deepseek_v3").DeepseekV3RotaryEmbedding(given)
    x = tokens()
    weights = module(x, table(x, torch.arange(9)[None]), None)[1]
    q = heads(module.q_b_proj(module.q_a_layernorm(module.q_a_proj(x))))
    latent, shared = module.kv_a_proj_with_mqa(x).split([5, 8], dim=-1)
    up = heads(module.kv_b_proj(module.kv_a_layernorm(latent)))[..., :8]
    k = np.concatenate([up, np.repeat(heads(shared, 1), HEADS, 0)], axis=-1)
    frequencies = Frequencies((0,) * 4, scaling=ByIndex(40, 4096))
    rotary = Rotary(frequencies, "interleaved" if interleave else "half", "half" if interleave else None, -8)
    one = Attention(rotary, scale=InverseRoot(magnitude=Mscale(40)))

    near(weights[0], softmax(scores(q, k, NINE, NINE, one)), SINGLE)


# x-transformers: positions that content has a say in.


def test_cope():
    module = made(x_transformers().CoPE(WIDTH, HEADS, 6), 1.0)
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, HEADS, 9, WIDTH))
    plain = scores(q, k, NINE, NINE, Attention())
    causal = np.tril(np.ones((9, 9), dtype=bool))
    seen = torch.from_numpy(np.where(causal, plain, -np.inf))[None]
    found = module(torch.from_numpy(q)[None], seen)[0].detach().numpy()
    expected = scores(q, k, NINE, NINE, Cope(6, WIDTH), learned={"table": module.pos_emb.detach().numpy()})

    near(np.where(causal, plain + found, 0), np.where(causal, expected, 0))


def test_pope():
    library = x_transformers()
    module = made(library.PolarEmbedding(WIDTH, HEADS), 5.0)
    frequencies, angles = module(torch.arange(9))
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, HEADS, 9, WIDTH))
    polar = library.apply_polar_pos_emb
    turned = polar(torch.from_numpy(q), frequencies), polar(torch.from_numpy(k), frequencies + angles)
    found = turned[0] @ turned[1].mT / WIDTH**0.5
    learned = {"angles": module.learned_bias[:, 0].detach().numpy()}
    assert (learned["angles"] > 0).any()  # what is clipped

    # The code turns in float32.
    near(found, scores(q, k, NINE, NINE, Pope(HEADS, WIDTH), learned=learned), 1e-5)


def test_fox():
    module = made(x_transformers().DataDependentAlibi(16, HEADS))
    x = tokens()
    found = module(x)[0].detach().numpy()
    gates = module.to_forget_gates[0](x)[0].detach().numpy().T
    q = np.zeros((HEADS, 9, WIDTH))
    expected = scores(q, q, NINE, NINE, Fox(HEADS), learned={"gates": gates})
    causal = np.tril(np.ones((9, 9), dtype=bool))

    near(np.where(causal, found, 0), np.where(causal, expected, 0))


def test_xpos_of_x_transformers_whose_keys_grow_the_other_way():
    library = x_transformers()
    module = library.RotaryEmbedding(WIDTH, use_xpos=True).double()
    angles, grown = module(torch.arange(9))
    rng = np.random.default_rng(0)
    q, k = rng.standard_normal((2, HEADS, 9, WIDTH))
    turned_q = library.apply_rotary_pos_emb(torch.from_numpy(q)[None], angles, grown)[0]
    turned_k = library.apply_rotary_pos_emb(torch.from_numpy(k)[None], angles, grown**-1)[0]
    found = turned_q @ turned_k.mT / WIDTH**0.5
    one = Attention(Rotary(Frequencies((0,) * 4), pairing="interleaved", growth=XPos(512.0)))

    # The code measures growth from the middle; in logits that cancels. Its tables are made in float32.
    near(found, scores(q, k, NINE, NINE, one), SINGLE)
