"""Methods of texts, lists, dicts, sets and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import ClassMethod, Field, as_function, register
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.operations import formatted

TEXT = (
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit "
    "isidentifier islower isnumeric isprintable isspace istitle isupper lower lstrip partition "
    "removeprefix removesuffix rfind rindex rpartition rsplit rstrip split splitlines "
    "startswith strip swapcase title upper"
).split()
LIST = ["append", "clear", "copy", "count", "index", "insert", "pop", "remove", "reverse"]
DICT = ["clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "values"]
SET = (
    "add clear copy difference discard intersection isdisjoint issubset issuperset pop remove "
    "symmetric_difference union"
).split()


def _same(kind: type, names: list[str]) -> dict[str, Callable[..., Any]]:
    return {name: getattr(kind, name) for name in names}


# ----- texts --------------------------------------------------------------------------------------


def _join(separator: str, items: Any) -> str:
    parts = list(bounded(items))
    texts = [len(p) for p in parts if isinstance(p, str)]
    MACHINE.allow(sum(texts) + len(separator) * len(parts))
    return separator.join(parts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    MACHINE.allow(len(text) + text.count(old) * max(len(new) - len(old), 0))
    return text.replace(old, new, count)


def _padded(name: str) -> Callable[..., str]:
    method = getattr(str, name)

    def pad(text: str, width: int, *fill: str) -> str:
        MACHINE.allow(width)
        return method(text, width, *fill)  # type: ignore[no-any-return]

    return pad


_FIELD = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}|[{}]")
_PLACE = re.compile(r"\w*")


def _format(template: str, *args: Any, **named: Any) -> str:
    """`str.format` without attributes and items of the arguments."""
    count = 0

    def value(key: str) -> Any:
        nonlocal count
        if not _PLACE.fullmatch(key):
            raise ValueError("a field of format() is a name or a number in programs")
        if key == "":
            key = str(count)
            count += 1
        if key.isdigit():
            if int(key) >= len(args):
                raise IndexError(f"Replacement index {key} out of range for positional args tuple")
            return args[int(key)]
        return named[key]

    def replace(match: re.Match[str]) -> str:
        text = match[0]
        if text in ("{{", "}}"):
            return text[0]
        if text == "{":
            raise ValueError("Single '{' encountered in format string")
        if text == "}":
            raise ValueError("Single '}' encountered in format string")
        found = value(match[1])
        if match[2]:
            convert: Any = {"r": repr, "s": str, "a": ascii}[match[2]]
            found = convert(found)
        spec = re.sub(r"\{(\w*)\}", lambda m: str(value(m[1])), match[3] or "")
        return formatted(found, spec)

    result = _FIELD.sub(replace, template)
    MACHINE.allow(len(result))
    return result


# ----- lists, dicts -------------------------------------------------------------------------------


def _extend(items: list[Any], more: Any) -> None:
    added = list(bounded(more))
    MACHINE.allow(len(items) + len(added))
    items.extend(added)


def _sort(items: list[Any], *, key: Any = None, reverse: bool = False) -> None:
    MACHINE.allow(len(items))
    items.sort(key=None if key is None else as_function(key), reverse=reverse)


def _update(target: Any, *others: Any, **named: Any) -> None:
    target.update(*others, **named)


def _fromkeys(kind: type, keys: Any, value: Any = None) -> dict[Any, Any]:
    return dict.fromkeys(bounded(keys), value)


def offer() -> None:
    """Give the containers and numbers of Python their attributes."""
    register(
        str,
        {
            **_same(str, TEXT),
            "join": _join,
            "replace": _replace,
            "format": _format,
            **{name: _padded(name) for name in ("center", "ljust", "rjust", "zfill")},
        },
    )
    register(list, {**_same(list, LIST), "extend": _extend, "sort": _sort})
    register(tuple, _same(tuple, ["count", "index"]))
    register(
        dict,
        {**_same(dict, DICT), "update": _update, "fromkeys": ClassMethod(_fromkeys)},
    )
    register(set, {**_same(set, SET), "update": _update})
    register(
        frozenset,
        _same(frozenset, ["union", "intersection", "difference", "issubset", "issuperset", "copy"]),
    )
    number = {
        "real": Field(lambda x: x.real),
        "imag": Field(lambda x: x.imag),
        "conjugate": lambda x: x.conjugate(),
    }
    register(int, {**number, "bit_length": int.bit_length})
    register(float, {**number, "is_integer": float.is_integer, "hex": float.hex})
    register(complex, number)
    for kind in (slice, range):
        names = ("start", "stop", "step")
        register(kind, {n: Field(lambda s, n=n: getattr(s, n)) for n in names})  # type: ignore[misc]
