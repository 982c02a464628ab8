"""Tuples with names for their places: those of `collections.namedtuple` and `typing.NamedTuple`."""

from __future__ import annotations

import collections
from typing import Any

from diffcli.program.attributes import ClassMethod, Field, register
from diffcli.program.machine import bounded
from diffcli.program.nesting import nested
from diffcli.program.values import UserType


class NamedTuple:
    """As a base: the annotated names of the class are the places of a tuple."""


NamedTuple.__module__ = "typing"


def offer_named_tuple(kind: Any) -> None:
    """Let programs read the places of tuples of `kind` by name."""
    fields = {name: Field(lambda t, name=name: getattr(t, name)) for name in kind._fields}  # type: ignore[misc]
    methods = {"_asdict": kind._asdict, "_replace": kind._replace}
    made = ClassMethod(lambda own, items: own._make(bounded(items)))
    register(kind, {**fields, **methods, "_make": made, "_fields": Field(lambda t: t._fields)})
    nested(kind)


def named_tuple(
    typename: str, field_names: Any, *, rename: bool = False, defaults: Any = None
) -> UserType:
    """A class of tuples, as `collections.namedtuple` makes it."""
    names = field_names if isinstance(field_names, str) else list(bounded(field_names))
    values = None if defaults is None else list(bounded(defaults))
    make: Any = collections.namedtuple
    kind = make(typename, names, rename=rename, defaults=values, module="__main__")
    offer_named_tuple(kind)
    shown = {"__module__": "__main__", "__doc__": kind.__doc__, "_fields": kind._fields}
    made = UserType(typename, (kind,), {**shown, "_field_defaults": dict(kind._field_defaults)})
    nested(made)
    return made
