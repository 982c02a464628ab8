"""Methods of texts, lists, dicts, sets and numbers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import ClassMethod, Field, as_function, register
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.nesting import ascii_only, hashable, representation, survey, text
from diffcli.program.operations import formatted

TEXT = (
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit "
    "isidentifier islower isnumeric isprintable isspace istitle isupper lower lstrip partition "
    "removeprefix removesuffix rfind rindex rpartition rsplit rstrip split splitlines "
    "startswith strip swapcase title upper"
).split()
LIST = ["append", "clear", "copy", "insert", "pop", "reverse"]
DICT = ["clear", "copy", "items", "keys", "popitem", "values"]
JOINED = "difference intersection isdisjoint issubset issuperset symmetric_difference union".split()
CHANGED = ["update", "difference_update", "intersection_update", "symmetric_difference_update"]


def same(kind: type, names: list[str]) -> dict[str, Callable[..., Any]]:
    """Methods that programs have as Python has them."""
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
        whole = match[0]
        if whole in ("{{", "}}"):
            return whole[0]
        if whole == "{":
            raise ValueError("Single '{' encountered in format string")
        if whole == "}":
            raise ValueError("Single '}' encountered in format string")
        found = value(match[1])
        if match[2]:
            convert: Any = {"r": representation, "s": text, "a": ascii_only}[match[2]]
            found = convert(found)
        spec = re.sub(r"\{(\w*)\}", lambda m: text(value(m[1])), match[3] or "")
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
    survey(items)
    items.sort(key=None if key is None else as_function(key), reverse=reverse)


def pairs(items: Any) -> Any:
    """What a dict is made from: a mapping, or pairs, counted and none of them endless."""
    if isinstance(items, dict) or hasattr(type(items), "keys"):
        return items
    return [_pair(each) for each in bounded(items)]


def _pair(item: Any) -> Any:
    if item.__class__ is tuple or item.__class__ is list:
        for each in item[:1]:
            hashable(each)
    elif not isinstance(item, str) and hasattr(type(item), "__iter__"):
        return tuple(itertools.islice(item, 3))
    return item


def _update(target: dict[Any, Any], *others: Any, **named: Any) -> None:
    target.update(*map(pairs, others), **named)


def _collecting(kind: type, names: list[str]) -> dict[str, Callable[..., Any]]:
    """Methods of sets that read other collections."""

    def made(method: Callable[..., Any]) -> Callable[..., Any]:
        return lambda own, *others: method(own, *(map(hashable, bounded(each)) for each in others))

    return {name: made(getattr(kind, name)) for name in names}


def seeking(kind: type, *names: str) -> dict[str, Callable[..., Any]]:
    """Methods that compare or hash their first argument."""

    def made(method: Callable[..., Any]) -> Callable[..., Any]:
        def apply(own: Any, *args: Any) -> Any:
            for each in args[:1]:
                survey(each)
            return method(own, *args)

        return apply

    return {name: made(getattr(kind, name)) for name in names}


def _fromkeys(kind: type, keys: Any, value: Any = None) -> dict[Any, Any]:
    return dict.fromkeys(map(hashable, bounded(keys)), value)


def offer() -> None:
    """Give the containers and numbers of Python their attributes."""
    register(
        str,
        {
            **same(str, TEXT),
            "join": _join,
            "replace": _replace,
            "format": _format,
            **{name: _padded(name) for name in ("center", "ljust", "rjust", "zfill")},
        },
    )
    sought = seeking(list, "count", "index", "remove")
    register(list, {**same(list, LIST), **sought, "extend": _extend, "sort": _sort})
    register(tuple, seeking(tuple, "count", "index"))
    sought = seeking(dict, "get", "pop", "setdefault")
    own = {"update": _update, "fromkeys": ClassMethod(_fromkeys)}
    register(dict, {**same(dict, DICT), **sought, **own})
    sought = seeking(set, "add", "discard", "remove")
    plain = same(set, ["clear", "copy", "pop"])
    register(set, {**plain, **sought, **_collecting(set, [*JOINED, *CHANGED])})
    register(frozenset, {"copy": frozenset.copy, **_collecting(frozenset, JOINED)})
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
