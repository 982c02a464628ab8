"""Convolutions, pooling and resizing, by the flat positions that windows cover."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.limits import LIMITS
from diffcli.ops.table import F
from diffcli.tensor.eager import leaf
from diffcli.tensor.functions import function
from diffcli.tensor.reductions import step
from diffcli.tensor.selection import Array, positions, taken
from diffcli.tensor.tensor import Tensor


def each(value: Any, rank: int) -> tuple[int, ...]:
    """One number for each axis of space."""
    if isinstance(value, int):
        return (value,) * rank
    return tuple(value) if len(value) == rank else tuple(value) * rank


def windows(x: Tensor, size: Any, stride: Any, padding: Any, dilation: Any) -> Array:
    """Flat positions of all windows over the last axes, -1 in the padding.

    The shape is that of x without these axes, then the places, then the window.
    """
    rank = len(size)
    widths = [(0, 0)] * (x.ndim - rank) + [(p, p) for p in padding]
    places = np.pad(positions(x), widths, constant_values=-1)
    spans = tuple(d * (n - 1) + 1 for n, d in zip(size, dilation, strict=True))
    for n, span in zip(places.shape[-rank:], spans, strict=True):
        if span > n:
            raise RuntimeError(
                f"Calculated padded input size per channel: {_by(places.shape[-rank:])}. Kernel "
                f"size: {_by(spans)}. Kernel size can't be greater than actual input size"
            )
    if places.size * int(np.prod(size)) > LIMITS.elements:
        raise RuntimeError("the windows of this operation would have too many elements")
    found = np.lib.stride_tricks.sliding_window_view(places, spans, tuple(range(-rank, 0)))
    lead = (slice(None),) * (x.ndim - rank)
    steps = tuple(slice(None, None, s) for s in stride)
    return np.asarray(found[(*lead, *steps, *(slice(None, None, d) for d in dilation))])


def _by(sizes: Any) -> str:
    inner = " x ".join(str(n) for n in sizes)
    return f"({inner})"


def covered(n: Node, places: Array, fill: float = 0.0) -> Node:
    """The elements at flat positions, and `fill` where there are none."""
    found: Node = F.take(F.ravel(n), leaf(np.maximum(places, 0)))
    outside = places < 0
    return F.where(outside, leaf(n.dtype.type(fill)), found) if outside.any() else found


# ----- convolutions -------------------------------------------------------------------------------


def _convolution(rank: int) -> None:
    def apply(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        size = weight.shape[2:]
        steps, wide = each(stride, rank), each(dilation, rank)
        before = input
        if padding == "same":
            from diffcli.tensor.windows import constant_pad_nd

            total = [d * (n - 1) for n, d in zip(size, wide, strict=True)]
            edges = [w for t in reversed(total) for w in (t // 2, t - t // 2)]
            before, around = constant_pad_nd(input, edges), (0,) * rank
        else:
            around = (0,) * rank if padding == "valid" else each(padding, rank)
        channels = input.shape[-rank - 1]
        if channels != weight.shape[1] * groups:
            raise RuntimeError(
                f"Given groups={groups}, weight of size {list(weight.shape)}, expected "
                f"input{list(input.shape)} to have {weight.shape[1] * groups} channels, but got "
                f"{channels} channels instead"
            )
        places = windows(before, size, steps, around, wide)
        return _convolved(before, weight, bias, places, rank, groups)

    function(f"conv{rank}d")(apply)


def _convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, places: Array, rank: int, groups: int
) -> Tensor:
    single = x.ndim == rank + 1
    places = places[None] if single else places
    n, channels = places.shape[:2]
    space = places.shape[2 : 2 + rank]
    out = weight.shape[0]
    # n, groups, space, own channels, window
    grouped = places.reshape(n, groups, channels // groups, int(np.prod(space)), -1)
    grouped = np.moveaxis(grouped, 2, 3).reshape(n, groups, int(np.prod(space)), -1)

    def compute(a: Node, w: Node, *rest: Node) -> Node:
        rows = covered(a, grouped)
        matrix = F.reshape(w, (groups, out // groups, -1))
        product = F.matmul(rows, F.matrix_transpose(matrix))
        found = F.reshape(F.matrix_transpose(product), (n, out, *space))
        for b in rest:
            found = found + F.reshape(b, (out, *[1] * rank))
        return F.reshape(found, (out, *space)) if single else found

    name = "squeeze:1" if single else "convolution"
    return step(name, compute, x.node, weight.node, *([] if bias is None else [bias.node]))


_convolution(1)
_convolution(2)
_convolution(3)


# ----- pooling ------------------------------------------------------------------------------------


def _pooling(rank: int) -> None:
    def geometry(x: Tensor, size: Any, stride: Any, padding: Any, dilation: Any) -> Array:
        n = each(size, rank)
        steps = n if stride is None else each(stride, rank)
        return windows(x, n, steps, each(padding, rank), each(dilation, rank))

    def largest(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Tensor:
        places = geometry(input, kernel_size, stride, padding, dilation)
        flat = places.reshape(*places.shape[: input.ndim], -1)
        value = np.ravel(input.node.value)[np.maximum(flat, 0)]
        best = np.argmax(np.where(flat < 0, -np.inf, value), -1)
        chosen = np.take_along_axis(flat, best[..., None], -1)[..., 0]
        name = {1: "squeeze:1", 2: "max_pool2d_with_indices", 3: "max_pool3d_with_indices"}[rank]
        return taken(name, input, chosen)

    def average(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Tensor:
        places = geometry(input, kernel_size, stride, padding, 1)
        flat = places.reshape(*places.shape[: input.ndim], -1)
        count = (flat >= 0).sum(-1) if not count_include_pad else np.asarray(flat.shape[-1])
        if divisor_override is not None:
            count = np.asarray(divisor_override)
        divisor = leaf(count.astype(input.dtype))
        name = "squeeze:1" if rank == 1 else f"avg_pool{rank}d"
        return step(name, lambda n: F.sum(covered(n, flat), -1) / divisor, input.node)

    def adaptive(input: Tensor, output_size: Any) -> Tensor:
        sizes = each(output_size, rank)
        own = input.shape[-rank:]

        def compute(n: Node) -> Node:
            for k, (old, new) in enumerate(zip(own, sizes, strict=True)):
                axis = n.ndim - rank + k
                edges = [(i * old // new, -(-(i + 1) * old // new)) for i in range(new)]
                lead = (slice(None),) * axis
                parts = [F.mean(F.index(n, (*lead, slice(a, b))), axis, True) for a, b in edges]
                n = F.concatenate(parts, axis)
            return n

        name = "squeeze:1" if rank == 1 else f"adaptive_avg_pool{rank}d"
        return step("mean:1" if rank > 1 and set(sizes) == {1} else name, compute, input.node)

    function(f"max_pool{rank}d")(largest)
    function(f"avg_pool{rank}d")(average)
    function(f"adaptive_avg_pool{rank}d")(adaptive)


_pooling(1)
_pooling(2)
_pooling(3)


# ----- patches and sizes --------------------------------------------------------------------------


@function("nn_functional_unfold")
def patches(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The windows of images as columns."""
    size = each(kernel_size, 2)
    places = windows(input, size, each(stride, 2), each(padding, 2), each(dilation, 2))
    n, channels = places.shape[:2]
    columns: Array = places.reshape(n, channels, -1, int(np.prod(size)))
    columns = np.moveaxis(columns, 3, 2).reshape(n, channels * int(np.prod(size)), -1)
    return step("im2_col", lambda a: covered(a, columns), input.node)


