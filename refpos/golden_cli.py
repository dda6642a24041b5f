"""The command line of golden files: write, verify, lint, diff, export."""

import argparse
import os
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from random import randrange
from typing import Any

from refpos.errors import SpecError, require

NORMATIVE = "### Normative"


def add(commands: Any) -> None:
    """Add `golden` and its own commands to a parser."""
    golden = commands.add_parser("golden", help="golden files: certified vectors for consumers in any language")
    parts = golden.add_subparsers(dest="golden", required=True, metavar="action")
    writing = _part(parts, "write", "write what is new; ids that are there keep their inputs", _write)
    writing.add_argument("--reason", metavar="TEXT", help="why ids that are there change; goes to the changelog")
    writing.add_argument("--changelog", metavar="FILE", help="CHANGELOG.md beside the folder where left out")
    writing.add_argument("--keep", metavar="DIR", help="keep what is made in DIR: a write that was stopped goes on")
    writing.add_argument("--draw", type=int, metavar="N", help="draw N inputs for each entry without drawn cases")
    writing.add_argument("--seed", type=int, metavar="S", help="what is drawn; another at each call where left out")
    _part(parts, "verify", "derive every byte again, offline", _verify)
    _part(parts, "lint", "check form, ids, counts and digests, and that every case separates something", _lint)
    comparing = parts.add_parser("diff", help="the ids added, removed and changed from folder A to folder B")
    comparing.add_argument("old", metavar="A")
    comparing.add_argument("new", metavar="B")
    comparing.set_defaults(run=_diff)
    packing = parts.add_parser("export", help="one file with the arrays of all, for tools that read no JSON")
    packing.add_argument("folder", metavar="DIR", nargs="?", help="that of this refpos where left out")
    packing.add_argument("--format", required=True, metavar="FORMAT", help="npz, safetensors, c-header or onnx")
    packing.add_argument("--out", metavar="FILE", help="refpos-golden.ENDING where left out")
    packing.add_argument("--only", metavar="NAME", nargs="+", action="extend", default=[], help="only these entries")
    packing.set_defaults(run=_export, jobs=None)


