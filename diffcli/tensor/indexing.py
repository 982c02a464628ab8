"""Indexing tensors: what `t[index]` and `t[index] = value` mean, with PyTorch's errors."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.table import F
from diffcli.tensor.eager import MODE, Eager, evaluated, leaf
from diffcli.tensor.steps import called
from diffcli.tensor.storage import assign, check_in_place, memory_of, placed, view
from diffcli.tensor.tensor import Tensor, wrap


def plain_index(index: Any) -> tuple[Any, bool]:
    """An index of nodes and numbers, and whether it selects a view."""
    items = index if isinstance(index, tuple) else (index,)
    out: list[Any] = []
    viewing = True
    for item in items:
        if isinstance(item, Tensor):
            if item.shape == () and item.dtype.kind in "iu":
                item = int(item.node.value)
            else:
                item, viewing = item.node, False
        elif isinstance(item, list | np.ndarray):
            item, viewing = _index_array(item), False
        elif isinstance(item, bool):
            viewing = False
        elif isinstance(item, slice):
            item = slice(*(_whole(part) for part in (item.start, item.stop, item.step)))
        elif isinstance(item, float | complex | str):
            raise TypeError(
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


def index_name(index: Any) -> str:
    """PyTorch's name for the last step of an index."""
    name = "alias"
    for item in index if isinstance(index, tuple) else (index,):
        if item is None:
            name = "unsqueeze"
        elif isinstance(item, Node):
            return "index"
        elif isinstance(item, slice):
            name = "slice"
        elif item is not Ellipsis:
            name = "select"
    return name


def select(t: Tensor, index: Any) -> Tensor:
    """`t[index]`: a view where the index is made of integers and slices, else a copy."""
    index, viewing = plain_index(index)
    check_index(t, index)
    if viewing:
        return view(t, index_name(index), lambda node: F.index(node, index))
    return wrap(called("index", lambda node: F.index(node, index), [t.node]))


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
    axis = 0
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool):
            n = t.shape[axis]
            if not -n <= item < n:
                raise IndexError(
                    f"index {item} is out of bounds for dimension {axis} with size {n}",
                )
        if isinstance(item, slice) and item.step is not None and item.step <= 0:
            raise ValueError("step must be greater than zero")
        if item is Ellipsis:
            axis += t.ndim - used
        elif isinstance(item, Node):
            axis += item.ndim if item.dtype.kind == "b" else 1
        elif item is not None and not isinstance(item, bool):
            axis += 1


def update(t: Tensor, index: Any, value: Any) -> None:
    """`t[index] = value`."""
    index, _ = plain_index(index)
    check_index(t, index)
    check_in_place(t)
    node = value.node if isinstance(value, Tensor) else leaf(np.asarray(value))
    if _own(t) and not (node.tracked and MODE.recording):
        numpy_index = _numpy_index(index)
        try:
            t.node.value[numpy_index] = node.value
        except ValueError:
            raise _misfit(t, numpy_index, node) from None
        memory_of(t).version += 1
        return
    places = np.arange(t.node.size).reshape(t.shape)[_numpy_index(index)]
    if node.shape != places.shape:
        node = _spread(t, _numpy_index(index), node, places.shape)
    assign(t, placed(t.node, node, np.asarray(places)))


def _misfit(t: Tensor, index: Any, node: Eager) -> Exception:
    place = np.empty(t.shape, bool)[index].shape
    return RuntimeError(
        f"shape mismatch: value tensor of shape {list(node.shape)} cannot be broadcast to "
        f"indexing result of shape {list(place)}",
    )


def _spread(t: Tensor, index: Any, node: Eager, shape: tuple[int, ...]) -> Eager:
    while node.ndim > len(shape) and node.shape[0] == 1:
        node = evaluated(F.reshape(node, node.shape[1:]))
    try:
        np.broadcast_shapes(node.shape, shape)
    except ValueError:
        raise _misfit(t, index, node) from None
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
    if node.tracked or node.used or (t.shared is not None and t.shared.others(t)):
        return False
    array = node.value
    if not isinstance(array, np.ndarray) or not array.flags.owndata:
        t.node = node = leaf(np.array(array))
        array = node.value
    if sys.getrefcount(array) > 3:  # the node's, the name's above, and the call's
        t.node = node = leaf(array.copy())
    return True
