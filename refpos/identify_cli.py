"""The command `refpos identify`: which rotary encoding an implementation computes."""

import argparse
import json
import sys
from contextlib import redirect_stdout
from typing import Any

from refpos.oracle.names import DTYPES


def add(commands: Any) -> None:
    """Add `identify` to a parser."""
    reading = commands.add_parser(
        "identify",
        help="which rotary encoding an implementation computes, and what that is called",
        epilog="Exits with 0 where it is known what is computed, with 1 where it is not, with 2 where misused.",
    )
    reading.add_argument("--impl", metavar="MODULE:FUNCTION", required=True, help="f(x, positions) -> y")
    reading.add_argument("--features", type=int, metavar="D", required=True, help="the width of x")
    reading.add_argument("--axes", type=int, default=1, metavar="A", help="coordinates of a position; 1 where left out")
    reading.add_argument("--dtype", choices=DTYPES, default="float32", help="of x; float32 where left out")
    reading.add_argument(
        "--longest", type=int, metavar="N", help="ask for positions below N only; else found out, up to 2^17"
    )
    reading.add_argument("--json", action="store_true", help="as JSON")
    reading.set_defaults(run=_identify)


def _identify(asked: argparse.Namespace) -> int:
    from refpos.cli import imported
    from refpos.oracle.identify import identify

    with redirect_stdout(sys.stderr):
        found = identify(
            imported(asked.impl), features=asked.features, axes=asked.axes, dtype=asked.dtype, longest=asked.longest
        )
    print(json.dumps(found.to_dict(), indent=2) if asked.json else found.explain())
    return 0 if found.ok else 1
