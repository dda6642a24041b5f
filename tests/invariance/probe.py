"""Run inside an environment: what NumPy's bytes are there, and what golden bytes are derived there, in JSON.

NumPy is changed, where that is asked, before refpos is imported.
"""

import argparse
import json
import platform
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import control
import numpy as np
import ulp
from folder import digest
from numpy._core import _multiarray_umath as loops


def read():
    """Return what the command line asks for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("golden", type=Path, nargs="?", help="folder to verify; only NumPy's bytes where left out")
    asked.add_argument("--ulp", choices=ulp.WAYS, help="NumPy and math an ulp off")
    asked.add_argument("--few", action="store_true", help="the folder has a few entries of the catalogue only")
    return asked.parse_args()


def environment():
    """Return what is here: versions, CPU features that NumPy dispatches to, and NumPy's bytes."""
    on = [name for name in loops.__cpu_dispatch__ if loops.__cpu_features__[name]]
    return {"python": platform.python_version(), "numpy": np.__version__, "on": on, "bytes": control.digests()}


def verified(place, few):
    """Return the exit status and the words of `refpos golden verify`, and the digest of all that it derived."""
    from refpos.cli import main
    from refpos.oracle import vectors
    from refpos.oracle.golden.format import canonical
    from refpos.oracle.golden.schema import SCHEMA

    made, rederived = {}, vectors.rederived

    def tapped(name, given):
        made[name] = rederived(name, given)
        return made[name]

    vectors.rederived = tapped
    if few:
        vectors.golden_names = lambda: vectors.present(place)
    with redirect_stdout(StringIO()) as said:
        status = main(["golden", "verify", str(place), "--jobs", "1"])
    texts = {name: canonical(document) for name, document in made.items()}
    apart = {"schema": canonical(SCHEMA), "manifest": vectors.manifest(texts, made)}
    return {"status": status, "said": said.getvalue().splitlines(), "derived": digest({**texts, **apart})}


if __name__ == "__main__":
    asked = read()
    if asked.ulp:
        ulp.perturb(asked.ulp)
    found = environment()
    if asked.golden:
        found |= verified(asked.golden, asked.few)
    json.dump(found, sys.stdout)
