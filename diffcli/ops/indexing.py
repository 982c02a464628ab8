"""Rows that select and place elements: indexing in all of NumPy's forms, take, scatter, update.

Every index is brought to two primitives: `window`, integers and slices known when the graph is
made, and `gather`, integer arrays on the leading axes. Their transposes are `unwindow` and
`add_at`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import axis_index, broadcast, shape_tuple, show, whole
from diffcli.ops.kinds import General, Linear, Nondifferentiable, composite, row
from diffcli.ops.known import known
from diffcli.ops.namespace import on_host
from diffcli.ops.op import CONSTANT, Batched
from diffcli.ops.reductions import ordered
from diffcli.ops.shaping import spread
from diffcli.ops.table import F, lift

Window = tuple[Any, ...]

# ----- windows: integers, slices and new axes -----------------------------------------------------


def _window_shape(x: Node, window: Window) -> Shape:
    sizes, out = iter(x.shape), []
    for item in window:
        if item is None:
            out.append(1)
        elif isinstance(item, slice):
            out.append(len(range(*item.indices(next(sizes)))))
        else:
            next(sizes)
    return tuple(out)


def _checked_window(window: Any, shape: Shape) -> Window:
    items = [i for i in window if i is not None] if isinstance(window, tuple) else [window]
    if len(items) != len(shape):
        raise DiffcliError("index", f"a window needs one item for each of {len(shape)} axes")
    for item, n in zip(items, shape, strict=True):
        if isinstance(item, slice):
            for part in (item.start, item.stop, item.step):
                whole(0 if part is None else part, "a bound of a slice")
        elif not 0 <= whole(item, "an item of a window") < n:
            raise DiffcliError("index", f"index {item} is outside {n} elements")
    return window if isinstance(window, tuple) else (window,)


def _integers(x: Node, indices: tuple[Node, ...]) -> tuple[Node, ...]:
    if len(indices) > x.ndim:
        raise DiffcliError("index", f"{len(indices)} indices are too many for {show(x.shape)}")
    for i in indices:
        if i.dtype.kind not in "iu":
            raise DiffcliError("index", f"indices must be integers, not {i.dtype}")
    return indices


def _placed(xp: Any, g: Any, shape: Shape, window: Window) -> Any:
    out = xp.zeros(shape, g.dtype)
    out[window] = g
    return out


def _unwindow_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    params = y.params
    return y.op.apply(
        x, {"shape": (size, *params["shape"]), "window": (slice(None), *params["window"])}
    )


@row(
    Linear,
    evaluate=lambda xp, x, window: x[window],
    shape=_window_shape,
    pullback=lambda g, y, x, window: (F.unwindow(g, x.shape, window),),
    batch=lambda y, x, batched, size: y.op.apply(x, {"window": (slice(None), *y.params["window"])}),
    category="indexing",
    hidden=True,
)
def window(x: Node, window: Window) -> Any:
    """x[window] where the window has an integer, slice or None for every axis."""
    return (x,), {"window": _checked_window(window, x.shape)}


@row(
    Linear,
    evaluate=lambda xp, g, shape, window: _placed(xp, g, shape, window),
    shape=lambda g, shape, window: shape,
    pullback=lambda g, y, x, shape, window: (F.window(g, window),),
    batch=_unwindow_batch,
    category="indexing",
    examples=("unwindow(v, (2, 3), (1, slice(0, 3, None)))",),
    method=False,
)
def unwindow(x: Node, shape: Shape, window: Window) -> Any:
    """Zeros of a shape with x at the window."""
    shape = shape_tuple(shape)
    window = _checked_window(window, shape)
    inner = Node(CONSTANT, (), {}, shape, x.dtype)
    if _window_shape(inner, window) != x.shape:
        raise DiffcliError("shape", f"{show(x.shape)} does not fit the window of {show(shape)}")
    return (x,), {"shape": shape, "window": window}


# ----- integer arrays -----------------------------------------------------------------------------


def _gather_shape(x: Node, *indices: Node) -> Shape:
    return (*broadcast(*(i.shape for i in indices)), *x.shape[len(indices) :])


def _gather(xp: Any, x: Any, *indices: Any) -> Any:
    _check_bounds(xp, x.shape, indices)
    return x[tuple(indices)]


def _check_bounds(xp: Any, shape: Shape, indices: tuple[Any, ...]) -> None:
    for axis, (i, n) in enumerate(zip(indices, shape, strict=False)):
        if not i.size:
            continue
        least, most = i.min().item(), i.max().item()
        if least < -n or most >= n:
            worst = most if most >= n else least
            raise DiffcliError("index", f"index {worst} is outside axis {axis} with {n} elements")


def _add_at(xp: Any, g: Any, *indices: Any, shape: Shape) -> Any:
    _check_bounds(xp, shape, indices)
    return xp.added_at(g, indices, shape)


def _batch_numbers(size: int, ndim: int) -> Node:
    return lift(np.arange(size).reshape(size, *(1,) * ndim))


def _aligned(indices: tuple[Node, ...], batched: Batched, size: int) -> list[Node]:
    """Index arrays, some batched, with the batch axis in front and the others lined up."""
    shape = broadcast(
        *(i.shape[1:] if b else i.shape for i, b in zip(indices, batched, strict=True))
    )
    out = []
    for i, b in zip(indices, batched, strict=True):
        own = i.shape[1:] if b else i.shape
        lined = (1,) * (len(shape) - len(own)) + own
        out.append(F.reshape(i, (size if b else 1, *lined)))
    return out


def _gather_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    array, indices = x[0], x[1:]
    k = len(indices)
    if not any(batched[1:]):
        # the batch axis of the array steps behind the indexed ones, and back to the front
        where = len(broadcast(*(i.shape for i in indices)))
        return F.moveaxis(F.gather_at(F.moveaxis(array, 0, k), *indices), where, 0)
    lined = _aligned(indices, batched[1:], size)
    if not batched[0]:
        return F.gather_at(array, *lined)
    return F.gather_at(array, _batch_numbers(size, lined[0].ndim - 1), *lined)


def _scatter_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    g, indices = x[0], x[1:]
    shape, k = y.params["shape"], len(indices)
    if not any(batched[1:]):
        where = len(broadcast(*(i.shape for i in indices)))
        moved = F.add_at(F.moveaxis(g, 0, where), *indices, shape=(*shape[:k], size, *shape[k:]))
        return F.moveaxis(moved, k, 0)
    lined = _aligned(indices, batched[1:], size)
    if not batched[0]:
        g = spread(g, size)
    numbers = _batch_numbers(size, lined[0].ndim - 1)
    return F.add_at(g, numbers, *lined, shape=(size, *shape))


@row(
    Linear,
    arity=1,
    evaluate=_gather,
    shape=_gather_shape,
    dtype=lambda x, *_: x.dtype,
    pullback=lambda g, y, x, *i: (F.add_at(g, *i, shape=x.shape), *(None,) * len(i)),
    batch=_gather_batch,
    category="indexing",
    hidden=True,
    arrays=-1,
)
def gather_at(x: Node, *indices: Node) -> Any:
    """x[i, j, ...] with integer arrays for the leading axes."""
    return (x, *_integers(x, indices)), {}


@row(
    Linear,
    arity=1,
    moves=False,
    evaluate=_add_at,
    shape=lambda g, *indices, shape: shape,
    dtype=lambda g, *_, **__: g.dtype,
    pullback=lambda g, y, x, *i, shape: (F.gather_at(g, *i), *(None,) * len(i)),
    batch=_scatter_batch,
    category="indexing",
    examples=("add_at(v, [0, 2, 2], shape=(4,))",),
    method=False,
    arrays=-1,
)
def add_at(x: Node, *indices: Node, shape: Shape) -> Any:
    """Zeros of a shape to which x is added at [i, j, ...]; repeated places accumulate."""
    shape = shape_tuple(shape)
    _integers(Node(CONSTANT, (), {}, shape, x.dtype), indices)
    rest = shape[len(indices) :]
    full = (*broadcast(*(i.shape for i in indices)), *rest)
    return (x if x.shape == full else F.broadcast_to(x, full), *indices), {"shape": shape}


# ----- what users write ---------------------------------------------------------------------------


def index_items(x: Node, index: Any) -> list[Any]:
    """A user's index with one item for every axis: integer, slice, None or integer array.

    Masks become the integer arrays of their true places. Raises `index` errors for too many items
    or a mask of the wrong shape.
    """
    raw = list(index) if isinstance(index, tuple) else [index]
    items: list[Any] = []
    for item in raw:
        items.extend(_index_item(item))
    used = sum(i is not None and i is not Ellipsis for i in items)
    if used > x.ndim:
        axes = "1 axis" if x.ndim == 1 else f"{x.ndim} axes"
        raise DiffcliError("index", f"{used} indices are too many for an array with {axes}")
    dots = [k for k, i in enumerate(items) if i is Ellipsis]
    if len(dots) > 1:
        raise DiffcliError("index", "an index can have only one '...'")
    at = dots[0] if dots else len(items)
    fill = [slice(None)] * (x.ndim - used)
    items = items[:at] + fill + items[at + len(dots) :]
    _check_masks(x, raw, dots)
    return items


def _index_item(item: Any) -> list[Any]:
    if item is None or item is Ellipsis or isinstance(item, slice):
        return [item]
    if isinstance(item, int) and not isinstance(item, bool):
        return [item]
    node = lift(item)
    if node.dtype.kind == "b":
        mask = known(node, "a mask selects a number of elements that depends on its values")
        if not mask.ndim:
            raise DiffcliError(
                "index",
                "a single truth value selects nothing in particular",
                hint="write where(c, x, y), or a mask with as many elements as the axis",
            )
        return [lift(i) for i in np.nonzero(mask)]
    if node.dtype.kind not in "iu":
        raise DiffcliError(
            "index",
            f"an index must be an integer, a slice or a mask, not a {node.dtype} number",
            hint="write int(...)",
        )
    if node.shape == () and "value" in node.params:
        return [int(node.params["value"])]
    return [node]


def _check_masks(x: Node, raw: list[Any], dots: list[int]) -> None:
    axis = 0
    for item in raw:
        if item is Ellipsis:
            return
        if item is None:
            continue
        node = lift(item) if isinstance(item, list | np.ndarray | Node) else None
        width = node.ndim if node is not None and node.dtype.kind == "b" else 1
        if (
            node is not None
            and node.dtype.kind == "b"
            and (node.shape != x.shape[axis : axis + width])
        ):
            raise DiffcliError(
                "index",
                f"a mask of shape {show(node.shape)} does not fit the axes "
                f"{show(x.shape[axis : axis + width])} that it selects from",
            )
        axis += width


@composite(category="indexing", hidden=True)
def index(x: Node, index: Any) -> Node:
    """x[index] with NumPy's meaning of integers, slices, None, '...', arrays and masks."""
    items = index_items(x, index)
    arrays = [k for k, i in enumerate(items) if isinstance(i, Node)]
    axis = -1
    plain: list[Any] = []
    for item in items:
        axis += item is not None
        if isinstance(item, int):
            n = x.shape[axis]
            if not -n <= item < n:
                raise DiffcliError(
                    "index", f"index {item} is outside axis {axis} with {n} elements"
                )
            # beside arrays an integer takes part in the broadcasting of the indices
            item = lift(np.array(item % n)) if arrays else item % n
        plain.append(item)
    if not arrays:
        whole = all(i == slice(None) for i in plain)
        return x if whole else F.window(x, tuple(plain))
    return _mixed_index(x, plain)


