"""Notebooks of proofs as the harness sees them: cells, theorems, flips, and where a run of their code stops.

A notebook is a Python file in percent format. Every cell of a theorem has the theorem's id as its tag. A line of code
that ends in `# flip: other code` says what must not be: with that in its place an assertion of the theorem has to fail.
"""

import ast
import re
import traceback
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import jupytext

PROOFS = Path(__file__).parents[1] / "proofs"
STATED = re.compile(r"^\*\*(Theorem|Erratum)\*\* \(`([^`]+)`\)\.\s+(.*)", re.DOTALL)
SOURCED = re.compile(r"^\*Source:\*\s+(.*)", re.DOTALL)
FLIP = re.compile(r"(?P<indent>\s*)(?P<old>.*?)\s+# flip: (?P<new>.*)")


@dataclass(frozen=True)
class Theorem:
    """What a notebook claims: its id, "Theorem" or "Erratum", the statement, the source, the notebook's name."""

    id: str
    kind: str
    statement: str
    source: str
    notebook: str


@dataclass(frozen=True)
class Cell:
    """A cell: its place in the notebook, "markdown" or "code", its text and its tags."""

    number: int
    kind: str
    source: str
    tags: tuple[str, ...] = ()

    @property
    def name(self):
        return f"cell-{self.number:02}"

    @cached_property
    def tree(self):
        return ast.parse(self.source, self.name)

    @property
    def asserts(self):
        return [one for one in ast.walk(self.tree) if isinstance(one, ast.Assert)]

    def asserts_at(self, line):
        """Say whether an assert statement stands at a line, counted from 1."""
        return any(one.lineno <= line <= one.end_lineno for one in self.asserts)

    @property
    def flips(self):
        lines = enumerate(self.source.splitlines() if self.kind == "code" else (), start=1)
        found = ((number, FLIP.fullmatch(line)) for number, line in lines)
        return [Flip(self, number, one["indent"], one["old"], one["new"]) for number, one in found if one]


@dataclass(frozen=True)
class Flip:
    """A line of a cell, counted from 1, and what to put in the place of its code."""

    cell: Cell
    line: int
    indent: str
    old: str
    new: str

    @property
    def flipped(self):
        """Return the cell with the line flipped."""
        lines = self.cell.source.splitlines()
        lines[self.line - 1] = self.indent + self.new
        return replace(self.cell, source="\n".join(lines))

    def __str__(self):
        return f"{self.cell.name}, line {self.line}: {self.old}  ->  {self.new}"


@dataclass(frozen=True)
class Stop:
    """Where a run stopped: the exception, and the tags of the cell whose own assert statement raised it, if one did."""

    what: str
    asserted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """A notebook: its name, such as 01_rope, and its cells."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def title(self):
        return self.cells[0].source.splitlines()[0].removeprefix("# ")

    @property
    def code(self):
        return [one for one in self.cells if one.kind == "code"]

    @property
    def flips(self):
        return [flip for cell in self.code for flip in cell.flips]

    @cached_property
    def theorems(self):
        return [one for cell in self.cells if cell.kind == "markdown" for one in theorems(cell, self.name)]


def read(path):
    """Return the notebook that a file in percent format holds."""
    cells = jupytext.read(path, fmt="py:percent").cells
    found = [
        Cell(number, one.cell_type, one.source, tuple(one.metadata.get("tags", ())))
        for number, one in enumerate(cells, start=1)
    ]
    return Notebook(Path(path).stem, tuple(found))


def notebooks(folder=PROOFS):
    """Return the notebooks of a folder, in the order in which they are read."""
    return [read(path) for path in sorted(folder.glob("[0-9][0-9]_*.py"))]


def theorems(cell, notebook):
    """Return the theorems that a cell of prose states: a paragraph of its own each, that of the source after it."""
    paragraphs = re.split(r"\n\s*\n", cell.source)
    found = []
    for paragraph, following in zip(paragraphs, [*paragraphs[1:], ""], strict=True):
        if stated := STATED.match(paragraph):
            sourced = SOURCED.match(following)
            kind, name, statement = stated.groups()
            source = _line(sourced[1]) if sourced else ""
            found.append(Theorem(name, kind, _line(statement), source, notebook))
    return found


def stop(cells, namespace, start=0):
    """Run cells of code in a namespace, one after the other from a start on; return where they stop, or None."""
    try:
        for cell in cells[start:]:
            exec(compile(cell.source, cell.name, "exec"), namespace)
    except Exception as error:
        return _stopped(cells, error)
    return None


def _stopped(cells, error):
    """Return what raised: an assert statement counts where it stands, be it in a function that another cell calls."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    standing = [one for one in cells if one.name == last.filename and one.asserts_at(last.lineno)]
    tags = standing[0].tags if standing and isinstance(error, AssertionError) else ()
    told = str(error).partition("\n")[0]
    return Stop(f"{type(error).__name__} at {last.filename}, line {last.lineno}: {told}", tags)


def _line(text):
    return " ".join(text.split())
