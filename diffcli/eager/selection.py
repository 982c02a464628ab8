"""Elements by their places: `gather`, `take`, `index_select`, masks, and searching in order.

Each function works out flat positions from its indices; the elements are then taken, which has a
derivative in the operator table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.choices import c_name
from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.operators import fitting
from diffcli.eager.reductions import step
from diffcli.eager.tensor import Tensor, fresh
from diffcli.eager.views import axis_of
from diffcli.graph.node import Node
from diffcli.ops.table import F

Array = np.ndarray[Any, Any]


def array_of(x: Any) -> Array:
    """The array of a tensor or of nested numbers."""
    return np.asarray(x.node.value if isinstance(x, Tensor) else x)


def positions(x: Tensor) -> Array:
    """The flat position of each element, in the shape of the tensor."""
    return np.arange(x.node.size).reshape(x.node.shape)


def along(x: Tensor, axis: int, index: Array) -> Array:
    """Flat positions of the elements that `index` names along an axis, in the shape of `index`.

    Raises PyTorch's errors for an index with other axes, or outside of the axis.
    """
    if index.ndim != max(x.ndim, 1) and (x.ndim or index.ndim):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    if not x.ndim:
        return np.zeros(index.shape, np.int64)
    n = x.node.shape[axis]
    outside = (index < 0) | (index >= n)
    if outside.any():
        raise RuntimeError(
            f"index {index[outside][0]} is out of bounds for dimension {axis} with size {n}"
        )
    for other, (mine, own) in enumerate(zip(index.shape, x.node.shape, strict=True)):
        if other != axis and mine > own:
            raise RuntimeError(
                f"Size does not match at dimension {other} expected index {list(index.shape)} to "
                f"be no larger than self {list(x.node.shape)} apart from dimension {axis}"
            )
    where: list[Any] = list(np.indices(index.shape, sparse=True))
    where[axis] = index
    return np.asarray(positions(x)[tuple(where)])


def taken(name: str, x: Tensor, places: Array) -> Tensor:
    """The elements at flat positions, in their shape."""
    return step(name, lambda n: F.take(F.ravel(n), leaf(places)), x.node)


def int64(name: str, index: Any) -> Array:
    """The index as an array; raises PyTorch's error for one that is not made of integers."""
    if not isinstance(index, Tensor) or index.node.dtype.kind not in "iu":
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    return array_of(index)


@function("gather")
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Along an axis, the elements that an index of as many axes names."""
    axis = axis_of(input, dim)
    return taken("gather", input, along(input, axis, int64("gather", index)))


@function("take_along_dim")
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, with the other axes broadcast; of the flat tensor without an axis."""
    index = array_of(indices)
    if dim is None:
        return taken("gather", input, index.reshape(-1) % max(input.node.size, 1))
    axis = axis_of(input, dim)
    shape = list(np.broadcast_shapes(_without(input.node.shape, axis), _without(index.shape, axis)))
    shape[axis] = index.shape[axis]
    index = np.broadcast_to(index, shape)
    where: list[Any] = list(np.indices(index.shape, sparse=True))
    where[axis] = index
    full = np.broadcast_to(
        positions(input), [*shape[:axis], input.node.shape[axis], *shape[axis + 1 :]]
    )
    return taken("gather", input, full[tuple(where)])


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], 1, *shape[axis + 1 :])


@function("take")
def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements of the flat tensor."""
    places = int64("take", index)
    n = input.node.size
    outside = (places < -n) | (places >= n)
    if outside.any():
        raise IndexError(
            f"out of range: tried to access index {places[outside][0]} on a tensor of {n} elements."
        )
    return taken("take", input, places % max(n, 1))


@function("index_select")
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices along an axis that a vector of indices names."""
    axis = axis_of(input, dim)
    places = int64("index_select", index).reshape(-1)
    n = input.node.shape[axis] if input.ndim else 1
    outside = (places < 0) | (places >= n)
    if outside.any():
        if axis == 0:
            raise IndexError("index out of range in self")
        raise RuntimeError(
            f"INDICES element is out of DATA bounds, id={places[outside][0]} axis_dim={n}"
        )
    flat = positions(input)
    return taken("index_select", input, flat.take(places, axis) if input.ndim else flat)


