"""Matrices of alike lanes: blocks of one pattern, of which only numbers and columns differ.

Where a graph treats the rows of arrays alike, as after `x[index]`, so it does their derivatives:
the indices of one lane stand for those of all, and arithmetic is on arrays with a number for each
lane. A matrix of one lane is one by compressed rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from diffcli.graph.node import Shape

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...]
Allow = Callable[[int], None]
"""Raises where there is no room for so many entries."""


class Columns:
    """The columns of entries that lanes have in common: for each number one column a lane.

    An entry is not there in lanes where its column is -1. Rows, columns and entries are at most
    `most`.
    """

    def __init__(self, most: int) -> None:
        self.dtype = np.dtype(np.int32 if most < 2**31 else np.int64)
        self._rows: list[Array] = []
        self._alike: dict[tuple[int, bytes], list[int]] = {}

    def number(self, row: Array) -> int:
        """The number of these columns; equal ones have the same."""
        some = row[:: row.size // 16 + 1].tobytes()
        alike = self._alike.setdefault((row.size, some), [])
        for k in alike:
            if np.array_equal(self._rows[k], row):
                return k
        alike.append(len(self._rows))
        self._rows.append(np.array(row, self.dtype))
        return alike[-1]

    def numbers(self, rows: Iterable[Array]) -> Array:
        """The number of each row."""
        return np.array([self.number(row) for row in rows], self.dtype)

    def mapped(self, numbers: Array, change: Callable[[Array], Any], count: int = 1) -> Array:
        """The numbers of the `count` rows that `change` makes of the columns of each number."""
        made = {k: self.numbers(change(self._rows[k])) for k in sorted(set(numbers.tolist()))}
        return np.array([made[k] for k in numbers.tolist()], self.dtype).reshape(-1, count)

    def __getitem__(self, number: int) -> Array:
        """The columns by lane of a number."""
        return self._rows[number]


class Blocks(NamedTuple):
    """The matrix of a node, of which the lanes along `axes` have entries at the same places.

    The elements of one lane are its places. Place r has the entries from indptr[r] to indptr[r + 1]
    (CSR). Entry e has data[e], an array with a number for each lane, in the columns numbered
    indices[e]. Without axes there is one lane: data are numbers and indices are columns.
    """

    axes: Axes
    indptr: Array
    indices: Array
    data: Array

    @property
    def height(self) -> int:
        """Number of places."""
        return self.indptr.size - 1

    def of_entries(self) -> Any:
        """The place of each entry; as a slice where each place has one."""
        counts = np.diff(self.indptr)
        if self.indices.size == self.height and np.all(counts == 1):
            return slice(None)
        return np.repeat(np.arange(self.height), counts)

    def entries_of(self, places: Array) -> tuple[Array, Any]:
        """The entries at places, row by row: where those of each place begin, and which they are.

        There are none at the place -1.
        """
        ends = np.append(self.indptr, self.indptr[-1])
        counts = np.diff(ends)[places]
        indptr = np.zeros(places.size + 1, self.indptr.dtype)
        np.cumsum(counts, out=indptr[1:])
        shift = ends[:-1][places] - indptr[:-1]
        held = shift[counts > 0]
        if not held.size:
            return indptr, slice(0, 0)
        if np.all(held == held[0]):  # neighbours stay neighbours
            return indptr, slice(int(held[0]), int(held[0] + indptr[-1]))
        return indptr, np.repeat(shift, counts) + np.arange(indptr[-1])

    @property
    def lanes(self) -> int:
        """Number of lanes; 1 where there are no entries."""
        return self.data[0].size if self.axes and self.data.size else 1

    def alike(self, other: Blocks) -> bool:
        """Whether the entries are at the same places and columns."""
        return all(
            a is b or np.array_equal(a, b)
            for a, b in ((self.indptr, other.indptr), (self.indices, other.indices))
        )

    def count(self, places: Array) -> int:
        """Number of entries that places have; -1 has none."""
        return int(np.append(np.diff(self.indptr), 0)[places].sum())

    def taken(self, places: Array) -> Blocks:
        """Other places, each with the entries of one of these, or none for -1."""
        if places.size == self.height and np.array_equal(places, np.arange(places.size)):
            return self
        indptr, of = self.entries_of(places)
        return Blocks(self.axes, indptr, self.indices[of], self.data[of])

    def keys(self, width: int) -> Array:
        """Numbers of the entries that order them by place, then by index below `width`."""
        places: Array = np.arange(self.height)[self.of_entries()]
        return places * width + self.indices

    def where(self, kept: Array) -> Blocks:
        """One lane with some of the entries."""
        if np.all(kept):
            return self
        count = np.zeros(kept.size + 1, self.indptr.dtype)
        np.cumsum(kept, out=count[1:])
        return Blocks((), count[self.indptr], self.indices[kept], self.data[kept])

    def csr(self, width: int) -> Any:
        """SciPy's form of one lane."""
        arrays = (self.data, self.indices, self.indptr)
        return sparse.csr_array(arrays, shape=(self.height, width))


