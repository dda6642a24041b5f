"""Bounds against honest implementations: none may be outside, and for the usual recipes they must need a fifth of it.

    python tests/soundness.py            measure and print the table of the README
    python tests/soundness.py --write    and put it into the README
    python tests/soundness.py --check    and fail where a bound is broken or loose, or the README says otherwise

Every entry of the catalogue is computed by every library in every recipe, see `honest`. In float32 and 16 bits truth is
the float64 reference, whose own error the bound counts; in float64 it is certified (refpos.exact).
"""

import argparse
import sys
import warnings
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from honest.encodings import rotary, sinusoidal, ways
from honest.libraries import NAMES, library
from honest.trials import FURTHEST, drawn, features, fitting, truth, weights

from refpos import Frequencies, Rotary, at_length
from refpos.catalogue import ANGLES
from refpos.oracle.tolerance import Recipe, bound

README = Path(__file__).parents[1] / "README.md"
MARKS = ("<!-- soundness -->\n", "<!-- /soundness -->\n")
RECIPES = [
    Recipe(dtype, idiom)
    for dtype in ("float32", "float64", "float16", "bfloat16")
    for idiom in ("tables", "power", "log", "recurrence")
    if (dtype, idiom) != ("float64", "tables")  # which is float64/power
]
COMMON = ("float32/tables", "float32/power", "float32/log", "float64/power", "float16/power", "bfloat16/power")
LOOSEST, MOVES = 0.2, 0.1
"""What common recipes must need of their bound, and how far ratios may be from the README's: CPUs round differently."""
COMPILED = ("llama-2", "llama-3.1", "deepseek-v3", "transformer")
COMPILED_RECIPES = ("float32/power", "float32/log", "bfloat16/power")


@dataclass(frozen=True)
class Found:
    """The worst ratio of one recipe in one library, how many values were looked at, and where the worst was."""

    recipe: str
    library: str
    ratio: float
    values: int
    name: str
    position: str

    def __or__(self, other):
        worse = max(self, other, key=lambda one: one.ratio)
        return Found(self.recipe, self.library, worse.ratio, self.values + other.values, worse.name, worse.position)


# Measuring.


def measured(name, lib, recipe):
    """Return what each way of a recipe needs of its bound, for one entry in one library."""
    variant = at_length(ANGLES[name].variant, FURTHEST + 1)
    rng = np.random.default_rng(zlib.crc32(f"{name} {lib.name} {recipe}".encode()))
    learned = weights(variant.frequencies, rng)
    every = ways(recipe, variant)
    chosen = [every[rng.integers(len(every))]] if lib.compiles else every
    for number, way in enumerate(chosen):
        side = ("query", "key")[(number + rng.integers(2)) % 2]
        positions = fitting(drawn(variant, recipe.dtype, rng), variant, recipe.dtype, side)
        if isinstance(variant, Rotary):
            x = features(variant, ANGLES[name].width, positions, recipe.dtype, rng)
            got = rotary(lib, variant, way, positions, x, side=side, learned=learned)
            given = {"learned": learned, "side": side}
        else:
            x, given = None, {"learned": learned}
            got = sinusoidal(lib, variant, way, positions, learned=learned)
        yield judged(name, lib, recipe, variant, positions, x, got, given)


def judged(name, lib, recipe, variant, positions, x, got, given):
    """Return the worst ratio of a result, where a bound of 0 allows nothing."""
    near, rest = truth(variant, positions, x, recipe.dtype, **given)
    flushed = replace(recipe, flushes=recipe.dtype in lib.flushes)
    allowed = bound(variant, flushed, positions, x, **given)
    error = np.abs((got - near) - rest)
    ratios = np.divide(error, allowed, out=np.where(error > 0, np.inf, 0.0), where=allowed > 0)
    ratios = np.where(np.isnan(error), np.inf, ratios)
    at = np.unravel_index(ratios.argmax(), ratios.shape)
    row = at[-2] - getattr(variant, "prefix", 0)
    return Found(str(recipe), lib.name, float(ratios[at]), got.size, name, _told(positions[row]))


def _told(position):
    return ", ".join(f"{one:g}" if abs(one) < 1 else f"{one:.0f}" for one in np.atleast_1d(position))


