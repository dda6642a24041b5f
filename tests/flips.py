"""Every flip of every notebook: with the line flipped, an assertion of that theorem must fail.

    python tests/flips.py               all notebooks
    python tests/flips.py 01_rope ...   some

A notebook is run once; where a line has a flip, a copy of the process goes on with the line flipped.
"""

import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from notebooks import PROOFS, Stop, notebooks, stop

PATIENCE = 60
"""Seconds that a flipped notebook may take."""


def outcomes(notebook):
    """Return for each flip where its notebook stops, None where it does not.

    Raises
    ------
    RuntimeError
        If the notebook fails as it stands.
    """
    namespace, cells, found = {"__name__": "__main__"}, notebook.code, []
    for at, cell in enumerate(cells):
        for flip in cell.flips:
            rest = (*cells[:at], flip.flipped, *cells[at + 1 :])
            found.append((flip, in_a_copy(stop, rest, namespace, at)))
        if failed := stop(cells[: at + 1], namespace, at):
            raise RuntimeError(f"{notebook.name} fails as it stands: {failed.what}")
    return found


def in_a_copy(function, *arguments):
    """Return what a function returns in a copy of this process."""
    fork = get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    copy = fork.Process(target=lambda: theirs.send(function(*arguments)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which NumPy or JAX have and which do nothing here
        copy.start()
    answer = ours.recv() if ours.poll(PATIENCE) else Stop(f"no end in {PATIENCE} seconds")
    copy.kill()
    copy.join()
    return answer


def survives(flip, stopped):
    """Say what is wrong where a flip is not noticed by an assertion of its own theorem; nothing where it is."""
    if stopped is None:
        return "nothing fails"
    return "" if set(stopped.asserted) & set(flip.cell.tags) else stopped.what


def judged(notebook):
    """Return for each flip of a notebook what it is, and what is wrong with it."""
    sys.path.insert(0, str(PROOFS))
    try:
        return [(f"{notebook.name}, {flip}", survives(flip, stopped)) for flip, stopped in outcomes(notebook)]
    except RuntimeError as error:
        return [(notebook.name, str(error))]


def main(names):
    books = [one for one in notebooks() if one.name in names or not names]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [one for part in pool.map(judged, books) for one in part]
    survivors = [f"{flip}\n    {what}" for flip, what in found if what]
    print("\n".join([*survivors, f"{len(found) - len(survivors)} of {len(found)} flips are noticed"]))
    return 1 if survivors or not found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
