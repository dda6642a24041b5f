"""What the mark `anchor` names, and how much of it there is.

A test of a published or computed number names its section, of eight on encodings, and the work: "E 5, 9675". One of a
published statement that is false names the erratum, "E5.6"; one of an identity, that, "I1.2". Posts of kexue.fm (Su
Jianlin) have the number of their address. Numbers are float64, good to the digits printed.
"""

import ast
from collections import Counter
from math import prod
from pathlib import Path

import pytest

SECTIONS = {
    "1": {"RoPE-ViT", "timm"},  # arXiv 2403.13298, naver-ai/rope-vit; its port
    "2": {"Kazemnejad"},  # Transformer Architecture: The Positional Encoding
    "3": {"8397", "9403"},  # two dimensions, completeness
    "4": {
        *{"CSDN 138977299", "YaRN", "NTK-aware", "dynamic NTK", "PartNTK", "position interpolation"},
        *{"9706", "9948", "formulas"},  # mixed radix, review; all methods, each as its formula is written
    },
    "5": {
        *{"8231", "8265", "8823", "9431", "9444", "9603", "9675", "9708", "9728", "9859"},
        *{"10040", "10122", "10352", "10862", "10907", "11111"},
    },
    "6": {"ViT", "resizing", "Pix2Struct", "NaViT"},
    "7": {"sin-cos"},  # MAE, MoCo v3, big_vision, open_clip, timm
    "8": {"M-RoPE", "text", "V2PE", "VideoRoPE", "OmniRoPE", "HoPE", "MHRoPE", "Circle-RoPE"},
}
ERRATA = {2: [1, 2, 3, 4], 3: [1, 2, 3, 4, 5, 6], 4: [1, 2, 3, 4], 5: range(1, 18), 6: [1], 7: [1, 2, 3], 8: [1, 4, 5]}
IDENTITIES = {"I1.1", "I1.2", "I1.3", "I1.4", "I8.1"}
CASES = {"1": 36, "2": 12, "3": 15, "4": 91, "5": 172, "6": 53, "7": 23, "8": 79}


def functions():
    """Return the marks of every test function that has an anchor, by name."""
    files = {file: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("test_*.py"))}
    nodes = [node for text in files.values() if "@pytest.mark.anchor(" in text for node in ast.parse(text).body]
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            calls = [one for one in node.decorator_list if isinstance(one, ast.Call)]
            yield [(one.func.attr, one.args) for one in calls if isinstance(one.func, ast.Attribute)]


def cases(marks):
    """Return how often a test is run: the product of its written tables, each line of which holds a number or more."""
    tables = [args[1] for name, args in marks if name == "parametrize"]
    return prod(len(one.elts) for one in tables if isinstance(one, ast.List))


def counted():
    """Return how often each label is tested."""
    found = Counter()
    for marks in functions():
        for label in [one.value for name, args in marks if name == "anchor" for one in args]:
            found[label] += cases(marks)
    return found


COUNTED = counted()


@pytest.mark.parametrize("label", COUNTED)
def test_a_label_is_a_work_of_its_section_an_erratum_or_an_identity(label):
    section, _, work = label.removeprefix("E ").partition(", ")
    errata = {f"E{one}.{n}" for one, numbers in ERRATA.items() for n in numbers}
    assert work in SECTIONS.get(section, ()) or label in errata | IDENTITIES


@pytest.mark.parametrize("section", SECTIONS)
def test_every_work_of_a_section_is_tested(section):
    tested = {label.partition(", ")[2] for label in COUNTED if label.startswith(f"E {section},")}
    assert SECTIONS[section] == tested


@pytest.mark.parametrize("section", ERRATA)
def test_every_erratum_of_a_section_is_shown(section):
    assert {f"E{section}.{n}" for n in ERRATA[section]} == {one for one in COUNTED if one.startswith(f"E{section}.")}


def test_every_identity_is_tested():
    assert IDENTITIES <= set(COUNTED)


def test_sections_have_so_many_cases():
    found = {one: sum(n for label, n in COUNTED.items() if label.startswith(f"E {one},")) for one in SECTIONS}
    assert CASES == found
