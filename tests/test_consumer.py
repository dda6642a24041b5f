"""A stranger's program of C reads the golden files and agrees with them; with a mistake in it, it does not."""

import json
import subprocess
from pathlib import Path

import pytest
from compiler import compiled

SOURCE = (Path(__file__).parent / "consumer" / "consumer.c").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parents[1] / "golden"
FILES = sorted(path for path in GOLDEN.glob("*.json") if path.stem not in ("manifest", "schema"))
DOCUMENTS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
FORMS = {name: one["normal_form"] for name, one in DOCUMENTS.items() if "normal_form" in one}
GROWING = {"xpos"}
TURNED = sorted(set(FORMS) - GROWING)


def built(folder, source, *more):
    return compiled(folder, source, "-std=c99", "-O2", *more)


def said(program, *paths):
    """Return the exit status, and what is said of each file."""
    environment = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1"}
    done = subprocess.run([program, *paths], capture_output=True, text=True, check=False, env=environment)
    return done.returncode, dict(line.split(": ", 1) for line in done.stdout.splitlines()), done.stderr


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    return built(tmp_path_factory.mktemp("consumer"), SOURCE)


def test_a_consumer_takes_under_100_lines():
    lines = SOURCE.splitlines()

    assert len(lines) < 100
    assert max(map(len, lines)) <= 120


def test_a_consumer_agrees_with_every_value_of_every_rotary_file(consumer):
    status, found, _ = said(consumer, *FILES)
    counts = json.loads((GOLDEN / "manifest.json").read_text(encoding="utf-8"))["entries"]
    agreeing = {name: words.split(", worst ")[0] for name, words in found.items() if not words.startswith("skipped")}

    assert 0 == status
    assert {name: f"{counts[name]['values']} of {counts[name]['values']} values agree" for name in TURNED} == agreeing


def test_a_consumer_says_what_it_leaves_out(consumer):
    _, found, _ = said(consumer, *FILES)
    left_out = {name: words for name, words in found.items() if words.startswith("skipped")}
    families = {name: one["family"] for name, one in DOCUMENTS.items() if one["family"] != "rotary"}
    lasting = [name for name, one in DOCUMENTS.items() if "length" in one["cases"][0]["inputs"]]
    why = dict.fromkeys(GROWING, "growth") | dict.fromkeys(lasting, "length") | families

    assert {"sinusoidal", "bias", "length", "growth"} <= set(why.values())
    assert {name: f"skipped, {words}" for name, words in why.items()} == left_out


def test_no_bound_is_idle(consumer):
    _, found, _ = said(consumer, *(GOLDEN / f"{name}.json" for name in TURNED))

    assert all(0.25 < float(words.rpartition(" ")[2]) <= 1 for words in found.values())


MISTAKES = {
    "sign": ("float)(g * sin(", "float)(-g * sin("),
    "pairs swapped on the way out": ("number(nth(out, k), ", "number(nth(out, k), 1 - "),
    "NaN": ("double g = ", "double g = NAN * "),
    "magnitude": ("double g = ", "double g = 1.00001 * "),
    "positions off by one": ("double sum = 0,", "double sum = number(nth(omega, 0), k),"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_in_every_file(tmp_path, mistake):
    right, wrong = MISTAKES[mistake]
    assert right in SOURCE

    status, found, _ = said(
        built(tmp_path, SOURCE.replace(right, wrong)), *(GOLDEN / f"{name}.json" for name in TURNED)
    )
    values = {name: words.split() for name, words in found.items()}

    assert 1 == status
    assert TURNED == sorted(name for name, words in values.items() if int(words[0]) < int(words[2]))


def test_angles_in_float32_are_beyond_what_tables_in_float64_allow(tmp_path):
    source = SOURCE.replace("return sum;", "return (float)sum;")
    status, found, _ = said(built(tmp_path, source), GOLDEN / "llama-3.1.json")

    assert (1, True) == (status, "280 of 280" not in found["llama-3.1"])


def test_one_value_just_beyond_its_bound_is_found(consumer, tmp_path):
    document = json.loads((GOLDEN / "llama-3.1.json").read_text(encoding="utf-8"))
    case = document["cases"][3]
    case["master"][0][1] += 2 * case["units"]["float32/tables"][0][1] * 2.0**-24
    (tmp_path / "moved.json").write_text(json.dumps(document), encoding="utf-8")

    assert said(consumer, tmp_path / "moved.json")[1]["llama-3.1"].startswith("282 of 283 values agree")


WITHOUT = {
    "nothing": "",
    "an end": "{",
    "another format": '{"format":2}',
    "an end of a list": "[1,2",
    "a colon": '{"a" 1}',
    "a value": '{"a":}',
    "a format": "{}",
    "an end of a string": '{"format":1,"name":"a',
    "a name": '{"format":1}',
    "an object": "[1]",
    "a member that is an object": '{"format":1,"name":"a","family":"rotary","variant":[1]}',
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A consumer that stops, with another status, where it touches what is not its own."""
    return built(tmp_path_factory.mktemp("watched"), SOURCE, "-g", "-fsanitize=address,undefined")


@pytest.mark.parametrize("kind", WITHOUT)
def test_what_is_no_golden_file_is_refused(watched, tmp_path, kind):
    (tmp_path / "a.json").write_text(WITHOUT[kind], encoding="utf-8")
    status, found, error = said(watched, tmp_path / "a.json")

    assert (2, {}, "no golden file") == (status, found, error[:14])


def without(document, path):
    """Take away a member of a golden file."""
    for key in path[:-1]:
        document = document[key]
    del document[path[-1]]


MEMBERS = [("name",), ("family",), ("variant",), ("cases",), ("normal_form",), ("cases", 0, "inputs"), ("cases", 0)]
MEMBERS += [("cases", 0, "inputs", "x"), ("cases", 0, "inputs", "positions"), ("cases", 0, "units", "float32/tables")]
MEMBERS += [("cases", 0, "master"), ("cases", 0, "units"), ("cases", 0, "inputs", "x", 0, 0)]
MEMBERS += [("normal_form", one) for one in ("omega", "pairs_in", "pairs_out", "magnitude")]


@pytest.mark.parametrize("path", MEMBERS, ids=lambda path: "/".join(map(str, path)))
def test_a_file_without_what_is_needed_is_refused(watched, tmp_path, path):
    document = json.loads((GOLDEN / "gpt-neox-20b.json").read_text(encoding="utf-8"))
    document["cases"] = document["cases"][:1]
    without(document, path)
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    status, found, error = said(watched, tmp_path / "a.json")

    assert (2, {}, "no golden file: ") == (status, found, error[:16])
    assert "x" in path or path == ("cases", 0) or f"no member {path[-1]}" in error


@pytest.mark.parametrize("name", ["pairs_in", "pairs_out"])
@pytest.mark.parametrize("feature", [-1, 96, 1e9])
def test_a_feature_that_is_none_is_refused(watched, tmp_path, name, feature):
    document = json.loads((GOLDEN / "gpt-neox-20b.json").read_text(encoding="utf-8"))
    document["normal_form"][name][0][0] = feature
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")

    assert 2 == said(watched, tmp_path / "a.json")[0]


def test_a_file_that_is_not_there_is_refused(consumer, tmp_path):
    assert 2 == said(consumer, tmp_path / "none.json")[0]
    assert 1 == said(consumer)[0]
