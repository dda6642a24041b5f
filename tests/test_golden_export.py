"""Bulk exports: the same arrays in every container, the same bytes wherever they are made."""

import json
import re
import subprocess
import sys
from functools import cache
from hashlib import sha256

import numpy as np
import pytest
from compiler import compiled
from golden_folder import GOLDEN, document

from refpos import rotate
from refpos.catalogue import CATALOGUE
from refpos.errors import SpecError
from refpos.oracle import vectors
from refpos.oracle.golden.export import FORMATS, export
from refpos.oracle.golden.export_arrays import about, arrays
from refpos.oracle.golden.export_c import c_header
from refpos.oracle.golden.format import canonical

NAMES = vectors.present(GOLDEN)
FEW = ("rope-vit-mixed", "vjepa2", "whisper", "xpos")
SOME = sorted(
    {*NAMES[::8], *FEW, "llama-3.1", "beit", "dynamic-ntk", "detr-positions", "t5-encoder-attention", "dino-resize"}
)
"""Entries of every family, and with every kind of input."""


@pytest.fixture(scope="module")
def archive(whole):
    """The arrays of some of the corpus, of which one test says that they are those of the files."""
    with np.load(whole("npz").path, allow_pickle=False) as found:
        return {path: found[path] for path in found.files}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Some of the corpus in a format, made when it is first asked for."""
    place = tmp_path_factory.mktemp("whole")
    return cache(lambda kind: export(GOLDEN, kind, place / f"all{FORMATS[kind][0]}", SOME))


def numbers(value):
    """Return the numbers of a file in order, as exact text, whole or not."""
    if isinstance(value, list):
        return [one for part in value for one in numbers(part)]
    return [float(value).hex()]


def leaves(path, value):
    """Return what is below a path: members of objects have paths of their own, and segments are text."""
    if path == "segments" or path.endswith("/segments"):
        return {path: json.dumps(value, sort_keys=True, separators=(",", ":"))}
    if not isinstance(value, dict):
        return {path: value}
    if set(value) == {"shape", "repeat"}:
        size = int(np.prod(value["shape"]))
        every = (value["repeat"] * -(-size // len(value["repeat"])))[:size]
        return {path: np.array(every).reshape(value["shape"]).tolist()}
    return {name: one for key, part in value.items() for name, one in leaves(f"{path}/{key}", part).items()}


def expected(name):
    """Return each path of a golden file with its value, written apart from what is tested."""
    golden = document(name)
    found = {f"{name}/{part}": golden[part] for part in ("normal_form", "learned") if part in golden}
    for one in golden["cases"] + golden["rejects"]:
        found[one["id"]] = {key: one[key] for key in ("units", "wrong", "master") if key in one} | one["inputs"]
    for case in golden["cases"]:
        found[case["id"]]["elements"] = case.get("elements", list(range(golden["features"])))
    return {path: one for top, value in found.items() for path, one in leaves(top, value).items()}


def check_same(held, name):
    """Assert that arrays by path are the numbers of a golden file, bit for bit, in their shapes."""
    due = expected(name)
    assert set(due) == {path for path in held if path.startswith(f"{name}/")} - {f"{name}/about"}
    for path, value in due.items():
        if isinstance(value, str):
            assert (value, "uint8") == (held[path].tobytes().decode(), str(held[path].dtype)), path
            continue
        assert np.shape(value) == held[path].shape, path
        assert numbers(value) == numbers(held[path].tolist()), path


# What is in a file.


def test_the_archive_has_the_arrays_of_the_files_bit_for_bit(archive):
    for name in SOME:
        check_same(archive, name)
        assert document(name)["variant"] == json.loads(bytes(archive[f"{name}/about"]))["variant"]
    assert {path.split("/")[0] for path in archive} == set(SOME)


def test_words_are_all_that_a_file_has_besides_arrays():
    for name in SOME:
        golden, words = document(name), about(document(name))
        told = {"comment", "separates", "rule"}
        for one in golden["cases"] + golden["rejects"]:
            said = words["cases"].get(one["id"]) or words["rejects"][one["id"]]
            assert {key: value for key, value in one.items() if key in told} == said
        assert set(golden) <= set(words) | {"normal_form", "learned"}
        assert all(words[key] == golden[key] for key in set(words) - {"cases", "rejects"})


REAL = {"query_positions", "key_positions", "table", "q", "k", "v"}
WHOLE = {"elements", "units", "head", "length", "old", "new", "prefix", "grid", "mask", "layer"}
"""Inputs beside features and positions."""


def test_kinds_of_numbers_follow_from_names(archive):
    kinds = {path: one.dtype.str for path, one in archive.items()}
    found = {}
    for path, kind in kinds.items():
        found.setdefault(kind, set()).add(re.sub(r"(units|wrong|learned)/.*", r"\1", path.split("/", 1)[1]))
    named = {kind: {re.sub(r"^r?[0-9]+/", "", path) for path in paths} for kind, paths in found.items()}

    assert {"about", "side"} <= named["|u1"] <= {"about", "side", "segments"}
    real = {"x", "positions", "master", "wrong", "normal_form/omega", "normal_form/magnitude", "learned"}
    assert real | {"query_positions", "key_positions", "table"} <= named["<f8"] <= real | REAL
    pairs = {"normal_form/pairs_in", "normal_form/pairs_out", "normal_form/columns"}
    assert {"elements", "units", "head"} <= named["<i8"] <= WHOLE | pairs


def check_archived(held, archive):
    """Assert that arrays by path are those of the archive, bit for bit, but for its words."""
    assert set(held) == {path for path in archive if not path.endswith("/about")}
    for path, one in held.items():
        due = archive[path]
        assert (due.dtype.str, due.shape, due.tobytes()) == (one.dtype.str, one.shape, one.tobytes()), path


def test_safetensors_have_the_same_arrays(whole, archive):
    content = whole("safetensors").path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    words = header.pop("__metadata__")
    kinds, held, spans = {"F64": "<f8", "I64": "<i8", "U8": "|u1"}, {}, []
    for path, one in header.items():
        begin, end = one["data_offsets"]
        kind = np.dtype(kinds[one["dtype"]])
        assert begin % kind.itemsize == 0
        held[path] = np.frombuffer(content[8 + size + begin : 8 + size + end], kind).reshape(one["shape"])
        spans.append((begin, end))

    check_archived(held, archive)
    assert {name: canonical(about(document(name))) for name in SOME} == words
    ordered = sorted(spans)
    assert [0, *(end for _, end in ordered)] == [*(begin for begin, _ in ordered), len(content) - 8 - size]
    assert list(header) == sorted(header)


def fields(message):
    """Yield the fields of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        found = shift = 0
        while True:
            byte, at = message[at], at + 1
            found, shift = found | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return found

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            size = varint()
            yield tag >> 3, message[at : at + size]
            at += size


