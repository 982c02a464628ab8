"""Linear functions of unit vectors as sparse matrices: Jacobians of which only the entries exist.

A node that is linear in a seed is a matrix, with a row for each of its elements and a column for
each of the seed's. It follows from the matrices of its inputs: an elementwise operator maps their
entries, one that moves elements selects their rows, sums and products multiply them by the sparse
matrix of the operator. So every entry is computed once, exactly, in one sweep: neither a pattern
nor a colouring is needed first, and rows or columns that are full cost what they hold. This is the
"sparse vector mode" of Griewank and Walther, "Evaluating Derivatives" (2nd edition, section 7.1).
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from diffcli.graph.node import Node, Shape, postorder
from diffcli.limits import LIMITS
from diffcli.ops.indexing import gather_at
from diffcli.ops.kinds import Linear
from diffcli.ops.namespace import NUMPY
from diffcli.runtime.local import adding, by_units, of_product
from diffcli.transforms.simplify import simplify

Array = np.ndarray[Any, Any]
Compute = Callable[[Sequence[Node]], Sequence[Array]]

ENTRYWISE = {"add", "subtract", "negative", "multiply", "divide", "where", "astype"}
ENTRYWISE |= {"real", "imag", "conj"}
"""Operators that are linear in each input they are given a tangent for, element by element."""


ROOM = 4
"""Elements of an array that an entry or a row takes the room of while matrices are made."""


class Rows(NamedTuple):
    """A matrix by rows: row i has the entries from indptr[i] to indptr[i + 1] (CSR).

    Matrices with entries at the same places share the arrays that say so.
    """

    indptr: Array
    indices: Array
    data: Array

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.indptr.size - 1

    def of_entries(self) -> Any:
        """The row of each entry; as a slice where each row has one."""
        counts = np.diff(self.indptr)
        if self.data.size == self.height and np.all(counts == 1):
            return slice(None)
        return np.repeat(np.arange(self.height), counts)

    def taken(self, places: Array) -> Rows:
        """The rows of these numbers, once more where a number is repeated."""
        counts = np.diff(self.indptr)[places]
        indptr = np.zeros(places.size + 1, self.indptr.dtype)
        np.cumsum(counts, out=indptr[1:])
        shift = self.indptr[:-1][places] - indptr[:-1]
        held = shift[counts > 0]
        source: Any = slice(0, 0)
        if held.size and np.all(held == held[0]):  # neighbours stay neighbours
            source = slice(held[0], held[0] + indptr[-1])
        elif held.size:
            source = np.repeat(shift, counts) + np.arange(indptr[-1])
        return Rows(indptr, self.indices[source], self.data[source])

    def without_zeros(self) -> Rows:
        """The same matrix without entries that are 0."""
        kept = self.data != 0
        if np.all(kept):
            return self
        count = np.zeros(kept.size + 1, self.indptr.dtype)
        np.cumsum(kept, out=count[1:])
        return Rows(count[self.indptr], self.indices[kept], self.data[kept])


class Full(Exception):
    """The matrices have more entries than asked for, or an operator is not linear in the seed."""


def entries(
    results: Sequence[Node], seed: Node, compute: Compute, most: int | None = None
) -> list[Any]:
    """The matrices of `results`, which are linear in the free node `seed`, by unit vectors of it.

    Each is a `csr_array` of shape (result.size, seed.size) that stores what is not 0. `compute`
    gives the values of nodes that do not depend on the seed. Raises `Full` where more than `most`
    entries, or more than the limit of elements has room for, would be stored on the way.
    """
    room = LIMITS.elements // ROOM
    return _Sweep(seed, room if most is None else min(room, most)).run(simplify(results), compute)


class _Sweep:
    def __init__(self, seed: Node, most: int) -> None:
        self.most = most
        self.columns = seed.size
        self.values: dict[int, Array] = {}
        self.allow(seed.size)
        numbers = np.arange(seed.size + 1, dtype=np.int32 if most < 2**31 else np.int64)
        units = Rows(numbers, numbers[:-1], np.ones(seed.size, seed.dtype))
        self.matrices: dict[int, Rows] = {id(seed): units}

    def allow(self, count: int) -> None:
        """Raise `Full` unless so many entries may be stored."""
        if count > self.most:
            raise Full

    def run(self, results: Sequence[Node], compute: Compute) -> list[Any]:
        steps, seen = [], set(self.matrices)
        for node in postorder(results, self.matrices):
            if any(id(x) in seen for x in node.inputs):
                seen.add(id(node))
                steps.append(node)
        known = {id(x): x for node in steps for x in node.inputs if id(x) not in seen}
        self.values = dict(zip(known, compute(list(known.values())), strict=True))
        last = {id(x): k for k, node in enumerate(steps) for x in node.inputs}
        kept = {id(y) for y in results}
        with np.errstate(all="ignore"):
            for k, node in enumerate(steps):
                self.matrices[id(node)] = self.step(node)
                for x in {id(x) for x in node.inputs} - kept:
                    if last[x] == k:
                        self.matrices.pop(x, None)
        return [self.csr(self.matrix(y).without_zeros()) for y in results]

    def matrix(self, y: Node) -> Rows:
        """The matrix of a node, without entries where it does not depend on the seed."""
        if id(y) in self.matrices:
            return self.matrices[id(y)]
        indptr = np.zeros(y.size + 1, np.int32)
        return Rows(indptr, indptr[:0], np.zeros(0, y.dtype))

    def csr(self, matrix: Rows) -> Any:
        """SciPy's form of a matrix."""
        arrays = (matrix.data, matrix.indices, matrix.indptr)
        return sparse.csr_array(arrays, shape=(matrix.height, self.columns))

    def step(self, node: Node) -> Rows:
        """The matrix of a node of which some inputs have matrices."""
        op = node.op
        if node.parts is not None or op.kind in ("non-differentiable", "projection"):
            raise Full
        if node.size > LIMITS.elements // ROOM:
            raise Full
        rule: Callable[[Node], Rows] | None = getattr(self, f"_{op.name}", None)
        if rule is not None:
            return rule(node)
        if op.name in ENTRYWISE:
            return self.mapped(node)
        return self.moved(node) if isinstance(op, Linear) and op.moves else self.opaque(node)

    # ----- elements: one row for one row ----------------------------------------------------------

    def mapped(self, node: Node) -> Rows:
        """The sum of the matrices of the inputs, the operator applied to their entries."""
        linear = [k for k, x in enumerate(node.inputs) if id(x) in self.matrices]
        return self.total([self.entrywise(node, k) for k in linear])

    def total(self, parts: list[Rows]) -> Rows:
        """The sum of matrices."""
        found, *others = parts
        for part in others:
            if part.indptr is found.indptr and part.indices is found.indices:
                found = found._replace(data=found.data + part.data)
            else:
                found = _rows(self.csr(found) + self.csr(part))
        return found

    def entrywise(self, node: Node, k: int) -> Rows:
        """The operator applied to the entries of input `k`, with 0 for others that are linear."""
        matrix = self.spread(node.inputs[k], node.shape)
        rows: Any = None
        arguments: list[Any] = []
        for i, x in enumerate(node.inputs):
            value = self.values.get(id(x))
            if value is not None and value.size != 1:
                rows = matrix.of_entries() if rows is None else rows
                value = np.broadcast_to(value, node.shape).reshape(-1)[rows]
            elif value is not None:
                value = value.reshape(())
            arguments.append(matrix.data if i == k else 0 if value is None else value)
        data = np.asarray(node.op.evaluate(NUMPY, *arguments, **node.params))
        found = matrix._replace(data=data.astype(node.dtype, copy=False))
        return found.without_zeros() if node.op.selects else found

    def spread(self, x: Node, shape: Shape) -> Rows:
        """The matrix of a node broadcast to a shape."""
        matrix = self.matrices[id(x)]
        if x.shape == shape:
            return matrix
        numbers = np.arange(1, x.size + 1).reshape(x.shape)
        return self.selected([matrix], np.broadcast_to(numbers, shape))

    def moved(self, node: Node) -> Rows:
        """Rows of the inputs, found by moving the numbers of their elements; 0 is no element."""
        op, count, arguments, stack = node.op, 0, [], []
        assert isinstance(op, Linear)
        arity = len(node.inputs) if op.arity is None else op.arity
        for k, x in enumerate(node.inputs):
            if id(x) in self.matrices:
                stack.append(self.matrices[id(x)])
                arguments.append(np.arange(count + 1, count + x.size + 1).reshape(x.shape))
                count += x.size
            elif k < arity:
                arguments.append(np.zeros(x.shape, np.intp))
            else:
                arguments.append(self.values[id(x)])
        return self.selected(stack, np.asarray(op.evaluate(NUMPY, *arguments, **node.params)))

    def selected(self, stack: list[Rows], numbers: Array) -> Rows:
        """Rows of matrices below each other, counted from 1; no entries for the number 0."""
        matrix = stack[0] if len(stack) == 1 else _rows(sparse.vstack(list(map(self.csr, stack))))
        places = numbers.reshape(-1) - 1
        if places.size == matrix.height and np.array_equal(places, np.arange(places.size)):
            return matrix
        # a row without entries, which -1 finds
        padded = matrix._replace(indptr=np.append(matrix.indptr, matrix.indptr[-1]))
        self.allow(int(np.diff(padded.indptr)[places].sum()))
        return padded.taken(places)

    # ----- sums and products ----------------------------------------------------------------------

    def _sum(self, node: Node) -> Rows:
        (x,) = node.inputs
        gone = node.params["axis"]
        shape = tuple(1 if k in gone else n for k, n in enumerate(x.shape))
        rows = np.broadcast_to(np.arange(node.size).reshape(shape), x.shape)
        return self.collected(node, self.matrices[id(x)], rows)

    def _add_at(self, node: Node) -> Rows:
        x, *indices = node.inputs
        numbers = np.arange(node.size).reshape(node.shape)
        rows = gather_at.evaluate(NUMPY, numbers, *(self.values[id(i)] for i in indices))
        return self.collected(node, self.matrices[id(x)], rows)

    def collected(self, node: Node, matrix: Rows, rows: Array) -> Rows:
        """Each row of a matrix added to the row of the result that `rows` says."""
        return self.times(adding(rows, node.size, node.dtype), matrix)

    def _matmul(self, node: Node) -> Rows:
        loop = string.ascii_letters[: node.ndim - 2]
        return self.product(node, f"{loop}yz", f"{loop}zx", f"{loop}yx")

    def _einsum(self, node: Node) -> Rows:
        operands, out = node.params["spec"].split("->")
        left, right = operands.split(",")
        return self.product(node, left, right, out)

    def _convolve_full(self, node: Node) -> Rows:
        a, b = node.inputs
        loop = string.ascii_letters[: node.ndim - 1]
        products = self.product(node, f"{loop}y", f"{loop}z", f"{loop}yz")
        along = np.arange(a.shape[-1])[:, None] + np.arange(b.shape[-1])
        return self.collected(node, products, np.arange(node.size).reshape(node.shape)[..., along])

    def product(self, node: Node, left: str, right: str, out: str) -> Rows:
        """The matrix of an einsum, of which one operand has a matrix and one a value.

        An operand with fewer axes has the last letters.
        """
        (many, own), (factor, other) = zip(node.inputs, (left, right), strict=True)
        if id(many) not in self.matrices:
            many, own, factor, other = factor, other, many, own
        if id(factor) in self.matrices:
            raise Full
        own, other = own[len(own) - many.ndim :], other[len(other) - factor.ndim :]
        value = self.values[id(factor)]
        local = of_product(value, other, own, many.shape, out, self.allow)
        return self.times(local, self.matrices[id(many)])

    def times(self, local: Any, matrix: Rows) -> Rows:
        """The product of the matrix of an operator and that of its input."""
        if int(np.diff(matrix.indptr)[local.indices].sum()) > LIMITS.elements:
            raise Full
        found = _rows(local @ self.csr(matrix))
        self.allow(found.data.size)
        return found

    # ----- anything else --------------------------------------------------------------------------

    def opaque(self, node: Node) -> Rows:
        """The sum over inputs of products with the operator's own matrix, found by unit vectors."""
        parts = []
        for k, x in enumerate(node.inputs):
            if id(x) not in self.matrices:
                continue
            matrix = self.matrices[id(x)]
            steps: list[tuple[complex, Array]] = [(1, matrix.data.real)]
            if x.dtype.kind == "c":
                steps.append((1j, matrix.data.imag))
            for step, data in steps:
                local = by_units(node, k, self.values, step, self.allow)
                parts.append(self.times(local, matrix._replace(data=data)))
        return self.total(parts)


def _rows(matrix: Any) -> Rows:
    matrix = matrix.tocsr()
    return Rows(matrix.indptr, matrix.indices, matrix.data)
