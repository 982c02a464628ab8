"""Tables of any size, read in batches: CSV, TSV, JSON lines, Parquet and Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from diffcli.io.files import bad_file, open_error
from diffcli.io.hive import partition_values
from diffcli.io.json_values import listed
from diffcli.io.locations import Input

ROWS = 65536
"""Most rows that are read at a time."""

Read = tuple[Any, int, str | None]
"""An Arrow record batch, the number of its rows, and why there is none instead."""


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


class Reader:
    """Reads tables of one kind: their Arrow `schema`, then their rows from the first on.

    `rows` is their number if it is known beforehand, and `row_groups` that of each row group of a
    Parquet file, of which only some `groups` may be read.
    """

    schema: Any
    rows: int | None = None
    row_groups: Sequence[int] = ()
    groups: Sequence[int] | None = None

    def read(
        self, wanted: list[str], numbers: list[str], texts: list[str], rows: int
    ) -> Iterator[Read]:
        """The columns `wanted`, about `rows` rows at a time.

        Those of `numbers` are read as numbers if they can be, those of `texts` as they stand.
        """
        raise NotImplementedError


def reader_of(source: Input) -> Reader:
    """The reader for a source, which has read the beginning. Raises OSError and Arrow's errors."""
    if source.kind == "jsonl":
        from diffcli.io.json_records import JsonLines

        return JsonLines(source)
    if source.kind in ("csv", "tsv"):
        from diffcli.io.delimited import Delimited

        return Delimited(source)
    from diffcli.io.columnar import ArrowFile, ParquetFile

    return ParquetFile(source) if source.kind == "parquet" else ArrowFile(source)


class Records:
    """A table in a file: `names` are its columns, `types` their Arrow types as far as known.

    `keys` are the types of columns whose values are in the names of the folders. `position` is the
    number of bytes read so far and `size` the number there are. Only some row `groups` of Parquet
    may be read, the first row of which is row `first`. The file is found at `place` where `path` is
    but its name. Opening reads the beginning of the file. Raises `bad-file`.
    """

    def __init__(
        self,
        path: str,
        stdin: Callable[[], BinaryIO],
        keys: Mapping[str, str] | None = None,
        groups: Sequence[int] | None = None,
        first: int = 0,
        place: str | None = None,
    ) -> None:
        self.path = path
        self._first = first
        self._source = Input(path, stdin, place)
        self.kind, self.size = self._source.kind, self._source.size
        self._reader = self._guarded(lambda: reader_of(self._source))
        self._reader.groups = groups
        self.rows, self.row_groups = self._reader.rows, self._reader.row_groups
        fields = self._guarded(lambda: [(f.name, f.type) for f in self._reader.schema])
        self._own: list[str] = [name for name, _ in fields]
        self._keys = self._partition(keys or {})
        self.types: dict[str, Any] = dict(fields) | {n: k.type for n, k in self._keys.items()}
        self.names = list(self.types)

    def _partition(self, keys: Mapping[str, str]) -> dict[str, Any]:
        """The values in the names of the folders, as Arrow scalars."""
        import pyarrow as pa

        values = partition_values(self.path) if keys else {}
        return {
            name: pa.scalar(values.get(name), pa.string()).cast(kind) for name, kind in keys.items()
        }

    @property
    def position(self) -> int:
        """The number of bytes read so far."""
        return self._source.position

    def require(self, wanted: Sequence[str]) -> None:
        """Raise `bad-file` unless there is one column of each name; in JSON nulls stand for one."""
        for name in wanted:
            if name not in self.names and self.kind != "jsonl":
                hint = f"its columns are {listed(self.names)}"
                raise bad_file(self.path, f"has no column '{name}'", hint)
            if self._own.count(name) > 1:
                raise bad_file(self.path, f"has several columns '{name}'", "rename all but one")

    def batches(
        self,
        numbers: Sequence[str],
        kept: Sequence[str] = (),
        texts: Sequence[str] = (),
        rows: int = ROWS,
    ) -> Iterator[Batch]:
        """The rows, in order, with the columns of `numbers` and those to keep.

        `rows` is how many to read at a time where the format allows to choose. Of CSV files the
        columns in `texts` are read as they stand there.
        """
        wanted = list(dict.fromkeys([*numbers, *kept]))
        self.require(wanted)
        own = [name for name in wanted if name not in self._keys]
        given = {name: key for name, key in self._keys.items() if name in wanted}
        numeric = [name for name in numbers if name in own]
        plain = [name for name in texts if name in own]
        source = self._reader.read(own or self._own[:1], numeric, plain, min(rows, ROWS))
        first = self._first
        while read := self._guarded(lambda: next(source, None)):
            data, count, reason = read
            yield Batch(_with(data, given), first, count, reason)
            first += count

    def _guarded(self, call: Callable[[], Any]) -> Any:
        import pyarrow as pa

        try:
            return call()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError) as error:
            reason = str(error).split("\n")[0].removeprefix("CSV parse error: ").rstrip(".")
            if reason.startswith("Empty CSV file"):
                raise bad_file(self.path, "is empty", "its first line names the columns") from None
            kind = self.kind.upper()
            raise bad_file(
                self.path,
                f"cannot be read as {kind}: {reason[:200]}",
                "it may be cut off, or its name may say another kind than it is",
            ) from None
        except UnicodeDecodeError:
            raise bad_file(self.path, "has names that are not UTF-8 text") from None
        except OSError as error:
            raise open_error(self.path, error) from None


def _with(data: Any, given: Mapping[str, Any]) -> Any:
    """A record batch with columns that have one value each."""
    import pyarrow as pa

    for name, value in given.items():
        if data is not None:
            if name in data.schema.names:
                data = data.drop_columns([name])
            data = data.append_column(name, pa.repeat(value, len(data)))
    return data
