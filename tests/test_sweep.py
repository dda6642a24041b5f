"""Checks of one implementation for many variants, kept as they are made."""

from functools import partial

import pytest
from hypothesis import given
from sharding import right, unscaled
from strategies import FEW, frequencies

from refpos import CATALOGUE, Dense, Frequencies, Rotary, SpecError, check, sweep
from refpos.variants.described import describe

PLAIN = Frequencies((0, 0))
VARIANTS = (Rotary(PLAIN), Rotary(PLAIN, attention_factor=1.5), Rotary(PLAIN, sign=-1))


def test_each_variant_has_the_report_that_check_gives_in_order(tmp_path):
    reports = sweep(unscaled, VARIANTS, tmp_path, jobs=1)

    assert ["agrees", "differs", "errored"] == [one["verdict"] for one in reports]
    assert "NotImplementedError: it turns forward only" in reports[2]["findings"][0]["what"]
    due = check(right(VARIANTS[0]), VARIANTS[1]).to_dict()
    assert {**due, "variant": describe(VARIANTS[1])} == reports[1]


@given(frequencies())
@FEW
def test_drawn_variants_are_swept(tmp_path_factory, drawn):
    (report,) = sweep(right, [Rotary(drawn)], tmp_path_factory.mktemp("sweep") / "out", jobs=1)

    assert report["ok"]


def test_reports_that_are_there_are_not_made_again(tmp_path):
    many = [Rotary(PLAIN, attention_factor=1 + n / 16) for n in range(17)]
    first = sweep(right, many, tmp_path, jobs=1)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    (tmp_path / "16.json").unlink()

    assert [describe(one) for one in many] == [one["variant"] for one in first]
    assert first == sweep(right, many, tmp_path, jobs=1)
    assert ["16.json"] == [name for name, time in kept.items() if (tmp_path / name).stat().st_mtime_ns != time]


BAD = {
    "no variant": ((right, []), "at least one; got"),
    "a name": ((right, ["llama-2"]), "variants must be Rotary or Sinusoidal"),
    "a length that is not said": ((right, [CATALOGUE["phi-3"].variant]), "needs at_length first"),
    "learned frequencies": ((right, [Rotary(Dense(1, 2))]), "must have learned nothing"),
    "nothing to build with": ((3, VARIANTS), "build must be a function or a class.*; got 3"),
    "no name": ((partial(right), VARIANTS), "build must be a function or a class"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_cannot_be_swept_is_refused_before_anything_is_written(tmp_path, bad):
    given, rule = BAD[bad]
    with pytest.raises(SpecError, match=rule):
        sweep(*given, tmp_path / "out", jobs=1)

    assert not (tmp_path / "out").exists()


def test_an_unknown_dtype_is_refused(tmp_path):
    with pytest.raises(SpecError, match="dtype"):
        sweep(right, VARIANTS, tmp_path, dtype="float8", jobs=1)
