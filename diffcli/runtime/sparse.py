"""Linear functions of unit vectors as sparse matrices: Jacobians of which only the entries exist.

A node that is linear in a seed is a matrix, with a row for each of its elements and a column for
each of the seed's. It follows from the matrices of its inputs: an elementwise operator maps their
entries, one that moves elements selects their rows, sums and products multiply them by the sparse
matrix of the operator. So every entry is computed once, exactly, in one sweep: neither a pattern
nor a colouring is needed first, and rows or columns that are full cost what they hold. This is the
"sparse vector mode" of Griewank and Walther, "Evaluating Derivatives" (2nd edition, section 7.1).
As long as a graph treats lanes alike, their matrices have one pattern: see `runtime.blocks`.
"""

from __future__ import annotations

import functools
import operator
import string
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from diffcli.graph.node import Node, Shape, postorder
from diffcli.limits import LIMITS
from diffcli.ops.indexing import gather_at
from diffcli.ops.kinds import Linear
from diffcli.ops.namespace import NUMPY
from diffcli.runtime.blocks import (
    Axes,
    Blocks,
    Columns,
    Local,
    aligned,
    applied,
    by_place,
    held,
    lanes_along,
    narrowed,
    of_csr,
    others,
    plain,
    repeated,
    scattered,
)
from diffcli.runtime.local import adding, by_units, loop_axes, of_product, with_lanes
from diffcli.runtime.rearrange import arrangements, numbered, rearranged, spread
from diffcli.transforms.simplify import simplify

Array = np.ndarray[Any, Any]
Compute = Callable[[Sequence[Node]], Sequence[Array]]

ENTRYWISE = {"add", "subtract", "negative", "multiply", "divide", "where", "astype"}
ENTRYWISE |= {"real", "imag", "conj"}
"""Operators that are linear in each input they are given a tangent for, element by element."""


ROOM = 4
"""Elements of an array that an entry or a row takes the room of while matrices are made."""


class Full(Exception):
    """The matrices have more entries than asked for, or an operator is not linear in the seed."""


def entries(
    results: Sequence[Node], seeds: Sequence[Node], compute: Compute, most: int | None = None
) -> list[Any]:
    """The matrices of `results`, by unit vectors of the free nodes they are linear in, their seeds.

    Each is a `csr_array` of shape (result.size, seed.size) that stores what is not 0. `compute`
    gives the values of nodes that do not depend on the seeds. Raises `Full` where more than `most`
    entries, or more than the limit of elements has room for, would be stored on the way.
    """
    room = LIMITS.elements // ROOM
    sweep = _Sweep(seeds, room if most is None else min(room, most))
    return sweep.run(simplify(results), [x.size for x in seeds], compute)


