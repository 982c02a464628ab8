"""What a batch is asked to do and what came of it, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diffcli.batch.compile import Question

ON_ERROR = ("fail", "null", "skip")
CHUNK = 65536
"""Most rows of a chunk."""

SHOWN = 10
"""Failing rows that are named in the summary."""


class Job:
    """A question about the rows of files, and what becomes of the answers.

    `mapping` says which column a name stands for, `keep` which columns are copied. `on_error` says
    what a row that cannot be computed does: "fail" stops the batch, "null" gives it nulls and a
    reason in the column `error`, "skip" leaves it out. `into` is the kind of table that is
    written: in one of text the columns that are kept stay as they stand in one that is read.
    """

    __slots__ = ("chunk", "into", "keep", "mapping", "on_error", "question")

    def __init__(
        self,
        question: Question,
        mapping: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        on_error: str = "fail",
        chunk: int = CHUNK,
        into: str = "parquet",
    ) -> None:
        self.question = question
        self.mapping = {name: name for name in question.columns} | dict(mapping or {})
        self.keep = list(keep)
        self.on_error = on_error
        self.chunk = chunk
        self.into = into

    def numbers(self) -> list[str]:
        """The columns that names may stand for, in the order of the names."""
        return [self.mapping[name] for name in self.question.columns]

    def kept(self) -> list[str]:
        """The other columns that are read: those to keep, and that of the expressions."""
        own = self.question.column
        return self.keep if own is None else [*self.keep, own]

    def texts(self) -> list[str]:
        """The columns that are read as they stand in files of text."""
        from diffcli.io.text_rows import TEXTS

        own = self.question.column
        return [*(self.keep if self.into in TEXTS else []), *([] if own is None else [own])]


class Failure:
    """A row that could not be computed: the file, the row counted from 1, and the reason."""

    __slots__ = ("file", "reason", "row")

    def __init__(self, file: str, row: int, reason: str) -> None:
        self.file = file
        self.row = row
        self.reason = reason


class Answers:
    """The rows of the output for a chunk, as an Arrow table, and what is to be said of the chunk.

    `rows` were read, `nulls` of them had no value, and `failed` could not be computed, of which
    `failures` names the first few.
    """

    __slots__ = ("failed", "failures", "nulls", "rows", "table")

    def __init__(
        self, table: Any, rows: int, nulls: int, failed: int, failures: Sequence[Failure]
    ) -> None:
        self.table = table
        self.rows = rows
        self.nulls = nulls
        self.failed = failed
        self.failures = list(failures)


class Summary:
    """How many rows were read, how many failed and had nulls, the first failures, the seconds."""

    __slots__ = ("failed", "failures", "nulls", "rows", "seconds")

    def __init__(self) -> None:
        self.rows = 0
        self.failed = 0
        self.nulls = 0
        self.failures: list[Failure] = []
        self.seconds = 0.0

    def add(self, answers: Answers) -> None:
        """Count a chunk."""
        self.rows += answers.rows
        self.failed += answers.failed
        self.nulls += answers.nulls
        self.failures += answers.failures[: SHOWN - len(self.failures)]
