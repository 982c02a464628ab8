"""Chunks of rows turned into columns of results, failures found one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from diffcli.batch.chunks import Chunk
from diffcli.batch.compile import Compiled, Signature
from diffcli.batch.job import Job
from diffcli.batch.rows import Group, failing, groups
from diffcli.errors import DiffcliError, ExitStatus

Array = np.ndarray[Any, Any]
Reasons = dict[int, DiffcliError]

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

    `kinds` are the number of axes and the kind of numbers of each output, which the first row that
    can be compiled decides, and `schema` the columns of the output; both are None before they are
    known, and several threads may compute afterwards.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.names = job.question.outputs()
        self.kinds: list[tuple[int, str]] | None = None
        self.schema: Any = None
        self._compiled: dict[Signature, Compiled | DiffcliError] = {}
        self._lock = threading.Lock()

    def decide(self, chunk: Chunk) -> bool:
        """Let the rows of a chunk decide the kinds; whether they are known now."""
        if self.kinds is None and chunk.batch.reason is None:
            for group in groups(chunk.columns, chunk.batch.rows):
                self.compiled(group.signature)
        return self.kinds is not None

    def adopt(self, schema: Any) -> None:
        """Make an output of these columns."""
        from diffcli.io.columns import unnested

        self.schema = schema
        self.kinds = [unnested(schema.field(name).type) for name in self.names]

    def divided(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk in parts that hold at most `CELLS` numbers, with the groups of their rows."""
        parts = [chunk]
        while parts:
            part = parts.pop()
            rows = part.batch.rows
            part.groups = groups(part.columns, rows) if part.batch.reason is None else []
            if rows > 1 and sum(len(g.rows) * self._cells(g) for g in part.groups) > CELLS:
                parts += [part.slice(rows // 2, rows), part.slice(0, rows // 2)]
            else:
                yield part

    def _cells(self, group: Group) -> int:
        """How many numbers a row of the group holds with its results."""
        made = self.compiled(group.signature)
        results = [] if isinstance(made, DiffcliError) else made.results
        return sum(prod(shape) for shape, _ in group.signature) + sum(
            y.size for y in results if y is not None
        )

    def chunk(self, chunk: Chunk) -> Results:
        """The results for a divided chunk. Raises errors that are not about single rows."""
        results, batch = Results(len(self.names)), chunk.batch
        if batch.reason is not None:
            results.failed = {0: DiffcliError("bad-file", batch.reason)}
            return results
        results.failed = {
            row: DiffcliError("bad-file", reason) for row, reason in failing(chunk.columns).items()
        }
        found = sum(len(g.rows) for g in chunk.groups)
        results.nulls = batch.rows - len(results.failed) - found
        for group in chunk.groups:
            self._compute(group, results)
        return results

    def compiled(self, signature: Signature) -> Compiled | DiffcliError:
        """The plan for rows of a signature, or why there is none."""
        with self._lock:
            if signature not in self._compiled:
                self._compiled[signature] = self._compile(signature)
            return self._compiled[signature]

    def plans(self) -> list[str]:
        """What has been compiled, in words."""
        return [
            f"{made.operations} operations on {made.block:,} rows at a time"
            for made in self._compiled.values()
            if isinstance(made, Compiled)
        ]

    def _compile(self, signature: Signature) -> Compiled | DiffcliError:
        try:
            made = Compiled(self.job.question, signature)
        except DiffcliError as error:
            about_rows = error.status == ExitStatus.FAILED or error.code in ROW_CODES
            if about_rows and error.code not in HINTS:
                return error
            error.hint = HINTS.get(error.code, error.hint)
            raise
        kinds = [(0, "f") if y is None else (len(y.shape), y.dtype.kind) for y in made.results]
        if self.kinds is None:
            self.kinds = kinds
        for y, name, was, now in zip(made.results, self.names, self.kinds, kinds, strict=True):
            if y is not None and was != now:
                return DiffcliError("shape", f"{name} {_differs(was, now)}")
        return made

    def _compute(self, group: Group, results: Results) -> None:
        compiled = self.compiled(group.signature)
        if isinstance(compiled, DiffcliError):
            results.failed |= dict.fromkeys(group.rows.tolist(), compiled)
            return
        arrays, rows = group.columns, group.rows
        try:
            values = compiled.run(arrays, len(rows))
        except DiffcliError:
            bad = _culprits(compiled, arrays, len(rows), self.job.on_error == "fail")
            results.failed |= {int(rows[i]): error for i, error in bad.items()}
            good = np.setdiff1d(np.arange(len(rows)), list(bad))
            if not len(good) or self.job.on_error == "fail":
                return
            rows = rows[good]
            values = compiled.run([a[good] for a in arrays], len(rows))
        for parts, array in zip(results.parts, values, strict=True):
            if array is not None:
                parts.append((array, rows))


def _differs(was: tuple[int, str], now: tuple[int, str]) -> str:
    if was[0] != now[0]:
        return f"is an array of {now[0]} axes here, and of {was[0]} in rows before"
    words = {"f": "real", "b": "true or false", "i": "an integer", "u": "an integer"}
    return f"is {words[now[1]]} here, and {words[was[1]]} in rows before"


def _culprits(compiled: Compiled, arrays: Sequence[Array], n: int, first: bool) -> Reasons:
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