def _mixed_index(x: Node, items: list[Any]) -> Node:
    places = [k for k, i in enumerate(items) if isinstance(i, Node)]
    indices = [items[k] for k in places]
    basic = tuple(slice(None) if isinstance(i, Node) else i for i in items)
    if any(i is None or i != slice(None) for i in basic):
        x = F.window(x, basic)
    # NumPy puts the broadcast index axes where the arrays stood if they are neighbours, else first
    together = places[-1] - places[0] + 1 == len(places)
    result = F.gather_at(F.moveaxis(x, tuple(places), tuple(range(len(places)))), *indices)
    width = len(broadcast(*(i.shape for i in indices)))
    if together and places[0] > 0:
        first = places[0]
        result = F.moveaxis(result, tuple(range(width)), tuple(range(first, first + width)))
    return result


@composite(
    category="indexing",
    arrays=2,
    examples=("take(x, [0, 2, 2], axis=1)",),
)
def take(x: Node, indices: Node, axis: Any = None) -> Node:
    """Elements at integer positions along an axis (of the flattened array by default)."""
    if axis is None:
        x, axis = F.ravel(x), 0
    axis = axis_index(axis, x.ndim)
    return F.index(x, (*(slice(None),) * axis, indices))


@composite(
    category="indexing", arrays=2, examples=("take_along_axis(x, argsort(x, axis=1), axis=1)",)
)
def take_along_axis(x: Node, indices: Node, axis: int = -1) -> Node:
    """x[..., indices[..., j], ...] along one axis, the other axes matched."""
    axis = axis_index(axis, x.ndim)
    if indices.ndim != x.ndim:
        raise DiffcliError("shape", "take_along_axis needs indices with as many axes as the array")
    places = []
    for i in range(x.ndim):
        shape = tuple(-1 if j == i else 1 for j in range(x.ndim))
        places.append(indices if i == axis else lift(np.arange(x.shape[i]).reshape(shape)))
    return F.gather_at(x, *places)


