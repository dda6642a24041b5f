"""Compare a million certified values with Arb's: `python tests/million.py [--seed S] [--values N] [--jobs J]`.

Each is rounded to float64, to odd, and to a narrow format by turns, as refpos.exact decides it and as Arb does with
more bits; only descriptions are shared. Values are drawn from a seed that is printed: frequencies, magnitudes, tables
by angle addition, cosines and sines one position at a time, rotations and rows of sinusoids, of every entry of the
catalogue and of descriptions drawn at random. Exits 1 where one value differs, or is undecided.
"""

import argparse
import secrets
import time
from collections import Counter, deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count

import arb_rounding
from million_draws import subject
from million_values import BITS, groups

from refpos import PerHead
from refpos.catalogue import ANGLES
from refpos.exact import formats
from refpos.exact.ball import UndecidedError
from refpos.exact.decide import decide
from refpos.variants.frequencies import plane_count

NARROW = [one for one in formats.NARROW if one.name in arb_rounding.NARROW]
FULL = 1_000_000
DRAWN = 128
"""About how many values the table of a description has that is drawn; an entry's is as large as the total needs."""


@dataclass
class Tally:
    """What was compared, and what did not agree."""

    kinds: Counter = field(default_factory=Counter)
    entries: Counter = field(default_factory=Counter)
    classes: Counter = field(default_factory=Counter)
    seen: dict = field(default_factory=lambda: {"planes": set(), "bases": set()})
    reach: dict = field(default_factory=lambda: {"farthest": 0, "finest": 1})
    trivial: int = 0
    boundaries: int = 0
    wrong: list = field(default_factory=list)

    @property
    def values(self):
        return self.kinds.total()

    def add(self, other):
        for name in ("kinds", "entries", "classes"):
            getattr(self, name).update(getattr(other, name))
        for name in ("trivial", "boundaries", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, found in other.seen.items():
            self.seen[name] |= found
        for name, found in other.reach.items():
            self.reach[name] = max(self.reach[name], found)


def compared(seed, quota, index):
    """Return the tally of a subject; an error says which one it was."""
    try:
        return tallied(seed, quota, index)
    except Exception as error:
        error.add_note(f"subject {index} of seed {seed}")
        raise


def tallied(seed, quota, index):
    """Return the tally of a subject."""
    one, draw = subject(seed, index)
    found = Tally()
    note(found, one)
    for group in groups(one, draw, quota if one.name else DRAWN):
        coordinates = group.position if isinstance(group.position, tuple) else (group.position or 0,)
        found.reach["farthest"] = max(found.reach["farthest"], *map(abs, coordinates))
        found.reach["finest"] = max(found.reach["finest"], *(p.denominator for p in coordinates))
        before = found.values
        for problem in judged(group, found):
            found.wrong.append(f"subject {index}, {group.kind} at {group.position} {group.more}, {problem}\n  {one}")
        found.entries[one.name] += found.values - before
    return found


def note(found, one):
    """Keep what a subject is."""
    frequencies = one.variant.frequencies
    found.seen["planes"].add(plane_count(frequencies))
    found.classes[type(frequencies).__name__] += 1
    for ladder in frequencies.frequencies if isinstance(frequencies, PerHead) else (frequencies,):
        if hasattr(ladder, "base"):
            found.seen["bases"].update(ladder.base if isinstance(ladder.base, tuple) else (ladder.base,))
            found.classes.update(type(scaling).__name__ for scaling in ladder.scalings)


def judged(group, found):
    """Count the values of a group, those that need no rounding or lie on a boundary apart, and yield what is wrong."""
    made = cache(group.made)

    @cache
    def truth(bits):
        with arb_rounding.precision(bits):
            return list(group.truth())

    values = truth(arb_rounding.DECIDED)
    if len(made(BITS)) != len(values):
        yield f"{len(made(BITS))} values where {len(values)} are due"
        return
    for n, value in enumerate(values):
        narrow = NARROW[n % len(NARROW)]
        due = arb_rounding.decided(value, narrow.name)
        boundary = due is None
        if boundary:
            due = arb_rounding.on_boundary(truth(arb_rounding.BOUNDARY)[n], narrow.name)
        if value.is_exact():
            found.trivial += 1
        elif boundary:
            found.boundaries += 1
        else:
            found.kinds[group.kind] += 1
        given = certified(lambda bits, n=n: made(bits)[n], narrow)
        if given is None or due is None or given != due:
            yield f"element {n}: {shown(given)} where Arb has {shown(due)} (float64, odd, {narrow.name})"


def certified(made, narrow):
    """Return a value in float64, rounded to odd, and in a narrow format, None where it is undecided."""
    try:
        nearest = decide(made, partial(formats.rounded, target=formats.FLOAT64), bits=BITS)
        odd = decide(made, formats.to_odd, bits=BITS)
    except UndecidedError:
        return None
    return nearest, odd, formats.decoded(formats.direct(odd, narrow), narrow)


def shown(roundings):
    return "undecided" if roundings is None else " ".join(one.hex() for one in roundings)


def run(seed, values, jobs=1):
    """Return the tally of the first subjects, every entry among them, that have so many values together."""
    quota = values // (3 * len(ANGLES))
    total, least = Tally(), 2 * len(ANGLES) if values >= FULL else 1
    for index, one in enumerate(in_order(partial(compared, seed, quota), jobs)):
        total.add(one)
        if total.values >= values and index + 1 >= least:
            return total
    raise AssertionError


def in_order(work, jobs):
    """Yield the tallies of subjects 0, 1, 2, ..., made by so many processes, a few of them ahead."""
    if jobs == 1:
        yield from map(work, count())
        return
    with ProcessPoolExecutor(jobs) as pool:
        ahead = deque(pool.submit(work, index) for index in range(4 * jobs))
        try:
            for index in count(4 * jobs):
                yield ahead.popleft().result()
                ahead.append(pool.submit(work, index))
        finally:
            pool.shutdown(cancel_futures=True)


def told(total):
    """Return what was compared, in lines."""
    own = {name: total.entries[name] for name in ANGLES if name in total.entries}
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in total.kinds.most_common())
    planes, bases = total.seen["planes"], total.seen["bases"] or {0.0}
    classes = ", ".join(f"{number} {name}" for name, number in sorted(total.classes.items()))
    return [
        f"{total.values:,} values: {kinds}",
        f"{len(own)} of {len(ANGLES)} entries, {min(own.values(), default=0):,} to {max(own.values(), default=0):,} "
        f"values each; {total.entries['']:,} values of descriptions drawn at random",
        f"{len(planes)} numbers of planes, {min(planes)} to {max(planes)}; "
        f"{len(bases)} bases, {min(bases):g} to {max(bases):g}; {classes}",
        f"positions up to {float(total.reach['farthest']):.4g}, in steps down to 1/{total.reach['finest']}",
        f"{total.trivial:,} more that need no rounding; {total.boundaries:,} on a boundary of a rounding, to "
        f"{arb_rounding.BOUNDARY:,} bits",
    ]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, help="drawn anew where left out")
    parser.add_argument("--values", type=int, default=FULL)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int, metavar="I", help="one subject, as a mismatch names it")
    asked = parser.parse_args(arguments)
    seed, begun = secrets.randbits(64) if asked.seed is None else asked.seed, time.monotonic()
    print(f"seed {seed}", flush=True)
    if asked.only is None:
        total = run(seed, asked.values, asked.jobs)
    else:
        total = compared(seed, asked.values // (3 * len(ANGLES)), asked.only)
    print("\n".join([*total.wrong[:20], *told(total)]))
    undecided = sum("undecided" in one.partition("element")[2].partition("\n")[0] for one in total.wrong)
    print(f"{len(total.wrong) - undecided} mismatches, {undecided} undecided; {time.monotonic() - begun:.0f} s")
    return 1 if total.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
