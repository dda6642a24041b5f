"""What the README shows is what happens."""

import re
import sys
from pathlib import Path

import pytest

from refpos import CATALOGUE
from refpos.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def without_numbers(text):
    return re.sub(r"[-−]?\d[\d.,e+-]*", "#", text).strip()


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Stand in a folder with the module of the first screen, which is forgotten afterwards."""
    (tmp_path / "mine.py").write_text(blocks("python")[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    sys.modules.pop("mine", None)
    yield
    sys.modules.pop("mine", None)


def test_the_wrong_rope_on_the_first_screen_is_named_as_shown(mine, capsys):
    shown = blocks("console")[0]
    command, *printed = shown.splitlines()

    status = main(command.removeprefix("$ refpos ").split())

    assert status == 1
    assert without_numbers("\n".join(printed)) == without_numbers(capsys.readouterr().out)


def test_the_wrong_rope_is_identified_as_shown(mine, capsys):
    (shown,) = (block for block in blocks("console") if block.startswith("$ refpos identify"))
    command, *printed = shown.splitlines()

    status = main(command.removeprefix("$ refpos ").split())

    assert status == 0
    assert without_numbers("\n".join(printed)) == without_numbers(capsys.readouterr().out)


def test_the_wrong_rope_takes_ten_lines_and_its_name_five():
    code, shown = blocks("python")[0], blocks("console")[0]

    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    assert len(shown.splitlines()) - 1 <= 5


def test_there_are_exactly_two_commands_to_set_up():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]

    assert len(commands) == 2


def test_every_file_the_readme_links_exists():
    links = re.findall(r"\]\(([^):]+)\)", README)

    assert all((Path(__file__).parents[1] / link).exists() for link in links)
    assert len(links) > 5


def test_the_catalogue_in_the_readme_is_what_the_command_prints(capsys):
    _, _, rest = README.partition("<!-- catalogue -->\n")
    main(["list", "--markdown"])

    assert capsys.readouterr().out == rest.partition("<!-- /catalogue -->")[0]


def test_every_row_of_the_catalogue_has_a_name_family_equation_source_and_check():
    rows = README.partition("<!-- catalogue -->\n")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[one.strip() for one in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]

    assert [row[0] for row in cells] == list(CATALOGUE)
    assert all(len(row) == 5 and all(row) for row in cells)


@pytest.mark.parametrize("call", ["embed", "bias", "index", "lookup", "resize", "place", "scores", "attend"])
def test_each_family_is_called_in_the_readme_with_the_description_of_a_name(call):
    lines = [line for block in blocks("python") for line in block.splitlines() if line.startswith(f">>> {call}(")]

    assert len(lines) == 1
    assert '"].variant' in lines[0]
