"""The module `operator` of programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from diffcli.program import attributes
from diffcli.program.expressions import item
from diffcli.program.operations import BINARY, COMPARE, IN_PLACE, UNARY
from diffcli.program.values import Builtin, Namespace

_NAMES = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "matmul": "@",
    "pow": "**", "and_": "&", "or_": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
}  # fmt: skip
_COMPARISONS = {
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "is_": "is",
    "is_not": "is not",
}  # fmt: skip
_UNARY = {"neg": "-", "pos": "+", "invert": "~", "not_": "not"}


def _each(parts: tuple[Any, ...], get: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """What gets one part of a value, or a tuple of several."""
    if len(parts) == 1:
        return lambda value: get(value, parts[0])
    return lambda value: tuple([get(value, part) for part in parts])


def itemgetter(*keys: Any) -> Builtin:
    """A function that gives the items of its argument at some keys."""
    return Builtin("itemgetter", _each(keys, item))


def attrgetter(*paths: str) -> Builtin:
    """A function that gives attributes of its argument; a path may have dots."""
    return Builtin("attrgetter", _each(paths, _at))


def _at(value: Any, path: str) -> Any:
    return reduce(attributes.get, path.split("."), value)


def methodcaller(name: str, *args: Any, **named: Any) -> Builtin:
    """A function that calls a method of its argument."""
    return Builtin("methodcaller", lambda value: attributes.get(value, name)(*args, **named))


def _table() -> dict[str, Any]:
    functions: dict[str, Callable[..., Any]] = {
        **{name: BINARY[sign] for name, sign in _NAMES.items()},
        **{f"i{name.strip('_')}": IN_PLACE[sign] for name, sign in _NAMES.items()},
        **{name: COMPARE[sign] for name, sign in _COMPARISONS.items()},
        **{name: UNARY[sign] for name, sign in _UNARY.items()},
        "contains": lambda container, value: COMPARE["in"](value, container),
        "getitem": item,
        "truth": bool,
        "itemgetter": itemgetter,
        "attrgetter": attrgetter,
        "methodcaller": methodcaller,
    }
    return {name: Builtin(name, function) for name, function in functions.items()}


OPERATOR = Namespace("operator", _table)
