"""Certified values against Arb's, a few thousand of the million; and that a fault in the last bit is found."""

import math
import random
import subprocess
import sys
from pathlib import Path

import million
import pytest

from refpos.exact import angles, formats, frequencies, rotary, tables
from refpos.exact.ball import Ball
from refpos.exact.constants import pi

SEED, VALUES = 7, 8_000
COMMAND = Path(million.__file__)


@pytest.fixture
def forgetful():
    """What was kept is forgotten before a fault is made, and what a fault made after it."""
    kept = (rotary._table, frequencies._given)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


def moved(x):
    """Return a ball moved by 2^−60."""
    return x if not isinstance(x, Ball) else x._replace(mid=x.mid + (1 << (x.scale - 60)))


def column_moved(spiral, count, scale, made=tables.column):
    found = made(spiral, count, scale)
    return found._replace(sin=[one + (1 << (scale - 60)) for one in found.sin])


def circle_moved(phi, scale, made=angles.cos_sin):
    cos, sin = made(phi, scale)
    return cos, moved(sin)


def turned_moved(kept, crossed, turn, scale, made=rotary.turned):
    return moved(made(kept, crossed, turn, scale))


def last_bit(value, made=formats.to_odd):
    found = made(value)
    return math.nextafter(found, math.inf) if found and random.Random(found).random() < 1 / 500 else found


def test_thousands_of_values_are_what_arb_has():
    total = million.run(SEED, 2 * VALUES)

    assert total.wrong == []
    assert total.values >= 2 * VALUES
    assert {"tables", "rotations", "cosines and sines", "sinusoids", "frequencies", "magnitudes"} == set(total.kinds)
    assert "" in total.entries
    assert len(total.entries) > 3


@pytest.mark.parametrize(
    ("module", "name", "fault", "kind"),
    [
        (tables, "column", column_moved, "tables"),
        (angles, "cos_sin", circle_moved, "cosines and sines"),
        (rotary, "turned", turned_moved, "rotations"),
        (frequencies, "pi", lambda scale: moved(pi(scale)), "sinusoids"),
        (formats, "to_odd", last_bit, "tables"),
    ],
)
def test_a_fault_beyond_the_last_bit_is_found(module, name, fault, kind, monkeypatch, forgetful):
    monkeypatch.setattr(module, name, fault)

    found = million.run(SEED, VALUES).wrong

    assert any(kind in one for one in found)
    assert len(found) < VALUES / 8


def test_what_stays_undecided_is_told(monkeypatch, capsys):
    monkeypatch.setattr(formats, "rounded", lambda *_, **__: None)

    assert million.main(["--seed", "7", "--values", "1", "--only", "5"]) == 1
    assert "0 mismatches, 0 undecided" not in capsys.readouterr().out


def test_a_fault_is_printed_with_what_makes_it_again(monkeypatch, capsys):
    monkeypatch.setattr(formats, "to_odd", last_bit)

    status = million.main(["--seed", "7", "--values", "2000", "--jobs", "1"])
    seed, first, *_ = capsys.readouterr().out.splitlines()
    again = million.main(["--seed", "7", "--values", "2000", "--only", first.split()[1].rstrip(",")])

    assert (1, 1, "seed 7") == (status, again, seed)
    assert first == capsys.readouterr().out.splitlines()[1]


def test_the_command_compares_the_same_values_in_several_processes(capsys):
    arguments = ["--seed", "7", "--values", "2000", "--jobs"]
    found = subprocess.run([sys.executable, COMMAND, *arguments, "2"], capture_output=True, text=True, check=True)
    million.main([*arguments, "1"])

    assert capsys.readouterr().out.splitlines()[:-1] == found.stdout.splitlines()[:-1]
    assert "0 mismatches, 0 undecided" in found.stdout
