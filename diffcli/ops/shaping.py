"""Rows that move elements without computing: shapes, axes and number types."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import (
    axis_index,
    axis_tuple,
    broadcast,
    reduced,
    shape_tuple,
    show,
)
from diffcli.ops.kinds import Linear, composite, row
from diffcli.ops.op import Batched
from diffcli.ops.table import F


def varargs(values: tuple[Any, ...]) -> Any:
    """The one sequence given, or the values given one by one: f(x, (2, 3)) and f(x, 2, 3)."""
    return values[0] if len(values) == 1 and isinstance(values[0], tuple | list) else values


def spread(x: Node, size: int) -> Node:
    """An unbatched array repeated along a new leading batch axis."""
    return F.broadcast_to(x, (size, *x.shape))


# ----- shape --------------------------------------------------------------------------------------


@row(
    Linear,
    evaluate=lambda xp, x, shape: xp.reshape(x, shape),
    shape=lambda x, shape: shape,
    pullback=lambda g, y, x, shape: (y.op.apply((g,), {"shape": x.shape}),),
    batch=lambda y, x, batched, size: F.reshape(x[0], (size, *y.shape)),
    category="shape",
    aliases=("view",),
    examples=("reshape(x, (3, 2))", "x.reshape(-1)"),
)
def reshape(x: Node, *shape: Any) -> Any:
    """The elements in a new shape, row by row; one size may be -1."""
    wanted = list(shape_tuple(varargs(shape)))
    if wanted.count(-1) > 1:
        raise DiffcliError("shape", "only one size of a shape can be -1")
    known = 1
    for n in wanted:
        known *= 1 if n == -1 else n
    if -1 in wanted and known and x.size % known == 0:
        wanted[wanted.index(-1)] = x.size // known
    elif known != x.size or -1 in wanted:
        raise DiffcliError(
            "shape",
            f"an array of shape {show(x.shape)} has {x.size} elements and cannot take the shape "
            f"{show(tuple(wanted))}",
        )
    return (x,), {"shape": tuple(wanted)}


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


@row(
    Linear,
    evaluate=lambda xp, x, axes: xp.transpose(x, axes),
    shape=lambda x, axes: tuple(x.shape[a] for a in axes),
    pullback=lambda g, y, x, axes: (y.op.apply((g,), {"axes": _inverse(axes)}),),
    batch=lambda y, x, batched, size: F.transpose(x[0], (0, *(a + 1 for a in y.params["axes"]))),
    category="shape",
    aliases=("permute", "permute_dims"),
    examples=("transpose(x)", "transpose(B, (2, 0, 1))"),
)
def transpose(x: Node, *axes: Any) -> Any:
    """The axes in another order; reversed when no order is given."""
    order = varargs(axes)
    if order in ((), (None,)):
        order = tuple(range(x.ndim))[::-1]
    order = tuple(axis_index(a, x.ndim) for a in order)
    if sorted(order) != list(range(x.ndim)):
        raise DiffcliError("shape", f"{order} does not name each of the {x.ndim} axes once")
    return (x,), {"axes": order}


def _broadcast_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    ones = (1,) * (len(y.shape) - x[0].ndim + 1)
    lined = F.reshape(x[0], (size, *ones, *x[0].shape[1:])) if ones else x[0]
    return F.broadcast_to(lined, (size, *y.shape))


@row(
    Linear,
    evaluate=lambda xp, x, shape: xp.broadcast_to(x, shape),
    shape=lambda x, shape: shape,
    pullback=lambda g, y, x, shape: (F.sum_to(g, x.shape),),
    batch=_broadcast_batch,
    category="shape",
    aliases=("expand",),
    examples=("broadcast_to(v, (4, 3))",),
)
def broadcast_to(x: Node, *shape: Any) -> Any:
    """Repeat along axes of length 1 and new leading axes up to a shape."""
    wanted = shape_tuple(varargs(shape))
    offset = len(wanted) - x.ndim
    # PyTorch's expand writes -1 for a size that stays
    wanted = tuple(
        x.shape[i - offset] if n == -1 and i >= offset else n for i, n in enumerate(wanted)
    )
    if offset < 0 or broadcast(x.shape, wanted) != wanted:
        raise DiffcliError(
            "shape", f"an array of shape {show(x.shape)} cannot be broadcast to {show(wanted)}"
        )
    return (x,), {"shape": wanted}


@composite(category="shape", examples=("sum_to(x, (1, 3))",))
def sum_to(x: Node, shape: Any) -> Node:
    """Sum over the axes that broadcasting from `shape` to x.shape would repeat."""
    wanted, given = shape_tuple(shape), x.shape
    lead = len(given) - len(wanted)
    if lead < 0 or broadcast(wanted, given) != given:
        raise DiffcliError("shape", f"{show(wanted)} does not broadcast to {show(given)}")
    axes = tuple([i for i, n in enumerate(given) if i < lead or n != wanted[i - lead]])
    total = F.sum(x, axes) if axes else x
    return total if total.shape == wanted else reshape.apply((total,), {"shape": wanted})


@composite(category="shape", examples=("ravel(x)",))
def ravel(x: Node) -> Node:
    """One axis with all elements, row by row."""
    return F.reshape(x, (x.size,))


@composite(category="shape", examples=("flatten(B, 1)",))
def flatten(x: Node, start_dim: int = 0, end_dim: int = -1) -> Node:
    """The axes from start_dim to end_dim as one axis."""
    if x.ndim == 0:
        return F.reshape(x, (1,))
    first, last = axis_index(start_dim, x.ndim), axis_index(end_dim, x.ndim)
    middle = math.prod(x.shape[first : last + 1])
    return F.reshape(x, (*x.shape[:first], middle, *x.shape[last + 1 :]))


@composite(category="shape", aliases=("unsqueeze",), examples=("expand_dims(x, 1)",))
def expand_dims(x: Node, axis: Any) -> Node:
    """New axes of length 1 at the given places of the result."""
    count = len(axis) if isinstance(axis, tuple | list) else 1
    new = axis_tuple(axis, x.ndim + count)
    sizes = iter(x.shape)
    ndim = x.ndim + count
    return F.reshape(x, tuple(1 if i in new else next(sizes) for i in range(ndim)))


@composite(category="shape", examples=("squeeze(x[:1])",))
def squeeze(x: Node, axis: Any = None) -> Node:
    """Without axes of length 1: all of them, or the ones given."""
    if axis is None:
        drop = tuple(i for i, n in enumerate(x.shape) if n == 1)
    else:
        drop = axis_tuple(axis, x.ndim)
    for i in drop:
        if x.shape[i] != 1:
            raise DiffcliError("shape", f"axis {i} of the shape {show(x.shape)} is not of length 1")
    return F.reshape(x, reduced(x.shape, drop, False))


@composite(category="shape", examples=("swapaxes(B, 0, 2)",))
def swapaxes(x: Node, axis1: int, axis2: int) -> Node:
    """Two axes exchanged."""
    order = list(range(x.ndim))
    i, j = axis_index(axis1, x.ndim), axis_index(axis2, x.ndim)
    order[i], order[j] = order[j], order[i]
    return F.transpose(x, tuple(order))


def _several(axes: Any) -> tuple[Any, ...]:
    return tuple(axes) if isinstance(axes, tuple | list) else (axes,)


@composite(category="shape", aliases=("movedim",), examples=("moveaxis(B, 0, -1)",))
def moveaxis(x: Node, source: Any, destination: Any) -> Node:
    """Axes moved to other places, the rest in order."""
    sources = [axis_index(a, x.ndim) for a in _several(source)]
    places = [axis_index(a, x.ndim) for a in _several(destination)]
    if len(sources) != len(places) or len(set(sources)) != len(sources):
        raise DiffcliError("bad-argument", "source and destination must name as many axes")
    order = [i for i in range(x.ndim) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return F.transpose(x, tuple(order))


@composite(category="shape", aliases=("t",), examples=("matrix_transpose(x)",))
def matrix_transpose(x: Node) -> Node:
    """The last two axes exchanged."""
    if x.ndim < 2:
        return x
    *lead, rows, columns = range(x.ndim)
    turned: Node = transpose.apply((x,), {"axes": (*lead, columns, rows)})
    return turned


def _cast(xp: Any, x: Any, dtype: np.dtype[Any]) -> Any:
    # to a real type goes the real part, without NumPy's warning
    x = xp.asarray(x)
    return (x.real if x.dtype.kind == "c" and dtype.kind != "c" else x).astype(dtype)


@row(
    Linear,
    evaluate=_cast,
    shape=lambda x, dtype: x.shape,
    dtype=lambda x, dtype: dtype,
    pullback=lambda g, y, x, dtype: (g if x.dtype.kind in "fc" and dtype.kind in "fc" else None,),
    batch=lambda y, x, batched, size: y.op.apply(x, y.params),
    category="shape",
    aliases=("to",),
    examples=("astype(x, complex128)",),
)
def astype(x: Node, dtype: Any) -> Any:
    """The same values in another number type."""
    return (x,), {"dtype": number_type(dtype)}


astype.keeps_weak = False


def number_type(dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype that a user's `float32`, `int`, `'bool'` or similar means."""
    found: np.dtype[Any] | None = None
    with suppress(TypeError):
        found = None if isinstance(dtype, Node) else np.dtype(dtype)
    if found is None or found.kind not in "biufc":
        raise DiffcliError(
            "bad-argument",
            f"{dtype!r} is not a number type",
            hint="write float64, float32, complex128, int64 or bool",
        )
    return found


