"""Rows that join, split, repeat and pad arrays."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import (
    axis_index,
    shape_tuple,
    show,
)
from diffcli.limits import LIMITS
from diffcli.ops.kinds import Linear, composite, row
from diffcli.ops.op import Batched
from diffcli.ops.shaping import spread, varargs
from diffcli.ops.table import F, lift


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
