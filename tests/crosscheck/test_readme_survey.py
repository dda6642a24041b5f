"""The table of frameworks in the README is what the command prints."""

import re
from pathlib import Path

import pytest

from refpos.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def without_numbers(text):
    return re.sub(r"\d[\d.]*", "#", " ".join(text.split()))


def test_every_line_that_the_readme_shows_is_printed(capsys):
    for framework in ("transformers", "onnx", "mlx"):
        pytest.importorskip(framework)
    shown = re.findall(r"```console\n\$ refpos check llama-3.1\n(.*?)```", README, flags=re.DOTALL)[0]

    status = main(["check", "llama-3.1"])

    assert status == 0
    printed = {without_numbers(line) for line in capsys.readouterr().out.splitlines()}
    assert {without_numbers(line) for line in shown.splitlines() if line.strip()} <= printed
