"""The module `contextlib` of programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import as_function, register
from diffcli.program.machine import MACHINE
from diffcli.program.values import Builtin, Namespace, Wrapped


class GeneratorContext:
    """The context manager that a generator with one `yield` describes."""

    __slots__ = ("made",)

    def __init__(self, made: Any) -> None:
        self.made = made

    def __enter__(self) -> Any:
        try:
            return next(self.made)
        except StopIteration:
            raise RuntimeError("generator didn't yield") from None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if error is None:
            if next(self.made, MACHINE) is not MACHINE:
                raise RuntimeError("generator didn't stop")
            return False
        try:
            self.made.throw(error)
        except StopIteration as stop:
            return stop is not error
        except Exception as raised:
            if raised is error:
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")


class ContextFunction(Wrapped):
    """A function with one `yield`, which gives context managers."""

    __slots__ = ()

    def __call__(self, *args: Any, **named: Any) -> GeneratorContext:
        return GeneratorContext(as_function(self.function)(*args, **named))


class Suppress:
    """Goes on behind the `with` where one of some exceptions is raised in it."""

    __slots__ = ("kinds",)

    def __init__(self, *kinds: Any) -> None:
        self.kinds = kinds

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        return isinstance(error, self.kinds)


class NullContext:
    """Gives a value to `as`, and does nothing else."""

    __slots__ = ("value",)

    def __init__(self, enter_result: Any = None) -> None:
        self.value = enter_result

    def __enter__(self) -> Any:
        return self.value

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        return None


_KINDS: dict[str, Callable[..., Any]] = {"suppress": Suppress, "nullcontext": NullContext}


def _table() -> dict[str, Any]:
    for name, kind in _KINDS.items():
        register(kind, {}, kind)  # type: ignore[arg-type]
        kind.__name__ = name
        kind.__module__ = "contextlib"
    return {**_KINDS, "contextmanager": Builtin("contextmanager", ContextFunction)}


CONTEXTLIB = Namespace("contextlib", _table)
