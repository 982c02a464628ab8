"""Pooling: maxima, means and norms over windows, by the flat positions that these cover."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.convolution import check_sizes, covered, each, windows
from diffcli.eager.functions import function, resolved
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, array_of, positions, taken
from diffcli.eager.tensor import Tensor, fresh
from diffcli.limits import check_elements
from diffcli.ops.table import F


def _geometry(
    x: Tensor, name: str, rank: int, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> Array:
    """Positions of windows, one axis for the elements of each; raises PyTorch's errors."""
    n, around = each(size, rank), each(padding, rank)
    steps = n if stride is None or stride == [] else each(stride, rank)
    wide = each(dilation, rank)
    check_sizes(n, steps)
    if x.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"non-empty {rank + 1}D or {rank + 2}D (batch mode) tensor expected for input"
            if rank > 1
            else f"{name}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size "
            f"for input, but got:{list(x.node.shape)}"
        )
    if any(2 * p > d * (k - 1) + 1 for p, k, d in zip(around, n, wide, strict=True)):
        raise RuntimeError(
            "pad should be at most half of effective kernel size, but got "
            f"pad={around[0]}, kernel_size={n[0]} and dilation={wide[0]}"
        )
    _check_room(x, rank, n, steps, around, wide)
    places = windows(x, n, steps, around, wide, ceil)
    return places.reshape(*places.shape[: x.ndim], -1)