def _part(parts: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    found: argparse.ArgumentParser = parts.add_parser(name, help=words)
    found.add_argument("folder", metavar="DIR", nargs="?", help="that of this refpos where left out")
    found.add_argument("--jobs", type=int, metavar="N", help="processes; as many as processors where left out")
    found.set_defaults(run=run)
    return found


def _write(asked: argparse.Namespace) -> int:
    from refpos.oracle.golden.changes import differences, refused
    from refpos.oracle.golden.format import canonical, write
    from refpos.oracle.golden.schema import SCHEMA
    from refpos.oracle.vectors import manifest, rewritten

    place, begun = _place(asked), time.monotonic()
    require(os.access(place, os.W_OK), "DIR must be a folder that may be written to", str(place))
    kept = None if asked.keep is None else Path(asked.keep)
    found = rewritten(place, asked.jobs, _draw(asked), kept=kept)
    changed = [line for old, new in found.values() if old is not None for line in refused(old, new)]
    if changed and not asked.reason:
        print("\n".join(map(_plain, changed)), file=sys.stderr)
        raise SpecError(f"ids that are there must keep their values, or --reason say why not; got {changed[0]}")
    texts = {name: canonical(new) for name, (_, new) in found.items()}
    apart = {"schema": canonical(SCHEMA), "manifest": manifest(texts, {name: new for name, (_, new) in found.items()})}
    contents = {place / f"{name}.json": text for name, text in {**texts, **apart}.items()}
    if changed:
        log = place.parent / "CHANGELOG.md" if asked.changelog is None else Path(asked.changelog)
        contents[log] = _noted(log, asked.reason, changed)
    write({path: text.encode() for path, text in contents.items()})
    lines = [line for old, new in found.values() for line in differences(old, new)]
    added = sum(line.endswith(": added") for line in lines)
    size = sum(len(text.encode()) for text in texts.values()) / len(texts) / 1000
    print(
        f"{len(texts)} files of {size:.1f} kB on average; {added} ids added, {len(changed)} changes; "
        f"{time.monotonic() - begun:.1f} s"
    )
    return 0


def _draw(asked: argparse.Namespace) -> Any:
    """Return what draws inputs for an entry, and say from which seed, or None where nothing is to be drawn."""
    if asked.draw is None:
        require(asked.seed is None, "--seed must come with --draw", asked.seed)
        return None
    from refpos.drawing import draw

    require(asked.draw > 0, "--draw must be at least 1", asked.draw)
    require(find_spec("hypothesis"), "--draw must have Hypothesis, pip install 'refpos[test]'", "none")
    seed = randrange(1 << 32) if asked.seed is None else asked.seed
    print(f"drawing {asked.draw} inputs an entry from seed {seed}")
    return partial(draw, count=asked.draw, seed=seed)


def _verify(asked: argparse.Namespace) -> int:
    from refpos.oracle.vectors import present, verify

    place, begun = _place(asked), time.monotonic()
    return _told(verify(place, asked.jobs), f"{len(present(place))} files are what is derived", begun, place)


def _lint(asked: argparse.Namespace) -> int:
    from refpos.oracle.golden.lint import lint
    from refpos.oracle.vectors import present

    place, begun = _place(asked), time.monotonic()
    return _told(lint(place, asked.jobs), f"{len(present(place))} files are in order", begun, place)


def _diff(asked: argparse.Namespace) -> int:
    from refpos.oracle.golden.changes import differences

    old, new = _documents(Path(asked.old)), _documents(Path(asked.new))
    lines = [line for name in sorted({*old, *new}) for line in differences(old.get(name), new.get(name))]
    print("\n".join(map(_plain, lines)) if lines else "no id was added, removed or changed")
    return 1 if lines else 0


def _documents(place: Path) -> dict[str, Any]:
    """Return the golden files of a folder by name, each of the schema."""
    from refpos.oracle.golden.shape import check_shape
    from refpos.oracle.vectors import load, present

    found = {}
    for name in present(place):
        try:
            found[name] = load(place, name)
            check_shape(name, found[name])
        except SpecError as error:
            raise SpecError(f"{place}: {error}") from error
    return found


def _export(asked: argparse.Namespace) -> int:
    from refpos.oracle.golden.export import export

    made = export(_place(asked), asked.format, None if asked.out is None else Path(asked.out), asked.only)
    print(f"{made.path}: {made.entries} entries, {made.arrays:,} arrays, {made.size:,} bytes, SHA-256 {made.sha256}")
    return 0


def _place(asked: argparse.Namespace) -> Path:
    from refpos.oracle.vectors import folder, present

    place = folder() if asked.folder is None else Path(asked.folder)
    present(place)  # which refuses what is no folder, or may not be read
    require(asked.jobs is None or asked.jobs > 0, "--jobs must be at least 1", asked.jobs)
    return place


def _told(problems: list[str], fine: str, begun: float, place: Path) -> int:
    if problems:
        print("\n".join(map(_plain, problems)))
        print(f"{len(problems)} problems in {place}", file=sys.stderr)
        return 1
    print(f"{fine}; manifest.json has SHA-256 {_digest(place)}; {time.monotonic() - begun:.1f} s")
    return 0


def _digest(place: Path) -> str:
    from refpos.oracle.golden.format import digest

    return digest((place / "manifest.json").read_bytes())


def _plain(line: str) -> str:
    """Return a line in which what no terminal prints, as the end of a line, is written as in Python."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)


def _noted(path: Path, reason: str, changed: list[str]) -> str:
    """Return a changelog with a reason and what changed under Normative, in the first version that stands there."""
    require(path.is_file(), "a change must go to a changelog, --changelog FILE", str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    version = next((at for at, line in enumerate(lines) if line.startswith("## ")), None)
    require(version is not None, "a changelog must have a version, ## ...", str(path))
    assert version is not None
    following = next((at for at in range(version + 1, len(lines)) if lines[at].startswith("## ")), len(lines))
    if NORMATIVE not in lines[version:following]:
        lines[version + 1 : version + 1] = ["", NORMATIVE]
    at = lines.index(NORMATIVE, version)
    few = [f"  - {line}" for line in changed[:20]]
    few += [f"  - and {len(changed) - 20} more"] if len(changed) > 20 else []
    lines[at + 1 : at + 1] = ["", f"- Golden files: {' '.join(reason.split())}", *few]
    return "\n".join(lines) + "\n"
