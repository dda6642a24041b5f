"""refpos itself, checked like any framework: what it computes in float32 where no framework is installed."""

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from refpos.adapters.encoding import Encoding, Framework, Implementation
from refpos.catalogue import ANGLES
from refpos.spec.rotary import rotate
from refpos.spec.sinusoidal import embed
from refpos.variants.length import is_static
from refpos.variants.rotary import Rotary


def encodings() -> tuple[Encoding, ...]:
    """Return every entry of the catalogue that needs neither a length nor learned arrays."""
    fit = {
        name: entry.variant for name, entry in ANGLES.items() if is_static(entry.variant) and not entry.variant.learned
    }
    return tuple(
        Encoding(
            name,
            "rotate" if isinstance(variant, Rotary) else "embed",
            partial(_build, variant),
            "tables",
            dtypes=("float32", "float16") if isinstance(variant, Rotary) else ("float32",),
        )
        for name, variant in fit.items()
    )


def _build(variant: Any, dtype: str) -> Implementation:
    if isinstance(variant, Rotary):
        return lambda x, positions: rotate(x, positions, variant)
    return lambda positions: _cast(embed(positions, variant), dtype)


def _cast(rows: npt.NDArray[np.float64], dtype: str) -> npt.NDArray[Any]:
    return rows.astype(dtype)


FRAMEWORK = Framework("refpos", (), encodings)
