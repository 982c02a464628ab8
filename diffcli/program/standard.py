"""The parts of `functools` and `collections` that programs reach for."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import as_function, register
from diffcli.program.machine import bounded
from diffcli.program.values import Builtin, Namespace


def partial(function: Any, *args: Any, **named: Any) -> Builtin:
    """A function with some arguments given."""
    target = as_function(function)

    def run(*more: Any, **others: Any) -> Any:
        return target(*args, *more, **{**named, **others})

    return Builtin("partial", run)


def reduce(function: Any, items: Any, *start: Any) -> Any:
    """The items combined two by two, from the left."""
    return functools.reduce(as_function(function), bounded(items), *start)


def wraps(function: Any) -> Callable[[Any], Any]:
    """A decorator that leaves a function as it is: names of functions are not copied."""
    return Builtin("wraps", lambda wrapper: wrapper)


def ordered(*args: Any, **named: Any) -> OrderedDict[Any, Any]:
    """A dict that prints as one that remembers its order."""
    return OrderedDict(*map(bounded, args), **named)


def _offer() -> dict[str, Any]:
    # the methods of dict would not see an order that has been changed
    names = "clear copy items keys move_to_end pop popitem setdefault values".split()
    register(OrderedDict, {name: getattr(OrderedDict, name) for name in names}, ordered)
    return {"OrderedDict": OrderedDict}


_FUNCTIONS: dict[str, Callable[..., Any]] = {"partial": partial, "reduce": reduce, "wraps": wraps}
FUNCTOOLS = Namespace("functools", {name: Builtin(name, f) for name, f in _FUNCTIONS.items()})
COLLECTIONS = Namespace("collections", _offer)
