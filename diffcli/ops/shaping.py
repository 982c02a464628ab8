"""Rows that move elements without computing: shapes, axes, joining, diagonals and triangles."""

from __future__ import annotations

import math
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import (
    axis_index,
    axis_tuple,
    broadcast,
    reduced,
    shape_tuple,
    show,
    whole,
)
from diffcli.limits import LIMITS
from diffcli.ops.kinds import Linear, composite, row
from diffcli.ops.op import Batched
from diffcli.ops.table import F, lift


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
    pullback=lambda g, y, x, shape: (F.reshape(g, x.shape),),
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
    pullback=lambda g, y, x, axes: (F.transpose(g, _inverse(axes)),),
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
    wanted = shape_tuple(shape)
    lead = x.ndim - len(wanted)
    if lead < 0 or broadcast(wanted, x.shape) != x.shape:
        raise DiffcliError("shape", f"{show(wanted)} does not broadcast to {show(x.shape)}")
    axes = tuple(i for i, n in enumerate(x.shape) if i < lead or (wanted[i - lead] == 1 and n != 1))
    total = F.sum(x, axes) if axes else x
    return total if total.shape == wanted else F.reshape(total, wanted)


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
    middle = int(np.prod(x.shape[first : last + 1]))
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
    return x if x.ndim < 2 else F.swapaxes(x, -1, -2)


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


# ----- joining ------------------------------------------------------------------------------------


def _concatenate_pullback(g: Any, y: Node, *arrays: Node, axis: int) -> list[Node]:
    parts, start = [], 0
    for x in arrays:
        stop = start + x.shape[axis]
        parts.append(g[(slice(None),) * axis + (slice(start, stop),)])
        start = stop
    return parts


def _concatenate_batch(y: Node, x: tuple[Node, ...], batched: Batched, size: int) -> Node:
    arrays = tuple(a if b else spread(a, size) for a, b in zip(x, batched, strict=True))
    return y.op.apply(arrays, {"axis": y.params["axis"] + 1})


def _concatenate_shape(*arrays: Node, axis: int) -> Shape:
    first = arrays[0].shape
    for x in arrays[1:]:
        if len(x.shape) != len(first) or any(
            n != m for i, (n, m) in enumerate(zip(x.shape, first, strict=True)) if i != axis
        ):
            raise DiffcliError(
                "shape",
                f"arrays of shapes {show(first)} and {show(x.shape)} cannot be joined along axis "
                f"{axis}",
            )
    return (*first[:axis], sum(x.shape[axis] for x in arrays), *first[axis + 1 :])


@row(
    Linear,
    evaluate=lambda xp, *arrays, axis: xp.concatenate(arrays, axis=axis),
    shape=_concatenate_shape,
    pullback=_concatenate_pullback,
    batch=_concatenate_batch,
    category="joining",
    aliases=("cat", "concat"),
    arrays=0,
    examples=("concatenate([x, y], axis=1)",),
    method=False,
)
def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """Arrays joined along an axis they have."""
    nodes = array_list(arrays)
    if axis is None:
        nodes, axis = [F.ravel(x) for x in nodes], 0
    if nodes[0].ndim == 0:
        raise DiffcliError(
            "shape", "scalars have no axis to be joined along", hint="write stack([a, b])"
        )
    return tuple(nodes), {"axis": axis_index(axis, nodes[0].ndim)}


def array_list(arrays: Any) -> list[Node]:
    """A user's sequence of arrays as nodes; a single array is split along its first axis."""
    if isinstance(arrays, Node):
        if arrays.ndim == 0:
            raise DiffcliError("bad-argument", "a list of arrays is wanted here")
        arrays = [arrays[i] for i in range(arrays.shape[0])]
    if not isinstance(arrays, list | tuple) or not arrays:
        raise DiffcliError("bad-argument", "a list of arrays is wanted here")
    return [lift(x) for x in arrays]


@composite(category="joining", arrays=0, examples=("stack([x, y], axis=1)",), method=False)
def stack(arrays: Any, axis: int = 0) -> Node:
    """Arrays of one shape joined along a new axis."""
    nodes = array_list(arrays)
    for x in nodes:
        if x.shape != nodes[0].shape:
            raise DiffcliError(
                "shape",
                f"arrays of shapes {show(nodes[0].shape)} and {show(x.shape)} cannot be stacked",
            )
    return F.concatenate([F.expand_dims(x, axis) for x in nodes], axis)


@composite(
    category="joining", arrays=0, aliases=("row_stack",), examples=("vstack([x, y])",), method=False
)
def vstack(arrays: Any) -> Node:
    """Arrays joined as rows, one below the other."""
    nodes = [F.reshape(x, (1, x.size)) if x.ndim < 2 else x for x in array_list(arrays)]
    return F.concatenate(nodes, 0)


