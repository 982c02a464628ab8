"""The world around one run of the command line: its streams and its terminal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from diffcli.errors import DiffcliError
from diffcli.render.stream import write

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIPE_WIDTH = 100
"""Columns of a table that is not written to a terminal."""


class Environment:
    """Streams and environment variables of one run; nothing else reads or writes them.

    `bindings` are names that have values before the command line gives any, as in a session.
    """

    __slots__ = ("_stdin_used", "bindings", "stderr", "stdin", "stdout", "variables")

    def __init__(
        self,
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.variables = os.environ if variables is None else variables
        self.bindings: dict[str, NDArray[Any]] = {}
        self._stdin_used = False

    def out(self, text: str) -> None:
        """Write to standard output."""
        write(self.stdout, text)

    def err(self, text: str) -> None:
        """Write to standard error."""
        write(self.stderr, text)

    def report(self, error: DiffcliError, as_json: bool = False) -> None:
        """Write an error to standard error."""
        from diffcli.render import diagnostic

        colour = self.colour(self.stderr)
        text = diagnostic.as_json(error) if as_json else diagnostic.frame(error, colour=colour)
        self.err(text)
        self.stderr.flush()

    def read_stdin(self) -> str:
        """All of standard input; it can be asked for once."""
        if self._stdin_used:
            raise DiffcliError("usage", "standard input is asked for twice", hint="use one '-'")
        self._stdin_used = True
        try:
            return self.stdin.read()
        except UnicodeDecodeError:
            raise DiffcliError("bad-file", "standard input is not UTF-8 text") from None

    def open_stdin(self) -> BinaryIO:
        """Standard input as bytes; it can be asked for once."""
        if hasattr(self.stdin, "buffer") and not self._stdin_used:
            self._stdin_used = True
            return self.stdin.buffer
        return BytesIO(self.read_stdin().encode())

    def width(self) -> int:
        """Columns for tables: $COLUMNS, the terminal's width, or 100."""
        columns = self.variables.get("COLUMNS", "")
        if columns.isdecimal() and int(columns) > 0:
            return int(columns)
        if self.stdout.isatty():
            try:
                return os.get_terminal_size(self.stdout.fileno()).columns or PIPE_WIDTH
            except (OSError, ValueError):
                return PIPE_WIDTH
        return PIPE_WIDTH

    def colour(self, stream: TextIO) -> bool:
        """Whether `stream` is a terminal whose user did not switch colours off."""
        if self.variables.get("NO_COLOR") or self.variables.get("TERM") == "dumb":
            return False
        return stream.isatty()

    def ascii_only(self) -> bool:
        """Whether standard output cannot show the lines of a table."""
        try:
            "─".encode(getattr(self.stdout, "encoding", None) or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return True
        return False
