"""Arguments of a call meet the parameters of a function, with Python's rules and words."""

from __future__ import annotations

from typing import Any

from diffcli.program.machine import MACHINE
from diffcli.program.values import UNBOUND, Code, Frame, Function


def bind(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Frame:
    """The frame of a call; raises TypeError as Python does."""
    code = function.code
    count = len(code.plain)
    values: list[Any] = [*args[:count], *(UNBOUND,) * (count - len(args))]
    if len(args) > count and not code.star:
        raise TypeError(_too_many(function, len(args), kwargs))
    keywords = dict.fromkeys(code.keyword_only, UNBOUND)
    extra = _named(code, values, keywords, kwargs) if kwargs else {}
    missing = _fill_defaults(function, values)
    if missing:
        raise TypeError(f"{code.qualname}() missing {_listed(missing, 'positional')}")
    for name, value in function.keyword_defaults.items():
        if keywords[name] is UNBOUND:
            keywords[name] = value
    missing = [name for name, value in keywords.items() if value is UNBOUND]
    if missing:
        raise TypeError(f"{code.qualname}() missing {_listed(missing, 'keyword-only')}")
    frame = [*values, *keywords.values()]
    if code.star:
        frame.append(args[count:])
        MACHINE.allow(len(args))
    if code.starstar:
        frame.append(extra)
    frame += function.rest
    return frame


def _named(
    code: Code, values: list[Any], keywords: dict[str, Any], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Put keyword arguments in their places; returns those for `**`."""
    extra: dict[str, Any] = {}
    plain = {name: i for i, name in enumerate(code.plain) if i >= code.positional_only}
    for name, value in kwargs.items():
        place = plain.get(name)
        if place is not None:
            if values[place] is not UNBOUND:
                raise TypeError(f"{code.qualname}() got multiple values for argument '{name}'")
            values[place] = value
        elif name in keywords:
            keywords[name] = value
        else:
            extra[name] = value
    if extra and not code.starstar:
        wrong = [name for name in code.plain[: code.positional_only] if name in extra]
        if wrong:
            raise TypeError(
                f"{code.qualname}() got some positional-only arguments passed as keyword "
                f"arguments: '{', '.join(wrong)}'"
            )
        name = next(iter(extra))
        raise TypeError(f"{code.qualname}() got an unexpected keyword argument '{name}'")
    return extra


def _fill_defaults(function: Function, values: list[Any]) -> list[str]:
    plain, defaults = function.code.plain, function.defaults
    first = len(plain) - len(defaults)
    missing = []
    for i, value in enumerate(values):
        if value is UNBOUND:
            if i >= first:
                values[i] = defaults[i - first]
            else:
                missing.append(plain[i])
    return missing


def _listed(names: list[str], kind: str) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) == 1:
        return f"1 required {kind} argument: {quoted[0]}"
    last = " and " if len(quoted) == 2 else ", and "
    text = ", ".join(quoted[:-1]) + last + quoted[-1]
    return f"{len(quoted)} required {kind} arguments: {text}"


def _too_many(function: Function, given: int, kwargs: dict[str, Any]) -> str:
    code = function.code
    most = len(code.plain)
    least = most - len(function.defaults)
    takes = f"from {least} to {most}" if least != most else f"{most}"
    plural = "s" if most != 1 or least != most else ""
    named = sum(name in code.keyword_only for name in kwargs)
    if named:
        arguments = f"argument{'s' if named != 1 else ''}"
        were = (
            f"{given} positional argument{'s' if given != 1 else ''} "
            f"(and {named} keyword-only {arguments}) were given"
        )
    else:
        were = f"{given} {'was' if given == 1 else 'were'} given"
    return f"{code.qualname}() takes {takes} positional argument{plural} but {were}"
