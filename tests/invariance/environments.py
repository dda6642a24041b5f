"""Environments: a room, what is changed in it, and what of NumPy's bytes that must move before golden bytes count."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

HERE = Path(__file__).parent
NUMPY = tuple(f"{name}{bits}" for name in ("cos", "sin", "exp", "power") for bits in (32, 64))
"""The bytes of which some must move, or all where every function is perturbed."""
NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"}
OLD_BLAS = {"OPENBLAS_CORETYPE": "Prescott"}
CHANGES = re.compile("PYTHON|NPY_|OPENBLAS_|GLIBC_|LD_|REFPOS_")
LONGEST = 600
"""Seconds that a probe may take."""


@dataclass(frozen=True, eq=False)
class Environment:
    """A room and what is changed in it; `beside` is the same with less changed, for what this change alone moves."""

    room: object
    change: str = ""
    variables: dict = field(default_factory=dict)
    ulp: str | None = None
    beside: "Environment | None" = None

    def __str__(self):
        return ", ".join([str(self.room), *([self.change] if self.change else [])])

    @property
    def off(self):
        """The CPU features that NumPy must not use."""
        return self.variables.get("NPY_DISABLE_CPU_FEATURES", "").split()

    @property
    def due(self):
        """What must move beside: every function, where all are perturbed."""
        return (*NUMPY, "math") if self.ulp or "LD_PRELOAD" in self.variables else ()

    @cached_property
    def here(self):
        """What is here: versions, CPU features, NumPy's bytes."""
        return self.probe()

    def probe(self, golden=None, few=False):
        """Return what probe.py says here, of a golden folder too if one is given, or how it failed.

        Nothing that is compiled under a change stays: constants are reckoned by libm.
        """
        told = {key: value for key, value in os.environ.items() if not CHANGES.match(key)}
        told |= {**({"PYTHONDONTWRITEBYTECODE": "1"} if self.beside else {}), **self.variables}
        command = [self.room.interpreter, HERE / "probe.py", *([golden] if golden else [])]
        command += [*(["--ulp", self.ulp] if self.ulp else []), *(["--few"] if few else [])]
        try:
            done = subprocess.run(command, env=told, capture_output=True, text=True, check=True, timeout=LONGEST)
            return json.loads(done.stdout)
        except subprocess.CalledProcessError as error:
            return {"on": [], "bytes": {}, "failed": (error.stderr.strip().splitlines() or [str(error)])[-1]}
        except subprocess.TimeoutExpired:
            return {"on": [], "bytes": {}, "failed": f"took more than {LONGEST} s"}


@cache
def plain(room):
    """Return a room as it is."""
    return Environment(room)


def moved(one, other):
    """Return of which functions two environments have other bytes."""
    return [name for name, digest in other["bytes"].items() if one["bytes"].get(name) != digest]


def versions(rooms, base):
    """Yield an environment for each room: as it is if its NumPy's bytes are not the baseline's, or made so."""
    for room in rooms:
        if room != base.room:
            one = plain(room)
            yield one if set(moved(base.here, one.here)) & set(NUMPY) else without(one)


def machines(oldest, base, latest):
    """Yield environments whose CPU, C library or functions are not what they were."""
    if any(map(is_wide, base.here["on"])):
        yield without(base, is_wide, "no AVX-512")
    yield from (without(one) for one in (oldest, base))
    if has_glibc():
        yield Environment(base.room, "glibc without FMA", NO_FMA, beside=base)
        for one in (oldest, base, latest):
            told = {**without(one).variables, **NO_FMA, **OLD_BLAS}
            yield Environment(one.room, "no feature, FMA or AVX in NumPy, glibc, BLAS", told, beside=one)
    for one, way in ((base, "either"), (base, "up"), (latest, "down")):
        yield Environment(one.room, f"np and math an ulp {way}", ulp=way, beside=one)


def preloaded(shim, base, latest):
    """Yield environments in which libm is an ulp off, and NumPy has nothing else to call."""
    for one, way in ((base, "either"), (base, "up"), (latest, "down")):
        beside = without(one)
        told = {**beside.variables, "LD_PRELOAD": str(shim), "REFPOS_ULP": way}
        yield Environment(one.room, f"{beside.change}, libm an ulp {way}", told, beside=beside)


def without(one, which=bool, change="no CPU feature"):
    """Return an environment beside one, in which NumPy may not use some of the CPU features that it dispatches to."""
    names = " ".join(filter(which, one.here["on"]))
    return Environment(one.room, change, {"NPY_DISABLE_CPU_FEATURES": names}, beside=one)


def is_wide(feature):
    """Return whether a CPU feature, as old and new NumPy name them, is AVX-512 or needs it."""
    return feature.startswith(("AVX512", "X86_V4"))


def compiled(place):
    """Return the shared object that is made of ulp.c, or nothing where there is no compiler or nothing to preload."""
    if sys.platform != "linux" or shutil.which("cc") is None:
        return None
    flags = ("-shared", "-fPIC", "-O1", "-fno-builtin", "-Wall", "-Wextra", "-Werror")
    subprocess.run(["cc", *flags, "-o", place / "ulp.so", HERE / "ulp.c", "-ldl", "-lm"], check=True)
    return place / "ulp.so"


def has_glibc():
    """Return whether the C library is one that can be told not to use FMA."""
    return platform.libc_ver()[0] == "glibc" and platform.machine() == "x86_64"