@function("interpolate")
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    **_: Any,
) -> Tensor:
    """Another size, by the nearest element."""
    rank = input.ndim - 2
    if mode != "nearest":
        raise NotImplementedError(f"interpolate has no mode '{mode}' here, only 'nearest'")
    old = input.shape[2:]
    if size is not None:
        new = each(size, rank)
    else:
        factors = scale_factor if isinstance(scale_factor, tuple | list) else [scale_factor] * rank
        new = tuple(int(n * f) for n, f in zip(old, factors, strict=True))
    places = positions(input)
    for axis, (n, wanted) in enumerate(zip(old, new, strict=True)):
        places = places.take(np.arange(wanted) * n // wanted, axis + 2)
    return taken(f"upsample_nearest{rank}d", input, places)


@function("pixel_shuffle")
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels moved to space."""
    r = upscale_factor
    *lead, c, h, w = input.shape
    places = positions(input).reshape(-1, c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return taken("pixel_shuffle", input, places.reshape(*lead, c // r**2, h * r, w * r))


@function("bilinear")
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x1 @ weight[k] @ x2 + bias[k]."""

    def compute(a: Node, b: Node, w: Node, *rest: Node) -> Node:
        found = F.einsum("...i,kij,...j->...k", a, w, b)
        return found + rest[0] if rest else found

    extra = [] if bias is None else [bias.node]
    name = "view" if bias is None else "add"
    return step(name, compute, input1.node, input2.node, weight.node, *extra)
