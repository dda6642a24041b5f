"""The usual mistakes with attention: what is turned, normalised, scaled, sharpened, biased, and where it ends."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from refpos.oracle.families.family import Inputs, Learned, Mistake, filled
from refpos.oracle.families.relative_mistakes import Compute, Other, changed, relative
from refpos.spec.logits import scale
from refpos.spec.precise import Floats
from refpos.spec.rotary import rotate
from refpos.spec.scaling import magnitude
from refpos.variants.attention import AnyAttention, Attention, Chunks, Layers, LinearAttention, Local, ReRope, RmsNorm
from refpos.variants.rotary import Pairing, Rotary
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor, Temperature

Change = tuple[str, str, dict[str, Any]]


def mistakes(compute: Compute, variant: AnyAttention | Layers) -> Iterator[Mistake]:
    """Yield the usual mistakes with an attention, or with the layers of a model.

    Parameters
    ----------
    compute : callable
        (variant, inputs, learned) -> logits or outputs, as the family has them.
    variant : attention or Layers
    """
    seen: set[str] = set()
    for name, words, predict in _all(compute, variant):
        if name not in seen:
            seen.add(name)
            yield Mistake(name, words, predict)


def _all(compute: Compute, variant: AnyAttention | Layers) -> Iterator[Other]:
    match variant:
        case Layers():
            yield from _layers(compute, variant)
        case Attention():
            yield from _fields(compute, variant)
            yield from _sharpened(compute, variant, variant)
            yield from _turned(compute, variant)
            yield from _biased(compute, variant)
        case LinearAttention():
            yield from _linear(compute, variant)
        case _:
            yield from relative(compute, variant)


def _layers(compute: Compute, variant: Layers) -> Iterator[Other]:
    """Yield layers counted otherwise, and what can be mistaken in one of them and all its like."""

    def moved(step: int, inputs: Inputs, learned: Learned) -> Floats:
        return compute(variant, {**inputs, "layer": inputs["layer"] + step}, learned)

    yield "layers/next", "layers counted from 1", partial(moved, 1)
    yield "layers/previous", "the last kind of layer comes first", partial(moved, len(variant.attentions) - 1)
    for kind in dict.fromkeys(one for one in variant.attentions if isinstance(one, Attention)):
        for name, words, changes in _changes(kind):
            other = replace(kind, **changes)
            others = tuple(other if one == kind else one for one in variant.attentions)
            yield changed(compute, variant, name, words, attentions=others)
        yield from _sharpened(compute, variant, kind)


def _fields(compute: Compute, variant: Attention) -> Iterator[Other]:
    for name, words, changes in _changes(variant):
        yield changed(compute, variant, name, words, **changes)


def _changes(one: Attention) -> Iterator[Change]:
    yield from _scales(one)
    yield from _temperatures(one)
    yield from _norms(one)
    yield from _rotations(one)
    yield from _ends(one)
    if one.bias is not None and one.scale != 1:
        words = "the bias added after logits are scaled" if one.bias_scaled else "the bias scaled too"
        yield "bias/scaled", words, {"bias_scaled": not one.bias_scaled}


def _scales(one: Attention) -> Iterator[Change]:
    if one.scale == 1:
        yield "scale/root", "logits divided by √d", {"scale": None}
    else:
        yield "scale/none", "logits not scaled", {"scale": 1.0}
    match one.scale:
        case InverseRoot(magnitude=g) if g != 1:
            size = magnitude(g)
            yield "scale/magnitude", "the magnitude not squared", {"scale": InverseRoot(magnitude=float(size**0.5))}
            yield "scale/no-magnitude", "the magnitude left out", {"scale": None}
            words = "d without the features that are turned"
            yield "scale/content", words, {"scale": InverseRoot(magnitude=float(size * 1.5**0.25))}


def _temperatures(one: Attention) -> Iterator[Change]:
    given = one.temperature
    if given is None:
        return
    yield "temperature/none", "no temperature", {"temperature": None}
    match given:
        case LogFloor(offset=offset, interval=interval):
            words = "the query itself counted among the tokens before it" if offset == 0 else "the query not counted"
            yield "temperature/offset", words, {"temperature": replace(given, offset=1 - offset)}
            words = "intervals twice as long"
            yield "temperature/interval", words, {"temperature": replace(given, interval=2 * interval)}
        case LogCount(counted=counted, clip=clip, base=base):
            if type(counted) is not int:
                words = "temperatures below 1 kept" if clip else "temperatures below 1 cut off"
                yield "temperature/clip", words, {"temperature": replace(given, clip=not clip)}
            other: Literal["keys", "position"] = "keys" if counted == "position" else "position"
            words = "the number of keys counted" if other == "keys" else "the position counted"
            yield "temperature/counted", words, {"temperature": replace(given, counted=other)}
            if base is not None:
                yield "temperature/base", "a base twice as large", {"temperature": replace(given, base=2 * base)}
                yield "temperature/natural", "not divided by ln base", {"temperature": replace(given, base=None)}


def _norms(one: Attention) -> Iterator[Change]:
    given = one.normalise
    if given is None:
        return
    yield "normalise/none", "nothing divided by its length", {"normalise": None}
    if given != "cosine":
        yield "normalise/cosine", "queries and keys divided by their lengths", {"normalise": "cosine"}
    if given != "key":
        yield "normalise/key", "keys alone divided by their lengths", {"normalise": "key"}
    if not isinstance(given, RmsNorm):
        yield "normalise/mean", "divided by the root of the mean of squares", {"normalise": RmsNorm()}


def _rotations(one: Attention) -> Iterator[Change]:
    rotary, sides = one.rotary, one.rotate
    if rotary is None:
        return
    for side in ("value", "output"):
        if one.rectify is None and rotary.growth is None and {"value", "output"} & set(sides):
            others = tuple(each for each in ("query", "key", "value", "output") if (each in sides) != (each == side))
            yield f"rotate/{side}", f"{side}s turned or not, the other way", {"rotate": others}
    if "query" in sides and one.rectify is None:
        yield "rotate/query-alone", "keys not turned", {"rotate": tuple(each for each in sides if each != "key")}
    yield "rotate/none", "nothing turned", {"rotary": None, "rectify": None, "rotate": ("query", "key")}
    pairing = _other_pairing(rotary)
    yield f"pairing/{pairing}", f"{pairing} pairs", {"rotary": replace(rotary, pairing=pairing)}
    yield "sign/flipped", "turned the other way", {"rotary": replace(rotary, sign=-rotary.sign)}


def _other_pairing(rotary: Rotary) -> Pairing:
    return "interleaved" if rotary.pairing == "half" else "half"


def _ends(one: Attention) -> Iterator[Change]:
    match one.rectify:
        case ReRope(window=w, factor=factor):
            for name, window in (("more", w + 1), ("less", w - 1)):
                yield f"window/one-{name}", f"a window one {name}", {"rectify": replace(one.rectify, window=window)}
            if factor is None:
                yield "factor/leaky", "distances that go on beyond the window", {"rectify": ReRope(w, 16.0)}
            else:
                yield "factor/inverted", "multiplied by k instead of divided", {"rectify": ReRope(w, 1 / factor)}
                yield "factor/none", "distances that end with the window", {"rectify": ReRope(w)}
    match one.reach:
        case Local(width=n):
            yield "reach/equal", "the key at the very distance is seen", {"reach": Local(n + 1)}
            yield "reach/less", "a reach one shorter", {"reach": Local(n - 1)}
            yield "reach/none", "every key is seen", {"reach": None}
        case Chunks(length=n):
            yield "reach/more", "chunks one longer", {"reach": Chunks(n + 1)}
            yield "reach/none", "every key is seen", {"reach": None}
            yield "reach/local", "a distance in place of a chunk", {"reach": Local(n)}


def _sharpened(compute: Compute, variant: AnyAttention | Layers, one: Attention) -> Iterator[Other]:
    """Yield other temperatures, by which queries are multiplied that are not divided by their lengths."""
    given = one.temperature
    if given is None or not (one.normalise is None or one.normalise == "key"):
        return

    def other(change: Callable[[Floats], Floats], inputs: Inputs, learned: Learned) -> Floats:
        if isinstance(variant, Layers) and variant.layer(inputs["layer"]) != one:
            return compute(variant, inputs, learned)
        p = np.array(inputs["query_positions"], dtype=np.float64)
        keys = len(inputs["key_positions"])
        q = filled(inputs["q"]) * (change(p) / _temperature(p, keys, given))[:, None]
        return compute(variant, {**inputs, "q": {"shape": list(q.shape), "repeat": q.ravel().tolist()}}, learned)

    if isinstance(given, LogFloor):
        c, n = given.coefficient, given.interval
        words = "intervals not counted in whole numbers"
        yield "temperature/floor", words, partial(other, lambda p: 1 + c * np.log1p((p + given.offset) / n))
    elif given.counted == "position" and not given.clip:
        words = "tokens counted from 0"
        yield "temperature/from-zero", words, partial(other, lambda p: _temperature(np.maximum(p - 1, 0), 1, given))


def _temperature(p: Floats, keys: int, given: Temperature) -> Floats:
    if isinstance(given, LogFloor):
        return np.asarray(1 + given.coefficient * np.log1p((p + given.offset) // given.interval))
    n = p + 1 if given.counted == "position" else np.full(p.shape, keys if given.counted == "keys" else given.counted)
    ratio = np.log(n) / (1 if given.base is None else np.log(given.base))
    return np.asarray(given.coefficient * (np.maximum(ratio, 1) if given.clip else ratio))


def _biased(compute: Compute, variant: Attention) -> Iterator[Other]:
    """Yield what another multiple of the bias makes of logits."""
    if variant.bias is None:
        return
    heads = variant.bias.heads

    def weighed(factor: float, inputs: Inputs, learned: Learned) -> Floats:
        own = replace(variant, bias=None, bias_scaled=False)
        content = np.repeat(compute(own, inputs, {}), heads, axis=-1)
        return content + factor * (compute(variant, inputs, learned) - content)

    yield "bias/none", "no bias", partial(weighed, 0.0)
    yield "bias/subtracted", "the bias subtracted", partial(weighed, -1.0)
    yield "bias/doubled", "the bias added twice", partial(weighed, 2.0)


def _turned(compute: Compute, variant: Attention) -> Iterator[Other]:
    rotary = variant.rotary
    if rotary is not None and rotary.growth is not None:
        yield "growth/side", "keys grow as queries do", partial(_grown, variant, rotary)
    if rotary is not None and variant.rectify is not None:
        w = variant.rectify.window
        flipped = replace(variant, rotary=replace(rotary, sign=-rotary.sign))

        def mirrored(inputs: Inputs, learned: Learned) -> Floats:
            i, j = (np.array(inputs[name]) for name in ("query_positions", "key_positions"))
            near = (i[:, None] - j < w).reshape(-1, 1)
            return np.where(near, compute(variant, inputs, learned), compute(flipped, inputs, learned))

        yield "rectify/sign", "turned the other way beyond the window", mirrored


def _grown(variant: Attention, rotary: Rotary, inputs: Inputs, _learned: Learned) -> Floats:
    q, k = (
        rotate(filled(inputs[name]), inputs[places], rotary)
        for name, places in (("q", "query_positions"), ("k", "key_positions"))
    )
    return np.asarray(scale(variant.scale, q.shape[-1]) * (q @ k.T)).reshape(-1, 1)


def _linear(compute: Compute, variant: LinearAttention) -> Iterator[Other]:
    words = "the other function of queries and keys"
    yield changed(compute, variant, "kernel/other", words, kernel="cosine" if variant.kernel == "elu" else "elu")
    yield changed(compute, variant, "rotate/none", "nothing turned", rotary=None)
    yield "softmax/taken", "the softmax of logits", partial(compute, Attention(variant.rotary))
    if variant.rotary is None:
        return
    rotary = variant.rotary
    pairing = _other_pairing(rotary)
    words = f"{pairing} pairs"
    yield changed(compute, variant, f"pairing/{pairing}", words, rotary=replace(rotary, pairing=pairing))
    if variant.kernel == "elu":
        words = "the divisor made of what is turned too"
        yield "divisor/turned", words, partial(_elu, rotary, lambda x: np.where(x > 0, 1 + x, np.exp(x)), True)
        words = "what is below 0 cut off"
        yield "kernel/relu", words, partial(_elu, rotary, lambda x: np.maximum(x, 0), False)


def _elu(rotary: Rotary, kernel: Callable[[Floats], Floats], also: bool, inputs: Inputs, _learned: Learned) -> Floats:
    q, k, v = (filled(inputs[name]) for name in ("q", "k", "v"))
    q, k = kernel(q), kernel(k)
    y, z = rotate(q, inputs["query_positions"], rotary), rotate(k, inputs["key_positions"], rotary, side="key")
    weights = y @ z.T
    divisor = weights if also else q @ k.T
    return np.asarray(weights @ v / divisor.sum(axis=-1, keepdims=True))