def test_an_onnx_model_has_the_same_arrays(whole, archive):
    model = list(fields(whole("onnx").path.read_bytes()))
    graph = next(value for number, value in model if number == 7)
    kinds, held = {11: "<f8", 7: "<i8", 2: "|u1"}, {}
    for tensor in (list(fields(value)) for number, value in fields(graph) if number == 5):
        one = dict(tensor)
        shape = [value for number, value in tensor if number == 1]
        held[one[8].decode()] = np.frombuffer(one[9], kinds[one[2]]).reshape(shape)
    words = [dict(fields(value)) for number, value in model if number == 14]

    check_archived(held, archive)
    assert {name: canonical(about(document(name))) for name in SOME} == {
        one[1].decode(): one[2].decode() for one in words
    }


# The header, by the machine's own compiler.

PRINT = r"""
#include <stdio.h>
#include "all.h"
static void tell(const char *name, const refpos_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        const refpos_array *one = group->arrays + i;
        size_t size = 1;
        for (size_t a = 0; a < one->rank; a++) size *= one->shape[a];
        printf("%s/%s %d", name, one->name, (int)one->rank);
        for (size_t a = 0; a < one->rank; a++) printf(" %d", (int)one->shape[a]);
        for (size_t k = 0; k < size && one->real; k++) printf(" %a", one->real[k]);
        for (size_t k = 0; k < size && one->whole; k++) printf(" %a", (double)one->whole[k]);
        printf("%s%s\n", one->text ? " " : "", one->text ? one->text : "");
    }
}
int main(void) {
    for (size_t n = 0; n < refpos_golden_count; n++) {
        const refpos_entry *one = refpos_golden + n;
        tell(one->own.id, &one->own);
        for (size_t c = 0; c < one->cases_count; c++) tell(one->cases[c].id, one->cases + c);
        for (size_t c = 0; c < one->rejects_count; c++) tell(one->rejects[c].id, one->rejects + c);
        if (!refpos_find(one->cases, "master") || refpos_find(one->cases, "mast")) return 1;
    }
    return 0;
}
"""


