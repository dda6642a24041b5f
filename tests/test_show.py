"""Pages of the catalogue."""

import json

import pytest

from refpos import Frequencies, Linear, Rotary, omega
from refpos.catalogue import CATALOGUE
from refpos.show import _runs, as_data, page
from refpos.variants.described import describe
from refpos.variants.length import is_static


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_has_a_page_with_its_source(name):
    shown = page(name)

    assert shown.startswith(f"{name}: ")
    assert CATALOGUE[name].source.url in shown
    assert CATALOGUE[name].note in shown


def test_a_page_typesets_the_formula_in_unicode():
    assert "γₖ" in page("llama-3.1")


def test_a_page_lists_the_mistakes_that_check_names():
    assert "scaling/no-ByParts" in page("llama-3.1")


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_is_plain_data(name):
    data = json.loads(json.dumps(as_data(name)))

    assert type(CATALOGUE[name].variant).__name__ == data["variant"]["type"]


def test_the_data_of_an_entry_has_its_frequencies():
    assert is_static(CATALOGUE["gpt-oss"].variant)
    assert omega(CATALOGUE["gpt-oss"].variant.frequencies).tolist() == as_data("gpt-oss")["frequencies"]


def test_a_description_as_data_is_its_class_and_its_fields():
    described = describe(Rotary(Frequencies((0, None), scaling=Linear(4))))

    assert "Rotary" == described["type"]
    assert {"type": "Linear", "factor": 4.0} == described["frequencies"]["scaling"][0]
    assert [0, None] == described["frequencies"]["axes"]


@pytest.mark.parametrize(
    ("axes", "written"),
    [
        ((0,) * 64, "(0,)*64"),
        ((0,) * 16 + (1,) * 24 + (2,) * 24, "(0,)*16 + (1,)*24 + (2,)*24"),
        ((0, 1, 2) * 20 + (0,) * 4, "(0, 1, 2)*20 + (0, 0, 0, 0)"),
        ((0,) * 4 + (None,) * 4, "(0,)*4 + (None,)*4"),
        ((0, 1) * 8, "(0, 1)*8"),
    ],
)
def test_axes_are_written_short_and_evaluate_to_themselves(axes, written):
    assert axes == eval(_runs(axes))
    assert written == _runs(axes)
