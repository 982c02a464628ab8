"""Expressions compiled for rows of one shape: one plan that computes a block of rows at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import Node, postorder
from diffcli.graph.shapes import show
from diffcli.lower.values import is_function
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.runtime.backend import backend as find_backend
from diffcli.runtime.plan import Plan
from diffcli.syntax.ast import Call, Name, children
from diffcli.syntax.parser import parse_expression
from diffcli.transforms import derive
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.vmap import vmap

Array = np.ndarray[Any, Any]
Given = list[tuple[Node, Array]]
"""Inputs with their values."""

Signature = tuple[tuple[tuple[int, ...], str], ...]
"""The shape and the dtype of every column in a row."""

Direction = Source | Array
"""A cotangent or tangent: an expression over columns and constants, or an array for all rows."""

KINDS = ("eval", "grad", "vjp", "jvp", "jacobian", "hessian")
BLOCK = 8192
"""Most rows that are computed at a time."""

ELEMENTS = 65536
"""The elements that an array of a block may have, so that a block stays in the cache."""


class Question:
    """What is asked of every row: the expression, the kind of derivative, by which variables.

    `columns` are the names that take a value from each row, `constants` those that keep theirs;
    `direction` is the cotangent of vjp, `tangents` are the directions of jvp, and `beside` the
    names that these use. With `column` there is no `source`: every row brings its own expression in
    that column. `backend` is where it is computed, `dtype` the type of numbers from tables and of
    those written out.
    """

    __slots__ = (
        "backend",
        "beside",
        "column",
        "columns",
        "constants",
        "direction",
        "dtype",
        "kind",
        "source",
        "tangents",
        "wrt",
    )

    def __init__(
        self,
        source: Source,
        kind: str,
        columns: Sequence[str],
        constants: Mapping[str, Array],
        wrt: Sequence[str] | None = None,
        direction: Direction | None = None,
        tangents: Mapping[str, Direction] | None = None,
        column: str | None = None,
        backend: str = "numpy",
        dtype: str = "float64",
    ) -> None:
        self.backend = backend
        self.dtype = dtype
        self.column = column
        self.source = source
        self.kind = kind
        self.columns = list(columns)
        self.constants = dict(constants)
        self.wrt = None if wrt is None else list(wrt)
        self.direction = direction
        self.tangents = dict(tangents or {})
        self.beside = names_beside(direction, self.tangents)

    def outputs(self) -> list[str]:
        """The names of the columns that are computed."""
        wrt = self.variables()
        if self.kind == "eval":
            return ["value"]
        if self.kind == "jvp":
            return ["value", "tangent"]
        if self.kind == "hessian":
            return ["value", *(f"d_{x}_{z}" for x in wrt for z in wrt)]
        return ["value", *(f"d_{x}" for x in wrt)]

    def variables(self) -> list[str]:
        """The variables to differentiate by: those asked for, or every column."""
        return self.columns if self.wrt is None else self.wrt

    def depths(self, axes: Mapping[str, int], value: int) -> list[int]:
        """The number of axes of each output, given those of the names and the value."""
        own = value if self.kind == "jacobian" else 0
        ends = [own + axes[x] for x in self.variables()]
        if self.kind == "hessian":
            ends = [m + n for m in ends for n in ends]
        return [value, *{"eval": [], "jvp": [value]}.get(self.kind, ends)]

    def names_in(self, text: str) -> tuple[str, ...]:
        """The names in the expression of a row and in directions; none if it cannot be parsed."""
        try:
            return (*names_in(text), *self.beside)
        except DiffcliError:
            return ()

    def about(self, text: str) -> Question:
        """The question for the expression of a row: of the names it uses. Raises `syntax`."""
        used = names_in(text)
        bound = {*used, *self.beside}
        columns = [name for name in self.columns if name in bound]
        constants = {name: v for name, v in self.constants.items() if name in bound}
        wrt = [name for name in self.variables() if name in used]
        tangents = {name: v for name, v in self.tangents.items() if name in used}
        kind = self.kind if (tangents if self.kind == "jvp" else wrt) else "eval"
        source = Source(text, "the expression")
        v, where, dtype = self.direction, self.backend, self.dtype
        return Question(
            source, kind, columns, constants, wrt, v, tangents, backend=where, dtype=dtype
        )


LONGEST = 4096
"""Most characters of texts that are remembered."""


def names_in(text: str) -> tuple[str, ...]:
    """The names in the expression of a row, remembered. Raises `syntax`."""
    return _remembered(text) if len(text) <= LONGEST else names_of(Source(text))


def names_of(source: Source) -> tuple[str, ...]:
    """The names of values in an expression, in the order of their first appearance.

    A function that is called is none, even where a column has its name. Raises `syntax`.
    """
    found: dict[str, int] = {}
    stack = [parse_expression(source)]
    while stack:
        node: Any = stack.pop()
        if isinstance(node, Name):
            found.setdefault(node.id, node.span[0])
        parts = list(children(node))
        if isinstance(node, Call) and isinstance(node.function, Name):
            parts = parts[1:] if is_function(node.function.id) else parts
        stack += reversed(parts)  # type: ignore[arg-type]
    return tuple(sorted(found, key=found.__getitem__))


def names_beside(
    direction: Direction | None, tangents: Mapping[str, Direction] | None
) -> list[str]:
    """The names that the directions of a question use. Raises `syntax`."""
    texts = [d for d in (direction, *(tangents or {}).values()) if isinstance(d, Source)]
    return list(dict.fromkeys(name for text in texts for name in names_of(text)))


_remembered = lru_cache(maxsize=4096)(lambda text: names_of(Source(text)))


class Compiled:
    """A question compiled for rows of one signature.

    Rows are computed in blocks of one size, the last one filled up with copies of its last row: how
    rows are divided into chunks changes nothing about the numbers, not even how they are rounded.
    `largest` is the size of the largest array of a row.
    """

    __slots__ = (
        "_given",
        "_lock",
        "_plans",
        "_results",
        "_xp",
        "block",
        "inputs",
        "largest",
        "question",
        "results",
        "trace",
    )

    def __init__(self, question: Question, signature: Signature) -> None:
        self.question = question
        self._xp = find_backend(question.backend)
        self.inputs = [
            INPUT.make(name, shape, np.dtype(dtype))
            for name, (shape, dtype) in zip(question.columns, signature, strict=True)
        ]
        self.trace = api.trace(
            question.source, question.constants, question.dtype, unknown=self.inputs
        )
        self.results, extra = _asked(self.trace, question, self.inputs)
        self._results = [y for y in self.results if y is not None]
        constants = [(self.trace.inputs[name], v) for name, v in question.constants.items()]
        self._given = [*constants, *extra]
        self._plans: dict[int, Plan] = {}
        self._lock = threading.Lock()
        self.largest = max((x.size for x in postorder(self._results)), default=1)
        self.block = BLOCK
        while self.block > 1 and self.block * self.largest > max(ELEMENTS, BLOCK):
            self.block //= 2

    def run(self, columns: Sequence[Array], n: int) -> list[Array | None]:
        """The results for `n` rows along the leading axis of `columns`; None as in `results`.

        Raises what the operators raise, such as `domain`, for all rows at once.
        """
        out = [np.empty((n, *y.shape), y.dtype) for y in self._results]
        for start in range(0, n, self.block):
            part = [c[start : start + self.block] for c in columns]
            found = self._block(part, self.block)
            for into, values in zip(out, found, strict=True):
                rows = into[start : start + self.block]
                rows[...] = values[: len(rows)]
        arrays = iter(out)
        return [None if y is None else next(arrays) for y in self.results]

    @property
    def operations(self) -> int:
        """The number of instructions of the plan."""
        return len(self._plan(self.block).instructions)

    def fails(self, columns: Sequence[Array], n: int) -> DiffcliError | None:
        """What some of `n` rows raise; the numbers of such small plans are not for use."""
        size = 1
        while size < n:
            size *= 2
        try:
            self._block(columns, size)
        except DiffcliError as error:
            return error
        return None

    def _block(self, columns: Sequence[Array], size: int) -> list[Array]:
        filled = [_filled(c, size) for c in columns]
        try:
            found = self._plan(size).run(self._xp, [*filled, *(v for _, v in self._given)])
            return [self._xp.to_host(values) for values in found]
        except DiffcliError as error:
            raise error.at(None, self.trace.source) from None

    def _plan(self, size: int) -> Plan:
        with self._lock:
            if size not in self._plans:
                self._plans[size] = self._made(size)
            return self._plans[size]

    def _made(self, size: int) -> Plan:
        many = [INPUT.make(x.params["name"], (size, *x.shape), x.dtype) for x in self.inputs]
        pairs = list(zip(self.inputs, many, strict=True))
        results = vmap(self._results, pairs, size)
        return Plan(results, [*many, *(x for x, _ in self._given)])


def _asked(t: api.Trace, question: Question, columns: Sequence[Node]) -> tuple[list[Maybe], Given]:
    """The nodes that are asked for, the value first, and values of further inputs."""
    y, kind, wrt = t.output, question.kind, question.variables()
    if kind == "eval":
        return [y], []
    if kind == "jvp":
        primals = api.variables(t, list(question.tangents))
        pairs, extra = [], []
        for x, (name, given) in zip(primals, question.tangents.items(), strict=True):
            dx, values = _fitting(given, question, columns, x, f"the tangent of {name}", name)
            pairs.append((x, dx))
            extra += values
        (moved,) = push([api.differentiable(t)], pairs)
        return [y, F.zeros_like(y) if moved is None else moved], extra
    if kind == "hessian":
        rows = derive.hessian(api.scalar(t), api.real_variables(t, wrt))
        filled = [api.filled_row(t, x, wrt, row) for x, row in zip(wrt, rows, strict=True)]
        return [y, *(block for row in filled for block in row)], []
    nodes = api.variables(t, wrt)
    if kind == "grad":
        y = api.scalar(t)
        return [y, *api.filled(t, wrt, pull([(y, one(y))], nodes))], []
    y = api.differentiable(t)
    if kind == "jacobian":
        if y.dtype.kind == "c":
            _check_slopes(t, wrt)
        return [y, *api.filled(t, wrt, derive.jacobian(y, nodes), y.shape)], []
    v = question.direction
    if v is None and y.size != 1:
        raise DiffcliError(
            "usage",
            f"a cotangent of the result's shape {show(y.shape)} is missing",
            hint=f"add --v 'ones({show(y.shape)})' if all rows have this shape; "
            "sum(...) with --kind grad has any",
        )
    v = np.ones(y.shape) if v is None else v
    g, extra = _fitting(v, question, columns, y, "the cotangent", "the result")
    return [y, *api.filled(t, wrt, pull([(y, g)], nodes))], extra


def _fitting(
    given: Direction, question: Question, columns: Sequence[Node], like: Node, what: str, whose: str
) -> tuple[Node, Given]:
    """A direction as a node of the shape and type of its primal, and the inputs that it adds."""
    if isinstance(given, Source):
        t = api.trace(given, question.constants, question.dtype, unknown=columns)
        for part in postorder([t.output]):
            part.span = None  # places are told in the expression
        node, extra = t.output, [(t.inputs[name], v) for name, v in question.constants.items()]
    else:
        node = INPUT.make("v", given.shape, given.dtype)
        extra = [(node, given)]
    api.check_fits(node, like, what, whose)
    return F.astype(F.reshape(node, like.shape), like.dtype), extra


def _check_slopes(t: api.Trace, wrt: Sequence[str]) -> None:
    """Raise for complex variables of a complex result: whether there are derivatives is not known
    before there are values."""
    for name in wrt:
        if t.inputs[name].dtype.kind == "c":
            raise DiffcliError(
                "not-differentiable",
                f"a batch takes no Jacobian of a complex result by '{name}', which is complex",
                source=t.source,
                hint="use vjp or jvp, or the Jacobians of real(...) and imag(...)",
            )


def _filled(rows: Array, size: int) -> Array:
    """`rows` with copies of the last one up to `size`."""
    if len(rows) == size:
        return rows
    return np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])
