"""Derive every golden byte in many environments, and show that none moves where NumPy's own bytes do.

An environment counts only if NumPy computes other bytes there than in the baseline: its control. Exit status 1 if a
golden byte moves, a control does not, or something does not run that REFPOS_NO_SKIP demands.
"""

import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from environments import NUMPY, compiled, has_glibc, machines, moved, plain, preloaded, versions
from folder import stored
from rooms import DEMANDED, ROOT, WIDE, furnish

GOLDEN = ROOT / "golden"
ROW = "{:<64} {:<29} {:<52} {:<12} {}"
HEAD = ROW.format("Python, NumPy, and what is changed", "moved in NumPy by its version", "by the change", "derived", "")


def faults(environment, base, found, due):
    """Return what is wrong with an environment: it failed, a golden byte moved, or its control did not."""
    if "failed" in found:
        return [found["failed"]]
    wrong = [] if found["status"] == 0 else found["said"][:3]
    if found["derived"] != due:
        wrong.append(f"derived {found['derived']}, stored {due}")
    if environment is base:
        return wrong + (["control: NumPy must compute the same bytes twice"] if moved(base.here, found) else [])
    if not set(moved(base.here, found)) & set(NUMPY):
        wrong.append("control: NumPy's bytes are those of the baseline")
    beside = environment.beside.here if environment.beside else base.here
    still = sorted(set(environment.due) - set(moved(beside, found)))
    wrong += [f"control: {' '.join(still)} must be perturbed"] if still else []
    on = sorted(set(environment.off) & set(found["on"]))
    return wrong + ([f"control: {' '.join(on)} must be off"] if on else [])


def row(environment, base, found, wrong):
    """Return a line of the table."""
    by_versions = "baseline" if environment is base else shown(moved(base.here, plain(environment.room).here))
    by_change = shown(moved(environment.beside.here, found)) if environment.beside else ""
    verdict = f"FAILS: {'; '.join(wrong)}" if wrong else "holds"
    return ROW.format(str(environment), by_versions, by_change, found.get("derived", "")[:12], verdict)


def shown(names):
    """Return the functions whose bytes moved in few words: cos32,64 is both of cos."""
    widths = {}
    for name in names:
        widths.setdefault(name.rstrip("0123456789"), []).append(name.lstrip("abcdefghijklmnopqrstuvwxyz"))
    return " ".join(f"{name}{','.join(sorted(of))}" for name, of in widths.items()) or "nothing"


def derive(environments, base, golden=GOLDEN, few=False):
    """Print a table of what is derived in environments, and return whether all holds."""
    due, fine = stored(golden), True
    print(HEAD, flush=True)
    with ThreadPoolExecutor(WIDE) as pool:
        for one, found in zip(environments, pool.map(lambda one: one.probe(golden, few), environments), strict=True):
            wrong = faults(one, base, found, due)
            fine = fine and not wrong
            print(row(one, base, found, wrong), flush=True)
    return fine


def lacking(rooms, no_wheel, shim):
    """Print what is not run, and return whether any of it is demanded."""
    demanded = [f"Python {one} is not on the PATH" for one in DEMANDED if one not in {room.python for room in rooms}]
    demanded += [] if shim else ["libm an ulp off: it takes Linux and a C compiler"]
    demanded += [] if has_glibc() else ["glibc without FMA: it takes glibc on x86-64"]
    for one in [*demanded, *(f"NumPy {line} has no wheel for Python {python}" for python, line in no_wheel)]:
        print(f"not run: {one}")
    return bool(demanded)


def told(begun):
    """Return how long it took, and how long the processors were at work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return f"{time.monotonic() - begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processors"


def main():
    """Make the rooms, derive in all environments, and return the exit status."""
    begun = time.monotonic()
    with TemporaryDirectory() as place:
        rooms, no_wheel = furnish(Path(place))
        shim = compiled(Path(place))
        first = [room for room in rooms if room.python == rooms[0].python]
        oldest, base, latest = (plain(room) for room in (first[0], first[-1], rooms[-1]))
        environments = [base, *versions(rooms, base), *machines(oldest, base, latest)]
        fine = derive([*environments, *(preloaded(shim, base, latest) if shim else [])], base)
        missing = lacking(rooms, no_wheel, shim)
    print(f"golden files have SHA-256 {stored(GOLDEN)}; {told(begun)}")
    return 0 if fine and not (missing and os.environ.get("REFPOS_NO_SKIP")) else 1


if __name__ == "__main__":
    sys.exit(main())
