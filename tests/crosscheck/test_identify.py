"""identify on what frameworks ship: their own settings are read off them, odd ones too."""

from typing import Any

import numpy as np
import pytest

from refpos import CATALOGUE, identify
from refpos.variants.frequencies import axis_count

LAYERS = [
    "llama-2",
    "llama-3.1",
    "phi-2",
    "yarn-code",
    "gpt-oss",
    "deepseek-v3",
    "gemma-4-global",
    "qwen2-vl",
    "vjepa2",
]


def implementation(module: Any, name: str) -> Any:
    return next(one for one in module.FRAMEWORK.encodings() if one.name == name).build("float32")


def identified(module: Any, name: str) -> Any:
    entry = CATALOGUE[name]
    axes = axis_count(entry.variant.frequencies)
    return identify(implementation(module, name), features=entry.width, axes=axes)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_transformers_is_named(name: str) -> None:
    pytest.importorskip("transformers")
    from refpos.adapters import transformers

    assert name in identified(transformers, name).entries


@pytest.mark.parametrize("name", ["roformer", "llama-2-meta", "gpt-j", "command-r"])
def test_a_layer_of_rotary_embedding_torch_is_named(name: str) -> None:
    pytest.importorskip("rotary_embedding_torch")
    from refpos.adapters import rotary_embedding_torch

    assert name in identified(rotary_embedding_torch, name).entries


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
@pytest.mark.parametrize("name", ["roformer", "llama-2-meta", "gpt-j", "command-r"])
def test_a_layer_of_x_transformers_is_named(name: str) -> None:
    pytest.importorskip("x_transformers")
    from refpos.adapters import x_transformers

    assert name in identified(x_transformers, name).entries


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_xpos_of_x_transformers_is_centred_on_half_the_length_of_each_call() -> None:
    pytest.importorskip("x_transformers")
    from refpos.adapters import x_transformers

    found = identify(implementation(x_transformers, "xpos"), features=64, longest=2048)

    assert found.entries == ()
    assert [one.id for one in found.nearest[0].findings] == ["growth/half-length"]


@pytest.mark.parametrize("traditional", [False, True])
def test_odd_settings_of_mlx_are_read(traditional: bool) -> None:
    mx = pytest.importorskip("mlx.core")

    def rope(x: Any, positions: Any) -> Any:
        tokens = np.moveaxis(x, 2, 0).reshape(len(positions), -1, 1, 80)
        given = {
            "traditional": traditional,
            "base": 12_345.0,
            "scale": 0.3,
            "offset": mx.array(positions.astype(np.int32)),
        }
        turned = np.array(mx.fast.rope(mx.array(tokens), 48, **given))
        return np.moveaxis(turned.reshape(len(positions), *x.shape[:2], 80), 0, 2)

    found = identify(rope, features=80)

    assert found.pairing == ("interleaved" if traditional else "half")
    assert found.rotated == tuple(range(48))
    assert found.ladder == "base 12,345 over 24 planes, all over 3.333333"
    assert (found.verdict, found.whole, found.sign, found.magnitude) == ("rotary", True, 1, 1.0)


def test_an_odd_theta_of_llama_in_transformers_is_read() -> None:
    torch = pytest.importorskip("torch")
    llama = pytest.importorskip("transformers.models.llama.modeling_llama")
    rope = {"rope_type": "linear", "factor": 2.0, "rope_theta": 654_321.0}
    config = llama.LlamaConfig(hidden_size=64, num_attention_heads=1, head_dim=64, rope_parameters=rope)

    def rotated(x: Any, positions: Any) -> Any:
        tokens = torch.from_numpy(x)
        cos, sin = llama.LlamaRotaryEmbedding(config)(tokens, torch.from_numpy(positions)[None])
        return llama.apply_rotary_pos_emb(tokens, tokens, cos, sin)[0].numpy()

    found = identify(rotated, features=64)

    assert (found.pairing, found.ladder) == ("half", "base 654,320 over 32 planes, all over 2")
    assert (found.verdict, found.entries) == ("rotary", ())
