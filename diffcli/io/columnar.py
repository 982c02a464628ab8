"""Tables in Parquet and Arrow files, read in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diffcli.io.locations import Input
from diffcli.io.records import ROWS, Read, Reader

BYTES = 1 << 23
"""About how many bytes are read from a Parquet file at a time."""


class ParquetFile(Reader):
    """A Parquet file; of its columns only those asked for are read."""

    def __init__(self, source: Input) -> None:
        import pyarrow.parquet as pq

        # Pages are read as they are used: a row group as a whole may be large.
        self._file = pq.ParquetFile(source.whole(), buffer_size=1 << 20, pre_buffer=False)
        self._about = self._file.metadata
        self.rows = self._about.num_rows
        groups = range(self._about.num_row_groups)
        self.row_groups = [self._about.row_group(i).num_rows for i in groups]
        self.schema = self._file.schema_arrow

    def read(
        self, wanted: list[str], numbers: list[str], texts: list[str], rows: int
    ) -> Iterator[Read]:
        """The columns `wanted`, at most `rows` rows at a time."""
        rows = min(rows, self._rows_at_a_time(wanted))
        if any("string" in str(self.schema.field(name).type) for name in numbers):
            rows = ROWS  # what texts mean is decided for a batch
        for data in self._file.iter_batches(rows, self.groups, wanted):
            yield data, len(data), None

    def _rows_at_a_time(self, wanted: list[str]) -> int:
        """How many rows of these columns are about `BYTES`, by the largest row group."""
        most = 1
        for k in range(self._about.num_row_groups):
            group = self._about.row_group(k)
            parts = [group.column(i) for i in range(self._about.num_columns)]
            size = sum(
                part.total_uncompressed_size
                for part in parts
                if part.path_in_schema.split(".")[0] in wanted
            )
            most = max(most, size // max(group.num_rows, 1))
        return max(BYTES // most, 1)


class ArrowFile(Reader):
    """A file or stream of Arrow's record batches."""

    def __init__(self, source: Input) -> None:
        self._opened = self._open(source)
        self.schema = self._opened.schema

    def _open(self, source: Input) -> Any:
        import pyarrow as pa

        if source.compression is None:
            try:
                return pa.ipc.open_file(source.whole())
            except pa.ArrowInvalid:
                pass
        return pa.ipc.open_stream(source.stream())

    def read(
        self, wanted: list[str], numbers: list[str], texts: list[str], rows: int
    ) -> Iterator[Read]:
        """The columns `wanted`, as the batches of the file are."""
        for data in self._batches():
            yield data.select(wanted), len(data), None

    def _batches(self) -> Iterator[Any]:
        if hasattr(self._opened, "num_record_batches"):
            for i in range(self._opened.num_record_batches):
                yield self._opened.get_batch(i)
        else:
            yield from self._opened
