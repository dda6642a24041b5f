"""Golden files: what they hold, and that they are made again byte for byte."""

import json
import re
import subprocess
import sys

import jsonschema
import numpy as np
import pytest
from compiler import compiled
from golden_folder import GOLDEN, SMALL, document, flat, folder_of, text

from refpos.catalogue import ANGLES, CATALOGUE
from refpos.exact.formats import BFLOAT16, FLOAT8_E5M2, FLOAT16, FLOAT32, decoded, direct
from refpos.oracle import vectors
from refpos.oracle.golden.changes import differences, refused, ulps
from refpos.oracle.golden.document import golden_names, rederived, written
from refpos.oracle.golden.format import canonical, read, write
from refpos.oracle.golden.lint import lint
from refpos.oracle.golden.values import Subject, arrays, of_head
from refpos.oracle.neighbours import computing
from refpos.oracle.tolerance import Recipe, bound

ROUNDOFF = 2.0**-53


def test_every_entry_has_a_file():
    assert set(golden_names()) == set(vectors.present(GOLDEN))


def test_lint_finds_nothing_in_entries_of_every_family(tmp_path, monkeypatch):
    few = (SMALL, "mae", "rope-vit-mixed", "dynamic-ntk", "alibi", "beit", "dino-resize", "detr-positions", "fox")
    for module in ("refpos.oracle.golden.document", "refpos.oracle.golden.lint", "refpos.oracle.vectors"):
        monkeypatch.setattr(f"{module}.golden_names", lambda: few)

    assert {CATALOGUE[name].family for name in few} == {one.family for one in CATALOGUE.values()}
    assert [] == lint(folder_of(tmp_path / "golden", *few), jobs=1)


def test_files_are_small_on_average():
    sizes = [len(text(name).encode()) for name in golden_names()]

    assert sum(sizes) / len(sizes) < 60_000


def test_every_mistake_that_is_another_function_is_told_by_some_case():
    untold = {name: mistakes(document(name)) - set(document(name)["notes"]) for name in ANGLES}

    assert {} == {name: left for name, left in untold.items() if left}


def mistakes(held):
    """The mistakes that can be made with an entry, at any length of its cases."""
    subject = Subject(held["name"], ANGLES[held["name"]], held.get("learned"))
    return {one.id for case in held["cases"] for one in subject.at(case["inputs"]).mistakes}


@pytest.mark.parametrize("name", ANGLES)
def test_masters_are_what_the_specification_computes(name):
    held = document(name)
    entry = Subject(name, ANGLES[name], held.get("learned"))
    for case in held["cases"]:
        subject = entry.at(case["inputs"])
        variant = subject.variant
        side = case["inputs"].get("side", "query")
        positions, x = arrays(subject, case["inputs"])
        got = of_head(subject, case["inputs"], computing(variant, subject.learned, side)(positions, x))
        allowed = bound(variant, Recipe("float64", "power"), positions, x, side=side, learned=subject.learned)
        allowed = of_head(subject, case["inputs"], allowed)
        pinned = case.get("elements", range(subject.entry.width))
        assert (np.abs(got - case_rows(case, got))[:, list(pinned)] <= allowed[:, list(pinned)]).all(), case["id"]


def case_rows(case, like):
    found = like.copy()
    found[:, case.get("elements", range(like.shape[-1]))] = case["master"]
    return found


@pytest.mark.parametrize("name", golden_names())
def test_rounding_masters_directly_is_what_numpy_does(name):
    masters = np.array([one for case in document(name)["cases"] for one in flat(case["master"])])
    for target, dtype in ((FLOAT32, np.float32), (FLOAT16, np.float16)):
        mine = [decoded(direct(one, target), target) for one in masters]
        with np.errstate(over="ignore"):
            assert mine == masters.astype(dtype).astype(np.float64).tolist()


@pytest.mark.parametrize("name", golden_names())
def test_features_are_exact_in_every_format(name):
    for case in document(name)["cases"]:
        given = flat(case["inputs"].get("x", []))
        assert given == [decoded(direct(float(one), FLOAT8_E5M2), FLOAT8_E5M2) for one in given]


