"""Places of tables: files, folders, patterns, addresses such as s3://bucket/key, and streams."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote

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

NAMES = "names end in .csv, .tsv, .jsonl, .parquet or .arrow; texts also in .gz or .zst"
HIDDEN = (".", "_")
"""How names begin that are not found in folders."""

COMPRESSION = {".gz": "gzip", ".zst": "zstd"}
SCHEMES = ("s3", "gs")
"""Stores that are reached over the network."""

SECONDS = 30
"""How long a store may take to answer."""


def kind_of(path: str) -> tuple[str, str | None]:
    """The kind of table and the compression that a name says; raises `usage`."""
    if path == "-":
        return "jsonl", None
    suffixes = [s.lower() for s in PurePosixPath(path).suffixes]
    compression = COMPRESSION.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    kind = FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None or (kind == "parquet" and compression):
        raise DiffcliError(
            "usage",
            f"the name '{path}' does not say what kind of table it is",
            hint=NAMES,
        )
    return kind, compression


def find_files(inputs: Sequence[str]) -> list[str]:
    """The files that names, patterns and folders stand for; those of one pattern are sorted."""
    files: list[str] = []
    for text in map(local, inputs):
        try:
            files += _find_remote(text) if is_remote(text) else _find(text)
        except OSError as error:
            raise open_error(text, error) from None
    if files.count("-") > 1:
        raise DiffcliError("usage", "standard input is asked for twice", hint="use one '-'")
    for file in files:
        kind_of(file)
    return files


def check_apart(files: Iterable[str], output: str) -> None:
    """Raise `usage` if a table is to be written into one of the files that are read."""
    for file in files:
        if output != "-" and _same(file, output):
            raise DiffcliError("usage", f"'{output}' is read and written")


def _same(file: str, other: str) -> bool:
    if is_remote(file) or is_remote(other):
        return file == other
    try:
        return Path(file).samefile(other)
    except OSError:  # one of them is not there
        return False


def _find(text: str) -> list[str]:
    """The files that a name or a pattern on this machine stands for. Raises OSError."""
    place = Path(text)
    if text == "-" or place.is_file():
        return [text]
    if place.is_dir():
        return [str(place / name) for name in _tables(text, _walked(place))]
    if place.exists():
        raise bad_file(text, "is neither a file nor a folder", hint="use - for standard input")
    if not any(c in text for c in "*?["):
        raise FileNotFoundError(2, "No such file")
    found = sorted(p for p in glob(text, recursive=True) if Path(p).is_file())  # noqa: PTH207
    if not found:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.scandir(Path(re.split(r"[*?\[]", text)[0] + "x").parent).close()
        raise DiffcliError("bad-file", f"no file is called '{text}'")
    return found


def _walked(folder: Path) -> Iterator[str]:
    """The names of the files in a folder and in those inside. Raises `bad-file`."""

    def fail(error: OSError) -> None:
        raise open_error(error.filename, error)

    for place, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(HIDDEN)]
        inside = Path(place).relative_to(folder)
        yield from (str(inside / name) for name in names if Path(place, name).is_file())


def _tables(folder: str, names: Iterable[str]) -> list[str]:
    """Those of the names in a folder that are tables and not hidden, in order."""
    found = [
        name
        for name in names
        if _is_table(name) and not any(p.startswith(HIDDEN) for p in PurePosixPath(name).parts)
    ]
    if not found:
        raise bad_file(folder, "is a folder without tables", hint=NAMES)
    return sorted(found)


def _is_table(name: str) -> bool:
    try:
        return bool(kind_of(name))
    except DiffcliError:
        return False


# ----- addresses ----------------------------------------------------------------------------------


def local(path: str) -> str:
    """The name of a file given as file://; others as they are. Raises `usage`."""
    if "://" not in path:
        return path
    scheme = path.partition("://")[0].lower()
    if scheme == "file":
        host, slash, place = path[len("file://") :].partition("/")
        if not place or host not in ("", "localhost"):
            raise DiffcliError(
                "usage",
                f"'{path}' is not the address of a file of this machine",
                hint="write file:/// and the whole path, or the name alone",
            )
        return unquote(slash + place)
    if scheme not in SCHEMES:
        raise DiffcliError(
            "usage",
            f"there is no way to read or write '{path}'",
            hint="addresses begin with s3://, gs:// or file://",
        )
    return scheme + path[len(scheme) :]


def is_remote(path: str) -> bool:
    """Whether a name is an address in a store."""
    return "://" in path


