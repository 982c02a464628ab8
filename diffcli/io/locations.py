"""Names of tables: the kind that a name says, the files that patterns and folders stand for."""

from __future__ import annotations

from collections.abc import Sequence
from glob import glob
from pathlib import Path

from diffcli.errors import DiffcliError
from diffcli.io.files import bad_file, open_error

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
"""Endings of names, each with the kind of table that it stands for."""

COMPRESSION = {".gz": "gzip", ".zst": "zstd"}


def kind_of(path: str) -> tuple[str, str | None]:
    """The kind of table and the compression that a name says; raises `usage`."""
    if path == "-":
        return "jsonl", None
    suffixes = [s.lower() for s in Path(path).suffixes]
    compression = COMPRESSION.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    kind = FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None or (kind == "parquet" and compression):
        raise DiffcliError(
            "usage",
            f"the name '{path}' does not say what kind of table it is",
            hint="names end in .csv, .tsv, .jsonl, .parquet or .arrow; texts also in .gz or .zst",
        )
    return kind, compression


def find_files(inputs: Sequence[str]) -> list[str]:
    """The files that names, patterns and folders stand for; those of one pattern are sorted."""
    files: list[str] = []
    for text in inputs:
        if text == "-" or Path(text).is_file():
            files.append(text)
        elif Path(text).is_dir():
            inside = (p for p in Path(text).rglob("*") if p.is_file() and _is_table(p.name))
            found = sorted(str(p) for p in inside)
            if not found:
                raise bad_file(text, "is a folder without tables")
            files += found
        elif any(c in text for c in "*?["):
            found = sorted(p for p in glob(text, recursive=True) if Path(p).is_file())  # noqa: PTH207
            if not found:
                raise DiffcliError("bad-file", f"no file is called '{text}'")
            files += found
        else:
            raise open_error(text, FileNotFoundError(2, "No such file"))
    if files.count("-") > 1:
        raise DiffcliError("usage", "standard input is asked for twice", hint="use one '-'")
    for file in files:
        kind_of(file)
    return files


def _is_table(name: str) -> bool:
    try:
        return not name.startswith((".", "_")) and bool(kind_of(name))
    except DiffcliError:
        return False
