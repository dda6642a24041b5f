"""The command line: list, show, check; golden, identify and table are in files of their own."""

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from refpos import golden_cli, identify_cli, table_cli
from refpos.errors import SpecError, told
from refpos.oracle.names import DTYPES, IDIOMS

PIPE_CLOSED = 141
"""What a shell reports of a command that could not go on writing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 on a difference or an error, 2 on misuse."""
    asked = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return int(asked.run(asked))
    except SpecError as error:
        print(f"refpos: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="refpos",
        description="The reference specification of transformer positional encodings, and the oracle that judges "
        "implementations of them.",
        epilog="Exit status: 0 where all agrees or is expected to differ, 1 on a difference or an error, 2 on misuse.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    _add_list(commands)
    _add_show(commands)
    _add_check(commands)
    identify_cli.add(commands)
    golden_cli.add(commands)
    table_cli.add(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only where it is asked for: reading what is installed takes as long as all the rest."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(f"refpos {_version()}")
        parser.exit()


def _version() -> str:
    from importlib.metadata import version

    return version("refpos")


def _add_list(commands: Any) -> None:
    listing = commands.add_parser("list", help="the encodings of the catalogue")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.add_argument("--markdown", action="store_true", help="as a table in Markdown, with equations and sources")
    listing.set_defaults(run=_list)


def _add_show(commands: Any) -> None:
    showing = commands.add_parser("show", help="one encoding: formula, parameters, source, frequencies, known mistakes")
    showing.add_argument("name", metavar="NAME")
    showing.add_argument("--json", action="store_true", help="as JSON")
    showing.set_defaults(run=_show)


def _add_check(commands: Any) -> None:
    checking = commands.add_parser(
        "check", help="check the installed frameworks, or an implementation of your own", description=_CHECK
    )
    checking.add_argument("name", metavar="NAME", nargs="?", help="one encoding of the catalogue; all where left out")
    checking.add_argument("--impl", metavar="MODULE:FUNCTION", help="check this f(x, positions) -> y instead")
    checking.add_argument("--only", metavar="FRAMEWORK", action="append", default=[], help="only this one (repeatable)")
    checking.add_argument("--dtype", choices=DTYPES, action="append", help="float32 where left out (repeatable)")
    checking.add_argument("--recipe", choices=IDIOMS, help="with --impl: how its frequencies are made")
    checking.add_argument("--features", type=int, metavar="D", help="with --impl: the width of x")
    checking.add_argument("--longest", type=int, metavar="N", help="with --impl: it takes positions below N only")
    checking.add_argument(
        "--length", type=int, metavar="N", help="with --impl: for an encoding that depends on the length"
    )
    checking.add_argument("--json", action="store_true", help="as JSON")
    checking.set_defaults(run=_check)


_CHECK = (
    "Without --impl, finds the installed frameworks and checks all of their encodings (or NAME's). The ratio is the "
    "worst error over its bound, which follows from the dtype, the position and the way frequencies are made: up to 1 "
    "agrees."
)


def _list(asked: argparse.Namespace) -> int:
    if asked.markdown:
        from refpos.show import LETTERS, table

        print("\n".join([*table(), "", LETTERS]))
        return 0
    from refpos.listing import listing

    print(json.dumps(listing(), indent=2) if asked.json else "\n".join(_listed(listing())))
    return 0


def _listed(rows: list[dict[str, Any]]) -> list[str]:
    from refpos.report import columns

    lines = columns([[row["name"], row["family"], row["says"], row["work"]] for row in rows])
    return [*lines, f"{len(rows)} encodings; `refpos show NAME` tells more of one"]


def _show(asked: argparse.Namespace) -> int:
    from refpos.show import as_data, page

    print(json.dumps(as_data(asked.name), indent=2) if asked.json else page(asked.name, unicode=_speaks_unicode()))
    return 0


def _speaks_unicode() -> bool:
    """Whether what is printed can hold the signs of a formula."""
    try:
        "⋅θₖ⎧".encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _check(asked: argparse.Namespace) -> int:
    asked.dtype = list(dict.fromkeys(asked.dtype or ["float32"]))
    if asked.impl is not None:
        if asked.only:
            raise SpecError(f"--only must not come with --impl; got --only {asked.only[0]}")
        return _check_one(asked)
    for option in ("recipe", "features", "longest", "length"):
        if getattr(asked, option) is not None:
            raise SpecError(f"--{option} must come with --impl; got --{option} {getattr(asked, option)}")
    return _check_installed(asked)


def _check_one(asked: argparse.Namespace) -> int:
    """Check an implementation of the user's own."""
    from refpos.catalogue.find import find_angle
    from refpos.oracle.check import check
    from refpos.variants.length import at_length

    if asked.name is None:
        raise SpecError("--impl must come with the NAME of an encoding; got none")
    entry = find_angle(asked.name)
    variant = asked.name if asked.length is None else at_length(entry.variant, asked.length)
    features = entry.width if asked.features is None else asked.features
    with redirect_stdout(sys.stderr):
        implementation = imported(asked.impl)
        reports = [
            check(implementation, variant, dtype=dtype, recipe=asked.recipe, features=features, longest=asked.longest)
            for dtype in asked.dtype
        ]
    reports = [replace(report, name=asked.name) for report in reports]
    print(
        json.dumps([report.to_dict() for report in reports], indent=2) if asked.json else "\n".join(map(str, reports))
    )
    return 0 if all(report.ok for report in reports) else 1


def imported(place: str) -> Any:
    """Import package.module:function, the working directory included."""
    module, _, attribute = place.partition(":")
    if not (module and attribute):
        raise SpecError(f"--impl must be package.module:function; got {place}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise SpecError(f"--impl must be importable; got {told(error)}") from error
    return found


def _check_installed(asked: argparse.Namespace) -> int:
    """Check what is installed."""
    from refpos.catalogue.find import find_angle
    from refpos.survey import passed, summary

    if asked.name is not None:
        find_angle(asked.name)
    there = _wanted(asked.only)
    begun = time.monotonic()
    rows = _rows(asked, there)
    if not rows:
        offered = asked.name or "an encoding"
        raise SpecError(f"what is installed must offer {offered} in that dtype; got {', '.join(asked.dtype)}")
    seconds = time.monotonic() - begun
    if asked.json:
        print(json.dumps({"refpos": _version(), "rows": [row.to_dict() for row in rows]}, indent=2))
    else:
        _print_rows(rows, bool(there))
        print(summary(rows, seconds))
    return 0 if passed(rows) else 1


def _wanted(only: list[str]) -> list[str]:
    """Return the frameworks to be checked, those that are installed where none are named."""
    from refpos.adapters.discover import MODULES, installed

    there = list(installed())
    for name in only:
        if name not in MODULES:
            raise SpecError(f"--only must be one of {', '.join(MODULES)}; got {name}")
        if name not in there:
            raise SpecError(
                f"--only must be a framework that is installed ({', '.join(there) or 'none is'}); got {name}"
            )
    return only or there


def _rows(asked: argparse.Namespace, there: list[str]) -> list[Any]:
    """Make the checks; what frameworks print meanwhile goes to standard error."""
    from refpos.survey import own_tasks, plan, run

    progress = _Progress(enabled=sys.stderr.isatty())
    progress.say(f"importing {', '.join(there)}")
    with redirect_stdout(sys.stderr):
        tasks, rows = plan(asked.only, asked.dtype, asked.name)
        if not there:
            tasks = own_tasks(_version(), asked.dtype, asked.name)
        for done, row in enumerate(run(tasks), start=1):
            rows.append(row)
            progress.say(f"{done}/{len(tasks)} {row.framework} {row.encoding}")
    progress.clear()
    return rows


def _print_rows(rows: list[Any], any_installed: bool) -> None:
    from refpos.report import survey

    print("\n".join(survey(rows)))
    if not any_installed:
        print("No framework is installed, so refpos checked itself: `pip install '.[peers]'` brings those it knows.")


class _Progress:
    """A line that is written over while work goes on, and leaves no trace."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled

    def say(self, text: str) -> None:
        if self._enabled:
            print(f"\r\033[K{text[:100]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._enabled:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
