"""Tables in CSV and TSV files, read in batches."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from diffcli.io.columns import MISSING
from diffcli.io.files import bad_file
from diffcli.io.locations import Input
from diffcli.io.records import Read, Reader

BLOCK = 1 << 21
LARGEST = 1 << 30
"""Bytes of text that are read at a time, and for rows that are longer."""

CONVERSION = re.compile(r"In CSV column #(\d+):.*conversion error to ")
"""What Arrow says of a cell that is not of its column's type."""


END = "\x03 the end of the table"
"""Begins a row behind the last one, which is not seen as a row if a quote is still open."""


class _Ended:
    """A stream with a row of too many cells behind its end."""

    def __init__(self, stream: Any, end: bytes) -> None:
        self.closed = False
        self._stream = stream
        self._end = end

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        if not block:
            block, self._end = self._end, b""
        return block  # type: ignore[no-any-return]

    def close(self) -> None:
        self.closed = True
        self._stream.close()


class Delimited(Reader):
    """A CSV or TSV file with a header. Rows with another number of cells come with a reason."""

    def __init__(self, source: Input) -> None:
        self._source = source
        self._block = BLOCK
        self._mark = "\t" if source.kind == "tsv" else ","
        self._ragged: deque[tuple[int, str]] = deque()  # rows that are left out, and why
        self._whole = False  # the end has been seen
        self.schema = self._open({}, None).schema

    def _open(self, types: Mapping[str, Any], columns: list[str] | None) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        while True:
            self._ragged.clear()
            self._whole = False
            end = "" if columns is None else f"\n{END}{self._mark * len(self.schema)}"
            try:
                return csv.open_csv(
                    pa.PythonFile(_Ended(self._source.stream(), end.encode()), "r"),
                    # One thread counts the rows, which several do not.
                    read_options=csv.ReadOptions(block_size=self._block, use_threads=False),
                    parse_options=csv.ParseOptions(
                        delimiter=self._mark,
                        newlines_in_values=True,
                        invalid_row_handler=self._leave_out,
                    ),
                    convert_options=csv.ConvertOptions(
                        column_types=types, include_columns=columns or [], null_values=MISSING
                    ),
                )
            except pa.ArrowInvalid as error:
                if not self._enlarge(error):
                    raise

    def _leave_out(self, row: Any) -> str:
        if row.text.startswith(END):
            self._whole = True
            return "skip"
        cells = f"{row.actual_columns} cell{'' if row.actual_columns == 1 else 's'}"
        reason = f"the row has {cells}, and the header {row.expected_columns}"
        self._ragged.append((row.number - 2, reason))  # counted from 1, with the header
        return "skip"

    def _enlarge(self, error: Exception) -> bool:
        """Read larger blocks after an error about a row that does not fit."""
        if "straddl" not in str(error) or self._block >= LARGEST:
            return False
        self._block *= 8
        return True

    def read(
        self, wanted: list[str], numbers: list[str], texts: list[str], rows: int
    ) -> Iterator[Read]:
        """The columns `wanted`, as many rows as a block of text holds."""
        import pyarrow as pa
        from pyarrow import types

        kinds = {name: self.schema.field(name).type for name in wanted}
        # Bytes are what is inferred for texts that are not UTF-8: as texts they are refused.
        plain = [*texts, *(n for n, kind in kinds.items() if types.is_binary(kind))]
        for name in numbers:
            if types.is_integer(kinds[name]) or types.is_null(kinds[name]):
                kinds[name] = pa.float64()
        kinds |= dict.fromkeys(plain, pa.string())
        done = 0
        while True:
            seen = 0
            try:
                for data, count, reason in self._rows(kinds, wanted):
                    start = max(done - seen, 0)
                    seen += count
                    if start < count:
                        yield data if data is None else data.slice(start), count - start, reason
                        done = seen
                return
            except pa.ArrowInvalid as error:
                if not self._enlarge(error):
                    kind = self._misread(error, kinds)
                    kinds |= {n: pa.string() for n, k in kinds.items() if k == kind}

    def _rows(self, types: Mapping[str, Any], wanted: list[str]) -> Iterator[Read]:
        """The rows in order, with those that are left out in their places."""
        row = 0
        for data in self._open(types, wanted):
            start = 0
            while self._ragged and self._ragged[0][0] <= row + len(data) - start:
                place, reason = self._ragged.popleft()
                if place > row:
                    yield data.slice(start, place - row), place - row, None
                    start += place - row
                yield None, 1, reason
                row = place + 1
            if start < len(data):
                yield data.slice(start), len(data) - start, None
                row += len(data) - start
        for _, reason in self._ragged:
            yield None, 1, reason
            row += 1
        if not self._whole:
            problem = f"has a quote in row {row} that is never closed"
            raise bad_file(self._source.path, problem, "write a quote within a quoted cell twice")

    def _misread(self, error: Exception, kinds: Mapping[str, Any]) -> Any:
        """The type of a column with a cell that is none of it; texts can say so row by row."""
        import pyarrow as pa

        found = CONVERSION.search(str(error))
        if found is None:
            raise error
        name = self.schema.names[int(found[1])]
        if kinds[name] == pa.string():
            problem = f"has a column '{name}' that holds text that is not UTF-8"
            raise bad_file(self._source.path, problem, "leave it out of --keep")
        return kinds[name]
