"""Certified tables in files: every cell correctly rounded, the same bytes however they are cut, flat memory."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import ml_dtypes
import numpy as np
import pytest

from refpos import CATALOGUE, Dense, Frequencies, Linear, Mscale, PerHead, Rotary, Sinusoidal, SpecError, XPos, certify
from refpos.cli import main
from refpos.exact.decide import decide
from refpos.exact.formats import FORMATS, direct, rounded, to_odd
from refpos.exact.rotary import cos_sin
from refpos.oracle import certified
from refpos.oracle.certified import CODED, DTYPES, Rows, written

FOUR = Rotary(Frequencies((0,) * 4))
THIRDS = Rotary(Frequencies((0, 0), base=4.0, scaling=Linear(3.0), unit="half-turn"))
FAR = range(10**7 - 3, 10**7 + 4)


def table(folder):
    return np.concatenate([np.load(path) for path in sorted(folder.glob("*.npy"))])


def shard_files(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.npy")}


def due(variant, positions, dtype, side="query", head=0):
    """Return the table cell by cell, each from its own angle."""
    target = next((one for one in FORMATS if one.name == dtype), None)

    def cell(position, part, plane):
        def make(bits):
            return cos_sin(position, variant, bits, side, head=head)[part][plane]

        if dtype == "master":
            return decide(make, to_odd)
        return direct(decide(make, to_odd), target) if dtype in CODED else decide(make, partial(rounded, target=target))

    planes = range(len(cos_sin(0, variant, 8)[0]))
    return np.array([[[cell(p, part, k) for k in planes] for part in (0, 1)] for p in positions])


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_cell_is_the_value_of_its_own_angle_rounded_once(tmp_path, dtype):
    certify(FOUR, FAR, tmp_path, dtype=dtype, rows=3, jobs=1)

    assert np.array_equal(due(FOUR, FAR, dtype), table(tmp_path))
    assert 4 == np.load(tmp_path / "0.npy").shape[-1]
    assert (3, 2, 4) == np.load(tmp_path / "3.npy").shape


VARIANTS = {
    "a magnitude, the other way, outputs": (
        Rotary(FOUR.frequencies, sign=-1, attention_factor=Mscale(40)),
        "output",
        0,
    ),
    "growth of keys": (Rotary(FOUR.frequencies, growth=XPos()), "key", 0),
    "values on boundaries, thirds of a half turn": (THIRDS, "output", 0),
    "another head": (Rotary(PerHead((Frequencies((0, 0)), Frequencies((0, 0), base=50)))), "query", 1),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_of_table_is_correctly_rounded(tmp_path, name):
    variant, side, head = VARIANTS[name]
    certify(variant, range(40, 49), tmp_path, side=side, head=head, jobs=1)

    assert np.array_equal(due(variant, range(40, 49), "master", side, head), table(tmp_path))


def test_what_angle_addition_leaves_undecided_is_decided_alone(tmp_path, monkeypatch):
    alone = []
    monkeypatch.setattr(certified, "decide", lambda make, rounding: alone.append(make) or decide(make, rounding))
    certify(THIRDS, range(6), tmp_path, jobs=1)

    assert len(alone) > 0
    assert np.array_equal([0.5, -0.5], table(tmp_path)[1:3, 0, 0])


def test_what_is_rational_is_known_of_sinusoids_and_of_several_axes_too(tmp_path):
    certify(THIRDS, range(6), tmp_path / "plain", jobs=1)
    certify(Sinusoidal(THIRDS.frequencies, scale=0.25), range(6), tmp_path / "scaled", jobs=1)
    certify(replace(THIRDS, frequencies=replace(THIRDS.frequencies, axes=(0, 1))), range(6), tmp_path / "axes", jobs=1)

    assert np.array_equal(table(tmp_path / "plain"), 4 * table(tmp_path / "scaled"))
    assert np.array_equal(table(tmp_path / "plain"), table(tmp_path / "axes"))


@pytest.mark.parametrize("dtype", ["master", "bfloat16"])
def test_bytes_do_not_depend_on_how_shards_and_blocks_are_cut(tmp_path, monkeypatch, dtype):
    certify(FOUR, range(500, 560), tmp_path / "a", dtype=dtype, rows=60, jobs=1)
    monkeypatch.setattr(certified, "BLOCK", 7)
    certify(FOUR, range(500, 560), tmp_path / "b", dtype=dtype, rows=25, jobs=1)

    assert ["00.npy", "25.npy", "50.npy"] == sorted(shard_files(tmp_path / "b"))
    assert table(tmp_path / "a").tobytes() == table(tmp_path / "b").tobytes()


def test_codes_are_read_by_other_libraries(tmp_path):
    certify(FOUR, range(9), tmp_path / "codes", dtype="bfloat16", jobs=1)
    certify(FOUR, range(9), tmp_path / "narrow", dtype="float32", jobs=1)
    codes, narrow = (table(tmp_path / name) for name in ("codes", "narrow"))

    assert np.array_equal(narrow.astype(ml_dtypes.bfloat16), codes.view(ml_dtypes.bfloat16))


def test_sinusoids_have_a_table_too(tmp_path):
    certify(Sinusoidal(FOUR.frequencies, scale=0.5), range(3), tmp_path, jobs=1)
    angles = np.arange(3)[:, None] * 10_000.0 ** (-np.arange(4) / 4)

    assert np.allclose(table(tmp_path), 0.5 * np.stack([np.cos(angles), np.sin(angles)], axis=1), rtol=0, atol=1e-15)


def test_a_worker_needs_the_same_memory_however_long_the_shard_and_however_far(monkeypatch):
    monkeypatch.setattr(certified, "BLOCK", 64)
    near, long, far = (peak(range(start, start + rows)) for start, rows in ((0, 128), (0, 1024), (10**7, 128)))

    assert long < 1.1 * near
    assert far < 1.1 * near


def peak(positions):
    """Return the most bytes that are held while a shard is made, the caches of what is made once warm."""
    for _ in written(Rows(FOUR, positions[:1], "master", "query", 0)):
        pass
    tracemalloc.start()
    for _ in written(Rows(FOUR, positions, "master", "query", 0)):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_threads_write_what_one_does(tmp_path):
    certify(FOUR, range(90), tmp_path / "a", rows=20, jobs=1)
    with ThreadPoolExecutor(3) as pool:
        certify(FOUR, range(90), tmp_path / "b", rows=20, executor=pool)

    assert shard_files(tmp_path / "a") == shard_files(tmp_path / "b")


BAD = {
    "a length that is not said": ({"variant": CATALOGUE["phi-3"].variant}, "needs at_length first"),
    "a name": ({"variant": "llama-2"}, "variant must be Rotary or Sinusoidal; got llama-2"),
    "no range": ({"positions": 10}, "positions must be a range that is not empty; got 10"),
    "an empty range": ({"positions": range(0)}, "positions must be a range that is not empty"),
    "no rows": ({"rows": 0}, "rows must be an int of at least 1; got 0"),
    "an unknown dtype": ({"dtype": "float128"}, "dtype must be one of master, float64.*; got float128"),
    "an unknown side": ({"side": "value"}, "side must be"),
    "learned frequencies": ({"variant": Rotary(Dense(1, 2))}, "omega"),
    "another head": ({"variant": VARIANTS["another head"][0], "head": 2}, "head must be"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_made_is_refused_before_anything_is_written(tmp_path, bad):
    given, rule = BAD[bad]
    with pytest.raises(SpecError, match=rule):
        certify(**{"variant": FOUR, "positions": range(3), "out": tmp_path / "out", "jobs": 1} | given)

    assert [] == list(tmp_path.iterdir())


def test_the_command_writes_a_table_and_says_what_it_made(tmp_path, capsys):
    arguments = [
        "table",
        "gpt-neox-20b",
        "--positions",
        "5",
        "--out",
        str(tmp_path),
        "--dtype",
        "float32",
        "--jobs",
        "1",
    ]

    assert 0 == main(arguments)
    assert "1 shards, 1 made, 0 kept; SHA256SUMS has SHA-256 " in capsys.readouterr().out
    assert (np.float32, (5, 2, 12)) == (table(tmp_path).dtype, table(tmp_path).shape)
    assert 0 == main(arguments)
    assert "0 made, 1 kept" in capsys.readouterr().out


MISUSED = {
    "bloom": ([], "must be rotary or sinusoidal; got bloom"),
    "phi-3": ([], "needs at_length first"),
    "llama-2": (["--jobs", "0"], "jobs must be an int of at least 1; got 0"),
    "mistral": (["--positions", "0"], "--positions must be at least 1; got 0"),
    "qwen3": (["--dtype", "int8"], "dtype must be one of"),
}


@pytest.mark.parametrize("name", MISUSED)
def test_misuse_of_the_command_exits_with_2(tmp_path, capsys, name):
    more, said = MISUSED[name]

    assert 2 == main(["table", name, "--positions", "5", "--out", str(tmp_path / "out"), *more])
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_length_makes_of_an_encoding_what_it_is_there(tmp_path):
    arguments = ["table", "phi-3", "--positions", "2", "--jobs", "1", "--length"]
    main([*arguments, "4096", "--out", str(tmp_path / "short")])
    main([*arguments, "4097", "--out", str(tmp_path / "long")])

    assert not np.array_equal(table(tmp_path / "short"), table(tmp_path / "long"))
