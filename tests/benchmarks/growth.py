"""How time and memory grow: with the rows of a table, from thousands to millions, and with queries times keys."""

import statistics
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from measuring import Work, in_turn, peak, short

from refpos import (
    CATALOGUE,
    Frequencies,
    Resize,
    Rotary,
    Sinusoidal,
    angles,
    bias,
    cos_sin,
    embed,
    resize,
    scores,
    turn,
)
from refpos.variants.relative import KEYS

WIDTH, SHORT = 16, Frequencies((0,) * 8)
ROWS = tuple(2**k for k in range(10, 25, 2))
TABLES, SQUARES, SIDES = (10_000, 10_000_000), (256, 1_024), (16, 128)
"""The least and the most rows of a table, queries and keys, and cells along the sides of a grid."""
BIASES = ("alibi", "t5-encoder", "kerple-log", "sandwich", "fire")
ATTENTIONS = ("rope-attention", "shaw", "transformer-xl", "deberta", "fox")
RNG = np.random.default_rng(20)
HEAD = ("work", "sizes", "numbers", "held beside them", "ns for each")

Make = Callable[[int], Work]


class Grown(NamedTuple):
    """A work at some sizes: how many numbers it makes, the bytes that it holds beside them, and its seconds."""

    what: str
    sizes: tuple[int, ...]
    numbers: tuple[int, ...]
    held: tuple[int, ...]
    seconds: tuple[float, ...]

    def cells(self) -> list[str]:
        each = [1e9 * one / n for one, n in zip(self.seconds, self.numbers, strict=True)]
        told = [[f"{n:,}" for n in self.sizes], [f"{short(n / 1e6)} M" for n in self.numbers]]
        told += [[f"{short(n / 1e6)} MB" for n in self.held], [short(n) for n in each]]
        return [self.what, *(f"{one[0]} to {one[-1]}" for one in told)]


def _turned(pairing: str, n: int) -> Work:
    variant = Rotary(SHORT, pairing=pairing)
    x = np.ones((n, WIDTH), np.float32)
    return partial(turn, x, *cos_sin(np.arange(n), variant, np.float32), variant, out=x)


def _copied(n: int) -> Work:
    x, out = np.ones((2, n, WIDTH), np.float32)
    return lambda: (np.copyto(out, x), out)[1]


def _angles(n: int) -> Work:
    return partial(angles, np.arange(n), SHORT, out=np.empty((n, WIDTH // 2)))


def _cos_sin(n: int) -> Work:
    out = np.empty((2, n, WIDTH // 2), np.float32)
    return partial(cos_sin, np.arange(n), Rotary(SHORT), np.float32, out=(out[0], out[1]))


def _embed(n: int) -> Work:
    return partial(embed, np.arange(n), Sinusoidal(SHORT), out=np.empty((n, WIDTH)))


def _bias(name: str, n: int) -> Work:
    variant, p = CATALOGUE[name].variant, np.arange(n)
    return partial(bias, p, p, variant, learned=_learned(variant, n))


def _scores(name: str, n: int) -> Work:
    attention, p = CATALOGUE[name].variant, np.arange(n)
    q = RNG.standard_normal((getattr(attention, "heads", 8), n, 64))
    return partial(scores, q, q, p, p, attention, learned=_learned(attention, n))


def _resize(n: int) -> Work:
    return partial(resize, RNG.standard_normal((n**2, 64)), (n, n), (2 * n, 2 * n), Resize("cubic", a=-0.75))


def _learned(variant: object, keys: int) -> dict[str, np.ndarray] | None:
    shapes = getattr(variant, "learned", {})
    return {name: 0.1 + RNG.random([keys if n == KEYS else n for n in shape]) for name, shape in shapes.items()} or None


TURNS: Mapping[str, Make] = {
    "half": partial(_turned, "half"),
    "interleaved": partial(_turned, "interleaved"),
    "plain copy": _copied,
}
INTO: Mapping[str, Make] = {"angles": _angles, "cos_sin": _cos_sin, "embed": _embed}
"""What is written into arrays that are there."""
OWN: Mapping[str, tuple[tuple[int, ...], Make]] = {
    **{f"bias, {name}": (SQUARES, partial(_bias, name)) for name in BIASES},
    **{f"scores, {name}": (SQUARES, partial(_scores, name)) for name in ATTENTIONS},
    "resize, cubic, to twice the side": (SIDES, _resize),
}
"""What makes the array that it returns."""


def by_rows() -> Iterator[Grown]:
    """Yield how turning in place grows with the rows, and a plain copy of them."""
    return (_grown(what, ROWS, make, own=False) for what, make in TURNS.items())


def by_size() -> Iterator[Grown]:
    """Yield how all else grows."""
    yield from (_grown(f"{what}, into `out`", TABLES, make, own=False) for what, make in INTO.items())
    yield from (_grown(what, sizes, make, own=True) for what, (sizes, make) in OWN.items())


def _grown(what: str, sizes: tuple[int, ...], make: Make, *, own: bool) -> Grown:
    return Grown(what, sizes, *zip(*(_measured(make(n), own) for n in sizes), strict=True))


def _measured(work: Work, own: bool) -> tuple[int, int, float]:
    """Return the numbers that are made, the bytes held beside them, and the seconds."""
    seconds = statistics.median(in_turn({"": work}, 3)[""])
    found = work()
    parts = found if isinstance(found, tuple) else (found,)
    numbers, size = sum(one.size for one in parts), sum(one.nbytes for one in parts)
    del found, parts
    return numbers, peak(work) - (size if own else 0), seconds