@composite(category="indexing", arrays=1, examples=("gather(x, 1, [[0, 2], [1, 1]])",))
def gather(x: Node, dim: int, index: Any) -> Node:
    """PyTorch's gather: x[..., index[..., j, ...], ...] along one axis, index matched with x."""
    index = lift(index)
    axis = axis_index(dim, x.ndim)
    if index.ndim != x.ndim:
        raise DiffcliError("shape", "gather needs an index with as many axes as the array")
    places = []
    for i, n in enumerate(index.shape):
        shape = tuple(-1 if j == i else 1 for j in range(x.ndim))
        places.append(index if i == axis else lift(np.arange(n).reshape(shape)))
    return F.gather_at(x, *places)


@composite(
    category="indexing",
    arrays=1,
    examples=("index_update(x, (0, slice(1, 3)), v[:2])", "index_update(x, 0, v)"),
)
def index_update(x: Node, index: Any, values: Any) -> Node:
    """x with x[index] replaced by values; where places repeat, the last value stays."""
    values = lift(values)
    places = np.arange(x.size).reshape(x.shape)
    chosen = known(F.index(lift(places), index), "the places to update depend on values")
    if broadcast(values.shape, chosen.shape) != chosen.shape:
        raise DiffcliError(
            "shape",
            f"values of shape {show(values.shape)} do not fit the place of shape "
            f"{show(chosen.shape)}",
        )
    # position in `chosen` of the value that stays at each place, -1 where x stays
    source = np.full(x.size, -1)
    source[chosen.ravel()] = np.arange(chosen.size)
    source = source.reshape(x.shape)
    if chosen.size == 0:
        return x
    spread_values = F.ravel(F.broadcast_to(values, chosen.shape))
    return F.where(lift(source < 0), x, F.take(spread_values, lift(np.maximum(source, 0))))


