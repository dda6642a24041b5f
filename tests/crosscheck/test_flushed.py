"""Libraries take subnormal numbers for zeros in the dtypes that `honest` says, where bounds are those of flushing."""

from contextlib import nullcontext

import pytest
from honest.libraries import library

from refpos.oracle.roundoff import underflow

MODULES = {"NumPy": "numpy", "torch": "torch", "JAX": "jax", "JAX jit": "jax", "MLX": "mlx.core"}


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_a_library_takes_subnormal_numbers_for_zeros_where_it_says_so(name, dtype):
    pytest.importorskip(MODULES[name])
    lib, normal = library(name), underflow(dtype, flushes=True)
    with lib.wide() if dtype == "float64" else nullcontext():
        half = lib.through(lambda one: one * 0.5)(lib.array([normal], dtype))
        assert lib.back(half)[0] == (0 if dtype in lib.flushes else normal / 2)
