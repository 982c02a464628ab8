"""The module `copy` of programs."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import GeneratorType
from typing import Any

import numpy as np

from diffcli.program.generators import Generator
from diffcli.program.machine import MACHINE
from diffcli.program.nesting import DEEPEST, hashable
from diffcli.program.values import Builtin, Namespace, UserType

Memo = dict[int, Any]
Copy = Callable[[Any], Any]


def copy(value: Any) -> Any:
    """Another object with the same contents."""
    from diffcli.eager.tensor import Tensor

    kind = type(value)
    if kind in _COPIED:
        MACHINE.allow(len(value))
        return value.copy()
    if isinstance(value, Tensor):
        return value.__copy__()
    if isinstance(value, np.ndarray):
        return value.copy()
    return _with_attributes(value, dict) if _is_object(value) else value


def deepcopy(value: Any, memo: Any = None) -> Any:
    """Another object with copies of its contents; tensors must be leaves."""
    return _Deep().copy(value)


_COPIED = (list, dict, set, OrderedDict, defaultdict, deque)


def _is_object(value: Any) -> bool:
    """Whether the value is its attributes: of a class of the program, or a module."""
    from diffcli.eager.nn.module import Module

    own = type(type(value)) is UserType and not isinstance(value, tuple | BaseException)
    return (own and type(value).__members__ is None) or isinstance(value, Module)


def _with_attributes(value: Any, copied: Copy) -> Any:
    made = object.__new__(type(value))
    made.__dict__.update(copied(value.__dict__))
    return made


class _Deep:
    """One call of `deepcopy`: what it has copied so far, and how deep it is."""

    def __init__(self) -> None:
        self.memo: Memo = {}
        self.kept: list[Any] = []
        self.depth = 0

    def copy(self, value: Any) -> Any:
        if value.__class__ in _ATOMS:
            return value
        if id(value) in self.memo:
            return self.memo[id(value)]
        if self.depth >= DEEPEST:
            raise RecursionError("maximum recursion depth exceeded")
        MACHINE.charge(1)
        self.depth += 1
        try:
            made = self._made(value)
        finally:
            self.depth -= 1
        self.memo[id(value)] = made
        self.kept.append(value)
        return made

    def _made(self, value: Any) -> Any:
        from diffcli.eager.nn.hooks import Hooks
        from diffcli.eager.tensor import Tensor

        kind = type(value)
        if isinstance(value, Tensor):
            return value.__deepcopy__(None)
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, dict):
            made = self._started(value, value.copy())
            made.clear()
            for key, each in value.items():
                made[hashable(self.copy(key))] = self.copy(each)
            return made
        if kind is list or kind is deque:
            made = self._started(value, kind() if kind is list else deque(maxlen=value.maxlen))
            for each in value:
                made.append(self.copy(each))
            return made
        if isinstance(value, tuple | set | frozenset):
            items = [self.copy(each) for each in value]
            return kind._make(items) if hasattr(kind, "_make") else kind(map(hashable, items))
        if _is_object(value) or kind is Hooks:
            made = self._started(value, object.__new__(kind))
            for name, each in value.__dict__.items():
                made.__dict__[name] = self.copy(each)
            return made
        if isinstance(value, Generator | GeneratorType):
            raise TypeError("cannot pickle 'generator' object")
        return value

    def _started(self, value: Any, made: Any) -> Any:
        """Remember the copy before it is filled: the value may contain itself."""
        self.memo[id(value)] = made
        return made


_ATOMS = (int, float, bool, str, type(None), complex, type)

COPY = Namespace("copy", {"copy": Builtin("copy", copy), "deepcopy": Builtin("deepcopy", deepcopy)})
