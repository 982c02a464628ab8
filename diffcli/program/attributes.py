"""Attributes: one table a type, and nothing that is not in it.

`register` is how a layer offers a type to programs. Of names with two underscores at both ends,
values have the `Field`s that are registered, and the methods that a program's own classes define.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from diffcli.program.values import BoundBuiltin, Builtin, Function, Namespace, UserType

ATTRIBUTES: dict[type, dict[str, Any]] = {}
"""By type, then by name: a `Field`, a `ClassMethod`, or a function that takes the object first."""

CONSTRUCTORS: dict[type, Callable[..., Any]] = {}
"""What calling a type does. A type that is not here cannot be called."""

BASES: set[type] = {object}
"""Types that classes of a program may inherit from, besides exceptions."""

OPEN: set[type] = set()
"""Types whose objects take any further attribute into their `__dict__`."""

FINDERS: dict[type, Callable[[str], Any]] = {}
"""Types with many attributes: what gives the entry of a name, or None."""

LISTED: dict[type, Callable[[], Iterable[str]]] = {}
"""The names that the finder of a type knows, for suggestions."""

FLAT: dict[type, dict[str, Any]] = {}
"""Tables with those of the base types, made when first needed."""


class Field:
    """An attribute that is computed; without `set` it cannot be assigned."""

    __slots__ = ("delete", "get", "set")

    def __init__(
        self,
        get: Callable[[Any], Any],
        set: Callable[[Any, Any], None] | None = None,
        delete: Callable[[Any], None] | None = None,
    ) -> None:
        self.get = get
        self.set = set
        self.delete = delete


class ClassMethod:
    """A function that takes the class first."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


def register(
    kind: type,
    table: Mapping[str, Any],
    construct: Callable[..., Any] | None = None,
    *,
    base: bool = False,
    open: bool = False,
) -> None:
    """Offer `kind` to programs.

    `table` maps names to functions (methods), `Field`s and `ClassMethod`s; `construct` is what a
    call of the type does; `base` allows classes that inherit from it, whose `__init__` and the like
    the table then lists; `open` lets programs add attributes to its objects.
    """
    ATTRIBUTES.setdefault(kind, {}).update(table)
    if construct is not None:
        CONSTRUCTORS[kind] = construct
    if base:
        BASES.add(kind)
    if open:
        OPEN.add(kind)
    FLAT.clear()


def is_special(name: str) -> bool:
    """Whether `name` has two underscores at both ends."""
    return name.startswith("__") and name.endswith("__")


def table_of(kind: type) -> dict[str, Any]:
    """The attributes of objects of `kind`, inherited ones included."""
    table = FLAT.get(kind)
    if table is None:
        table = {}
        for each in reversed(kind.__mro__):
            table.update(ATTRIBUTES.get(each, {}))
        if type(kind) is not UserType:
            table = {
                name: entry
                for name, entry in table.items()
                if entry.__class__ is Field or not is_special(name)
            }
        FLAT[kind] = table
    return table


def get(value: Any, name: str) -> Any:
    """`value.name`; raises AttributeError in Python's words."""
    kind = type(value)
    if kind is Namespace:
        return _of_namespace(value, name)
    if type(kind) is UserType:
        return _of_instance(value, name)
    entry = table_of(kind).get(name)
    if entry is not None:
        return _bound(entry, value, name)
    found = _found(kind, name)
    if found is not None:
        return _bound(found, value, name)
    if isinstance(value, type):
        return _of_class(value, name)
    if kind is super:
        return _of_super(value, name)
    if kind is Function and value.attributes is not None and name in value.attributes:
        return value.attributes[name]
    if kind in OPEN and name in value.__dict__ and not is_special(name):
        return value.__dict__[name]
    raise missing(value, name)


def method_of(value: Any, name: str) -> Any:
    """The function of a method of `value` that takes the object first, or None.

    A call of it needs no bound method.
    """
    kind = type(value)
    if type(kind) is UserType or kind is Namespace or isinstance(value, type):
        return None
    entry = table_of(kind).get(name)
    if entry is None:
        entry = _found(kind, name)
    return None if entry.__class__ is Field or entry.__class__ is ClassMethod else entry


def _found(kind: type, name: str) -> Any:
    """What the finder of `kind`, or of a base of it, gives for a name."""
    for each in kind.__mro__:
        if each in FINDERS:
            return FINDERS[each](name)
    return None


def function_of(value: Any, name: str) -> Function | None:
    """The function of the program that is the method `name` of an instance, if it is one."""
    if name in value.__dict__:
        return None
    for each in type(value).__mro__:
        if name in each.__dict__:
            found = each.__dict__[name]
            return found if found.__class__ is Function and type(each) is UserType else None
    return None


def missing(value: Any, name: str) -> AttributeError:
    """The error for a name that `value` does not have."""
    if isinstance(value, type):
        text = f"type object '{value.__name__}' has no attribute '{name}'"
    elif isinstance(value, Namespace):
        text = f"module '{value.name}' has no attribute '{name}'"
    else:
        text = f"'{type(value).__name__}' object has no attribute '{name}'"
    return AttributeError(text, name=name, obj=value)


def _bound(entry: Any, value: Any, name: str) -> Any:
    if entry.__class__ is Field:
        return entry.get(value)
    if entry.__class__ is ClassMethod:
        return BoundBuiltin(name, entry.function, type(value))
    return BoundBuiltin(name, entry, value)


