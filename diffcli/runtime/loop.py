"""Loops: kernels run over arrays, as machine code or block by block, on all processors."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from diffcli.graph.node import Node, Shape
from diffcli.ops.namespace import Namespace
from diffcli.runtime.instruction import Instruction, building
from diffcli.runtime.kernel import CHUNK, Kernel

Array = np.ndarray[Any, Any]

BLOCK = 32768
"""Elements that are computed at a time where there is no machine code."""

PIECE = 1 << 15
"""Fewest elements that are worth a thread of their own."""

COMPILE_FROM = 5_000_000
"""Elements times steps from which building machine code of few steps pays."""

NARROW = 16
"""Rows shorter than this are left to NumPy."""


class Geometry:
    """The loop over a shape as rows and columns.

    `operands` says for each operand whether it varies along rows and along columns; adjacent axes
    along which all operands behave alike are one. `fits` is whether two axes are enough.
    """

    def __init__(self, shape: Shape, operands: Sequence[Shape], axes: Sequence[Any] = ()) -> None:
        self.shape = shape
        marks = [[n != 1 for n in (1,) * (len(shape) - len(s)) + s] for s in operands]
        marks += [[k not in axis for k in range(len(shape))] for axis in axes if axis]
        dims: list[tuple[int, list[bool]]] = []
        for n, *marked in zip(shape, *marks, strict=True):
            if n == 1:
                continue
            if dims and dims[-1][1] == marked:
                dims[-1] = (dims[-1][0] * n, marked)
            else:
                dims.append((n, marked))
        full = [len(axis) == len(shape) for axis in axes]
        self.fits = len(dims) <= 2 and (len(dims) < 2 or dims[1][0] >= NARROW)
        if not self.fits:
            return
        self.columns = dims[-1][0] if dims else 1
        self.rows = dims[0][0] if len(dims) == 2 else 1
        along = [[m[k] for _, m in dims] for k in range(len(operands))]
        self.operands = [((False, *a)[-2], a[-1]) if a else (False, False) for a in along]
        self.full = full

    @property
    def parts(self) -> int:
        """Partial sums of a row."""
        return -(-self.columns // CHUNK)


class Fused:
    """A loop over operands that stores some of its values and sums others.

    `stored` are (slot, step of the kernel, node), `sums` are (slot, step of the kernel, slot of the
    summed value, node); `steps` are the same loop as instructions. Where it is `built`, machine
    code runs it whatever its size.
    """

    allocates = True

    def __init__(
        self,
        *,
        kernel: Kernel,
        geometry: Geometry,
        operands: list[int],
        constants: dict[int, Any],
        stored: Sequence[tuple[int, int, Node]],
        sums: Sequence[tuple[int, int, int, Node]],
        steps: Sequence[Instruction],
        nodes: Sequence[Node],
    ) -> None:
        self.kernel = kernel
        self.geometry = geometry
        self.operands = operands
        self.constants = constants
        self.stored = list(stored)
        self.sums = list(sums)
        self.steps = list(steps)
        self._forget_early()
        self.nodes = list(nodes)
        self.results = [*(s[0] for s in stored), *(s[0] for s in sums)]
        self.dead: list[int] = []
        self._reuse: dict[int, int] = {}
        self.built = False

    def _forget_early(self) -> None:
        """Let each step of a block name the values that no later step needs."""
        kept = {*(s[0] for s in self.stored), *(s[2] for s in self.sums)}
        seen: set[int] = set(kept)
        for step in reversed(self.steps):
            for slot in step.operands:
                if slot not in seen:
                    seen.add(slot)
                    step.dead.append(slot)

    def reuse_memory(self, free: dict[int, Node]) -> None:
        """Write results into operands in `free`, which nothing needs afterwards."""
        for slot, _, node in self.stored:
            for spare, x in free.items():
                if x.shape == node.shape and x.dtype == node.dtype:
                    self._reuse[slot] = spare
                    del free[spare]
                    break

    def run(self, xp: Namespace, store: list[Any]) -> None:
        """Compute the results and put them into the store."""
        if xp.name != "numpy":
            from diffcli.runtime.cuda import launch

            return launch(xp, self, store)
        arrays = [
            np.ascontiguousarray(np.asarray(store[slot], node.dtype))
            for slot, node in zip(self.operands, self.nodes, strict=True)
        ]
        results = [self.memory(xp, slot, node, store) for slot, _, node in self.stored]
        shape = (self.geometry.rows, self.geometry.parts)
        partial = [np.empty(shape, node.dtype) for *_, node in self.sums]
        if xp.patience < inf and (self.built or self._compiles(xp.patience)):
            self._run_machine(arrays, results, partial)
        else:
            self._blocks(xp, arrays, results, partial)
        for (slot, _, _), value in zip(self.stored, results, strict=True):
            store[slot] = value
        for (slot, _, _, node), part, full in zip(
            self.sums, partial, self.geometry.full, strict=True
        ):
            if part.size > node.size:
                part = part.sum(axis=None if full else 1)
            store[slot] = part.reshape(node.shape)

    def memory(self, xp: Namespace, slot: int, node: Node, store: list[Any]) -> Any:
        """Where a result goes: a dead operand, or new memory."""
        spare = store[self._reuse[slot]] if slot in self._reuse else None
        flags = getattr(spare, "flags", None)
        # CuPy's arrays can all be written
        if flags is not None and flags.c_contiguous and getattr(flags, "writeable", True):
            return spare
        return xp.empty(node.shape, node.dtype)

    # ----- machine code ---------------------------------------------------------------------------

    def _compiles(self, patience: float) -> bool:
        steps = len(self.kernel.steps)
        work = self.geometry.rows * self.geometry.columns * steps
        return work >= COMPILE_FROM * building(steps) * patience and jit()

    @cached_property
    def _machine(self) -> tuple[Callable[..., None], Any, Any, list[tuple[int, int, int, int]]]:
        """The code, the type of the list of its arrays, their strides, and pieces for threads."""
        from diffcli.runtime.llvm import code

        g = self.geometry
        kinds = [node.dtype for node in self.nodes]
        made = code(
            tuple(self.kernel.steps),
            tuple((s, k, c) for s, k, (_, c) in zip(self.operands, kinds, g.operands, strict=True)),
            tuple(step for _, step, _ in self.stored),
            tuple(step for _, step, *_ in self.sums),
        )
        strides = [
            *(
                (g.columns if column else 1) * kind.itemsize if row else 0
                for kind, (row, column) in zip(kinds, g.operands, strict=True)
            ),
            *(g.columns * node.dtype.itemsize for *_, node in self.stored),
            *(g.parts * node.dtype.itemsize for *_, node in self.sums),
        ]
        steps = (ctypes.c_int64 * len(strides))(*strides)
        return made.call, ctypes.c_void_p * len(strides), steps, self._pieces()

    def _run_machine(self, arrays: list[Array], results: list[Array], partial: list[Array]) -> None:
        call, pointers, strides, pieces = self._machine
        bases = pointers(*map(_address, (*arrays, *results, *partial)))
        in_parallel(lambda piece: call(bases, strides, *piece), pieces)

    def _pieces(self) -> list[tuple[int, int, int, int]]:
        """Rectangles of rows and columns, one for each thread."""
        rows, columns = self.geometry.rows, self.geometry.columns
        count = max(1, min(processors(), rows * columns // PIECE))
        if rows >= count:
            edges = [rows * k // count for k in range(count + 1)]
            return [(a, b, 0, columns) for a, b in pairwise(edges)]
        edges = [columns * k // count // CHUNK * CHUNK for k in range(count)] + [columns]
        return [(0, rows, a, b) for a, b in pairwise(edges) if a < b]

    # ----- blocks ---------------------------------------------------------------------------------

    def _blocks(
        self, xp: Namespace, arrays: list[Array], results: list[Array], partial: list[Array]
    ) -> None:
        g = self.geometry
        flat = [
            a.reshape((g.rows if row else 1), (g.columns if column else 1))
            for a, (row, column) in zip(arrays, g.operands, strict=True)
        ]
        flat = [v if node.weak else a for v, a, node in zip(arrays, flat, self.nodes, strict=True)]
        into = [r.reshape(g.rows, g.columns) for r in results]

        def compute(r0: int, r1: int, c0: int, c1: int) -> None:
            values: dict[int, Any] = dict(self.constants)
            for slot, a, (row, column), node in zip(
                self.operands, flat, g.operands, self.nodes, strict=True
            ):
                rows = slice(r0, r1) if row else slice(None)
                columns = slice(c0, c1) if column else slice(None)
                values[slot] = a.item() if node.weak else a[rows, columns]
            self.tile(xp, values)
            for (slot, _, _), target in zip(self.stored, into, strict=True):
                target[r0:r1, c0:c1] = values[slot]
            for (_, _, summed, _), target in zip(self.sums, partial, strict=True):
                whole = np.broadcast_to(values[summed], (r1 - r0, c1 - c0))
                starts = np.arange(0, c1 - c0, CHUNK)
                target[r0:r1, c0 // CHUNK : -(-c1 // CHUNK)] = np.add.reduceat(
                    whole, starts, axis=1
                )

        tiles = list(self._tiles())
        share = -(-len(tiles) // processors())
        shares = [tiles[k : k + share] for k in range(0, len(tiles), share)]

        def compute_all(share: Sequence[tuple[int, int, int, int]]) -> None:
            with np.errstate(all="ignore"):  # threads have a state of their own
                for tile in share:
                    compute(*tile)

        in_parallel(compute_all, shares)

    def tile(self, xp: Namespace, values: dict[int, Any]) -> None:
        """Add the values of all operators to those of operands and constants."""
        for step in self.steps:
            (result,) = step.results
            operands = [values[slot] for slot in step.operands]
            if step.node.op.name == "broadcast_to":
                values[result] = operands[0]
            else:
                values[result] = xp.evaluate(step.node, operands, step.node.params)
            for slot in step.dead:
                del values[slot]

    def _tiles(self) -> Iterator[tuple[int, int, int, int]]:
        rows, columns = self.geometry.rows, self.geometry.columns
        wide = min(columns, BLOCK)
        high = max(1, BLOCK // wide)
        for r in range(0, rows, high):
            for c in range(0, columns, wide):
                yield r, min(r + high, rows), c, min(c + wide, columns)


def _address(array: Array) -> int:
    """Where the elements of an array are."""
    if array.flags.writeable:  # a third of the time
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    return int(array.ctypes.data)


def in_parallel(call: Callable[[Any], None], pieces: Sequence[Any]) -> None:
    """Call for every piece, on as many threads as there are processors."""
    if len(pieces) == 1:
        call(pieces[0])
    else:
        list(_pool().map(call, pieces))


@cache
def _pool() -> Any:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(processors(), thread_name_prefix="diffcli-loop")


@cache
def processors() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


@cache
def jit() -> bool:
    """Whether machine code is built: llvmlite is installed and DIFFCLI_JIT is not 0."""
    from diffcli.runtime.processor import available

    return os.environ.get("DIFFCLI_JIT", "1") != "0" and available()
