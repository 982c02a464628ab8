"""Syntax tree -> text, with brackets only where the meaning needs them."""

from __future__ import annotations

import math
from collections.abc import Callable

from diffcli.syntax.ast import (
    Assign,
    Attribute,
    Binary,
    Block,
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

_CONDITIONAL, _OR, _AND, _NOT, _COMPARE = 0, 1, 2, 3, 4
_UNARY, _POWER, _PRIMARY, _ATOM = 9, 10, 11, 12
_BINARY = {"|": 5, "&": 6, "+": 7, "-": 7, "*": 8, "/": 8, "//": 8, "%": 8, "@": 8, "**": _POWER}

_Piece = str | tuple[Node, int]
"""Text as it is, or a node and the precedence below which it needs brackets."""


def unparse(node: Node) -> str:
    """The text of `node`; parsing it gives an equal tree. Statements are joined by `;`."""
    out: list[str] = []
    stack: list[_Piece] = [(node, _CONDITIONAL)]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            out.append(piece)
            continue
        current, required = piece
        precedence, pieces = _PIECES[type(current)](current)
        if precedence < required:
            stack.append(")")
            out.append("(")
        stack.extend(reversed(pieces))
    return "".join(out)


_Pieces = tuple[int, list[_Piece]]


def _literal(node: Literal) -> _Pieces:
    value = node.value
    if isinstance(value, int | float | complex) and not isinstance(value, bool):
        text = _number(value)
        return _UNARY if text[0] == "-" else _ATOM, [text]
    return _ATOM, ["..." if value is ... else repr(value)]


def _number(value: int | float | complex) -> str:
    if isinstance(value, complex):
        if value.real == 0 and math.copysign(1, value.real) > 0 and not math.isnan(value.imag):
            return f"{_number(value.imag)}j"
        return repr(value)
    # An infinity is written as a number too large, because the name may be bound to something else.
    return repr(value).replace("inf", "1e999")


def _name(node: Name) -> _Pieces:
    return _ATOM, [node.id]


def _unary(node: Unary) -> _Pieces:
    if node.op == "not":
        return _NOT, ["not ", (node.operand, _NOT)]
    return _UNARY, [node.op, (node.operand, _UNARY)]


def _binary(node: Binary) -> _Pieces:
    if node.op == "**":
        return _POWER, [(node.left, _PRIMARY), "**", (node.right, _UNARY)]
    precedence = _BINARY[node.op]
    return precedence, [(node.left, precedence), f" {node.op} ", (node.right, precedence + 1)]


def _logical(node: Logical) -> _Pieces:
    precedence = _OR if node.op == "or" else _AND
    return precedence, [(node.left, precedence), f" {node.op} ", (node.right, precedence + 1)]


def _compare(node: Compare) -> _Pieces:
    pieces: list[_Piece] = [(node.first, _COMPARE + 1)]
    for op, operand in zip(node.ops, node.operands, strict=True):
        pieces += [f" {op} ", (operand, _COMPARE + 1)]
    return _COMPARE, pieces


def _conditional(node: Conditional) -> _Pieces:
    return _CONDITIONAL, [
        (node.body, _OR),
        " if ",
        (node.test, _OR),
        " else ",
        (node.orelse, _CONDITIONAL),
    ]


def _listed(nodes: tuple[Node, ...]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for node in nodes:
        pieces += [", ", (node, _CONDITIONAL)]
    return pieces[1:]


def _call(node: Call) -> _Pieces:
    arguments = _listed((*node.arguments, *node.keywords))
    return _PRIMARY, [(node.function, _PRIMARY), "(", *arguments, ")"]


def _attribute(node: Attribute) -> _Pieces:
    # A digit before the dot would read as another number.
    number = isinstance(node.value, Literal) and isinstance(node.value.value, int | float | complex)
    return _PRIMARY, [(node.value, _ATOM + 1 if number else _PRIMARY), ".", node.name]


def _subscript(node: Subscript) -> _Pieces:
    comma = "," if node.is_tuple and len(node.indices) == 1 else ""
    return _PRIMARY, [(node.value, _PRIMARY), "[", *_listed(node.indices), comma, "]"]


def _slice(node: Slice) -> _Pieces:
    pieces: list[_Piece] = []
    if node.lower is not None:
        pieces.append((node.lower, _CONDITIONAL))
    pieces.append(":")
    if node.upper is not None:
        pieces.append((node.upper, _CONDITIONAL))
    if node.step is not None:
        pieces += [":", (node.step, _CONDITIONAL)]
    return _CONDITIONAL, pieces


def _list_expr(node: ListExpr) -> _Pieces:
    return _ATOM, ["[", *_listed(node.items), "]"]


def _tuple_expr(node: TupleExpr) -> _Pieces:
    return _ATOM, ["(", *_listed(node.items), ",)" if len(node.items) == 1 else ")"]


def _assign(node: Keyword | Assign) -> _Pieces:
    equals = "=" if isinstance(node, Keyword) else " = "
    return _CONDITIONAL, [node.name, equals, (node.value, _CONDITIONAL)]


def _block(node: Block) -> _Pieces:
    pieces: list[_Piece] = []
    for statement in node.statements:
        pieces += ["; ", (statement, _CONDITIONAL)]
    return _CONDITIONAL, pieces[1:]


_PIECES: dict[type[Node], Callable[..., _Pieces]] = {
    Assign: _assign,
    Attribute: _attribute,
    Binary: _binary,
    Block: _block,
    Call: _call,
    Compare: _compare,
    Conditional: _conditional,
    Keyword: _assign,
    ListExpr: _list_expr,
    Literal: _literal,
    Logical: _logical,
    Name: _name,
    Slice: _slice,
    Subscript: _subscript,
    TupleExpr: _tuple_expr,
    Unary: _unary,
}
