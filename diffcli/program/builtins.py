"""Python's built-in functions and types, as far as programs have them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from diffcli.program import attributes
from diffcli.program.attributes import Field, as_function, register
from diffcli.program.containers import pairs
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.nesting import ascii_only, hashable, nested, representation, survey, text
from diffcli.program.operations import add, formatted, power
from diffcli.program.values import Builtin, Function, Method, UserType

EXCEPTIONS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BaseException,
    Exception,
    FloatingPointError,
    GeneratorExit,
    ImportError,
    IndexError,
    KeyError,
    LookupError,
    ModuleNotFoundError,
    NameError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    StopIteration,
    SystemExit,
    TypeError,
    UnboundLocalError,
    ValueError,
    Warning,
    UserWarning,
    DeprecationWarning,
    ZeroDivisionError,
)
"""The exceptions that a program may raise, catch and derive from."""


def function_of(value: Any) -> Callable[..., Any]:
    """A callback: a function of the program, or a type."""
    return as_function(value)  # type: ignore[no-any-return]


def _print(*values: Any, sep: str | None = " ", end: str | None = "\n", **rest: Any) -> None:
    file = rest.pop("file", None)
    rest.pop("flush", None)
    if rest:
        raise TypeError(f"print() got an unexpected keyword argument '{min(rest)}'")
    shown = (" " if sep is None else sep).join(map(text, values)) + ("\n" if end is None else end)
    if file is not None:
        attributes.get(file, "write")(shown)
        return
    MACHINE.allow(len(shown))
    MACHINE.write(shown)


def _sum(items: Any, start: Any = 0) -> Any:
    total = start
    if isinstance(start, str):
        raise TypeError("sum() can't sum strings [use ''.join(seq) instead]")
    for item in bounded(items):
        total = add(total, item)
    return total


def _extreme(name: str, pick: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, key: Any = None, **rest: Any) -> Any:
        if set(rest) - {"default"}:
            raise TypeError(f"{name}() got an unexpected keyword argument '{min(rest)}'")
        if key is not None:
            rest["key"] = function_of(key)
        if not args:
            raise TypeError(f"{name} expected at least 1 argument, got 0")
        if len(args) == 1:
            survey(args[0])
            return pick(bounded(args[0]), **rest)
        survey(args)
        return pick(*args, **rest)

    return run


def _sorted(items: Any, *, key: Any = None, reverse: bool = False) -> list[Any]:
    survey(items)
    return sorted(bounded(items), key=None if key is None else function_of(key), reverse=reverse)


def _map(function: Any, *items: Any) -> Any:
    return map(function_of(function), *items)


def _filter(function: Any, items: Any) -> Any:
    return filter(None if function is None else function_of(function), bounded(items))


def _round(number: Any, ndigits: Any = None) -> Any:
    if number.__class__ is int and ndigits.__class__ is int:
        MACHINE.allow_bits(-4 * ndigits)
    return round(number, ndigits) if ndigits is not None else round(number)


def _pow(base: Any, exponent: Any, modulus: Any = None) -> Any:
    if modulus is None:
        return power(base, exponent)
    if exponent.__class__ is int and modulus.__class__ is int:
        # as many products as the exponent has bits, each of numbers as long as the modulus
        MACHINE.allow_bits(exponent.bit_length() * modulus.bit_length() >> 6)
    return pow(base, exponent, modulus)


def _getattr(value: Any, name: Any, *default: Any) -> Any:
    if not isinstance(name, str):
        raise TypeError("attribute name must be string")
    try:
        return attributes.get(value, name)
    except AttributeError:
        if default:
            return default[0]
        raise


def _hasattr(value: Any, name: str) -> bool:
    try:
        _getattr(value, name)
    except AttributeError:
        return False
    return True


def _callable(value: Any) -> bool:
    return isinstance(value, Function | Method | Builtin | type) or callable(value)


def _isinstance(value: Any, kinds: Any) -> bool:
    return isinstance(value, kinds)


def _range(*args: Any) -> range:
    return range(*args)


def _dir(*values: Any) -> list[str]:
    if not values:
        raise TypeError("dir() needs a value in programs")
    return sorted(attributes.names_of(values[0]))


def _type(*args: Any) -> Any:
    if len(args) != 1:
        raise TypeError("type() takes 1 argument in programs: write a class statement")
    return type(args[0])


def _vars(*values: Any) -> dict[str, Any]:
    if not values:
        raise NameError("'vars' without a value is not available in programs", name="vars")
    if type(type(values[0])) is not UserType:
        raise TypeError("vars() argument must have __dict__ attribute")
    return dict(values[0].__dict__)


def _int(*args: Any, **named: Any) -> int:
    if args and isinstance(args[0], str):
        MACHINE.allow_bits(4 * len(args[0]))
    return int(*args, **named)


def _listed(kind: type) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        made = kind(*map(bounded, args))
        MACHINE.allow(len(made))
        return made

    return make


def _hashed(kind: type) -> Callable[..., Any]:
    def make(*args: Any) -> Any:
        made = kind(*(map(hashable, bounded(items)) for items in args))
        MACHINE.allow(len(made))
        return made

    return make


def _dict(*args: Any, **named: Any) -> dict[Any, Any]:
    return dict(*map(pairs, args), **named)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": lambda items: all(bounded(items)),
    "any": lambda items: any(bounded(items)),
    "ascii": ascii_only,
    "bin": bin,
    "callable": _callable,
    "chr": chr,
    "delattr": attributes.remove,
    "dir": _dir,
    "divmod": divmod,
    "enumerate": enumerate,
    "filter": _filter,
    "format": lambda value, spec="": formatted(value, spec),
    "getattr": _getattr,
    "hasattr": _hasattr,
    "hash": lambda value: hash(hashable(value)),
    "hex": hex,
    "id": id,
    "isinstance": _isinstance,
    "issubclass": issubclass,
    "iter": iter,
    "len": len,
    "map": _map,
    "max": _extreme("max", max),
    "min": _extreme("min", min),
    "next": next,
    "oct": oct,
    "ord": ord,
    "pow": _pow,
    "print": _print,
    "repr": representation,
    "reversed": reversed,
    "round": _round,
    "setattr": attributes.put,
    "sorted": _sorted,
    "sum": _sum,
    "vars": _vars,
    "zip": zip,
}

CONSTRUCTED: dict[type, Callable[..., Any]] = {
    int: _int,
    float: float,
    complex: complex,
    bool: bool,
    str: lambda value="": text(value),
    list: _listed(list),
    tuple: _listed(tuple),
    set: _hashed(set),
    frozenset: _hashed(frozenset),
    dict: _dict,
    range: _range,
    slice: slice,
    object: object,
    type: _type,
    property: property,
    staticmethod: staticmethod,
    classmethod: classmethod,
    super: super,
}

REFUSED = [
    "open",
    "eval",
    "exec",
    "compile",
    "__import__",
    "input",
    "breakpoint",
    "globals",
    "locals",
    "memoryview",
    "bytes",
    "bytearray",
    "exit",
    "quit",
]


def _refused(name: str) -> Callable[..., Any]:
    def run(*args: Any, **named: Any) -> Any:
        raise NameError(f"'{name}' is not available in programs", name=name)

    return run


def _inherited(kind: type) -> dict[str, Callable[..., Any]]:
    """The special methods that `super()` finds at the end of a program's classes."""
    return {name: getattr(kind, name) for name in ("__init__", "__repr__", "__str__")}


