"""Values put or added at places: `scatter`, `index_add`, `index_copy`, `put` and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, along, array_of, int64, positions
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import long_name
from diffcli.eager.views import axis_of
from diffcli.graph.node import Node
from diffcli.ops.table import F


def _same_type(name: str, x: Tensor, source: Tensor) -> None:
    if x.node.dtype != source.node.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")


def put(name: str, x: Tensor, source: Any, places: Array) -> Tensor:
    """x with the elements at flat positions replaced by those of `source`, or by a number."""
    if not isinstance(source, Tensor):
        values = leaf(np.full(places.shape, source, x.node.dtype))
        return step(name, lambda n: F.put_flat(n, values, places), x.node)

    def compute(n: Node, s: Node) -> Node:
        s = s if s.dtype == n.dtype else F.astype(s, n.dtype)
        return F.put_flat(n, F.broadcast_to(s, places.shape), places)

    return step(name, compute, x.node, source.node)


def added(name: str, x: Tensor, source: Tensor, places: Array, factor: Any = 1) -> Tensor:
    """x with the elements of `source` added at flat positions."""

    def compute(n: Node, s: Node) -> Node:
        s = F.broadcast_to(s, places.shape)
        s = s if factor == 1 else s * factor
        total = F.add_at(F.ravel(s), leaf(places.reshape(-1)), shape=(n.size,))
        return n + F.reshape(total, n.shape)

    return step(name, compute, x.node, source.node)


def _window(source: Tensor, index: Array) -> Tensor:
    """The part of `source` that an index of its rank covers."""
    from diffcli.eager.indexing import select

    if source.node.shape == index.shape:
        return source
    return select(source, tuple(slice(0, n) for n in index.shape))


@function("scatter")
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """The elements of `src`, or a number, put where an index names places along an axis."""
    src = value if src is None else src
    axis, places = axis_of(input, dim), int64("scatter", index)
    flat = along(input, axis, places)
    if reduce is not None:
        how = {"add": "sum", "multiply": "prod"}[reduce]
        return scatter_reduce(input, dim, index, src, how)
    if not isinstance(src, Tensor):
        return put("scatter:1", input, src, flat)
    _same_type("scatter", input, src)
    return put("scatter", input, _window(src, places), flat)


@function("scatter_add")
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """The elements of `src` added where an index names places along an axis."""
    axis, places = axis_of(input, dim), int64("scatter_add", index)
    _same_type("scatter", input, src)
    return added("scatter_add", input, _window(src, places), along(input, axis, places))


@function("scatter_reduce")
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """The elements of `src` combined with those at the places that an index names."""
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    axis, places = axis_of(input, dim), int64("scatter_reduce", index)
    flat = along(input, axis, places).reshape(-1)
    part = _window(src, places)
    compute = _reduction(reduce, flat, include_self)
    return step("scatter_reduce", compute, input.node, part.node)


def _reduction(how: str, flat: Array, include_self: bool) -> Callable[[Node, Node], Node]:
    def compute(x: Node, s: Node) -> Node:
        total, s = F.ravel(x), F.ravel(s)
        counts = np.bincount(flat, minlength=x.size)
        touched = counts > 0
        if not include_self:
            total = F.where(touched, _neutral(how, x.dtype), total)
        if how in ("sum", "mean"):
            total = total + F.add_at(s, leaf(flat), shape=(x.size,))
            if how == "mean":
                n = np.maximum(counts + int(include_self), 1).astype(x.dtype)
                total = total / leaf(n)
        else:
            combine = {"prod": F.multiply, "amax": F.maximum, "amin": F.minimum}[how]
            total = _in_turn(combine, how, total, s, flat)
        return F.reshape(total, x.shape)

    return compute


def _neutral(how: str, dtype: np.dtype[Any]) -> Any:
    numbers = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}
    return leaf(dtype.type(numbers[how]))


def _in_turn(combine: Any, how: str, total: Node, s: Node, flat: Array) -> Node:
    """Combine the first sources of all places, then the second ones, and so on."""
    order = np.argsort(flat, kind="stable")
    held = flat[order]
    rank = np.arange(held.size) - np.searchsorted(held, held)
    for turn in range(int(rank.max(initial=-1)) + 1):
        chosen = order[rank == turn]
        neutral = F.broadcast_to(_neutral(how, total.dtype), total.shape)
        part = F.put_flat(neutral, F.take(s, leaf(chosen)), flat[chosen])
        total = combine(total, part)
    return total


# ----- slices along an axis -----------------------------------------------------------------------


def _slices(name: str, x: Tensor, dim: int, index: Tensor) -> Array:
    """Flat positions of the slices that a vector of indices names along an axis."""
    axis, places = axis_of(x, dim), int64(name, index).reshape(-1)
    n = x.node.shape[axis] if x.ndim else 1
    if places.size and (places.min() < 0 or places.max() >= n):
        raise IndexError("index out of range in self")
    return positions(x).take(places, axis) if x.ndim else positions(x)


@function("index_add")
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """Slices added along an axis."""
    if input.node.dtype != source.node.dtype:
        raise RuntimeError(
            "index_add_(): self and source expected to have the same dtype, but got "
            f"(self) {long_name(input.node.dtype)} and (source) {long_name(source.node.dtype)}"
        )
    return added("index_add", input, source, _slices("index_add", input, dim, index), alpha)


@function("index_copy")
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Slices replaced along an axis."""
    return put("index_copy", input, source, _slices("index_copy", input, dim, index))


@function("index_fill")
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Slices along an axis filled with one value."""
    name = "index_fill:1" if isinstance(value, Tensor) else "index_fill"
    return put(name, input, value, _slices("index_fill", input, dim, index))


@function("index_put")
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """`input[indices] = values`, or added there."""
    where = tuple(slice(None) if i is None else array_of(i) for i in indices)
    places = np.asarray(positions(input)[where])
    if accumulate:
        return added("index_put", input, values, places)
    return put("index_put", input, values, places)


@function("put")
def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Elements of the flat tensor replaced, or added to."""
    places = int64("put", index) % max(input.node.size, 1)
    return (added if accumulate else put)("put", input, source, places)


# ----- views replaced -----------------------------------------------------------------------------


@function("select_scatter")
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """One place along an axis replaced."""
    where = (slice(None),) * axis_of(input, dim) + (index,)
    return put("select_scatter", input, src, np.asarray(positions(input)[where]))


@function("slice_scatter")
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """A range along an axis replaced."""
    where = (slice(None),) * axis_of(input, dim) + (slice(start, end, step),)
    return put("slice_scatter", input, src, positions(input)[where])


@function("diagonal_scatter")
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A diagonal replaced."""
    return put("diagonal_scatter", input, src, positions(input).diagonal(offset, dim1, dim2))