# ----- order along an axis ------------------------------------------------------------------------


@composite(category="shape", examples=("flip(x, 1)",))
def flip(x: Node, axis: Any = None) -> Node:
    """The elements in reverse order along axes (all by default)."""
    axes = axis_tuple(axis, x.ndim)
    return x[tuple(slice(None, None, -1 if i in axes else None) for i in range(x.ndim))]


@composite(category="shape", examples=("fliplr(x)",))
def fliplr(x: Node) -> Node:
    """The columns in reverse order."""
    return F.flip(x, 1)


@composite(category="shape", examples=("flipud(x)",))
def flipud(x: Node) -> Node:
    """The rows in reverse order."""
    return F.flip(x, 0)


@composite(category="shape", examples=("roll(x, 1, axis=1)", "roll(x, 2)"))
def roll(x: Node, shift: Any, axis: Any = None) -> Node:
    """The elements moved on along an axis, those leaving at the end coming in at the start."""
    if axis is None:
        return F.reshape(F.roll(F.ravel(x), shift, 0), x.shape)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shape_tuple(shift)
    if len(shifts) == 1:
        shifts *= len(axes)
    for one, by in zip(axes, shifts, strict=True):
        i = axis_index(one, x.ndim)
        n = x.shape[i]
        if n and by % n:
            lead, cut = (slice(None),) * i, n - by % n
            x = F.concatenate([x[(*lead, slice(cut, None))], x[(*lead, slice(None, cut))]], i)
    return x
