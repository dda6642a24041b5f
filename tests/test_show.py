"""Pages of the catalogue."""

import json
from functools import cache

import pytest
from kinds import KINDS

from refpos import Frequencies, Linear, Rotary, omega, show
from refpos.catalogue import ANGLES, CATALOGUE
from refpos.show import _runs, table
from refpos.variants.described import describe
from refpos.variants.length import is_static

page, as_data = cache(show.page), cache(show.as_data)
every_entry = pytest.mark.parametrize("name", CATALOGUE, scope="module")


@every_entry
def test_every_entry_has_a_page_with_its_source(name):
    shown = page(name)

    assert shown.startswith(f"{name}: ")
    assert CATALOGUE[name].source.url in shown
    assert CATALOGUE[name].note in shown


def test_a_page_typesets_the_formula_in_unicode():
    assert "γₖ" in page("llama-3.1")


def test_a_page_lists_the_mistakes_that_check_names_those_of_a_kind_together():
    (line,) = (line for line in page("llama-3.1").splitlines() if line.split()[:1] == ["scaling"] and "no-" in line)

    assert line.split()[1:3] == ["no-ByParts,", "ramp-over-index,"]


@pytest.mark.parametrize("name", ["llama-3.1", "mae", "gpt-oss", "xpos"])
def test_a_page_lists_every_mistake_under_its_kind_once(name):
    rows = page(name).partition("mistakes that `refpos check` names\n")[2].splitlines()
    found, kind = [], ""
    for row in rows:
        words = row.replace(",", "").split()
        if words[0] in KINDS:
            kind, *words = words
        found += [f"{kind}/{word}" for word in words]

    assert found == list(dict.fromkeys(sorted(as_data(name)["mistakes"], key=first_of(as_data(name)["mistakes"]))))


def first_of(mistakes):
    """Return a key that keeps mistakes of a kind together, kinds in the order of their first."""
    kinds = list(dict.fromkeys(one.partition("/")[0] for one in mistakes))
    return lambda one: kinds.index(one.partition("/")[0])


@every_entry
def test_mistakes_on_a_page_fit_on_its_lines(name):
    rows = page(name).partition("mistakes that `refpos check` names\n")[2].splitlines()

    assert [row for row in rows if len(row) > 110] == []


@every_entry
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


# What is no angle has its own formula.


@pytest.mark.parametrize(
    ("name", "own", "others"),
    [
        ("alibi", "−m_h |p_i − p_j|, m_h = 2^(−8k/8)", ["m_h p_j", "max p"]),
        ("bloom", "m_h p_j, m_h = 2^(−8k/64), k = 1 ... 64, then 1/2, 3/2, ...", ["|p_i − p_j|", "max p"]),
        ("mpt", "m_h (p_j − max p)", ["|p_i − p_j|", "m_h p_j,"]),
        ("croma", "−m_h ‖p_i − p_j‖", ["m_h p_j"]),
        ("kerple-power", "|p_i − p_j|^r2_h", ["ln"]),
        ("linear-rope", "1 + elu(x)", ["cos("]),
        ("falcon-rw-attention", "(q_i·k_j + b_ij)/√d", ["τ_i"]),
        ("vo-rope", "o_i = R_iᵀ Σ_j a_ij R_j v_j", ["R_i q_i"]),
        ("deberta-paper", "k_j·Q[δ(p_j − p_i)]", ["k_j·Q[δ(p_i − p_j)]"]),
        ("rope-tie-v2-positions", "L + h(w − 1)/2 + r", ["gcd"]),
    ],
)
def test_a_page_has_the_formula_of_its_own_entry(name, own, others):
    shown = page(name).partition("\nparameters\n")[0]

    assert own in shown
    assert [other for other in others if other in shown] == []


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in ANGLES])
def test_the_table_has_an_equation_of_every_entry(name):
    (row,) = (row for row in table() if row.startswith(f"| {name} | "))
    kind = type(CATALOGUE[name].variant).__name__
    equation, paren, _ = row.partition(f" ({kind}")

    assert paren
    assert len(equation) > len(f"| {name} | {CATALOGUE[name].family} | ")
