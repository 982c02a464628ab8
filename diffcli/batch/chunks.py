"""Chunks: rows that are computed at a time, with the columns that the names stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from diffcli.batch.job import Job
from diffcli.batch.rows import Group

if TYPE_CHECKING:
    from diffcli.io.columns import Column
    from diffcli.io.records import Batch, Records


class Chunk:
    """Rows of the file `path`, by name the columns of the expression, and the bytes read so far.

    `groups` are the rows by their shapes, where they have been found.
    """

    __slots__ = ("batch", "columns", "groups", "path", "read")

    def __init__(self, batch: Batch, columns: dict[str, Column], path: str, read: int) -> None:
        self.batch = batch
        self.columns = columns
        self.path = path
        self.read = read
        self.groups: list[Group] = []

    def slice(self, start: int, stop: int) -> Chunk:
        """Some of the rows."""
        columns = {name: c.slice(start, stop) for name, c in self.columns.items()}
        return Chunk(self.batch.slice(start, stop), columns, self.path, self.read)


def chunks(job: Job, records: Records, start: int = 0) -> Iterator[Chunk]:
    """The rows of a table from row `start` of the file on.

    What texts mean is decided for the whole batch that is read, so that it does not depend on how
    it is cut.
    """
    from diffcli.io.columns import column

    for batch in records.batches(job.columns(), job.keep, job.verbatim, job.chunk):
        if batch.first + batch.rows <= start:
            continue
        columns = {name: column(batch.column(job.mapping[name])) for name in job.mapping}
        whole = Chunk(batch, columns, records.path, records.position)
        for first in range(max(0, start - batch.first), batch.rows, job.chunk):
            yield whole.slice(first, min(first + job.chunk, batch.rows))
