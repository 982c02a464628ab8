"""Values that Python has no plain type for: functions, methods, namespaces, classes of a program.

The classes carry the names that Python's own have, because messages and `type(f)` show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from diffcli.program.machine import DEPTH, MACHINE

Frame = list[Any]
Run = Callable[[Frame], Any]


class _Unbound:
    """What a variable holds before it is assigned."""

    __slots__ = ()


UNBOUND = _Unbound()


class Qualified(Protocol):
    """What knows the path of names to a function."""

    @property
    def qualname(self) -> str:
        """The path, as in `f.<locals>.g`."""


class Code:
    """What all functions made by one `def` or `lambda` share.

    A frame is the parameters, the other variables, and the cells of captured variables. `simple`
    is the number of parameters where all are plain, else -1.
    """

    __slots__ = (
        "blank",
        "doc",
        "keyword_only",
        "name",
        "path",
        "plain",
        "positional_only",
        "run",
        "simple",
        "star",
        "starstar",
    )

    def __init__(self, name: str, path: Qualified) -> None:
        self.name = name
        self.path = path
        self.doc: str | None = None
        self.plain: tuple[str, ...] = ()
        self.positional_only = 0
        self.keyword_only: tuple[str, ...] = ()
        self.star = False
        self.starstar = False
        self.simple = -1
        self.blank = 0
        self.run: Run = _not_compiled

    @property
    def qualname(self) -> str:
        """The path of names that Python's messages show."""
        return self.path.qualname


def _not_compiled(_: Frame) -> Any:
    raise AssertionError


class Function:
    """A function of the program; Python may call it like one of its own."""

    __slots__ = ("attributes", "code", "defaults", "keyword_defaults", "rest", "run", "simple")

    def __init__(
        self,
        code: Code,
        defaults: tuple[Any, ...],
        keyword_defaults: dict[str, Any],
        cells: tuple[Any, ...],
    ) -> None:
        self.code = code
        self.defaults = defaults
        self.keyword_defaults = keyword_defaults
        self.rest = (UNBOUND,) * code.blank + cells
        self.run = code.run
        self.simple = code.simple
        self.attributes: dict[str, Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == self.simple and not kwargs:
            return enter(self, [*args, *self.rest])
        from diffcli.program.binding import bind

        return enter(self, bind(self, args, kwargs))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else Method(self, instance)

    @property
    def __name__(self) -> str:
        """Its name without that of what it is defined in."""
        return self.code.name

    @property
    def __isabstractmethod__(self) -> bool:
        return bool(self.attributes and self.attributes.get("__isabstractmethod__"))

    def __repr__(self) -> str:
        return f"<function {self.code.qualname} at {id(self):#x}>"


def enter(function: Function, frame: Frame) -> Any:
    """What the body of `function` returns on a frame whose parameters are filled in."""
    machine = MACHINE
    if machine.depth >= DEPTH:
        raise RecursionError("maximum recursion depth exceeded")
    machine.depth += 1
    try:
        machine.left -= 1
        if machine.left < 0:
            machine.refill()
        signal = function.run(frame)
        return signal[0] if signal.__class__ is tuple else None
    finally:
        machine.depth -= 1


class Method:
    """A function of the program bound to an object."""

    __slots__ = ("function", "owner")

    def __init__(self, function: Any, owner: Any) -> None:
        self.function = function
        self.owner = owner

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(self.owner, *args, **kwargs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Method):
            return False
        return self.owner is other.owner and self.function is other.function

    def __hash__(self) -> int:
        return hash((id(self.owner), id(self.function)))

    def __repr__(self) -> str:
        return f"<bound method {self.function.code.qualname} of {self.owner!r}>"


class Wrapped:
    """A function around one of the program, whose name it keeps; in a class it is a method."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else Method(self, instance)


class Builtin:
    """A function that diffcli offers under `name`; `text` is how it prints."""

    __slots__ = ("function", "name", "text")

    def __init__(self, name: str, function: Callable[..., Any], text: str | None = None) -> None:
        self.name = name
        self.function = function
        self.text = text or f"<built-in function {name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return self.text


class BoundBuiltin:
    """A method from a table of attributes, bound to an object."""

    __slots__ = ("function", "name", "owner")

    def __init__(self, name: str, function: Callable[..., Any], owner: Any) -> None:
        self.name = name
        self.function = function
        self.owner = owner

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(self.owner, *args, **kwargs)

    def __repr__(self) -> str:
        kind = type(self.owner).__name__
        return f"<built-in method {self.name} of {kind} object at {id(self.owner):#x}>"


class Namespace:
    """A module such as `math`: names with values.

    `load` gives the table when the first name is looked up, so that importing costs nothing.
    """

    __slots__ = ("_load", "_table", "name")

    def __init__(self, name: str, load: Callable[[], Mapping[str, Any]] | Mapping[str, Any]):
        self.name = name
        self._load = load
        self._table: Mapping[str, Any] | None = None

    @property
    def table(self) -> Mapping[str, Any]:
        """The names and their values."""
        if self._table is None:
            self._table = self._load() if callable(self._load) else self._load
        return self._table

    def __repr__(self) -> str:
        return f"<module '{self.name}'>"


class UserType(type):
    """The metaclass of the classes that a program defines.

    An enumeration has its `__members__`, and is a collection of them.
    """

    __members__: Mapping[str, Any] | None = None

    def _collection(cls, words: str) -> list[Any]:
        """The members without those that are further names of others."""
        if cls.__members__ is None:
            raise TypeError(words)
        return [member for name, member in cls.__members__.items() if member.name == name]

    def __repr__(cls) -> str:
        kind = "class" if cls.__members__ is None else "enum"
        name = cls.__qualname__ if kind == "enum" else f"{cls.__module__}.{cls.__qualname__}"
        return f"<{kind} '{name}'>"

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._collection("'type' object is not iterable"))

    def __len__(cls) -> int:
        return len(cls._collection("object of type 'type' has no len()"))

    def __bool__(cls) -> bool:
        return True

    def __contains__(cls, item: Any) -> bool:
        words = "argument of type 'type' is not iterable"
        return any(item is member for member in cls._collection(words))

    def __getitem__(cls, name: Any) -> Any:
        return cls if cls.__members__ is None else cls.__members__[name]


for _kind, _name in (
    (Function, "function"),
    (Method, "method"),
    (Builtin, "builtin_function_or_method"),
    (BoundBuiltin, "builtin_function_or_method"),
    (Namespace, "module"),
    (UserType, "type"),
):
    _kind.__module__ = "builtins"
    _kind.__name__ = _kind.__qualname__ = _name  # type: ignore[method-assign]
