"""Tables of sinusoids in transformers, made as its models make them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from refpos.adapters.encoding import Encoding, Implementation
from refpos.adapters.grids import smallest_grid
from refpos.adapters.tensors import array
from refpos.adapters.transformers.layer import DTYPES, Array, integers, modeling, quiet


def encodings() -> tuple[Encoding, ...]:
    """Return the tables that are added to tokens."""
    m2m, xglm = "M2M100SinusoidalPositionalEmbedding", "XGLMSinusoidalPositionalEmbedding"
    mae = Encoding("mae", "ViTMAEEmbeddings", _mae, "tables", longest=32)
    return (
        _table("transformer", "DistilBERT create_sinusoidal_embeddings", _distilbert, "tables", 512),
        _table("marian", "MarianSinusoidalPositionalEmbedding", _marian, "tables", 512),
        _table("whisper", "Whisper sinusoids", lambda: modeling("whisper").sinusoids(1500, 384), "log", 1500),
        _table("fairseq", m2m, partial(_buffer, "m2m_100", m2m, 512), "log", 4096),
        _table("tensor2tensor", xglm, partial(_buffer, "xglm", xglm, 512), "log", 4096),
        _table("musicgen", *_musicgen(), "log", 4096),
        mae,
    )


def _table(name: str, label: str, make: Callable[[], Any], recipe: str, longest: int) -> Encoding:
    """Return an encoding that looks positions up in a table, cast as a model's weights are."""

    def build(dtype: str) -> Implementation:
        import torch

        def implementation(positions: Array) -> Array:
            with quiet(), torch.no_grad():
                return array(make()[integers(positions)].to(getattr(torch, dtype)))

        return implementation

    return Encoding(name, label, build, recipe, dtypes=DTYPES, longest=longest)


def _distilbert() -> Any:
    import torch

    return modeling("distilbert").create_sinusoidal_embeddings(512, 512, out=torch.empty(512, 512))


def _marian() -> Any:
    return modeling("marian").MarianSinusoidalPositionalEmbedding(512, 512).create_weight()


def _musicgen() -> tuple[str, Callable[[], Any]]:
    name = "MusicgenSinusoidalPositionalEmbedding"
    return name, partial(_buffer, "musicgen", name, 1024)


def _buffer(model: str, name: str, width: int) -> Any:
    """Return the table of a module that keeps it as a buffer; no row is zeroed for padding."""
    return getattr(modeling(model), name)(4096, width).weights


def _mae(dtype: str) -> Implementation:
    """Make ViT-MAE's table, which begins with the class token's row, for the smallest square that holds the positions."""

    def implementation(positions: Array) -> Array:
        import torch

        side = max(smallest_grid(positions)[0])
        rows = [0, *(1 + np.ravel_multi_index(tuple(positions.T), (side, side)))]
        module = modeling("vit_mae")
        config = module.ViTMAEConfig(hidden_size=1024, image_size=side, patch_size=1, num_attention_heads=16)
        with quiet(), torch.no_grad():
            embeddings = module.ViTMAEEmbeddings(config)
            embeddings.initialize_weights()
            return array(embeddings.position_embeddings[0, rows].to(getattr(torch, dtype)))

    return implementation