@on_host
def _put_flat(xp: Any, x: Any, values: Any, places: Any) -> Any:
    out = xp.array(x, order="C")  # positions count in this order, however x lies in memory
    out.reshape(-1)[places.ravel()] = values.ravel()
    return out


def _put_flat_pullback(g: Node, y: Node, x: Node, values: Node, places: Any) -> list[Node]:
    own = F.reshape(F.take(F.ravel(g), lift(places.ravel())), values.shape)
    return [F.put_flat(g, F.zeros_like(values), places), own]


@row(
    Linear,
    evaluate=_put_flat,
    pullback=_put_flat_pullback,
    shape=lambda x, values, places: x.shape,
    dtype=lambda x, values, places: x.dtype,
    category="indexing",
    arrays=2,
    hidden=True,
)
def put_flat(x: Node, values: Node, places: Any) -> Any:
    """x with the elements at flat positions (an array of the shape of `values`) replaced.

    Where positions repeat, the last value stays, and the cotangent of the place goes to each of
    them (PyTorch, `index_put` and `scatter` in derivatives.yaml).
    """
    return (x, values), {"places": places}


@composite(category="indexing", arrays=1, examples=("index_add(x, 0, v)",))
def index_add(x: Node, index: Any, values: Any) -> Node:
    """x with values added at x[index]; where places repeat, all are added."""
    places = F.index(lift(np.arange(x.size).reshape(x.shape)), index)
    values = F.broadcast_to(lift(values), places.shape)
    flat = F.add_at(F.ravel(values), F.ravel(places), shape=(x.size,))
    return x + F.reshape(flat, x.shape)


