"""The module `dataclasses` of programs: classes from the annotated names in their bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.program import attributes
from diffcli.program.attributes import Field as Attribute
from diffcli.program.attributes import as_function, register
from diffcli.program.copy_module import deepcopy
from diffcli.program.machine import MACHINE
from diffcli.program.nesting import hashable, representation
from diffcli.program.operations import COMPARE
from diffcli.program.values import Builtin, Code, Frame, Function, Namespace, UserType


class _Missing:
    """What stands for a default that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<dataclasses._MISSING_TYPE object>"


MISSING = _Missing()


class Field:
    """One name of a data class: its default, and where it takes part."""

    __slots__ = ("compare", "default", "default_factory", "hash", "init", "kw_only", "name", "repr")

    def __init__(
        self,
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        init: bool = True,
        repr: bool = True,
        hash: bool | None = None,
        compare: bool = True,
        metadata: Any = None,
        kw_only: bool = False,
    ) -> None:
        if default is not MISSING and default_factory is not MISSING:
            raise ValueError("cannot specify both default and default_factory")
        self.name = ""
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.kw_only = kw_only


class FrozenInstanceError(AttributeError):
    """An assignment to an object of a frozen data class."""


FrozenInstanceError.__module__ = "dataclasses"
FIELDS = "__dataclass_fields__"


def dataclass(kind: Any = None, /, **options: bool) -> Any:
    """A decorator that gives a class `__init__`, `__repr__`, `__eq__` and, if asked for, order."""
    if kind is None:
        return Builtin("dataclass", lambda kind: _processed(kind, **options))
    return _processed(kind, **options)


def _processed(
    kind: Any,
    *,
    init: bool = True,
    repr: bool = True,
    eq: bool = True,
    order: bool = False,
    unsafe_hash: bool = False,
    frozen: bool = False,
    kw_only: bool = False,
    slots: bool = False,
    match_args: bool = True,
) -> Any:
    if type(kind) is not UserType:
        raise TypeError("dataclass() takes a class that the program defines")
    named = _collect(kind, kw_only)
    setattr(kind, FIELDS, named)
    every = list(named.values())
    own = vars(kind)
    made: dict[str, Any] = {"__init__": _initialiser(kind, every)} if init else {}
    if repr:
        made["__repr__"] = _representation
    if eq:
        made["__eq__"] = _compared("==")
    for name in set(made) & set(own):
        del made[name]
    if order:
        made |= {f"__{name}__": _compared(sign) for name, sign in _ORDER.items()}
    if unsafe_hash or (eq and frozen):
        made["__hash__"] = _hash
    elif eq and "__hash__" not in own:
        made["__hash__"] = None
    if frozen:
        made |= {"__setattr__": _frozen("assign to"), "__delattr__": _frozen("delete")}
    if match_args and "__match_args__" not in own:
        made["__match_args__"] = tuple(f.name for f in every if f.init and not f.kw_only)
    for name, value in made.items():
        setattr(kind, name, value)
    return kind


_ORDER = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _collect(kind: UserType, kw_only: bool) -> dict[str, Field]:
    """The fields of the base classes, then those of the class itself."""
    named: dict[str, Field] = {}
    for base in kind.__mro__[:0:-1]:
        named.update(vars(base).get(FIELDS, {}))
    for name in vars(kind).get("__annotations__", ()):
        if attributes.is_special(name):
            raise TypeError(f"the field {name!r} is not available in programs")
        default = vars(kind).get(name, MISSING)
        found = default if isinstance(default, Field) else Field(default=default, kw_only=kw_only)
        found.name = name
        if isinstance(found.default, list | dict | set):
            shown = f"<class '{type(found.default).__name__}'>"
            words = f"mutable default {shown} for field {name} is not allowed: use default_factory"
            raise ValueError(words)
        if isinstance(default, Field):
            if found.default is MISSING:
                delattr(kind, name)
            else:
                setattr(kind, name, found.default)
        named[name] = found
    return named


# ----- __init__ -----------------------------------------------------------------------------------


class _Path:
    __slots__ = ("qualname",)

    def __init__(self, qualname: str) -> None:
        self.qualname = qualname


def _initialiser(kind: UserType, every: list[Field]) -> Function:
    """`__init__` as a function of the program, whose arguments are bound and refused as its own."""
    code = Code("__init__", _Path(f"{kind.__qualname__}.__init__"))
    taken = [f for f in every if f.init and not f.kw_only]
    named = [f for f in every if f.init and f.kw_only]
    defaults = [_default(f) for f in taken]
    late = [f.name for f, default in zip(taken, defaults, strict=True) if default is MISSING]
    given = [default for default in defaults if default is not MISSING]
    if late and taken[-len(given) :] and late[-1] in [f.name for f in taken[len(late) :]]:
        raise TypeError(f"non-default argument {late[-1]!r} follows default argument")
    code.plain = ("self", *(f.name for f in taken))
    code.keyword_only = tuple(f.name for f in named)
    code.simple = -1 if named else len(code.plain)
    others = [f for f in every if not f.init]

    def run(frame: Frame) -> None:
        own = frame[0]
        for field, value in zip([*taken, *named], frame[1:], strict=True):
            _put(own, field.name, _made(field) if value is _FACTORY else value)
        for field in others:
            if field.default_factory is not MISSING:
                _put(own, field.name, _made(field))
        if "__post_init__" in {name for each in type(own).__mro__ for name in vars(each)}:
            own.__post_init__()

    code.run = run
    keyword_defaults = {f.name: _default(f) for f in named if _default(f) is not MISSING}
    return Function(code, tuple(given), keyword_defaults, ())


