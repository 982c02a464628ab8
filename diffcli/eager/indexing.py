"""Indexing tensors: what `t[index]` and `t[index] = value` mean, with PyTorch's errors."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from diffcli.eager.memory import memory_of
from diffcli.eager.mode import MODE
from diffcli.eager.nodes import NO_PARAMS, Eager, apply, evaluated, leaf
from diffcli.eager.steps import CLONE, called
from diffcli.eager.storage import assign, check_in_place, placed, view
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.ops.table import F


def plain_index(index: Any) -> tuple[Any, bool]:
    """An index of nodes and numbers, and whether it selects a view."""
    if isinstance(index, list) and any(isinstance(x, Tensor | list | tuple) for x in index):
        index = tuple(index)  # as PyTorch takes a list of indices
    items = index if isinstance(index, tuple) else (index,)
    out: list[Any] = []
    viewing = True
    for item in items:
        if isinstance(item, Tensor):
            if item.node.shape == () and item.node.dtype.kind in "iu":
                item = int(item.node.value)
            else:
                item, viewing = item.node, False
        elif isinstance(item, list | range | np.ndarray):
            item, viewing = _index_array(item), False
        elif isinstance(item, bool):
            viewing = False
        elif isinstance(item, slice):
            item = slice(*(_whole(part) for part in (item.start, item.stop, item.step)))
        elif isinstance(item, str):
            raise TypeError("new(): invalid data type 'str'")
        elif isinstance(item, float | complex | dict | set):
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables "
                f"are valid indices (got {type(item).__name__})",
            )
        out.append(item)
    return (tuple(out) if isinstance(index, tuple) else out[0]), viewing


def _index_array(item: Any) -> Any:
    if isinstance(item, list):
        item = [int(x.node.value) if isinstance(x, Tensor) else x for x in item]
    return leaf(np.asarray(item))


def _whole(part: Any) -> Any:
    return int(part.node.value) if isinstance(part, Tensor) else part


def index_name(t: Tensor, index: Any) -> str:
    """PyTorch's name for the last step of an index: whole ranges among several make none."""
    if isinstance(index, slice):
        return "slice"
    name = "alias"
    axis = 0
    items = index if isinstance(index, tuple) else (index,)
    for item in items:
        if item is None:
            name = "unsqueeze"
        elif item is Ellipsis:
            axis += t.ndim - sum(x is not None and x is not Ellipsis for x in items)
        else:
            if not isinstance(item, slice):
                name = "select"
            elif range(t.node.shape[axis])[item] != range(t.node.shape[axis]):
                name = "slice"
            axis += 1
    return name


def select(t: Tensor, index: Any) -> Tensor:
    """`t[index]`: a view where the index is made of integers and slices, else a copy."""
    index, viewing = plain_index(index)
    check_index(t, index)
    if viewing:
        return view(t, index_name(t, index), lambda node: _part(node, index))
    return wrap(called("index", lambda node: F.index(node, index), [t.node]))


def _part(node: Eager, index: Any) -> Node:
    found: Node = F.index(node, index)
    # an index that selects everything is a step nevertheless
    return apply(CLONE, (node,), NO_PARAMS) if found is node else found


def check_index(t: Tensor, index: Any) -> None:
    """Raise PyTorch's errors for indices outside the tensor."""
    items = index if isinstance(index, tuple) else (index,)
    used = 0
    for item in items:
        if isinstance(item, Node):
            used += item.ndim if item.dtype.kind == "b" else 1
        elif item is not None and item is not Ellipsis and not isinstance(item, bool):
            used += 1
    if used > t.ndim:
        if t.ndim == 0:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
                "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
            )
        raise IndexError(f"too many indices for tensor of dimension {t.ndim}")
    arrays = [item.shape for item in items if isinstance(item, Node) and item.dtype.kind != "b"]
    try:
        np.broadcast_shapes(*arrays)
    except ValueError:
        shown = ", ".join(str(list(shape)) for shape in arrays)
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes " + shown
        ) from None
    axis = added = dropped = 0
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool):
            n = t.node.shape[axis]
            if not -n <= item < n:
                raise IndexError(
                    f"index {item} is out of bounds for dimension {axis + added} with size {n}",
                )
        if isinstance(item, slice) and item.step is not None and item.step <= 0:
            zero = "slice step cannot be zero"
            raise ValueError("step must be greater than zero" if item.step else zero)
        if isinstance(item, Eager):
            _check_array(t, item, axis, axis - dropped)
        if item is Ellipsis:
            axis += t.ndim - used
        elif isinstance(item, Node):
            axis += item.ndim if item.dtype.kind == "b" else 1
        elif item is None or isinstance(item, bool):
            added += 1
        else:
            axis += 1
            dropped += isinstance(item, int)


