"""The harness of proofs finds what it is there for: each fault is put into a small notebook that has none."""

import re
from dataclasses import replace

import build
import flips
import mutants
import nbformat
import pytest
from notebooks import read
from pictures import canvas, drawn
from proof_rules import faults, repeated, unlinked
from theorem_links import Carrier, Mutation, carriers, mutations

GOOD = r"""# %% [markdown]
# # Squares
#
# They are not negative.
# %%
numbers = range(-3, 4)
# %% [markdown] tags=["square-sign"]
# **Theorem** (`square-sign`). For every number $x$:
# $x^2 \ge 0$.
#
# *Source:* Euclid.
# %% tags=["square-sign"]
power = 2  # flip: power = 3
# %% tags=["square-sign"]
assert all(one**power >= 0 for one in numbers)
"""
MUTATION = Mutation("square-sign", "refpos/errors.py", "class SpecError", "class SpecMistake")
CARRIER = Carrier("tests/test_squares.py", "test_squares", "square-sign")


@pytest.fixture
def written(tmp_path):
    """Return a function that reads the good notebook with one text in the place of another, and runs its flips."""

    def made(old="", new=""):
        assert old in GOOD
        (tmp_path / "01_squares.py").write_text(GOOD.replace(old, new) if old else GOOD, encoding="utf-8")
        return read(tmp_path / "01_squares.py")

    return made


def told(notebook):
    """Return what is wrong with each flip of a notebook."""
    return [flips.survives(*one) for one in flips.outcomes(notebook)]


def test_a_notebook_is_read_as_cells_theorems_and_flips(written):
    book = written()
    (theorem,) = book.theorems

    assert [one.kind for one in book.cells] == ["markdown", "code", "markdown", "code", "code"]
    assert (book.name, book.title) == ("01_squares", "Squares")
    assert (theorem.id, theorem.kind, theorem.source) == ("square-sign", "Theorem", "Euclid.")
    assert theorem.statement == r"For every number $x$: $x^2 \ge 0$."
    assert [(one.old, one.new) for one in book.flips] == [("power = 2", "power = 3")]
    assert book.flips[0].flipped.source == "power = 3"


def test_a_good_notebook_has_no_faults_and_its_flip_is_noticed(written):
    assert list(faults(written())) == []
    assert told(written()) == [""]


