"""Reading whole files and writing them so that no half of a file is ever seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from typing import BinaryIO

from diffcli.errors import DiffcliError, closest


def bad_file(path: str, problem: str, hint: str | None = None) -> DiffcliError:
    """The error that `path` has this `problem`; "-" is standard input."""
    place = "standard input" if path == "-" else f"'{path}'"
    return DiffcliError("bad-file", f"{place} {problem}", hint=hint)


def open_error(path: str, error: OSError, action: str = "read") -> DiffcliError:
    """What the operating system said about `path`, in one sentence."""
    if isinstance(error, FileNotFoundError) and action == "read":
        if Path(path).is_symlink():
            return bad_file(path, f"is a link to '{os.readlink(path)}', which does not exist")  # noqa: PTH115
        return DiffcliError("bad-file", f"there is no file '{path}'", hint=_similar_file(path))
    if isinstance(error, IsADirectoryError):
        return bad_file(path, "is a directory, not a file")
    if isinstance(error, PermissionError):
        return DiffcliError("bad-file", f"no permission to {action} '{path}'")
    reason = _store_reason(str(error)) if "://" in path else _first_line(error)
    streams = {"read": "standard input", "write": "standard output"}
    place = streams[action] if path == "-" else f"'{path}'"
    return DiffcliError("bad-file", f"cannot {action} {place}: {reason}")


STORES = {
    "NO_SUCH_BUCKET": "there is no such bucket",
    "ACCESS_DENIED": "access is denied, or there are no credentials",
    "access token": "there are no credentials",
    "resolve host": "the host cannot be reached",
    "NETWORK_CONNECTION": "the host cannot be reached",
    "REQUEST_TIMEOUT": "the host does not answer",
    "imed out": "the host does not answer",
}
"""What is said of errors of stores that hold these words."""


def _first_line(error: OSError) -> str:
    """What the system or Arrow says."""
    return (error.strerror or str(error)).split("\n")[0].rstrip(".")


def _store_reason(text: str) -> str:
    for words, reason in STORES.items():
        if words in text:
            return reason
    return text.split("\n")[0].rpartition(": ")[2][:200].rstrip(".")


def _similar_file(path: str) -> str | None:
    folder = Path(path).parent
    if not folder.is_dir():
        return f"there is no folder '{folder}' either"
    near: str | None = None
    with suppress(OSError):
        near = closest(Path(path).name, (entry.name for entry in folder.iterdir()))
    return f"did you mean '{folder / near}'?" if near else None


def read_bytes(path: str) -> bytes:
    """The content of a file; raises `bad-file` when it cannot be read or is empty."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise open_error(path, error) from None
    except ValueError:  # a null byte in the name
        raise DiffcliError("bad-file", f"{path!r} is not the name of a file") from None
    if not data:
        raise bad_file(path, "is empty")
    return data


def read_text(path: str) -> str:
    """The content of a UTF-8 file, without a byte order mark."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad_file(path, "is not UTF-8 text") from None


def check_writable(path: str) -> None:
    """Raise `bad-file` now when `write_atomic` to `path` would fail later."""
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise bad_file(path, "is a directory, not a file")
        if not target.parent.is_dir():
            message = f"there is no folder '{Path(path).parent}'"
            raise DiffcliError("bad-file", message, hint="make it first, as with mkdir -p")
        places = [target.parent, target] if target.exists() else [target.parent]
    except OSError as error:
        raise open_error(path, error, "write") from None
    if not all(os.access(place, os.W_OK) for place in places):
        raise DiffcliError("bad-file", f"no permission to write '{path}'")


def take_mode(new: Path, target: Path) -> None:
    """Give a new file the permissions of the one whose place it will take, if there is one."""
    with suppress(FileNotFoundError):
        new.chmod(S_IMODE(target.stat().st_mode))


def write_atomic(path: str, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place.

    Whatever fails, `path` keeps what it held before. A symbolic link is followed.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        file = temporary.open("xb")
    except OSError as error:
        raise open_error(path, error, "write") from None
    try:
        with file:
            take_mode(temporary, target)
            write(file)
        temporary.replace(target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise open_error(path, error, "write") from None
        raise
