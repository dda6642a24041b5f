"""Golden files of attention: what is due, how far it may be off, which mistakes are told."""

from functools import cache

import golden_folder
import honest_attention
import numpy as np
import pytest

from refpos import SpecError
from refpos.catalogue import ATTENTION
from refpos.oracle.attentions import attend_bound, scores_bound
from refpos.oracle.families.attention import ATTENTIONS, COUNT, HEADS, WIDTH, at_layer, narrowed, outputs, rows
from refpos.oracle.golden.document import rederived, written
from refpos.oracle.golden.export_arrays import arrays
from refpos.oracle.golden.format import canonical
from refpos.oracle.golden.others import Other, filled, require_other
from refpos.oracle.names import DTYPES
from refpos.oracle.rounding import round_to
from refpos.spec.attention import attend, scores
from refpos.variants.attention import Attention, LinearAttention
from refpos.variants.relative import Cope, Deberta, Fox, Pope

LAYERED = ("llama-4", "hwfa")
AGAIN = ("rope-attention", "vo-rope", "hwfa", "deberta-v2", "fox", "cope")


document = cache(golden_folder.document)


@cache
def subject(name):
    return Other(name, ATTENTION[name], document(name).get("learned"))


def cases(name):
    """Yield id, inputs, pinned columns and masters."""
    for one in document(name)["cases"]:
        pinned = one.get("elements", list(range(document(name)["features"])))
        yield one["id"], one["inputs"], pinned, np.array(one["master"])


# What is due.


@pytest.mark.parametrize("name", ATTENTION)
def test_masters_are_what_the_specification_computes(name):
    one = subject(name)
    for where, inputs, pinned, master in cases(name):
        got = ATTENTIONS.compute(one.variant, inputs, one.learned)[:, pinned]
        allowed = ATTENTIONS.allowed(one.variant, inputs, one.learned, "float64")[:, pinned]
        assert (np.abs(got - master) <= 2 * allowed).all(), where


def test_logits_have_a_row_for_each_pair_and_a_column_for_each_head():
    found = np.arange(24.0).reshape(2, 3, 4)

    assert [[0.0, 12.0], [1.0, 13.0]] == rows(found)[:2].tolist()
    assert [[5.0], [6.0]] == rows(found[0])[5:7].tolist()


def test_queries_and_keys_are_those_of_all_heads():
    variant, learned = subject("fox").variant, subject("fox").learned
    inputs = document("fox")["cases"][0]["inputs"]
    q, k = (np.repeat(filled(inputs[name])[None], HEADS, axis=0) for name in "qk")
    due = scores(q, k, inputs["query_positions"], inputs["key_positions"], variant, learned=learned)

    assert np.array_equal(due[1, 0, 2], ATTENTIONS.compute(variant, inputs, learned)[2, 1])


def test_values_are_due_where_logits_do_not_tell_everything():
    due = {name for name in ATTENTION if outputs(narrowed(ATTENTION[name].variant))}

    assert due == {
        "roformer-rotary-value",
        "vo-rope",
        "qkvo-rope",
        "linear-rope",
        "linear-cosine-rope",
        "shaw",
        *LAYERED,
    }


@pytest.mark.parametrize("name", LAYERED)
def test_layers_are_those_that_inputs_name(name):
    variant = subject(name).variant
    numbers = {inputs["layer"] for _, inputs, _, _ in cases(name)}
    inputs = next(inputs for _, inputs, _, _ in cases(name) if inputs["layer"] == len(variant.attentions) - 1)
    given = (filled(inputs[key]) for key in "qkv")
    last = attend(*given, inputs["query_positions"], inputs["key_positions"], variant.attentions[-1])

    n = len(variant.attentions)
    assert numbers == {0, n - 2, n - 1, n}
    assert np.array_equal(last, ATTENTIONS.compute(variant, inputs, {}))


@pytest.mark.parametrize("name", LAYERED)
def test_some_key_is_not_seen_where_there_is_a_reach(name):
    inputs = document(name)["cases"][0]["inputs"]
    q, k = (filled(inputs[key]) for key in "qk")
    found = scores(q, k, inputs["query_positions"], inputs["key_positions"], at_layer(subject(name).variant, inputs))

    assert (found == -np.inf).any()


