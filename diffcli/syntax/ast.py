"""The syntax tree. Nodes are never changed after they are made.

Every node has a `span`: the half-open range of character offsets it was read from. Brackets around
an expression have no node; they count for the span of the construct that they are an operand of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from types import EllipsisType

    from diffcli.errors import Source, Span

    Value = int | float | complex | bool | str | EllipsisType | None


class Node:
    """Common base. `parts` names the attributes that hold child nodes, in the order of the text."""

    __slots__ = ("span",)
    parts: ClassVar[tuple[str, ...]] = ()
    span: Span

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.span[0]}:{self.span[1]}>"


def children(node: Node) -> Iterator[Node]:
    """The direct children of `node`, from left to right."""
    for part in node.parts:
        value = getattr(node, part)
        if value.__class__ is tuple:
            yield from filter(None, value)
        elif value is not None:
            yield value


class Literal(Node):
    """A number, string, True, False, None or Ellipsis."""

    __slots__ = ("value",)

    def __init__(self, value: Value, span: Span) -> None:
        self.value = value
        self.span = span


class Name(Node):
    """A variable, constant or function."""

    __slots__ = ("id",)

    def __init__(self, id: str, span: Span) -> None:
        self.id = id
        self.span = span


class Unary(Node):
    """`-x`, `+x`, `~x`, `not x`."""

    __slots__ = ("op", "operand")
    parts = ("operand",)

    def __init__(self, op: str, operand: Node, span: Span) -> None:
        self.op = op
        self.operand = operand
        self.span = span


class Binary(Node):
    """`left op right` with op one of `+ - * / // % @ ** & |`."""

    __slots__ = ("left", "op", "op_span", "right")
    parts = ("left", "right")

    def __init__(self, op: str, left: Node, right: Node, span: Span, op_span: Span) -> None:
        self.op = op
        self.left = left
        self.right = right
        self.span = span
        self.op_span = op_span


class Logical(Node):
    """`left and right`, `left or right`."""

    __slots__ = ("left", "op", "op_span", "right")
    parts = ("left", "right")

    def __init__(self, op: str, left: Node, right: Node, span: Span, op_span: Span) -> None:
        self.op = op
        self.left = left
        self.right = right
        self.span = span
        self.op_span = op_span


class Compare(Node):
    """`first ops[0] operands[0] ops[1] operands[1] ...`, chained as in Python."""

    __slots__ = ("first", "op_spans", "operands", "ops")
    parts = ("first", "operands")

    def __init__(
        self,
        first: Node,
        ops: tuple[str, ...],
        operands: tuple[Node, ...],
        span: Span,
        op_spans: tuple[Span, ...],
    ) -> None:
        self.first = first
        self.ops = ops
        self.operands = operands
        self.span = span
        self.op_spans = op_spans


class Conditional(Node):
    """`body if test else orelse`."""

    __slots__ = ("body", "orelse", "test")
    parts = ("body", "test", "orelse")

    def __init__(self, test: Node, body: Node, orelse: Node, span: Span) -> None:
        self.test = test
        self.body = body
        self.orelse = orelse
        self.span = span


class Keyword(Node):
    """An argument `name=value` of a call."""

    __slots__ = ("name", "name_span", "value")
    parts = ("value",)

    def __init__(self, name: str, value: Node, span: Span, name_span: Span) -> None:
        self.name = name
        self.value = value
        self.span = span
        self.name_span = name_span


class Call(Node):
    """`function(*arguments, **keywords)`; in an expression the function is a name or attribute."""

    __slots__ = ("arguments", "function", "keywords")
    parts = ("function", "arguments", "keywords")

    def __init__(
        self,
        function: Node,
        arguments: tuple[Node, ...],
        keywords: tuple[Keyword, ...],
        span: Span,
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords
        self.span = span


class Attribute(Node):
    """`value.name`."""

    __slots__ = ("name", "name_span", "value")
    parts = ("value",)

    def __init__(self, value: Node, name: str, span: Span, name_span: Span) -> None:
        self.value = value
        self.name = name
        self.span = span
        self.name_span = name_span


class Slice(Node):
    """`lower:upper:step` inside a subscript; each part may be None."""

    __slots__ = ("lower", "step", "upper")
    parts = ("lower", "upper", "step")

    def __init__(
        self, lower: Node | None, upper: Node | None, step: Node | None, span: Span
    ) -> None:
        self.lower = lower
        self.upper = upper
        self.step = step
        self.span = span


class Subscript(Node):
    """`value[indices]`; `is_tuple` tells `x[i,]` from `x[i]`."""

    __slots__ = ("indices", "is_tuple", "value")
    parts = ("value", "indices")

    def __init__(self, value: Node, indices: tuple[Node, ...], is_tuple: bool, span: Span) -> None:
        self.value = value
        self.indices = indices
        self.is_tuple = is_tuple
        self.span = span


class ListExpr(Node):
    """`[a, b]`."""

    __slots__ = ("items",)
    parts = ("items",)

    def __init__(self, items: tuple[Node, ...], span: Span) -> None:
        self.items = items
        self.span = span


class TupleExpr(Node):
    """`(a, b)`; the span includes the brackets."""

    __slots__ = ("items",)
    parts = ("items",)

    def __init__(self, items: tuple[Node, ...], span: Span) -> None:
        self.items = items
        self.span = span


class Assign(Node):
    """The statement `name = value`."""

    __slots__ = ("name", "name_span", "value")
    parts = ("value",)

    def __init__(self, name: str, value: Node, span: Span, name_span: Span) -> None:
        self.name = name
        self.value = value
        self.span = span
        self.name_span = name_span


class Block(Node):
    """The statements of one text; the last is the expression whose value is the result."""

    __slots__ = ("source", "statements")
    parts = ("statements",)

    def __init__(self, statements: tuple[Node, ...], source: Source, span: Span) -> None:
        self.statements = statements
        self.source = source
        self.span = span
