"""Golden files of encodings not made of angles: what is due, how far it may be off, which mistakes are told."""

from functools import cache

import golden_folder
import numpy as np
import pytest

from refpos import SpecError
from refpos.catalogue import BIAS
from refpos.oracle.biases import bias_bound
from refpos.oracle.families.bias import BIASES, rows
from refpos.oracle.golden.document import rederived, written
from refpos.oracle.golden.format import canonical
from refpos.oracle.golden.others import Other, filled, repeated, require_other
from refpos.spec.bias import bias
from refpos.variants.bias import Alibi, Fire, Kerple, Sandwich
from refpos.variants.window import SwinContinuous

SAME = {
    "positions/exchanged": ("alibi", "croma", "kerple-log", "kerple-power", "sandwich", "sandwich-nemo"),
    "axes/swapped": ("croma",),
}
"""Mistakes that are none where the distance alone counts."""


AGAIN = list({type(entry.variant): name for name, entry in BIAS.items()}.values())
"""An entry of each kind: `refpos golden verify` makes all of them again."""

document = cache(golden_folder.document)


@cache
def subject(name):
    return Other(name, BIAS[name], document(name).get("learned"))


@pytest.mark.parametrize("name", BIAS)
def test_masters_are_what_the_specification_computes(name):
    one = subject(name)
    for case in document(name)["cases"]:
        pinned = case.get("elements", range(one.features))
        got = BIASES.compute(one.variant, case["inputs"], one.learned)[:, list(pinned)]
        allowed = BIASES.allowed(one.variant, case["inputs"], one.learned, "float64")[:, list(pinned)]
        assert (np.abs(got - case["master"]) <= 2 * allowed).all(), case["id"]


@pytest.mark.parametrize("name", BIAS)
def test_every_mistake_that_is_another_function_is_told_by_some_case(name):
    untold = {one.id for one in subject(name).mistakes} - set(document(name)["notes"])

    assert untold == {mistake for mistake, names in SAME.items() if name in names}


@pytest.mark.parametrize("name", AGAIN)
def test_a_file_is_made_again_from_its_inputs_and_anew(name):
    assert canonical(rederived(name, document(name))) == golden_folder.text(name) == canonical(written(name))


@pytest.mark.parametrize("name", BIAS)
def test_weights_are_small_and_fill_their_arrays(name):
    found = subject(name)

    assert found.variant.learned == {key: one.shape for key, one in found.learned.items()}
    assert (repeated(found) or {}) == dict(found.weights or {})
    assert all(len(one["repeat"]) <= 64 for one in (found.weights or {}).values())


def test_numbers_fill_an_array_again_and_again():
    assert [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]] == filled({"shape": [2, 3], "repeat": [1.0, 2.0, 3.0]}).tolist()
    assert 5.0 == filled({"shape": [], "repeat": [5.0]})


BAD = {
    "no keys": {"query_positions": [1]},
    "too many": {"query_positions": [1] * 17, "key_positions": [1] * 16},
    "a fraction": {"query_positions": [0.5], "key_positions": [1]},
    "empty": {"query_positions": [], "key_positions": [1]},
    "a bool": {"query_positions": [True], "key_positions": [1]},
    "far": {"query_positions": [2**53 + 1], "key_positions": [1]},
    "another input": {"query_positions": [1], "key_positions": [1], "x": [[1]]},
    "a cell": {"query_positions": [[1, 2]], "key_positions": [1]},
}


@pytest.mark.parametrize("inputs", BAD.values(), ids=BAD)
def test_bad_inputs_are_refused_by_file_and_id(inputs):
    with pytest.raises(SpecError, match=r"^alibi\.json, alibi/0001: "):
        require_other(subject("alibi"), inputs, None, "alibi.json, alibi/0001")


@pytest.mark.parametrize("elements", [[8], [1, 0], [0, 0], [], [True], "0"])
def test_elements_that_are_no_heads_are_refused(elements):
    with pytest.raises(SpecError, match="elements must be features below 8"):
        require_other(subject("alibi"), {"query_positions": [1], "key_positions": [1]}, elements, "alibi.json")


F = np.float32
Q, K = np.array([0, 1, 5, 63, 500, 4095]), np.array([0, 1, 2, 17, 63, 64, 511, 4096])


def distances():
    return np.abs(Q[:, None] - K[None, :])


