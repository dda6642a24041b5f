"""The values of a subject, in groups that are made together: by refpos.exact, to so many bits, and by Arb."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import chain
from typing import Any, NamedTuple

import arb_reference as arbs
import million_draws as drawn

from refpos import Rotary
from refpos.exact import frequencies, rotary, scaling, sinusoidal, tables
from refpos.exact.roots import real
from refpos.variants.frequencies import plane_count

BITS = 128
"""Bits to which refpos.exact is asked first."""


class Group(NamedTuple):
    """Values of one kind at a position, None where there is none, and what else there is to say of them."""

    kind: str
    position: Any
    more: str
    made: Callable[[int], Sequence[Any]]
    truth: Callable[[], Sequence[Any]]


def groups(subject: drawn.Subject, draw: Any, quota: int) -> Iterator[Group]:
    """Yield frequencies, then what is made of them at a few positions, then a table of about so many values."""
    yield of_frequencies(subject)
    if isinstance(subject.variant, Rotary):
        yield of_magnitude(subject)
    for _ in range(2):
        p = drawn.position(draw, subject.variant)
        if isinstance(subject.variant, Rotary):
            yield of_position(subject, p, draw.choice(("query", "key")))
            x = drawn.features(draw, subject.features)
            yield of_rotation(subject, x, drawn.position(draw, subject.variant), draw.choice(("query", "key")))
        else:
            yield of_row(subject, p)
    count = max(2, quota // (2 * plane_count(subject.variant.frequencies)))
    side = draw.choice(("query", "key")) if isinstance(subject.variant, Rotary) else "query"
    yield from of_table(subject, drawn.rows(draw, subject.variant, count), side)


def of_frequencies(subject: drawn.Subject) -> Group:
    made = partial(frequencies.omega, subject.variant.frequencies, learned=subject.learned, head=subject.head)
    truth = partial(arbs.omega, subject.variant.frequencies, subject.learned, subject.head)
    return Group("frequencies", None, "", lambda bits: flat(made(bits)), lambda: flat(truth()))


def of_magnitude(subject: drawn.Subject) -> Group:
    factor = subject.variant.attention_factor

    def made(bits: int) -> list[Any]:
        return [real(scaling.magnitude(factor, bits + 8), bits + 8)]

    return Group("magnitudes", None, "", made, lambda: [arbs.magnitude(factor)])


def of_position(subject: drawn.Subject, p: Any, side: Any, kind: str = "cosines and sines") -> Group:
    """Return the cosines and sines of a position, those of a sinusoidal variant as of a rotary one."""
    _, variant, _, learned, head = subject
    turned = variant if isinstance(variant, Rotary) else Rotary(variant.frequencies, attention_factor=variant.scale)

    def made(bits: int) -> list[Any]:
        return flat(zip(*rotary.cos_sin(p, turned, bits, side, learned=learned, head=head), strict=True))

    return Group(kind, p, side, made, lambda: flat(arbs.circles(p, variant, side, learned, head)))


def of_rotation(subject: drawn.Subject, x: list[float], p: Any, side: Any) -> Group:
    _, variant, _, learned, head = subject

    def made(bits: int) -> Sequence[Any]:
        return rotary.rotate(x, p, variant, bits, side, learned=learned, head=head)

    return Group("rotations", p, f"{side} {x}", made, lambda: arbs.rotate(x, p, variant, side, learned, head))


def of_row(subject: drawn.Subject, p: Any) -> Group:
    made = partial(sinusoidal.embed, p, subject.variant, learned=subject.learned)
    return Group("sinusoids", p, "", made, lambda: arbs.embed(p, subject.variant, subject.learned))


def of_table(subject: drawn.Subject, positions: range, side: Any) -> Iterator[Group]:
    """Yield the rows of a table; for more bits than the first, a row is made by itself, as golden files do."""
    _, variant, _, learned, head = subject

    @cache
    def table() -> tables.Table:
        return tables.tables(positions, variant, BITS, side, learned=learned, head=head)

    def row(n: int) -> list[Any]:
        return flat(table().pair(n, k) for k in range(len(table().columns)))

    for n, p in enumerate(positions):
        alone = of_position(subject, at(p, variant), side, "tables")
        yield alone._replace(
            more=f"{side}, in {positions}",
            made=lambda bits, n=n, alone=alone: row(n) if bits == BITS else alone.made(bits),
        )


def at(p: int, variant: Any) -> Any:
    axes = drawn.axis_count(variant.frequencies)
    return p if axes == 1 else (p,) * axes


def flat(rows: Any) -> list[Any]:
    return list(chain.from_iterable(rows))