FAULTS = {
    "title": ("# # Squares\n", "# Squares\n"),
    "kebab-case": ("square-sign", "SquareSign"),
    "no source": ("*Source:* ", ""),
    "an erratum says": ("**Theorem**", "**Erratum**"),
    "nothing is asserted": ("assert all(", "alright = all("),
    "no line has a flip": ("  # flip: power = 3", ""),
    "no theorem of this notebook": ('# %% tags=["square-sign"]\nassert', '# %% tags=["cube-sign"]\nassert'),
    "several theorems": ('# %% tags=["square-sign"]\nassert', '# %% tags=["square-sign", "cube-sign"]\nassert'),
    "not its tag": ('# %% [markdown] tags=["square-sign"]', "# %% [markdown]"),
    "item of a list": ("$x^2 \\ge 0$", "$x^2\n# - 0 \\ge 0$"),
    "for no theorem": ("numbers = range(-3, 4)", "numbers = range(-3, 4)\nassert numbers"),
    "neither asserts": ("numbers = range(-3, 4)", "print(range(-3, 4))"),
    "assertion of constants": ("assert all(", "assert 2 > 1\nassert all("),
    "assertion of a tuple": (
        "assert all(one**power >= 0 for one in numbers)",
        "assert (all(one**power for one in numbers), 1)",
    ),
    "an assertion is flipped": ("in numbers)", "in numbers)  # flip: assert all(one**power > 9 for one in numbers)"),
    "no Python": ("flip: power = 3", "flip: power = = 3"),
    "changes nothing": ("flip: power = 3", "flip: power = (2)"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_found(written, what):
    assert any(what in one for one in faults(written(*FAULTS[what])))


UNNOTICED = {
    "nothing fails": ("flip: power = 3", "flip: power = 4"),
    "ZeroDivisionError": ("flip: power = 3", "flip: power = 1 / 0"),
    "AssertionError at cell-05": (
        '# %% tags=["square-sign"]\nassert',
        '# %% tags=["square-other"]\nassert',
    ),
    "NameError": ("flip: power = 3", "flip: power = numbers if power else 1"),
}


@pytest.mark.parametrize("what", UNNOTICED)
def test_a_flip_that_no_assertion_of_its_theorem_notices_is_told(written, what):
    (wrong,) = told(written(*UNNOTICED[what]))

    assert what in wrong


def test_an_assertion_counts_where_it_stands_and_not_where_it_is_called_from(written):
    inside = 'def tried():\n    assert all(one**power >= 0 for one in numbers)\n# %% tags=["square-sign"]\ntried()'
    outside = "import json, unittest\nunittest.TestCase().assertTrue(all(one**power >= 0 for one in numbers))"

    assert told(written("assert all(one**power >= 0 for one in numbers)", inside)) == [""]
    assert told(written("assert all(one**power >= 0 for one in numbers)", outside)) != [""]


def test_a_flip_is_tried_where_the_notebook_stands_and_leaves_it_as_it_is(written):
    book = written("power = 2  # flip: power = 3", "power = 2  # flip: numbers = [power := 3, -1]\nnumbers = range(9)")

    assert told(book) == ["nothing fails"]


def test_a_notebook_that_fails_as_it_stands_has_no_score(written):
    with pytest.raises(RuntimeError, match="fails as it stands: AssertionError at cell-05, line 1"):
        flips.outcomes(written("power = 2", "power = 1"))


def test_a_flip_without_end_is_told(written, monkeypatch):
    monkeypatch.setattr(flips, "PATIENCE", 0.2)

    assert told(written("flip: power = 3", "flip: exec('while True: pass')")) == ["no end in 0.2 seconds"]


def test_ids_and_links_that_do_not_fit_are_found(written):
    theorems = written().theorems

    assert list(repeated([*theorems, *theorems])) == ["square-sign"]
    assert list(unlinked(theorems, [CARRIER], [MUTATION])) == []
    assert len(list(unlinked(theorems, [], [MUTATION]))) == 1
    assert len(list(unlinked(theorems, [CARRIER], []))) == 1
    assert len(list(unlinked([], [CARRIER], [MUTATION]))) == 2
    assert len(list(unlinked(theorems, [CARRIER], [MUTATION, MUTATION]))) == 1


@pytest.mark.parametrize(
    "change", [{"old": "no such text"}, {"old": "class "}, {"new": "class SpecError"}, {"file": "tests/conftest.py"}]
)
def test_a_mutation_that_changes_nothing_or_too_much_is_found(written, change):
    mutation = replace(MUTATION, **change) if change != {"old": "class "} else replace(MUTATION, old="e")

    assert len(list(unlinked(written().theorems, [CARRIER], [mutation]))) == 1


def test_a_theorem_that_nothing_in_the_code_breaks_says_why(written):
    assert list(unlinked(written().theorems, [CARRIER], [Mutation("square-sign", none="no code squares")])) == []


MARKED = """import pytest


@pytest.mark.theorem("a-b", "c-d")
def test_x():
    pass


@pytest.mark.parametrize("x", [1, pytest.param(2, marks=pytest.mark.theorem("e-f"))])
def test_y(x):
    pass


def test_z():
    pass
"""


def test_marks_and_mutations_are_read_from_files(tmp_path):
    (tmp_path / "test_one.py").write_text(MARKED)
    (tmp_path / "01_one.toml").write_text('[a-b]\nfile = "f"\nold = "o"\nnew = "n"\n[c-d]\nnone = "why"\n')
    x, y = "test_x", "test_y"

    assert carriers(tmp_path, tmp_path) == [
        Carrier("test_one.py", *one) for one in ((x, "a-b"), (x, "c-d"), (y, "e-f"))
    ]
    assert mutations(tmp_path) == [Mutation("a-b", "f", "o", "n"), Mutation("c-d", none="why")]


def test_a_notebook_runs_the_same_each_time_and_another_output_is_not_the_same(written):
    book = written("in numbers)\n", "in numbers)\npower + 1\n")
    once, again = build.run(book), build.run(book)
    other = nbformat.from_dict(again)
    other.cells[4].outputs[0].data["text/plain"] = "4"

    assert nbformat.writes(once) == nbformat.writes(again)
    assert once.cells[4].outputs[0].data["text/plain"] == "3"
    assert [one.get("execution_count") for one in once.cells] == [None, 1, None, 2, 3]
    assert build.same(once, again)
    assert not build.same(once, other)
    assert not build.same(None, once)
    assert build.without_outputs(once) == build.unrun(book) != once


def test_what_is_printed_to_stderr_is_found(written):
    fresh = build.run(
        written("numbers = range(-3, 4)", "import sys\nnumbers = range(print('oh', file=sys.stderr) or 4)")
    )

    assert list(build.complaints(fresh)) == ["cell-02: oh\n"]


def picture(height):
    figure, axes = canvas(3, 2)
    axes.plot([0, 1, 2], [0, height, 1 / 3])
    return drawn(figure)._repr_svg_()


def test_pictures_are_the_same_but_for_their_last_digits():
    once, far = ({"image/svg+xml": picture(height)} for height in (1.0, 1.1))
    near = {"image/svg+xml": re.sub(r"\d\.\d\d\b", lambda one: f"{float(one[0]) + 0.01:.2f}", picture(1.0), count=3)}

    assert once == {"image/svg+xml": picture(1.0)}
    assert once != near
    assert build.same(once, near)
    assert not build.same(once, far)
    assert "-0 " not in picture(1.0)
    assert not re.search(r'd="[^"]*\d\.\d{3}', picture(1.0))
    assert "metadata" not in picture(1.0)


def test_a_bar_in_a_statement_does_not_end_the_cell_of_its_table(written):
    book = written(r"$x^2 \ge 0$", r"$\|x\| = |x|$ or `a|b`")

    assert r"$\Vert x\Vert  = \vert x\vert $ or `a\|b`" in build.table([book], [CARRIER])
    assert "| [squares](../tests/test_squares.py) |" in build.table([book], [CARRIER])


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a small checkout with one function and the tests that carry a theorem."""
    for name, text in {
        "refpos/__init__.py": "",
        "refpos/square.py": "def square(x):\n    return x * x\n",
        "tests/test_square.py": "from refpos.square import square\n\n\ndef test_square():\n    assert square(3) == 9\n",
        "pyproject.toml": "[tool.pytest.ini_options]\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "LINKED", ())
    return tmp_path


SQUARE = Mutation("square-sign", "refpos/square.py", "x * x", "x + x")
TESTS = {"square-sign": ["tests/test_square.py::test_square"]}


def test_mutations_that_no_test_notices_are_told(checkout):
    unnoticed, broken = replace(SQUARE, new="x ** 2"), replace(SQUARE, new="x *")

    assert [one.splitlines()[0] for one in mutants.survivors([unnoticed, broken, SQUARE], TESTS)] == [
        "square-sign (refpos/square.py): exit status 0",
        "square-sign (refpos/square.py): exit status 4",
    ]


def test_tests_that_fail_as_they_stand_have_no_score(checkout):
    (checkout / "refpos" / "square.py").write_text("def square(x):\n    return 0 * x * x\n")

    with pytest.raises(RuntimeError, match="tests fail as they stand"):
        list(mutants.survivors([SQUARE], TESTS))
