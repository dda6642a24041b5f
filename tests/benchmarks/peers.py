"""What others turn features with: each framework's own function, given the same features and the same tables.

A peer is made once for a case (model built, compiled, tables in the form that it takes), so that what is timed is the
turning alone. Threads are one: the process that times them has one processor only.
"""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from refpos.adapters import timm
from refpos.adapters.onnx_reference import Row, model
from refpos.variants.rotary import Pairing


class Case(NamedTuple):
    """Features (batch, heads, n, d), and tables (n, d/2)."""

    x: np.ndarray
    cos: np.ndarray
    sin: np.ndarray
    pairing: Pairing


class Peer(NamedTuple):
    """A name, what turns the features of a case, whether it pairs them as the case does, and makes the table too."""

    name: str
    turn: Callable[[], Any]
    same: bool = True
    table: bool = False


def peers(case: Case) -> Iterator[Peer]:
    """Yield the peers that are installed and take the case; they are given tables that lie apart, each in order."""
    case = case._replace(cos=np.ascontiguousarray(case.cos), sin=np.ascontiguousarray(case.sin))
    for package, pairings, dtypes, make in _PEERS:
        if find_spec(package) and case.pairing in pairings and case.x.dtype in dtypes:
            yield from make(case)


def _transformers(case: Case) -> Iterator[Peer]:
    """Queries alone: keys have no heads. It knows halves only; for neighbours the same work stands beside ours."""
    import torch
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

    x, cos, sin = _tensors(case.x, *(np.tile(one, 2)[None] for one in (case.cos, case.sin)))
    none, places, same = x[:, :0], torch.arange(x.shape[-2])[None], case.pairing == "half"
    compiled = torch.compile(apply_rotary_pos_emb)
    module = LlamaRotaryEmbedding(LlamaConfig(head_dim=x.shape[-1]))
    yield Peer("transformers, eager", lambda: apply_rotary_pos_emb(x, none, cos, sin)[0], same)
    yield Peer("transformers, compiled", lambda: compiled(x, none, cos, sin)[0], same)
    yield Peer(
        "transformers, module and application",
        lambda: apply_rotary_pos_emb(x, none, *module(x, places))[0],
        same,
        table=True,
    )


def _rotary_embedding_torch(case: Case) -> Iterator[Peer]:
    import rotary_embedding_torch

    x, angles = _tensors(case.x, np.repeat(np.arctan2(case.sin, case.cos), 2, axis=-1))
    yield Peer("rotary-embedding-torch", lambda: rotary_embedding_torch.apply_rotary_emb(angles, x))


def _timm(case: Case) -> Iterator[Peer]:
    half = case.pairing == "half"
    spread = (lambda one: np.tile(one, 2)) if half else (lambda one: np.repeat(one, 2, axis=-1))
    x, table = _tensors(case.x, np.concatenate([spread(case.sin), spread(case.cos)], axis=-1))
    yield Peer("timm", lambda: timm.module().apply_rot_embed_cat(x, table, half=half))


def _x_transformers(case: Case) -> Iterator[Peer]:
    from x_transformers.x_transformers import apply_rotary_pos_emb

    x, angles = _tensors(case.x, np.repeat(np.arctan2(case.sin, case.cos), 2, axis=-1))
    yield Peer("x-transformers", lambda: apply_rotary_pos_emb(x, angles[None]))


def _onnxruntime(case: Case) -> Iterator[Peer]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    made = model(Row("", interleaved=int(case.pairing == "interleaved")), str(case.x.dtype), ids=True)
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    rows = np.tile(np.arange(case.x.shape[-2]), (len(case.x), 1))
    out, binding = np.empty_like(case.x), session.io_binding()
    for name, value in {"X": case.x, "cos": case.cos, "sin": case.sin, "ids": rows}.items():
        binding.bind_cpu_input(name, value)
    binding.bind_output("Y", "cpu", 0, out.dtype, out.shape, out.ctypes.data)
    yield Peer("ONNX Runtime", lambda: (session.run_with_iobinding(binding), out)[1])


def _jax(case: Case) -> Iterator[Peer]:
    """JAX has no such function of its own; this is the formula as its users write it."""
    import jax

    @jax.jit
    def turned(x: Any, cos: Any, sin: Any) -> Any:
        a, b = jax.numpy.split(x, 2, axis=-1)
        return jax.numpy.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)

    given = [jax.numpy.asarray(one) for one in (case.x, case.cos, case.sin)]
    yield Peer("JAX, jitted", lambda: turned(*given).block_until_ready())


def _mlx(case: Case) -> Iterator[Peer]:
    """Its kernel makes the table as it goes, so that it does more."""
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    x, d = mx.array(case.x), case.x.shape[-1]
    settings = {"traditional": case.pairing == "interleaved", "base": 10_000.0, "scale": 1.0, "offset": 0}

    def turned() -> Any:
        y = mx.fast.rope(x, d, **settings)
        mx.eval(y)
        return y

    yield Peer("MLX, table included", turned, table=True)


def _tensors(*arrays: np.ndarray) -> list[Any]:
    import torch

    return [torch.from_numpy(one) for one in arrays]


BOTH, FLOATS = ("half", "interleaved"), (np.float32, np.float64)
_PEERS = (
    ("transformers", BOTH, FLOATS, _transformers),
    ("rotary_embedding_torch", ("interleaved",), FLOATS, _rotary_embedding_torch),
    ("timm", BOTH, FLOATS, _timm),
    ("x_transformers", ("interleaved",), FLOATS, _x_transformers),
    ("onnxruntime", BOTH, (np.float32,), _onnxruntime),
    ("jax", ("half",), (np.float32,), _jax),
    ("mlx", BOTH, (np.float32,), _mlx),
)
