"""The modules `enum` and `abc` of programs: classes whose making has a meaning."""

from __future__ import annotations

import operator
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from diffcli.program.attributes import is_special, register
from diffcli.program.nesting import hashable, representation
from diffcli.program.operations import BINARY, COMPARE
from diffcli.program.values import Builtin, Function, Namespace, UserType

# ----- enum ---------------------------------------------------------------------------------------


class Auto:
    """A value that is one more than the one before."""

    __slots__ = ()


_members = attrgetter("__members__")


class Enum:
    """A class whose plain members are its only objects, each with a `name` and a `value`."""

    name: str
    value: Any

    def __init_subclass__(cls) -> None:
        if not isinstance(cls, UserType):
            return
        if _members(cls):
            raise TypeError(f"cannot extend {cls.__name__!r}")
        last = 0
        members: dict[str, Any] = {}
        for name, value in list(vars(cls).items()):
            if is_special(name) or isinstance(value, _NO_MEMBERS):
                continue
            if isinstance(value, Auto):
                value = last + 1
            last = value if isinstance(value, int) else last
            members[name] = next((m for m in members.values() if m.value == value), None) or _made(
                cls, name, value
            )
            setattr(cls, name, members[name])
        type.__setattr__(cls, "__members__", members)

    def __new__(cls, value: Any) -> Any:
        hashable(value)
        for member in (_members(cls) or {}).values():
            if member.value == value:
                return member
        raise ValueError(f"{representation(value)} is not a valid {cls.__qualname__}")

    def __init__(self, *values: Any) -> None:
        pass

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self.name}: {representation(self.value)}>"

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __hash__(self) -> int:
        return hash(self.name)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class IntEnum(Enum):
    """An Enum whose members compute and compare as their values do."""

    def __str__(self) -> str:
        return representation(self.value)

    def __index__(self) -> int:
        return operator.index(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __hash__(self) -> int:
        return hash(self.value)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, IntEnum) else value


def _give_operators() -> None:
    """Compute with the values of members of an IntEnum."""

    def plainly(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda a, b: apply(_plain(a), _plain(b))

    def reversed_(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda a, b: apply(_plain(b), _plain(a))

    for name, symbol in _SYMBOLS.items():
        setattr(IntEnum, f"__{name}__", plainly(BINARY[symbol]))
        setattr(IntEnum, f"__r{name}__", reversed_(BINARY[symbol]))
    for name, symbol in _COMPARISONS.items():
        setattr(IntEnum, f"__{name}__", plainly(COMPARE[symbol]))


_SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
}  # fmt: skip
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

_NO_MEMBERS = (Function, property, staticmethod, classmethod)


def _made(kind: Any, name: str, value: Any) -> Any:
    member = object.__new__(kind)
    vars(member).update(name=name, value=value)
    return member


def _enum() -> dict[str, Any]:
    _give_operators()
    for kind in (Enum, IntEnum):
        kind.__module__ = "enum"
        register(kind, {}, base=True)
    return {
        "Enum": Enum,
        "IntEnum": IntEnum,
        "auto": Builtin("auto", Auto),
        "unique": Builtin("unique", lambda kind: kind),
    }


ENUM = Namespace("enum", _enum)

# ----- abc ----------------------------------------------------------------------------------------


class Abstract:
    """A class that makes no objects before all its abstract methods are defined."""

    def __init_subclass__(cls) -> None:
        found: dict[str, Any] = {}
        for kind in cls.__mro__[::-1]:
            found.update(vars(kind))
        names = [n for n, value in found.items() if getattr(value, "__isabstractmethod__", False)]
        cls.__abstractmethods__ = frozenset(names)  # type: ignore[attr-defined]


Abstract.__module__ = "abc"
Abstract.__name__ = Abstract.__qualname__ = "ABC"


def _abstractmethod(function: Any) -> Any:
    if isinstance(function, Function):
        function.attributes = {**(function.attributes or {}), "__isabstractmethod__": True}
    return function


def _abc() -> dict[str, Any]:
    register(Abstract, {}, base=True)
    return {"ABC": Abstract, "abstractmethod": Builtin("abstractmethod", _abstractmethod)}


ABC = Namespace("abc", _abc)
