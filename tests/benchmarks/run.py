"""Time refpos on one processor with one thread, beside a plain copy and other frameworks.

    python tests/benchmarks/run.py            measure and print
    python tests/benchmarks/run.py --write    and put tables and plot into the README
    python tests/benchmarks/run.py --check    and exit 1 where a ratio misses its target

What is compared works on the same features and runs in turn, round after round. A ratio is taken within a round; it
stands here as the median over the rounds of several processes, with its quartiles. The same is run with the
processor's newer instructions hidden from NumPy.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

if hasattr(os, "sched_setaffinity"):  # one processor, and so one thread, before any library counts them
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
sys.path.append(str(Path(__file__).parents[2] / "proofs"))

from growth import HEAD, WIDTH, Grown, by_rows, by_size
from measuring import Row, machine, short
from pictures import canvas, drawn
from starts import SECOND, functions, starts
from turning import COPY, FASTEST, ratios, without

README = Path(__file__).parents[2] / "README.md"
PLOT = Path(__file__).with_name("growth.svg")
MARKS = ("<!-- speed -->\n", "<!-- /speed -->\n")


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def compared(found: Sequence[Row]) -> str:
    """Return ratios as a table: a column for each case, a row for each other."""
    cells = {(one.other, one.case): str(one) for one in found}
    cases, others = (list(dict.fromkeys(names)) for names in zip(*((one[0], one[1]) for one in found), strict=True))
    lines = [[other, *(cells.get((other, case), "") for case in cases)] for other in others]
    return table(["time over that of", *cases], lines)


def missed(found: Sequence[Row]) -> str:
    """Return a sentence that names the targets that are missed."""
    names = [f"{one.case}, over {one.other} ({short(one.median)})" for one in found if not one.met]
    return f"Missed: {'; '.join(names) or 'nothing'}.\n"


def plotted(grown: Sequence[Grown]) -> str:
    """Return time and memory by rows as SVG."""
    figure, (left, right) = canvas(7, 2.4, 2)
    for one in grown:
        style = {"color": "#999999", "linestyle": "--"} if one.what == COPY else {"marker": "o", "markersize": 3}
        left.loglog(one.sizes, one.seconds, base=2, label=one.what, **style)
        right.semilogx(one.sizes, [held / 1e6 for held in one.held], base=2, label=one.what, **style)
    left.set_yscale("log", base=10)
    left.set_ylabel("seconds")
    right.set_ylabel("MB beside the features")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        axes.set_xlabel(f"rows of {WIDTH} features, float32")
        axes.minorticks_off()
    left.legend()
    return drawn(figure).svg


def parts(rounds: int) -> Iterator[tuple[str, Sequence[Row]]]:
    """Yield what stands in the README, part by part, and the rows that have targets."""
    yield f"{machine()}.\n", []
    turned = ratios(rounds)
    yield compared(turned), turned
    hidden = [one._replace(target=None) for one in without(rounds) if one.other in (COPY, FASTEST)]
    if hidden:
        yield f"The same without the processor's newer instructions:\n\n{compared(hidden)}", []
    waited = [*starts(rounds), *functions(rounds)]
    lines = [[one.case, "" if one.other == SECOND else one.other, str(one)] for one in waited]
    yield table(["what", "time over that of", "seconds, or ratio"], lines), waited
    yield table(HEAD, [one.cells() for one in by_size()]), []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit 1 where a ratio misses its target")
    parser.add_argument("--write", action="store_true", help="put tables and plot into the README")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    if asked.rounds < 2:
        parser.error("--rounds must be 2 or more: quartiles are told")
    text, judged = "", []
    for part, found in parts(asked.rounds):
        print(part, flush=True)
        text, judged = f"{text}{part}\n", [*judged, *found]
    print(missed(judged))
    grown = list(by_rows())
    print(table(HEAD, [one.cells() for one in grown]))
    if asked.write:
        written(f"{text}{missed(judged)}\n", grown)
    return int(asked.check and not all(one.met for one in judged))


def written(text: str, grown: Sequence[Grown]) -> None:
    """Put text and plot where the README has them."""
    PLOT.write_text(plotted(grown), encoding="utf-8")
    before, _, rest = README.read_text(encoding="utf-8").partition(MARKS[0])
    picture = f"![seconds and memory by rows](tests/benchmarks/{PLOT.name})\n"
    README.write_text(before + MARKS[0] + text + picture + MARKS[1] + rest.partition(MARKS[1])[2], encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
