"""Logs: files of Arrow tables that are only appended to, and outlive a crash of their writer."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<8sQ")
"""A mark and the length of a record."""

MARK = b"diffcli\n"
END = HEADER.pack(MARK, 0)
"""An empty record, which ends a log."""


class Log:
    """A sequence of records, each an Arrow stream with a table and JSON about it.

    What is behind the last whole record counts as not written. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """What is there, in order; a torn end is cut off."""
        if not self.path.exists():
            return
        with self.path.open("r+b") as file:
            good = 0
            while (record := _next(file)) is not None:
                good = file.tell()
                if not record:
                    return
                yield _unpacked(record)
            file.truncate(good)

    def ended(self) -> bool:
        """Whether nothing is missing."""
        if not self.path.exists():
            return False
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - HEADER.size, 0))
            return file.read() == END

    def append(self, table: Any, about: dict[str, Any]) -> None:
        """Add a record."""
        import pyarrow as pa

        table = table.replace_schema_metadata({"about": json.dumps(about)})
        size = pa.MockOutputStream()
        _stream(table, size)
        before = self.path.stat().st_size if self.path.exists() else 0
        try:
            with self.path.open("ab") as file:
                file.write(HEADER.pack(MARK, size.size()))
                _stream(table, pa.PythonFile(file, "w"))
        except OSError:  # the disk is full: what comes next must not stand behind half a record
            with suppress(OSError):
                os.truncate(self.path, before)
            raise

    def end(self) -> None:
        """Say that there is no more."""
        if not self.ended():
            with self.path.open("ab") as file:
                file.write(END)


def _next(file: Any) -> bytes | None:
    """The record at this place of a file; None if it is torn or missing."""
    head = file.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    mark, length = HEADER.unpack(head)
    if mark != MARK or length > os.fstat(file.fileno()).st_size:
        return None
    record: bytes = file.read(length)
    return record if len(record) == length else None


def _stream(table: Any, into: Any) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(into, table.schema) as stream:
        stream.write_table(table)


def _unpacked(record: bytes) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa

    table = pa.ipc.open_stream(record).read_all()
    about = json.loads(table.schema.metadata[b"about"])
    return table.replace_schema_metadata(None), about
