"""What is to be known of a rotary or sinusoidal entry besides its description: formula, frequencies, mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from refpos.catalogue.entry import Angle, Entry
from refpos.report import columns
from refpos.spec.frequencies import omega
from refpos.variants.frequencies import Frequencies
from refpos.variants.length import at_length
from refpos.variants.scaling import OfLength

if TYPE_CHECKING:
    from refpos.oracle.neighbours import Neighbour


def formula(entry: Entry[Angle], *, unicode: bool) -> list[str]:
    """Return the formulas, typeset by SymPy where it is installed."""
    try:
        from refpos.symbolic import formula as equations
        from refpos.symbolic import parameters
        from refpos.symbolic.typeset import typeset
    except ImportError:
        return ["(`pip install '.[proofs]'` brings SymPy, which typesets the formula here)"]
    from sympy import pretty

    variant = static(entry.variant)
    typed = typeset(equations(variant), unicode=unicode)
    values = [(pretty(symbol, use_unicode=unicode), str(value)) for symbol, value in parameters(variant)]
    where = ", ".join(f"{symbol} = {value if len(value) < 24 else 'one for each plane'}" for symbol, value in values)
    return [*map(_indented, typed), _indented(f"where {where}")]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.splitlines())


def frequencies(entry: Entry[Angle]) -> str:
    """Return a few frequencies that are not learned, spread over the planes."""
    per_step = omega(static(entry.variant).frequencies)
    count = per_step.shape[-1]
    shown = sorted(
        {*range(min(3, count)), count // 4, count // 2, 3 * count // 4, count - 2, count - 1} & set(range(count))
    )
    rows = [["plane", "axis", "radians per step", "wavelength"]]
    for k in shown:
        column = per_step[..., k].reshape(-1, per_step.shape[-2])[0]
        axis = int(np.abs(column).argmax())
        turning = column[axis] != 0
        rows.append(
            [
                str(k),
                str(axis) if turning else "none",
                repr(float(column[axis])),
                f"{2 * np.pi / column[axis]:.6g}" if turning else "∞",
            ]
        )
    length = _length(entry.variant)
    title = "frequencies" if length is None else f"frequencies at length {length:,}"
    return "\n".join([title, *columns(rows, indent="  ")])


def static(variant: Angle) -> Angle:
    """Return a variant as it is, or at twice the length from which it depends on the length."""
    length = _length(variant)
    return variant if length is None else at_length(variant, length)


def _length(variant: Angle) -> int | None:
    frequencies = variant.frequencies
    scalings = frequencies.scalings if isinstance(frequencies, Frequencies) else ()
    return next((2 * scaling.original for scaling in scalings if isinstance(scaling, OfLength)), None)


def mistakes(entry: Entry[Angle]) -> list[Neighbour]:
    """Return what is one choice away."""
    from refpos.oracle.neighbours import neighbours

    if entry.variant.learned:
        return []
    return list(neighbours(static(entry.variant), entry.width))
