"""Number types of results as PyTorch chooses them.

Types are ordered by category (truth values, integers, real, complex). Arrays with axes decide
within the highest category; an array without axes or a Python number takes part only where its
category is higher than theirs (PyTorch, "Tensor Attributes", type promotion).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

DType = np.dtype[Any]

BOOL = np.dtype(np.bool_)
INT64 = np.dtype(np.int64)
NUMBERS = (bool, int, float, complex)
CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


class Default:
    """The type of real numbers written without one."""

    __slots__ = ("real",)

    def __init__(self) -> None:
        self.real: DType = np.dtype(np.float32)

    @property
    def complex(self) -> DType:
        """The complex type of the same precision."""
        return np.dtype(np.complex128 if self.real == np.float64 else np.complex64)


DEFAULT = Default()


def promote(a: DType, b: DType) -> DType:
    """`torch.promote_types`: an integer beside a real number takes its type."""
    if a == b:
        return a
    first, second = CATEGORY[a.kind], CATEGORY[b.kind]
    if first != second and min(first, second) < 2:
        return a if first > second else b
    return np.promote_types(a, b)


def of_number(value: complex) -> DType:
    """The type that a Python number stands for."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT64
    return DEFAULT.complex if isinstance(value, complex) else DEFAULT.real


def result_type(operands: Sequence[Any]) -> DType:
    """The type of an operation on nodes and Python numbers."""
    best: list[DType | None] = [None, None, None]  # with axes, without, numbers
    for x in operands:
        rank = 2 if isinstance(x, NUMBERS) else 0 if x.shape else 1
        dtype = of_number(x) if rank == 2 else x.dtype
        before = best[rank]
        best[rank] = dtype if before is None else promote(before, dtype)
    result: DType | None = None
    for dtype_ in best:
        if dtype_ is None:
            continue
        if result is None:
            result = dtype_
        elif CATEGORY[dtype_.kind] > CATEGORY[result.kind]:
            result = promote(result, dtype_)
    assert result is not None
    return result


def floating(dtype: DType) -> DType:
    """The type itself if it has fractions, else the default one."""
    return dtype if dtype.kind in "fc" else DEFAULT.real
