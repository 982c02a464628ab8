"""Chunks of rows turned into columns of results, failures found one by one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.batch.chunks import Chunk
from diffcli.batch.compile import Compiled, Signature
from diffcli.batch.job import Job
from diffcli.batch.rows import Group, failing, groups
from diffcli.errors import DiffcliError, ExitStatus
from diffcli.graph.node import Node

Array = np.ndarray[Any, Any]
Reasons = dict[int, DiffcliError]
Key = tuple[str | None, Signature]
Made = Compiled | DiffcliError

PLANS = 1 << 22
"""How much the plans that are kept may weigh, in numbers: expressions that come with the rows must
not fill the memory."""

TEXTS = 64
"""Most expressions in a chunk, whose plans are kept until they have been computed."""

CELLS = 1 << 21
"""Most numbers that rows that are computed together hold with their results."""

ROW_CODES = {"bad-argument"}
"""Errors that may come from the shape of a row although they usually come from the text."""

HINTS = {
    "data-dependent": "the values differ from row to row; where(...) keeps the shape",
    "unknown-name": "give it a value with NAME=VALUE, or a column with --map NAME=COLUMN",
}
"""Errors that all rows have alike, with the repairs that a batch offers."""


class Results:
    """The results of a chunk: for each output its values with the rows they belong to.

    `failed` says by row why it has none, and `nulls` counts rows without a value.
    """

    __slots__ = ("failed", "nulls", "parts")

    def __init__(self, outputs: int) -> None:
        self.parts: list[list[tuple[Array, Array]]] = [[] for _ in range(outputs)]
        self.failed: Reasons = {}
        self.nulls = 0


class Computer:
    """Answers the question of a job for chunks, compiling once for every shape of rows.

    `types` are the Arrow types of the outputs, which the first row that can be compiled decides,
    and `schema` the columns of the output; both are None before they are known, and several threads
    may compute afterwards.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.names = job.question.outputs()
        self.types: list[Any] | None = None
        self.schema: Any = None
        self._compiled: OrderedDict[Key, Made] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def decide(self, chunk: Chunk) -> bool:
        """Let the rows of a chunk decide the types; whether they are known now."""
        if self.types is None and chunk.batch.reason is None:
            self._sort(chunk)
            for group in chunk.groups:
                made = self.compiled(group)
                if not isinstance(made, DiffcliError):
                    self.types = self._decided(chunk, made)
                    break
        return self.types is not None

    def _decided(self, chunk: Chunk, made: Compiled) -> list[Any]:
        """The types of the outputs, given those of one row."""
        if self.job.question.column is None:
            (unknown,) = self.types_of([0])
            return [unknown if y is None else _type(y) for y in made.results]
        axes = {n: v.ndim for n, v in self.job.question.constants.items()}
        axes |= {n: chunk.axes(self.job.mapping[n]) for n in self.job.question.columns}
        first = made.results[0]
        depths = self.job.question.depths(axes, 0 if first is None else len(first.shape))
        return self.types_of(depths)

    def types_of(self, depths: Sequence[int]) -> list[Any]:
        """The types of outputs with so many axes, of the numbers that were asked for."""
        from diffcli.io.lists import nested

        return [nested(depth, self.job.question.dtype) for depth in depths]

    def adopt(self, schema: Any) -> None:
        """Make an output of these columns."""
        self.schema = schema
        self.types = [schema.field(name).type for name in self.names]

    def divided(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk in parts that are not too large, with the groups of their rows."""
        parts = [chunk]
        while parts:
            part = parts.pop()
            rows = part.batch.rows
            varied = part.texts is not None and len(np.unique(part.texts.codes)) > TEXTS
            if not varied:
                self._sort(part)
            numbers = sum(len(g.rows) * self._cells(g) for g in part.groups)
            if rows > 1 and (varied or numbers > CELLS):
                parts += [part.slice(rows // 2, rows), part.slice(0, rows // 2)]
            else:
                yield part

    def _sort(self, chunk: Chunk) -> None:
        """Find the groups of the rows of a chunk, and those that fail."""
        chunk.groups, chunk.failed = [], {}
        if chunk.batch.reason is not None:
            chunk.failed = {0: DiffcliError("bad-file", chunk.batch.reason)}
            return
        for row, reason in (chunk.texts.reasons if chunk.texts else {}).items():
            message = f"the value of '{self.job.question.column}' {reason}"
            chunk.failed[row] = DiffcliError("bad-file", message)
        for text, rows in chunk.expressions():
            columns = chunk.columns
            if text is not None:
                used = self.job.question.names_in(text)
                columns = {name: c for name, c in columns.items() if name in used}
            for row, reason in failing(columns, rows).items():
                chunk.failed[row] = DiffcliError("bad-file", reason)
            chunk.groups += groups(text, columns, rows)

    def _cells(self, group: Group) -> int:
        """How many numbers a row of the group holds with its results."""
        made = group.made = self.compiled(group)
        results = [] if isinstance(made, DiffcliError) else made.results
        return sum(prod(shape) for shape, _ in group.signature) + sum(
            y.size for y in results if y is not None
        )

    def chunk(self, chunk: Chunk) -> Results:
        """The results for a divided chunk. Raises errors that are not about single rows."""
        results = Results(len(self.names))
        results.failed = dict(chunk.failed)
        found = sum(len(g.rows) for g in chunk.groups)
        results.nulls = chunk.batch.rows - len(results.failed) - found
        for group in chunk.groups:
            self._compute(group, results)
        return results

    def compiled(self, group: Group) -> Compiled | DiffcliError:
        """The plan for rows of an expression and a signature, or why there is none."""
        key = group.text, group.signature
        with self._lock:
            if key in self._compiled:
                self._compiled.move_to_end(key)
                return self._compiled[key]
            made = self._compiled[key] = self._compile(group)
            self._weight += _weight(key, made)
            while self._weight > PLANS and len(self._compiled) > 1:
                self._weight -= _weight(*self._compiled.popitem(last=False))
            return made

    def plans(self) -> list[str]:
        """What has been compiled, in words."""
        return [
            f"{made.operations} operations on {made.block:,} rows at a time"
            for made in self._compiled.values()
            if isinstance(made, Compiled)
        ]

    def _compile(self, group: Group) -> Made:
        question = self.job.question
        if group.text is not None:
            try:
                return Compiled(question.about(group.text), group.signature)
            except DiffcliError as error:
                return error
        try:
            return Compiled(question, group.signature)
        except DiffcliError as error:
            about_rows = error.status == ExitStatus.FAILED or error.code in ROW_CODES
            if about_rows and error.code not in HINTS:
                return error
            error.hint = HINTS.get(error.code, error.hint)
            raise

    def _misfit(self, made: Compiled) -> DiffcliError | None:
        """Why results do not go into the columns of the output, if they do not."""
        from diffcli.io.lists import depth_of

        assert self.types is not None
        types = dict(zip(self.names, self.types, strict=True))
        for name, y in zip(made.question.outputs(), made.results, strict=True):
            if y is None or types[name] == _type(y):
                continue
            # where expressions differ from row to row, numbers go into those of one type
            narrower = np.dtype(self.job.question.dtype).kind == "c" or y.dtype.kind != "c"
            if (
                self.job.question.column is not None
                and depth_of(types[name]) == y.ndim
                and narrower
            ):
                continue
            return DiffcliError("shape", f"{name} {_differs(types[name], _type(y))}")
        return None

    def _compute(self, group: Group, results: Results) -> None:
        compiled = group.made or self.compiled(group)
        misfit = compiled if isinstance(compiled, DiffcliError) else self._misfit(compiled)
        if isinstance(compiled, DiffcliError) or misfit is not None:
            results.failed |= dict.fromkeys(group.rows.tolist(), misfit)
            return
        arrays, rows = group.columns, group.rows
        try:
            values = compiled.run(arrays, len(rows))
        except DiffcliError:
            bad = culprits(compiled, arrays, len(rows), self.job.on_error == "fail")
            results.failed |= {int(rows[i]): error for i, error in bad.items()}
            good = np.setdiff1d(np.arange(len(rows)), list(bad))
            if not len(good) or self.job.on_error == "fail":
                return
            rows = rows[good]
            values = compiled.run([a[good] for a in arrays], len(rows))
        for name, array in zip(compiled.question.outputs(), values, strict=True):
            if array is not None:
                results.parts[self.names.index(name)].append((array, rows))


def _weight(key: Key, made: Made) -> int:
    """About how much memory a plan takes, in numbers."""
    return 4096 + len(key[0] or "") + (made.largest if isinstance(made, Compiled) else 0)


def _type(y: Node) -> Any:
    """The Arrow type of a result."""
    from diffcli.io.lists import nested

    return nested(len(y.shape), y.dtype)


def _differs(was: Any, now: Any) -> str:
    from diffcli.io.lists import depth_of, leaf

    depths = depth_of(was), depth_of(now)
    if depths[0] != depths[1]:
        return f"is an array of {depths[1]} axes here, and of {depths[0]} in rows before"
    words = {"double": "real", "float": "real", "bool": "true or false", "string": "complex"}
    before, here = (words.get(str(leaf(kind)), "an integer") for kind in (was, now))
    return f"is {here} here, and {before} in rows before"


def culprits(compiled: Compiled, arrays: Sequence[Array], n: int, first: bool) -> Reasons:
    """The rows that cannot be computed, found by halving; only the first one if that is enough."""
    bad: Reasons = {}
    spans = [(i, min(i + compiled.block, n)) for i in range(0, n, compiled.block)][::-1]
    while spans:
        start, stop = spans.pop()
        error = compiled.fails([a[start:stop] for a in arrays], stop - start)
        if error is None:
            continue
        if stop - start == 1:
            bad[start] = error
            if first:
                break
        else:
            middle = (start + stop) // 2
            spans += [(middle, stop), (start, middle)]
    return bad