def of_csr(matrix: Any) -> Blocks:
    """One lane from SciPy's form."""
    matrix = matrix.tocsr()
    return Blocks((), matrix.indptr, matrix.indices, matrix.data)


def laned(array: Array, axes: Axes) -> Array:
    """An array as one of shape (places, lanes)."""
    rest = tuple(k for k in range(array.ndim) if k not in axes)
    places, lanes = (prod(array.shape[k] for k in some) for some in (rest, axes))
    return array.transpose(rest + axes).reshape(places, lanes)


def repeated(own: Sequence[int], shape: Sequence[int] | None = None) -> Array:
    """The numbers of the elements of an array, broadcast to a shape."""
    numbers = np.arange(prod(own)).reshape(own)
    return numbers if shape is None else np.broadcast_to(numbers, shape)


def others(shape: Shape, axes: Axes) -> Axes:
    """The axes of a shape that are not among `axes`."""
    return tuple(k for k in range(len(shape)) if k not in axes)


MANY = 16
"""Lanes there have to be for each place, and the longest axis that is better one of places."""


def lanes_along(shape: Shape, axes: Axes, most: int = 1) -> Axes:
    """Those of the axes that lanes had better run along; none where they were too few.

    A step is a loop over the entries of one lane, so there have to be `most` lanes, and many times
    as many as places.
    """
    every = tuple(range(len(shape)))
    for some in (tuple(k for k in axes if shape[k] > MANY), axes):
        lanes = prod(shape[k] for k in some)
        if lanes > 1 and lanes >= most and (some == every or lanes**2 >= MANY * prod(shape)):
            return some
    return ()


def scattered(m: Blocks, rows: Array, height: int, columns: Columns) -> Blocks:
    """One lane, of which each row is the sum of those of the elements whose `rows` are its number.

    `rows` has the shape of the node.
    """
    lanes = prod(rows.shape[k] for k in m.axes)
    rows = laned(rows, m.axes).T.reshape(-1)
    one = beneath(m, lanes, columns) if m.axes else m
    shape = height, int(one.indices.max(initial=0)) + 1
    if not np.array_equal(rows, np.arange(height)):
        row = np.repeat(rows, np.diff(one.indptr))
        return of_csr(sparse.coo_array((one.data, (row, one.indices)), shape=shape))
    if m.axes:
        made = one.csr(shape[1])
        made.sum_duplicates()
        one = of_csr(made)
    return one


