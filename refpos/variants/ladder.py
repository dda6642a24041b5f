"""The ladder of a set of planes: which axis turns each plane, and on which rung it stands. Only counting."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, assert_never

from refpos.errors import require
from refpos.variants import rules

Ladder = Literal["shared", "per-axis", "alternating"]
Axes = tuple[int | None, ...]
"""For each plane the axis that turns it, counted from 0; None where the plane stands still."""


@dataclass(frozen=True)
class Rung:
    """Where a plane stands: the axis that turns it, and its place, from 0, among the `size` rungs of its ladder."""

    axis: int
    index: int
    size: int

    def exponent(self, endpoint: bool) -> Fraction:
        """Return e, the index over the size; over the size less one where the last rung is an end point."""
        return Fraction(self.index, self.size - endpoint)

    @property
    def fraction(self) -> Fraction:
        """How far up the ladder, from 0 for the first rung to 1 for the last."""
        return Fraction(self.index, self.size - 1)


@lru_cache(maxsize=1024)
def rungs(axes: Axes, ladder: Ladder) -> tuple[Rung | None, ...]:
    """Return the rung of each plane, None for those that stand still.

    Parameters
    ----------
    axes : tuple of int or None
        The axis of each plane.
    ladder : {"shared", "per-axis", "alternating"}
        Whether a plane's place is counted among all planes, among those of its axis, or is A·j + a: with A
        axes the j-th plane of axis a stands between its fellows of the other axes.

    Examples
    --------
    >>> rungs((0, 1, 0), "per-axis")
    (Rung(axis=0, index=0, size=2), Rung(axis=1, index=0, size=1), Rung(axis=0, index=1, size=2))
    """
    seen, sizes = Counter[int](), Counter(axes)
    total = 1 + max(axis for axis in axes if axis is not None)
    found: list[Rung | None] = []
    for k, axis in enumerate(axes):
        if axis is None:
            found.append(None)
            continue
        j, size = seen[axis], sizes[axis]
        seen[axis] += 1
        match ladder:
            case "shared":
                found.append(Rung(axis, k, len(axes)))
            case "per-axis":
                found.append(Rung(axis, j, size))
            case "alternating":
                found.append(Rung(axis, total * j + axis, total * size))
            case _:
                assert_never(ladder)
    return tuple(found)


def sections(counts: Sequence[int], planes: int, *, interleaved: bool = False) -> Axes:
    """Return the axes tuple of a list of sections, as multimodal models configure them (`mrope_section`).

    Chunked, the first planes belong to axis 0, the next to axis 1, and so on. Interleaved, plane k belongs to
    axis a = k mod A while k < A · counts[a], and to axis 0 otherwise.

    Parameters
    ----------
    counts : sequence of int
        Planes of each axis; interleaved, an axis runs out of room where A · counts[a] passes the last plane.
    planes : int
        K, which the counts must add up to.

    Raises
    ------
    SpecError
        If the counts do not add up, or one is not a positive int.

    References
    ----------
    Qwen2-VL (chunked) and Qwen3-VL (interleaved) in transformers 5.23.0, `modeling_qwen3_vl.py`,
    `Qwen3VLTextRotaryEmbedding.apply_interleaved_mrope` (interleaved).

    Examples
    --------
    >>> sections((1, 2, 1), 4)
    (0, 1, 1, 2)
    >>> sections((3, 2, 2), 7, interleaved=True)
    (0, 1, 2, 0, 1, 2, 0)
    """
    known = isinstance(counts, tuple | list) and counts and all(type(n) is int and n > 0 for n in counts)
    require(known, "sections must be a tuple or list of positive ints", counts)
    require(type(planes) is int, "planes must be an int", planes)
    require(isinstance(interleaved, bool), "interleaved must be True or False", interleaved)
    rules.few("sections", planes, "planes")
    require(sum(counts) == planes, f"sections must add up to the {planes} planes", tuple(counts))
    if not interleaved:
        return tuple(axis for axis, n in enumerate(counts) for _ in range(n))
    total = len(counts)
    return tuple(k % total if k < total * counts[k % total] else 0 for k in range(planes))


def check_axes(axes: object) -> None:
    """Check that a tuple of axes names every axis from 0 on."""
    require(
        isinstance(axes, tuple) and all(axis is None or (type(axis) is int and axis >= 0) for axis in axes),
        "axes must be a tuple of axis numbers, or None where a plane stands still",
        axes,
    )
    assert isinstance(axes, tuple)
    rules.few("axes", len(axes), "planes")
    used = {axis for axis in axes if axis is not None}
    require(used, "axes must turn at least one plane", axes)
    last = max(used)
    require(last < 256, "axes must be numbered from 0 to 255 at most", last)
    require(len(used) == last + 1, f"axes must use every axis from 0 to {last}", tuple(sorted(used)))
