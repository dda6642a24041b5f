"""NumPy arrays to torch tensors of a named dtype, and back."""

from typing import Any

import numpy as np
import numpy.typing as npt


def tensor(values: npt.ArrayLike, dtype: str) -> Any:
    """Return a tensor of the dtype that torch calls by this name."""
    import torch

    return torch.as_tensor(np.asarray(values)).to(getattr(torch, dtype))


def array(values: Any) -> npt.NDArray[Any]:
    """Return a tensor as an array; bfloat16, which NumPy lacks, as float32."""
    import torch

    values = values.detach()
    return np.asarray((values.float() if values.dtype == torch.bfloat16 else values).numpy())