def test_one_case_of_each_file_pins_every_element():
    def is_whole(held):
        return any(len(case["master"][0]) == held["features"] for case in held["cases"] if "elements" not in case)

    assert [] == [name for name in golden_names() if not is_whole(document(name))]


def test_every_file_has_inputs_that_must_be_refused():
    assert [] == [name for name in golden_names() if not document(name)["rejects"]]


@pytest.mark.parametrize("name", [SMALL, "mae", "xpos", "rope-vit-mixed", "dinov3", "phi-3", "yarn-code"])
def test_a_file_is_made_again_byte_for_byte(name):
    assert canonical(rederived(name, document(name))) == text(name)


def test_writing_again_gives_the_same_bytes():
    assert canonical(written(SMALL, document(SMALL))) == text(SMALL)


def test_writing_anew_gives_all_but_what_was_drawn():
    cases = [one for one in document(SMALL)["cases"] if "drawn" not in one["comment"]]

    assert cases == written(SMALL)["cases"]


def test_reading_is_the_inverse_of_writing(tmp_path):
    write({tmp_path / "a.json": text(SMALL).encode()})

    assert (document(SMALL), text(SMALL).encode()) == read(tmp_path / "a.json")
    assert [tmp_path / "a.json"] == list(tmp_path.iterdir())


def test_inputs_of_an_id_that_is_there_are_kept():
    held = document(SMALL)
    held["cases"] = [{**held["cases"][3], "comment": "mine", "id": f"{SMALL}/0001"}]
    held["cases"][0]["inputs"]["positions"] = [7, 8][: len(held["cases"][0]["inputs"]["positions"])]
    found = written(SMALL, held)

    assert "mine" == found["cases"][0]["comment"]
    assert held["cases"][0]["inputs"] == found["cases"][0]["inputs"]
    assert f"{SMALL}/0002" == found["cases"][1]["id"]


def test_the_certified_case_of_llama_is_what_it_was():
    case = document("llama-2")["cases"][0]

    assert [5] == case["inputs"]["positions"]
    x, y = case["inputs"]["x"][0], case["master"][0]
    assert y[0] == pytest.approx(x[0] * np.cos(5) - x[64] * np.sin(5), rel=1e-14)


def test_what_is_told_besides_may_grow():
    old, new = document(SMALL), document(SMALL)
    old["cases"][0]["separates"].pop()
    old["cases"][0]["units"].pop("float16/log")

    assert [] == refused(old, new)
    assert differences(old, new)
    assert refused(new, old)


def test_ulps_cross_zero():
    assert 3 == ulps(-(2.0**-1074), 2 * 2.0**-1074)


def test_the_schema_accepts_the_files():
    validator = jsonschema.Draft202012Validator(json.loads((GOLDEN / "schema.json").read_text()))
    for name in (SMALL, "mae", "xpos", "rope-vit-mixed", "vjepa2", "phi-3"):
        assert [] == [error.message for error in validator.iter_errors(document(name))]
    assert not validator.is_valid({**document(SMALL), "more": 1})


def turned(held, case, form):
    """What the README says that a case gives, in float64."""
    x, given = np.array(case["inputs"]["x"], dtype=float), case["inputs"]
    positions = np.array(given["positions"], dtype=float).reshape(len(x), -1)
    omega = np.array(form["omega"])[given["head"]] if "head" in given else np.array(form["omega"])
    angles, y, (a, b), (c, d) = (
        positions @ omega,
        x.copy(),
        *(np.transpose(form[one]) for one in ("pairs_in", "pairs_out")),
    )
    first, second = (angles[:, k] for k in np.transpose(form.get("columns", [[k, k] for k in range(len(a))])))
    grown = growth(held["variant"]["growth"], len(a), positions, given.get("side", "query"))
    y[:, c] = grown * form["magnitude"] * (x[:, a] * np.cos(first) - x[:, b] * np.sin(first))
    y[:, d] = grown * form["magnitude"] * (x[:, b] * np.cos(second) + x[:, a] * np.sin(second))
    return y[:, case["elements"]] if "elements" in case else y


def growth(given, planes, positions, side):
    if given is None:
        return 1.0
    d = 2 * planes
    zeta = np.array([(2 * k + 0.4 * d) / (1.4 * d) for k in range(planes)])
    return zeta ** ((positions - given["centre"]) / given["scale_base"] * (-1 if side == "key" else 1))


