"""Proofs run from clean, say what they print, and are linked both ways with the tests that carry them into the code."""

import build
import pytest
from notebooks import PROOFS, notebooks
from proof_rules import faults, repeated, unlinked
from theorem_links import carriers, mutations

BOOKS = {one.name: one for one in notebooks()}
THEOREMS = [theorem for book in BOOKS.values() for theorem in book.theorems]

every = pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)


@every
def test_a_notebook_runs_from_clean_and_prints_what_is_stored(book):
    fresh = build.run(book)

    assert build.same(build.stored(book), fresh), "python proofs/build.py writes it anew"
    assert not list(build.complaints(fresh))


@every
def test_a_stored_notebook_has_the_text_of_its_source(book):
    assert build.without_outputs(build.stored(book)) == build.unrun(book)


@every
def test_a_notebook_is_written_as_notebooks_are(book):
    assert not list(faults(book))


def test_every_stored_notebook_has_a_source():
    assert {one.stem for one in PROOFS.glob("*.ipynb")} == set(BOOKS)


def test_every_id_is_one_theorem():
    assert not list(repeated(THEOREMS))


def test_every_theorem_has_tests_and_a_mutation_and_every_mark_and_mutation_a_theorem():
    assert not list(unlinked(THEOREMS, carriers(), mutations()))


def test_the_table_of_theorems_is_up_to_date():
    text = build.README.read_text(encoding="utf-8")

    assert build.with_table(text) == text, "python proofs/build.py writes it anew"
