"""Parts of tables that are read one by one: files, or neighbouring row groups of Parquet files."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

from diffcli.io.files import bad_file
from diffcli.io.locations import is_remote, kind_of, size, stamp
from diffcli.io.records import Records

LEAST = 1 << 18
"""Rows that a part of a Parquet file has, unless it is the last one."""


class Partition:
    """A part of a table: the row `groups` of a file from row `first` on, or all of it (None).

    `place` is where processes in other folders find what is called `path`. It takes `size` bytes of
    the file from `offset` on, more or less; `keys` are those of `Records`.
    """

    __slots__ = ("first", "groups", "keys", "offset", "path", "place", "size")

    def __init__(
        self,
        path: str,
        keys: Mapping[str, str],
        size: int,
        groups: Sequence[int] | None = None,
        first: int = 0,
        offset: int = 0,
    ) -> None:
        self.path = path
        self.place = path if path == "-" or is_remote(path) else os.path.realpath(path)
        self.keys = keys
        self.size = size
        self.groups = groups
        self.first = first
        self.offset = offset

    def open(self, stdin: Callable[[], BinaryIO]) -> Records:
        """The table with the rows of this part. Raises `bad-file`."""
        return Records(self.path, stdin, self.keys, self.groups, self.first, self.place)

    def identity(self) -> list[object]:
        """What tells whether the rows are still the same."""
        return [self.place, *stamp(self.place), self.groups, dict(self.keys)]


def partitions(files: Iterable[str], keys: Mapping[str, str]) -> Iterator[Partition]:
    """The parts of files, in order. Raises `bad-file`."""
    for path in files:
        if kind_of(path)[0] == "parquet":
            yield from _row_groups(Records(path, io.BytesIO, keys), keys)
        else:
            yield Partition(path, keys, size(path))


def check_columns(
    files: Iterable[str],
    keys: Mapping[str, str],
    first: Records,
    wanted: Sequence[str],
    *,
    others: bool,
) -> None:
    """Raise `bad-file` unless files have the columns `wanted`, and only with `others` more.

    More are those that the `first` table does not have.
    """
    for path in files:
        if path == "-":
            continue
        records = Records(path, io.BytesIO, keys)
        records.require(wanted)
        more = [name for name in records.names if name not in first.names]
        if more and not others:
            problem = f"has the column '{more[0]}', and '{first.path}' does not"
            raise bad_file(path, problem, "say with --keep which columns to copy")


def rows_of(files: Iterable[str]) -> int | None:
    """How many rows files have, if all of them say so: Parquet files do. Raises `bad-file`."""
    if any(kind_of(path)[0] != "parquet" for path in files):
        return None
    return sum(Records(path, io.BytesIO).rows or 0 for path in files)


def _row_groups(records: Records, keys: Mapping[str, str]) -> Iterator[Partition]:
    """Runs of row groups that have enough rows to be worth a start."""
    if not records.row_groups:
        yield Partition(records.path, keys, records.size)
    groups: list[int] = []
    first = rows = offset = 0
    for group, count in enumerate(records.row_groups):
        groups.append(group)
        rows += count
        if rows >= LEAST or group == len(records.row_groups) - 1:
            share = records.size * rows // max(records.rows or 1, 1)
            yield Partition(records.path, keys, share, groups, first, offset)
            groups, first, rows, offset = [], first + rows, 0, offset + share
