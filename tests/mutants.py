"""Every mutation of the code that a theorem lists: tests that carry the theorem fail by it, and pass without it.

python tests/mutants.py                         all theorems
python tests/mutants.py rope-relativity ...     some
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue

from theorem_links import ROOT, carriers, mutations

COPIED, LINKED = ("refpos", "tests", "pyproject.toml"), ("golden", "proofs", "README.md")
PLUGINS = ("-p", "xdist", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider")
PYTEST = ("-m", "pytest", *PLUGINS, "-x", "-q", "-n0", "--tb=no", "--hypothesis-seed=0")
FAILED = 1
"""The exit status of pytest when tests ran and failed; that of anything that went wrong otherwise is another."""


def copy(folder):
    """Copy what tests need of the checkout into a folder."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)


def tested(folder, tests):
    """Return the exit status of tests in a copy of the checkout, and what they print."""
    own = {**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, *PYTEST, *tests]
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def mutated(folder, mutation, tests):
    """Return what `tested` does with the mutation in place."""
    path = folder / mutation.file
    text = path.read_text(encoding="utf-8")
    write(path, text.replace(mutation.old, mutation.new))
    try:
        return tested(folder, tests)
    finally:
        write(path, text)


def write(path, text):
    """Write a module, and forget what Python compiled of it: of one second and one size, it would not notice."""
    path.write_text(text, encoding="utf-8")
    Path(cache_from_source(path)).unlink(missing_ok=True)


def links():
    """Return the tests of each theorem."""
    found = {}
    for one in carriers():
        found.setdefault(one.theorem, []).append(str(one))
    return found


def survivors(chosen, tests):
    """Yield what is wrong, mutation by mutation; two copies of the checkout take turns.

    Raises
    ------
    RuntimeError
        If a test fails as it stands.
    """
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(2) as pool:
        folders = [Path(place) / name for name in ("one", "two")]
        for folder in folders:
            folder.mkdir()
            copy(folder)
        every = sorted({test for one in chosen for test in tests[one.theorem]})
        for status, printed in pool.map(tested, folders, (every[::2], every[1::2] or every)):
            if status:
                raise RuntimeError(f"tests fail as they stand\n{printed}")
        free = SimpleQueue()
        for folder in folders:
            free.put(folder)
        yield from filter(None, pool.map(lambda one: judged(one, tests[one.theorem], free), chosen))


def judged(mutation, tests, free):
    """Return what is wrong with a mutation, nothing if tests fail by it; in a copy of the checkout that is free."""
    folder = free.get()
    status, printed = mutated(folder, mutation, tests)
    free.put(folder)
    return "" if status == FAILED else f"{mutation.theorem} ({mutation.file}): exit status {status}\n{printed}"


def main(names):
    listed = [one for one in mutations() if one.theorem in names or not names]
    tests, chosen = links(), [one for one in listed if not one.none]
    for one in listed:
        if one.none:
            print(f"{one.theorem}: {one.none}")
    found = list(survivors(chosen, tests)) if chosen else []
    print("\n".join([*found, f"{len(chosen) - len(found)} of {len(chosen)} mutations make a test fail"]))
    return 1 if found or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
