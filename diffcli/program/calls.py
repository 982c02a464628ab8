"""Calls: arguments are evaluated from left to right, then the function is entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.errors import Span
from diffcli.program.attributes import as_function
from diffcli.program.binding import bind
from diffcli.program.machine import Halt, bounded
from diffcli.program.places import called_from, located
from diffcli.program.values import Builtin, Function, Method, enter
from diffcli.syntax import ast
from diffcli.syntax import program as tree

Frame = list[Any]
Run = Callable[[Frame], Any]


class Arguments:
    """The arguments of a call. `positional` are those of the common case, else None."""

    def __init__(self, node: ast.Call, compiled: Callable[[ast.Node], Run]) -> None:
        self.positional: list[Run] | None = None
        starred = any(isinstance(a, tree.Starred) for a in node.arguments)
        if not starred and not node.keywords:
            self.positional = [compiled(a) for a in node.arguments]
            return
        self.arguments = [
            (isinstance(a, tree.Starred), compiled(a.value if isinstance(a, tree.Starred) else a))
            for a in node.arguments
        ]
        self.keywords = [(k.name, compiled(k.value)) for k in node.keywords]

    def applied(self, function: Run, span: Span) -> Run:
        """The closure of a call of what `function` gives."""
        positional = self.positional
        if positional is None:
            return self._general(function, span)

        count = len(positional)

        def run(frame: Frame) -> Any:
            found = function(frame)
            given = [each(frame) for each in positional]
            if found.__class__ is Function and found.simple == count:
                return call_plainly(found, given, span)
            return call(found, given, span)

        return run

    def _general(self, function: Run, span: Span) -> Run:
        arguments, keywords = self.arguments, self.keywords

        def run(frame: Frame) -> Any:
            found = function(frame)
            args: list[Any] = []
            for starred, each in arguments:
                if starred:
                    args += _spread(found, each(frame), span)
                else:
                    args.append(each(frame))
            named: dict[str, Any] = {}
            for name, each in keywords:
                if name == "**":
                    _merge(found, named, each(frame), span)
                else:
                    named[name] = each(frame)
            return call(found, args, span, named)

        return run


def _spread(function: Any, value: Any, span: Span) -> list[Any]:
    """The arguments that `*value` stands for."""
    if not hasattr(type(value), "__iter__") and not hasattr(type(value), "__getitem__"):
        kind = type(value).__name__
        words = f"{_called(function)} argument after * must be an iterable, not {kind}"
        raise located(TypeError(words), span)
    try:
        return list(bounded(value))
    except Exception as error:
        raise located(error, span) from None


def _merge(function: Any, named: dict[str, Any], value: Any, span: Span) -> None:
    """Enter the arguments that `**value` stands for."""
    words = ""
    if not isinstance(value, dict):
        words = f"argument after ** must be a mapping, not {type(value).__name__}"
    elif not all(isinstance(name, str) for name in value):
        words = "keywords must be strings"
    else:
        twice = [name for name in value if name in named]
        if twice:
            words = f"got multiple values for keyword argument '{twice[0]}'"
    if words:
        raise located(TypeError(f"{_called(function)} {words}"), span)
    named.update(value)


def _called(function: Any) -> str:
    """The function as Python's messages name it."""
    if isinstance(function, Function):
        return f"__main__.{function.code.qualname}()"
    return f"{getattr(function, '__name__', type(function).__name__)}()"


def call(function: Any, args: list[Any], span: Span, named: dict[str, Any] | None = None) -> Any:
    """Call a value of the program; exceptions get their place."""
    kind = function.__class__
    try:
        if kind is Function:
            if named or len(args) != function.simple:
                frame = bind(function, tuple(args), named or {})
            else:
                frame = [*args, *function.rest]
        elif kind is Method:
            return call(function.function, [function.owner, *args], span, named)
        elif kind is Builtin:
            return function.function(*args, **named) if named else function.function(*args)
        else:
            target = as_function(function)
            if not callable(target):
                raise TypeError(f"'{type(function).__name__}' object is not callable")
            return target(*args, **named) if named else target(*args)
    except Halt:
        raise
    except Exception as error:
        called_from(error, span)  # out of a function of the program that a built-in one called
        raise located(error, span) from None
    try:
        return enter(function, frame)
    except RecursionError as error:
        raise located(error, span) from None
    except Exception as error:
        called_from(error, span)
        raise


def call_plainly(function: Function, args: list[Any], span: Span) -> Any:
    """Call a function of the program with just the arguments that it takes."""
    args += function.rest
    try:
        return enter(function, args)
    except RecursionError as error:
        raise located(error, span) from None
    except Exception as error:
        called_from(error, span)
        raise


def call_entry(entry: Any, owner: Any, args: list[Any], span: Span) -> Any:
    """Call a method from a table of attributes."""
    try:
        return entry(owner, *args)
    except Halt:
        raise
    except Exception as error:
        called_from(error, span)  # out of a function of the program that a built-in one called
        raise located(error, span) from None
