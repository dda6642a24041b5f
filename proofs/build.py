"""Write every notebook, run, and the table of theorems.

    python proofs/build.py              write NN_name.ipynb from each NN_name.py, and the table in README.md
    python proofs/build.py 01_rope      write that one, and the table
    python proofs/build.py --check      write nothing; fail where something would change

The same bytes each time: nothing in a notebook depends on time, machine or version of Python. Pictures whose
coordinates differ in the last digit are as good as equal, and are left alone.
"""

import argparse
import os
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PROOFS = Path(__file__).parent
sys.path.insert(0, str(PROOFS.parent / "tests"))

from notebooks import notebooks
from theorem_links import carriers

README = PROOFS / "README.md"
MARKS = ("<!-- theorems -->\n", "<!-- /theorems -->\n")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
NEAR = 0.02
"""How far two coordinates of one picture may be apart: they are rounded to hundredths."""


def unrun(notebook):
    """Return a notebook in Jupyter's format, without outputs."""
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "title": notebook.title,
    }
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    cells = [
        make[one.kind](one.source, id=one.name, metadata={"tags": list(one.tags)} if one.tags else {})
        for one in notebook.cells
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def run(notebook):
    """Return a notebook in Jupyter's format with its outputs, from a kernel of its own.

    Raises
    ------
    CellExecutionError
        If a cell fails.
    """
    node = unrun(notebook)
    metadata = nbformat.from_dict(node.metadata)
    client = NotebookClient(node, timeout=600, record_timing=False, resources={"metadata": {"path": str(PROOFS)}})
    kernel = client.create_kernel_manager()
    with tempfile.TemporaryDirectory() as folder:
        kernel.connection_file = str(Path(folder) / "kernel.json")
        kernel.transport = "ipc" if os.name == "posix" else "tcp"
        client.execute(env={**os.environ, "IPYTHONDIR": folder, "PYTHONHASHSEED": "0"})
    node.metadata = metadata
    return node


def stored(notebook):
    """Return the notebook in Jupyter's format that is stored beside its source; None where there is none."""
    path = path_of(notebook)
    return nbformat.read(path, as_version=4) if path.exists() else None


def without_outputs(node):
    """Return a notebook in Jupyter's format as it is before it runs."""
    bare = nbformat.from_dict(node)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return bare


def complaints(node):
    """Yield what the cells of a notebook print to stderr."""
    for cell in node.cells:
        for one in cell.get("outputs", ()):
            if one.get("name") == "stderr":
                yield f"{cell.id}: {one.text}"


def path_of(notebook):
    return PROOFS / f"{notebook.name}.ipynb"


def same(one, other):
    """Say whether two notebooks, or parts of them, are the same but for the last digits of coordinates in pictures."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            (_same_picture if key == "image/svg+xml" else same)(one[key], other[key]) for key in one
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def _same_picture(one, other):
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=False)
    return NUMBER.sub("#", one) == NUMBER.sub("#", other) and all(abs(float(a) - float(b)) <= NEAR for a, b in pairs)


def table(books, links):
    """Return the README's list of theorems: what each notebook shows, who said it, and which tests carry it."""
    lines = []
    for book in books:
        lines += [
            "",
            f"### [{book.title}]({book.name}.ipynb)",
            "",
            "| id | statement | source | tests |",
            "|---|---|---|---|",
        ]
        for one in book.theorems:
            tests = "<br>".join(_linked(link) for link in links if link.theorem == one.id)
            statement = f"*Erratum.* {one.statement}" if one.kind == "Erratum" else one.statement
            cells = (f"[`{one.id}`]({book.name}.ipynb)", _cell(statement), _cell(one.source), tests)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def _linked(link):
    return f"[{link.test.removeprefix('test_').replace('_', ' ')}](../{link.file})"


def _cell(text):
    """Return text for a cell of a table, where a bar would end the cell."""
    parts = re.split(r"(\$[^$]+\$)", text)
    parts[1::2] = [_mathematics(one) for one in parts[1::2]]
    parts[::2] = [one.replace("|", r"\|") for one in parts[::2]]
    return "".join(parts)


def _mathematics(text):
    """Return mathematics without bars and without what Markdown takes for an escape."""
    named = {r"\|": r"\Vert ", "|": r"\vert ", r"\{": r"\lbrace ", r"\}": r"\rbrace ", r"\,": " "}
    for sign, name in named.items():
        text = text.replace(sign, name)
    return text


def with_table(text):
    """Return a README's text with the table of the theorems that there are."""
    before, rest = text.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return before + MARKS[0] + table(notebooks(), carriers()) + MARKS[1] + after


def changed(books):
    """Yield each file that is not what it should be, and what it should be."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for book, fresh in zip(books, pool.map(run, books), strict=True):
            if not same(stored(book), fresh):
                yield path_of(book), nbformat.writes(fresh) + "\n"
    text = README.read_text(encoding="utf-8")
    if with_table(text) != text:
        yield README, with_table(text)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks; all, where none is named")
    parser.add_argument("--check", action="store_true", help="write nothing, and fail where something would change")
    chosen = parser.parse_args(arguments)
    status = 0
    for path, text in changed([one for one in notebooks() if one.name in chosen.names or not chosen.names]):
        print(f"{path.relative_to(PROOFS.parent)} {'is not up to date' if chosen.check else 'written'}")
        if chosen.check:
            status = 1
        else:
            path.write_text(text, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
