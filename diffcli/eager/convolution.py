"""Convolutions and patches, by the flat positions that windows cover."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, positions
from diffcli.eager.tensor import Tensor, fresh
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.limits import LIMITS, check_elements
from diffcli.ops.table import F


def each(value: Any, rank: int) -> tuple[int, ...]:
    """One number for each axis of space."""
    if isinstance(value, int):
        return (value,) * rank
    return tuple(value) if len(value) == rank else tuple(value) * rank


def padded(places: Array, widths: Any, fill: int | None = None, mode: Any = "constant") -> Array:
    """Positions with more of them around: of what is there by `mode`, or all alike."""
    check_elements(math.prod(n + a + b for n, (a, b) in zip(places.shape, widths, strict=True)))
    if fill is None:
        return np.pad(places, widths, mode=mode)
    return np.pad(places, widths, constant_values=fill)


def check_sizes(size: Any, stride: Any) -> None:
    """Raise PyTorch's errors for windows without elements, or that never move."""
    if min(size, default=1) <= 0:
        raise RuntimeError("kernel size should be greater than zero")
    if min(stride, default=1) <= 0:
        raise RuntimeError("non-positive stride is not supported")


def windows(
    x: Tensor, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool = False
) -> Array:
    """Flat positions of all windows over the last axes, -1 in the padding.

    The shape is that of x without these axes, then the places, then the window. `ceil` takes a last
    window that begins inside and ends outside; what lies beyond the padding is -2.
    """
    rank = len(size)
    widths = [(0, 0)] * (x.ndim - rank) + [(p, p) for p in padding]
    check_sizes(size, stride)
    places = padded(positions(x), widths, -1)
    spans = tuple(d * (n - 1) + 1 for n, d in zip(size, dilation, strict=True))
    for n, span in zip(places.shape[-rank:], spans, strict=True):
        if span > n:
            raise RuntimeError(
                f"Calculated padded input size per channel: {_by(places.shape[-rank:])}. Kernel "
                f"size: {_by(spans)}. Kernel size can't be greater than actual input size"
            )
    if ceil:
        beyond = [
            _beyond(n, span, s, p)
            for n, span, s, p in zip(places.shape[-rank:], spans, stride, padding, strict=True)
        ]
        widths = [(0, 0)] * (x.ndim - rank) + [(0, more) for more in beyond]
        places = padded(places, widths, -2)
    return sliding(places, size, spans, stride, dilation)