def _check_room(x: Tensor, rank: int, n: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """Raise PyTorch's error for windows larger than what they are in."""
    axes = zip(x.node.shape[-rank:], n, stride, padding, dilation, strict=True)
    out = [(m + 2 * p - d * (k - 1) - 1) // s + 1 for m, k, s, p, d in axes]
    if min(out) < 1:
        own = "x".join(map(str, x.node.shape[-rank - 1 :]))
        found = "x".join(map(str, (x.node.shape[-rank - 1], *out)))
        raise RuntimeError(
            f"Given input size: ({own}). Calculated output size: ({found}). Output size is too "
            "small"
        )


def _largest(x: Tensor, rank: int, flat: Array, name: str) -> tuple[Tensor, Tensor]:
    """The maxima over windows, and their places in the plane."""
    value = np.ravel(x.node.value)[np.maximum(flat, 0)]
    best = np.argmax(np.where(flat < 0, -np.inf, value), -1)
    chosen = np.take_along_axis(flat, best[..., None], -1)[..., 0]
    plane = int(np.prod(x.node.shape[-rank:]))
    return taken(name, x, chosen), fresh(chosen % plane)


def _mean(x: Tensor, flat: Array, divisor: Array, name: str) -> Tensor:
    """The sums over windows divided by counts."""
    counts = leaf(divisor.astype(x.node.dtype))
    return step(name, lambda n: F.sum(covered(n, flat), -1) / counts, x.node)


def _pooling(rank: int) -> None:
    indexed = {1: "squeeze:1", 2: "max_pool2d_with_indices", 3: "max_pool3d_with_indices"}[rank]

    def largest(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        name = f"max_pool{rank}d"
        flat = _geometry(input, name, rank, kernel_size, stride, padding, dilation, ceil_mode)
        found = _largest(input, rank, flat, indexed)
        return found if return_indices else found[0]

    def average(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Tensor:
        name = f"avg_pool{rank}d"
        flat = _geometry(input, name, rank, kernel_size, stride, padding, 1, ceil_mode)
        count = (flat >= (-1 if count_include_pad else 0)).sum(-1)
        if divisor_override is not None:
            if divisor_override == 0:
                raise RuntimeError("divisor must be not zero")
            count = np.asarray(divisor_override)
        return _mean(input, flat, count, "squeeze:1" if rank == 1 else name)

    def power(
        input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> Any:
        count = int(np.prod(each(kernel_size, rank)))
        sums = resolved(f"avg_pool{rank}d")(
            resolved("pow")(input, norm_type), kernel_size, stride, 0, ceil_mode
        )
        size = resolved("sign")(sums) * resolved("relu")(abs(sums))
        return resolved("pow")(size * count, 1.0 / norm_type)

    def back(
        input: Tensor,
        indices: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Tensor:
        n, around = each(kernel_size, rank), each(padding, rank)
        steps = n if stride is None else each(stride, rank)
        sizes = zip(input.node.shape[-rank:], n, steps, around, strict=True)
        space = tuple((m - 1) * s + k - 2 * p for m, k, s, p in sizes)
        if output_size is not None:
            space = tuple(output_size)[-rank:]
        return _unpooled(input, indices, space)

    function(f"max_pool{rank}d")(largest)
    function(f"avg_pool{rank}d")(average)
    function(f"lp_pool{rank}d")(power)
    function(f"max_unpool{rank}d")(back)


def _unpooled(x: Tensor, indices: Tensor, space: tuple[int, ...]) -> Tensor:
    """The elements put back to their places in planes of zeros."""
    rank, plane = len(space), int(np.prod(space))
    lead = x.node.shape[: x.ndim - rank]
    index = array_of(indices)
    if index.size and not 0 <= index.min() <= index.max() < plane:
        raise RuntimeError(
            f"Found an invalid max index: {index.max()} (output volumes are of size "
            f"{'x'.join(map(str, space))}"
        )
    check_elements(int(np.prod(lead)) * plane)
    start = np.arange(int(np.prod(lead))).reshape(*lead, *[1] * rank) * plane
    zeros = leaf(np.zeros((*lead, *space), x.node.dtype))
    name = "squeeze:1" if rank == 1 else f"max_unpool{rank}d"
    return step(name, lambda n: F.put_flat(zeros, n, start + index), x.node)


# ----- windows that adapt -------------------------------------------------------------------------


def _adapting(x: Tensor, rank: int, output_size: Any) -> Array:
    """Positions of as many windows as asked for, of sizes that differ; -1 where they are short."""
    own = x.node.shape[-rank:]
    wanted = (output_size,) * rank if isinstance(output_size, int) else tuple(output_size)
    sizes = [old if new is None else new for old, new in zip(own, wanted, strict=True)]
    places = positions(x)
    for axis, (old, new) in enumerate(zip(own, sizes, strict=True)):
        starts = np.arange(new) * old // max(new, 1)
        ends = -(-(np.arange(new) + 1) * old // max(new, 1))
        reach = np.arange(max(int((ends - starts).max(initial=1)), 1))
        inside = starts[:, None] + reach
        at = x.ndim - rank + axis
        check_elements(places.size // max(old, 1) * inside.size)
        shape = (inside.shape[0], *[1] * (rank - 1 - axis), *[1] * axis, inside.shape[1])
        taken_ = np.moveaxis(places.take(np.minimum(inside, old - 1), at), at + 1, -1)
        places = np.where((inside < ends[:, None]).reshape(shape), taken_, -1)
    return places.reshape(*places.shape[: x.ndim], -1)


def _adaptive(rank: int) -> None:
    def average(input: Tensor, output_size: Any) -> Tensor:
        flat = _adapting(input, rank, output_size)
        one = rank > 1 and set(flat.shape[input.ndim - rank : -1]) == {1}
        name = "squeeze:1" if rank == 1 else f"adaptive_avg_pool{rank}d"
        return _mean(input, flat, (flat >= 0).sum(-1), "mean:1" if one else name)

    def largest(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        flat = _adapting(input, rank, output_size)
        name = "squeeze:1" if rank == 1 else f"adaptive_max_pool{rank}d"
        found = _largest(input, rank, flat, name)
        return found if return_indices else found[0]

    function(f"adaptive_avg_pool{rank}d")(average)
    function(f"adaptive_max_pool{rank}d")(largest)


for _rank in (1, 2, 3):
    _pooling(_rank)
    _adaptive(_rank)


# ----- channels -----------------------------------------------------------------------------------


@function("local_response_norm")
def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """Divided by a power of the mean square over neighbouring channels."""
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)"
        )
    n, channels, *space = input.node.shape
    square = resolved("unsqueeze")(input * input, 1)
    square = resolved("reshape")(square, (n, 1, channels, -1))
    edges = (0, 0, size // 2, (size - 1) // 2)
    square = resolved("nn_functional_pad")(square, edges)
    mean = resolved("avg_pool2d")(square, (size, 1), 1)
    mean = resolved("reshape")(mean, (n, channels, *space))
    return input / resolved("pow")(mean * alpha + k, beta)