# ----- masks --------------------------------------------------------------------------------------


def mask_of(name: str, x: Tensor, mask: Tensor) -> Array:
    """The mask in the shape of the tensor."""
    if mask.node.dtype.kind != "b":
        raise RuntimeError(
            f"{name} only supports boolean masks, but got mask with dtype {c_name(mask)}"
        )
    fitting(x.node, mask.node)
    return array_of(mask)


@function("masked_select")
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where a mask holds, in order."""
    if mask.node.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    fitting(input.node, mask.node)
    flat, held = np.broadcast_arrays(positions(input), array_of(mask))
    return taken("masked_select", input, flat[held])


@function("masked_fill")
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """One value where a mask holds."""
    held = mask_of("masked_fill_", input, mask)
    if not isinstance(value, Tensor):
        number = leaf(_fitting_number(input, value))
        return step("masked_fill", lambda x: F.where(held, number, x), input.node)
    if value.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )

    def compute(x: Node, v: Node) -> Node:
        return F.where(held, v if v.dtype == x.dtype else F.astype(v, x.dtype), x)

    return step("masked_fill:1", compute, input.node, value.node)


def _fitting_number(x: Tensor, value: Any) -> Any:
    if isinstance(value, complex) and x.node.dtype.kind != "c":
        raise RuntimeError(f"value cannot be converted to type {c_name(x)} without overflow")
    return x.node.dtype.type(value)


@function("masked_scatter")
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The elements of `source`, in order, where a mask holds."""
    if input.node.dtype != source.node.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got "
            f"{c_name(input)} and {c_name(source)}"
        )
    held = np.broadcast_to(mask_of("masked_scatter_", input, mask), input.node.shape)
    count = int(held.sum())
    if count > source.node.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    places = positions(input)[held]

    def compute(x: Node, s: Node) -> Node:
        first = F.index(F.ravel(s), slice(0, count))
        return F.put_flat(x, first, places)

    return step("masked_scatter", compute, input.node, source.node)


@function("nonzero")
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not 0: one row each, or one vector for each axis."""
    value = array_of(input)
    found = np.nonzero(value) if value.ndim else np.nonzero(value.reshape(1))
    if as_tuple:
        return tuple(fresh(x.astype(np.int64)) for x in found)
    rows = np.stack(found, 1) if value.ndim else np.zeros((len(found[0]), 0), np.int64)
    return fresh(rows.astype(np.int64))


function("argwhere")(lambda input: nonzero(input))


# ----- order --------------------------------------------------------------------------------------


@function("searchsorted")
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where values would be inserted into a sorted sequence, or into each of its rows."""
    edges, values = array_of(sorted_sequence), array_of(input)
    if sorter is not None:
        edges = np.take_along_axis(edges, array_of(sorter), -1)
    place: Any = side or ("right" if right else "left")
    if edges.ndim == 1:
        found = np.searchsorted(edges, values, place)
    else:
        rows = zip(
            edges.reshape(-1, edges.shape[-1]), values.reshape(-1, values.shape[-1]), strict=True
        )
        found = np.stack([np.searchsorted(e, v, place) for e, v in rows]).reshape(values.shape)
    return fresh(np.asarray(found).astype(np.int32 if out_int32 else np.int64))


@function("bucketize")
def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The number of the interval between boundaries that each value lies in."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@function("isin")
def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element is among others."""
    return fresh(np.isin(array_of(elements), array_of(test_elements), invert=invert))


# ----- rows of tables -----------------------------------------------------------------------------


@function("nn_functional_one_hot")
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """1 at the place that each integer names, else 0."""
    index = array_of(tensor)
    if index.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if index.size and index.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    n = int(index.max()) + 1 if num_classes == -1 else num_classes
    if index.size and index.max() >= n:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return fresh((index[..., None] == np.arange(n)).astype(np.int64))