# Files.


@pytest.mark.parametrize("name", ATTENTION)
def test_every_mistake_is_told_by_some_case(name):
    assert {one.id for one in subject(name).mistakes} == set(document(name)["notes"])
    assert len({one.what for one in subject(name).mistakes}) == len(subject(name).mistakes) >= 2


@pytest.mark.parametrize("name", ATTENTION)
def test_every_case_of_the_plan_tells_something_and_files_are_small(name):
    assert len(document(name)["cases"]) == len(list(ATTENTIONS.plan(subject(name).variant)))
    assert len(canonical(document(name))) < 30_000


@pytest.mark.parametrize("name", AGAIN)
def test_a_file_is_made_again_from_its_inputs_and_anew(name):
    assert canonical(rederived(name, document(name))) == golden_folder.text(name) == canonical(written(name))


@pytest.mark.parametrize("name", AGAIN)
def test_every_number_of_a_file_can_be_exported(name):
    found = arrays(document(name))
    for where, inputs, _, master in cases(name):
        assert np.array_equal(master, found[f"{where}/master"])
        assert np.array_equal(filled(inputs["q"]), found[f"{where}/q"])
        assert inputs["key_positions"] == found[f"{where}/key_positions"].tolist()


@pytest.mark.parametrize("name", ATTENTION)
def test_inputs_and_weights_are_exact_in_every_format(name):
    one = subject(name)
    features = [filled(inputs[key]) for _, inputs, _, _ in cases(name) for key in "qkv" if key in inputs]
    for given in (*features, *one.learned.values()):
        assert np.array_equal(given, round_to(given, "bfloat16"))
        assert np.array_equal(given, round_to(given, "float16"))


def test_narrow_attentions_keep_all_but_heads_and_width():
    assert Deberta(HEADS, WIDTH, 512, 256) == narrowed(ATTENTION["deberta-v2"].variant)
    assert Fox(HEADS) == subject("fox").variant
    assert ATTENTION["rerope"].variant == narrowed(ATTENTION["rerope"].variant)
    assert (64, 24) == (subject("fope").variant.width, subject("fope").variant.kept)
    assert 16 == subject("shaw").variant.distance
    assert [1, 192] == document("deepseek-v3-attention")["cases"][-1]["inputs"]["q"]["shape"]


# Bounds.


def implemented(name, given, inputs, learned, dtype, ladder):
    """Return what an honest implementation makes of features, rounded once to 16 bits."""
    f = np.float64 if dtype == "float64" else np.float32
    variant = at_layer(subject(name).variant, inputs)
    given = {key: one.astype(f) for key, one in given.items()}
    i, j = (np.array(inputs[key]) for key in ("query_positions", "key_positions"))
    learned = {key: one.astype(f) for key, one in learned.items()}
    made = honest_attention.output if "v" in given else honest_attention.logits
    found = made(variant, *given.values(), i, j, learned, f, ladder)
    assert found.dtype == f
    return round_to((found if "v" in given else rows(found)).astype(np.float64), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ATTENTION)
def test_honest_implementations_are_within_the_bound(name, dtype):
    one = subject(name)
    for where, inputs, pinned, master in cases(name):
        given = {key: filled(inputs[key]) for key in "qkv" if key in inputs}
        allowed = ATTENTIONS.allowed(one.variant, inputs, one.learned, dtype)[:, pinned]
        for ladder in ("power", "log"):
            got = implemented(name, given, inputs, one.learned, dtype, ladder)[:, pinned]
            assert (np.abs(got - master) <= allowed).all(), where


def drawn(name, inputs, rng):
    """Return inputs and weights of as many numbers, which use all digits of float32."""

    def filling(shape):
        few = rng.standard_normal(int(np.prod(shape))) * 2.0 ** rng.integers(-3, 2)
        return {"shape": list(shape), "repeat": few.astype(np.float32).astype(np.float64).tolist()}

    given = {key: filling(inputs[key]["shape"]) for key in "qkv" if key in inputs}
    return {**inputs, **given}, {key: filled(filling(one.shape)) for key, one in subject(name).learned.items()}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ATTENTION)
