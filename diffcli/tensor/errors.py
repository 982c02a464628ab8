"""Errors that a program raises and may catch: PyTorch's words under Python's names."""

from __future__ import annotations

from diffcli.errors import DiffcliError


class ProgramError(DiffcliError):
    """An exception of the language of programs; `kind` is its class name, as `RuntimeError`."""

    def __init__(self, kind: str, message: str, hint: str | None = None) -> None:
        super().__init__("program", message, hint=hint)
        self.kind = kind


def program_error(kind: str, message: str) -> ProgramError:
    """The exception `kind` with PyTorch's or Python's message."""
    return ProgramError(kind, message)
