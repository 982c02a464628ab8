"""What can stand to the left of `=`, after `for`, `as`, `del` and `case`."""

from __future__ import annotations

from diffcli.syntax.ast import (
    Attribute,
    Binary,
    Call,
    ListExpr,
    Literal,
    Name,
    Node,
    Subscript,
    TupleExpr,
    Unary,
)
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import DictExpr, Starred


def check_target(target: Node) -> None:
    """Raise Misuse unless `target` can be assigned to."""
    if isinstance(target, Starred):
        raise Misuse("starred-target", target.span)
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, TupleExpr | ListExpr):
            if sum(isinstance(item, Starred) for item in node.items) > 1:
                raise Misuse("starred-twice", node.span)
            stack.extend(reversed(node.items))
        elif isinstance(node, Starred):
            stack.append(node.value)
        elif not isinstance(node, Name | Attribute | Subscript):
            raise Misuse("not-a-target", node.span)


def check_one(target: Node, how: str) -> None:
    """Raise Misuse unless `target` is a single place, as annotations and `+=` need."""
    if isinstance(target, TupleExpr | ListExpr):
        raise Misuse(f"{how}-list", target.span)
    if not isinstance(target, Name | Attribute | Subscript):
        raise Misuse("not-a-target", target.span)


def check_deleted(target: Node) -> None:
    """Raise Misuse unless `del target` means something."""
    stack = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, TupleExpr | ListExpr):
            stack.extend(reversed(node.items))
        elif not isinstance(node, Name | Attribute | Subscript):
            raise Misuse("not-deletable", node.span)


def check_pattern(pattern: Node) -> None:
    """Raise Misuse unless a value can be matched with `pattern`."""
    stack = [pattern]
    while stack:
        node = stack.pop()
        if isinstance(node, TupleExpr | ListExpr):
            if sum(isinstance(item, Starred) for item in node.items) > 1:
                raise Misuse("starred-twice", node.span)
            stack += [item.value if isinstance(item, Starred) else item for item in node.items]
        elif isinstance(node, DictExpr):
            stack += node.values
        elif isinstance(node, Call):
            stack += [*node.arguments, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, Binary) and node.op == "|":
            stack += [node.left, node.right]
        elif not isinstance(node, Name | Attribute | Literal) and not _is_number(node):
            raise Misuse("not-a-pattern", node.span)


def _is_number(node: Node) -> bool:
    """Whether an expression is `-1` or `1 + 2j`."""
    if isinstance(node, Binary) and node.op in ("+", "-"):
        return _is_number(node.left) and isinstance(node.right, Literal)
    if isinstance(node, Unary) and node.op == "-":
        node = node.operand
    return isinstance(node, Literal)
