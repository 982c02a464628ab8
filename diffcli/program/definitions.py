"""Functions and comprehensions of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from diffcli.program.displays import iterate
from diffcli.program.expressions import Expressions
from diffcli.program.machine import MACHINE
from diffcli.program.nesting import hashable
from diffcli.program.places import located
from diffcli.program.scopes import Scope, ordered
from diffcli.program.values import UNBOUND, Code, Function
from diffcli.program.variables import Frame, Run, Store
from diffcli.syntax import ast
from diffcli.syntax import program as tree

# ----- functions ----------------------------------------------------------------------------------


def made_function(outer: Expressions, node: tree.FunctionDef | tree.Lambda) -> Run:
    """A closure that makes the function each time the definition is reached."""
    scope = outer.scope.inner[id(node)]
    code = described(scope, node.params)
    inner = Expressions(scope, outer.names)
    code.run = entered(scope, _body(inner, code, node))
    positional = [p for p in node.params if p.kind in ("positional-only", "plain")]
    defaults = [outer.compile(p.default) for p in positional if p.default is not None]
    named = [
        (p.name, outer.compile(p.default))
        for p in node.params
        if p.kind == "keyword-only" and p.default is not None
    ]
    cells = [outer.cell(name) for name in scope.free]

    def run(frame: Frame) -> Function:
        return Function(
            code,
            tuple([each(frame) for each in defaults]),
            {name: each(frame) for name, each in named},
            tuple([cell(frame) for cell in cells]),
        )

    return run


def _body(inner: Expressions, code: Code, node: tree.FunctionDef | tree.Lambda) -> Run:
    from diffcli.program.statements import block
    from diffcli.program.yields import producing

    if isinstance(node, tree.Lambda):
        body: tuple[ast.Node, ...] = (tree.Return(node.body, node.span),)
    else:
        body = node.body
        code.doc = docstring(body)
    return producing(inner, code, body) or block(inner, body)


def described(scope: Scope, params: tuple[tree.Parameter, ...]) -> Code:
    """What all functions made here share."""
    code = Code(scope.name, scope)
    kinds = {p.kind for p in params if p.name}
    in_order = ordered(params)
    code.plain = tuple(p.name for p in in_order if p.kind in ("positional-only", "plain"))
    code.positional_only = sum(p.kind == "positional-only" for p in in_order)
    code.keyword_only = tuple(p.name for p in in_order if p.kind == "keyword-only")
    code.star, code.starstar = "*" in kinds, "**" in kinds
    plain = not (code.star or code.starstar or code.keyword_only)
    code.simple = len(code.plain) if plain else -1
    code.blank = len(scope.slots) - len(scope.params) - len(scope.free)
    return code


def entered(scope: Scope, body: Run) -> Run:
    """A body that first moves the variables that inner functions use into cells."""
    cells = [scope.slots[name] for name in scope.slots if name in scope.cells]
    if not cells:
        return body

    def run(frame: Frame) -> Any:
        for slot in cells:
            frame[slot] = [frame[slot]]
        return body(frame)

    return run


def docstring(body: tuple[ast.Node, ...]) -> str | None:
    """The text that a body begins with, or None."""
    first = body[0] if body else None
    if isinstance(first, tree.ExprStatement) and isinstance(first.value, ast.Literal):
        value = first.value.value
        return value if isinstance(value, str) else None
    return None


# ----- comprehensions -----------------------------------------------------------------------------


def comprehension(outer: Expressions, node: tree.Comprehension) -> Run:
    """The list, set, dict or iterator that a comprehension makes."""
    scope = outer.scope.inner[id(node)]
    inner = Expressions(scope, outer.names)
    first, span = outer.compile(node.clauses[0].iterable), node.clauses[0].iterable.span
    produce = _nested(inner, node)
    blank = (UNBOUND,) * (len(scope.slots) - 1 - len(scope.free))
    cells = [outer.cell(name) for name in scope.free]
    prepare = entered(scope, lambda frame: None)

    def start(frame: Frame) -> Iterator[Any]:
        found = first(frame)
        try:
            own = [iterate(found), *blank, *[cell(frame) for cell in cells]]
        except TypeError as error:
            raise located(error, span) from None
        prepare(own)
        return produce(own)

    if node.kind == "generator":
        return start
    build, place = _BUILD[node.kind], node.span

    def run(frame: Frame) -> Any:
        try:
            return build(start(frame))
        except TypeError as error:
            raise located(error, place) from None

    return run


def _listed(items: Iterator[Any]) -> list[Any]:
    out = list(items)
    MACHINE.allow(len(out))
    return out


_BUILD: dict[str, Callable[[Iterator[Any]], Any]] = {
    "list": _listed,
    "set": lambda items: set(map(hashable, items)),
    "dict": lambda items: {hashable(key): value for key, value in items},
}


def _nested(inner: Expressions, node: tree.Comprehension) -> Callable[[Frame], Iterator[Any]]:
    """An iterator over what the clauses, one in another, produce."""
    element = inner.compile(node.element)
    if node.value is not None:
        key, value = element, inner.compile(node.value)

        def element(frame: Frame) -> Any:
            return key(frame), value(frame)

    def last(frame: Frame) -> Iterator[Any]:
        yield element(frame)

    produce: Callable[[Frame], Iterator[Any]] = last
    for i, clause in reversed(list(enumerate(node.clauses))):
        produce = _clause(inner, clause, i, produce, element if produce is last else None)
    return produce


def _clause(
    inner: Expressions,
    clause: tree.Clause,
    depth: int,
    produce: Callable[[Frame], Iterator[Any]],
    element: Run | None,
) -> Callable[[Frame], Iterator[Any]]:
    from diffcli.program.simple import assigner

    source = (lambda frame: frame[0]) if depth == 0 else inner.compile(clause.iterable)
    if depth == 0 and ".0" in inner.scope.cells:
        source = inner.load(".0", clause.span)
    store: Store = assigner(inner, clause.target)
    tests = [inner.test(condition) for condition in clause.conditions]
    span = clause.iterable.span

    def run(frame: Frame) -> Iterator[Any]:
        machine = MACHINE
        try:
            items = iterate(source(frame))
        except TypeError as error:
            raise located(error, span) from None
        for item in items:
            machine.left -= 1
            if machine.left < 0:
                machine.refill()
            store(frame, item)
            for test in tests:
                if not test(frame):
                    break
            else:
                if element is not None:
                    yield element(frame)
                else:
                    yield from produce(frame)

    return run
