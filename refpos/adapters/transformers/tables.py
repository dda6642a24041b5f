"""Tables of sinusoids in transformers, made as its models make them."""

from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from refpos.adapters.encoding import Encoding, Implementation
from refpos.adapters.grids import smallest_grid
from refpos.adapters.tensors import array, tensor
from refpos.adapters.transformers.layer import DTYPES, Array, integers, modeling
from refpos.oracle.names import Idiom

FAIRSEQ, XGLM = "M2M100SinusoidalPositionalEmbedding", "XGLMSinusoidalPositionalEmbedding"
MUSICGEN = "MusicgenSinusoidalPositionalEmbedding"


def encodings() -> tuple[Encoding, ...]:
    """Return the tables that are added to tokens."""
    return (
        _table("transformer", "DistilBERT create_sinusoidal_embeddings", partial(_distilbert, 512), 512, "tables"),
        _table("marian", "MarianSinusoidalPositionalEmbedding", _marian, 512, "tables"),
        _table("whisper", "Whisper sinusoids", _whisper, 1500),
        _table("fairseq", FAIRSEQ, partial(_buffer, "m2m_100", FAIRSEQ, 512), 4096),
        _table("tensor2tensor", XGLM, partial(_buffer, "xglm", XGLM, 512), 4096),
        _table("musicgen", MUSICGEN, partial(_buffer, "musicgen", MUSICGEN, 1024), 4096),
        _table("distilbert", "DistilBERT create_sinusoidal_embeddings", partial(_distilbert, 768), 512, "tables"),
        _table("ctrl", "CTRL positional_encoding", _ctrl, 256, "power"),
        _table("videomae", "VideoMAE get_sinusoid_encoding_table", _videomae, 1568, "tables"),
        _table("florence-2-temporal", "Florence2VisionPositionalEmbeddingCosine1D", _florence_2, 100),
        _timesteps("vibevoice-diffusion", "VibeVoiceDiffusionHeadSinusoidalEmbedding", _vibevoice),
        _grid("mae", "ViTMAEEmbeddings", _mae),
        _grid("moco-v3", "build_2d_sinusoidal_position_embedding", _rt_detr),
    )


def _table(name: str, label: str, make: Callable[[], Any], longest: int, recipe: Idiom = "log") -> Encoding:
    """Return an encoding that looks positions up in a table, cast as a model's weights are."""

    def build(dtype: str) -> Implementation:
        table = cache(make)
        return lambda positions: _cast(table()[integers(positions)], dtype)

    return Encoding(name, label, build, recipe, dtypes=DTYPES, longest=longest)


def _grid(name: str, label: str, make: Callable[[int], Any]) -> Encoding:
    """Return an encoding that looks positions up in a square grid's table, after the class token's row."""

    def build(dtype: str) -> Implementation:
        def implementation(positions: Array) -> Array:
            side = max(smallest_grid(positions)[0])
            rows = 1 + np.ravel_multi_index(tuple(np.asarray(positions).T), (side, side))
            return _cast(make(side)[[0, *rows]], dtype)

        return implementation

    return Encoding(name, label, build, "tables", dtypes=DTYPES, longest=32)


def _timesteps(name: str, label: str, make: Callable[[], Any]) -> Encoding:
    """Return an encoding that a module computes at any position."""

    def build(dtype: str) -> Implementation:
        return lambda positions: _cast(make()(tensor(positions, "float32")), dtype)

    return Encoding(name, label, build, "log", dtypes=DTYPES)


def _cast(rows: Any, dtype: str) -> Array:
    import torch

    return array(rows.to(getattr(torch, dtype)))


def _distilbert(width: int) -> Any:
    import torch

    return modeling("distilbert").create_sinusoidal_embeddings(512, width, out=torch.empty(512, width))


def _ctrl() -> Any:
    import torch

    return modeling("ctrl").positional_encoding(256, 1280, torch.float32)


def _videomae() -> Any:
    return modeling("videomae").get_sinusoid_encoding_table(1568, 768)[0]


def _florence_2() -> Any:
    module = modeling("florence2")
    config = module.Florence2Config()
    return module.Florence2VisionPositionalEmbeddingCosine1D(config).pos_idx_to_embed


def _vibevoice() -> Any:
    module = modeling("vibevoice")
    config = SimpleNamespace(frequency_embedding_size=256, diffusion_max_period=10_000)
    return module.VibeVoiceDiffusionHeadSinusoidalEmbedding(config)


def _marian() -> Any:
    return modeling("marian").MarianSinusoidalPositionalEmbedding(512, 512).create_weight()


def _whisper() -> Any:
    return modeling("whisper").sinusoids(1500, 384)


def _buffer(model: str, name: str, width: int) -> Any:
    """Return the table of a module that keeps it as a buffer; no row is zeroed for padding."""
    return getattr(modeling(model), name)(4096, width).weights


def _mae(side: int) -> Any:
    module = modeling("vit_mae")
    config = module.ViTMAEConfig(hidden_size=1024, image_size=side, patch_size=1)
    embeddings = module.ViTMAEEmbeddings(config)
    embeddings.initialize_weights()
    return embeddings.position_embeddings[0]


def _rt_detr(side: int) -> Any:
    return modeling("rt_detr").build_2d_sinusoidal_position_embedding(side, side, 768, cls_token=True)