class _Sweep:
    def __init__(self, seeds: Sequence[Node], most: int) -> None:
        self.most = most
        self.width = max((x.size for x in seeds), default=0)
        self.columns = Columns(LIMITS.elements // ROOM)
        self.values: dict[int, Array] = {}
        self.matrices = {id(x): self.units(x) for x in seeds}
        self.plains: dict[int, Blocks] = {}

    def units(self, seed: Node) -> Blocks:
        """The matrix of a seed: a row for each element, with 1 in its column."""
        self.allow(seed.size)
        numbers = np.arange(seed.size + 1, dtype=self.columns.dtype)
        ones = np.ones(seed.size, seed.dtype)
        if seed.size < 2:
            return Blocks((), numbers, numbers[:-1], ones)
        indices = self.columns.numbers(numbers[None, :-1])
        axes = tuple(range(seed.ndim))
        units = Blocks(axes, numbers[:2], indices, held([ones]))
        return narrowed(units, seed.shape, lanes_along(seed.shape, axes), self.columns)

    def allow(self, count: int) -> None:
        """Raise `Full` unless so many entries may be stored."""
        if count > self.most:
            raise Full

    def run(self, results: Sequence[Node], widths: Sequence[int], compute: Compute) -> list[Any]:
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
                        self.plains.pop(x, None)
        return [self.result(y, width) for y, width in zip(results, widths, strict=True)]

    def result(self, y: Node, width: int) -> Any:
        """SciPy's form of the matrix of a node, empty where it does not depend on a seed."""
        if id(y) not in self.matrices:
            return sparse.csr_array((y.size, width), dtype=y.dtype)
        m = self.plain(y)
        return m.where(m.data != 0).csr(width).astype(y.dtype, copy=False)

    def plain(self, x: Node) -> Blocks:
        """The matrix of a node as one lane."""
        if id(x) not in self.plains:
            self.plains[id(x)] = plain(self.matrices[id(x)], x.shape, self.columns)
        return self.plains[id(x)]

    def step(self, node: Node) -> Blocks:
        """The matrix of a node of which some inputs have matrices."""
        op = node.op
        unknown = node.parts is not None or op.kind in ("non-differentiable", "projection")
        if unknown or node.size > LIMITS.elements // ROOM:
            raise Full
        rule: Callable[[Node], Blocks] | None = getattr(self, f"_{op.name}", None)
        if rule is not None:
            return rule(node)
        if op.name in ENTRYWISE:
            return self.mapped(node)
        return self.moved(node) if isinstance(op, Linear) and op.moves else self.opaque(node)

    def linear(self, node: Node) -> list[int]:
        """Which inputs have matrices."""
        return [k for k, x in enumerate(node.inputs) if id(x) in self.matrices]

    # ----- elements: one row for one row ----------------------------------------------------------

    def mapped(self, node: Node) -> Blocks:
        """The sum of the matrices of the inputs, the operator applied to their entries."""
        axes, linear = self.common(node), self.linear(node)
        parts = []
        for k in linear:
            x = node.inputs[k]
            m = self.matrices[id(x)] if axes else self.plain(x)
            parts.append(spread(m, x.shape, node.shape, axes, self.columns, self.allow))
        parts = aligned(parts) if axes else parts
        if all(m.alike(parts[0]) for m in parts):
            given = {k: m.data for k, m in zip(linear, parts, strict=True)}
            return self.entrywise(node, parts[0], given)
        each = zip(linear, parts, strict=True)
        return self.total([self.entrywise(node, m, {k: m.data}) for k, m in each])

    def common(self, node: Node) -> Axes:
        """Axes along which all inputs have lanes, or are broadcast.

        None where an operator selects: what it does not take is no entry, which differs by lane.
        """
        axes = set() if node.op.selects else set(range(node.ndim))
        most = 1
        for k in self.linear(node):
            x = node.inputs[k]
            own, shift = self.matrices[id(x)], node.ndim - x.ndim
            axes &= {
                a for a in axes if a < shift or x.shape[a - shift] == 1 or a - shift in own.axes
            }
            if not own.axes:
                most = max(most, own.indices.size)
        return lanes_along(node.shape, tuple(sorted(axes)), most)

    def total(self, parts: Sequence[Blocks]) -> Blocks:
        """The sum of matrices of one lane."""
        return of_csr(functools.reduce(operator.add, (m.csr(self.width) for m in parts)))

    def entrywise(self, node: Node, m: Blocks, given: Mapping[int, Array]) -> Blocks:
        """A matrix of the pattern of `m`, of which the entries are the operator's of `given` ones.

        They are by number of the input; other inputs have their values, or 0 without one.
        """
        values = [self.value(x, node.shape, m.axes) for x in node.inputs]

        def of(place: Any, *numbers: Any) -> Array:
            arguments = [v[place] if len(v) > 1 else v[0] for v in values]
            for k, entry in zip(given, numbers, strict=True):
                arguments[k] = entry
            found = np.asarray(node.op.evaluate(NUMPY, *arguments, **node.params))
            return found.astype(node.dtype, copy=False)

        if m.axes:
            places = np.arange(m.height)[m.of_entries()].tolist()
            return m._replace(data=held(list(map(of, places, *given.values()))))
        found = m._replace(data=of(m.of_entries(), *given.values()))
        return found.where(found.data != 0) if node.op.selects else found

    def value(self, x: Node, shape: Shape, axes: Axes) -> Any:
        """The value of an input by place, and by lane where there are; 0 where it has none."""
        if id(x) not in self.values:
            return [0]
        found = by_place(self.values[id(x)], shape, axes)
        return found if axes else found[:, 0]

    def moved(self, node: Node) -> Blocks:
        """Rows of the inputs, found by moving the numbers of their elements; 0 is no element."""
        inputs = [node.inputs[k] for k in self.linear(node)]
        found = self.moved_lanes(node, inputs)
        if found is not None:
            return found
        plains = [self.plain(x) for x in inputs]
        whole, first = next(arrangements(plains, [1] * len(plains), self.columns))
        every = [numbered(x.shape, (), k + 1, x.size) for x, k in zip(inputs, first, strict=True)]
        places = self.numbers(node, every).reshape(-1) - 1
        self.allow(whole.count(places))
        return whole.taken(places)

    def moved_lanes(self, node: Node, inputs: Sequence[Node]) -> Blocks | None:
        """The matrix of an operator that moves elements, with lanes; None where there are none."""
        parts = [self.matrices[id(x)] for x in inputs]
        if not node.size or not all(m.axes for m in parts):
            return None
        lanes = [prod(x.shape[a] for a in m.axes) for x, m in zip(inputs, parts, strict=True)]
        for whole, first in arrangements(parts, lanes, self.columns):
            each = zip(inputs, parts, first, strict=True)
            every = [numbered(x.shape, m.axes, k + 1, whole.height) for x, m, k in each]
            found = rearranged(whole, self.numbers(node, every), self.columns, self.allow)
            if found is not None:
                return found
        return None

    def numbers(self, node: Node, given: Sequence[Array]) -> Array:
        """An operator applied to numbers of its inputs' elements, with 0 for other inputs."""
        op, arguments, left = node.op, [], list(given)
        assert isinstance(op, Linear)
        arity = len(node.inputs) if op.arity is None else op.arity
        for k, x in enumerate(node.inputs):
            if id(x) in self.matrices:
                arguments.append(left.pop(0))
            elif k < arity:
                arguments.append(np.broadcast_to(np.intp(0), x.shape))
            else:
                arguments.append(self.values[id(x)])
        return np.asarray(op.evaluate(NUMPY, *arguments, **node.params))

    # ----- sums and products ----------------------------------------------------------------------

    def _sum(self, node: Node) -> Blocks:
        (x,) = node.inputs
        m, gone = self.matrices[id(x)], node.params["axis"]
        shape = tuple(1 if a in gone else n for a, n in enumerate(x.shape))
        axes = lanes_along(x.shape, tuple(a for a in m.axes if a not in gone))
        rest = others(x.shape, axes)
        rows = repeated([shape[a] for a in rest], [x.shape[a] for a in rest])
        if not axes:
            return scattered(m, rows, node.size, self.columns)
        m = narrowed(m, x.shape, axes, self.columns)
        local = adding(rows.reshape(-1), prod(shape[a] for a in rest))
        if not node.params["keepdims"]:
            axes = tuple(a - sum(b < a for b in gone) for a in axes)
        return self.times(local, m)._replace(axes=axes)

    def _add_at(self, node: Node) -> Blocks:
        x, *indices = node.inputs
        numbers = np.arange(node.size, dtype=self.columns.dtype).reshape(node.shape)
        rows = gather_at.evaluate(NUMPY, numbers, *(self.values[id(i)] for i in indices))
        return scattered(self.matrices[id(x)], rows, node.size, self.columns)

    def _matmul(self, node: Node) -> Blocks:
        loop = string.ascii_letters[: node.ndim - 2]
        return self.product(node, f"{loop}yz", f"{loop}zx", f"{loop}yx")

    def _einsum(self, node: Node) -> Blocks:
        operands, out = node.params["spec"].split("->")
        left, right = operands.split(",")
        return self.product(node, left, right, out)

    def _convolve_full(self, node: Node) -> Blocks:
        a, b = node.inputs
        loop = string.ascii_letters[: node.ndim - 1]
        products = self.product(node, f"{loop}y", f"{loop}z", f"{loop}yz")
        along = np.arange(a.shape[-1])[:, None] + np.arange(b.shape[-1])
        rows = np.arange(node.size).reshape(node.shape)[..., along]
        return scattered(products, rows, node.size, self.columns)

    def product(self, node: Node, left: str, right: str, out: str) -> Blocks:
        """The matrix of an einsum, of which one operand has a matrix and one a value.

        An operand with fewer axes has the last letters.
        """
        (many, own), (factor, other) = zip(node.inputs, (left, right), strict=True)
        if id(many) not in self.matrices:
            many, own, factor, other = factor, other, many, own
        if id(factor) in self.matrices:
            raise Full
        own, other = own[len(own) - many.ndim :], other[len(other) - factor.ndim :]
        value, m = self.values[id(factor)], self.matrices[id(many)]
        axes = loop_axes(m.axes, many.shape, own, value, other, out)
        along = [own[a] for a in axes]
        value = with_lanes(value, other, along, [many.shape[a] for a in axes])
        m = narrowed(m, many.shape, axes, self.columns) if axes else self.plain(many)
        other, own, wanted = (
            "".join(c for c in letters if c not in along) for letters in (other, own, out)
        )
        shape = tuple(many.shape[a] for a in others(many.shape, axes))
        local = of_product(value, other, own, shape, wanted, self.allow)
        return self.times(local, m)._replace(axes=tuple(out.index(c) for c in along))

    def times(self, local: Local, m: Blocks) -> Blocks:
        """The product of the matrix of an operator and that of its input."""
        if m.count(local.col) * m.lanes > LIMITS.elements:
            raise Full
        found = applied(local, m) if m.axes else of_csr(local.csr() @ m.csr(self.width))
        self.allow(found.indices.size * found.lanes)
        return found

    # ----- anything else --------------------------------------------------------------------------

    def opaque(self, node: Node) -> Blocks:
        """The sum over inputs of products with the operator's own matrix, found by unit vectors."""
        parts = []
        for k in self.linear(node):
            matrix = self.plain(node.inputs[k])
            steps: list[tuple[complex, Array]] = [(1, matrix.data.real)]
            if node.inputs[k].dtype.kind == "c":
                steps.append((1j, matrix.data.imag))
            for step, data in steps:
                local = by_units(node, k, self.values, step, self.allow)
                parts.append(self.times(local, matrix._replace(data=data)))
        return self.total(parts)