@lru_cache(maxsize=4)
def store(scheme: str, bucket: str) -> Any:
    """The file system behind addresses, which gives up after some `SECONDS`.

    Credentials, region and endpoint are those of the environment: `AWS_ACCESS_KEY_ID`,
    `AWS_REGION`, `AWS_ENDPOINT_URL` and so on, `GOOGLE_APPLICATION_CREDENTIALS`.
    """
    from datetime import timedelta

    from pyarrow import fs

    if scheme == "gs":
        return fs.GcsFileSystem(retry_time_limit=timedelta(seconds=SECONDS / 3))
    named = "AWS_REGION" in os.environ or "AWS_DEFAULT_REGION" in os.environ
    elsewhere = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return fs.S3FileSystem(
        endpoint_override=elsewhere,
        region=None if named or elsewhere else fs.resolve_s3_region(bucket),
        connect_timeout=SECONDS / 3,
        request_timeout=SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=2),
    )


def located(address: str) -> tuple[Any, str]:
    """The file system of an address and the place in it; raises `usage`, and OSError."""
    scheme, _, place = address.partition("://")
    bucket = place.partition("/")[0]
    if not bucket:
        raise DiffcliError("usage", f"'{address}' names no bucket", hint="write s3://BUCKET/NAME")
    return store(scheme.lower(), bucket), place


def check_store(address: str) -> None:
    """Raise `bad-file` now when `upload` to an address would fail later for want of a bucket."""
    from pyarrow.fs import FileType

    try:
        system, place = located(address)
        kind = system.get_file_info(place.partition("/")[0]).type
    except OSError as error:
        raise open_error(address, error, "write") from None
    if kind == FileType.NotFound:
        raise bad_file(address, "cannot be written: there is no such bucket")


def upload(file: Path, address: str) -> None:
    """Copy a file to an address, where it appears when it is whole. Raises OSError."""
    from pyarrow import fs

    system, place = located(address)
    fs.copy_files(str(file), place, fs.LocalFileSystem(), system)


def _find_remote(address: str) -> list[str]:
    from pyarrow.fs import FileSelector, FileType

    prefix = address[: address.index("://") + 3]
    try:
        system, place = located(address)
        plain = re.split(r"[*?\[]", place)[0]
        if plain == place:
            kind = system.get_file_info(place).type
            if kind == FileType.File:
                return [address]
            if kind == FileType.NotFound:
                raise DiffcliError("bad-file", f"there is no file '{address}'")
        folder = place.rstrip("/") if plain == place else plain.rpartition("/")[0]
        inside = system.get_file_info(FileSelector(folder, recursive=True))
    except OSError as error:
        raise open_error(address, error) from None
    names = [prefix + info.path for info in inside if info.type == FileType.File]
    if plain == place:
        root = f"{prefix}{folder}/"
        return [root + name for name in _tables(root[:-1], (n[len(root) :] for n in names))]
    shape = address.split("/")
    found = sorted(name for name in names if _fits(name.split("/"), shape))
    if not found:
        raise DiffcliError("bad-file", f"no file is called '{address}'")
    return found


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the parts of a name are those of a pattern, in which ** stands for any number."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fits(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


# ----- streams ------------------------------------------------------------------------------------


class Input:
    """The bytes of a table in a file, behind an address or on standard input ("-").

    The file is found at `place` where `path` is what the user calls it. `position` is the number of
    bytes read so far, and `size` the number there are.
    """

    def __init__(self, path: str, stdin: Callable[[], BinaryIO], place: str | None = None) -> None:
        self.path = path
        self._place = place or path
        self.kind, self.compression = kind_of(path)
        self.size = size(self._place)
        self._stdin = stdin
        self._raw: Any = None

    @property
    def position(self) -> int:
        """The number of bytes read so far."""
        try:
            return int(self._raw.tell())
        except (AttributeError, ValueError, OSError):
            return 0

    def whole(self) -> Any:
        """The bytes as a file that can be read anywhere. Raises OSError."""
        import pyarrow as pa

        if is_remote(self._place):
            system, place = located(self._place)
            self._raw = system.open_input_file(place)
        else:
            self._raw = pa.OSFile(self._place)
        return self._raw

    def stream(self) -> Any:
        """The bytes from the beginning, decompressed. Raises OSError."""
        import pyarrow as pa

        if self.path == "-":
            return self._stdin()
        raw = self.whole()
        return pa.CompressedInputStream(raw, self.compression) if self.compression else raw


def size(path: str) -> int:
    """The number of bytes of a file; 0 for standard input."""
    return stamp(path)[0]


def stamp(path: str) -> tuple[int, int]:
    """The number of bytes of a file and the time it was written, in nanoseconds."""
    if path == "-":
        return 0, 0
    try:
        if is_remote(path):
            system, place = located(path)
            info = system.get_file_info(place)
            return info.size or 0, info.mtime_ns or 0
        about = Path(path).stat()
        return about.st_size, about.st_mtime_ns
    except OSError as error:
        raise open_error(path, error) from None