@row(
    Nondifferentiable,
    evaluate=lambda xp, x, axis: xp.argsort(x, axis=axis, kind="stable"),
    shape=lambda x, axis: x.shape,
    dtype=lambda x, axis: np.int64,
    batch=lambda y, x, batched, size: y.op.apply(x, {"axis": y.params["axis"] + 1}),
    category="indexing",
    examples=("argsort(x, axis=0)",),
)
def argsort(x: Node, axis: Any = -1) -> Any:
    """Indices that sort along an axis; equal elements keep their order."""
    ordered(x, "the order of elements")
    if axis is None:
        x, axis = F.ravel(x), 0
    return (x,), {"axis": axis_index(axis, x.ndim)}


def _sort_pullback(g: Any, y: Node, x: Node, axis: int) -> tuple[Node]:
    ranks = F.argsort(F.argsort(x, axis), axis)
    return (F.take_along_axis(g, ranks, axis),)


def _sort_kink(g: Any, y: Node, x: Node, axis: int) -> Node:
    # equal neighbours are told apart only by what becomes of them
    lead = (slice(None),) * axis
    low, high = (*lead, slice(None, -1)), (*lead, slice(1, None))
    at = F.logical_and(F.equal(y[low], y[high]), F.not_equal(g[low], g[high]))
    none = F.zeros_like(at[(*lead, slice(0, 1))])
    return F.logical_or(F.concatenate([none, at], axis), F.concatenate([at, none], axis))


@row(
    General,
    kind="structural",
    evaluate=lambda xp, x, axis: xp.sort(x, axis=axis),
    shape=lambda x, axis: x.shape,
    batch=lambda y, x, batched, size: y.op.apply(x, {"axis": y.params["axis"] + 1}),
    pullback=_sort_pullback,
    category="indexing",
    kink="equal elements keep their order",
    kink_at=_sort_kink,
    examples=("sort(x, axis=0)", "sort(x, axis=None)"),
)
def sort(x: Node, axis: Any = -1) -> Any:
    """The elements in ascending order along an axis; ties keep the order of the input."""
    ordered(x, "the order of elements")
    if axis is None:
        x, axis = F.ravel(x), 0
    return (x,), {"axis": axis_index(axis, x.ndim)}
