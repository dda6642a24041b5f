"""The planes of a reading: pairs of features, with the exponents of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from refpos.errors import SpecError
from refpos.oracle.probe.box import RefusedError
from refpos.oracle.probe.exponents import Complex, wrapped
from refpos.oracle.probe.reading import Reading
from refpos.spec.frequencies import omega
from refpos.spec.precise import Floats
from refpos.spec.rotary import growth_logs
from refpos.spec.scaling import magnitude
from refpos.variants.frequencies import Frequencies, plane_count
from refpos.variants.planes import Pairs, planes
from refpos.variants.rotary import Pairing, Rotary, Side

SLACK = 1e-3
"""Parts by which frequencies and magnitudes may differ that are worth a check, and those that are told as one."""


@dataclass(frozen=True)
class Turning:
    """K planes, by the first feature that they read.

    Parameters
    ----------
    read, written : K pairs of features
        y_c of a pair (c, d) that is written is x_a of the pair (a, b) that is read, where nothing is turned; a < b.
    first, second : (A, K) complex
        λ of y_c, and the conjugate of that of y_d: the same where the plane is rotated.
    off : (A, K)
    start : (K, 2) complex
        z of y_c at the origin, and the conjugate of that of y_d.
    error : float
        How far those may be off, in parts.
    """

    read: Pairs
    written: Pairs
    first: Complex
    second: Complex
    off: Floats
    start: Complex
    error: float = 0.0

    @property
    def magnitudes(self) -> Floats:
        """What the first feature of each plane is multiplied by at the origin."""
        return np.abs(self.start[:, 0])

    @property
    def axes(self) -> tuple[int, ...]:
        """The axis that turns each plane most."""
        return tuple(int(axis) for axis in np.abs(self.first.imag).argmax(axis=0))

    @property
    def sign(self) -> int:
        """−1 where every plane that turns turns its second feature towards the first, else 1."""
        turned = self.first.imag[np.abs(self.first.imag) > self.off]
        return -1 if len(turned) and (turned < 0).all() else 1

    @property
    def frequencies(self) -> Floats:
        """Ω, (A, K), times the sign."""
        return np.asarray(self.sign * self.first.imag)

    @property
    def grows(self) -> bool:
        """Whether a plane grows with the position."""
        return bool((np.abs(self.first.real) > 4 * self.off).any())

    def along(self) -> Floats:
        """Return the frequency of each plane along its own axis."""
        return np.asarray(self.frequencies[self.axes, np.arange(len(self.read))])

    def pairing(self, pairs: Pairs) -> str:
        """Return what pairs are called, of the features of all: half, interleaved, blocked; else other."""
        rank = {feature: at for at, feature in enumerate(sorted(feature for pair in pairs for feature in pair))}
        own = tuple(tuple(rank[feature] for feature in pair) for pair in pairs)
        return next((name for name, due in _pairings(self.axes) if own == due), "other")


def turning(reading: Reading) -> Turning:
    """Return the planes of a reading.

    Raises
    ------
    RefusedError
        If a feature is turned with another that is not.
    """
    place = {(int(a), int(b)): c for c, (a, b) in enumerate(zip(reading.own, reading.other, strict=True)) if b >= 0}
    for a, b in place:
        if (b, a) not in place:
            evidence = f"feature {a} takes from feature {b}, and nothing takes from it what it had"
            raise RefusedError("no-planes", "no rotation of planes, which turn both their features", evidence)
    read = tuple(sorted(pair for pair in place if pair[0] < pair[1]))
    written = tuple((place[a, b], place[b, a]) for a, b in read)
    c, d = np.array(written, dtype=int).reshape(-1, 2).T
    values, off = reading.values, np.maximum(reading.off[:, c], reading.off[:, d])
    start = np.stack([reading.start[c], reading.start[d].conj()], axis=1)
    return Turning(read, written, values[:, c], values[:, d].conj(), off, start, reading.error)


def described(variant: Rotary, features: int, side: Side = "query", *, whole: bool = False) -> Reading:
    """Return what is to be read where a variant is computed, modulo 2π for whole positions.

    Examples
    --------
    >>> from refpos import Frequencies
    >>> described(Rotary(Frequencies((0, 0), base=100.0)), 4).values.imag
    array([[ 1. ,  0.1, -1. , -0.1]])
    """
    own, other = np.arange(features), np.full(features, -1)
    start, values = np.ones(features, complex), np.zeros((omega(variant.frequencies).shape[0], features), complex)
    rate, centre = _growth(variant, side)
    turned: Complex = np.asarray(1j * variant.sign * omega(variant.frequencies), np.complex128)
    turned = wrapped(turned) if whole else turned
    for (a, b), (c, d), (first, second) in zip(*planes(variant, features), strict=True):
        turns = turned[:, [first, second]].any()
        for place, one, two, column, turn in ((c, a, b, first, turned), (d, b, a, second, -turned)):
            own[place], other[place] = one, two if turns else -1
            start[place] = magnitude(variant.attention_factor) * np.exp(centre[column])
            values[:, place] = turn[:, column] + rate[column]
    return Reading(own, other, start, values, np.zeros(values.shape), np.zeros(values.shape), whole)


def close(reading: Reading, due: Reading, u: float) -> bool:
    """Return whether a reading is so near to what is due that a check can tell whether it is that."""
    off = np.abs(wrapped(reading.values - due.values)) if reading.whole else np.abs(reading.values - due.values)
    near = (off <= SLACK * np.abs(due.values) + 4 * reading.off).all()
    start = (np.abs(reading.start - due.start) <= (SLACK + 32 * u) * np.abs(due.start)).all()
    return bool(near and start and (reading.own == due.own).all())


def _growth(variant: Rotary, side: Side) -> tuple[Floats, Floats]:
    """Return ln of the growth of each plane for a step, and at the origin."""
    count = plane_count(variant.frequencies)
    if variant.growth is None:
        return np.zeros(count), np.zeros(count)
    origin, step = growth_logs([0.0, 1.0], variant.growth, count) * (1 if side == "query" else -1)
    return step - origin, origin


def _pairings(axes: tuple[int, ...]) -> Iterator[tuple[str, Pairs]]:
    """Yield the pairings of planes that these axes turn, by name; blocks only where those of an axis stand together."""
    ranks, names = sorted(set(axes)), get_args(Pairing)
    for name in names:
        try:
            variant = Rotary(Frequencies(tuple(map(ranks.index, axes))), pairing=name)
        except SpecError:
            continue
        yield name, planes(variant, 2 * len(axes)).read
