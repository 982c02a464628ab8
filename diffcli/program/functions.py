"""Attributes of functions, methods, generators, properties and exceptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.program import attributes
from diffcli.program.attributes import Field, register
from diffcli.program.generators import Generator
from diffcli.program.nesting import nested
from diffcli.program.values import BoundBuiltin, Builtin, Function, Method, Wrapped


def _of_definition(name: str, origin: str) -> Field:
    """What the definition of a function says, until something else is assigned."""

    def get(function: Function) -> Any:
        return (function.attributes or {}).get(name, getattr(function.code, origin))

    def put(function: Function, value: Any) -> None:
        function.attributes = {**(function.attributes or {}), name: value}

    return Field(get, put)


def _of_function(name: str) -> Field:
    return Field(lambda method: attributes.get(method.function, name))


_NAMED: dict[type, Callable[[Any], str]] = {
    Builtin: lambda function: function.name,
    BoundBuiltin: lambda method: method.name,
    Generator: lambda generator: generator.name,
}
"""What gives the name of a value that has one, besides functions of the program."""


def offer() -> None:
    """Give what can be called, and what a call can end in, its attributes."""
    for kind, name in _NAMED.items():
        register(kind, {"__name__": Field(name), "__qualname__": Field(name)})
    for origin in ("name", "qualname", "doc"):
        special = f"__{origin}__"
        register(Function, {special: _of_definition(special, origin)})
        register(Method, {special: _of_function(special)})
        register(Wrapped, {special: _of_function(special)})
    register(Generator, {name: getattr(Generator, name) for name in ("send", "throw", "close")})
    register(
        property,
        {
            "setter": lambda p, f: p.setter(f),
            "getter": lambda p, f: p.getter(f),
            "deleter": lambda p, f: p.deleter(f),
        },
    )
    nested(BaseException, lambda error: error.args)
    register(BaseException, {"__cause__": Field(lambda e: e.__cause__)})
    register(StopIteration, {"value": Field(lambda e: e.value)})
    register(SystemExit, {"code": Field(lambda e: e.code)})
