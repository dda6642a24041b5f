"""Attention as it is written in float32 and float64: no part of refpos, but for descriptions and what was learned."""

import math
from dataclasses import replace

import numpy as np
from honest import frequencies as ladders
from honest.encodings import Way, rotary
from honest.libraries import library

from refpos.spec.offsets import index
from refpos.spec.scaling import magnitude
from refpos.variants.attention import Attention, Chunks, Fope, LinearAttention, Local, RmsNorm
from refpos.variants.bias import T5Buckets
from refpos.variants.relative import Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.temperature import InverseRoot, LogFloor

NUMPY = library("NumPy")


def turn(x, p, variant, f, side, ladder="power"):
    if variant is None:
        return x
    name = np.dtype(f).name
    if side == "output":
        variant, side = replace(variant, sign=-variant.sign), "query"
    way = Way(ladders.LADDERS[ladder][0], name, name, name)
    return rotary(NUMPY, variant, way, np.asarray(p), x.astype(np.float64), side=side).astype(f)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def logits(one, q, k, i, j, learned, f, ladder="power"):
    """Return logits of queries and keys, in the arithmetic of a dtype."""
    if isinstance(one, Attention):
        return attention(one, q, k, i, j, learned, f, ladder)
    return OWN[type(one)](one, q, k, i, j, learned, f)


def attention(one, q, k, i, j, learned, f, ladder):
    def content(at_i, at_j):
        y = turn(q, at_i, one.rotary if "query" in one.rotate else None, f, "query", ladder)
        z = turn(k, at_j, one.rotary if "key" in one.rotate else None, f, "key", ladder)
        y, z = lengths(y, z, one.normalise, f)
        return (y * tau[:, None]) @ z.swapaxes(-1, -2)

    tau = temperature(one.temperature, i, len(k), f)
    x = content(i, j)
    if one.rectify is not None:
        w, pace = one.rectify.window, 0.0 if one.rectify.factor is None else 1 / one.rectify.factor
        x = np.where(i[:, None] - j < w, x, content(w + (i - w) * pace, j * pace))
    s = f(scale(one.scale, q.shape[-1]))
    if one.bias is not None:
        b = biased(one.bias, i, j, learned, f)
        return (x + b) * s if one.bias_scaled else x * s + b
    return np.where(seen(one.reach, i, j), x * s, f(-np.inf)).astype(f)


def biased(one, i, j, learned, f):
    """Return T5's rows of a table, or ALiBi from the first position on, of heads that are a power of two."""
    if isinstance(one, T5Buckets):
        return np.moveaxis(learned["table"][index(i, j, one)], -1, 0)
    slopes = f(2.0 ** (-8 / one.heads)) ** np.arange(1, one.heads + 1).astype(f)
    return np.broadcast_to(slopes[:, None, None] * j.astype(f), (one.heads, len(i), len(j)))


def scale(given, d):
    if given is None:
        return 1 / math.sqrt(d)
    return magnitude(given.magnitude) ** 2 / math.sqrt(given.terms * d) if isinstance(given, InverseRoot) else given


def lengths(q, k, norm, f):
    def over(x):
        if isinstance(norm, RmsNorm):
            return x / np.sqrt((x * x).mean(-1, keepdims=True) + f(norm.epsilon))
        return x / np.sqrt((x * x).sum(-1, keepdims=True))

    return q if norm in (None, "key") else over(q), k if norm is None else over(k)


def temperature(given, i, keys, f):
    if given is None:
        return np.ones(len(i), f)
    p = i.astype(f)
    if isinstance(given, LogFloor):
        return f(1) + f(given.coefficient) * np.log(f(1) + np.floor((p + f(given.offset)) / f(given.interval)))
    n = (
        p + f(1)
        if given.counted == "position"
        else np.full(len(i), keys if given.counted == "keys" else given.counted, f)
    )
    ratio = np.log(n) / (f(1) if given.base is None else np.log(f(given.base)))
    return f(given.coefficient) * (np.maximum(ratio, f(1)) if given.clip else ratio)


def seen(reach, i, j):
    match reach:
        case Local(width=n):
            return abs(i[:, None] - j) < n
        case Chunks(length=n):
            return i[:, None] // n == j // n
    return True


def fope(one, q, k, i, j, learned, f):
    y, z = (waved(x, p, one, learned, f) for x, p in ((q, i), (k, j)))
    return y @ z.swapaxes(-1, -2) / np.sqrt(f(one.width))


def waved(x, p, one, learned, f):
    omega = f(one.base) ** -(np.arange(one.kept).astype(f) * f(2) / f(one.width))
    phi = p.astype(f)[:, None] * omega
    c, s = np.cos(phi) @ learned["cos"], np.sin(phi) @ learned["sin"]
    half, n = one.width // 2, one.kept
    y = np.repeat(x[None], one.heads, 0)
    a, b = y[..., :n].copy(), y[..., half : half + n].copy()
    y[..., :n], y[..., half : half + n] = a * c - b * s, b * c + a * s
    return y


def shaw(one, q, k, i, j, learned, f):
    rows = learned["keys"][np.clip(j - i[:, None], -one.distance, one.distance) + one.distance]
    return (q[:, None] * (k + rows)).sum(-1) / np.sqrt(f(one.width))


