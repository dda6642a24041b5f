"""Golden files: what they hold, that they are made again byte for byte, and that bad ones are refused."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from refpos.catalogue import ANGLES
from refpos.cli import main
from refpos.errors import SpecError
from refpos.exact.formats import BFLOAT16, FLOAT8_E5M2, FLOAT16, FLOAT32, decoded, direct
from refpos.oracle import golden_lint, vectors
from refpos.oracle.golden_changes import differences, refused, ulps
from refpos.oracle.golden_document import golden_names, rederived, written
from refpos.oracle.golden_format import canonical, inside, read, write_text
from refpos.oracle.golden_values import Subject, arrays, of_head
from refpos.oracle.neighbours import computing
from refpos.oracle.tolerance import Recipe, bound

GOLDEN = Path(__file__).parents[1] / "golden"
SMALL = "gpt-neox-20b"
ROUNDOFF = 2.0**-53


@cache
def text(name):
    return (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


def document(name):
    return json.loads(text(name))


def flat(rows):
    return [one for row in rows for one in row]


@pytest.fixture
def copy(tmp_path):
    """A folder with a few golden files and a manifest of them."""
    place = tmp_path / "golden"
    place.mkdir()
    for name in (SMALL, "schema"):
        shutil.copy(GOLDEN / f"{name}.json", place)
    texts = {SMALL: text(SMALL)}
    (place / "manifest.json").write_text(vectors.manifest(texts, {SMALL: document(SMALL)}), encoding="utf-8")
    return place


@pytest.fixture
def only_one(monkeypatch):
    """A catalogue that has one entry."""
    for module in ("refpos.oracle.vectors", "refpos.oracle.golden_document", "refpos.oracle.golden_lint"):
        monkeypatch.setattr(f"{module}.golden_names", lambda: (SMALL,))


def test_every_entry_has_a_file():
    assert set(golden_names()) == set(vectors.present(GOLDEN))


def test_lint_finds_nothing():
    assert [] == golden_lint.lint(GOLDEN, jobs=1)


def test_files_are_small_on_average():
    sizes = [len(text(name).encode()) for name in golden_names()]

    assert sum(sizes) / len(sizes) < 60_000


def test_every_mistake_that_is_another_function_is_told_by_some_case():
    untold = {name: mistakes(document(name)) - set(document(name)["notes"]) for name in ANGLES}

    # The weights of RoPE-Mixed are exact in 16 bits: to round them changes nothing.
    assert {"rope-vit-mixed": {"bfloat16/frequencies", "float16/frequencies"}} == {k: v for k, v in untold.items() if v}


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


@pytest.mark.parametrize("name", golden_names())
def test_one_case_pins_every_element(name):
    held = document(name)

    assert any(len(case["master"][0]) == held["features"] for case in held["cases"] if "elements" not in case)


@pytest.mark.parametrize("name", golden_names())
def test_every_file_has_inputs_that_must_be_refused(name):
    assert document(name)["rejects"]


@pytest.mark.parametrize("name", [SMALL, "mae", "xpos", "rope-vit-mixed", "dinov3", "phi-3", "yarn-code"])
def test_a_file_is_made_again_byte_for_byte(name):
    assert canonical(rederived(name, document(name))) == text(name)


def test_writing_again_gives_the_same_bytes():
    assert canonical(written(SMALL, document(SMALL))) == text(SMALL)


def test_writing_anew_gives_all_but_what_was_drawn():
    cases = [one for one in document(SMALL)["cases"] if "drawn" not in one["comment"]]

    assert cases == written(SMALL)["cases"]


def test_reading_is_the_inverse_of_writing(tmp_path):
    write_text(tmp_path / "a.json", canonical(document(SMALL)))

    assert read(tmp_path / "a.json") == document(SMALL)
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


def changed_number(rows):
    rows[0][0] = np.nextafter(rows[0][0], np.inf).item() if isinstance(rows[0][0], float) else rows[0][0] + 1


FLIPS = {
    "master": lambda one: changed_number(one["cases"][1]["master"]),
    "units": lambda one: changed_number(one["cases"][1]["units"]["float32/log"]),
    "wrong": lambda one: changed_number(next(iter(one["cases"][1]["wrong"].values()))),
    "separates": lambda one: one["cases"][1]["separates"].pop(),
    "inputs": lambda one: changed_number(one["cases"][0]["inputs"]["x"]),
    "positions": lambda one: changed_number([one["cases"][1]["inputs"]["positions"]]),
    "elements": lambda one: changed_number([one["cases"][1]["elements"]]),
    "omega": lambda one: changed_number(one["normal_form"]["omega"]),
    "magnitude": lambda one: one["normal_form"].update(magnitude=1.0000000000000002),
    "pairs_in": lambda one: changed_number(one["normal_form"]["pairs_in"]),
    "base": lambda one: one["variant"]["frequencies"].update(base=10000.000000000002),
    "source": lambda one: one["source"].update(version="another"),
    "notes": lambda one: one["notes"].popitem(),
    "rejects": lambda one: one["rejects"].pop(),
    "features": lambda one: one.update(features=10**9),
    "type": lambda one: one["cases"][1]["master"][0].__setitem__(0, "0.5"),
    "integer": lambda one: one["normal_form"].update(magnitude=1),
}


def changed_file(place, change):
    held = document(SMALL)
    change(held)
    (place / f"{SMALL}.json").write_text(canonical(held), encoding="utf-8")
    texts = {SMALL: canonical(held)}
    (place / "manifest.json").write_text(vectors.manifest(texts, {SMALL: held}), encoding="utf-8")


def test_verify_accepts_what_is_derived(copy, only_one, capsys):
    assert 0 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "SHA-256" in capsys.readouterr().out


@pytest.mark.parametrize("field", FLIPS)
def test_verify_finds_a_last_digit_in_any_field(copy, only_one, capsys, field):
    changed_file(copy, FLIPS[field])

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert f"{SMALL}.json" in capsys.readouterr().out


def test_verify_names_the_case(copy, only_one, capsys):
    changed_file(copy, FLIPS["master"])
    main(["golden", "verify", str(copy), "--jobs", "1"])

    assert f"{SMALL}.json, {SMALL}/0002: master must be what is derived" in capsys.readouterr().out


def test_write_refuses_a_change_without_a_reason(copy, only_one, capsys):
    changed_file(copy, FLIPS["master"])
    before = (copy / f"{SMALL}.json").read_bytes()

    assert 2 == main(["golden", "write", str(copy), "--jobs", "1"])
    assert before == (copy / f"{SMALL}.json").read_bytes()
    assert f"{SMALL}/0002: master moved in 1 of" in capsys.readouterr().err


def test_a_reason_goes_to_the_changelog(copy, only_one):
    changed_file(copy, FLIPS["master"])
    log = copy.parent / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## 0.2.0\n\n### Added\n\n- words\n", encoding="utf-8")

    assert 0 == main(["golden", "write", str(copy), "--jobs", "1", "--reason", "a digit was flipped"])
    assert text(SMALL) == (copy / f"{SMALL}.json").read_text(encoding="utf-8")
    assert re.search(r"### Normative\n\n- Golden files: a digit was flipped\n  - .*by at most 1 ulps", log.read_text())
    assert "### Added" in log.read_text()


def test_a_change_needs_a_changelog(copy, only_one, capsys):
    changed_file(copy, FLIPS["master"])

    assert 2 == main(["golden", "write", str(copy), "--jobs", "1", "--reason", "why not"])
    assert "changelog" in capsys.readouterr().err


def test_diff_says_what_changed(copy, tmp_path, capsys):
    other = tmp_path / "other"
    shutil.copytree(copy, other)
    changed_file(other, lambda one: (FLIPS["master"](one), one["cases"].pop()))

    assert 1 == main(["golden", "diff", str(copy), str(other)])
    said = capsys.readouterr().out
    assert "removed" in said
    assert "by at most 1 ulps" in said
    assert 0 == main(["golden", "diff", str(copy), str(copy)])


def test_what_is_told_besides_may_grow():
    old, new = document(SMALL), document(SMALL)
    old["cases"][0]["separates"].pop()
    old["cases"][0]["units"].pop("float16/log")

    assert [] == refused(old, new)
    assert differences(old, new)
    assert refused(new, old)


def test_ulps_cross_zero():
    assert 3 == ulps(-(2.0**-1074), 2 * 2.0**-1074)


BAD = {
    "truncated": (lambda good: good[: len(good) // 2], "must be whole"),
    "empty": (lambda _: "", "must be whole"),
    "a list": (lambda _: "[]", "one JSON object"),
    "not text": (lambda _: b"\xff\xfe\x00", "UTF-8"),
    "deep": (lambda _: '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "nesting must be at most"),
    "huge": (lambda _: '{"a":"' + "x" * (1 << 23) + '"}', "must have at most"),
    "version": (lambda good: good.replace('"format":1', '"format":2'), "format must be 1"),
    "no version": (lambda good: good.replace('"format":1', '"format":true'), "format must be 1"),
    "name": (lambda good: good.replace(f'"name":"{SMALL}"', '"name":"llama-2"'), "name must be that of the file"),
    "nan": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":NaN', good), "must be finite"),
    "infinity": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":1e999', good), "finite float64"),
    "digits": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":1.00', good), "shortest decimal"),
    "long digits": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":0.10000000000000000001', good), "shortest"),
    "whole": (lambda good: re.sub(r'"magnitude":1.0', '"magnitude":9007199254740993', good), "whole number"),
    "endless": (lambda good: re.sub(r'"magnitude":1.0', f'"magnitude":{"9" * 9000}', good), "whole number"),
    "key twice": (lambda good: good.replace('"format":1', '"format":1,"format":1'), "a key must stand once"),
    "id twice": (lambda good: good.replace(f"{SMALL}/0003", f"{SMALL}/0002"), "each once and in order"),
    "element": (lambda good: re.sub(r'"elements":\[\d+', '"elements":[1000000000', good), "elements must be features"),
    "features": (lambda good: good.replace('"features":96', '"features":1000000000'), SMALL),
    "spaces": (lambda good: good.replace('":', '": '), "canonical form"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("command", ["verify", "lint"])
def test_a_bad_file_is_refused_by_name_and_rule(copy, only_one, capsys, kind, command):
    make, rule = BAD[kind]
    made = make(text(SMALL))
    (copy / f"{SMALL}.json").write_bytes(made if isinstance(made, bytes) else made.encode())

    assert 1 == main(["golden", command, str(copy), "--jobs", "1"])
    said = capsys.readouterr().out
    assert f"{SMALL}.json" in said
    assert rule in said


@pytest.mark.parametrize("command", ["verify", "lint"])
def test_a_wrong_digest_is_refused(copy, only_one, capsys, command):
    listed = (copy / "manifest.json").read_text()
    (copy / "manifest.json").write_text(re.sub(r'"sha256":"..', '"sha256":"zz', listed))

    assert 1 == main(["golden", command, str(copy), "--jobs", "1"])
    assert f"{SMALL}.json: its SHA-256 must be that of the manifest" in capsys.readouterr().out


@pytest.mark.parametrize("claim", ['"cases":1000000000', '"files":1000000000'])
def test_a_manifest_that_claims_more_is_refused(copy, only_one, capsys, claim):
    listed = (copy / "manifest.json").read_text()
    key = claim.partition(":")[0]
    (copy / "manifest.json").write_text(re.sub(rf"{key}:\d+", claim, listed, count=1))

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "counts and digests" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", ""])
def test_a_name_that_leaves_the_folder_is_refused(copy, only_one, capsys, name):
    held = json.loads((copy / "manifest.json").read_text())
    held["entries"][name] = held["entries"][SMALL]
    (copy / "manifest.json").write_text(canonical(held))

    with pytest.raises(SpecError, match="inside its folder"):
        inside(copy, name)
    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "inside its folder" in capsys.readouterr().out


def test_a_link_that_leaves_the_folder_is_refused(copy, only_one, capsys):
    (copy / f"{SMALL}.json").unlink()
    (copy / f"{SMALL}.json").symlink_to(GOLDEN / f"{SMALL}.json")

    assert 1 == main(["golden", "verify", str(copy), "--jobs", "1"])
    assert "inside its folder" in capsys.readouterr().out


def test_what_fails_while_writing_leaves_nothing(tmp_path):
    (tmp_path / "a.json").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a.json", "half \ud800")

    assert ["a.json"] == [path.name for path in tmp_path.iterdir()]
    assert "old" == (tmp_path / "a.json").read_text()


def test_the_schema_accepts_the_files():
    validator = jsonschema.Draft202012Validator(json.loads((GOLDEN / "schema.json").read_text()))
    for name in (SMALL, "mae", "xpos", "rope-vit-mixed", "vjepa2", "phi-3"):
        assert [] == [error.message for error in validator.iter_errors(document(name))]
    assert not validator.is_valid({**document(SMALL), "more": 1})


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_rounding_in_the_readme_is_right(tmp_path):
    code = re.search(r"```c\n(.*?)```", (GOLDEN / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    includes = "".join(f"#include <{one}.h>\n" for one in ("math", "stdint", "stdio", "string"))
    run = 'int main(void) { double v; int p, q; while (scanf("%la %d %d", &v, &p, &q) == 3) '
    (tmp_path / "a.c").write_text(f'{includes}{code}{run}printf("%a\\n", round_direct(v, p, q)); return 0; }}\n')
    subprocess.run(["cc", "-Wall", "-Werror", "-o", tmp_path / "a", tmp_path / "a.c", "-lm"], check=True)
    masters = {
        one for name in ("llama-3.1", "xpos", "mae") for case in document(name)["cases"] for one in flat(case["master"])
    }
    masters |= {1 + 2**-8 + 2**-40, 2.0**-25, 2.0**-25 + 2.0**-70, 2.0**-150, 3 * 2.0**-26, 0.0, 5e-324}
    for target in (FLOAT32, FLOAT16, BFLOAT16, FLOAT8_E5M2):
        given = "\n".join(f"{one.hex()} {target.precision} {target.least}" for one in masters)
        told = subprocess.run([tmp_path / "a"], input=given, capture_output=True, text=True, check=True).stdout.split()
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
from refpos.oracle.golden_document import rederived
from refpos.oracle.golden_format import canonical
from refpos.oracle.vectors import folder, load
for name in sys.argv[1:]:
    text = (folder() / f"{name}.json").read_text(encoding="utf-8")
    assert canonical(rederived(name, load(folder(), name))) == text, name
"""


def test_an_ulp_in_numpy_moves_no_golden_byte():
    names = ["gpt-j", "dynamic-ntk", "phi-2", "lumina-2", "qwen3-vl", "vjepa2", "xpos", "yarn-code", "dinov3"]
    done = subprocess.run([sys.executable, "-c", PERTURBED, *names], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