def form_at(held, n):
    """The normal form that the README says a file with a length has at it; these pair halves."""
    (scaling,), base = held["variant"]["frequencies"]["scaling"], held["variant"]["frequencies"]["base"]
    planes = len(held["variant"]["frequencies"]["axes"])
    d, far, gain = 2 * planes, n > scaling["original"], held["variant"]["attention_factor"]
    divisors = np.ones(planes)
    if scaling["type"] == "DynamicNTK" and far:
        base *= (scaling["factor"] * n / scaling["original"] - (scaling["factor"] - 1)) ** (d / (d - 2))
    if scaling["type"] == "LongRope":
        divisors = np.array(scaling["long" if far else "short"])
    pairs = [[k, k + planes] for k in range(planes)]
    gain = gain if isinstance(gain, float) else np.sqrt(1 + np.log(gain["factor"]) / np.log(gain["original"]))
    omega = [base ** (-2 * np.arange(planes) / d) / divisors]
    return {"pairs_in": pairs, "pairs_out": pairs, "omega": omega, "magnitude": gain}


ROTARY = [name for name in golden_names() if document(name)["family"] == "rotary"]


@pytest.mark.parametrize("name", ROTARY)
def test_what_the_readme_says_of_rotary_files_gives_their_masters(name):
    held = document(name)
    for case in held["cases"]:
        form = held["normal_form"] if "normal_form" in held else form_at(held, case["inputs"]["length"])
        allowed = np.array(case["units"]["float32/tables"]) * 2.0**-24
        assert (np.abs(turned(held, case, form) - case["master"]) <= allowed).all(), case["id"]


def test_the_rounding_in_the_readme_is_right(tmp_path):
    code = re.search(r"```c\n(.*?)```", (GOLDEN / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    includes = "".join(f"#include <{one}.h>\n" for one in ("math", "stdint", "stdio", "string"))
    run = 'int main(void) { double v; int p, q; while (scanf("%la %d %d", &v, &p, &q) == 3) '
    program = compiled(tmp_path, f'{includes}{code}{run}printf("%a\\n", round_direct(v, p, q)); return 0; }}\n')
    masters = {
        one for name in ("llama-3.1", "xpos", "mae") for case in document(name)["cases"] for one in flat(case["master"])
    }
    masters |= {1 + 2**-8 + 2**-40, 2.0**-25, 2.0**-25 + 2.0**-70, 2.0**-150, 3 * 2.0**-26, 0.0, 5e-324}
    for target in (FLOAT32, FLOAT16, BFLOAT16, FLOAT8_E5M2):
        given = "\n".join(f"{one.hex()} {target.precision} {target.least}" for one in masters)
        told = subprocess.run([program], input=given, capture_output=True, text=True, check=True).stdout.split()
        assert [decoded(direct(one, target), target) for one in masters] == list(map(float.fromhex, told))


PERTURBED = """
import sys
import numpy as np
before = np.cos(np.arange(100.0)).tobytes()
def off(function):
    def moved(*given, **named):
        y = np.asarray(function(*given, **named))
        if y.dtype != np.float64:
            return y
        way = np.where(np.arange(y.size).reshape(y.shape) % 2 == 0, np.inf, -np.inf)
        return np.where(y == 0, y, np.nextafter(y, way))[()]
    return moved
for name in ("cos", "sin", "exp", "expm1", "log", "power", "hypot"):
    setattr(np, name, off(getattr(np, name)))
assert before != np.cos(np.arange(100.0)).tobytes(), "control: NumPy must have changed"
from refpos.oracle.golden.document import rederived
from refpos.oracle.golden.format import canonical
from refpos.oracle.vectors import folder, load
for name in sys.argv[1:]:
    text = (folder() / f"{name}.json").read_text(encoding="utf-8")
    assert canonical(rederived(name, load(folder(), name))) == text, name
"""


def test_an_ulp_in_numpy_moves_no_golden_byte():
    names = ["gpt-j", "dynamic-ntk", "vjepa2", "xpos", "yarn-code", "dinov3"]
    done = subprocess.run([sys.executable, "-c", PERTURBED, *names], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
