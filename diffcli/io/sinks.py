"""Tables of any size, written in batches; a file appears under its name only when it is whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from diffcli.io.files import check_writable, open_error, take_mode
from diffcli.io.lists import is_list
from diffcli.io.locations import check_store, is_remote, kind_of, upload
from diffcli.io.text_rows import MARKS, TEXTS, delimited_lines, header_line, json_lines, one
from diffcli.runtime.loop import in_parallel, processors

PART = 4096
"""Fewest rows whose text is worth a thread of its own."""

GROUP = 65536
CELLS = 1 << 22
"""Most rows that are written at a time, and how many numbers and texts they hold before the last
one of them: the bytes of a file do not depend on the chunks."""


class Sink:
    """A table that is being written beside `path`; `close` puts it in place, `discard` removes it.

    For the path "-" JSON lines go to `emit`; what goes to an address is a temporary file until it
    is whole. Raises `bad-file`.
    """

    def __init__(self, path: str, emit: Callable[[str], None]) -> None:
        self.path = path
        self.kind, self.compression = kind_of(path)
        self._emit = emit
        self._target = Path(os.path.realpath(path))
        self._temporary = self._target.with_name(f".{self._target.name}.{os.getpid()}.tmp")
        self._raw: Any = None
        self._stream: Any = None
        self._writer: Any = None
        self._schema: Any = None
        self._waiting: list[Any] = []
        self._cells: list[Any] = []  # of every row that waits
        if is_remote(path):
            check_store(path)
            self._temporary = Path(gettempdir()) / self._temporary.name
        elif path != "-":
            check_writable(path)

    def stage(self, folder: Path | None) -> None:
        """Write in `folder`, of the same file system, until the file is put in place."""
        if folder is not None:
            self._temporary = folder / "whole.tmp"
            with suppress(FileNotFoundError):  # of a batch that was killed
                self._temporary.unlink()

    def write(self, table: Any) -> None:
        """Append the rows of an Arrow table, which has the schema of those before."""
        self._schema = table.schema
        self._waiting.append(table)
        self._cells.append(cells(table))
        # the bytes of plain text do not depend on how it is cut
        self._flush(self.kind in TEXTS and not self.compression)

    def close(self) -> None:
        """Write what is left and put the file in place."""
        try:
            self._flush(True)
            if self.path == "-":
                return
            if self._stream is None:
                self._open()
            if self._writer is not None:
                self._writer.close()
            self._stream.close()
            if is_remote(self.path):
                upload(self._temporary, self.path)
                self._temporary.unlink()
            else:
                self._temporary.replace(self._target)
        except OSError as error:
            self.discard()
            raise open_error(self.path, error, "write") from None

    def discard(self) -> None:
        """Remove what was written; the file of that name keeps what it held."""
        for opened in (self._writer, self._stream, self._raw):
            with suppress(Exception):
                if opened is not None:
                    opened.close()
        with suppress(OSError):
            self._temporary.unlink()

    def _flush(self, everything: bool) -> None:
        import numpy as np
        import pyarrow as pa

        if not self._waiting:
            return
        ends = np.cumsum(np.concatenate(self._cells))
        table, start = None, 0
        while start < len(ends):
            before = ends[start - 1] if start else 0
            stop = min(start + GROUP, int(np.searchsorted(ends, before + CELLS)) + 1)
            if stop > len(ends) and not everything:
                break
            table = pa.concat_tables(self._waiting) if table is None else table
            self._guarded_put(table.slice(start, stop - start).combine_chunks())
            start = min(stop, len(ends))
        if table is not None:
            self._waiting = [table.slice(start)]
            self._cells = [np.diff(ends, prepend=0)[start:]]

    def _guarded_put(self, table: Any) -> None:
        try:
            self._put(table)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise open_error(self.path, error, "write") from None

    def _put(self, table: Any) -> None:
        if self.path == "-":
            self._emit(str(json_lines(table), "utf-8"))
            return
        if self._stream is None:
            self._open()
        if self.kind in TEXTS:
            self._stream.writelines(self._texts(table))
        else:
            self._writer.write_table(table)

    def _texts(self, table: Any) -> list[memoryview]:
        """Rows as they stand in a file of text, made in parts on all processors."""
        mark = MARKS.get(self.kind)
        share = max(PART, -(-len(table) // processors()))
        parts = [table.slice(start, share) for start in range(0, len(table), share)]
        texts = [memoryview(b"")] * len(parts)

        def make(k: int) -> None:
            part = parts[k]
            texts[k] = json_lines(part) if mark is None else delimited_lines(part, mark)

        in_parallel(make, range(len(parts)))
        return texts

    def _open(self) -> None:
        import pyarrow as pa

        schema = self._schema or pa.schema([])
        self._stream = self._raw = self._temporary.open("xb")
        if not is_remote(self.path):
            take_mode(self._temporary, self._target)
        if self.compression:
            self._stream = pa.CompressedOutputStream(
                pa.PythonFile(self._raw, "w"), self.compression
            )
        if self.kind in MARKS:
            self._stream.write(header_line(schema.names, MARKS[self.kind]))
        elif self.kind == "parquet":
            import pyarrow.parquet as pq

            # Real numbers seldom repeat: their dictionary costs time and saves nothing.
            words = [f.name for f in schema if pa.types.is_string(f.type)]
            self._writer = pq.ParquetWriter(self._stream, schema, use_dictionary=words)
        elif self.kind == "arrow" and self.compression:
            self._writer = pa.ipc.new_stream(self._stream, schema)
        elif self.kind == "arrow":
            self._writer = pa.ipc.new_file(self._stream, schema)


def table_of(columns: dict[str, Any], schema: Any) -> Any:
    """Arrow arrays of one length by name as a table of the schema."""
    import pyarrow as pa

    return pa.table(columns, schema)


def schema_of(columns: dict[str, Any]) -> Any:
    """The schema of a file with columns of these types; those of nothing but nulls hold texts."""
    import pyarrow as pa
    from pyarrow import types

    held = {n: pa.string() if t is None or types.is_null(t) else t for n, t in columns.items()}
    return pa.schema(held)


def _is_flat(kind: Any) -> bool:
    from pyarrow import types

    return not types.is_nested(kind) and not types.is_dictionary(kind)


def cells(batch: Any) -> Any:
    """How many numbers and texts each row of a table of one chunk holds."""
    import numpy as np

    total = np.zeros(len(batch), np.int64)
    for column in batch.columns:
        total += 1 if _is_flat(column.type) else _leaves(one(column))
    return total


def _leaves(array: Any) -> Any:
    """How many values each of the nested lists holds, and 1 for what is no list."""
    import numpy as np
    import pyarrow.compute as pc

    if not is_list(array.type):
        return np.ones(len(array), np.int64)
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(_leaves(array.flatten()))])
    stops = np.cumsum(lengths)
    return ends[stops] - ends[stops - lengths]
