"""What the rules of `program.lark` build: the expressions that only programs have."""

from __future__ import annotations

from typing import Any

from diffcli.errors import Span
from diffcli.syntax.ast import Call, Keyword, Node, Subscript, TupleExpr
from diffcli.syntax.build import Builder, Spans, Values
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import (
    Clause,
    Comprehension,
    DictExpr,
    NamedExpr,
    SetExpr,
    Starred,
    Yield,
)
from diffcli.syntax.targets import check_target


class _BareGenerator:
    """A generator as an argument, without brackets of its own."""

    __slots__ = ("node",)

    def __init__(self, node: Comprehension) -> None:
        self.node = node


# Lists


def _none(values: Values, spans: Spans, span: Span) -> list[Any]:
    return []


def _add(values: Values, spans: Spans, span: Span) -> Any:
    items = values[-2]
    items.append(values[-1])
    return items


def _extend(values: Values, spans: Spans, span: Span) -> Any:
    items = values[-2]
    items.extend(values[-1])
    return items


def _sequence(values: Values, spans: Spans, span: Span) -> Node:
    return _one_or_tuple(values[-1], span)


def _sequence_comma(values: Values, spans: Spans, span: Span) -> TupleExpr:
    return TupleExpr(tuple(values[-2]), span)


def _group(values: Values, spans: Spans, span: Span) -> Node:
    return _one_or_tuple(values[-2], span)


def _one_or_tuple(items: list[Node], span: Span) -> Node:
    if len(items) > 1:
        return TupleExpr(tuple(items), span)
    if isinstance(items[0], Starred):
        raise Misuse("starred-alone", items[0].span)
    return items[0]


# Targets


def _target(values: Values, spans: Spans, span: Span) -> Node:
    check_target(values[-1])
    node: Node = values[-1]
    return node


def _target_list(values: Values, spans: Spans, span: Span) -> Node:
    items = values[-1]
    node = items[0] if len(items) == 1 else TupleExpr(tuple(items), span)
    check_target(node)
    return node


def _target_list_comma(values: Values, spans: Spans, span: Span) -> TupleExpr:
    node = TupleExpr(tuple(values[-2]), span)
    check_target(node)
    return node


# Calls and subscripts


def _starred(values: Values, spans: Spans, span: Span) -> Starred:
    return Starred(values[-1], span)


def _keywords(values: Values, spans: Spans, span: Span) -> Keyword:
    return Keyword("**", values[-1], span, spans[-2])


def _generator_argument(values: Values, spans: Spans, span: Span) -> _BareGenerator:
    return _BareGenerator(Comprehension("generator", values[-2], None, tuple(values[-1]), span))


def _call(values: Values, spans: Spans, span: Span) -> Call:
    items = values[-2]
    if len(items) == 1 and isinstance(items[0], _BareGenerator):
        return Call(values[-4], (items[0].node,), (), span)
    return Call(values[-4], *_arguments(items), span)


def _call_comma(values: Values, spans: Spans, span: Span) -> Call:
    return Call(values[-5], *_arguments(values[-3]), span)


def _call_empty(values: Values, spans: Spans, span: Span) -> Call:
    return Call(values[-3], (), (), span)


def _arguments(items: list[Any]) -> tuple[tuple[Node, ...], tuple[Keyword, ...]]:
    arguments: list[Node] = []
    keywords: list[Keyword] = []
    names: set[str] = set()
    for item in items:
        if isinstance(item, Keyword):
            if item.name in names and item.name != "**":
                raise Misuse("keyword-twice", item.name_span)
            names.add(item.name)
            keywords.append(item)
        elif isinstance(item, _BareGenerator):
            raise Misuse("generator-bare", item.node.span)
        elif "**" in names or (names and not isinstance(item, Starred)):
            raise Misuse("argument-late", item.span, keywords[-1].span)
        else:
            arguments.append(item)
    return tuple(arguments), tuple(keywords)


