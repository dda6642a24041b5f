"""What a black box turned out to be."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from refpos.catalogue import ANGLES
from refpos.oracle.probe.box import HIGHEST
from refpos.oracle.probe.differences import rotated, spans
from refpos.oracle.probe.ladder import counted
from refpos.oracle.probe.reading import Between
from refpos.oracle.verdict import Finding, ratio
from refpos.variants.planes import Pairs
from refpos.variants.rotary import Side

Nature = Literal["rotary", "not rotary", "errored"]
BETWEEN = {
    "refused": "whole ones only are taken",
    "rounded": "fractions become whole ones",
    "other": "read at whole ones, as it does something else between them",
}
"""Why it was read at whole positions, in words."""
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Near:
    """Entries of one function, and in what a black box differs from them: in nothing where it is that function.

    Parameters
    ----------
    names : tuple of str
        Of the catalogue.
    lengths : tuple of int or None
        For each the length at which it is this function, None where it does not depend on the length.
    side : {"query", "key"}
        As which of the two they were compared.
    worst : float
        The largest error over its bound, as `check` has it.
    findings : tuple of Finding
        The differences.
    """

    names: tuple[str, ...]
    lengths: tuple[int | None, ...]
    side: Side
    worst: float
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Identified:
    """What a black box computes, read off it.

    Parameters
    ----------
    verdict : {"rotary", "not rotary", "errored"}
    features, axes : int
        What it was asked with.
    dtype : str
    pairs, written : tuple of pairs of int
        The K pairs of features that it reads, and those that it writes, first for first.
    pairing, write : str
        What these pairs are called among the rotated features: "half", "interleaved", "blocked", or "other".
    sign : {1, -1}
        −1 where every plane turns its second feature towards the first.
    frequencies, uncertainty : A rows of K floats
        Ω, radians per unit step, and how far each may be off what the black box has; modulo 2π·2^13.
    between : {"turned", "refused", "rounded", "other"}
        What is done at fractions of a position: as at others, nothing, what is done at a whole one beside, or else.
        Ω is known modulo 2π where it is not "turned".
    reach : int
        The highest position that it was asked for.
    followed : bool
        Whether angles are Ω times the position as far as that; if not, Ω and its uncertainty are of lower ones.
    ladder : str
        Ω in words.
    magnitude : float or None
        What turned features are multiplied by; None where planes differ.
    growth : tuple of float
        ln of what each plane grows by in a step; empty where there is no growth.
    nearest : tuple of Near
        The entries of the catalogue that it is; where it is none, the nearest that one mistake turns into it, or the
        nearest few.
    findings : tuple of Finding
        Why it is not rotary, and what else is to be known.
    """

    verdict: Nature
    features: int
    axes: int
    dtype: str
    pairs: Pairs = ()
    written: Pairs = ()
    pairing: str = ""
    write: str = ""
    sign: int = 1
    frequencies: Rows = ()
    uncertainty: Rows = ()
    between: Between = "turned"
    reach: int = 0
    followed: bool = True
    ladder: str = ""
    magnitude: float | None = None
    growth: tuple[float, ...] = ()
    nearest: tuple[Near, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it is known what it computes: a rotary encoding, or an entry of the catalogue that is none."""
        return self.verdict == "rotary" or bool(self.entries)

    @property
    def whole(self) -> bool:
        """Whether it was read at whole positions only, so that Ω is known modulo 2π."""
        return self.between != "turned"

    @property
    def rotated(self) -> tuple[int, ...]:
        """The features that are rotated, in order."""
        return tuple(rotated(self.pairs))

    @property
    def entries(self) -> tuple[str, ...]:
        """The names of the catalogue that it is."""
        return tuple(name for one in self.nearest if not one.findings for name in one.names)

    def to_dict(self) -> Mapping[str, Any]:
        """Return it as plain data; an infinite ratio is None, as JSON has none."""
        found = asdict(self)
        for one in found["nearest"]:
            one["worst"] = one["worst"] if one["worst"] < float("inf") else None
        return {**found, "ok": self.ok, "whole": self.whole, "rotated": self.rotated, "entries": self.entries}

    def explain(self) -> str:
        """Return it in words, a few lines."""
        return "\n".join([f"{self.verdict} ({self.dtype}){self._layout()}", *(f"  {line}" for line in self._lines())])

    def __str__(self) -> str:
        return self.explain()

    def _layout(self) -> str:
        if not self.pairs:
            return ""
        write = f", written {self.write}" if self.write != self.pairing else ", written to other features"
        write = "" if self.written == self.pairs else write
        part = f"all {self.features} features"
        if len(self.rotated) < self.features:
            part = f"features {spans(self.rotated)} of {self.features}"
        return f": {counted(len(self.pairs))}, {self.pairing}{write}, of {part}"

    def _lines(self) -> Iterator[str]:
        if self.pairs:
            yield f"frequencies: {self.ladder}{self._known()}"
            yield from filter(None, [*self._axes(), self._turned(), self._grown(), self._asked()])
        yield from (_told(one) for one in self.findings)
        for one in self.nearest:
            if not one.findings:
                yield f"is {_named(one, self.features)}, worst error {ratio(one.worst)} of its bound"
            else:
                yield f"near {_named(one, self.features)}: {'; '.join(map(_told, one.findings))}"
        if self.verdict == "rotary" and not self.nearest:
            yield f"near none: no entry turns as many axes in {self.features} features"

    def _known(self) -> str:
        if not self.followed:
            return ", at the lowest positions"
        return f", known to {max(map(max, self.uncertainty)):.1g} rad per step"

    def _axes(self) -> Iterator[str]:
        """Yield which planes each axis turns, where there are several."""
        for axis, row in enumerate(self.frequencies):
            planes = [k for k, (one, off) in enumerate(zip(row, self.uncertainty[axis], strict=True)) if abs(one) > off]
            if self.axes > 1:
                yield f"axis {axis} turns {f'planes {spans(planes)}' if planes else 'nothing'}"

    def _turned(self) -> str:
        way = "turned the second feature towards the first" if self.sign < 0 else self._mixed()
        size = "planes of several magnitudes" if self.magnitude is None else f"magnitude {self.magnitude:.6g}"
        return ", ".join(filter(None, [way, size if self.magnitude != 1 else ""]))

    def _mixed(self) -> str:
        """Return which planes turn the second feature towards the first, where others do not, and it can be told."""
        rows = zip(self.frequencies, self.uncertainty, strict=True)
        back = {k for row, off in rows for k, one in enumerate(row) if one < -off[k]}
        return (
            f"planes {spans(sorted(back))} turned the second feature towards the first"
            if back and not self.whole
            else ""
        )

    def _asked(self) -> str:
        if not self.whole and self.reach == 2**HIGHEST:
            return ""
        words = f"{BETWEEN[self.between]}, so that frequencies are modulo 2π, " if self.whole else ""
        return f"positions: {words}asked for up to {self.reach:,}"

    def _grown(self) -> str:
        return f"growth: ln from {min(self.growth):.3g} to {max(self.growth):.3g} per step" if self.growth else ""


def _told(one: Finding) -> str:
    return f"{one.what} [{one.id}]{f': {one.evidence}' if one.evidence else ''}"


def _named(near: Near, features: int) -> str:
    """Return names, with the length on which they depend, and the width that their heads have where it is another."""
    names = []
    for name, length in zip(near.names, near.lengths, strict=True):
        told = [] if length is None else [f"at length {length:,}"]
        told += [f"of {ANGLES[name].width} features"] * (ANGLES[name].width != features)
        names.append(f"{name} ({', '.join(told)})" if told else name)
    return ", ".join(names) + ", of keys" * (near.side == "key")
