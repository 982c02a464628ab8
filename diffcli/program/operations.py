"""Operators on the values of programs, with bounds on what they may make."""

from __future__ import annotations

import operator
import re
from collections import deque
from collections.abc import Callable
from typing import Any

from diffcli.program.machine import MACHINE, bounded, counted
from diffcli.program.nesting import NESTED, survey

SEQUENCES = (str, list, tuple, deque)
WIDTH = 10_000
"""Most characters that a format may pad to."""

_NUMBER = re.compile(r"\d{5,}")
_PERCENT = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")


def add(a: Any, b: Any) -> Any:
    """a + b."""
    if a.__class__ in SEQUENCES and b.__class__ is a.__class__:
        MACHINE.allow(len(a) + len(b))
    return a + b


def multiply(a: Any, b: Any) -> Any:
    """a * b."""
    if a.__class__ in SEQUENCES and isinstance(b, int):
        MACHINE.allow(len(a) * max(b, 0))
    elif b.__class__ in SEQUENCES and isinstance(a, int):
        MACHINE.allow(len(b) * max(a, 0))
    elif a.__class__ is int and b.__class__ is int:
        MACHINE.allow_bits(a.bit_length() + b.bit_length())
    return a * b


def power(a: Any, b: Any) -> Any:
    """a ** b."""
    if a.__class__ is int and b.__class__ is int and b > 0 and a not in (-1, 1):
        MACHINE.allow_bits(a.bit_length() * b)
    return a**b


def shift_left(a: Any, b: Any) -> Any:
    """a << b."""
    if a.__class__ is int and b.__class__ is int:
        MACHINE.allow_bits(a.bit_length() + b)
    return a << b


def modulo(a: Any, b: Any) -> Any:
    """a % b; of a text, its formatting."""
    if a.__class__ is str:
        for found in _PERCENT.finditer(a):
            if "*" in found[0]:
                raise ValueError("a width of * is not available in programs")
            check_width(found[0])
        for each in b if b.__class__ is tuple else (b,):
            survey(each)
    return a % b


def check_width(spec: str) -> None:
    """Raise ValueError for a format that pads to more characters than allowed."""
    for found in _NUMBER.findall(spec):
        if int(found[:9]) > WIDTH:
            raise ValueError(f"a width of {found[:9]} is more than {WIDTH} characters")


def formatted(value: Any, spec: str) -> str:
    """`format(value, spec)` with a bounded width."""
    survey(value)
    if spec:
        check_width(spec)
    return format(value, spec)


VIEWS: frozenset[type] = frozenset((type({}.keys()), type({}.items())))


def _joining(join: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator of sets, of which views of dicts read any collection."""

    def apply(a: Any, b: Any) -> Any:
        return join(a, set(bounded(b))) if a.__class__ in VIEWS else join(a, b)

    return apply


subtract = _joining(operator.sub)

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": modulo,
    "@": operator.matmul,
    "**": power,
    "&": _joining(operator.and_),
    "|": _joining(operator.or_),
    "^": _joining(operator.xor),
    "<<": shift_left,
    ">>": operator.rshift,
}


def _in_place(symbol: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    plain = BINARY[symbol]

    def apply(a: Any, b: Any) -> Any:
        if a.__class__ in (int, float, str, tuple, bool, complex):
            return plain(a, b)
        if a.__class__ is list or a.__class__ is deque:
            MACHINE.allow(len(a) * (b if symbol == "*" and isinstance(b, int) else 1))
            if symbol == "+":
                b = list(bounded(b))
                MACHINE.allow(len(a) + len(b))
        elif (a.__class__ is dict and b.__class__ is not dict) or a.__class__ in VIEWS:
            return plain(a, b)
        return function(a, b)

    return apply


IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    symbol: _in_place(symbol, function)
    for symbol, function in (
        ("+", operator.iadd),
        ("-", operator.isub),
        ("*", operator.imul),
        ("/", operator.itruediv),
        ("//", operator.ifloordiv),
        ("%", operator.imod),
        ("@", operator.imatmul),
        ("**", operator.ipow),
        ("&", operator.iand),
        ("|", operator.ior),
        ("^", operator.ixor),
        ("<<", operator.ilshift),
        (">>", operator.irshift),
    )
}


def contains(item: Any, container: Any) -> bool:
    """item in container."""
    kind = container.__class__
    if kind in NESTED:
        survey(item)
    elif kind is range:
        if item.__class__ not in (int, bool):  # Python looks at the numbers one by one
            return item in counted(iter(container))
    elif not hasattr(kind, "__contains__") and hasattr(kind, "__iter__"):
        return item in bounded(container)
    return item in container


def _compared(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(a: Any, b: Any) -> Any:
        if a.__class__ in NESTED and b.__class__ in NESTED:
            survey(a)
            survey(b)
        return compare(a, b)

    return apply


COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": _compared(operator.eq),
    "!=": _compared(operator.ne),
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "is": operator.is_,
    "is not": operator.is_not,
    "in": contains,
    "not in": lambda a, b: not contains(a, b),
}

UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}