def beneath(m: Blocks, lanes: int, columns: Columns) -> Blocks:
    """One lane, in which the rows of each of the lanes are below those of the one before."""
    counts = np.zeros((lanes, m.height), columns.dtype) + np.diff(m.indptr)
    indptr = np.zeros(counts.size + 1, columns.dtype)
    np.cumsum(counts, out=indptr[1:])
    if not m.indices.size:
        return Blocks((), indptr, m.indices, np.zeros(0))
    # entries by their columns, in the order that these have in most lanes
    places = np.arange(m.height)[m.of_entries()]
    order = np.lexsort([[columns[k][lanes // 2] for k in m.indices], places])
    indices = np.stack([columns[k] for k in m.indices[order]]).T.reshape(-1)
    data = np.stack(m.data[order].tolist()).T.reshape(-1)
    return Blocks((), indptr, indices, data).where(indices >= 0)


def plain(m: Blocks, shape: Shape, columns: Columns) -> Blocks:
    """The matrix of a node of a shape as one lane."""
    if not m.axes:
        return m
    rows = np.arange(prod(shape), dtype=columns.dtype).reshape(shape)
    return scattered(m, rows, prod(shape), columns)


def held(rows: Sequence[Array]) -> Array:
    """Rows of numbers as the data of entries."""
    data = np.empty(len(rows), object)
    for k, row in enumerate(rows):
        data[k] = row
    return data


def narrowed(m: Blocks, shape: Shape, axes: Axes, columns: Columns) -> Blocks:
    """The matrix of a node of a shape with lanes along some of its axes only."""
    if axes == m.axes:
        return m
    if not axes:
        return plain(m, shape, columns)
    gone = tuple(k for k in m.axes if k not in axes)
    lengths = [shape[k] for k in m.axes]
    order = [m.axes.index(k) for k in gone + axes]
    width = prod(shape[k] for k in gone)

    def parts(row: Array) -> Array:
        """The lanes that become places, each with those that stay."""
        return row.reshape(lengths).transpose(order).reshape(width, row.size // width)

    indices = columns.mapped(m.indices, parts, width).T.reshape(-1)
    data = held([row for rows in zip(*map(parts, m.data), strict=True) for row in rows])
    begin = np.arange(width)[:, None] * m.indices.size + m.indptr[:-1]
    indptr = np.append(begin, width * m.indices.size).astype(m.indptr.dtype)
    # places so far run along the axes that were lanes, then along the others
    before, after = gone + others(shape, m.axes), others(shape, axes)
    places = repeated([shape[k] for k in before]).transpose([before.index(k) for k in after])
    return merged(Blocks(axes, indptr, indices, data).taken(places.reshape(-1)))


class Local(NamedTuple):
    """The matrix of an operator by entries, of shape (height, width).

    `data` has a column for each lane, or one where the lanes have the same numbers.
    """

    row: Array
    col: Array
    data: Array
    height: int
    width: int

    def csr(self) -> Any:
        """SciPy's form of one lane."""
        shape = self.height, self.width
        return sparse.csr_array((self.data[:, 0], (self.row, self.col)), shape=shape)


def applied(local: Local, m: Blocks) -> Blocks:
    """The product of the matrix of an operator and that of its input, lane by lane."""
    indptr, of = m.entries_of(local.col)
    entry = np.arange(m.indices.size)[of]
    factor = np.repeat(np.arange(local.col.size), np.diff(indptr))
    width = int(m.indices.max(initial=0)) + 1
    key, place = np.unique(local.row[factor] * width + m.indices[entry], return_inverse=True)
    sums: list[Any] = [None] * key.size
    ones = local.data.shape[1] == 1 and bool(np.all(local.data == 1))
    for k, e, f in zip(place.tolist(), entry.tolist(), factor.tolist(), strict=True):
        term = m.data[e] if ones else local.data[f] * m.data[e]
        sums[k] = term if sums[k] is None else sums[k] + term
    row, indices = np.divmod(key, width)
    indptr = np.searchsorted(row, np.arange(local.height + 1)).astype(m.indptr.dtype)
    return Blocks(m.axes, indptr, indices.astype(m.indices.dtype), held(sums))


def merged(m: Blocks) -> Blocks:
    """A matrix in which entries of the same place and columns are one."""
    if len(set(m.keys(int(m.indices.max(initial=0)) + 1).tolist())) == m.indices.size:
        return m
    every = np.arange(m.height)
    return applied(Local(every, every, np.ones((m.height, 1)), m.height, m.height), m)


def aligned(parts: Sequence[Blocks]) -> list[Blocks]:
    """Matrices of the same lanes with the entries of all of them, 0 where they have none."""
    if all(m.alike(parts[0]) for m in parts):
        return list(parts)
    width = max(int(m.indices.max(initial=0)) + 1 for m in parts)
    keys = np.unique(np.concatenate([m.keys(width) for m in parts]))
    places, indices = np.divmod(keys, width)
    indptr = np.searchsorted(places, np.arange(parts[0].height + 1))
    made = []
    for m in parts:
        data = np.zeros(keys.size, object)
        data[np.searchsorted(keys, m.keys(width))] = m.data
        made.append(Blocks(m.axes, indptr, indices, data))
    return made


def by_place(value: Array, shape: Shape, axes: Axes) -> Array:
    """A value broadcast to a shape, by place and lane; of length 1 where it is the same."""
    value = value.reshape((1,) * (len(shape) - value.ndim) + value.shape)
    inner = list(value.shape)
    for some in (axes, others(shape, axes)):
        if any(value.shape[k] != 1 for k in some):
            for k in some:
                inner[k] = shape[k]
    return laned(np.broadcast_to(value, inner), axes)
