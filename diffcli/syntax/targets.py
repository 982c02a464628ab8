"""What can stand to the left of `=`, after `for`, `as` and `del`."""

from __future__ import annotations

from diffcli.syntax.ast import Attribute, ListExpr, Name, Node, Subscript, TupleExpr
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import Starred


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
