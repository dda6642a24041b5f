"""Scores and resized tables of torch and JAX are within the bounds on sums, and those are not idle."""

import numpy as np
import pytest

from refpos.oracle.resizing import resized, weights
from refpos.oracle.rounding import round_to
from refpos.oracle.sums import product, sloped
from refpos.variants.table import Resize

torch = pytest.importorskip("torch")

SIZES = [(14, 16), (16, 14), (14, 37), (24, 16), (7, 32), (32, 7)]
DTYPES = ("float32", "float16", "bfloat16")


def given(*shape, dtype):
    rng = np.random.default_rng(shape)
    return round_to(rng.standard_normal(shape) * 2.0 ** rng.integers(-5, 5, shape), dtype)


def tensor(values, dtype):
    return torch.from_numpy(np.asarray(values)).to(getattr(torch, dtype))


def number(values):
    return values.to(torch.float64).numpy()


def interpolated(table, size, dtype, **options):
    rows = tensor(table, dtype).permute(2, 0, 1)[None]
    return number(torch.nn.functional.interpolate(rows, size=size, **options)[0].permute(1, 2, 0))


def worst(got, want, allowed):
    return float((np.abs(got - want) / allowed).max())


def torch_ratio(dtype, kernel, antialias, made="float32", sums=None):
    """Return the worst error of torch over its bound, with weights made in a dtype."""
    a = None if kernel == "linear" else -0.5 if antialias else -0.75
    found, rule = [], Resize(kernel, a=a, antialias=antialias)
    for (old_h, new_h), (old_w, new_w) in zip(SIZES, SIZES[::-1], strict=True):
        table = given(old_h, old_w, 5, dtype=dtype)
        rows, columns = (weights(*one, rule, dtype=made) for one in ((old_h, new_h), (old_w, new_w)))
        got = interpolated(table, (new_h, new_w), dtype, mode=f"bi{kernel}", antialias=antialias)
        want = np.einsum("ai,bj,ijd->abd", rows.due, columns.due, table)
        found.append(worst(got, want, resized(table, [rows, columns], dtype, sums=sums)))
    print(f"torch, bi{kernel}, {dtype}, antialias {antialias}, weights in {made}: {max(found):.2f} of the bound")
    return max(found)


@pytest.mark.parametrize(
    ("dtype", "kernel", "antialias"),
    [("float32", kernel, antialias) for kernel in ("linear", "cubic") for antialias in (False, True)]
    + [("float16", "linear", False), ("bfloat16", "linear", False)],
)
def test_tables_that_torch_resizes_are_within_their_bound(dtype, kernel, antialias):
    assert 0.1 <= torch_ratio(dtype, kernel, antialias) <= 1


@pytest.mark.parametrize("rule", [Resize("linear", align="corners"), Resize("cubic", a=-0.75, align="corners")])
def test_tables_that_torch_resizes_with_shared_corners_are_within_their_bound(rule):
    found = []
    for size in zip(SIZES, SIZES[::-1], strict=True):
        table = given(*(old for old, _ in size), 5, dtype="float32")
        axes = [weights(*one, rule) for one in size]
        options = {"mode": f"bi{rule.kernel}", "align_corners": True}
        got = interpolated(table, tuple(new for _, new in size), "float32", **options)
        want = np.einsum("ai,bj,ijd->abd", *(one.due for one in axes), table)
        found.append(worst(got, want, resized(table, axes, "float32")))
    assert 0.1 <= max(found) <= 1


