"""Views by strides and padding at the edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.convolution import padded
from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, positions, taken
from diffcli.eager.storage import root, view
from diffcli.eager.tensor import Tensor
from diffcli.eager.views import axis_of
from diffcli.ops.table import F


def at_places(x: Tensor, name: str, places: Array) -> Tensor:
    """A view of the elements at flat positions."""
    return view(x, name, lambda n: F.take(F.ravel(n), leaf(places)))


@function("unfold")
def unfold(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of a size along an axis, as a new last axis."""
    axis = axis_of(x, dimension)
    n = x.node.shape[axis] if x.ndim else 1
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {axis} is {n} but size is {size}")
    windows = np.lib.stride_tricks.sliding_window_view(positions(x), size, axis)
    return at_places(x, "unfold", windows.take(np.arange(0, n - size + 1, step), axis))


@function("as_strided")
def as_strided(x: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Elements of the memory behind a tensor, so far apart along each axis."""
    base = root(x)
    start = storage_offset or 0
    last = start + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if last >= base.node.size:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {start}, and "
            f"itemsize {x.node.dtype.itemsize} requiring a storage size of "
            f"{(last + 1) * x.node.dtype.itemsize} are out of bounds for storage of size "
            f"{base.node.size * x.node.dtype.itemsize}"
        )
    places = np.full(tuple(size), start)
    for axis, (n, s) in enumerate(zip(size, stride, strict=True)):
        shape = [1] * len(size)
        shape[axis] = n
        places = places + (np.arange(n) * s).reshape(shape)
    return at_places(base, "as_strided", places)


# ----- padding ------------------------------------------------------------------------------------


def _widths(x: Tensor, pad: Any) -> list[tuple[int, int]]:
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]


@function("constant_pad_nd")
def constant_pad_nd(input: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """More elements of one value at the edges; fewer where a width is negative."""
    widths = _widths(input, pad)
    inner = tuple(
        slice(max(-a, 0), n - max(-b, 0))
        for (a, b), n in zip(widths, input.node.shape, strict=True)
    )
    outer = [(max(a, 0), max(b, 0)) for a, b in widths]
    places = padded(positions(input)[inner], outer, -1)
    added, fill = places < 0, leaf(input.node.dtype.type(value))

    def compute(n: Any) -> Any:
        if not n.size:
            return leaf(np.full(places.shape, value, n.dtype))
        return F.where(added, fill, F.take(F.ravel(n), leaf(np.maximum(places, 0))))

    return step("constant_pad_nd", compute, input.node)


MODES = {"reflect": ("reflect", "reflection"), "replicate": ("edge", "replication")}


@function("nn_functional_pad")
def pad(input: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """More elements at the edges of the last axes."""
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    widths = _widths(input, pad)
    if mode == "circular":
        return taken("CopySlices", input, padded(positions(input), widths, mode="wrap"))
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    how, name = MODES[mode]
    return taken(f"{name}_pad{len(pad) // 2}d", input, padded(positions(input), widths, mode=how))
