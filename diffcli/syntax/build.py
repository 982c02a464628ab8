"""What the rules of the grammar build: one function for each name after `->` in `grammar/`.

A builder sees the parser's stacks with the symbols of its rule on top: `values[-1]` and `spans[-1]`
are the last symbol's. The value of a token is its text. `span` is the whole rule's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.errors import Span
from diffcli.syntax.ast import (
    Assign,
    Attribute,
    Binary,
    Call,
    Compare,
    Conditional,
    Keyword,
    ListExpr,
    Literal,
    Logical,
    Name,
    Node,
    Slice,
    Subscript,
    TupleExpr,
    Unary,
)
from diffcli.syntax.literals import read_number, read_string
from diffcli.syntax.misuse import Misuse

Values = list[Any]
Spans = list[Span]
Builder = Callable[[Values, Spans, Span], Any]

_CONSTANTS = {"True": True, "False": False, "None": None, "...": ...}


# Handing on, and lists


def _first(values: Values, spans: Spans, span: Span) -> Any:
    return values[-2]


def _last(values: Values, spans: Spans, span: Span) -> Any:
    return values[-1]


def _absent(values: Values, spans: Spans, span: Span) -> None:
    return None


def _list(values: Values, spans: Spans, span: Span) -> list[Any]:
    return [values[-1]]


def _append(values: Values, spans: Spans, span: Span) -> Any:
    items = values[-3]
    items.append(values[-1])
    return items


# Operators


def _unary(values: Values, spans: Spans, span: Span) -> Unary:
    return Unary(values[-2], values[-1], span)


def _binary(values: Values, spans: Spans, span: Span) -> Binary:
    return Binary(values[-2], values[-3], values[-1], span, spans[-2])


def _power(values: Values, spans: Spans, span: Span) -> Binary:
    return Binary("**", values[-3], values[-1], span, spans[-2])


def _logical(values: Values, spans: Spans, span: Span) -> Logical:
    return Logical(values[-2], values[-3], values[-1], span, spans[-2])


def _chain(values: Values, spans: Spans, span: Span) -> tuple[Any, ...]:
    return values[-3], [values[-2]], [values[-1]], [spans[-2]]


def _chain_more(values: Values, spans: Spans, span: Span) -> Any:
    chain = values[-3]
    _, ops, operands, op_spans = chain
    ops.append(values[-2])
    operands.append(values[-1])
    op_spans.append(spans[-2])
    return chain


def _compare(values: Values, spans: Spans, span: Span) -> Compare:
    first, ops, operands, op_spans = values[-1]
    return Compare(first, tuple(ops), tuple(operands), span, tuple(op_spans))


def _conditional(values: Values, spans: Spans, span: Span) -> Conditional:
    return Conditional(values[-3], values[-5], values[-1], span)


# Calls, attributes, subscripts


def _keyword(values: Values, spans: Spans, span: Span) -> Keyword:
    return Keyword(values[-3], values[-1], span, spans[-3])


def _call(values: Values, spans: Spans, span: Span) -> Call:
    return _make_call(values[-4], spans[-4], values[-2], span)


def _call_comma(values: Values, spans: Spans, span: Span) -> Call:
    return _make_call(values[-5], spans[-5], values[-3], span)


def _call_empty(values: Values, spans: Spans, span: Span) -> Call:
    return _make_call(values[-3], spans[-3], [], span)


def _make_call(function: Node, function_span: Span, items: list[Node], span: Span) -> Call:
    if function.span != function_span:
        raise Misuse("call-other", function_span, span)
    if not isinstance(function, Name | Attribute):
        number = isinstance(function, Literal) and type(function.value) in (int, float, complex)
        raise Misuse("call-number" if number else "call-other", function_span, span)
    arguments: list[Node] = []
    keywords: list[Keyword] = []
    for item in items:
        if isinstance(item, Keyword):
            keywords.append(item)
        elif keywords:
            raise Misuse("positional-late", item.span, keywords[-1].name_span)
        else:
            arguments.append(item)
    if len(keywords) > 1:
        seen: set[str] = set()
        for keyword in keywords:
            if keyword.name in seen:
                raise Misuse("keyword-twice", keyword.name_span)
            seen.add(keyword.name)
    return Call(function, tuple(arguments), tuple(keywords), span)


def _attribute(values: Values, spans: Spans, span: Span) -> Attribute:
    return Attribute(values[-3], values[-1], span, spans[-1])


def _subscript(values: Values, spans: Spans, span: Span) -> Subscript:
    indices = tuple(values[-2])
    return Subscript(values[-4], indices, len(indices) > 1, span)


def _subscript_comma(values: Values, spans: Spans, span: Span) -> Subscript:
    return Subscript(values[-5], tuple(values[-3]), True, span)


def _slice(values: Values, spans: Spans, span: Span) -> Slice:
    lower, _, upper = values[-3:]
    start = span[0] if lower is not None else spans[-2][0]
    end = span[1] if upper is not None else spans[-2][1]
    return Slice(lower, upper, None, (start, end))


def _slice_step(values: Values, spans: Spans, span: Span) -> Slice:
    lower, _, upper, _, step = values[-5:]
    start = span[0] if lower is not None else spans[-4][0]
    end = span[1] if step is not None else spans[-2][1]
    return Slice(lower, upper, step, (start, end))


# Atoms


def _name(values: Values, spans: Spans, span: Span) -> Name:
    return Name(values[-1], span)


def _constant(values: Values, spans: Spans, span: Span) -> Literal:
    return Literal(_CONSTANTS[values[-1]], span)


def _number(values: Values, spans: Spans, span: Span) -> Literal:
    return Literal(read_number(values[-1], span), span)


def _string(values: Values, spans: Spans, span: Span) -> Literal:
    return Literal(read_string(values[-1], span), span)


def _tuple_empty(values: Values, spans: Spans, span: Span) -> TupleExpr:
    return TupleExpr((), span)


def _group(values: Values, spans: Spans, span: Span) -> Any:
    items = values[-2]
    return items[0] if len(items) == 1 else TupleExpr(tuple(items), span)


def _tuple_comma(values: Values, spans: Spans, span: Span) -> TupleExpr:
    return TupleExpr(tuple(values[-3]), span)


def _array_empty(values: Values, spans: Spans, span: Span) -> ListExpr:
    return ListExpr((), span)


def _array(values: Values, spans: Spans, span: Span) -> ListExpr:
    return ListExpr(tuple(values[-2]), span)


def _array_comma(values: Values, spans: Spans, span: Span) -> ListExpr:
    return ListExpr(tuple(values[-3]), span)


# Statements


def _assign(values: Values, spans: Spans, span: Span) -> Assign:
    return Assign(values[-3], values[-1], span, spans[-3])


EXPRESSION: dict[str, Builder] = {
    "absent": _absent,
    "append": _append,
    "array": _array,
    "array_comma": _array_comma,
    "array_empty": _array_empty,
    "assign": _assign,
    "attribute": _attribute,
    "binary": _binary,
    "call": _call,
    "call_comma": _call_comma,
    "call_empty": _call_empty,
    "chain": _chain,
    "chain_more": _chain_more,
    "compare": _compare,
    "conditional": _conditional,
    "constant": _constant,
    "first": _first,
    "group": _group,
    "keyword": _keyword,
    "last": _last,
    "list": _list,
    "logical": _logical,
    "name": _name,
    "number": _number,
    "power": _power,
    "slice": _slice,
    "slice_step": _slice_step,
    "string": _string,
    "subscript": _subscript,
    "subscript_comma": _subscript_comma,
    "tuple_comma": _tuple_comma,
    "tuple_empty": _tuple_empty,
    "unary": _unary,
}
"""The builders of `expression.lark`."""