@pytest.mark.parametrize("antialias", [False, True])
def test_tables_that_torch_resizes_by_the_factors_of_dino_are_within_their_bound(antialias):
    rule, found = Resize("cubic", a=-0.5 if antialias else -0.75, antialias=antialias, offset=0.1), []
    for size in zip(SIZES, SIZES[::-1], strict=True):
        table = given(*(old for old, _ in size), 5, dtype="float32")
        axes = [weights(*one, rule) for one in size]
        factors = tuple((new + 0.1) / old for old, new in size)
        got = interpolated(table, None, "float32", scale_factor=factors, mode="bicubic", antialias=antialias)
        want = np.einsum("ai,bj,ijd->abd", *(one.due for one in axes), table)
        found.append(worst(got, want, resized(table, axes, "float32")))
    assert 0.05 <= max(found) <= 1


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_bicubic_tables_of_16_bits_are_made_and_summed_in_16_bits_by_torch(dtype):
    assert torch_ratio(dtype, "cubic", antialias=False) > 4
    assert 0.02 <= torch_ratio(dtype, "cubic", antialias=False, made=dtype, sums=dtype) <= 1


@pytest.mark.parametrize(("method", "kernel"), [("linear", "linear"), ("cubic", "cubic")])
def test_tables_that_jax_resizes_are_within_their_bound(method, kernel):
    jax = pytest.importorskip("jax")
    found, rule = [], Resize(kernel, a=-0.5 if kernel == "cubic" else None, antialias=True)
    for (old_h, new_h), (old_w, new_w) in zip(SIZES, SIZES[::-1], strict=True):
        table = given(old_h, old_w, 5, dtype="float32")
        rows, columns = (weights(*one, rule) for one in ((old_h, new_h), (old_w, new_w)))
        got = np.asarray(jax.image.resize(table.astype(np.float32), (new_h, new_w, 5), method, precision="highest"))
        want = np.einsum("ai,bj,ijd->abd", rows.due, columns.due, table)
        found.append(worst(got, want, resized(table, [rows, columns], "float32")))
    print(f"jax, {method}: {max(found):.2f} of the bound")
    assert 0.02 <= max(found) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_of_torch_are_within_their_bound(dtype):
    found = []
    for d in (1, 8, 64, 80, 128):
        q, k = given(3, 40, d, dtype=dtype), given(3, 50, d, dtype=dtype)
        got = number(tensor(q, "float32") @ tensor(k, "float32").mT * d**-0.5)
        want = np.einsum("bid,bjd->bij", q, k) / np.sqrt(d)
        found.append(worst(round_to(got, dtype), want, product(q, k, dtype)))
        once = number(tensor(q, dtype) @ tensor(k, dtype).mT)
        found.append(worst(once, want * np.sqrt(d), product(q, k, dtype, scale=1.0, roundings=0)))
    print(f"torch, scores, {dtype}: {max(found):.2f} of the bound")
    assert 0.1 <= max(found) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_alibi_in_torch_is_within_its_bound(dtype):
    slopes = 2.0 ** (-8 * np.arange(1, 13) / 12)[:, None]
    distances = np.arange(4096.0)
    got = number((tensor(slopes, "float32") * tensor(distances, "float32")).to(getattr(torch, dtype)))
    allowed = sloped(slopes, distances, dtype)
    assert 0.2 <= worst(got[:, 1:], (slopes * distances)[:, 1:], allowed[:, 1:]) <= 1


def test_a_fraction_that_linspace_makes_is_rounded_twice_at_most():
    """What κ of bands counts; that it is more than one rounding is why it counts two."""
    found = [
        (torch.linspace(0, 1, n, dtype=torch.float32).double().numpy()[1:] * (n - 1) / np.arange(1, n) - 1) * 2**24
        for n in range(3, 200)
    ]
    assert 1.2 < max(np.abs(one).max() for one in found) <= 2


@pytest.mark.parametrize("base", [1e2, 1e3, 1e4, 5e4, 1e5, 1.5e5, 5e5, 1e6, 5e6, 8e6, 1e7])
def test_the_logarithm_of_a_base_is_rounded_once(base):
    """What κ of exponentials of logarithms counts, in every way a library may take it."""
    exact = float(np.log(base))
    for got in (np.log(np.float32(base)), torch.log(torch.tensor(base)), torch.log(torch.full((64,), base))[7]):
        assert abs(float(got) - exact) <= 2.0**-24 * exact
