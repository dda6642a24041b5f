"""The usual mistakes with biases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, assert_never

import numpy as np

from refpos.oracle.families.family import Inputs, Learned, Mistake
from refpos.spec.precise import Floats
from refpos.variants.bias import Alibi, Bias, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

Compute = Callable[[Any, Inputs, Learned], Floats]
Other = tuple[str, str, Callable[[Inputs, Learned], Floats]]


def mistakes(compute: Compute, variant: Bias) -> Iterator[Mistake]:
    """Yield the usual mistakes with a bias.

    Parameters
    ----------
    compute : callable
        (variant, inputs, learned) -> a row for each query and key, a column for each head.
    variant : Alibi, T5Buckets, SwinWindow, SwinContinuous, Kerple, Sandwich or Fire
    """
    for name, words, predict in (*_everywhere(compute, variant), *_own(compute, variant)):
        yield Mistake(name, words, predict)


def _everywhere(compute: Compute, variant: Bias) -> Iterator[Other]:
    def exchanged(inputs: Inputs, learned: Learned) -> Floats:
        turned = {"query_positions": inputs["key_positions"], "key_positions": inputs["query_positions"]}
        found = compute(variant, turned, learned)
        cls = int(getattr(variant, "cls", False))
        across = len(inputs["key_positions"]) + cls
        return found.reshape(across, -1, found.shape[-1]).swapaxes(0, 1).reshape(found.shape)

    def crossed(inputs: Inputs, learned: Learned) -> Floats:
        turned = {name: [one[::-1] for one in points] for name, points in inputs.items()}
        return compute(variant, turned, learned)

    yield "sign/flipped", "added where it is to be subtracted, or the reverse", lambda i, w: -compute(variant, i, w)
    yield "positions/exchanged", "query and key exchanged: the offset has the other sign", exchanged
    square = len(set(getattr(variant, "window", (0, 0)))) == 1
    if axis_count(variant) > 1 and square:
        yield "axes/swapped", "rows and columns exchanged", crossed


def _own(compute: Compute, variant: Bias) -> Iterator[Other]:
    match variant:
        case Alibi():
            return _alibi(compute, variant)
        case T5Buckets():
            return _t5(compute, variant)
        case SwinWindow() | SwinContinuous():
            return _window(compute, variant)
        case Kerple():
            return _kerple(compute, variant)
        case Sandwich():
            return _sandwich(compute, variant)
        case Fire():
            return _fire(compute, variant)
        case _:
            assert_never(variant)


def _changed(compute: Compute, variant: Bias, name: str, words: str, **changes: Any) -> Other:
    other = replace(variant, **changes)
    return name, words, partial(compute, other)


def _learned(compute: Compute, variant: Bias, name: str, words: str, change: Callable[[Learned], Any]) -> Other:
    return name, words, lambda inputs, learned: compute(variant, inputs, {**learned, **change(learned)})


def _alibi(compute: Compute, variant: Alibi) -> Iterator[Other]:
    others = {"query": "the query", "origin": "the first position", "last-key": "the last key"}
    for name, words in others.items():
        if name != variant.reference and variant.axes == 1:
            yield _changed(compute, variant, f"reference/{name}", f"measured from {words}", reference=name)
    yield _changed(compute, variant, "slopes/half", "slopes to 2^(−maximum/2)", maximum=variant.maximum / 2)

    def sloped(exponents: Any) -> Callable[[Inputs, Learned], Floats]:
        right = np.array([float(one) for one in variant.steepness])
        return lambda inputs, learned: (
            compute(variant, inputs, learned) * 2.0 ** (variant.maximum * (right - exponents))
        )

    steps = np.arange(1, variant.heads + 1)
    if variant.heads & (variant.heads - 1):
        words = "one geometric sequence for heads that are no power of two"
        yield "slopes/geometric", words, sloped(steps / variant.heads)
    yield "slopes/from-one", "slopes that begin with 1", sloped((steps - 1) / variant.heads)


def _t5(compute: Compute, variant: T5Buckets) -> Iterator[Other]:
    words = "one side where there are two" if variant.bidirectional else "two sides where there is one"
    yield _changed(compute, variant, "sides/other", words, bidirectional=not variant.bidirectional)
    for name, words, distance in (
        ("doubled", "doubled", 2 * variant.distance),
        ("plus-one", "one more", variant.distance + 1),
    ):
        yield _changed(compute, variant, f"distance/{name}", f"the greatest distance {words}", distance=distance)

    def forward(inputs: Inputs, learned: Learned) -> Floats:
        found = compute(variant, inputs, learned)
        q, k = (np.array(inputs[name]) for name in ("query_positions", "key_positions"))
        own = (q[:, None] == k[None, :]).ravel()
        found[own] = learned["table"][variant.side]
        return found

    if variant.bidirectional:
        yield "sides/own", "the query's own position counted among those after it", forward


def _cls(compute: Compute, variant: SwinWindow) -> Callable[[Inputs, Learned], Floats]:
    def exchanged(inputs: Inputs, learned: Learned) -> Floats:
        table = learned["table"].copy()
        table[[-3, -2]] = table[[-2, -3]]
        return compute(variant, inputs, {"table": table})

    return exchanged


def _window(compute: Compute, variant: SwinWindow | SwinContinuous) -> Iterator[Other]:
    if isinstance(variant, SwinContinuous):
        yield from _continuous(compute, variant)
    elif variant.cls:
        yield "cls/exchanged", "the rows for class to cell and cell to class exchanged", _cls(compute, variant)


def _continuous(compute: Compute, variant: SwinContinuous) -> Iterator[Other]:
    if variant.pretrained is not None:
        words = "coordinates scaled by the window at hand, not that of pretraining"
        yield _changed(compute, variant, "pretrained/ignored", words, pretrained=None)
    else:
        other = "plain" if variant.coordinates == "scaled" else "scaled"
        yield _changed(compute, variant, f"coordinates/{other}", f"{other} coordinates", coordinates=other)
    if variant.gain is not None:
        yield _changed(compute, variant, "gain/none", "no sigmoid", gain=None)
        yield _changed(compute, variant, "gain/one", "a sigmoid that is not multiplied", gain=1.0)


def _kerple(compute: Compute, variant: Kerple) -> Iterator[Other]:
    other = "power" if variant.kernel == "logarithmic" else "logarithmic"
    yield _changed(compute, variant, "kernel/other", f"the {other} kernel", kernel=other)
    words = "the two learned numbers of a head exchanged"
    yield _learned(compute, variant, "learned/exchanged", words, lambda w: {"r1": w["r2"], "r2": w["r1"]})


def _sandwich(compute: Compute, variant: Sandwich) -> Iterator[Other]:
    first = 1 - variant.first if variant.first in (0, 1) else 0
    yield _changed(compute, variant, "ladder/first", f"waves counted from {first}", first=first)
    yield _changed(compute, variant, "divisor/share", "divided by the head's share alone", maximum=1.0)

    def raised(inputs: Inputs, learned: Learned) -> Floats:
        divisors = variant.maximum * np.arange(1, variant.heads + 1) / variant.heads
        return compute(variant, inputs, learned) + variant.width / 2 / divisors

    yield "width/kept", "the product of a row with itself not subtracted", raised


def _fire(compute: Compute, variant: Fire) -> Iterator[Other]:
    words = "the threshold left out of the divisor"
    yield _learned(compute, variant, "threshold/ignored", words, lambda _: {"threshold": np.array(2.0**-60)})
    words = "distances not multiplied before the logarithm"
    yield _learned(compute, variant, "c/one", words, lambda _: {"c": np.array(1.0)})
    words = "1 added to the divisor"
    yield _changed(compute, variant, "divisor/plus-one", words, epsilon=variant.epsilon + 1.0)
