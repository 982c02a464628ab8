"""How elements lie in memory: strides, memory formats, and views by strides."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.creation import made_of, sized
from diffcli.eager.functions import function, resolved
from diffcli.eager.methods import METHODS, method
from diffcli.eager.nodes import leaf
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.storage import positions, root, view
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import CHANNELS_LAST, CONTIGUOUS, Constant
from diffcli.eager.views import axis_of
from diffcli.limits import check_elements
from diffcli.ops.table import F

AXES: dict[Constant, tuple[int, ...]] = {CHANNELS_LAST: (0, 2, 3, 1)}
"""Memory formats -> the axes in the order in which elements lie."""


def arranged(value: Any, memory_format: Constant | None) -> Any:
    """The array with its elements in memory as a format says; None keeps them where they are.

    Raises RuntimeError for an array whose number of axes the format is not made for.
    """
    if memory_format is CONTIGUOUS and not value.flags.c_contiguous:
        return np.ascontiguousarray(value)
    axes = AXES.get(memory_format)  # type: ignore[arg-type]
    if axes is None:
        return value
    if value.ndim != len(axes):
        raise RuntimeError("required rank 4 tensor to use channels_last format")
    back = np.argsort(axes)
    return np.ascontiguousarray(value.transpose(axes)).transpose(back)


@method
def stride(t: Tensor, dim: int | None = None) -> Any:
    """Elements from one to the next along each axis."""
    # NumPy says nothing of the order of no elements
    value = np.asarray(t.node.value) if t.node.size else np.ones([max(n, 1) for n in t.node.shape])
    steps = tuple(s // value.itemsize for s in value.strides)
    return steps if dim is None else steps[axis_of(t, dim)]


@method
def is_contiguous(t: Tensor, *, memory_format: Constant = CONTIGUOUS) -> bool:
    """Whether the elements lie in order."""
    value = np.asarray(t.node.value)
    axes = AXES.get(memory_format)
    if axes is not None:
        return value.ndim == len(axes) and bool(value.transpose(axes).flags.c_contiguous)
    return bool(value.flags.c_contiguous)


@method
def contiguous(t: Tensor, *, memory_format: Constant = CONTIGUOUS) -> Tensor:
    """The tensor with its elements in order."""
    if is_contiguous(t, memory_format=memory_format):
        return t
    return resolved("clone")(t, memory_format=memory_format)  # type: ignore[no-any-return]


def offset_of(t: Tensor) -> int:
    """Elements from the start of the memory to the first of the tensor."""
    if root(t) is t or t.node.size == 0:
        return 0
    return int(np.asarray(positions(t)).flat[0])


METHODS["storage_offset"] = offset_of


@function("as_strided")
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """The view of the memory of a tensor with these strides."""
    base = root(input)
    start = offset_of(input) if storage_offset is None else storage_offset
    sizes, steps = sized((tuple(size),)), tuple(stride)
    if len(sizes) != len(steps):
        raise RuntimeError("mismatch in length of strides and shape")
    places = np.full(sizes, start)
    for axis, step in enumerate(steps):
        shape = [1] * len(sizes)
        shape[axis] = -1
        places = places + step * np.arange(sizes[axis]).reshape(shape)
    if places.size and places.max() >= base.node.size:
        itemsize = base.node.dtype.itemsize
        raise RuntimeError(
            f"setStorage: sizes {list(sizes)}, strides {list(steps)}, storage offset {start}, and "
            f"itemsize {itemsize} requiring a storage size of {(int(places.max()) + 1) * itemsize} "
            f"are out of bounds for storage of size {base.node.size * itemsize}"
        )
    return view(base, "as_strided", lambda node: F.take(F.ravel(node), leaf(places)))


@function("empty_strided")
def empty_strided(size: Any, stride: Any, **options: Any) -> Tensor:
    """Zeros with these strides."""
    sizes = sized((tuple(size),))
    reach = 1 + sum((n - 1) * s for n, s in zip(sizes, stride, strict=True))
    check_elements(max(reach, 0))
    given = options.get("dtype")
    dtype = DEFAULT.real if given is None else given.numpy
    steps = [s * dtype.itemsize for s in stride]
    room = np.zeros(max(reach, 0), dtype)
    return made_of(np.lib.stride_tricks.as_strided(room, sizes, steps), options)