def recipes_of(name, lib):
    """Return the recipes that an entry is computed in: the usual ones where each has to be compiled."""
    ladder = isinstance(ANGLES[name].variant.frequencies, Frequencies)
    known = [one for one in RECIPES if ladder or one.idiom != "recurrence"]
    match lib.name:
        case "MLX":
            return [one for one in known if one.dtype != "float64"]
        case "JAX jit":
            return [one for one in known if str(one) in (COMMON if name in COMPILED else COMPILED_RECIPES)]
        case "torch.compile":
            return [one for one in known if str(one) in COMPILED_RECIPES and name in COMPILED]
    return known


def distinct(names):
    """Return the first of each set of names that say the same of vectors of the same width."""
    first = {}
    for name in names:
        first.setdefault((ANGLES[name].variant, ANGLES[name].width), name)
    return list(first.values())


def sweep(library_name, names=tuple(ANGLES)):
    """Return the worst of each recipe in one library over entries of the catalogue."""
    lib, found = library(library_name), {}
    if lib is None:
        return []
    warnings.simplefilter("ignore")
    for name in distinct(names):
        for recipe in recipes_of(name, lib):
            for one in measured(name, lib, recipe):
                found[one.recipe] = found[one.recipe] | one if one.recipe in found else one
    return list(found.values())


def everything():
    """Return what was found by recipe and library; each library is a process of its own, the slowest first."""
    slowest_first = sorted(NAMES, key=("JAX", "JAX jit", "torch", "NumPy", "torch.compile", "MLX").index)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [one for part in pool.map(sweep, slowest_first) for one in part]
    return {(one.recipe, one.library): one for one in found}


# Telling.


def table(found):
    """Return the README's table: for each recipe the worst ratio of each library, and where the worst of them was."""
    lines = [f"| recipe | {' | '.join(NAMES)} | values | worst at |", "|---|" + "---:|" * (len(NAMES) + 1) + "---|"]
    for recipe in map(str, RECIPES):
        cells = [found.get((recipe, name)) for name in NAMES]
        worst = max(filter(None, cells), key=lambda one: one.ratio)
        values = sum(one.values for one in cells if one) / 1e6
        shown = " | ".join(f"{one.ratio:.2f}" if one else "" for one in cells)
        where = f"{worst.name} at {worst.position}, {worst.library}"
        lines.append(f"| {recipe} | {shown} | {values:.1f} M | {where} |")
    return lines


def figures(lines):
    """Return the ratios that a table shows, by recipe and library."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in lines if line.startswith("| ")]
    names = rows[0][1 : len(NAMES) + 1]
    return {(row[0], name): float(cell) for row in rows[1:] for name, cell in zip(names, row[1:], strict=False) if cell}


def broken(found, shown):
    """Yield what is wrong with what was found, and with what the README shows of it."""
    for (recipe, name), one in found.items():
        if not one.ratio <= 1:
            yield f"{recipe}: {name} needs {one.ratio:.2f} of its bound, for {one.name} at {one.position}"
    for recipe in COMMON:
        worst = max(one.ratio for (which, _), one in found.items() if which == recipe)
        if worst < LOOSEST:
            yield f"{recipe}: nothing needs more than {worst:.2f} of its bound"
    ran = {name for _, name in found}
    for key in sorted({*found, *(one for one in shown if one[1] in ran)}):
        here, there = found.get(key), shown.get(key)
        if here is None or there is None or abs(here.ratio - there) > MOVES:
            yield f"{' in '.join(key)}: {here and round(here.ratio, 2)} here, {there} in the README"


def parted(text):
    """Return what a README has before its table, the table, and what it has after it."""
    before, rest = text.split(MARKS[0])
    inside, after = rest.split(MARKS[1])
    return before + MARKS[0], inside, MARKS[1] + after


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    parser.add_argument("--check", action="store_true", help="fail where a bound or the README is wrong")
    chosen = parser.parse_args(arguments)
    found = everything()
    lines = table(found)
    print("\n".join(lines))
    before, inside, after = parted(README.read_text(encoding="utf-8"))
    if chosen.write:
        inside = "\n" + "\n".join(lines) + "\n\n"
        README.write_text(before + inside + after, encoding="utf-8")
    wrong = list(broken(found, figures(inside.splitlines()))) if chosen.check or chosen.write else []
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
