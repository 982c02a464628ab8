"""The four operations as closures of their own, because programs spend their time in them.

Each looks at the operands' types only as far as to find what may grow without bound: texts, lists,
tuples, and products of whole numbers. Everything else, tensors among it, is Python's operator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.errors import Span
from diffcli.program.operations import SEQUENCES, VIEWS, add, multiply, subtract
from diffcli.program.places import located
from diffcli.program.variables import Frame, Run

_LONG = frozenset(SEQUENCES)
_GROWING = frozenset((*SEQUENCES, int))


def _plus(left: Run, right: Run, span: Span) -> Run:
    def run(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        try:
            return add(a, b) if a.__class__ in _LONG else a + b
        except Exception as error:
            raise located(error, span) from None

    return run


def _minus(left: Run, right: Run, span: Span) -> Run:
    def run(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        try:
            return subtract(a, b) if a.__class__ in VIEWS else a - b
        except Exception as error:
            raise located(error, span) from None

    return run


def _times(left: Run, right: Run, span: Span) -> Run:
    def run(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        try:
            if a.__class__ in _GROWING or b.__class__ in _GROWING:
                return multiply(a, b)
            return a * b
        except Exception as error:
            raise located(error, span) from None

    return run


def _over(left: Run, right: Run, span: Span) -> Run:
    def run(frame: Frame) -> Any:
        a = left(frame)
        b = right(frame)
        try:
            return a / b
        except Exception as error:
            raise located(error, span) from None

    return run


IN_LINE: dict[str, Callable[[Run, Run, Span], Run]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _over,
}
"""By operator, what makes a closure from the operands and the place of the operator."""
