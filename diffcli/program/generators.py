"""Generators: what a call of a function with `yield` gives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from diffcli.program.machine import DEPTH, MACHINE


class Generator:
    """What a call of a function with `yield` gives: every value that is asked for is a step."""

    __slots__ = ("_handling", "_produced", "name")

    def __init__(self, name: str, produced: Any) -> None:
        self.name = name
        self._produced = produced
        self._handling: list[BaseException] = []

    def __iter__(self) -> Generator:
        return self

    def __next__(self) -> Any:
        return self._resume(self._produced.send, None)

    def send(self, value: Any) -> Any:
        """Go on with `value` as that of the `yield`; gives what is yielded next."""
        return self._resume(self._produced.send, value)

    def throw(self, error: Any) -> Any:
        """Go on with an exception at the `yield`; gives what is yielded next."""
        return self._resume(self._produced.throw, error)

    def close(self) -> None:
        """End the function where it is."""
        self._resume(lambda _: self._produced.close(), None)

    def _resume(self, go_on: Callable[[Any], Any], value: Any) -> Any:
        machine = MACHINE
        if machine.depth >= DEPTH:
            raise RecursionError("maximum recursion depth exceeded")
        machine.depth += 1
        outside, machine.handling = machine.handling, self._handling
        try:
            machine.left -= 1
            if machine.left < 0:
                machine.refill()
            return go_on(value)
        finally:
            machine.handling = outside
            machine.depth -= 1

    def abandon(self) -> None:
        """End the function where it is, although nobody is there to be told of exceptions.

        A `finally` that yields again is closed without further steps, which ends every loop.
        """
        produced, machine = self._produced, MACHINE
        _close(produced)
        before = machine.left, machine.remaining
        while produced.gi_frame is not None:
            machine.left = machine.remaining = 0
            _close(produced)
            machine.left, machine.remaining = before

    __del__ = abandon

    def __repr__(self) -> str:
        return f"<generator object {self.name} at {id(self):#x}>"


def _close(produced: Any) -> None:
    with contextlib.suppress(BaseException):
        produced.close()


Generator.__module__ = "builtins"
Generator.__name__ = Generator.__qualname__ = "generator"