def _bases(values: Values, spans: Spans, span: Span) -> tuple[Node, ...]:
    bases, keywords = _arguments(values[-3])
    if keywords:
        raise Misuse("class-keyword", keywords[0].span)
    return bases


def _subscript(values: Values, spans: Spans, span: Span) -> Subscript:
    indices = tuple(values[-2])
    return Subscript(values[-4], indices, len(indices) > 1 or type(indices[0]) is Starred, span)


# Operators


def _not_in(values: Values, spans: Spans, span: Span) -> str:
    return "not in"


def _is_not(values: Values, spans: Spans, span: Span) -> str:
    return "is not"


def _named(values: Values, spans: Spans, span: Span) -> NamedExpr:
    return NamedExpr(values[-3], values[-1], span, spans[-3])


# Yields


def _yield_nothing(values: Values, spans: Spans, span: Span) -> Yield:
    return Yield(None, False, span)


def _yield(values: Values, spans: Spans, span: Span) -> Yield:
    return Yield(values[-1], False, span)


def _yield_from(values: Values, spans: Spans, span: Span) -> Yield:
    return Yield(values[-1], True, span)


# Comprehensions, dictionaries, sets


def _conditions(values: Values, spans: Spans, span: Span) -> Clause:
    _, target, _, iterable, conditions = values[-5:]
    end = spans[-1] if conditions else spans[-2]
    return Clause(target, iterable, tuple(conditions), (span[0], end[1]))


def _generator(values: Values, spans: Spans, span: Span) -> Comprehension:
    return Comprehension("generator", values[-3], None, tuple(values[-2]), span)


def _list_comprehension(values: Values, spans: Spans, span: Span) -> Comprehension:
    return Comprehension("list", values[-3], None, tuple(values[-2]), span)


def _set_comprehension(values: Values, spans: Spans, span: Span) -> Comprehension:
    return Comprehension("set", values[-3], None, tuple(values[-2]), span)


def _dict_comprehension(values: Values, spans: Spans, span: Span) -> Comprehension:
    _, key, _, value, clauses, _ = values[-6:]
    return Comprehension("dict", key, value, tuple(clauses), span)


def _dict_empty(values: Values, spans: Spans, span: Span) -> DictExpr:
    return DictExpr((), (), span)


def _dict(values: Values, spans: Spans, span: Span) -> DictExpr:
    keys, contents = zip(*values[-3], strict=True)
    return DictExpr(keys, contents, span)


def _pair(values: Values, spans: Spans, span: Span) -> tuple[Node, Node]:
    return values[-3], values[-1]


def _pair_unpacked(values: Values, spans: Spans, span: Span) -> tuple[None, Node]:
    return None, values[-1]


def _set(values: Values, spans: Spans, span: Span) -> SetExpr:
    return SetExpr(tuple(values[-3]), span)


TERMS: dict[str, Builder] = {
    "add": _add,
    "bases": _bases,
    "call": _call,
    "call_comma": _call_comma,
    "call_empty": _call_empty,
    "clause": _conditions,
    "dict": _dict,
    "dict_comprehension": _dict_comprehension,
    "dict_empty": _dict_empty,
    "extend": _extend,
    "generator": _generator,
    "generator_argument": _generator_argument,
    "group": _group,
    "is_not": _is_not,
    "keywords": _keywords,
    "list_comprehension": _list_comprehension,
    "named": _named,
    "none": _none,
    "not_in": _not_in,
    "pair": _pair,
    "pair_unpacked": _pair_unpacked,
    "sequence": _sequence,
    "sequence_comma": _sequence_comma,
    "set": _set,
    "set_comprehension": _set_comprehension,
    "starred": _starred,
    "subscript": _subscript,
    "target": _target,
    "target_list": _target_list,
    "target_list_comma": _target_list_comma,
    "yield": _yield,
    "yield_from": _yield_from,
    "yield_nothing": _yield_nothing,
}
"""The builders of the expressions of `program.lark`, where they are not those of an expression."""
