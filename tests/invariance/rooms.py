"""Rooms: virtual environments made anew: each Python on the PATH with the newest NumPy, each older line with some."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHONS = tuple(f"3.{minor}" for minor in range(11, 20))
DEMANDED = PYTHONS[:3]
"""What CI must have."""
WIDE = min(os.cpu_count() or 1, 8)
NO_WHEEL = "No matching distribution found"


@dataclass(frozen=True)
class Room:
    """A Python and a NumPy, with refpos installed."""

    python: str
    numpy: str
    interpreter: Path

    def __str__(self):
        return f"{self.python}, NumPy {self.numpy}"


def pythons():
    """Return the interpreters that are on the PATH, and run."""
    found = {name: shutil.which(f"python{name}") for name in PYTHONS}
    return {name: path for name, path in found.items() if path and _run([path, "-c", ""]).returncode == 0}


def furnish(place):
    """Return the rooms, made below a folder, and the pairs of Python and line of NumPy for which no wheel is."""
    pip, found = _pip(place), pythons()
    if not found:
        raise SystemExit(f"no Python from {PYTHONS[0]} on is on the PATH")
    make = partial(_room, pip, _wheel(pip, place), place)
    with ThreadPoolExecutor(WIDE) as pool:
        newest = list(pool.map(make, found.items(), ["numpy>=2"] * len(found)))
        lines = range(1 + max(_line(room.numpy) for room in newest))
        asked = [(room.python, line) for room in newest for line in lines if _is_due(room, line)]
        paths = [(python, found[python]) for python, _ in asked]
        older = list(pool.map(make, paths, [f"numpy==2.{line}.*" for _, line in asked]))
    lacking = [(python, f"2.{line}") for (python, line), room in zip(asked, older, strict=True) if room is None]
    return sorted([*newest, *filter(None, older)], key=_order), lacking


def _is_due(room, line):
    """Return whether a Python is tried with an older line of NumPy: each line is with one Python in three."""
    return line != _line(room.numpy) and (line + PYTHONS.index(room.python)) % len(DEMANDED) == 0


def _order(room):
    return PYTHONS.index(room.python), _line(room.numpy)


def _line(version):
    return int(version.split(".")[1])


def _pip(place):
    """Return the command of a pip that serves all rooms."""
    _done([sys.executable, "-m", "venv", place / "pip"])
    return [place / "pip" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]


def _wheel(pip, place):
    _done([*pip, "wheel", "--no-deps", "--wheel-dir", place / "wheel", ROOT])
    return next((place / "wheel").glob("refpos-*.whl"))


def _room(pip, wheel, place, python, numpy):
    """Return a room, or nothing where NumPy has no wheel of that line for that Python, which is a name and a path."""
    name, path = python
    home = place / re.sub(r"[^\w.]", "-", f"{name}-{numpy}")
    _done([path, "-m", "venv", "--without-pip", home])
    interpreter = home / "bin" / "python"
    into = [*pip, "--python", interpreter, "install", "--only-binary", ":all:", "--no-deps", "--no-compile"]
    done = _run([*into, numpy, wheel], unset="PIP_CONSTRAINT")
    if NO_WHEEL in done.stderr:
        return None
    _check(done)
    version = _done([interpreter, "-c", "import numpy; print(numpy.__version__)"]).stdout.strip()
    return Room(name, version, interpreter)


def _done(command):
    return _check(_run(command))


def _check(done):
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, done.args))}: {done.stderr.strip()}")
    return done


def _run(command, unset=""):
    """Run a command, without what the surroundings tell Python."""
    told = {key: value for key, value in os.environ.items() if not re.match("PYTHON|VIRTUAL_ENV", key) and key != unset}
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)
