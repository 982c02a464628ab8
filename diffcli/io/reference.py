"""References to values in files: `@data.npz:weights`."""

from __future__ import annotations

import re

from diffcli.errors import DiffcliError

SUFFIXES = (".npy", ".npz", ".json", ".csv", ".parquet")
"""Kinds of files that values are read from; the name's ending decides."""

_REFERENCE = re.compile(
    r"(?P<path>.*(?P<suffix>\.(?:npy|npz|json|csv|parquet)))(?::(?P<key>.*))?", re.I | re.S
)


class Reference:
    """A file, its kind, and the key or column asked for (None for all of it).

    `path` is "-" for standard input, which holds JSON.
    """

    __slots__ = ("key", "path", "suffix")

    def __init__(self, path: str, suffix: str, key: str | None) -> None:
        self.path = path
        self.suffix = suffix
        self.key = key

    @property
    def origin(self) -> str:
        """The file as errors name it."""
        return "standard input" if self.path == "-" else f"'{self.path}'"


def parse_reference(text: str) -> Reference:
    """Read `PATH` or `PATH:KEY`, the text after the `@`."""
    if text == "-" or text.startswith("-:"):
        return Reference("-", ".json", text[2:] or None)
    match = _REFERENCE.fullmatch(text)
    if match is None:
        message = f"the name '{text}' does not say what kind of file it is"
        if not text:
            message = "a file name is missing after '@'"
        raise DiffcliError("bad-file", message, hint=f"names end in {', '.join(SUFFIXES)}")
    return Reference(match["path"], match["suffix"].lower(), match["key"] or None)
