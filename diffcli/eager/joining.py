"""Tensors joined, and brought to common shapes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from diffcli.eager.attributes import Size
from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.operators import fitting
from diffcli.eager.pieces import chunk
from diffcli.eager.promotion import result_type
from diffcli.eager.reductions import step
from diffcli.eager.storage import view
from diffcli.eager.tensor import Tensor
from diffcli.eager.unsuited import kind_of
from diffcli.eager.views import axis_of, expand, numbers, reshape, unsqueeze
from diffcli.graph.node import Node
from diffcli.ops.table import F

Tensors = tuple[Tensor, ...]


def listed(name: str, tensors: Any) -> list[Tensor]:
    """The items of a list of tensors."""
    if isinstance(tensors, Tensor) or not isinstance(tensors, list | tuple):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    return elements(tensors)


def elements(tensors: Any, argument: int = 0) -> list[Tensor]:
    """The items of a sequence of tensors; raises PyTorch's error for one that is none."""
    for i, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument {argument}, but got {kind_of(x)}"
            )
    return list(tensors)


def _alike(tensors: list[Tensor]) -> list[Any]:
    """The nodes in the type of all together."""
    dtype = result_type([x.node for x in tensors])
    return [x.node if x.node.dtype == dtype else F.astype(x.node, dtype) for x in tensors]


@function("cat")
def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors one after the other along an axis."""
    items = listed("cat", tensors)
    if not items:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, x in enumerate(items):
        if not x.ndim:
            raise RuntimeError(f"zero-dimensional tensor (at position {i}) cannot be concatenated")
    # an empty vector fits everything
    shaped = [x for x in items if x.node.shape != (0,)] or items[:1]
    axis = axis_of(shaped[0], dim)
    for i, x in enumerate(shaped):
        _fits(shaped[0], x, axis, i)

    def compute(*given: Node) -> Node:
        return F.concatenate([n for n in given if n.shape != (0,)] or list(given[:1]), axis)

    return step("cat", compute, *_alike(items))


def _fits(first: Tensor, x: Tensor, axis: int, place: int) -> None:
    if x.ndim != first.ndim:
        raise RuntimeError(
            f"Tensors must have same number of dimensions: got {first.ndim} and {x.ndim}"
        )
    for d, (m, n) in enumerate(zip(first.node.shape, x.node.shape, strict=True)):
        if d != axis and m != n:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {axis}. Expected size {m} but "
                f"got size {n} for tensor number {place} in the list."
            )


@function("stack")
def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape along a new axis."""
    items = listed("stack", tensors)
    if not items:
        raise RuntimeError("stack expects a non-empty TensorList")
    for i, x in enumerate(items):
        if x.node.shape != items[0].node.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(items[0].node.shape)} "
                f"at entry 0 and {list(x.node.shape)} at entry {i}"
            )
    axis = axis_of(items[0], dim, 1)
    return step("stack", lambda *given: F.stack(list(given), axis), *_alike(items))


# ----- more axes ----------------------------------------------------------------------------------


def _atleast(rank: int, grow: Any) -> None:
    def apply(*tensors: Any) -> Any:
        if len(tensors) == 1:
            given = tensors[0]
            return grow(given) if isinstance(given, Tensor) else tuple(map(grow, given))
        return tuple(map(grow, tensors))

    function(f"atleast_{rank}d")(apply)


def at_least_1(x: Tensor) -> Tensor:
    """With an axis, if it has none."""
    return x if x.ndim else reshape(x, 1)


def at_least_2(x: Tensor) -> Tensor:
    """With two axes: a vector becomes a row."""
    return x if x.ndim > 1 else unsqueeze(x, 0) if x.ndim else reshape(x, 1, 1)


def at_least_3(x: Tensor) -> Tensor:
    """With three axes."""
    if x.ndim == 1:
        return unsqueeze(unsqueeze(x, 0), -1)
    return x if x.ndim > 2 else unsqueeze(x, -1) if x.ndim else reshape(x, 1, 1, 1)


_atleast(1, at_least_1)
_atleast(2, at_least_2)
_atleast(3, at_least_3)


