"""Containers within containers: what it would cost to print, compare or hash them.

`a = [a, a]` thirty times over is a list of two elements whose text has a billion, and Python would
neither stop nor let itself be stopped. So such a value is walked first, along the same paths, and
every container on the way is a step of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diffcli.program.machine import MACHINE

NESTED = frozenset({list, tuple, dict, set, frozenset})
DEEPEST = 990
"""Containers inside one another that can be printed, compared or hashed; Python's limit is such."""


def survey(value: Any) -> None:
    """Take the steps that `value` costs; raises Halt, and RecursionError if it is too deep.

    A container inside itself is not entered again.
    """
    if value.__class__ not in NESTED:
        return
    path = [id(value)]
    pending = [_containers(value)]
    while pending:
        for each in pending[-1]:
            if id(each) not in path:
                if len(path) >= DEEPEST:
                    raise RecursionError("maximum recursion depth exceeded")
                path.append(id(each))
                pending.append(_containers(each))
                break
        else:
            pending.pop()
            path.pop()


def _containers(value: Any) -> Iterator[Any]:
    MACHINE.left -= 1
    MACHINE.allow(len(value))
    items = [*value, *value.values()] if value.__class__ is dict else value
    return iter([each for each in items if each.__class__ in NESTED])


def hashable(value: Any) -> Any:
    """`value`, looked at before it is hashed."""
    if value.__class__ is tuple or value.__class__ is frozenset:
        survey(value)
    return value


def text(value: Any) -> str:
    """`str(value)`."""
    survey(value)
    return str(value)


def representation(value: Any) -> str:
    """`repr(value)`."""
    survey(value)
    return repr(value)


def ascii_only(value: Any) -> str:
    """`ascii(value)`."""
    survey(value)
    return ascii(value)
