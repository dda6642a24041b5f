"""Laws of attention, each over the whole catalogue, layer by layer, between tokens that are on no diagonal.

Logits and outputs are compared to 2^-36 of their size: a sum over some hundred features, and angles up to a thousand.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from laws import Law, count, has_counterexample, pairs, ratio
from strategies import FEW, generators

from refpos import attend, scores
from refpos.catalogue import ATTENTION
from refpos.variants.attention import Attention, Chunks, Fope, Layers, LinearAttention
from refpos.variants.bias import Alibi, Fire, Sandwich
from refpos.variants.relative import KEYS, Cope, Deberta, Decomposed, Fox, Pope, Shaw, TransformerXL
from refpos.variants.temperature import InverseRoot, LogCount, LogFloor

N = 5
CAUSAL = np.tril(np.ones((N, N), dtype=bool))
U = 2.0**-36
FEWER = settings(FEW, max_examples=2)


def layers():
    """Return the attentions of the catalogue by name, those of layers apart."""
    found = {}
    for name, entry in ATTENTION.items():
        variant = entry.variant
        if isinstance(variant, Layers):
            found |= {f"{name}/{at}": variant.layer(at) for at in (0, len(variant.attentions) - 1)}
        else:
            found[name] = variant
    return {name: small(one) for name, one in found.items()}


def small(attention):
    """Return an attention with fewer heads and rows, which change no law."""
    match attention:
        case Attention(bias=None) | LinearAttention() | Fope() | Pope() | Fox() | Shaw() | Cope():
            return attention
        case Attention(bias=bias):
            return replace(attention, bias=replace(bias, heads=3))
        case Decomposed():
            return replace(attention, window=(4, 6), width=8)
        case TransformerXL():
            return replace(attention, heads=3, width=8)
        case Deberta(buckets=None):
            return replace(attention, heads=3, width=8, distance=16)
        case Deberta():
            return replace(attention, heads=3, width=8, distance=64, buckets=16)


ENTRIES = layers()


class Call:
    """Queries, keys and values of five tokens of a few heads, where they stand, and what is learned."""

    def __init__(self, attention, rng):
        self.attention, self.rng = attention, rng
        self.heads = getattr(attention, "heads", getattr(getattr(attention, "bias", None), "heads", 2))
        shape = (2, self.heads, N, getattr(attention, "width", 192 if getattr(attention, "rotary", None) else 8))
        self.q, self.k, self.v = (rng.standard_normal(shape) for _ in range(3))
        plane = hasattr(attention, "window")
        self.p = np.array([(0, 1), (0, 3), (1, 4), (2, 0), (3, 2)]) if plane else np.cumsum(rng.integers(1, 40, N))
        shapes = {name: tuple(N if n == KEYS else n for n in shape) for name, shape in attention.learned.items()}
        self.learned = {name: rng.standard_normal(shape) for name, shape in shapes.items()}

    def scores(self, **changed):
        given = self._given(changed)
        q, k, p, at = (given[name] for name in ("q", "k", "p", "at"))
        found = scores(q, k, p, at, self.attention, learned=given["learned"] or None)
        return np.where(np.isfinite(found), found, -1e3)

    def attend(self, mask=CAUSAL, **changed):
        given = self._given(changed)
        q, k, v, p, at = (given[name] for name in ("q", "k", "v", "p", "at"))
        return attend(q, k, v, p, at, self.attention, mask=mask, learned=given["learned"] or None)

    def _given(self, changed):
        """Return what is given; keys stand where queries do if nothing else is said."""
        p = changed.get("p", self.p)
        return {"q": self.q, "k": self.k, "v": self.v, "p": p, "at": p, "learned": self.learned, **changed}


def rounded(error, *terms):
    return error, U * max([1.0, *(float(np.abs(one).max()) for one in terms)])


# What a law says, as the error that it makes.


def moved_scores(attention, rng):
    call = Call(attention, rng)
    near, far = call.scores(), call.scores(p=call.p + shift(call.p, rng))
    return rounded(far - near, near)


def moved_outputs(attention, rng):
    call = Call(attention, rng)
    near, far = call.attend(), call.attend(p=call.p + shift(call.p, rng))
    return rounded(far - near, near)


def shift(p, rng):
    """Return by how much tokens are moved: somewhere, or so that a chunk of 2^13 or 2^14 ends among them."""
    ends = [int(rng.integers(500, 1000)), 2**13 - int(p.flat[2]), 2**14 - int(p.flat[2])]
    return ends[rng.integers(3)]


def later_tokens(attention, rng):
    """Return by how much outputs change with the content of tokens after them."""
    call, at = Call(attention, rng), int(rng.integers(1, N))
    k, v = call.k.copy(), call.v.copy()
    k[..., at:, :], v[..., at:, :] = rng.standard_normal((2, *k[..., at:, :].shape))
    learned = {name: _after(one, at) if name == "gates" else one for name, one in call.learned.items()}
    found, other = call.attend(), call.attend(k=k, v=v, learned=learned)
    return rounded((found - other)[..., :at, :], found)


def _after(gates, at):
    return np.concatenate([gates[:, :at], -gates[:, at:]], axis=-1)


def without_later_tokens(attention, rng):
    """Return by how much outputs change where tokens after them are not there at all."""
    call, at = Call(attention, rng), int(rng.integers(1, N))
    rows = {name: getattr(call, name)[..., :at, :] for name in "qkv"}
    learned = {name: one[:, :at] if name == "gates" else one for name, one in call.learned.items()}
    alone = call.attend(CAUSAL[:at, :at], **rows, p=call.p[:at], learned=learned)
    return rounded(call.attend()[..., :at, :] - alone, alone)


def plain(attention, rng):
    """Return what is left of logits less s q·k where all tokens stand at 0 and nothing was learned."""
    call = Call(attention, rng)
    found = call.scores(p=np.zeros_like(call.p), learned={name: neutral(name, x) for name, x in call.learned.items()})
    due = scale(attention, call.q.shape[-1]) * call.q @ np.swapaxes(call.k, -1, -2)
    return rounded(found - due, due)


def neutral(name, array):
    """Return zeros, gates that are open, and matrices that are the identity."""
    if name in ("cos", "sin"):
        return np.broadcast_to(np.eye(array.shape[-1]), array.shape)
    return np.full(array.shape, 60.0 if name == "gates" else 0.0)


def scale(attention, width):
    """Return s as the method has it."""
    given = getattr(attention, "scale", None)
    if isinstance(given, InverseRoot):
        return (0.1 * np.log(given.magnitude.factor) + 1) ** 2 / np.sqrt(width)
    return given or 1 / np.sqrt(width * (1 + len(getattr(attention, "terms", ()))))


def keys_permuted(attention, rng):
    call, order = Call(attention, rng), rng.permutation(N)
    learned = {name: one[:, order] if name == "gates" else one for name, one in call.learned.items()}
    changed = {"k": call.k[..., order, :], "v": call.v[..., order, :], "at": call.p[order], "learned": learned}
    found, other = call.attend(), call.attend(CAUSAL[:, order], **changed)
    return rounded(found - other, found)


def batches_permuted(attention, rng):
    call = Call(attention, rng)
    found = call.attend()
    return rounded(found[::-1] - call.attend(**{name: getattr(call, name)[::-1] for name in "qkv"}), found)


def heads_permuted(attention, rng):
    call = Call(attention, rng)
    order = np.roll(np.arange(call.heads), 1)
    learned = {name: of_heads(name, one, call.heads, order) for name, one in call.learned.items()}
    found = call.attend()
    other = call.attend(**{name: getattr(call, name)[:, order] for name in "qkv"}, learned=learned)
    return rounded(found[:, order] - other, found)


def of_heads(name, array, heads, order):
    """Return an array with its heads in another order, where it has one for each."""
    if name == "table" and array.shape[-1] == heads:
        return array[:, order]
    own = name in ("u", "v", "weight", "angles", "gates", "cos", "sin") or array.ndim == 3
    return array[order] if own else array


def steps_of_a_query(attention, rng):
    """Return how unlike steps from a query are, one way and back."""
    call = Call(attention, rng)
    step = rng.standard_normal(call.q.shape)
    back, here, on = (call.scores(q=call.q + n * step) for n in (-1.0, 0.0, 1.0))
    return rounded((on - here) - (here - back), here, on)


def negative_weights(attention, rng):
    """Return how far what is carried of a value of one is from one."""
    call = Call(attention, rng)
    return rounded(call.attend(v=np.ones_like(call.v)) - 1)


def turns_values(one):
    return isinstance(one, Attention) and one.rotary is not None and "value" in one.rotate


def knows_its_place(one):
    """Whether the logits of a query depend on where it stands, not only on how far from it keys are."""
    if isinstance(one, Fope):
        return True
    if not isinstance(one, Attention):
        return False
    timed = isinstance(one.temperature, LogFloor) or getattr(one.temperature, "counted", None) == "position"
    begins = isinstance(one.reach, Chunks) or isinstance(one.bias, Fire)
    return timed or begins or getattr(one.bias, "reference", "query") == "origin"


def outputs_know_their_place(one):
    """Whether that is left after a causal softmax, or values are turned and not turned back."""
    after_softmax = isinstance(one, Attention) and isinstance(one.bias, Alibi) and one.temperature is None
    return (knows_its_place(one) and not after_softmax) or (turns_values(one) and "output" not in one.rotate)


def is_plain(one):
    """Whether logits are s q·k where nothing is learned and no token stands before another."""
    if isinstance(one, LinearAttention | Pope | Fope):
        return isinstance(one, Fope)
    if not isinstance(one, Attention):
        return True
    sharp = isinstance(one.temperature, LogCount) and not one.temperature.clip
    return one.normalise is None and not sharp


def is_affine(one):
    """Whether logits are of first degree in the query."""
    if isinstance(one, Attention):
        return one.normalise in (None, "key")
    return not isinstance(one, LinearAttention | Cope | Pope)


def counts_keys(one):
    return getattr(getattr(one, "temperature", None), "counted", None) == "keys"


LAWS = (
    Law(
        "has logits of offsets alone",
        moved_scores,
        lambda one: not knows_its_place(one),
    ),
    Law(
        "has outputs of offsets alone",
        moved_outputs,
        lambda one: not outputs_know_their_place(one),
    ),
    Law("does not look at what comes after", later_tokens),
    Law("does not know whether anything comes after", without_later_tokens, lambda one: not counts_keys(one)),
    Law("is plain attention where nothing is learned and none stands apart", plain, is_plain),
    Law("takes keys in any order", keys_permuted),
    Law("takes batches apart", batches_permuted),
    Law(
        "takes heads apart",
        heads_permuted,
        lambda one: not isinstance(getattr(one, "bias", None), Alibi | Sandwich),
    ),
    Law("is of first degree in the query", steps_of_a_query, is_affine),
    Law(
        "has weights that add up to one",
        negative_weights,
        lambda one: not (isinstance(one, LinearAttention) and one.kernel == "elu") and not turns_values(one),
        lambda one: "values" not in one.learned,
    ),
)


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, True))
@FEWER
@given(rng=generators)
def test_an_attention(law, variant, rng):
    assert ratio(law, variant, rng) <= 1


@pytest.mark.parametrize(("law", "variant"), pairs(LAWS, ENTRIES, False))
def test_not_every_attention(law, variant):
    assert has_counterexample(law, variant)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_attention_is_held_to_at_least_two_laws(name):
    assert count(LAWS, ENTRIES[name]) >= 2


@pytest.mark.parametrize("law", LAWS, ids=lambda one: one.says)
def test_every_law_holds_for_some_attention(law):
    assert any(law.asked(one) and law.holds(one) for one in ENTRIES.values())