def test_honest_implementations_of_what_has_many_digits_are_within_the_bound(name, dtype):
    one, rng, worst = subject(name), np.random.default_rng(7), 0.0
    for where, held, _, _ in cases(name):
        inputs, learned = drawn(name, held, rng)
        given = {key: filled(inputs[key]) for key in "qkv" if key in inputs}
        due = ATTENTIONS.compute(one.variant, inputs, learned)
        allowed = ATTENTIONS.allowed(one.variant, inputs, learned, dtype)
        error = np.abs(implemented(name, given, inputs, learned, dtype, "log") - due)
        assert (error <= allowed).all(), where
        worst = max(worst, float((error / allowed).max()))
    assert worst >= (0.1 if dtype == "bfloat16" else 0.002)


F = np.float32
LONG = np.arange(40)
DELICATE = {
    "steep tables": (Cope(64, 1), LONG[-1:], LONG, {"table": 1000.0 * (-1.0) ** np.arange(64)[:, None]}),
    "long forgotten": (Fox(1), LONG[-2:], LONG, {"gates": np.linspace(-60, -40.3, 40)[None]}),
    "fast angles": (Pope(1, 1), np.array([1_000_003, 7]), np.array([5, 999_999]), {"angles": np.array([[-0.7]])}),
}
"""Attentions of one feature, where what is not a product has nearly all of the error."""


@pytest.mark.parametrize("which", DELICATE)
def test_positions_that_content_has_a_say_in_are_off_by_more_than_products(which):
    variant, i, j, learned = DELICATE[which]
    rng, ratios = np.random.default_rng(3), []
    learned = {key: one.astype(F).astype(np.float64) for key, one in learned.items()}
    for _ in range(20):
        q, k = (rng.standard_normal((len(p), 1)).astype(F) for p in (i, j))
        got = honest_attention.logits(variant, q, k, i, j, {key: one.astype(F) for key, one in learned.items()}, F)
        q, k = (x.astype(np.float64) for x in (q, k))
        q, k = (q, k) if which == "steep tables" else (q[None], k[None])
        allowed = scores_bound(q, k, 1.0 * i, 1.0 * j, variant, "float32", learned=learned)
        ratios.append(np.abs(got - scores(q, k, i, j, variant, learned=learned)) / allowed)
    assert 0.02 <= np.max(ratios) <= 1


@pytest.mark.parametrize("kernel", ["elu", "cosine"])
def test_a_quotient_of_few_numbers_is_within_its_bound(kernel):
    variant, at, rng, ratios = LinearAttention(kernel=kernel), np.zeros(2), np.random.default_rng(3), []
    for _ in range(200):
        q, k, v = (np.abs(rng.standard_normal((2, 1))).astype(F) for _ in "qkv")
        got = honest_attention.output(variant, q, k, v, at, at, {}, F)
        q, k, v = (x.astype(np.float64) for x in (q, k, v))
        allowed = attend_bound(q, k, v, at, at, variant, "float32", learned={})
        ratios.append(np.abs(got - attend(q, k, v, at, at, variant)) / allowed)
    assert 0.02 <= np.max(ratios) <= 1


# Inputs.

GOOD = document("hwfa")["cases"][0]["inputs"]
WRONG = {
    "no keys": lambda good: good.pop("k"),
    "no layer": lambda good: good.pop("layer"),
    "something more": lambda good: good.update(x=[[1]]),
    "a layer before the first": lambda good: good.update(layer=-1),
    "a bool for a layer": lambda good: good.update(layer=True),
    "no values": lambda good: good.pop("v"),
    "values of another width": lambda good: good.update(v={"shape": [6, 3], "repeat": [1.0]}),
    "queries of another width": lambda good: good.update(q={"shape": [1, 8], "repeat": [1.0]}),
    "nothing to fill with": lambda good: good.update(q={"shape": [1, 64], "repeat": []}),
    "no number": lambda good: good.update(q={"shape": [1, 64], "repeat": [float("inf")]}),
    "a list of rows": lambda good: good.update(q=[[1.0] * 64]),
    "a fraction of a position": lambda good: good.update(query_positions=[0.5]),
    "a cell": lambda good: good.update(query_positions=[[1, 2]]),
    "no query": lambda good: good.update(query_positions=[], q={"shape": [0, 64], "repeat": [1.0]}),
    "too many": lambda good: good.update(query_positions=[1] * 43, q={"shape": [43, 64], "repeat": [1.0]}),
}


