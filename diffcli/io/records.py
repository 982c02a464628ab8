"""Tables of any size, read in batches: CSV, TSV, JSON lines, Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from diffcli.io.columns import MISSING
from diffcli.io.files import bad_file, open_error
from diffcli.io.locations import kind_of

BLOCK = 1 << 21
"""Bytes of text that are read at a time."""

ROWS = 65536
BYTES = 1 << 23
"""Most rows, and about the bytes, that are read from a Parquet file at a time."""


class Batch:
    """Rows of a file from `first` (counted from 0): an Arrow record batch, or why there is none."""

    __slots__ = ("data", "first", "reason", "rows")

    def __init__(self, data: Any, first: int, rows: int, reason: str | None = None) -> None:
        self.data = data
        self.first = first
        self.rows = rows
        self.reason = reason

    def slice(self, start: int, stop: int) -> Batch:
        """Some of the rows."""
        data = None if self.data is None else self.data.slice(start, stop - start)
        return Batch(data, self.first + start, stop - start, self.reason)

    def column(self, name: str) -> Any:
        """The Arrow array of a column; nulls where JSON lines do not mention it."""
        import pyarrow as pa

        if self.data is None or name not in self.data.schema.names:
            return pa.nulls(self.rows)
        return self.data.column(name)


class Records:
    """A table in a file: `names` are its columns, `types` their Arrow types as far as known.

    `position` is the number of bytes read so far and `size` the number there are. Opening reads
    the beginning of the file. Raises `bad-file`.
    """

    def __init__(self, path: str, stdin: Callable[[], BinaryIO]) -> None:
        self.path = path
        self.kind, self.compression = kind_of(path)
        self.size = 0 if path == "-" else Path(path).stat().st_size
        self.position = 0
        self.rows: int | None = None
        self._raw: Any = None
        self._stdin = stdin
        self._opened: Any = None
        self._most = ROWS
        schema = self._guarded(getattr(self, f"_open_{self.kind}"))
        self.names: list[str] = list(schema.names)
        self.types: dict[str, Any] = dict(zip(schema.names, schema.types, strict=True))
        for name in self.names:
            if self.names.count(name) > 1:
                raise bad_file(path, f"has several columns '{name}'")

    def batches(
        self, numbers: Sequence[str], kept: Sequence[str], verbatim: bool, rows: int = ROWS
    ) -> Iterator[Batch]:
        """The rows, in order, with the columns of `numbers` and those to keep.

        `rows` is how many to read at a time where the format allows to choose. With `verbatim` kept
        columns of CSV files are texts as they stand in the file.
        """
        self._most = min(rows, ROWS)
        wanted = list(dict.fromkeys([*numbers, *kept]))
        for name in wanted:
            if name not in self.names and self.kind != "jsonl":
                hint = f"its columns are {', '.join(self.names)}"
                raise bad_file(self.path, f"has no column '{name}'", hint)
        read = getattr(self, f"_read_{'csv' if self.kind == 'tsv' else self.kind}")
        source = read(wanted, list(numbers), verbatim)
        while True:
            batch = self._guarded(lambda: next(source, None))
            if batch is None:
                return
            self.position = self._tell()
            yield batch

    def _tell(self) -> int:
        try:
            return int(self._raw.tell())
        except (AttributeError, ValueError, OSError):
            return self.position

    def _guarded(self, call: Callable[[], Any]) -> Any:
        import pyarrow as pa

        try:
            return call()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError) as error:
            reason = str(error).split("\n")[0].removeprefix("CSV parse error: ").rstrip(".")
            if reason == "Empty CSV file":
                raise bad_file(self.path, "is empty") from None
            raise bad_file(
                self.path, f"cannot be read as {self.kind.upper()}: {reason[:200]}"
            ) from None
        except UnicodeDecodeError:
            raise bad_file(self.path, "has names that are not UTF-8 text") from None
        except OSError as error:
            raise open_error(self.path, error) from None

    def _stream(self) -> Any:
        import pyarrow as pa

        if self.path == "-":
            return self._stdin()
        self._raw = pa.OSFile(self.path)
        if self.compression:
            return pa.CompressedInputStream(self._raw, self.compression)
        return self._raw

    # ----- CSV and TSV -----

    def _csv(self, types: dict[str, Any], columns: list[str] | None) -> Any:
        from pyarrow import csv

        return csv.open_csv(
            self._stream(),
            read_options=csv.ReadOptions(block_size=BLOCK),
            parse_options=csv.ParseOptions(delimiter="\t" if self.kind == "tsv" else ","),
            convert_options=csv.ConvertOptions(
                column_types=types, include_columns=columns or [], null_values=list(MISSING)
            ),
        )

    def _open_csv(self) -> Any:
        return self._csv({}, None).schema

    _open_tsv = _open_csv

    def _read_csv(self, wanted: list[str], numbers: list[str], verbatim: bool) -> Iterator[Batch]:
        import pyarrow as pa
        from pyarrow import types

        chosen: dict[str, Any] = {}
        for name in wanted:
            kind = self.types[name]
            if name in numbers and (types.is_integer(kind) or types.is_null(kind)):
                chosen[name] = pa.float64()
            elif name not in numbers and verbatim:
                chosen[name] = pa.string()
        # Where a cell is not of its column's type, the columns are read on as texts, which say so.
        reals = {n: pa.string() for n in numbers if not types.is_boolean(self.types[n])}
        attempts = [chosen, chosen | reals, chosen | dict.fromkeys(numbers, pa.string())]
        done = 0
        for attempt in attempts:
            seen = 0
            try:
                for data in self._csv(attempt, wanted):
                    rest = data.slice(max(done - seen, 0))
                    seen += len(data)
                    if len(rest):
                        yield Batch(rest, done, len(rest))
                        done = seen
                return
            except pa.ArrowInvalid as error:
                if "conversion error" not in str(error) or attempt is attempts[-1]:
                    raise

    # ----- JSON lines -----

    def _open_jsonl(self) -> Any:
        import pyarrow as pa

        stream = self._stream()
        text = b""
        while block := stream.read(BLOCK):
            text += block
            if b"\n" in block:
                break
        self._opened = stream, text
        head = text[: text.rfind(b"\n") + 1] if block else text
        pieces = [data for data, _, _ in json_tables(head) if data is not None]
        if not pieces:
            raise bad_file(self.path, "is empty" if not text.strip() else "holds no JSON objects")
        fields = {f.name: f for data in reversed(pieces) for f in data.schema}
        order = dict.fromkeys(name for data in pieces for name in data.schema.names)
        return pa.schema([fields[name] for name in order])

    def _read_jsonl(self, wanted: list[str], numbers: list[str], verbatim: bool) -> Iterator[Batch]:
        stream, text = self._opened
        first = 0
        while True:
            block = stream.read(BLOCK)
            stop = text.rfind(b"\n") + 1 if block else len(text)
            for data, rows, reason in json_tables(text[:stop]):
                yield Batch(data, first, rows, reason)
                first += rows
            if not block:
                return
            text = text[stop:] + block

    # ----- Parquet and Arrow -----

    def _open_parquet(self) -> Any:
        import pyarrow.parquet as pq

        # Pages are read as they are used: a row group as a whole may be large.
        self._opened = pq.ParquetFile(self.path, buffer_size=1 << 20, pre_buffer=False)
        self.rows = self._opened.metadata.num_rows
        return self._opened.schema_arrow

    def _read_parquet(
        self, wanted: list[str], numbers: list[str], verbatim: bool
    ) -> Iterator[Batch]:
        first = 0
        rows = min(self._most, self._rows_at_a_time(wanted))
        if any(str(self.types[n]).endswith("string") for n in numbers):
            rows = ROWS  # what texts mean is decided for a batch
        for data in self._opened.iter_batches(batch_size=rows, columns=wanted):
            yield Batch(data, first, len(data))
            first += len(data)
            self.position = self.size * first // max(self.rows or 1, 1)

    def _rows_at_a_time(self, wanted: list[str]) -> int:
        """How many rows of these columns are about `BYTES`, by the largest row group."""
        table, most = self._opened.metadata, 1
        for k in range(table.num_row_groups):
            group = table.row_group(k)
            parts = [group.column(i) for i in range(table.num_columns)]
            size = sum(
                part.total_uncompressed_size
                for part in parts
                if part.path_in_schema.split(".")[0] in wanted
            )
            most = max(most, size // max(group.num_rows, 1))
        return max(BYTES // most, 1)

    def _open_arrow(self) -> Any:
        import pyarrow as pa

        stream = self._stream()
        if self.compression is None:
            try:
                self._opened = pa.ipc.open_file(stream)
                return self._opened.schema
            except pa.ArrowInvalid:
                stream = self._stream()
        self._opened = pa.ipc.open_stream(stream)
        return self._opened.schema

    def _read_arrow(self, wanted: list[str], numbers: list[str], verbatim: bool) -> Iterator[Batch]:
        reader, first = self._opened, 0
        if hasattr(reader, "num_record_batches"):
            source = (reader.get_batch(i) for i in range(reader.num_record_batches))
        else:
            source = iter(reader)
        for data in source:
            yield Batch(data.select(wanted), first, len(data))
            first += len(data)


def json_tables(text: bytes) -> Iterator[tuple[Any, int, str | None]]:
    """Lines of JSON as Arrow tables; lines that do not fit together are divided until they do.

    What is no JSON object by itself comes with the reason.
    """
    import pyarrow as pa
    from pyarrow import json

    if not text.strip():
        return
    parts = [text]
    while parts:
        part = parts.pop()
        try:
            options = json.ReadOptions(block_size=len(part) + 1)
            table = json.read_json(pa.BufferReader(part), read_options=options)
            if not table.num_columns:  # nothing but {}
                yield None, len([line for line in part.split(b"\n") if line.strip()]), None
                continue
            yield table.combine_chunks().to_batches()[0], table.num_rows, None
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            lines = [line for line in part.split(b"\n") if line.strip()]
            if len(lines) == 1:
                reason = str(error).split("\n")[0].removeprefix("JSON parse error: ")
                reason = reason.removesuffix(" in row 0").rstrip(".")
                yield None, 1, f"the line is no record in JSON: {reason[:1].lower()}{reason[1:]}"
                continue
            half = len(lines) // 2
            parts += [b"\n".join(lines[half:]), b"\n".join(lines[:half])]