def _check_array(t: Tensor, item: Eager, axis: int, shown: int) -> None:
    """Raise PyTorch's errors for a mask of another shape, or indices outside of an axis."""
    if item.dtype.kind == "b":
        for i, n in enumerate(item.shape):
            if n != t.node.shape[axis + i]:
                raise IndexError(
                    f"The shape of the mask {list(item.shape)} at index {i} does not match the "
                    f"shape of the indexed tensor {list(t.node.shape)} at index {axis + i}"
                )
        return
    if item.dtype.kind not in "iu":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    n, places = t.node.shape[axis], np.asarray(item.value)
    outside = (places < -n) | (places >= n)
    if outside.any():
        raise IndexError(
            f"index {places[outside][0]} is out of bounds for dimension {shown} with size {n}"
        )


def update(t: Tensor, index: Any, value: Any, name: str = "") -> None:
    """`t[index] = value`; `name` is what the step is called, unless it follows from the index."""
    _check_value(t, value)
    index, viewing = plain_index(index)
    check_index(t, index)
    part = viewing and not name and index_name(t, index) != "alias"
    check_in_place(t, value, part=part)
    node = value.node if isinstance(value, Tensor) else leaf(np.asarray(value))
    if _own(t) and not (node.tracked and MODE.recording):
        numpy_index = _numpy_index(index)
        try:
            t.node.value[numpy_index] = node.value
        except ValueError:
            raise _misfit(node, np.empty(t.node.shape, bool)[numpy_index].shape, viewing) from None
        memory_of(t).version += 1
        return
    places = np.arange(t.node.size).reshape(t.node.shape)[_numpy_index(index)]
    if not viewing:
        name = "index_put"
    elif not name and np.array_equal(places, np.arange(t.node.size).reshape(t.node.shape)):
        name = "copy" if isinstance(value, Tensor) and value.ndim else "fill:3"
    if node.shape != places.shape:
        node = _spread(viewing, node, places.shape)
    assign(t, placed(t.node, node, np.asarray(places), name or "CopySlices"))


def _check_value(t: Tensor, value: Any) -> None:
    """Raise PyTorch's errors for what cannot be an element."""
    from diffcli.eager.choices import c_name
    from diffcli.eager.types import type_name
    from diffcli.eager.unsuited import kind_of

    if not isinstance(value, Tensor | bool | int | float | complex | np.generic):
        raise TypeError(f"can't assign a {kind_of(value)} to a {type_name(t.node.dtype)}")
    if isinstance(value, complex) and value.imag and t.node.dtype.kind != "c":
        name = "int64_t" if t.node.dtype == np.int64 else c_name(t)
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")


def _misfit(node: Eager, shape: tuple[int, ...], viewing: bool) -> Exception:
    if not viewing:
        return RuntimeError(
            f"shape mismatch: value tensor of shape {list(node.shape)} cannot be broadcast to "
            f"indexing result of shape {list(shape)}",
        )
    lead = len(shape) - node.ndim
    if lead < 0:
        return RuntimeError(
            f"expand(torch.{long_name(node.dtype)}Tensor{{{list(node.shape)}}}, "
            f"size={list(shape)}): the number of sizes provided ({len(shape)}) must be greater or "
            f"equal to the number of dimensions in the tensor ({node.ndim})"
        )
    bad = next(i for i, n in enumerate(node.shape) if n not in (1, shape[lead + i]))
    return RuntimeError(
        f"The expanded size of the tensor ({shape[lead + bad]}) must match the existing size "
        f"({node.shape[bad]}) at non-singleton dimension {lead + bad}.  Target sizes: "
        f"{list(shape)}.  Tensor sizes: {list(node.shape)}"
    )


def _spread(viewing: bool, node: Eager, shape: tuple[int, ...]) -> Eager:
    while node.ndim > len(shape) and node.shape[0] == 1:
        node = evaluated(F.reshape(node, node.shape[1:]))
    try:
        fits = np.broadcast_shapes(node.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise _misfit(node, shape, viewing)
    return evaluated(F.broadcast_to(node, shape))


def _numpy_index(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(map(_numpy_index, index))
    return np.asarray(index.value) if isinstance(index, Eager) else index


def _own(t: Tensor) -> bool:
    """Whether nothing else can see the array of a tensor, so that it may be written to.

    What NumPy made as a view of the array counts as a reference to it.
    """
    node = t.node
    storage = None if t.shared is None else t.shared.storage
    if node.tracked or node.used or (storage is not None and storage.others(t)):
        return False
    if storage is not None and storage.array is not None:
        return True  # a program holds the array, to see what becomes of it
    array = node.value
    if not isinstance(array, np.ndarray) or not array.flags.owndata:
        t.node = node = leaf(np.array(array))
        array = node.value
    if sys.getrefcount(array) > 3:  # the node's, the name's above, and the call's
        t.node = node = leaf(array.copy())
    return True
