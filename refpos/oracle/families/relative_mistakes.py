"""The usual mistakes with vectors for offsets, and with positions that content has a say in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from refpos.oracle.families.family import Inputs, Learned, filled
from refpos.spec.precise import Floats
from refpos.variants.attention import Attention, Fope
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL

Compute = Callable[[Any, Inputs, Learned], Floats]
Other = tuple[str, str, Callable[[Inputs, Learned], Floats]]


def relative(compute: Compute, variant: Any) -> Iterator[Other]:
    """Return the names, words and functions of mistakes."""
    return _OWN[type(variant)](compute, variant)


def changed(compute: Compute, variant: Any, name: str, words: str, **changes: Any) -> Other:
    """Return what a description with other fields makes of the same."""
    return name, words, partial(compute, replace(variant, **changes))


def _learned(compute: Compute, variant: Any, name: str, words: str, change: Callable[[Learned], Any]) -> Other:
    return name, words, lambda inputs, learned: compute(variant, inputs, {**learned, **change(learned)})


def _placed(compute: Compute, variant: Any, name: str, words: str, way: int, step: int = 0) -> Other:
    """Return what positions times ±1 make of the same, those of keys with a step more."""

    def moved(inputs: Inputs, learned: Learned) -> Floats:
        queries, keys = (
            [way * one + more for one in inputs[which]]
            for which, more in (("query_positions", 0), ("key_positions", step))
        )
        return compute(variant, {**inputs, "query_positions": queries, "key_positions": keys}, learned)

    return name, words, moved


def _fope(compute: Compute, variant: Fope) -> Iterator[Other]:
    words = "sums of sines taken for those of cosines, and the reverse"
    yield _learned(compute, variant, "waves/exchanged", words, lambda w: {"cos": w["sin"], "sin": w["cos"]})
    words = "matrices transposed"
    turned = {"cos": (0, 2, 1), "sin": (0, 2, 1)}
    yield _learned(
        compute,
        variant,
        "waves/transposed",
        words,
        lambda w: {name: w[name].transpose(to) for name, to in turned.items()},
    )
    yield _placed(compute, variant, "sign/flipped", "turned the other way", -1)

    def mixed(inputs: Inputs, learned: Learned) -> Floats:
        return compute(
            variant, {**inputs, "q": _mixed(inputs["q"], variant), "k": _mixed(inputs["k"], variant)}, learned
        )

    yield "sine/one", "sines of pairs without a frequency taken for 1", mixed


def _mixed(given: Any, variant: Fope) -> dict[str, Any]:
    x, half = filled(given), variant.width // 2
    a, b = x[:, variant.kept : half].copy(), x[:, half + variant.kept :].copy()
    x[:, variant.kept : half], x[:, half + variant.kept :] = a - b, b + a
    return {"shape": list(x.shape), "repeat": x.ravel().tolist()}


def _shaw(compute: Compute, variant: Shaw) -> Iterator[Other]:
    words = "query − key in place of key − query"
    yield _learned(compute, variant, "sign/flipped", words, lambda w: {name: one[::-1] for name, one in w.items()})
    narrow = replace(variant, distance=variant.distance - 1)

    def clipped(inputs: Inputs, learned: Learned) -> Floats:
        return compute(narrow, inputs, {name: one[1:-1] for name, one in learned.items()})

    yield "distance/one-less", "offsets clipped one earlier", clipped
    if variant.values:
        words = "no vectors added to values"
        yield _learned(compute, variant, "values/none", words, lambda w: {"values": 0 * w["values"]})
        words = "the vectors of keys added to values"
        yield _learned(compute, variant, "values/keys", words, lambda w: {"values": w["keys"]})


def _transformer_xl(compute: Compute, variant: TransformerXL) -> Iterator[Other]:
    yield _placed(compute, variant, "sign/flipped", "key − query in place of query − key", -1)
    yield _placed(compute, variant, "shift/one", "products shifted one too far", 1, 1)
    words = "the two learned queries exchanged"
    yield _learned(compute, variant, "learned/exchanged", words, lambda w: {"u": w["v"], "v": w["u"]})
    rows = replace(variant.rows, order="interleaved")
    yield changed(compute, variant, "rows/interleaved", "sines and cosines in turn", rows=rows)


def _deberta(compute: Compute, variant: Deberta) -> Iterator[Other]:
    words = "the second table read at query − key" if variant.mirrored else "the second table read at key − query"
    yield changed(compute, variant, "mirrored/other", words, mirrored=not variant.mirrored)
    root = np.sqrt(1 + len(variant.terms))
    words = "divided by √d whatever the number of terms"
    yield "scale/root", words, lambda inputs, learned: compute(variant, inputs, learned) * root
    words = "the two tables exchanged"
    yield _learned(compute, variant, "learned/exchanged", words, lambda w: {"keys": w["queries"], "queries": w["keys"]})
    if variant.buckets is not None:
        words = "the greatest distance doubled"
        yield changed(compute, variant, "distance/doubled", words, distance=2 * variant.distance)
        words = "the greatest distance one more"
        yield changed(compute, variant, "distance/plus-one", words, distance=variant.distance + 1)
    else:
        words = "offsets clipped one earlier after the query"
        yield _learned(compute, variant, "distance/one-less", words, lambda w: {n: _cut(one) for n, one in w.items()})


def _cut(table: Floats) -> Floats:
    """Return a table whose first row is its second."""
    return np.concatenate([table[:, 1:2], table[:, 1:]], axis=1)


def _decomposed(compute: Compute, variant: Decomposed) -> Iterator[Other]:
    root = np.sqrt(variant.width)
    words = "queries scaled where they meet the tables too"
    yield _learned(compute, variant, "scale/tables", words, lambda w: {name: one / root for name, one in w.items()})
    words = "key − query in place of query − key"
    yield _learned(compute, variant, "sign/flipped", words, lambda w: {name: one[::-1] for name, one in w.items()})
    if len(set(variant.window)) == 1:
        words = "rows and columns exchanged"
        yield _learned(compute, variant, "axes/swapped", words, lambda w: {"rows": w["columns"], "columns": w["rows"]})


def _cope(_compute: Compute, variant: Cope) -> Iterator[Other]:
    d = variant.width
    for name, words, root, whole, between in (
        (
            "gates/from-left",
            "gates added up from the first key on",
            d**0.5,
            False,
            lambda i, j, n: n <= np.minimum(i, j),
        ),
        ("gates/own", "the key's own gate left out", d**0.5, False, lambda i, j, n: (j < n) & (n <= i)),
        ("gates/later", "gates of keys after the query counted", d**0.5, False, lambda i, j, n: j + 0 * i <= n),
        ("gates/unscaled", "gates of logits that are not scaled", 1.0, False, lambda i, j, n: (j <= n) & (n <= i)),
        ("interpolation/floor", "the row below, not interpolated", d**0.5, True, lambda i, j, n: (j <= n) & (n <= i)),
    ):
        yield name, words, partial(_counted, root, whole, between)


def _counted(root: float, whole: bool, between: Callable[..., Any], inputs: Inputs, learned: Learned) -> Floats:
    """Return CoPE's logits with other gates: logits over √d, and the row of the table that gates add up to."""
    q, k, table = filled(inputs["q"]), filled(inputs["k"]), learned["table"]
    i, j = (np.array(inputs[name]) for name in ("query_positions", "key_positions"))
    gates = 1 / (1 + np.exp(-(q @ k.T) / root))
    seen = between(i[:, None, None], j[:, None], j)
    count = np.minimum((seen * gates[:, None, :]).sum(axis=-1), len(table) - 1)
    at = np.floor(count) if whole else count
    steps = np.clip(at[..., None] - np.arange(len(table) - 1), 0, 1)
    words = q @ table.T
    added = words[:, :1] + np.einsum("ijm,im->ij", steps, np.diff(words, axis=-1))
    return np.asarray((q @ k.T) / np.sqrt(q.shape[-1]) + added).reshape(-1, 1)


