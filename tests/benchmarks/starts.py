"""What a person waits for: imports, commands, checks, golden files; and functions beside those of a framework."""

from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec

import numpy as np
from measuring import Row, Work, agree, in_turn, ran

from refpos import CATALOGUE, Resize, embed, resize

CHECKED = "from refpos import *; check(lambda x, p: rotate(x, p, CATALOGUE['llama-2'].variant), 'llama-2')"
IDENTIFIED = "from refpos import *; identify(lambda x, p: rotate(x, p, CATALOGUE['llama-2'].variant), features=128)"
BARE, OVER = "import numpy", "import refpos, over NumPy's"
STARTS = {
    OVER: (("-c", "import numpy, refpos"), 0.03),
    "`refpos list`": (("-m", "refpos", "list"), 0.3),
    "check of one function": (("-c", CHECKED), 1.5),
    "identify of one function": (("-c", IDENTIFIED), None),
}
"""What is run in a process of its own, and the seconds that it may take, where they are set."""
LONG = {
    "`refpos check --only transformers`": ("-m", "refpos", "check", "--only", "transformers"),
    "`refpos golden verify --jobs 1`": ("-m", "refpos", "golden", "verify", "--jobs", "1"),
}
"""What takes so long that a fifth of the rounds must do."""
SECOND = "a second"


def starts(rounds: int) -> Iterator[Row]:
    """Yield the seconds that commands take."""
    works = {what: partial(ran, *arguments) for what, (arguments, _) in STARTS.items()}
    took = in_turn({BARE: partial(ran, "-c", "import numpy"), **works}, rounds)
    took[OVER] = np.subtract(took[OVER], took[BARE]).tolist()
    yield from (Row(what, SECOND, took[what], most) for what, (_, most) in STARTS.items())
    long = {what: partial(ran, *arguments) for what, arguments in LONG.items() if _there(arguments)}
    took = in_turn(long, max(2, rounds // 5), warm=False)
    yield from (Row(what, SECOND, took[what]) for what in long)


def _there(arguments: Sequence[str]) -> bool:
    return "transformers" not in arguments or find_spec("transformers") is not None


def functions(rounds: int) -> Iterator[Row]:
    """Yield the time of functions over that of a framework's own that does the same."""
    if not find_spec("transformers"):
        return
    from torch import from_numpy, nn
    from transformers.models.m2m_100.modeling_m2m_100 import M2M100SinusoidalPositionalEmbedding

    table, rule = np.random.default_rng(20).standard_normal((14 * 14, 768)), Resize("cubic", a=-0.75)
    grid, n = from_numpy(table).reshape(1, 14, 14, 768).permute(0, 3, 1, 2), np.arange(16_384)
    made = M2M100SinusoidalPositionalEmbedding.get_embedding
    works: dict[str, tuple[Work, str, Work]] = {
        "resize, 14 by 14 to 24 by 24, 768 features": (
            lambda: resize(table, (14, 14), (24, 24), rule),
            "torch, interpolate",
            lambda: nn.functional.interpolate(grid, (24, 24), mode="bicubic").permute(0, 2, 3, 1).reshape(-1, 768),
        ),
        "embed, 16,384 rows of 512, in float64": (
            lambda: embed(n, CATALOGUE["tensor2tensor"].variant),
            "transformers, get_embedding, in float32",
            lambda: made(len(n), 512),
        ),
    }
    for what, (mine, other, theirs) in works.items():
        assert agree(mine(), theirs()), f"{other} computes something else"
        took = in_turn({"mine": mine, "theirs": theirs}, rounds)
        yield Row(what, other, np.divide(took["mine"], took["theirs"]).tolist())
