"""The command `refpos table`: a certified table of cosines and sines, in files."""

import argparse
import time
from pathlib import Path
from typing import Any

from refpos.errors import require

DTYPE = "master"


def add(commands: Any) -> None:
    """Add `table` to a parser."""
    making = commands.add_parser(
        "table", help="a certified table of cosines and sines, in files; what is there already is not made again"
    )
    making.add_argument("name", metavar="NAME", help="a rotary or sinusoidal encoding of the catalogue")
    making.add_argument("--positions", type=int, required=True, metavar="N", help="those from 0 to N - 1")
    making.add_argument("--out", required=True, metavar="DIR", help="where to: .npy files of shape (rows, 2, K)")
    making.add_argument("--dtype", default=DTYPE, help="master (float64 rounded to odd) where left out")
    making.add_argument("--length", type=int, metavar="N", help="for an encoding that depends on the length")
    making.add_argument("--jobs", type=int, metavar="N", help="processes; as many as processors where left out")
    making.set_defaults(run=_table)


def _table(asked: argparse.Namespace) -> int:
    from refpos.catalogue.find import find_angle
    from refpos.oracle.certified import certify
    from refpos.oracle.golden.format import digest
    from refpos.oracle.shards import SUMS
    from refpos.variants.length import at_length

    variant, begun = find_angle(asked.name).variant, time.monotonic()
    require(asked.positions > 0, "--positions must be at least 1", asked.positions)
    variant = variant if asked.length is None else at_length(variant, asked.length)
    done = certify(variant, range(asked.positions), Path(asked.out), dtype=asked.dtype, jobs=asked.jobs)
    sums = digest((done.folder / SUMS).read_bytes())
    print(f"{done}; {SUMS} has SHA-256 {sums}; {time.monotonic() - begun:.1f} s")
    return 0