@composite(category="joining", arrays=0, examples=("hstack([x, y])",), method=False)
def hstack(arrays: Any) -> Node:
    """Arrays joined side by side."""
    nodes = [F.ravel(x) if x.ndim == 0 else x for x in array_list(arrays)]
    return F.concatenate(nodes, 0 if nodes[0].ndim == 1 else 1)


@composite(category="joining", examples=("split(x, 3, axis=1)[1]",))
def split(x: Node, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """A list of parts: a number of equal ones, or cut at the indices given."""
    axis = axis_index(axis, x.ndim)
    n = x.shape[axis]
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1 or n % indices_or_sections:
            raise DiffcliError(
                "shape", f"{n} elements cannot be split into {indices_or_sections} equal parts"
            )
        width = n // indices_or_sections
        cuts = list(range(width, n, width))
    else:
        cuts = list(shape_tuple(indices_or_sections))
    edges = [0, *cuts, n]
    lead = (slice(None),) * axis
    return [x[(*lead, slice(a, b))] for a, b in pairwise(edges)]


@composite(category="joining", examples=("tile(v, (2, 2))",))
def tile(x: Node, *reps: Any) -> Node:
    """Copies laid side by side, a number of times along each axis."""
    times = shape_tuple(varargs(reps))
    if min(times, default=0) < 0 or x.size * math.prod(times) > LIMITS.elements:
        raise DiffcliError("too-large", f"tile takes counts from 0 on, and {times} is too much")
    ndim = max(len(times), x.ndim)
    shape = (1,) * (ndim - x.ndim) + x.shape
    times = (1,) * (ndim - len(times)) + times
    split_axes = tuple(m for n in shape for m in (1, n))
    spread_axes = tuple(m for t, n in zip(times, shape, strict=True) for m in (t, n))
    joined = tuple(t * n for t, n in zip(times, shape, strict=True))
    copies = F.broadcast_to(F.reshape(x, split_axes), spread_axes)
    return F.reshape(copies, joined)


@composite(category="joining", aliases=("repeat_interleave",), examples=("repeat(x, 2, axis=1)",))
def repeat(x: Node, repeats: Any, axis: int | None = None) -> Node:
    """Each element several times, along an axis or of the flattened array."""
    if axis is None:
        x, axis = F.ravel(x), 0
    axis = axis_index(axis, x.ndim)
    counts = shape_tuple(repeats)
    if x.size * max(counts, default=0) > LIMITS.elements:
        raise DiffcliError("too-large", f"repeat would make more than {LIMITS.elements} elements")
    if len(counts) not in (1, x.shape[axis]) or min(counts, default=0) < 0:
        raise DiffcliError("shape", f"repeats must be one number or {x.shape[axis]} of them")
    where = np.repeat(np.arange(x.shape[axis]), counts)
    return F.take(x, lift(where), axis)


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


# ----- diagonals and triangles --------------------------------------------------------------------


def _diagonal_length(rows: int, columns: int, offset: int) -> int:
    return max(0, min(rows + min(offset, 0), columns - max(offset, 0)))


def _embed(xp: Any, v: Any, offset: int, rows: int, columns: int) -> Any:
    out = xp.zeros((*v.shape[:-1], rows, columns), v.dtype)
    i = xp.arange(v.shape[-1])
    out[..., i + max(-offset, 0), i + max(offset, 0)] = v
    return out


@row(
    Linear,
    evaluate=lambda xp, x, offset: xp.diagonal(x, offset, -2, -1),
    shape=lambda x, offset: (*x.shape[:-2], _diagonal_length(x.shape[-2], x.shape[-1], offset)),
    pullback=lambda g, y, x, offset: (F.diag_embed(g, offset, *x.shape[-2:]),),
    core=(2,),
    category="diagonals",
    examples=("diagonal(A)", "diagonal(x, 1)"),
)
def diagonal(x: Node, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes, as the last axis of the result."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"a diagonal needs two axes, not the shape {show(x.shape)}")
    moved = F.moveaxis(x, (axis1, axis2), (-2, -1)) if x.ndim > 2 or axis1 != 0 else x
    return (moved,), {"offset": whole(offset, "offset", sum(moved.shape[-2:]))}


@row(
    Linear,
    evaluate=_embed,
    shape=lambda v, offset, rows, columns: (*v.shape[:-1], rows, columns),
    pullback=lambda g, y, v, offset, rows, columns: (F.last_diagonal(g, offset),),
    core=(1,),
    category="diagonals",
    examples=("diag_embed(v)", "diag_embed(v, 1)"),
)
def diag_embed(
    x: Node, offset: int = 0, rows: int | None = None, columns: int | None = None
) -> Any:
    """Matrices with the last axis on a diagonal and zeros elsewhere."""
    if x.ndim == 0:
        raise DiffcliError("shape", "a scalar has no elements to put on a diagonal")
    n = x.shape[-1] + abs(whole(offset, "offset"))
    height, width = shape_tuple((n if rows is None else rows, n if columns is None else columns))
    if _diagonal_length(height, width, offset) != x.shape[-1]:
        raise DiffcliError("shape", f"{x.shape[-1]} elements are no diagonal of {(height, width)}")
    return (x,), {"offset": offset, "rows": height, "columns": width}


@composite(category="diagonals", hidden=True)
def last_diagonal(x: Node, offset: int) -> Node:
    """The diagonal of the last two axes."""
    return F.diagonal(x, offset, -2, -1) if x.ndim > 2 else F.diagonal(x, offset)


@composite(category="diagonals", aliases=("diagflat",), examples=("diag(v)", "diag(A, 1)"))
def diag(x: Node, k: int = 0) -> Node:
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    if x.ndim not in (1, 2):
        raise DiffcliError("shape", f"diag takes a vector or a matrix, not {show(x.shape)}")
    return F.diag_embed(x, k) if x.ndim == 1 else F.last_diagonal(x, k)


@composite(category="diagonals", examples=("trace(A)",))
def trace(x: Node, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """Sum of a diagonal."""
    return F.sum(F.diagonal(x, offset, axis1, axis2), -1)


def _triangle(name: str) -> Any:
    return {
        "evaluate": lambda xp, x, k: getattr(xp, name)(x, k),
        "shape": lambda x, k: x.shape,
        "pullback": lambda g, y, x, k: (getattr(F, name)(g, k),),
        "core": (2,),
        "category": "diagonals",
        "examples": (f"{name}(A)", f"{name}(x, 1)"),
    }


@row(Linear, **_triangle("tril"))
def tril(x: Node, k: int = 0) -> Any:
    """The lower triangle up to the k-th diagonal, zeros above."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"a triangle needs two axes, not the shape {show(x.shape)}")
    return (x,), {"k": whole(k, "k", sum(x.shape[-2:]))}


@row(Linear, **_triangle("triu"))
def triu(x: Node, k: int = 0) -> Any:
    """The upper triangle from the k-th diagonal on, zeros below."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"a triangle needs two axes, not the shape {show(x.shape)}")
    return (x,), {"k": whole(k, "k", sum(x.shape[-2:]))}


# ----- padding ------------------------------------------------------------------------------------


def _pad_widths(widths: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    try:
        table = np.broadcast_to(np.array(widths), (ndim, 2))
    except ValueError:
        table = np.array([[-1]])
    if table.dtype.kind not in "iu" or (table < 0).any():
        raise DiffcliError(
            "bad-argument",
            f"{widths!r} is not a padding of {ndim} axes",
            hint="write n, (before, after) or one pair for each axis",
        )
    return tuple((int(a), int(b)) for a, b in table)


@row(
    Linear,
    evaluate=lambda xp, x, widths: xp.pad(x, widths),
    shape=lambda x, widths: tuple(n + a + b for n, (a, b) in zip(x.shape, widths, strict=True)),
    pullback=lambda g, y, x, widths: (
        g[tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True))],
    ),
    batch=lambda y, x, batched, size: y.op.apply(x, {"widths": ((0, 0), *y.params["widths"])}),
    category="joining",
    hidden=True,
)
def zero_pad(x: Node, widths: Any) -> Any:
    """Zeros before and after the elements along each axis."""
    return (x,), {"widths": widths}


@composite(category="joining", examples=("pad(x, 1)", "pad(v, (1, 2), mode='edge')"))
def pad(x: Node, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Node:
    """Elements added before and after along each axis: a constant, or by NumPy's modes."""
    widths = _pad_widths(pad_width, x.ndim)
    sizes = [n + before + after for n, (before, after) in zip(x.shape, widths, strict=True)]
    if math.prod(sizes) > LIMITS.elements:
        raise DiffcliError("too-large", f"pad would make an array of {math.prod(sizes)} elements")
    if mode == "constant":
        out: Node = F.zero_pad(x, widths)
        if constant_values != 0:
            outside = np.pad(np.zeros(x.shape, bool), widths, constant_values=True)
            out = F.where(lift(outside), constant_values, out)
        return out
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise DiffcliError(
            "bad-argument",
            f"pad has no mode {mode!r}",
            hint="write 'constant', 'edge', 'reflect', 'symmetric' or 'wrap'",
        )
    for axis, (before, after) in enumerate(widths):
        # NumPy pads the positions; the values are taken from there
        where = np.pad(np.arange(x.shape[axis]), (before, after), mode=mode)  # type: ignore[call-overload]
        x = F.take(x, lift(where), axis)
    return x
