"""The parameters of a function, in the order that Python allows."""

from __future__ import annotations

from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import Parameter

MARK = "mark"
"""Kind of the `*` and `/` that stand between parameters; `arrange` takes them out."""


def arrange(read: list[Parameter]) -> tuple[Parameter, ...]:
    """The parameters with their kinds, from what stands between the brackets.

    Raises Misuse where Python has a SyntaxError: two of a name, a `/` or `*` out of place, a
    parameter without a default after one with, and anything after `**`.
    """
    found: list[Parameter] = []
    names: set[str] = set()
    starred: Parameter | None = None
    slash = False
    for index, item in enumerate(read):
        if found and found[-1].kind == "**":
            raise Misuse("parameter-after-keywords", item.span)
        if item.kind == MARK and item.name == "/":
            if slash or starred or not index:
                raise Misuse("slash-place", item.span)
            slash = True
            found = [_as(parameter, "positional-only") for parameter in found]
            continue
        if item.kind in (MARK, "*"):
            if starred:
                raise Misuse("star-twice", item.span)
            starred = item
            if item.kind == MARK:
                if index + 1 == len(read) or read[index + 1].kind == "**":
                    raise Misuse("star-last", item.span)
                continue
        if item.name in names:
            raise Misuse("parameter-twice", item.name_span)
        names.add(item.name)
        if item.kind == "plain" and starred:
            item = _as(item, "keyword-only")
        elif item.kind == "plain" and not item.default and found and found[-1].default:
            raise Misuse("default-missing", item.name_span, found[-1].name_span)
        found.append(item)
    return tuple(found)


def _as(item: Parameter, kind: str) -> Parameter:
    return Parameter(item.name, item.default, kind, item.span, item.name_span)
