"""What a new scaling costs: the type checker complains of every rendering that forgets it, and of nothing else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

ANOTHER = """

@dataclass(frozen=True)
class Another:
    factor: float


Scaling = """

EVERY_RENDERING = [
    "refpos/exact/multipliers.py",
    "refpos/exact/scaling.py",
    "refpos/oracle/roundings.py",
    "refpos/spec/scaling.py",
    "refpos/symbolic/scaling.py",
    "refpos/symbolic/scaling.py",
]
"""The readable one, the certified one and its normal form, the bounds of the oracle, the formula and its numbers."""


def complaints(root, of):
    """Return the file and the message of each error that names a type, which mypy finds in the package at this place.

    NumPy's stubs, which take longest to read, are left out: so what is said of arrays does not count.
    """
    options = ["--strict", "--no-site-packages", "--cache-dir", str(root / "cache")]
    command = [sys.executable, "-m", "mypy", *options, "-p", "refpos"]
    found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1), found.stdout + found.stderr
    return [line.split(": error: ", 1) for line in found.stdout.splitlines() if ": error: " in line and of in line]


def test_mypy_names_every_rendering_that_forgets_a_scaling(tmp_path):
    shutil.copytree(ROOT / "refpos", tmp_path / "refpos", ignore=shutil.ignore_patterns("__pycache__", "golden"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    union = tmp_path / "refpos" / "variants" / "scaling.py"
    text = union.read_text(encoding="utf-8")
    start, members = text.split("\n\nScaling = ")
    union.write_text(f"{start}{ANOTHER}{members.strip()} | Another\n", encoding="utf-8")

    found = complaints(tmp_path, "Another")

    assert EVERY_RENDERING == sorted(re.sub(r":\d+$", "", place) for place, _ in found)
    assert all("assert_never" in message for _, message in found)