def decomposed(one, q, k, i, j, learned, f):
    y, x = np.moveaxis(i[:, None] - j, -1, 0)
    h, w = one.window
    tables = learned["rows"][y + h - 1], learned["columns"][x + w - 1]
    added = [np.einsum("id,ijd->ij", q, table) for table in tables]
    return (q * f(one.width**-0.5)) @ k.T + added[0] + added[1]


def transformer_xl(one, q, k, i, j, learned, f):
    d = 2 * len(one.rows.frequencies.axes)
    omega = f(1) / f(one.rows.frequencies.base) ** (np.arange(0, d, 2).astype(f) / f(d))
    phi = (i[:, None] - j).astype(f)[..., None] * omega
    rows = np.concatenate([np.sin(phi), np.cos(phi)], -1)
    keys = np.einsum("hdm,ijm->hijd", learned["weight"], rows)
    u, v = (q + learned[name][:, None] for name in ("u", "v"))
    return (u @ k.T + np.einsum("hid,hijd->hij", v, keys)) * f(q.shape[-1] ** -0.5)


def deberta(one, q, k, i, j, learned, f):
    offset = (i[:, None] - j).astype(np.int64)
    places = [np.clip(bucket(each, one) + one.span, 0, 2 * one.span - 1) for each in (offset, -offset)]
    root = f(1) / np.sqrt(f(3 * one.width))
    c2p = np.einsum("id,hijd->hij", q, learned["keys"][:, places[0]])
    p2c = np.einsum("jd,hijd->hij", k, learned["queries"][:, places[one.mirrored]])
    return q @ k.T * root + c2p * root + p2c * root


def bucket(r, one):
    if one.buckets is None:
        return r
    m, size = one.buckets // 2, np.maximum(abs(r), 1).astype(np.float64)
    log = np.ceil(np.log(size / m) / math.log((one.distance - 1) / m) * (m - 1)) + m
    return np.where(abs(r) <= m, r, np.sign(r) * log).astype(np.int64)


def cope(one, q, k, i, j, learned, f):
    table = learned["table"]
    x = q @ k.T * f(one.width**-0.5)
    gates = f(1) / (f(1) + np.exp(-x))
    between = (j[:, None] <= j) & (j <= i[:, None, None])
    count = np.minimum(np.where(between, gates[:, None, :], f(0)).sum(-1, dtype=f), f(one.positions - 1))
    low, words = np.floor(count), q @ table.T
    below, above = (np.take_along_axis(words, at.astype(int), -1) for at in (low, np.ceil(count)))
    return x + (above * (count - low) + below * (f(1) - (count - low)))


def pope(one, q, k, i, j, learned, f):
    omega = f(one.base) ** -(np.arange(one.width).astype(f) / f(one.width))
    delta = np.clip(learned["angles"], f(-2 * math.pi), f(0))[:, None]
    a, b = (np.log(f(1) + np.exp(x)) for x in (q, k))
    phi, psi = i.astype(f)[:, None] * omega, j.astype(f)[:, None] * omega + delta
    rows = np.concatenate([a * np.cos(phi), a * np.sin(phi)], -1)
    others = np.concatenate([b * np.cos(psi), b * np.sin(psi)], -1)
    return rows @ others.swapaxes(-1, -2) * f(one.width**-0.5)


def fox(_one, q, k, i, j, learned, f):
    gates = learned["gates"]
    logs = -np.log(f(1) + np.exp(-gates))
    order = np.argsort(j)
    total = np.cumsum(logs[:, order], axis=-1, dtype=f)
    upto = np.concatenate([np.zeros((len(gates), 1), f), total], -1)
    at_i, at_j = (np.searchsorted(j[order], p, side="right") for p in (i, j))
    forgotten = upto[:, at_i][:, :, None] - upto[:, at_j][:, None, :]
    forgotten = np.where(j <= i[:, None], forgotten, f(0))
    return q @ k.T * f(q.shape[-1] ** -0.5) + forgotten


OWN = {
    Fope: fope,
    Shaw: shaw,
    TransformerXL: transformer_xl,
    Deberta: deberta,
    Decomposed: decomposed,
    Cope: cope,
    Pope: pope,
    Fox: fox,
}


def output(one, q, k, v, i, j, learned, f, ladder="power"):
    """Return what is made of values, in the arithmetic of a dtype."""
    if isinstance(one, LinearAttention):
        return linear(one, q, k, v, i, j, f, ladder)
    weights = softmax(logits(one, q, k, i, j, learned, f, ladder))
    if isinstance(one, Shaw):
        n = one.distance
        rows = learned["values"][np.clip(j - i[:, None], -n, n) + n]
        return weights @ v + np.einsum("ij,ijd->id", weights, rows)
    v = turn(v, j, one.rotary if "value" in one.rotate else None, f, "key", ladder)
    return turn(weights @ v, i, one.rotary if "output" in one.rotate else None, f, "output", ladder)


def linear(one, q, k, v, i, j, f, ladder):
    if one.kernel == "elu":
        q, k = (np.where(x > 0, x, np.expm1(np.minimum(x, f(0)))) + f(1) for x in (q, k))
    y, z = turn(q, i, one.rotary, f, "query", ladder), turn(k, j, one.rotary, f, "key", ladder)
    if one.kernel == "elu":
        return y @ (z.T @ v) / (q @ k.sum(0))[:, None]
    y, z = (x / np.sqrt((x * x).sum(-1, keepdims=True)) for x in (y, z))
    weights = f(1) + y @ z.T
    return weights @ v / weights.sum(-1, keepdims=True)