def run_c(folder, source):
    program = compiled(folder, source, "-std=c99", "-pedantic")
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def test_the_header_compiles_and_has_every_number(whole):
    printed = dict(line.split(" ", 1) for line in run_c(whole("c-header").path.parent, PRINT).splitlines())
    due = {path: value for name in SOME for path, value in expected(name).items()}

    assert set(due) == set(printed)
    for path, value in due.items():
        rank, *rest = printed[path].split()
        shape, values = rest[: int(rank)], rest[int(rank) :]
        if isinstance(value, str):
            assert [value] == values, path
        else:
            assert list(np.shape(value)) == list(map(int, shape)), path
            assert numbers(value) == [float.fromhex(one).hex() for one in values], path


def test_the_header_is_ascii_and_can_be_included_twice(whole, tmp_path):
    text = whole("c-header").path.read_bytes().decode("ascii")

    assert "/* llama-3.1/0001: every element, near */" in text
    place = export(GOLDEN, "c-header", tmp_path / "all.h", FEW).path.parent
    run_c(place, '#include "all.h"\n#include "all.h"\nint main(void) { return 0; }\n')


def of_readme(language):
    section = (GOLDEN / "README.md").read_text(encoding="utf-8").partition("## Exports")[2]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


@pytest.mark.parametrize(("mine", "agrees"), [('"master"', True), ('"elements"', False), ('"x"', False)])
def test_the_loop_of_c_in_the_readme_compares(tmp_path, mine, agrees):
    export(GOLDEN, "c-header", tmp_path / "all.h", FEW)
    yours = f"return refpos_find(one, {mine}) ? refpos_find(one, {mine})->real : NULL;"
    found = run_c(
        tmp_path,
        '#include <math.h>\n#include <stdio.h>\n#include "all.h"\nstatic const double nothing[100000];\n'
        f"static const double *mine(const refpos_group *one) {{ {yours} }}\n"
        "static const double *yours(const refpos_group *one) { return mine(one) ? mine(one) : nothing; }\n"
        f'int main(void) {{ int wrong = 0; {of_readme("c")} printf("%d", wrong); return 0; }}',
    )

    assert agrees == (found == "0")


