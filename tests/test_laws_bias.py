"""Laws of biases, each over the whole catalogue: it holds where its predicate says so, and nowhere else.

What is looked up is compared exactly, and what is reckoned to 2^-40 of its size. Windows are brought to 3 by 5: no
square.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from laws import Law, count, has_counterexample, pairs, ratio
from strategies import FEW, generators, learned_by

from refpos import bias
from refpos.catalogue import BIAS
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich, T5Buckets, axis_count
from refpos.variants.window import SwinContinuous, SwinWindow

WINDOW = (3, 5)
ENTRIES = {
    name: replace(entry.variant, window=WINDOW)
    if isinstance(entry.variant, SwinWindow | SwinContinuous)
    else entry.variant
    for name, entry in BIAS.items()
}
U = 2.0**-40


def learned(variant, rng):
    """Return learned arrays in the range of their method, so that thresholds are on the way."""
    found = learned_by(variant, rng) or {}
    for name in {"r1", "r2", "c"} & set(found):
        found[name] = rng.uniform(0.25, 2.0, found[name].shape)
    if "threshold" in found:
        found["threshold"] = np.array(20.0)
    return found or None


def windowed(variant):
    return isinstance(variant, SwinWindow | SwinContinuous)


def is_plane(variant):
    return axis_count(variant) == 2


def cells(rng, n, sides=WINDOW):
    return np.stack([rng.integers(0, side, n) for side in sides], axis=-1)


def places(variant, rng, n):
    """Return the positions of so many tokens: cells of part of the window, others anywhere up to a hundred."""
    if windowed(variant):
        return cells(rng, n, (2, 3))
    return rng.permutation(100)[:n] if axis_count(variant) == 1 else rng.integers(0, 30, (n, 2))


def step(variant, rng):
    """Return by how much tokens can be moved together."""
    return np.array([1, 2]) if windowed(variant) else rng.integers(20, 200, 2 if is_plane(variant) else ())


def rounded(error, *terms):
    """Return an error, and what rounding explains of it."""
    size = max((float(np.abs(one).max()) for one in terms), default=1.0)
    return error, U * max(size, 1.0)


# What a law says, as the error that it makes.


def moved(variant, rng):
    q, k, t, given = places(variant, rng, 4), places(variant, rng, 6), step(variant, rng), learned(variant, rng)
    here, there = (bias(q + by, k + by, variant, learned=given) for by in (0 * t, t))
    return rounded(here - there, here)


def of_queries(variant, rng):
    k, given = places(variant, rng, 6), learned(variant, rng)
    found = bias(places(variant, rng, 4), k, variant, learned=given)
    return rounded(found - found[:, :1], found)


def turned_round(variant, rng):
    p, given = places(variant, rng, 6), learned(variant, rng)
    found = bias(p, p, variant, learned=given)
    return rounded(found - np.swapaxes(found, -1, -2), found)


def at_home(variant, rng):
    """Return what a token adds to its own logit, less what the method says."""
    p, given = places(variant, rng, 6), learned(variant, rng)
    first = int(getattr(variant, "cls", False))
    found = bias(p, p, variant, learned=given)[:, first:, first:].diagonal(axis1=1, axis2=2).T
    return rounded(found - stated_at_home(variant, p, given), found)


def stated_at_home(variant, p, given):
    match variant:
        case Alibi(reference="origin", heads=heads, maximum=most):
            n = 2 ** int(np.log2(heads))
            ranks = [k / n for k in range(1, n + 1)] + [(2 * k + 1) / (2 * n) for k in range(heads - n)]
            return p[:, None] * 2.0 ** (-most * np.array(ranks))
        case T5Buckets():
            return given["table"][0]
        case SwinWindow(window=(h, w)):
            return given["table"][(h - 1) * (2 * w - 1) + w - 1]
        case SwinContinuous() | Fire():
            found = given["output_weight"] @ np.maximum(given["hidden_bias"], 0) + given.get("output_bias", 0.0)
            gain = getattr(variant, "gain", None)
            return found if gain is None else gain / (1 + np.exp(-found))
    return 0.0


def among_others(variant, rng):
    p, q, given = places(variant, rng, 6), places(variant, rng, 4), learned(variant, rng)
    at = slice(None, 1 + getattr(variant, "cls", False))
    together, alone = (bias(q, k, variant, learned=given)[..., at] for k in (p, p[:1]))
    return rounded(together - alone, together)


def after_a_causal_softmax(variant, rng):
    """Return how the weights of a decoder change when all tokens are moved on."""
    p, given, t = np.arange(8) * int(rng.integers(1, 5)), learned(variant, rng), step(variant, rng)
    logits = rng.standard_normal((8, 8))
    here, there = (causal(logits + bias(p + by, p + by, variant, learned=given)) for by in (0, t))
    return rounded(here - there, 1.0)


def causal(logits):
    seen = np.where(np.tril(np.ones(logits.shape[-2:], dtype=bool)), logits, -np.inf)
    weights = np.exp(seen - seen.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def heads_permuted(variant, rng):
    p, given, order = places(variant, rng, 5), learned(variant, rng), rng.permutation(variant.heads)
    other = {name: of_heads(name, one, order) for name, one in given.items()}
    found, permuted = (bias(p, p, variant, learned=one) for one in (given, other))
    return rounded(found[order] - permuted, found)


def of_heads(name, array, order):
    """Return an array with its heads in another order; a hidden layer is one for all of them."""
    match name:
        case "table":
            return array[:, order]
        case "r1" | "r2" | "output_weight" | "output_bias":
            return array[order]
    return array


def apart_from_the_first_head(variant, rng):
    """Return what is left of each head when the multiple of the first that fits best is taken away."""
    p, given = places(variant, rng, 6), learned(variant, rng)
    found = bias(p, p, variant, learned=given).reshape(variant.heads, -1)
    share = found @ found[0] / (found[0] @ found[0])
    return rounded(found - share[:, None] * found[0], found)


def risen(variant, rng):
    """Return by how much a bias rises from a key to one farther before the query."""
    given = learned(variant, rng)
    if is_plane(variant):
        q, k = np.array([[2, 4]]), places(variant, rng, 8)
        far = np.argsort(np.square(k - q).sum(axis=-1), kind="stable")
    else:
        q, k = np.array([1000]), rng.permutation(1000)[:40]
        far = np.argsort(-k)
    found = bias(q, k[far], variant, learned=given)
    found = found[:, -1:, 1:] if getattr(variant, "cls", False) else found
    return rounded(np.maximum(np.diff(found, axis=-1), 0.0), 1.0)


def from_the_query(variant):
    return getattr(variant, "reference", "query") == "query"


def of_one_key(variant):
    """Whether no other key has a say."""
    return getattr(variant, "reference", "query") != "last-key"


def is_a_kernel(variant):
    """Whether a bias is of the distance alone, with which it falls."""
    return (isinstance(variant, Alibi) and from_the_query(variant)) or isinstance(variant, Kerple)


FIXED = Alibi | Sandwich
"""What learns nothing."""

LAWS = (
    Law(
        "depends on offsets alone",
        moved,
        lambda one: not isinstance(one, Fire) and getattr(one, "reference", "query") != "origin",
    ),
    Law("has one row for all queries", of_queries, lambda one: not from_the_query(one)),
    Law("is symmetric", turned_round, lambda one: is_a_kernel(one) or isinstance(one, Sandwich)),
    Law(
        "is what the method says at no distance", at_home, asked=lambda one: getattr(one, "reference", "") != "last-key"
    ),
    Law("of a key does not depend on others", among_others, of_one_key),
    Law(
        "depends on offsets alone after a causal softmax",
        after_a_causal_softmax,
        lambda one: not isinstance(one, Fire),
        lambda one: not is_plane(one),
    ),
    Law("is permuted with the heads of what is learned", heads_permuted, asked=lambda one: bool(one.learned)),
    Law(
        "of a head is a multiple of the first's",
        apart_from_the_first_head,
        lambda one: isinstance(one, Alibi | Sandwich),
    ),
    Law("never rises with the distance before the query", risen, lambda one: isinstance(one, Alibi | Kerple)),
)


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, True))
@FEW
@given(rng=generators)
def test_a_bias(law, variant, rng):
    assert ratio(law, variant, rng) <= 1


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, False))
def test_not_every_bias(law, variant):
    assert has_counterexample(law, variant)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_bias_is_held_to_at_least_two_laws(name):
    assert count(LAWS, ENTRIES[name]) >= 2


@pytest.mark.parametrize("law", LAWS, ids=lambda one: one.says)
def test_every_law_holds_for_some_bias(law):
    assert any(law.asked(one) and law.holds(one) for one in ENTRIES.values())