def _of_namespace(value: Namespace, name: str) -> Any:
    try:
        return value.table[name]
    except KeyError:
        if name == "__name__":
            return value.name
        raise missing(value, name) from None


def offered(kind: type, name: str) -> bool:
    """Whether a program's class `kind` itself defines `name` for programs to see."""
    members = kind.__dict__
    if name not in members:
        return False
    return not is_special(name) or type(members[name]) in (Function, staticmethod, classmethod)


def _of_instance(value: Any, name: str) -> Any:
    kind = type(value)
    members = value.__dict__
    if name in members:
        return members[name]
    for each in kind.__mro__:
        if type(each) is UserType:
            if offered(each, name):
                return getattr(value, name)
        elif name in ATTRIBUTES.get(each, ()):
            return _bound(ATTRIBUTES[each][name], value, name)
    if name == "__doc__":
        return kind.__doc__
    if name == "__dict__":
        return dict(members)
    for each in kind.__mro__:
        if "__getattr__" in each.__dict__ and type(each) is UserType:
            return each.__dict__["__getattr__"](value, name)
        if "__getattr__" in ATTRIBUTES.get(each, ()):
            return ATTRIBUTES[each]["__getattr__"](value, name)
    raise missing(value, name)


def _of_class(value: type, name: str) -> Any:
    if name in ("__name__", "__qualname__"):
        return getattr(value, name)
    for each in value.__mro__:
        if type(each) is UserType:
            if offered(each, name):
                return getattr(value, name)
            continue
        entry = ATTRIBUTES.get(each, {}).get(name)
        if entry.__class__ is ClassMethod:
            return BoundBuiltin(name, entry.function, value)
        allowed = type(value) is UserType or value in BASES or not is_special(name)
        if entry is not None and entry.__class__ is not Field and allowed:
            return Builtin(name, entry, f"<method '{name}' of '{each.__name__}' objects>")
    if name == "__doc__" and type(value) is UserType:
        return value.__doc__
    raise missing(value, name)


def _of_super(value: Any, name: str) -> Any:
    kind, owner = value.__thisclass__, value.__self__
    own = owner if isinstance(owner, type) else type(owner)
    mro = own.__mro__
    for each in mro[mro.index(kind) + 1 :]:
        if type(each) is UserType:
            if offered(each, name):
                return getattr(value, name)
            continue
        entry = ATTRIBUTES.get(each, {}).get(name)
        if entry.__class__ is ClassMethod:
            return BoundBuiltin(name, entry.function, own)
        if entry is not None:
            return _bound(entry, owner, name)
    raise AttributeError(f"'super' object has no attribute '{name}'", name=name, obj=value)


def put(value: Any, name: str, new: Any) -> None:
    """`value.name = new`; raises AttributeError in Python's words."""
    kind = type(value)
    if name[:2] == "__" and is_special(name) and not _is_settable(kind, name):
        raise AttributeError(f"the attribute '{name}' cannot be assigned in programs")
    if type(kind) is UserType and name not in table_of(kind):
        setattr(value, name, new)
        return
    if kind is Function and name not in table_of(kind):
        value.attributes = {**(value.attributes or {}), name: new}
        return
    if isinstance(value, type):
        if type(value) is not UserType:
            owner = value.__name__
            raise TypeError(f"cannot set '{name}' attribute of immutable type '{owner}'")
        setattr(value, name, new)
        return
    entry = table_of(kind).get(name)
    if entry.__class__ is Field:
        if entry.set is None:
            text = f"attribute '{name}' of '{kind.__name__}' objects is not writable"
            raise AttributeError(text)
        entry.set(value, new)
    elif type(kind) is UserType or kind in OPEN:
        setattr(value, name, new)
    elif entry is not None:
        raise AttributeError(f"'{kind.__name__}' object attribute '{name}' is read-only")
    else:
        raise missing(value, name)


def _is_settable(kind: type, name: str) -> bool:
    entry = table_of(kind).get(name)
    return entry.__class__ is Field and entry.set is not None


def remove(value: Any, name: str) -> None:
    """`del value.name`."""
    kind = type(value)
    entry = table_of(kind).get(name)
    if entry.__class__ is Field and entry.delete is not None:
        entry.delete(value)
    elif not is_special(name) and (
        type(kind) is UserType or kind in OPEN or isinstance(value, UserType)
    ):
        delattr(value, name)
    else:
        raise missing(value, name)


def names_of(value: Any) -> list[str]:
    """The names of all attributes, for suggestions."""
    if isinstance(value, Namespace):
        return list(value.table)
    kinds = value.__mro__ if isinstance(value, type) else type(value).__mro__
    names: dict[str, None] = {}
    for kind in kinds:
        members = kind.__dict__ if type(kind) is UserType else ATTRIBUTES.get(kind, {})
        names |= dict.fromkeys(members)
        if kind in LISTED:
            names |= dict.fromkeys(LISTED[kind]())
    if type(type(value)) is UserType or type(value) in OPEN:
        names |= dict.fromkeys(value.__dict__)
    return [name for name in names if not is_special(name)]


def as_function(value: Any) -> Any:
    """`value` as something that Python may call: a type stands for what constructs it."""
    if isinstance(value, type) and type(value) is not UserType and not _is_exception(value):
        construct = CONSTRUCTORS.get(value)
        if construct is None:
            raise TypeError(f"cannot create '{value.__name__}' instances")
        return construct
    return value


def _is_exception(value: type) -> bool:
    return issubclass(value, BaseException)
