"""How libraries cast masters: which casts are direct, and which go through float32 and err on near ties.

A consumer who casts masters with NumPy to float16 and float32 is right. torch's `.half()`, `.bfloat16()` and float8,
and the types of ml_dtypes, go through float32: near a tie of the narrow format the master becomes the tie itself. Who
uses them must round masters as `refpos.exact.formats.direct` does.
"""

import random
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from refpos.exact.formats import BFLOAT16, FLOAT8_E4M3, FLOAT8_E5M2, FLOAT16, FLOAT32, decoded, direct, to_odd

torch = pytest.importorskip("torch")
ml_dtypes = pytest.importorskip("ml_dtypes")


def by_numpy(kind):
    def cast(masters):
        with np.errstate(all="ignore"):
            return np.asarray(masters).astype(kind).astype(np.float64).tolist()

    return cast


def by_torch(kind):
    return lambda masters: torch.tensor(masters, dtype=torch.float64).to(kind).to(torch.float64).tolist()


NUMPY = {FLOAT32: by_numpy(np.float32), FLOAT16: by_numpy(np.float16)}
TORCH = {
    FLOAT32: by_torch(torch.float32),
    FLOAT16: by_torch(torch.float16),
    BFLOAT16: by_torch(torch.bfloat16),
    FLOAT8_E4M3: by_torch(torch.float8_e4m3fn),
    FLOAT8_E5M2: by_torch(torch.float8_e5m2),
}
ML_DTYPES = {
    BFLOAT16: by_numpy(ml_dtypes.bfloat16),
    FLOAT8_E4M3: by_numpy(ml_dtypes.float8_e4m3fn),
    FLOAT8_E5M2: by_numpy(ml_dtypes.float8_e5m2),
}
CASTS = {"numpy": NUMPY, "torch": TORCH, "ml_dtypes": ML_DTYPES}

DIRECT = [("numpy", FLOAT32), ("numpy", FLOAT16), ("torch", FLOAT32)]
THROUGH_FLOAT32 = [
    (library, target) for library, casts in CASTS.items() for target in casts if (library, target) not in DIRECT
]


def name(value):
    return getattr(value, "name", str(value))


@cache
def near_ties(target, count=2_000):
    """Return masters of values next to ties of a format, nearer than half a unit of float32: half above, half below."""
    draw, found = random.Random(target.name), []
    for k in range(count):
        one = draw.randrange(target.beyond - 1)
        low, high = (Fraction(decoded(code, target)) for code in (one, one + 1))
        far = (high - low) / 2 ** draw.randint(30, 120)
        found.append(to_odd((low + high) / 2 + (far if k % 2 else -far)))
    return found


def due(masters, target):
    return [decoded(direct(master, target), target) for master in masters]


def failures(library, target):
    masters = near_ties(target)
    return sum(got != want for got, want in zip(CASTS[library][target](masters), due(masters, target), strict=True))


@pytest.mark.parametrize(("library", "target"), DIRECT, ids=name)
def test_a_direct_cast_is_right_near_every_tie(library, target):
    assert 0 == failures(library, target)


@pytest.mark.parametrize(("library", "target"), THROUGH_FLOAT32, ids=name)
def test_a_cast_through_float32_errs_on_half_of_the_near_ties(library, target):
    # Every value becomes its tie, which goes to the even code: right for those above one half of the time.
    assert 900 <= failures(library, target) <= 1_100


@pytest.mark.parametrize(("library", "target"), THROUGH_FLOAT32, ids=name)
def test_where_a_cast_errs_it_is_the_cast_of_a_float32(library, target):
    masters = near_ties(target)
    cast = CASTS[library][target]

    assert cast(NUMPY[FLOAT32](masters)) == cast(masters)


WITNESSES = [
    ("ml_dtypes", BFLOAT16, 1 + 2**-8 + 2**-40, 1.0, 1.0078125),
    ("torch", BFLOAT16, 1 + 2**-8 + 2**-40, 1.0, 1.0078125),
    ("torch", FLOAT16, 1 + 2**-11 + 2**-40, 1.0, 1.0009765625),
    ("torch", FLOAT8_E4M3, 1 + 2**-4 + 2**-40, 1.0, 1.125),
    ("ml_dtypes", FLOAT8_E4M3, 1 + 2**-4 + 2**-40, 1.0, 1.125),
    ("torch", FLOAT8_E5M2, 1 + 2**-3 + 2**-40, 1.0, 1.25),
    ("ml_dtypes", FLOAT8_E5M2, 1 + 2**-3 + 2**-40, 1.0, 1.25),
]


@pytest.mark.parametrize(("library", "target", "master", "wrong", "right"), WITNESSES, ids=name)
def test_a_witness_is_cast_wrongly(library, target, master, wrong, right):
    assert ([wrong], [right]) == (CASTS[library][target]([master]), due([master], target))


def test_numpy_casts_the_witness_for_float16_rightly():
    assert [1.0009765625] == NUMPY[FLOAT16]([1 + 2**-11 + 2**-40])


@pytest.mark.parametrize(("library", "target"), [(a, b) for a, casts in CASTS.items() for b in casts], ids=name)
def test_numbers_of_a_format_are_cast_to_themselves(library, target):
    known = [decoded(code, target) for code in range(0, target.beyond, 1 if target.bits < 32 else 999_983)]

    assert known == CASTS[library][target](known)
