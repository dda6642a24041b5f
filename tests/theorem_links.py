"""Links between theorems and code: tests that name them, and mutations of the code that these tests must notice."""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Carrier:
    """A test that carries a theorem into the code: its file below the root, its name, and the theorem's id."""

    file: str
    test: str
    theorem: str

    def __str__(self):
        return f"{self.file}::{self.test}"


@dataclass(frozen=True)
class Mutation:
    """What breaks a theorem in the code: in a file, one text in the place of another; or why nothing does."""

    theorem: str
    file: str = ""
    old: str = ""
    new: str = ""
    none: str = ""

    @property
    def found(self):
        """Return how often the text is found: once, if it is good."""
        return (ROOT / self.file).read_text(encoding="utf-8").count(self.old) if self.old else 0


def carriers(folder=ROOT / "tests", root=ROOT):
    """Return the tests below a folder that are marked with theorems, as many as they have ids."""
    found = []
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.theorem(" in text:
            file = path.relative_to(root).as_posix()
            found += [Carrier(file, test, one) for test, one in _marked(ast.parse(text))]
    return found


def mutations(folder=ROOT / "tests" / "proofs"):
    """Return the mutations that the files of a folder list."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
    return [Mutation(theorem, **entry) for tables in files for theorem, entry in tables.items()]


def _marked(tree):
    """Yield the name of each test and each id of its marks, those of single parameters among them."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for mark in (one for decorator in node.decorator_list for one in ast.walk(decorator)):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.theorem":
                    yield from ((node.name, one.value) for one in mark.args)