def _pope(compute: Compute, variant: Pope) -> Iterator[Other]:
    yield changed(compute, variant, "exponent/doubled", "frequencies base^(−2c/d)", base=variant.base**2)
    yield _placed(compute, variant, "sign/flipped", "the learned angle with the other sign", -1)
    words = "no learned angle"
    yield _learned(compute, variant, "angles/none", words, lambda w: {"angles": 0 * w["angles"]})
    words = "learned angles not clipped"
    turn = 2 * np.pi
    yield _learned(compute, variant, "angles/whole", words, lambda w: {"angles": -np.mod(-w["angles"], turn)})


def _fox(compute: Compute, variant: Fox) -> Iterator[Other]:
    content = partial(compute, Attention(variant.rotary))

    def weighed(factor: Callable[[Inputs], float], inputs: Inputs, learned: Learned) -> Floats:
        without = content(inputs, {name: one for name, one in learned.items() if name != "gates"})
        return without + factor(inputs) * (compute(variant, inputs, learned) - without)

    yield "sign/flipped", "logarithms of gates subtracted", partial(weighed, lambda _: -1.0)
    yield "gates/scaled", "gates divided by √d too", partial(weighed, lambda inputs: inputs["q"]["shape"][1] ** -0.5)
    yield "gates/none", "no gates", partial(weighed, lambda _: 0.0)

    def own(inputs: Inputs, learned: Learned) -> Floats:
        i, j = (np.array(inputs[name]) for name in ("query_positions", "key_positions"))
        logs = -np.logaddexp(0.0, -learned["gates"])
        more = np.where(j <= i[:, None], logs[:, None, :], 0.0)
        return compute(variant, inputs, learned) + np.moveaxis(more, 0, -1).reshape(-1, len(logs))

    yield "gates/own", "the key's own gate counted", own


_OWN: Mapping[type, Callable[[Compute, Any], Iterator[Other]]] = {
    Fope: _fope,
    Shaw: _shaw,
    TransformerXL: _transformer_xl,
    Deberta: _deberta,
    Decomposed: _decomposed,
    Cope: _cope,
    Pope: _pope,
    Fox: _fox,
}
