"""Whether what was read holds wherever it is looked at: on the inputs of a check, and across all positions."""

from collections.abc import Iterator

import numpy as np

from refpos.oracle.inputs import Case, cases, fill
from refpos.oracle.probe.box import Box, told
from refpos.oracle.probe.exponents import COARSEST, OF_ANGLE
from refpos.oracle.probe.reading import TURNS, Reading
from refpos.oracle.trial import LEADS, ErroredError
from refpos.spec.precise import Floats
from refpos.variants.frequencies import Frequencies

STRATA = 32
"""Into so many parts of one length positions are divided, of which each is looked at."""
SCATTERED = 7919
"""A prime, by whose multiples positions are scattered in a part."""
MOST = 0.5
"""What turns that are not seen explain at most, in radians."""
FROZEN = 3
"""There are frozen inputs for up to so many axes."""


def spread(last: int, axes: int) -> Case:
    """Return positions in every part of those up to the last, in another order on each axis, and the last.

    Examples
    --------
    >>> spread(4095, 1).positions[[0, 1, 2, -1]].tolist()
    [111.0, 227.0, 276.0, 4095.0]
    """
    k = np.arange(STRATA)[:, None]
    part = k * (4 * np.arange(axes) + 1) % STRATA
    low, high = last * part // STRATA, last * (part + 1) // STRATA
    inside = low + (k + 1) * SCATTERED % (high - low + 1)
    positions = np.concatenate([inside, np.full((1, axes), last)]).astype(np.float64)
    return Case("spread", "across all positions", positions[:, 0] if axes == 1 else positions)


def departure(box: Box, reading: Reading) -> str:
    """Say where other vectors, heads and tokens do not become what was read, or nothing where they do."""
    return next(filter(None, (_missed(box, reading, case) for case in _looked_at(box, reading))), "")


def _looked_at(box: Box, reading: Reading) -> Iterator[Case]:
    yield spread(reading.reach, box.axes)
    if box.axes <= FROZEN:
        yield from cases(Frequencies(tuple(range(box.axes))), longest=reading.reach + 1)


def _missed(box: Box, reading: Reading, case: Case) -> str:
    positions = case.positions.reshape(-1, box.axes)
    x = fill(case, LEADS[case.number % len(LEADS)], box.features)
    try:
        off = _ratios(box, reading, x, positions)
    except ErroredError as error:
        return f"{error}, among {len(positions)} tokens"
    if off.max() <= 1:
        return ""
    _, h, row, c = np.unravel_index(int(off.argmax()), off.shape)
    where = f"at position {told(positions[row])}, head {h}, feature {c}, among {len(positions)} tokens"
    return f"{where}: {off.max():.2g} times what roundings explain"


def _ratios(box: Box, reading: Reading, x: Floats, positions: Floats) -> Floats:
    """Return by how much what comes of x is off what was read, over what roundings explain.

    Where frequencies are known modulo 2π those of the turns that are not seen are among them.
    """
    turned = reading.paired(x) * reading.at(positions)
    theta = positions @ np.abs(reading.values)
    apiece = OF_ANGLE * (box.axes + 1) * min(reading.u, COARSEST)
    hidden = 2 * np.pi * TURNS[-1] * np.abs(positions).sum(axis=1, keepdims=True) * reading.whole
    angle = positions @ reading.off + apiece * theta + np.minimum(apiece * hidden, MOST) + reading.error
    return np.asarray(np.abs(box(x, positions) - turned.real) / (np.abs(turned) * angle + box.normal))
