"""Counts of elements, different elements, and quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.orderings import places_of
from diffcli.eager.selection import array_of, positions, taken
from diffcli.eager.steps import called
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.views import axis_of, reshape
from diffcli.graph.node import Node
from diffcli.ops.table import F


@function("bincount")
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each integer from 0 occurs, or the sums of weights."""
    if input.ndim != 1 or input.node.dtype.kind not in "iu" or (array_of(input) < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    counts = np.bincount(array_of(input), None if weights is None else array_of(weights), minlength)
    if weights is not None and weights.node.dtype == np.float32:
        counts = counts.astype(np.float32)
    return fresh(counts)


@function("histc")
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of some equal intervals."""
    value = array_of(input)
    low, high = (min, max) if min != max else (float(value.min()), float(value.max()))
    if low == high:
        low, high = low - 1, high + 1
    inside = value[(value >= low) & (value <= high)]
    places = np.minimum(((inside - low) / (high - low) * bins).astype(np.int64), bins - 1)
    return fresh(np.bincount(places, minlength=bins).astype(value.dtype))


@function("unique")
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements, or slices along an axis, in order."""
    if input.node.dtype.kind == "c":
        raise NotImplementedError("\"unique\" not implemented for 'ComplexFloat'")
    axis = None if dim is None else axis_of(input, dim)
    value = array_of(input)
    _, first, inverse, counts = np.unique(value, True, True, True, axis=axis)
    places = positions(input).reshape(-1) if axis is None else positions(input)
    name = "unique2" if axis is None else "unique_dim"
    found: list[Any] = [taken(name, input, places.take(first, axis or 0))]
    shape = input.node.shape if axis is None else (-1,)
    found += [places_of(inverse.reshape(shape))] if return_inverse else []
    found += [places_of(counts)] if return_counts else []
    return tuple(found) if len(found) > 1 else found[0]


@function("unique_consecutive")
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    """The elements without those equal to the one before."""
    value = array_of(input).reshape(-1)
    starts = np.flatnonzero(np.append(True, value[1:] != value[:-1])[: value.size])
    found: list[Any] = [taken("unique_consecutive", input, positions(input).reshape(-1)[starts])]
    counts = np.diff(np.append(starts, value.size))
    if return_inverse:
        found.append(places_of(np.repeat(np.arange(starts.size), counts).reshape(input.node.shape)))
    found += [places_of(counts)] if return_counts else []
    return tuple(found) if len(found) > 1 else found[0]


# ----- quantiles ----------------------------------------------------------------------------------


def _quantile(name: str) -> None:
    def apply(
        input: Tensor,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Tensor:
        if input.node.dtype not in (np.float32, np.float64):
            raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
        levels = np.asarray(array_of(q), np.float64)
        if levels.size and (levels.min() < 0 or levels.max() > 1):
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {levels}")
        flat = reshape(input, -1) if dim is None else input
        axis = 0 if dim is None else axis_of(input, dim)
        shape = (1,) * input.ndim if dim is None and keepdim else None
        found = _interpolated(name, flat, levels, axis, interpolation, keepdim and dim is not None)
        return found if shape is None else reshape(found, levels.shape + shape)

    function(name)(apply)


def _interpolated(name: str, x: Tensor, levels: Any, axis: int, how: str, keepdim: bool) -> Tensor:
    value = array_of(x)
    order = np.moveaxis(np.argsort(value, axis=axis, kind="stable"), axis, -1)
    nan = np.moveaxis(np.isnan(value), axis, -1)
    count = (~nan).sum(-1) if name == "nanquantile" else np.full(nan.shape[:-1], nan.shape[-1])
    rank = levels.reshape(-1)[(...,) + (None,) * count.ndim] * np.maximum(count - 1, 0)
    low, high = np.floor(rank).astype(np.int64), np.ceil(rank).astype(np.int64)
    weight = (rank - low).astype(value.dtype)
    weight = {
        "linear": weight,
        "lower": weight * 0,
        "higher": np.ceil(weight),
        "midpoint": np.where(weight > 0, 0.5, 0).astype(value.dtype),
        "nearest": np.round(weight),
    }[how]
    flat = np.moveaxis(positions(x), axis, -1)

    def at(rank: Any) -> Any:
        lines = np.broadcast_to(order, (*rank.shape[:1], *order.shape))
        places = np.take_along_axis(lines, rank[..., None], -1)
        return np.take_along_axis(np.broadcast_to(flat, lines.shape), places, -1)[..., 0]

    first, second = at(low), at(high)
    bad = nan.any(-1) if name == "quantile" else count == 0
    shape = (*levels.shape, *count.shape)

    def compute(n: Node) -> Node:
        flat_n = F.ravel(n)
        a, b = F.take(flat_n, leaf(first)), F.take(flat_n, leaf(second))
        found = F.lerp(a, b, leaf(weight))
        if bad.any():
            found = F.where(bad, leaf(value.dtype.type(np.nan)), found)
        found = F.reshape(found, shape)
        return F.expand_dims(found, levels.ndim + axis) if keepdim else found

    return wrap(called("squeeze:4", compute, [x.node]))


_quantile("quantile")
_quantile("nanquantile")
