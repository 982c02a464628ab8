"""Statements that fit the grammar and stand where they mean nothing: `return` outside a function.

What is refused is what Python's compiler refuses in a tree that its parser has accepted.
"""

from __future__ import annotations

from collections.abc import Iterator

from diffcli.errors import Span
from diffcli.syntax.ast import Name, Node, children
from diffcli.syntax.misuse import Misuse
from diffcli.syntax.program import (
    Annotate,
    AssignTo,
    AugAssign,
    Break,
    Case,
    ClassDef,
    Clause,
    Comprehension,
    Continue,
    For,
    FunctionDef,
    Global,
    Handler,
    If,
    ImportFrom,
    ImportName,
    Lambda,
    Match,
    NamedExpr,
    Nonlocal,
    Return,
    Try,
    While,
    With,
    WithItem,
    Yield,
)

Body = tuple[Node, ...]


class _Scope:
    """A module, class or function: its node, the scope around it, and its declarations."""

    __slots__ = ("declarations", "node", "outer")

    def __init__(self, node: FunctionDef | ClassDef | None, outer: _Scope | None) -> None:
        self.node = node
        self.outer = outer
        self.declarations: list[Global | Nonlocal] = []


def check_scopes(statements: Body) -> None:
    """Raise Misuse for the first statement that cannot stand where it stands."""
    stack: list[tuple[Body, _Scope, bool]] = [(statements, _Scope(None, None), False)]
    while stack:
        body, scope, in_loop = stack.pop()
        inner: list[tuple[Body, _Scope, bool]] = []
        for node in body:
            if isinstance(node, If):
                inner += (node.body, scope, in_loop), (node.orelse, scope, in_loop)
            elif isinstance(node, For | While):
                inner += (node.body, scope, True), (node.orelse, scope, in_loop)
            elif isinstance(node, With):
                inner.append((node.body, scope, in_loop))
            elif isinstance(node, Try):
                inner.append((node.body, scope, in_loop))
                inner += ((handler.body, scope, in_loop) for handler in node.handlers)
                inner += (node.orelse, scope, in_loop), (node.final, scope, in_loop)
            elif isinstance(node, Match):
                inner += ((case.body, scope, in_loop) for case in node.cases)
            elif isinstance(node, FunctionDef | ClassDef):
                inner.append((node.body, _Scope(node, scope), False))
            else:
                _check_place(node, scope, in_loop)
        stack.extend(reversed(inner))


def _check_place(node: Node, scope: _Scope, in_loop: bool) -> None:
    start = node.span[0]
    if isinstance(node, Break | Continue) and not in_loop:
        word = type(node).__name__.lower()
        raise Misuse(f"{word}-outside", node.span)
    if isinstance(node, Return) and not isinstance(scope.node, FunctionDef):
        raise Misuse("return-outside", (start, start + len("return")))
    if isinstance(node, ImportFrom) and scope.node and node.names[0].path == "*":
        raise Misuse("import-all", node.names[0].span)
    if isinstance(node, Nonlocal) and scope.node is None:
        raise Misuse("nonlocal-outside", node.span)
    if isinstance(node, Global | Nonlocal) and scope.node:
        _check_declaration(node, scope)


def check_yields(statements: Body) -> None:
    """Raise Misuse for the first `yield` that is not a function's own."""
    stack: list[tuple[Node, str]] = [(node, "yield-outside") for node in reversed(statements)]
    while stack:
        node, reason = stack.pop()
        if isinstance(node, Yield) and reason:
            start = node.span[0]
            raise Misuse(reason, (start, start + len("yield")))
        if isinstance(node, FunctionDef | Lambda):
            reason = ""
        elif isinstance(node, ClassDef):
            reason = "yield-outside"
        elif isinstance(node, Comprehension):
            reason = "yield-comprehension"
        stack += [(child, reason) for child in children(node)][::-1]


def _check_declaration(node: Global | Nonlocal, scope: _Scope) -> None:
    assert scope.node is not None
    if isinstance(scope.node, FunctionDef):
        for parameter in scope.node.params:
            if parameter.name in node.names:
                raise Misuse("global-parameter", parameter.name_span)
    for name, span, _ in _names(scope.node.body):
        if name in node.names and span[0] < node.span[0]:
            raise Misuse("global-late", span)
    if isinstance(node, Nonlocal):
        for name in node.names:
            if not _bound_around(name, scope.outer):
                start = node.span[0] + len("nonlocal")
                raise Misuse("nonlocal-missing", (start + 1, node.span[1]))


def _bound_around(name: str, scope: _Scope | None) -> bool:
    """Whether a function around this scope has a variable of this name."""
    while scope is not None:
        function = scope.node
        if isinstance(function, FunctionDef):
            if any(parameter.name == name for parameter in function.params):
                return True
            if any(bound and found == name for found, _, bound in _names(function.body)):
                return True
        scope = scope.outer
    return False


def _names(body: Body) -> Iterator[tuple[str, Span, bool]]:
    """The names in one scope with their places, and whether each is bound there."""
    stack: list[tuple[Node, bool]] = [(node, False) for node in reversed(body)]
    while stack:
        node, target = stack.pop()
        if isinstance(node, Name):
            yield node.id, node.span, target
        elif isinstance(node, FunctionDef | ClassDef):
            yield node.name, node.name_span, True
            inside = node.params if isinstance(node, FunctionDef) else node.bases
            stack += ((child, False) for child in (*node.decorators, *inside))
        elif isinstance(node, Lambda):
            stack += ((parameter, False) for parameter in node.params)
        else:
            name = _own_name(node)
            if name:
                yield name, node.span, True
            targets = _targets(node)
            stack += ((child, target or child in targets) for child in children(node))


def _own_name(node: Node) -> str | None:
    """The name that the node itself binds."""
    if isinstance(node, NamedExpr | Handler | Case):
        return node.name
    if isinstance(node, ImportName):
        return node.alias or node.path.partition(".")[0]
    return None


def _targets(node: Node) -> tuple[Node | None, ...]:
    if isinstance(node, AssignTo):
        return node.targets
    if isinstance(node, Annotate | AugAssign | For | WithItem | Clause):
        return (node.target,)
    return ()