def test_the_loop_of_python_in_the_readme_compares(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export(GOLDEN, "npz", only=["llama-3.1", *FEW])
    llama = CATALOGUE["llama-3.1"].variant

    exec(of_readme("python"), {"np": np, "yours": lambda x, positions: rotate(x, positions, llama)})
    with pytest.raises(AssertionError):
        exec(of_readme("python"), {"np": np, "yours": lambda x, positions: rotate(x, positions + 1, llama)})


def test_odd_words_and_numbers_do_not_break_the_header(tmp_path):
    golden = document("xpos")
    golden["cases"][0]["comment"] = '*/ θ /* ??/ " \\'
    golden["cases"][0]["inputs"]["side"] = 'a"\\??/\n9'
    golden["cases"][0]["inputs"]["scale"] = 2.0**-1074
    golden["cases"][0]["wrong"]["a-b"] = [[-0.0, 1e300, 2.0**31, -(2.0**31), 2.0**53 + 2]]
    golden["normal_form"]["omega"] = []
    (tmp_path / "all.h").write_bytes(c_header(arrays(golden), {"xpos": about(golden)}))
    printed = dict(line.split(" ", 1) for line in run_c(tmp_path, PRINT).split("\nxpos/")[1:])

    assert '0 a"\\??/\n9' == re.sub("^1 [0-9]+", "0", printed["0001/side"])
    assert 2.0**-1074 == float.fromhex(printed["0001/scale"].split()[1])
    values = [float.fromhex(one).hex() for one in printed["0001/wrong/a-b"].split()[3:]]
    assert [one.hex() for one in (-0.0, 1e300, 2.0**31, -(2.0**31), 2.0**53 + 2)] == values
    assert "1 0" == printed["normal_form/omega"]


def test_names_that_c_cannot_tell_apart_are_refused():
    golden = document("xpos")
    golden["cases"][0]["wrong"] = {"a-b": [[1.0]], "a.b": [[2.0]]}

    with pytest.raises(SpecError, match=r"identifiers of C .*'refpos_xpos_0001_wrong_a_b'"):
        c_header(arrays(golden), {"xpos": about(golden)})


def test_more_axes_than_the_struct_has_are_refused():
    golden = {**document("xpos"), "learned": {"deep": [[[[1.0]]]]}}

    with pytest.raises(SpecError, match=r"at most 3 axes, xpos/learned/deep; got \(1, 1, 1, 1\)"):
        c_header(arrays(golden), {"xpos": about(golden)})


# The same bytes.


EXPORTS = """
import sys
from refpos.cli import main
for one in sys.argv[1].split():
    main([*one.split("|"), *sys.argv[2:]])
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """What another process prints that exports some of the corpus in every format, and the files that it writes."""
    place = tmp_path_factory.mktemp("elsewhere")
    out = {kind: place / f"again{FORMATS[kind][0]}" for kind in FORMATS}
    commands = (f"golden|export|--format|{kind}|--out|{path}" for kind, path in out.items())
    command = [sys.executable, "-c", EXPORTS, " ".join(commands), "--only", *SOME]
    environment = {"PYTHONHASHSEED": "271828", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONPATH": str(GOLDEN.parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(zip(out, done.stdout.splitlines(), strict=True)), out


@pytest.mark.parametrize("kind", FORMATS)
def test_bytes_are_the_same_in_another_process(kind, whole, elsewhere):
    said, out = (found[kind] for found in elsewhere)

    assert whole(kind).path.read_bytes() == out.read_bytes()
    assert said.endswith(f"{out.stat().st_size:,} bytes, SHA-256 {whole(kind).sha256}")
    assert sha256(out.read_bytes()).hexdigest() == whole(kind).sha256


SOURCE = {"work": "w", "version": "v", "place": "p", "url": "u"}
PINNED = {
    "npz": "afe61b13d27a63b7b82bcfca74d66a8394a540b6ac2f342fd0cce4b97f1c5ce0",
    "safetensors": "e42b353b159cdb6af47e0494eae53a94a3fbf15a573379f1a96d6e9641969951",
    "c-header": "50ec78db7f5c651c21af0f4550dd4822c8449a9c9a4f7aff5fba0bfed300239d",
    "onnx": "ba5b9e060caf755d10e742e3691afef8f9a167f402939f989b0ed88346f6f9c9",
}


@pytest.mark.parametrize("kind", FORMATS)
def test_bytes_are_those_of_every_machine(kind):
    golden = {"format": 1, "name": "a", "family": "rotary", "features": 2, "variant": {}, "source": SOURCE, "notes": {}}
    inputs = {"positions": [3], "x": [[1, -0.5]], "side": "key", "head": 7}
    case = {"id": "a/0001", "comment": "é", "inputs": inputs, "master": [[0.1, -0.0]], "separates": []}
    case |= {"units": {"float32/log": [[3, 4]]}, "wrong": {}}
    golden |= {"cases": [case], "rejects": []}

    assert PINNED[kind] == sha256(FORMATS[kind][1](arrays(golden), {"a": about(golden)})).hexdigest()
