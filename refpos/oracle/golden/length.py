"""Length in golden files: the cases of entries that depend on it, and the mistakes that are made with it."""

from collections.abc import Iterator
from typing import Any

from refpos.catalogue.entry import Angle
from refpos.oracle.neighbours import Neighbour, computing
from refpos.spec.frequencies import Learned
from refpos.variants.frequencies import Frequencies
from refpos.variants.length import at_length
from refpos.variants.scaling import OfLength

Spot = tuple[str, tuple[Any, ...], int | None]
"""What positions are there for; one or two tokens, numbers or tuples of coordinates; and the length of the sequence."""


def original_length(variant: Angle) -> int | None:
    """Return the length beyond which a variant depends on the length, or None where it never does.

    Examples
    --------
    >>> from refpos import CATALOGUE
    >>> original_length(CATALOGUE["phi-3"].variant), original_length(CATALOGUE["llama-2"].variant)
    (4096, None)
    """
    scalings = variant.frequencies.scalings if isinstance(variant.frequencies, Frequencies) else ()
    return next((one.original for one in scalings if isinstance(one, OfLength)), None)


def spots(original: int) -> tuple[Spot, ...]:
    """Return the positions and lengths that are tried: below, at and above the original length.

    Examples
    --------
    >>> all(max(positions) < length for _, positions, length in spots(4096))
    True
    """
    return (
        ("every element, near, in a long sequence", (5,), 2 * original),
        ("the first two tokens", (0, 1), 2),
        ("before the original length", (original - 2,), original - 1),
        ("at the original length", (original - 1,), original),
        ("after the original length", (original,), original + 1),
        ("near, after the original length", (257, 359), original + 1),
        ("unsorted, apart", (original + 1000, 376), original + 1664),
        ("one token, as in decoding", (2 * original - 1,), 2 * original),
        ("beyond the integers of float16", (2048, 2049), 3 * original),
        ("four times the original length", (4 * original - 1,), 4 * original),
        ("thirty-two times the original length", (32 * original - 1,), 32 * original),
        ("far", (1048577,), 1048578),
    )


def length_mistakes(variant: Angle, length: int, learned: Learned | None) -> Iterator[Neighbour]:
    """Yield what comes of taking another length for that of the sequence, where that is another function."""
    original = original_length(variant)
    if original is None:
        return
    seen = [at_length(variant, length)]
    for name, words, other in (
        ("original", "the original length taken for that of the sequence", original),
        ("twice-original", "twice the original length taken for that of any sequence", 2 * original),
        ("less-one", "the highest position taken for the length, not one more", max(length - 1, 1)),
    ):
        made = at_length(variant, other)
        if made not in seen:
            seen.append(made)
            yield Neighbour(f"length/{name}", words, made, computing(made, learned))