@pytest.mark.parametrize("which", WRONG)
def test_inputs_that_layers_are_not_given_are_refused_with_the_file_and_the_id(which):
    inputs = dict(GOOD)
    require_other(subject("hwfa"), inputs, None, "hwfa.json, hwfa/0001")
    WRONG[which](inputs)
    with pytest.raises(SpecError, match=r"^hwfa\.json, hwfa/0001: "):
        require_other(subject("hwfa"), inputs, None, "hwfa.json, hwfa/0001")


def test_there_are_as_many_keys_as_have_gates():
    inputs = dict(document("fox")["cases"][0]["inputs"])
    inputs.update(key_positions=[1, 2], k={"shape": [2, WIDTH], "repeat": [1.0]})
    with pytest.raises(SpecError, match=f"there must be {COUNT} keys"):
        require_other(subject("fox"), inputs, None, "fox.json")


@pytest.mark.parametrize("name", ATTENTION)
def test_what_must_be_refused_is_refused_by_the_specification(name):
    one = subject(name)
    found = list(ATTENTIONS.refused(one.variant))

    assert [words for words, _ in found] == [reject["comment"] for reject in document(name)["rejects"]]
    for words, inputs in found:
        with pytest.raises(SpecError):
            ATTENTIONS.known(one.variant, inputs, words)


def test_what_is_fine_is_fine():
    for name in ATTENTION:
        for where, inputs, pinned, _ in cases(name):
            require_other(subject(name), inputs, pinned, where)


# Mistakes.


def mistaken(name, mistake, inputs):
    predict = next(each.predict for each in subject(name).mistakes if each.id == mistake)
    return predict(inputs, subject(name).learned)


def first(name):
    return document(name)["cases"][0]["inputs"]


def test_temperatures_that_are_mistaken():
    inputs = first("ministral-3")
    none = ATTENTIONS.compute(Attention(subject("ministral-3").variant.rotary), inputs, {})
    p = np.repeat(inputs["query_positions"], len(inputs["key_positions"]))[:, None]
    due = none * (1 + 0.1 * np.log1p(p / 16384))

    assert np.allclose(due, mistaken("ministral-3", "temperature/floor", inputs), rtol=0, atol=1e-12)


def test_gates_that_are_mistaken():
    inputs = first("fox")
    j, i = np.array(inputs["key_positions"]), np.array(inputs["query_positions"])
    gates = subject("fox").learned["gates"]
    due = ATTENTIONS.compute(subject("fox").variant, inputs, subject("fox").learned)
    got = mistaken("fox", "gates/own", inputs).reshape(len(i), len(j), HEADS) - due.reshape(len(i), len(j), HEADS)

    assert np.allclose(np.where((j <= i[:, None])[..., None], -np.log1p(np.exp(-gates.T)), 0), got, rtol=0, atol=1e-12)


def test_counts_without_a_mistake_are_those_that_are_due():
    """The function from which mistakes with CoPE are made is right where it makes none."""
    predict = next(each.predict for each in subject("cope").mistakes if each.id == "gates/own").func
    inputs, learned = first("cope"), subject("cope").learned
    got = predict(WIDTH**0.5, False, lambda i, j, n: (j <= n) & (n <= i), inputs, learned)

    assert np.allclose(ATTENTIONS.compute(subject("cope").variant, inputs, learned), got, rtol=0, atol=1e-12)


def test_divisors_that_are_mistaken():
    inputs = first("linear-rope")
    got = mistaken("linear-rope", "divisor/turned", inputs)
    due = ATTENTIONS.compute(subject("linear-rope").variant, inputs, {})

    assert np.ptp(got / due, axis=1).max() < 1e-12 < np.abs(got / due - 1).min()
