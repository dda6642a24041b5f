"""What is held beside input and output: a small multiple of both, whatever is summed, looked up or made."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from refpos import CATALOGUE, Resize, SpecError, angles, attend, bias, cos_sin, embed, index, resize, scores
from refpos.spec import attention as attending
from refpos.spec import bias as biasing
from refpos.spec import contextual, tables
from refpos.variants.attention import Attention
from refpos.variants.bias import Alibi, T5Buckets
from refpos.variants.frequencies import axis_count, learned_shapes
from refpos.variants.relative import KEYS

RNG = np.random.default_rng(11)
SHAW, DEBERTA, XL = (CATALOGUE[name].variant for name in ("shaw", "deberta", "transformer-xl"))
HEADS, WIDTH, N = 2, 64, 384
RELATIVE = {
    "shaw": replace(SHAW, width=WIDTH),
    "transformer-xl": replace(XL, heads=HEADS, width=WIDTH),
    "deberta": replace(DEBERTA, heads=HEADS, width=WIDTH, distance=128),
    "decomposed": CATALOGUE["vitdet"].variant,
    "cope": replace(CATALOGUE["cope"].variant, width=WIDTH),
    "pope": replace(CATALOGUE["pope"].variant, heads=HEADS, width=WIDTH),
    "fox": replace(CATALOGUE["fox"].variant, heads=HEADS),
    "fope": CATALOGUE["fope"].variant,
    "rope": CATALOGUE["rope-attention"].variant,
    "alibi": Attention(bias=Alibi(HEADS)),
}
BIASES = {
    name: CATALOGUE[name].variant for name in ("alibi", "t5-encoder", "kerple-log", "kerple-power", "sandwich", "fire")
}


def held(work):
    """Return the most bytes that a work held at once; what it makes only once is made before."""
    work()
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def learned(variant, keys):
    shapes = getattr(variant, "learned", {})
    return {name: 0.1 + RNG.random([keys if n == KEYS else n for n in shape]) for name, shape in shapes.items()} or None


def asked(attention, n):
    """Return queries, keys, and positions that an attention takes, whole numbers, and what it has learned."""
    q, k = RNG.standard_normal((2, getattr(attention, "heads", HEADS), n, WIDTH))
    p = np.indices((32, n // 32)).reshape(2, -1).T % 14 if hasattr(attention, "window") else np.arange(n)
    return q, k, p, p, attention, learned(attention, n)


@pytest.fixture
def blocks(monkeypatch):
    """Make all blocks small, as they are where there is more to do."""
    for module in (attending, biasing, contextual):
        monkeypatch.setattr(module, "BLOCK", 2**14)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("attention", [pytest.param(one, id=name) for name, one in RELATIVE.items()])
def test_logits_hold_a_few_times_what_comes_in_and_goes_out(attention):
    *given, arrays = asked(attention, N)
    size = sum(one.nbytes for one in given[:2]) + 8 * given[0][..., 0].size * N

    assert held(lambda: scores(*given, learned=arrays)) < 8 * size


@pytest.mark.parametrize("name", ["rope", "alibi", "shaw", "decomposed", "deberta"])
def test_outputs_hold_less_than_one_number_for_each_query_and_key(name, monkeypatch):
    q, k, i, j, attention, arrays = asked(RELATIVE[name], 1024)
    monkeypatch.setattr(attending, "BLOCK", 2**15)

    assert held(lambda: attend(q, k, k, i, j, attention, learned=arrays)) < 8 * q.shape[0] * 1024**2


@pytest.mark.parametrize("name", RELATIVE)
def test_the_size_of_blocks_changes_outputs_in_the_last_place_only(name, monkeypatch):
    q, k, i, j, attention, arrays = asked(RELATIVE[name], 96)
    mask = np.tri(96, dtype=bool)
    whole = attend(q, k, k, i, j, attention, mask=mask, learned=arrays)
    for module in (attending, contextual):
        monkeypatch.setattr(module, "BLOCK", 1000)

    again = attend(q, k, k, i, j, attention, mask=mask, learned=arrays)
    most = abs(scores(q, k, i, j, attention, learned=arrays)).max()  # whose last places move weights by as much
    assert abs(whole - again).max() < 8 * np.finfo(float).eps * max(1, most)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("variant", [pytest.param(one, id=name) for name, one in BIASES.items()])
def test_biases_hold_at_most_twice_their_size(variant):
    p = np.arange(N)
    arrays = learned(variant, N)

    assert held(lambda: bias(p, p, variant, learned=arrays)) < 2 * 8 * variant.heads * N**2


@pytest.mark.usefixtures("blocks")
def test_the_table_of_a_network_holds_no_layer_for_each_offset():
    variant = replace(CATALOGUE["swin-v2"].variant, window=(48, 48), pretrained=(48, 48))
    p, arrays = np.zeros((1, 2)), learned(variant, 1)

    assert held(lambda: bias(p, p, variant, learned=arrays)) < 20 * 8 * 95**2


def test_indices_hold_a_few_times_their_size():
    p = np.arange(512)

    assert held(lambda: index(p, p, T5Buckets(1))) < 6 * 8 * 512**2


def test_resizing_holds_no_matrix_of_the_whole_grid():
    table, rule = RNG.standard_normal((48 * 48, 8)), Resize("linear")

    assert held(lambda: resize(table, (48, 48), (96, 96), rule)) < 4 * 8 * 8 * (48**2 + 96**2)


LLAMA, SINES = CATALOGUE["llama-3.1"].variant, CATALOGUE["transformer"].variant
MIXED, XPOS = CATALOGUE["rope-vit-mixed"].variant, CATALOGUE["xpos"].variant
TABLES = {
    "angles": (lambda p, out: angles(p, LLAMA.frequencies, out=out), 64),
    "cosines": (lambda p, out: cos_sin(p, LLAMA, out=out), 64),
    "rows": (lambda p, out: embed(p, SINES, out=out), 512),
}


def room(name, n, make=np.empty):
    shape = (n, TABLES[name][1])
    return (make(shape), make(shape)) if name == "cosines" else make(shape)


@pytest.mark.parametrize("n", [2**13, 2**16])
@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_little_beside_their_room_at_any_length(name, n):
    p, out = np.arange(float(n)), room(name, n)

    assert held(lambda: TABLES[name][0](p, out)) < 4 * 2**20


@pytest.mark.parametrize("name", TABLES)
def test_a_table_in_a_file_is_the_table(name, tmp_path):
    files = iter("ab")
    out = room(name, 3000, lambda shape: np.memmap(tmp_path / next(files), np.float64, "w+", shape=shape))

    assert TABLES[name][0](np.arange(3000), out) is out or name == "cosines"
    want = TABLES[name][0](np.arange(3000), None)
    assert np.array_equal(want, out)


@pytest.mark.parametrize("variant", [LLAMA, MIXED, XPOS, CATALOGUE["qwen2-vl"].variant])
def test_the_size_of_blocks_changes_no_table(variant, monkeypatch):
    axes = axis_count(variant.frequencies)
    p = RNG.uniform(-50, 50, (2, 3, 40) if axes == 1 else (2, 3, 40, axes))
    arrays = {name: RNG.random(shape) for name, shape in learned_shapes(variant.frequencies).items()} or None
    want = cos_sin(p, variant, side="key", learned=arrays), angles(p, variant.frequencies, learned=arrays)
    monkeypatch.setattr(tables, "BLOCK", 500)

    assert np.array_equal(want[0], cos_sin(p, variant, side="key", learned=arrays))
    assert np.array_equal(want[1], angles(p, variant.frequencies, learned=arrays))


@pytest.mark.parametrize(
    ("out", "rule"),
    [
        ([0.0], "out must be an array; got list"),
        (np.empty((3, 63)), r"out must be float64 of shape \(3, 64\); got \('float64', \(3, 63\)\)"),
        (np.empty((3, 64), np.float32), r"out must be float64 of shape \(3, 64\); got \('float32'"),
        (np.broadcast_to(0.0, (3, 64)), "out must be writeable; got a read-only array"),
    ],
)
def test_room_that_does_not_fit_is_refused(out, rule):
    with pytest.raises(SpecError, match=rule):
        angles([0, 1, 2], LLAMA.frequencies, out=out)


def test_room_that_is_shared_is_refused():
    both = np.empty((64, 64))
    with pytest.raises(SpecError, match="out must share no memory with positions"):
        angles(both[0], LLAMA.frequencies, out=both)
    with pytest.raises(SpecError, match="the two arrays of out must share no memory"):
        cos_sin(np.arange(64), LLAMA, out=(both, both))
    with pytest.raises(SpecError, match="out must be two arrays, of cosines and of sines"):
        cos_sin(np.arange(64), LLAMA, out=both)
