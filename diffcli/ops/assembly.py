"""Rows that take arrays apart and put them together: columns, blocks, parts, places, products."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index, broadcast, show
from diffcli.ops.constructors import MADE, _integer, _shape
from diffcli.ops.joining import array_list
from diffcli.ops.kinds import composite
from diffcli.ops.known import known
from diffcli.ops.shaping import varargs
from diffcli.ops.table import F, lift

JOINING: dict[str, Any] = {"category": "joining", "arrays": 0, "method": False}

# ----- axes ---------------------------------------------------------------------------------------


@composite(category="shape", examples=("rollaxis(B, 2)", "rollaxis(B, 0, 3)"))
def rollaxis(x: Node, axis: int, start: int = 0) -> Node:
    """An axis moved to stand before the place `start`."""
    i = axis_index(axis, x.ndim)
    place = start + x.ndim if start < 0 else start
    if not 0 <= place <= x.ndim:
        raise DiffcliError("bad-argument", f"there is no place {start} among {x.ndim} axes")
    return F.moveaxis(x, i, place - 1 if i < place else place)


@composite(category="shape", examples=("rot90(x)", "rot90(B, 3, axes=(1, 2))"))
def rot90(x: Node, k: int = 1, axes: Any = (0, 1)) -> Node:
    """Turned by k right angles from the first axis towards the second."""
    a, b = (axis_index(i, x.ndim) for i in axes)
    if a == b:
        raise DiffcliError("bad-argument", "rot90 needs two different axes")
    k %= 4
    if k == 2:
        return F.flip(x, (a, b))
    if k == 1:
        return F.swapaxes(F.flip(x, b), a, b)
    return F.flip(F.swapaxes(x, a, b), b) if k else x


@composite(category="shape", examples=("atleast_1d(s)", "atleast_1d(x)"))
def atleast_1d(x: Node) -> Node:
    """x with at least one axis."""
    return F.reshape(x, (1,)) if x.ndim == 0 else x


@composite(category="shape", examples=("atleast_2d(v)",))
def atleast_2d(x: Node) -> Node:
    """x with at least two axes, new ones first."""
    return x if x.ndim > 1 else F.reshape(x, (1, x.size))


@composite(category="shape", examples=("atleast_3d(v)", "atleast_3d(x)", "atleast_3d(s)"))
def atleast_3d(x: Node) -> Node:
    """x with at least three axes: a vector in the middle, a matrix first."""
    if x.ndim > 2:
        return x
    return F.reshape(x, (*x.shape, 1) if x.ndim == 2 else (1, x.size, 1))


@composite(examples=("broadcast_arrays(v, x)[0]", "broadcast_arrays(s, x)[0]"), **JOINING)
def broadcast_arrays(*arrays: Any) -> list[Node]:
    """The arrays in their common shape."""
    nodes = array_list(varargs(arrays))
    shape = broadcast(*(x.shape for x in nodes))
    return [x if x.shape == shape else F.broadcast_to(x, shape) for x in nodes]


# ----- joining ------------------------------------------------------------------------------------


@composite(examples=("column_stack([v, w, A])",), **JOINING)
def column_stack(arrays: Any) -> Node:
    """Vectors as columns, and matrices, side by side."""
    nodes = array_list(arrays)
    return F.concatenate([F.reshape(x, (x.size, 1)) if x.ndim < 2 else x for x in nodes], 1)


@composite(examples=("dstack([x, y])", "dstack([v, w])"), **JOINING)
def dstack(arrays: Any) -> Node:
    """Arrays joined along the third axis."""
    return F.concatenate([F.atleast_3d(x) for x in array_list(arrays)], 2)


@composite(examples=("block([[A, C], [S, A]])", "block([v, w])"), **JOINING)
def block(arrays: Any) -> Node:
    """A matrix put together from a (nested) list of blocks."""
    if isinstance(arrays, Node):
        return arrays
    rows = arrays if arrays and isinstance(arrays[0], list | tuple) else [arrays]
    lines = [_side_by_side(r if isinstance(r, list | tuple) else [r]) for r in rows]
    if rows[0] is arrays:
        return lines[0]
    return F.concatenate([F.atleast_2d(x) for x in lines], 0)


def _side_by_side(blocks: Any) -> Node:
    nodes = [F.atleast_1d(lift(b)) for b in blocks]
    rank = max(x.ndim for x in nodes)
    if rank > 1:
        nodes = [F.atleast_2d(x) for x in nodes]
    return F.concatenate(nodes, -1)


@composite(category="joining", examples=("toeplitz(v)", "toeplitz(v, x[0, :2])"), method=False)
def toeplitz(c: Node, r: Any = None) -> Node:
    """The matrix with constant diagonals, of a first column and a first row (conj(c) if none)."""
    column = F.ravel(c)
    line = F.conj(column) if r is None else F.ravel(lift(r))
    n, m = column.size, line.size
    # the first element of the row is that of the column
    values = F.concatenate([F.flip(line[1:]), column])
    places = np.arange(n)[:, None] + (m - 1) - np.arange(m)
    return F.take(values, lift(places))


@composite(category="joining", arrays=2, examples=("append(x, y, axis=0)", "append(x, v)"))
def append(x: Node, values: Node, axis: Any = None) -> Node:
    """Values joined behind an array, along an axis or flattened."""
    return F.concatenate([x, values], axis)


@composite(
    category="joining",
    arrays=1,
    examples=("insert(v, 1, s)", "insert(x, [0, 2], 5.0, axis=1)", "insert(x, 1, v, axis=0)"),
)
def insert(x: Node, indices: Any, values: Any, axis: Any = None) -> Node:
    """Values put in before the given places of an axis (of the flattened array by default)."""
    if axis is None:
        x, axis = F.ravel(x), 0
    axis = axis_index(axis, x.ndim)
    n, given = x.shape[axis], lift(values)
    single = not isinstance(indices, list | tuple)
    places = [_place(i, n, n + 1) for i in ([indices] if single else indices)]
    count = len(places)
    if single and given.ndim:
        # one place takes all the values there are
        lined = given if given.ndim == x.ndim else F.expand_dims(given, axis)
        count = lined.shape[axis] if x.ndim == 1 else 1
        places *= count
        given = F.moveaxis(lined, axis, axis) if x.ndim > 1 else F.reshape(lined, (count,))
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    new = F.broadcast_to(F.astype(given, x.dtype) if given.dtype != x.dtype else given, shape)
    order = np.argsort([*(2 * i + 1 for i in range(n)), *(2 * p for p in places)], kind="stable")
    return F.take(F.concatenate([x, new], axis), lift(order), axis)


def _place(index: Any, n: int, count: int) -> int:
    i = _integer(index, "an index")
    if not -n <= i < count:
        raise DiffcliError("index", f"index {i} is outside an axis with {n} elements")
    return i + n if i < 0 else i


@composite(category="joining", examples=("delete(v, 1)", "delete(x, [0, 2], axis=1)"))
def delete(x: Node, indices: Any, axis: Any = None) -> Node:
    """Without the elements at the given places of an axis (of the flattened array by default)."""
    if axis is None:
        x, axis = F.ravel(x), 0
    axis = axis_index(axis, x.ndim)
    n = x.shape[axis]
    if isinstance(indices, slice):
        gone = set(range(*indices.indices(n)))
    else:
        many = indices if isinstance(indices, list | tuple) else [indices]
        gone = {_place(i, n, n) for i in many}
    return F.take(x, lift(np.array([i for i in range(n) if i not in gone], np.int64)), axis)


@composite(examples=("cartesian_prod(v, w)", "cartesian_prod(v, x[0, :2], w)"), **JOINING)
def cartesian_prod(*arrays: Any) -> Node:
    """All tuples of elements of vectors, one a row."""
    nodes = array_list(varargs(arrays))
    if len(nodes) == 1:
        return nodes[0]
    grids: Any = F.meshgrid(*nodes, indexing="ij")
    return F.stack([F.ravel(g) for g in grids], 1)


# ----- parts --------------------------------------------------------------------------------------


@composite(category="joining", examples=("array_split(v, 2)[0]", "array_split(x, 2, axis=1)[1]"))
def array_split(x: Node, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """A list of parts as equal as possible, longer ones first, or cut at the indices given."""
    if not isinstance(indices_or_sections, int):
        return F.split(x, indices_or_sections, axis)  # type: ignore[return-value]
    count, n = indices_or_sections, x.shape[axis_index(axis, x.ndim)]
    if count < 1:
        raise DiffcliError("bad-argument", "the number of parts must be at least 1")
    if count > max(n, 1000):
        raise DiffcliError("bad-argument", f"{n} elements cannot be split into {count} parts")
    sizes = [n // count + (k < n % count) for k in range(count)]
    return F.split(x, list(itertools.accumulate(sizes))[:-1], axis)  # type: ignore[return-value]


@composite(category="joining", examples=("hsplit(x, 3)[1]", "hsplit(v, [1])[1]"))
def hsplit(x: Node, indices_or_sections: Any) -> list[Node]:
    """Parts side by side: along the second axis, or the only one."""
    return F.split(x, indices_or_sections, min(1, x.ndim - 1))  # type: ignore[return-value]


@composite(category="joining", examples=("vsplit(x, 2)[1]",))
def vsplit(x: Node, indices_or_sections: Any) -> list[Node]:
    """Parts one below the other: along the first axis."""
    return F.split(x, indices_or_sections, 0)  # type: ignore[return-value]


@composite(category="joining", examples=("dsplit(B, 3)[1]",))
def dsplit(x: Node, indices_or_sections: Any) -> list[Node]:
    """Parts along the third axis."""
    return F.split(x, indices_or_sections, 2)  # type: ignore[return-value]


@composite(category="joining", examples=("chunk(v, 2)[0]",))
def chunk(x: Node, chunks: int, axis: int = 0) -> list[Node]:
    """At most a number of parts, all of one length but the last (PyTorch's chunk)."""
    n = x.shape[axis_index(axis, x.ndim)]
    if not isinstance(chunks, int) or chunks < 1:
        raise DiffcliError("bad-argument", "the number of parts must be at least 1")
    width = max(1, math.ceil(n / chunks))
    return F.split(x, list(range(width, n, width)), axis)  # type: ignore[return-value]


@composite(category="joining", aliases=("unstack",), examples=("unbind(x)[1]", "unbind(x, 1)[2]"))
def unbind(x: Node, axis: int = 0) -> list[Node]:
    """The list of the parts along an axis, which goes."""
    i = axis_index(axis, x.ndim)
    return [x[(*(slice(None),) * i, k)] for k in range(x.shape[i])]


@composite(category="indexing", examples=("narrow(x, 1, 1, 2)",))
def narrow(x: Node, axis: int, start: int, length: int) -> Node:
    """`length` elements of an axis from `start` on."""
    i = axis_index(axis, x.ndim)
    start = start + x.shape[i] if start < 0 else start
    if not 0 <= start <= start + length <= x.shape[i]:
        raise DiffcliError(
            "index", f"an axis with {x.shape[i]} elements has none from {start} to {start + length}"
        )
    return x[(*(slice(None),) * i, slice(start, start + length))]


# ----- places -------------------------------------------------------------------------------------


@composite(
    category="indexing",
    arrays=3,
    examples=("masked_fill(x, x > 0.5, s)", "masked_fill(x, y > 0, 0)"),
)
def masked_fill(x: Node, mask: Node, value: Node) -> Node:
    """x with a value where the mask holds."""
    return F.where(mask, value, x)


@composite(
    category="indexing",
    arrays=3,
    examples=(
        "put_along_axis(x, [[1], [0]], 5.0, 1)",
        "put_along_axis(x, [[2], [0]], y[:, :1], 1)",
    ),
)
def put_along_axis(x: Node, indices: Node, values: Node, axis: int = -1) -> Node:
    """x with values at x[..., indices[..., j], ...]; where places repeat, the last one stays."""
    i = axis_index(axis, x.ndim)
    places = np.arange(x.size).reshape(x.shape)
    at = known(indices, "the places of put_along_axis must be known")
    flat = np.take_along_axis(places, at, i)
    filled = F.index_update(F.ravel(x), lift(flat.ravel()), _flat_values(values, flat.shape))
    return F.reshape(filled, x.shape)


def _flat_values(values: Node, shape: tuple[int, ...]) -> Node:
    return values if values.ndim == 0 else F.ravel(F.broadcast_to(values, shape))


@composite(
    category="indexing", arrays=2, examples=("fill_diagonal(A, s)", "fill_diagonal(x, v[:2])")
)
def fill_diagonal(x: Node, val: Node) -> Node:
    """x with values on its main diagonal."""
    if x.ndim != 2:
        raise DiffcliError("shape", f"fill_diagonal takes a matrix, not {show(x.shape)}")
    n = min(x.shape)
    mask = lift(np.eye(*x.shape, dtype=bool))
    values = F.diag_embed(F.broadcast_to(val, (n,)), 0, *x.shape)
    return F.where(mask, values, x)


@composite(category="indexing", arrays=1, examples=("choose([[0, 1, 0], [1, 1, 0]], [x, y])",))
def choose(x: Node, choices: Any) -> Node:
    """At each place the element of the choice that the integers x name."""
    nodes = array_list(choices)
    shape = broadcast(x.shape, *(c.shape for c in nodes))
    parts = [F.broadcast_to(c, shape) for c in nodes]
    result = parts[-1]
    for k in range(len(parts) - 2, -1, -1):
        result = F.where(F.equal(x, k), parts[k], result)
    return result


@composite(category="indexing", arrays=2, examples=("extract(x > 0, y)",))
def extract(condition: Node, x: Node) -> Node:
    """The elements of the flattened x where the condition holds."""
    return F.index(F.ravel(x), F.ravel(F.not_equal(condition, 0)))


@composite(category="indexing", arrays=2, examples=("compress([True, False, True], x, axis=1)",))
def compress(condition: Node, x: Node, axis: Any = None) -> Node:
    """The parts along an axis (of the flattened array by default) where the condition holds."""
    if axis is None:
        x, axis = F.ravel(x), 0
    kept = known(condition, "compress selects a number of elements that depends on values")
    return F.take(x, lift(np.flatnonzero(kept)), axis_index(axis, x.ndim))


@composite(category="indexing", examples=("nonzero(x > 0)[0]",))
def nonzero(x: Node) -> list[Node]:
    """The indices of the elements that are not 0, one vector for each axis."""
    value = known(x, "how many elements are not 0 depends on the values")
    return [lift(i) for i in np.nonzero(value)]


@composite(category="indexing", examples=("unique([2.0, 1, 2]) * s",))
def unique(x: Node) -> Node:
    """The different elements of the flattened array in order, the first of equal ones."""
    value = known(x, "how many elements are different depends on the values")
    _, first = np.unique(value.ravel(), return_index=True)
    return F.take(F.ravel(x), lift(first))


@composite(category="logic", arrays=2, examples=("isin(x, [0.5, 1.0])",))
def isin(x: Node, test_elements: Node) -> Node:
    """Whether each element of x is among the test elements."""
    return F.any(F.equal(F.expand_dims(x, -1), F.ravel(test_elements)), -1)


@composite(
    category="constructor",
    examples=("one_hot([0, 2], 3) * x", "one_hot([0, 2]) * x"),
    method=False,
)
def one_hot(x: Node, num_classes: Any = -1) -> Node:
    """Rows of 0 with a 1 at the place that each integer names."""
    if x.dtype.kind not in "iu":
        raise DiffcliError("dtype", "one_hot takes integers", hint="write int(...)")
    n = _integer(num_classes, "the number of classes")
    if n < 0:
        n = int(known(x, "the number of classes depends on the values").max(initial=-1)) + 1
    return F.astype(F.equal(F.expand_dims(x, -1), lift(np.arange(n))), "int64")


@composite(examples=("take(x, tril_indices(2)[0])", "tril_indices(3)[1] * v[0]"), **MADE)
def tril_indices(n: Any, k: Any = 0, m: Any = None) -> list[Node]:
    """Rows and columns of the lower triangle of an n by m matrix."""
    rows, columns = _shape((n, n if m is None else m))
    found = np.tril_indices(rows, _integer(k, "k"), columns)
    return [lift(i) for i in found]


@composite(examples=("triu_indices(3)[1] * v[0]",), **MADE)
def triu_indices(n: Any, k: Any = 0, m: Any = None) -> list[Node]:
    """Rows and columns of the upper triangle of an n by m matrix."""
    rows, columns = _shape((n, n if m is None else m))
    found = np.triu_indices(rows, _integer(k, "k"), columns)
    return [lift(i) for i in found]
