"""`torch.Tensor(...)`, `torch.FloatTensor(...)`: constructors from before `torch.tensor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.attributes import Size
from diffcli.eager.creation import from_data, sized
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.storage import detached
from diffcli.eager.tensor import Tensor, fresh
from diffcli.eager.types import TorchType
from diffcli.eager.unsuited import Unsuited


def legacy(kind: TorchType | None) -> Callable[..., Tensor]:
    """The constructor of tensors of one type; None is the default one.

    Numbers are sizes, of zeros; a sequence or an array is data, which is converted.
    """

    def construct(*args: Any) -> Tensor:
        dtype = DEFAULT.real if kind is None else kind.numpy
        data = args[0] if len(args) == 1 else args
        try:
            if not args or isinstance(data, int | Size) or len(args) > 1:
                return fresh(np.zeros(sized(args) if args else 0, dtype))
        except Unsuited as words:
            raise TypeError(f"new(){words}") from None
        if isinstance(data, Tensor):
            if data.node.dtype == dtype or kind is None:
                return detached(data)
            raise TypeError(f"expected {TorchType.__name__} of {dtype} (got {data.node.dtype})")
        if isinstance(data, str):
            raise TypeError("new(): invalid data type 'str'")
        if not isinstance(data, list | tuple | range | np.ndarray):
            raise TypeError(f"new(): data must be a sequence (got {type(data).__name__})")
        return fresh(from_data(data, exact=True).astype(dtype))

    return construct
