"""What `with` and `except` do at their beginning and end, wherever their statements run."""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError, Span
from diffcli.program.expressions import Expressions
from diffcli.program.machine import MACHINE
from diffcli.program.places import located
from diffcli.program.values import UNBOUND, UserType
from diffcli.program.variables import Frame
from diffcli.syntax import program as tree

CAUGHT = (Exception, GeneratorExit, SystemExit)
"""What the handlers of a program are asked about; Halt and interrupts pass them by."""


def entering(manager: Any, span: Span) -> Any:
    """What a context manager gives to `as`."""
    kind = type(manager)
    if not hasattr(kind, "__enter__") or not hasattr(kind, "__exit__"):
        words = f"'{kind.__name__}' object does not support the context manager protocol"
        raise located(TypeError(words), span)
    return kind.__enter__(manager)


def leaving(manager: Any, error: BaseException | None) -> bool:
    """Leave a context manager; gives whether it has dealt with the exception."""
    kind: Any = type(manager)
    if error is None:
        kind.__exit__(manager, None, None, None)
    elif isinstance(error, CAUGHT):
        return bool(kind.__exit__(manager, type(error), error, None))
    elif type(kind) is not UserType:  # the program itself has ended
        kind.__exit__(manager, None, None, None)
    return False


class Except:
    """`except type as name`: when it is meant, and what holds while its block runs."""

    def __init__(self, scope: Expressions, node: tree.Handler) -> None:
        self._kind = None if node.type is None else scope.compile(node.type)
        self._span = node.span if node.type is None else node.type.span
        self._name = node.name
        self._store = None if node.name is None else scope.store(node.name)
        self._own = scope.names.own if scope.scope.kind == "module" else None

    def matches(self, frame: Frame, error: BaseException) -> bool:
        """Whether the block is to run; raises TypeError for a type that is no exception."""
        if isinstance(error, DiffcliError):
            return False
        if self._kind is None:
            return True
        found = self._kind(frame)
        for each in found if isinstance(found, tuple) else (found,):
            if not (isinstance(each, type) and issubclass(each, BaseException)):
                words = "catching classes that do not inherit from BaseException is not allowed"
                raise located(TypeError(words), self._span)
        return isinstance(error, found)

    def begin(self, frame: Frame, error: BaseException) -> None:
        """Before the block."""
        MACHINE.handling.append(error)
        if self._store is not None:
            self._store(frame, error)

    def end(self, frame: Frame) -> None:
        """After the block, however it ended."""
        MACHINE.handling.pop()
        if self._store is not None:
            self._store(frame, UNBOUND)
            if self._own is not None and self._name is not None:
                self._own.pop(self._name, None)