def _set_plainly(value: Any, name: str, new: Any) -> None:
    _check_own(value, name)
    object.__setattr__(value, name, new)


def _delete_plainly(value: Any, name: str) -> None:
    _check_own(value, name)
    object.__delattr__(value, name)


def _check_own(value: Any, name: str) -> None:
    own = isinstance(name, str) and not attributes.is_special(name)
    if not own or type(type(value)) is not UserType:
        raise AttributeError(f"the attribute {name!r} cannot be changed in programs")


@functools.cache
def language() -> dict[str, Any]:
    """The names that every program has."""
    from diffcli.program import containers, functions

    containers.offer()
    functions.offer()
    for name, function in FUNCTIONS.items():
        if isinstance(function, FunctionType):
            function.__qualname__ = name  # as Python's messages about arguments show it
    special = {"__setattr__": _set_plainly, "__delattr__": _delete_plainly}
    register(object, {**_inherited(object), **special, "__class__": Field(type)})
    for kind, construct in CONSTRUCTED.items():
        register(kind, {}, construct)
    for error in EXCEPTIONS:
        nested(error)
        register(error, {**_inherited(error), "args": Field(lambda e: e.args)}, base=True)
    return {
        **{name: Builtin(name, function) for name, function in FUNCTIONS.items()},
        **{kind.__name__: kind for kind in CONSTRUCTED},
        **{error.__name__: error for error in EXCEPTIONS},
        **{name: Builtin(name, _refused(name)) for name in REFUSED},
        "NotImplemented": NotImplemented,
        "Ellipsis": ...,
        "__name__": "__main__",
    }
