"""Chunks: rows that are computed at a time, with the columns that the names stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.batch.job import Job
from diffcli.batch.rows import Group, alike
from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.io.columns import Column
    from diffcli.io.records import Batch, Records

Array = np.ndarray[Any, Any]


class Texts:
    """The texts of rows: row i has `words[codes[i]]`, or none where the code is negative.

    `reasons` says by row why a cell is no text.
    """

    __slots__ = ("codes", "reasons", "words")

    def __init__(self, codes: Array, words: list[str], reasons: dict[int, str]) -> None:
        self.codes = codes
        self.words = words
        self.reasons = reasons

    def slice(self, start: int, stop: int) -> Texts:
        """Some of the rows."""
        reasons = {i - start: r for i, r in self.reasons.items() if start <= i < stop}
        return Texts(self.codes[start:stop], self.words, reasons)


class Chunk:
    """Rows of a `table`, by name the columns of the expression, and the bytes read so far.

    `texts` are the expressions that the rows bring, if they do. `groups` are the rows by expression
    and shapes, and `failed` says why some are in none, where that has been found.
    """

    __slots__ = ("batch", "columns", "failed", "groups", "read", "table", "texts")

    def __init__(
        self,
        batch: Batch,
        columns: dict[str, Column],
        texts: Texts | None,
        table: Records,
        read: int,
    ) -> None:
        self.batch = batch
        self.columns = columns
        self.texts = texts
        self.table = table
        self.read = read
        self.groups: list[Group] = []
        self.failed: dict[int, DiffcliError] = {}

    def slice(self, start: int, stop: int) -> Chunk:
        """Some of the rows."""
        columns = {name: c.slice(start, stop) for name, c in self.columns.items()}
        texts = self.texts and self.texts.slice(start, stop)
        return Chunk(self.batch.slice(start, stop), columns, texts, self.table, self.read)

    def axes(self, name: str) -> int:
        """The number of axes of the cells of a column of the table."""
        from diffcli.io.columns import column

        return int(column(self.batch.column(name)).shapes.shape[1])

    def expressions(self) -> Iterator[tuple[str | None, Array]]:
        """The different texts in the order of their first rows, each with its rows.

        A single None stands for the expression that all rows share.
        """
        if self.texts is None:
            yield None, np.arange(self.batch.rows)
            return
        rows = np.flatnonzero(self.texts.codes >= 0)
        for part in alike(self.texts.codes[rows, None]) if len(rows) else ():
            yield self.texts.words[self.texts.codes[rows[part[0]]]], rows[part]


def chunks(job: Job, records: Records, start: int = 0) -> Iterator[Chunk]:
    """The rows of a table from row `start` of the file on.

    What texts mean is decided for the whole batch that is read, so that it does not depend on how
    it is cut.
    """
    from diffcli.io.columns import column, distinct

    for batch in records.batches(job.numbers(), job.kept(), job.texts(), job.chunk):
        if batch.first + batch.rows <= start:
            continue
        texts, names = None, job.question.columns
        if job.question.column is not None:
            texts = Texts(*distinct(batch.column(job.question.column)))
            used = {name for text in texts.words for name in job.question.names_in(text)}
            names = [name for name in names if name in used]
        columns = {
            name: column(batch.column(own), records.types.get(own), job.question.dtype)
            for name, own in ((name, job.mapping[name]) for name in names)
        }
        whole = Chunk(batch, columns, texts, records, records.position)
        for first in range(max(0, start - batch.first), batch.rows, job.chunk):
            yield whole.slice(first, min(first + job.chunk, batch.rows))
