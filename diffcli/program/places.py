"""Where in the text an exception was raised, and what a program may catch."""

from __future__ import annotations

from diffcli.eager.errors import translated
from diffcli.errors import DiffcliError, Span
from diffcli.program.machine import Halt

_PLACES: dict[int, tuple[BaseException, list[Span]]] = {}


def located(error: BaseException, span: Span) -> BaseException:
    """The exception with its innermost place, as the program sees it.

    Errors of the operator table become Python's exceptions; limits end the program.
    """
    if isinstance(error, DiffcliError):
        seen = translated(error)
        if isinstance(seen, DiffcliError):
            seen.at(span)
            return Halt(seen)
        seen.__context__ = None
        error = seen
    if isinstance(error, MemoryError):
        return Halt(DiffcliError("too-large", "there is not enough memory").at(span))
    if isinstance(error, RecursionError) and "Python object" in str(error):
        error = RecursionError("maximum recursion depth exceeded")
    entry = _PLACES.get(id(error))
    if entry is None or entry[0] is not error:
        _PLACES.clear()
        _PLACES[id(error)] = (error, [span])
    return error


def called_from(error: BaseException, span: Span) -> None:
    """Note the call that an exception passes through on its way out."""
    entry = _PLACES.get(id(error))
    if entry is not None and entry[0] is error and len(entry[1]) < 50:
        entry[1].append(span)


def places(error: BaseException) -> list[Span]:
    """Where the exception was raised, and the calls around it, innermost first."""
    entry = _PLACES.get(id(error))
    return list(entry[1]) if entry is not None and entry[0] is error else []


def forget() -> None:
    """Let go of the last exception."""
    _PLACES.clear()