def _beyond(n: int, span: int, stride: int, padding: int) -> int:
    """How far the last of windows that begin before the padding at the end reaches beyond it."""
    last = -(-(n - span) // stride) * stride
    return last + span - n if last < n - padding else 0


def sliding(places: Array, size: Any, spans: Any, stride: Any, dilation: Any) -> Array:
    """Windows over the last axes of positions that are padded already."""
    rank = len(size)
    if places.size * int(np.prod(size)) > LIMITS.elements:
        raise RuntimeError("the windows of this operation would have too many elements")
    found = np.lib.stride_tricks.sliding_window_view(places, spans, tuple(range(-rank, 0)))
    lead = (slice(None),) * (places.ndim - rank)
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
        size = weight.node.shape[2:]
        steps, wide = each(stride, rank), each(dilation, rank)
        before = input
        if padding == "same":
            from diffcli.eager.windows import constant_pad_nd

            total = [d * (n - 1) for n, d in zip(size, wide, strict=True)]
            edges = [w for t in reversed(total) for w in (t // 2, t - t // 2)]
            before, around = constant_pad_nd(input, edges), (0,) * rank
        else:
            around = (0,) * rank if padding == "valid" else each(padding, rank)
        _check_channels(input, weight, rank, weight.node.shape[1] * groups, groups)
        places = windows(before, size, steps, around, wide)
        return _convolved(before, weight, bias, places, groups)

    function(f"conv{rank}d")(apply)


def _check_channels(
    x: Tensor, weight: Tensor, rank: int, wanted: int, groups: int, transposed: bool = False
) -> None:
    """Raise PyTorch's errors for inputs and weights that do not fit."""
    if x.ndim not in (rank + 1, rank + 2):
        name = f"conv_transpose{rank}d" if transposed else f"conv{rank}d"
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, but got "
            f"input of size: {list(x.node.shape)}"
        )
    channels = x.node.shape[-rank - 1]
    if channels != wanted:
        how = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(
            f"Given {how}, weight of size {list(weight.node.shape)}, expected "
            f"input{list(x.node.shape)} to have {wanted} channels, but got {channels} channels "
            "instead"
        )
    if x.node.dtype != weight.node.dtype:
        given, own = long_name(x.node.dtype), long_name(weight.node.dtype)
        raise RuntimeError(f"expected scalar type {given} but found {own}")


def _convolved(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    places: Array,
    groups: int,
    kernel: Array | None = None,
) -> Tensor:
    """Sums over windows of products with weights, taken from where `kernel` says if given."""
    rank = weight.ndim - 2
    single = x.ndim == rank + 1
    places = places[None] if single else places
    n, channels = places.shape[:2]
    space = places.shape[2 : 2 + rank]
    kernel = positions(weight) if kernel is None else kernel
    out = kernel.shape[0]
    taps = leaf(kernel.reshape(groups, out // groups, -1))
    # n, groups, space, own channels, window
    grouped = places.reshape(n, groups, channels // groups, int(np.prod(space)), -1)
    grouped = np.moveaxis(grouped, 2, 3).reshape(n, groups, int(np.prod(space)), -1)

    def compute(a: Node, w: Node, *rest: Node) -> Node:
        product = F.matmul(covered(a, grouped), F.matrix_transpose(F.take(F.ravel(w), taps)))
        found = F.reshape(F.matrix_transpose(product), (n, out, *space))
        for b in rest:
            found = found + F.reshape(b, (out, *[1] * rank))
        return F.reshape(found, (out, *space)) if single else found

    name = "squeeze:1" if single else "convolution"
    return step(name, compute, x.node, weight.node, *([] if bias is None else [bias.node]))


def _transposed(rank: int) -> None:
    def apply(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Tensor:
        settings = (stride, padding, output_padding, dilation)
        steps, around, more, wide = (each(value, rank) for value in settings)
        _check_channels(input, weight, rank, weight.node.shape[0], groups, True)
        for extra, s, d in zip(more, steps, wide, strict=True):
            if extra >= s and extra >= d:
                raise RuntimeError(
                    "output padding must be smaller than either stride or dilation, but got "
                    f"output_padding_height: {more[0]} output_padding_width: {more[-1]} "
                    f"stride_height: {steps[0]} stride_width: {steps[-1]} dilation_height: "
                    f"{wide[0]} dilation_width: {wide[-1]}"
                )
        size = weight.node.shape[2:]
        spans = tuple(d * (n - 1) + 1 for n, d in zip(size, wide, strict=True))
        _check_room(input.node.shape[-rank:], spans, steps, around, more)
        spread = _spread(input, rank, spans, steps, around, more)
        places = sliding(spread, size, spans, (1,) * rank, wide)
        return _convolved(input, weight, bias, places, groups, _mirrored(weight, groups))

    function(f"conv_transpose{rank}d")(apply)


def _check_room(space: Any, spans: Any, stride: Any, padding: Any, more: Any) -> None:
    """Raise PyTorch's error for results without elements."""
    axes = zip(space, spans, stride, padding, more, strict=True)
    out = [(n - 1) * s - 2 * p + span + e for n, span, s, p, e in axes]
    if min(out) < 1:
        raise RuntimeError(
            f"Given input size per channel: {_by(space)}. Calculated output size per channel: "
            f"{_by(out)}. Output size is too small"
        )


def _spread(x: Tensor, rank: int, spans: Any, stride: Any, padding: Any, more: Any) -> Array:
    """Flat positions with gaps of -1 between them, and so many around that windows cover all."""
    places, lead = positions(x), x.ndim - rank
    inner = [(n - 1) * s + 1 for n, s in zip(x.node.shape[lead:], stride, strict=True)]
    if np.prod(inner) * np.prod(x.node.shape[:lead]) > LIMITS.elements:
        raise RuntimeError("the windows of this operation would have too many elements")
    spread = np.full((*x.node.shape[:lead], *inner), -1)
    gaps: Any = (..., *(slice(None, None, s) for s in stride))
    spread[gaps] = places
    edges = [(n - 1 - p, n - 1 - p + e) for n, p, e in zip(spans, padding, more, strict=True)]
    outer = [(0, 0)] * lead + [(max(a, 0), max(b, 0)) for a, b in edges]
    cut = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(edges, inner, strict=True)]
    inside: Any = (..., *cut)
    return padded(spread[inside], outer, -1)


def _mirrored(weight: Tensor, groups: int) -> Array:
    """Positions of weights (in, out of a group, window) as (out, in of a group, mirrored)."""
    mirror: Any = (..., *[slice(None, None, -1)] * (weight.ndim - 2))
    places = positions(weight)[mirror]
    grouped: Array = places.reshape(groups, -1, *places.shape[1:])
    return grouped.swapaxes(1, 2).reshape(-1, *grouped.shape[1:2], *places.shape[2:])


for _rank in (1, 2, 3):
    _convolution(_rank)
    _transposed(_rank)


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


@function("fold")
def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """Images from the columns of their windows, overlapping elements added up."""
    space, size = each(output_size, 2), each(kernel_size, 2)
    single = input.ndim == 2
    columns = (1, *input.node.shape) if single else input.node.shape
    if len(columns) != 3 or columns[1] % int(np.prod(size)):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={columns[1]} and kernel_size={size}."
        )
    lead = (columns[0], columns[1] // int(np.prod(size)))
    shape = (*lead, *space)
    image = fresh(np.broadcast_to(np.zeros((), input.node.dtype), shape))
    places = windows(image, size, each(stride, 2), each(padding, 2), each(dilation, 2))
    places = np.moveaxis(places.reshape(*lead, -1, int(np.prod(size))), 3, 2)
    places = places.reshape(columns[0], columns[1], -1)
    if places.shape[2] != columns[2]:
        raise RuntimeError(
            f"Given output_size={space}, kernel_size={size}, expected size of input's dimension 2 "
            f"to match the calculated number of sliding blocks {places.shape[2]}, but got "
            f"input.size(2)={columns[2]}."
        )
    total = int(np.prod(shape))

    def compute(n: Node) -> Node:
        flat = np.where(places < 0, total, places).reshape(-1)
        found = F.add_at(F.ravel(n), leaf(flat), shape=(total + 1,))
        return F.reshape(F.index(found, slice(0, total)), shape[1:] if single else shape)

    return step("col2_im", compute, input.node)
