"""Answers to chunks of rows: rows of the output, in columns of types that do not change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.batch.chunks import Chunk
from diffcli.batch.compute import Computer, Results
from diffcli.batch.job import SHOWN, Answers, Failure
from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.batch.journal import Part


class BadRow(DiffcliError):
    """The first failing row of a batch that must have none."""


class Step:
    """Some rows of a partition, or their answers, or None when it has no more.

    `part` is where the journal keeps the answers of the partition, None where they are kept
    already; `read` are the bytes of the input read so far.
    """

    __slots__ = ("item", "part", "read")

    def __init__(self, part: Part | None, item: Chunk | Answers | None, read: int = 0) -> None:
        self.part = part
        self.item = item
        self.read = read


def decided(computer: Computer, steps: Iterator[Step]) -> Iterator[Step]:
    """The steps, after the first of them have decided the columns of the output.

    The kept columns have the types of the first chunk; the rows before the first one that can be
    compiled are held in memory.
    """
    held: list[Step] = []
    for step in steps:
        held.append(step)
        if isinstance(step.item, Answers):
            computer.adopt(step.item.table.schema)
            break
        if step.item is not None and computer.decide(step.item):
            break
    if computer.schema is None:
        first = next((step.item for step in held if isinstance(step.item, Chunk)), None)
        computer.adopt(_schema(computer, first))
    return chain(held, steps)


def _schema(computer: Computer, first: Chunk | None) -> Any:
    """The columns that are kept, those computed, and the reasons of failures, with their types."""
    from diffcli.io.kept import kept_type
    from diffcli.io.sinks import schema_of

    job = computer.job
    types = computer.types or computer.types_of([0] * len(computer.names))
    kept = {name: kept_type(_type(first, name), job.into) for name in job.keep}
    made = dict(zip(computer.names, types, strict=True))
    why = {"error": None} if job.on_error == "null" else {}
    return schema_of({**kept, **made, **why})


def _type(first: Chunk | None, name: str) -> Any:
    """The type of a column; numbers of CSV files may be read as real where they begin whole."""
    from diffcli.io.lists import holds_numbers
    from diffcli.io.text_rows import MARKS

    if first is None:
        return None
    read = first.batch.column(name).type
    return read if first.table.kind in MARKS and holds_numbers(read) else first.table.types[name]


def answer(computer: Computer, chunk: Chunk) -> Answers:
    """The rows of the output for a chunk. Raises the first failure under `on_error="fail"`."""
    from diffcli.io.lists import texts, to_arrow
    from diffcli.io.sinks import table_of

    results, n, job, schema = computer.chunk(chunk), chunk.batch.rows, computer.job, computer.schema
    columns = _kept(computer, chunk, results)
    failures = _failures(computer, chunk, results)
    for name, parts in zip(computer.names, results.parts, strict=True):
        columns[name] = to_arrow(parts, n, schema.field(name).type)
    if job.on_error == "null":
        columns["error"] = texts({i: e.message for i, e in results.failed.items()}, n)
    if job.on_error == "skip" and results.failed:
        good = np.ones(n, np.bool_)
        good[list(results.failed)] = False
        columns = {name: c.filter(good) for name, c in columns.items()}
    return Answers(table_of(columns, schema), n, results.nulls, len(results.failed), failures)


def _kept(computer: Computer, chunk: Chunk, results: Results) -> dict[str, Any]:
    """The columns that are kept; a cell that does not go into its column is a failure."""
    from diffcli.io.kept import kept
    from diffcli.io.text_rows import MARKS

    columns, table = {}, chunk.table
    for name in computer.job.keep:
        meant = table.types[name] if table.kind in MARKS else None
        kind = computer.schema.field(name).type
        cells = chunk.batch.column(name)
        columns[name], reasons = kept(cells, kind, computer.job.into, meant)
        for row, reason in reasons.items():
            error = DiffcliError("bad-file", f"the value of '{name}' {reason}")
            results.failed.setdefault(row, error)
    return columns


def _failures(computer: Computer, chunk: Chunk, results: Results) -> list[Failure]:
    """The first failures of a chunk with their places; raises if there must be none."""
    place = "standard input" if chunk.table.path == "-" else f"'{chunk.table.path}'"
    rows = sorted(results.failed)[:SHOWN]
    begin = chunk.batch.first + 1
    if rows and computer.job.on_error == "fail":
        error = results.failed[rows[0]]
        others = "--on-error null or skip goes on with the other rows"
        hint = f"{error.hint}; or --on-error null" if error.hint else others
        raise BadRow(
            error.code,
            error.message,
            span=error.span,
            source=error.source,
            hint=f"in row {begin + rows[0]} of {place}\n{hint}",
        )
    return [Failure(place, begin + row, results.failed[row].message) for row in rows]
