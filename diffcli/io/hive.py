"""Folders named for values, such as year=2020, as Hive names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote


def partition_values(path: str) -> dict[str, str | None]:
    """What the folders of a path say, such as year=2020, as Hive names them."""
    found: dict[str, str | None] = {}
    for part in PurePosixPath(path).parts[:-1]:
        name, equals, value = part.partition("=")
        if name and equals:
            value = unquote(value)
            found[unquote(name)] = None if value == "__HIVE_DEFAULT_PARTITION__" else value
    return found


def partition_types(files: Iterable[str]) -> dict[str, str]:
    """The Arrow type of each name in the folders: int32 where all values are, else string."""
    types: dict[str, str] = {}
    for file in files:
        for name, value in partition_values(file).items():
            whole = value is None or (
                re.fullmatch(r"-?\d{1,10}", value) and -(2**31) <= int(value) < 2**31
            )
            types[name] = "int32" if whole and types.get(name, "int32") == "int32" else "string"
    return types
