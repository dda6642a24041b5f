"""Pages of the catalogue."""

import json
import re
from functools import cache

import pytest
from kinds import KINDS

import refpos
from refpos import Frequencies, Linear, Rotary, omega, show
from refpos.catalogue import CATALOGUE
from refpos.cli import main
from refpos.show import LETTERS, table
from refpos.show_fields import runs, written
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
        ((0, 1, 2) * 20 + (0,) * 4, "(0, 1, 2)*20 + (0,)*4"),
        ((0,) * 4 + (None,) * 4, "(0,)*4 + (None,)*4"),
        ((0, 1) * 8, "(0, 1)*8"),
        ((None, *(0, 1, 2) * 5), "(None,) + (0, 1, 2)*5"),
        ((0, 0, 1), "(0, 0, 1)"),
    ],
)
def test_axes_are_written_short_and_evaluate_to_themselves(axes, written):
    assert axes == eval(runs(axes))
    assert written == runs(axes)


# What is no angle has its own formula.


@pytest.mark.parametrize(
    ("name", "own", "others"),
    [
        ("alibi", "−m_h |p_i − p_j|, m_h = 2^(−8k/8)", ["m_h p_j", "max p"]),
        ("bloom", "m_h p_j, m_h = 2^(−8k/64), k = 1 ... 64, then 1/2, 3/2 ... 95/2", ["|p_i − p_j|", "max p"]),
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


def test_the_layers_of_a_model_are_counted():
    shown = page("hwfa")

    assert "  23 layers: (R_i q_i)·(R_j k_j)/√d, keys of |p_i − p_j| < 16" in shown
    assert "\n  1 layer: (ln (p_i + 1)/ln 512) q_i·k_j/√d\n" in shown
    assert shown.count("Attention(") == 2


def test_a_page_says_what_its_fields_mean_and_which_are_at_their_default():
    lines = page("v2pe-multimodal-ropes-positions").splitlines()

    assert "  stride  16  How far a tile reaches." in lines
    assert "  by default: merge=2" in lines


def test_what_is_learned_has_one_look_and_no_number_that_stands_for_another():
    assert page("fox").endswith("learned\n  gates  8 by keys")
    assert page("rope-vit-mixed").endswith("learned\n  omega  6 by 2 by 32")


def test_planes_whose_angle_is_not_the_features_own_are_named():
    shown = page("vjepa2")

    assert "sin(φₘ)⋅x[2*k + 1]" in shown
    assert "(2⋅j + 1) mod" in shown


@every_entry
def test_no_line_of_a_page_is_cut_off_and_none_tells_what_python_calls_it(name):
    lines = page(name).splitlines()

    assert [line for line in lines if line.rstrip().endswith(("…", "..."))] == []
    assert [
        line for line in lines if "Mod(" in line or "phi[" in line or "<" in line.replace("<=", "").replace(" < ", "")
    ] == []


@every_entry
def test_parameters_of_a_page_fit_on_its_lines(name):
    shown = page(name).partition("\nparameters\n")[2].partition("\n\n")[0].splitlines()

    assert shown
    assert [line for line in shown if len(line) > 112] == []


@every_entry
def test_what_a_description_is_written_as_makes_it(name):
    variant = CATALOGUE[name].variant

    assert variant == eval(written(variant), vars(refpos) | {one: getattr(refpos, one) for one in refpos.__all__})


# The table.


def equations():
    """Return for each entry its equation in the table."""
    cells = [re.split(r"(?<!\\)\|", row) for row in table()[2:]]
    return {row[1].strip(): row[3].strip() for row in cells}


def test_two_entries_have_one_equation_only_where_they_are_one_description():
    same = {}
    for name, equation in equations().items():
        same.setdefault((CATALOGUE[name].family, equation), []).append(name)
    differing = [names for names in same.values() if len({CATALOGUE[one].variant for one in names}) > 1]

    assert differing == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("big-vision", "10,000^(−j/(K_a − 1))"),
        ("nerf", "from π·1 to π·512"),
        ("gemma-4-global", "planes 64 turned, 192 still"),
        ("xpos", "queries times ζ_k^(p/512), keys over it"),
        ("yarn-code", "times 1.2773"),
        ("deepseek-v3", "written to (x_k, x_k+32)"),
        ("vjepa2", "no rotation: cosines and sines tiled"),
        ("x-transformers-scaled", "0.03125 times"),
        ("qwen2-vl", "planes 16 t, 24 y, 24 x"),
        ("ernie-4.5-vl", "planes 44 y, x in turn, 20 t"),
        ("mae", "after 1 row of zeros"),
        ("navit-fractional", "align origin"),
        ("linear-rope", "1 + elu(x), R: (x_2k, x_2k+1) turned"),
        ("swin", "T[13(y_i − y_j + 6) + x_i − x_j + 6, h]"),
    ],
)
def test_the_table_says_what_tells_an_entry_from_others(name, said):
    assert said in equations()[name]


@pytest.mark.parametrize("name", [name for name, one in CATALOGUE.items() if getattr(one.variant, "rotary", None)])
def test_what_an_attention_turns_by_is_said(name):
    assert ", R: (x_" in equations()[name]


def test_equations_of_the_table_name_no_description_inside_another_twice():
    found = equations()

    assert [name for name, said in found.items() if "rotary Rotary" in said or "resample Resize" in said] == []


def test_the_letters_of_the_table_are_those_under_it(capsys):
    main(["list", "--markdown"])

    assert capsys.readouterr().out.rstrip("\n").endswith(f"\n\n{LETTERS}")