def honest_alibi(variant, learned):
    n = 1 << (variant.heads.bit_length() - 1)
    first, between = (F(2.0) ** F(-variant.maximum / n / half) for half in (1, 2))
    slopes = [first**h for h in range(1, n + 1)] + [between**h for h in range(1, 2 * (variant.heads - n), 2)]
    return -np.array(slopes, dtype=F)[:, None, None] * distances().astype(F)


def honest_kerple(variant, learned):
    r1, r2 = (learned[name].astype(F)[:, None, None] for name in ("r1", "r2"))
    d = distances().astype(F)
    return -r1 * (np.log(F(1) + r2 * d) if variant.kernel == "logarithmic" else d**r2)


def honest_sandwich(variant, learned):
    i = np.arange(variant.first, variant.first + variant.width // 2, dtype=F)
    omega = np.exp(F(-np.log(variant.base)) * (F(2) * i / F(variant.width)))
    total = np.cos(distances().astype(F)[..., None] * omega).sum(axis=-1, dtype=F) - F(variant.width / 2)
    return total / (F(variant.maximum) * np.arange(1, variant.heads + 1, dtype=F) / F(variant.heads))[:, None, None]


def honest_network(x, learned):
    given = {name: one.astype(F) for name, one in learned.items()}
    hidden = np.maximum(x @ given["hidden_weight"].T + given["hidden_bias"], F(0))
    return np.moveaxis(hidden @ given["output_weight"].T + given.get("output_bias", F(0)), -1, 0)


def honest_fire(variant, learned):
    c, threshold = F(learned["c"]), F(learned["threshold"])
    below = np.log(F(1) + c * np.maximum(Q.astype(F), threshold))[:, None] + F(variant.epsilon)
    return honest_network((np.log(F(1) + c * distances().astype(F)) / below)[..., None], learned)


HONEST = {
    **{f"alibi {heads}": (Alibi(heads), honest_alibi) for heads in (1, 8, 12, 112)},
    "kerple-log": (Kerple(12), honest_kerple),
    "kerple-power": (Kerple(12, "power"), honest_kerple),
    "sandwich": (Sandwich(12, 128), honest_sandwich),
    "fire": (Fire(12), honest_fire),
    "fire-code": (Fire(12, epsilon=1e-6), honest_fire),
}


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_implementation_is_within_the_bound_and_not_far_below(name, dtype):
    from refpos.oracle.rounding import round_to

    variant, compute = HONEST[name]
    learned = BIASES.weights(variant) or None
    got = compute(variant, learned).astype(np.float64)
    got = got if dtype == "float32" else round_to(got, dtype)
    off = np.abs(got - bias(Q, K, variant, learned=learned))
    allowed = bias_bound(variant, dtype, Q, K, learned=learned)

    assert (off <= allowed).all()
    exact = name in ("alibi 1", "alibi 8") and dtype == "float32"
    assert exact or (off / np.where(allowed == 0, np.inf, allowed)).max() > (0.02 if dtype == "float32" else 0.5)


@pytest.mark.parametrize(
    "variant",
    [
        SwinContinuous(3, (8, 8)),
        SwinContinuous(4, (12, 12), pretrained=(8, 8)),
        SwinContinuous(3, (7, 7), coordinates="plain", gain=None, output_bias=True),
    ],
    ids=str,
)
def test_an_honest_network_of_coordinates_is_within_the_bound(variant):
    learned = BIASES.weights(variant)
    h, w = variant.window
    cells = np.array([(y, x) for y in range(h) for x in range(w)])
    offset = (cells[:, None] - cells[None, :]).astype(F)
    if variant.coordinates == "scaled":
        sides = np.array(variant.pretrained or variant.window, dtype=F) - F(1)
        c = np.sign(offset) * np.log2(np.abs(offset / sides * F(8)) + F(1)) / np.log2(F(8))
    else:
        c = np.sign(offset) * np.log(F(1) + np.abs(offset))
    got = honest_network(c, learned)
    got = got if variant.gain is None else F(variant.gain) / (F(1) + np.exp(-got))
    off = np.abs(got.astype(np.float64) - bias(cells, cells, variant, learned=learned))
    ratio = off / bias_bound(variant, "float32", cells, cells, learned=learned)

    assert 0.0005 < ratio.max() <= 1


def test_rows_are_pairs_and_columns_heads():
    made = bias([0, 1], [0, 1, 5], Alibi(2))

    assert rows(made)[3 * 1 + 2].tolist() == made[:, 1, 2].tolist()
