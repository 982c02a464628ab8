"""Errors of the operator table as the exceptions that a program sees and may catch."""

from __future__ import annotations

from diffcli.errors import DiffcliError

KINDS: dict[str, type[Exception]] = {
    "shape": RuntimeError,
    "dtype": RuntimeError,
    "domain": RuntimeError,
    "not-scalar": RuntimeError,
    "not-differentiable": RuntimeError,
    "data-dependent": RuntimeError,
    "index": IndexError,
    "bad-argument": TypeError,
    "unknown-function": AttributeError,
    "unknown-name": NameError,
}
"""Codes that have an exception; limits have none, because no program may catch them."""


def translated(error: DiffcliError) -> Exception:
    """The exception of Python for an error, or the error itself where there is none."""
    kind = KINDS.get(error.code)
    return error if kind is None else kind(error.message)