@function("hstack")
def hstack(tensors: Any) -> Tensor:
    """Side by side."""
    items = [at_least_1(x) for x in listed("hstack", tensors)]
    return cat(items, 0 if items[0].ndim == 1 else 1)


@function("vstack")
def vstack(tensors: Any) -> Tensor:
    """One below the other."""
    return cat([at_least_2(x) for x in listed("vstack", tensors)])


@function("dstack")
def dstack(tensors: Any) -> Tensor:
    """One behind the other."""
    return cat([at_least_3(x) for x in listed("dstack", tensors)], 2)


@function("column_stack")
def column_stack(tensors: Any) -> Tensor:
    """Vectors as columns."""
    items = listed("column_stack", tensors)
    return cat([x if x.ndim > 1 else reshape(x, x.node.size, 1) for x in items], 1)


# ----- parts --------------------------------------------------------------------------------------


@function("tensor_split")
def tensor_split(x: Tensor, indices_or_sections: Any, dim: int = 0) -> Tensors:
    """So many parts along an axis, or those between places."""
    axis = axis_of(x, dim)
    n = x.node.shape[axis]
    if isinstance(indices_or_sections, int):
        size, more = divmod(n, indices_or_sections)
        sizes = [size + (i < more) for i in range(indices_or_sections)]
        cuts = np.cumsum(sizes)[:-1].tolist()
    else:
        cuts = list(numbers((indices_or_sections,)))
    edges = [0, *cuts, n]
    window = (slice(None),) * axis
    return tuple(x[(*window, slice(a, b))] for a, b in itertools.pairwise(edges))


def _split_along(name: str, axis: int) -> None:
    def apply(x: Tensor, indices_or_sections: Any) -> Tensors:
        return tensor_split(x, indices_or_sections, 0 if x.ndim == 1 else axis)

    function(name)(apply)


_split_along("hsplit", 1)
_split_along("vsplit", 0)
_split_along("dsplit", 2)
function("unsafe_chunk")(chunk)


# ----- common shapes ------------------------------------------------------------------------------


@function("broadcast_shapes")
def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to."""
    try:
        return Size(np.broadcast_shapes(*shapes))
    except ValueError:
        raise RuntimeError(
            "Shape mismatch: objects cannot be broadcast to a single shape"
        ) from None


@function("broadcast_tensors")
def broadcast_tensors(*tensors: Any) -> Tensors:
    """Views of a common shape."""
    items = listed("broadcast_tensors", tensors[0] if len(tensors) == 1 else tensors)
    for i, y in enumerate(items):
        for x in items[:i]:
            fitting(x.node, y.node)
    shape = np.broadcast_shapes(*(x.node.shape for x in items))
    return tuple(x if x.node.shape == shape else expand(x, shape) for x in items)


@function("meshgrid")
def meshgrid(*tensors: Any, indexing: str = "ij") -> Tensors:
    """The coordinates of a grid, one tensor for each axis."""
    items = list(tensors[0]) if isinstance(tensors[0], list | tuple) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise RuntimeError(
            f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    order = list(range(len(items)))
    if indexing == "xy" and len(items) > 1:
        order[:2] = 1, 0
    shape = tuple(items[k].node.size for k in order)
    return tuple(_on_grid(x, order.index(k), shape) for k, x in enumerate(items))


def _on_grid(x: Tensor, axis: int, shape: tuple[int, ...]) -> Tensor:
    own = [1] * len(shape)
    own[axis] = x.node.size
    return expand(view(x, "view", lambda n: F.reshape(n, tuple(own))), shape)


@function("cartesian_prod")
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of the elements of vectors, as rows."""
    if len(tensors) == 1:
        return tensors[0]
    flat = [reshape(x, -1) for x in meshgrid(*tensors)]
    return stack(flat, 1)


@function("combinations")
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Choices of r elements of a vector, as rows."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.node.shape)}")
    chosen = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(chosen(range(input.node.shape[0]), r)), np.int64).reshape(-1, r)
    return step("stack", lambda n: F.take(n, leaf(rows)), input.node)


@function("block_diag")
def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with others on its diagonal."""

    def compute(*nodes: Node) -> Node:
        return F.block_diag(*nodes)

    return step("block_diag", compute, *_alike([at_least_2(x) for x in elements(tensors)]))
