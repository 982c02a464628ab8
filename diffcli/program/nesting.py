"""Containers within containers: what it would cost to print, compare or hash them.

`a = [a, a]` thirty times over is a list of two elements whose text has a billion, and Python would
neither stop nor let itself be stopped. So such a value is walked first, along the same paths, and
every container on the way is a step of the program.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator
from typing import Any

from diffcli.program.machine import MACHINE


def _itself(value: Any) -> Any:
    return value


def _keys_and_values(value: Any) -> list[Any]:
    return [*value, *value.values()]


NESTED: dict[type, Callable[[Any], Collection[Any]]] = {
    **dict.fromkeys((list, tuple, set, frozenset, type({}.keys())), _itself),
    **dict.fromkeys((type({}.values()), type({}.items())), list),
    dict: _keys_and_values,
    slice: lambda value: (value.start, value.stop, value.step),
    itertools.repeat: lambda value: value.__reduce__()[1][:1],
}
"""Types whose values print, compare or hash what is in them, and how to find that."""

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
    contents = NESTED[value.__class__](value)
    MACHINE.left -= 1
    MACHINE.allow(len(contents))
    return iter([each for each in contents if each.__class__ in NESTED])


def nested(kind: type, contents: Callable[[Any], Collection[Any]] | None = None) -> None:
    """Look at values of `kind`, as at those of its base types unless `contents` is given."""
    for base in kind.__mro__:
        found = contents or NESTED.get(base)
        if found is not None:
            NESTED[kind] = found
            break


def hashable(value: Any) -> Any:
    """`value`, looked at before it is hashed."""
    if value.__class__ is not slice:  # which is an index of something, not a key
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
