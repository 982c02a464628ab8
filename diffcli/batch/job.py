"""What a batch is asked to do and what came of it, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffcli.batch.compile import Question

ON_ERROR = ("fail", "null", "skip")
CHUNK = 65536
"""Most rows of a chunk."""


class Job:
    """A question about the rows of files, and what becomes of the answers.

    `mapping` says which column a name stands for, `keep` which columns are copied. `on_error` says
    what a row that cannot be computed does: "fail" stops the batch, "null" gives it nulls and a
    reason in the column `error`, "skip" leaves it out.
    """

    __slots__ = ("chunk", "keep", "mapping", "on_error", "question")

    def __init__(
        self,
        question: Question,
        mapping: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        on_error: str = "fail",
        chunk: int = CHUNK,
    ) -> None:
        self.question = question
        self.mapping = {name: name for name in question.columns} | dict(mapping or {})
        self.keep = list(keep)
        self.on_error = on_error
        self.chunk = chunk

    def columns(self) -> list[str]:
        """The columns that are read for names of the expression, in the order of the names."""
        return [self.mapping[name] for name in self.question.columns]


class Failure:
    """A row that could not be computed: the file, the row counted from 1, and the reason."""

    __slots__ = ("file", "reason", "row")

    def __init__(self, file: str, row: int, reason: str) -> None:
        self.file = file
        self.row = row
        self.reason = reason


class Summary:
    """How many rows were read, how many failed and had nulls, the first failures, the seconds."""

    __slots__ = ("failed", "failures", "nulls", "rows", "seconds")

    def __init__(self) -> None:
        self.rows = 0
        self.failed = 0
        self.nulls = 0
        self.failures: list[Failure] = []
        self.seconds = 0.0
