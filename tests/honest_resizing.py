"""Weights by which tables are resized, made as libraries make them, in a dtype."""

import numpy as np


def cubic(x, a):
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    return np.where(x < 1, near, np.where(x < 2, ((a * x - 5 * a) * x + 8 * a) * x - 4 * a, 0)).astype(x.dtype)


def honest_weights(old, new, rule, f):
    """Return (new, old) weights as libraries make them, in a dtype."""
    corners = rule.align == "corners"
    step = f(old - 1) / f(max(new - 1, 1)) if corners else f(old) / f(new)
    if rule.offset:
        step = f(1) / ((f(new) + f(rule.offset)) / f(old))
    wide = max(step, f(1)) if rule.antialias else f(1)
    reach = int(np.ceil((1 if rule.a is None else 2) * wide)) + 1
    found = np.zeros((new, old), f)
    for i in range(new):
        s = f(i) * step if corners else (f(i) + f(0.5)) * step - f(0.5)
        points = np.arange(int(np.floor(s)) - reach, int(np.floor(s)) + reach + 2)
        x = (s - points.astype(f)) / wide
        w = np.maximum(f(1) - np.abs(x), f(0)) if rule.a is None else cubic(x, f(rule.a))
        if rule.antialias:
            inside = (points >= 0) & (points < old)
            w, points = w[inside] / w[inside].sum(dtype=f), points[inside]
        np.add.at(found[i], np.clip(points, 0, old - 1), w)
    return found