_FACTORY = _Missing()
"""A default that is made for each object."""


def _default(field: Field) -> Any:
    return field.default if field.default_factory is MISSING else _FACTORY


def _made(field: Field) -> Any:
    return as_function(field.default_factory)()


def _put(own: Any, name: str, value: Any) -> None:
    object.__setattr__(own, name, value)


# ----- the other methods --------------------------------------------------------------------------


def _values(own: Any, part: str) -> tuple[Any, ...]:
    MACHINE.charge(1)
    every = vars(type(own)).get(FIELDS) or getattr(type(own), FIELDS)
    return tuple(attributes.get(own, f.name) for f in every.values() if getattr(f, part))


_SHOWING: set[int] = set()


def _representation(own: Any) -> str:
    if id(own) in _SHOWING:
        return "..."
    _SHOWING.add(id(own))
    try:
        names = [f.name for f in getattr(type(own), FIELDS).values() if f.repr]
        parts = zip(names, _values(own, "repr"), strict=True)
        shown = ", ".join(f"{name}={representation(value)}" for name, value in parts)
    finally:
        _SHOWING.discard(id(own))
    MACHINE.allow(len(shown))
    return f"{type(own).__qualname__}({shown})"


def _compared(sign: str) -> Callable[[Any, Any], Any]:
    compare = COMPARE[sign]

    def method(own: Any, other: Any) -> Any:
        if type(other) is not type(own):
            return NotImplemented
        return compare(_values(own, "compare"), _values(other, "compare"))

    return method


def _hash(own: Any) -> int:
    return hash(hashable(_values(own, "compare")))


def _frozen(what: str) -> Callable[..., None]:
    def method(own: Any, name: str, *value: Any) -> None:
        raise FrozenInstanceError(f"cannot {what} field {name!r}")

    return method


# ----- functions ----------------------------------------------------------------------------------


def fields(value: Any) -> tuple[Field, ...]:
    """The fields of a data class or of an object of one."""
    kind = value if isinstance(value, type) else type(value)
    if not hasattr(kind, FIELDS):
        raise TypeError("must be called with a dataclass type or instance")
    return tuple(getattr(kind, FIELDS).values())


def is_dataclass(value: Any) -> bool:
    """Whether a value is a data class or an object of one."""
    return hasattr(value if isinstance(value, type) else type(value), FIELDS)


def asdict(value: Any) -> dict[str, Any]:
    """The fields of an object by name; data classes in them become dicts as well."""
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError("asdict() should be called on dataclass instances")
    found: dict[str, Any] = _inner(value, dict)
    return found


def astuple(value: Any) -> tuple[Any, ...]:
    """The values of an object's fields; data classes in them become tuples as well."""
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError("astuple() should be called on dataclass instances")
    found: tuple[Any, ...] = _inner(value, lambda pairs: tuple(v for _, v in pairs))
    return found


def _inner(value: Any, build: Callable[[Any], Any]) -> Any:
    MACHINE.charge(1)
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        return build([(name, _inner(attributes.get(value, name), build)) for name in names])
    if type(value) in (list, tuple):
        return type(value)(_inner(each, build) for each in value)
    if type(value) is dict:
        return {_inner(k, build): _inner(v, build) for k, v in value.items()}
    return deepcopy(value)


def replace(value: Any, /, **changes: Any) -> Any:
    """An object like `value` with some fields changed."""
    for field in fields(value):
        if field.init and field.name not in changes:
            changes[field.name] = attributes.get(value, field.name)
    return type(value)(**changes)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "dataclass": dataclass,
    "field": Field,
    "fields": fields,
    "is_dataclass": is_dataclass,
    "asdict": asdict,
    "astuple": astuple,
    "replace": replace,
}


def _table() -> dict[str, Any]:
    shown = ("name", "default", "default_factory", "init", "repr", "compare", "hash", "kw_only")
    register(Field, {n: Attribute(lambda f, n=n: getattr(f, n)) for n in shown})  # type: ignore[misc]
    register(FrozenInstanceError, {}, base=True)
    return {
        **{name: Builtin(name, function) for name, function in _FUNCTIONS.items()},
        "FrozenInstanceError": FrozenInstanceError,
        "MISSING": MISSING,
    }


DATACLASSES = Namespace("dataclasses", _table)
