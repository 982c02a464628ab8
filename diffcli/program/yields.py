"""Functions that contain `yield`: their statements run as Python's generators.

Only statements with a `yield` inside do; all others are the closures of `statements`. A `yield` in
the middle of an expression is taken out of it first, with all that is evaluated before it: each
part is held in the frame, behind the variables of the function, and read from there.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from collections.abc import Generator as Produced
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.program import simple, statements
from diffcli.program.clauses import CAUGHT, Except, entering, leaving
from diffcli.program.displays import iterate
from diffcli.program.expressions import Expressions, Held
from diffcli.program.generators import Generator
from diffcli.program.machine import MACHINE, Halt
from diffcli.program.patterns import choice
from diffcli.program.places import located
from diffcli.program.simple import BREAK, CONTINUE
from diffcli.program.values import UNBOUND, Code
from diffcli.program.variables import Frame, Run
from diffcli.syntax import ast
from diffcli.syntax import program as tree

Produce = Callable[[Frame], Produced[Any, Any, Any]]
"""Runs on a frame, gives what is yielded, and returns the signal of the statement."""


def producing(scope: Expressions, code: Code, body: tuple[ast.Node, ...]) -> Run | None:
    """What makes the generator of a function; None if its body has no `yield`."""
    if not any(map(yields, body)):
        return None
    parts = _Parts(scope)
    run = parts.block(body)
    held = [UNBOUND] * parts.count

    def produce(frame: Frame) -> Produced[Any, Any, Any]:
        signal = yield from run(frame)
        return signal[0] if signal.__class__ is tuple else None

    return lambda frame: (Generator(code.qualname, produce([*frame, *held])),)


def yields(node: ast.Node) -> bool:
    """Whether a statement or expression of a function contains a `yield` of that function."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node.__class__ is tree.Yield:
            return True
        if not isinstance(node, tree.FunctionDef | tree.ClassDef | tree.Lambda):
            pending += ast.children(node)
    return False


_INSIDE = (ast.Keyword, ast.Slice, tree.Starred, tree.Field)
"""Nodes that are no values themselves; their parts are."""

_FIRST = {ast.Logical: "left", ast.Conditional: "test", ast.Compare: "first"}
"""Of nodes that do not evaluate all their parts, the one that they always do."""

_EVALUATED: dict[type, str] = {
    tree.ExprStatement: "value",
    tree.AssignTo: "value",
    tree.Annotate: "value",
    tree.AugAssign: "value",
    tree.Return: "value",
    tree.Raise: "value",
    tree.Assert: "test",
    tree.If: "test",
    tree.For: "iterable",
    tree.Match: "subject",
}
"""The expression that a statement evaluates first, and once."""


class _Parts:
    """Compiles the statements of one function; `count` places of its frame hold parts."""

    def __init__(self, scope: Expressions) -> None:
        self.scope = scope
        self.first = len(scope.scope.slots)
        self.count = 0

    def block(self, body: tuple[ast.Node, ...]) -> Produce:
        """Statements one after the other."""
        steps = [step for node in body for step in self._steps(node)]

        def run(frame: Frame) -> Produced[Any, Any, Any]:
            for produce, step in steps:
                signal = (yield from produce(frame)) if produce is not None else step(frame)
                if signal is not None:
                    return signal
            return None

        return run

    def _steps(self, node: ast.Node) -> list[tuple[Produce | None, Any]]:
        """A statement, after the parts that are taken out of it."""
        out: list[tuple[Produce | None, Any]] = []
        part = _EVALUATED.get(type(node))
        if part is not None and getattr(node, part) is not None and yields(getattr(node, part)):
            node = _with(node, part, self._taken(getattr(node, part), out))
        if not yields(node):
            return [*out, (None, statements.statement(self.scope, node))]
        if type(node) not in _COMPILE:
            raise _misplaced(node)
        return [*out, (_COMPILE[type(node)](self, node), None)]

    # ----- expressions -----

    def _taken(self, node: ast.Node, out: list[tuple[Produce | None, Any]]) -> ast.Node:
        """What is left of an expression when all up to its last `yield` is done before."""
        if not yields(node):
            return node
        if isinstance(node, tree.Yield):
            value = None if node.value is None else self._taken(node.value, out)
            return self._hold(node, self._yielding(node, value), out)
        only = _FIRST.get(type(node))
        if only is not None:
            rest = _with(node, only, Held(0, node))
            if yields(rest):
                raise _misplaced(node)
            return _with(node, only, self._taken(getattr(node, only), out))
        last = max(i for i, each in enumerate(ast.children(node)) if yields(each))
        for i, each in enumerate(list(ast.children(node))[: last + 1]):
            taken = self._taken(each, out) if i == last else self._before(each, out)
            node = _replaced(node, each, taken)
        return node

    def _before(self, node: ast.Node, out: list[tuple[Produce | None, Any]]) -> ast.Node:
        """A part that is evaluated before a `yield` behind it."""
        if isinstance(node, _INSIDE):
            for each in list(ast.children(node)):
                node = _replaced(node, each, self._before(each, out))
            return node
        node = self._taken(node, out)
        if isinstance(node, ast.Literal | Held):
            return node
        return self._hold(node, (None, self.scope.compile(node)), out)

    def _yielding(self, node: tree.Yield, value: ast.Node | None) -> tuple[Produce, None]:
        given = self.scope.compile(value or ast.Literal(None, node.span))
        if not node.delegates:

            def run(frame: Frame) -> Produced[Any, Any, Any]:
                return (yield given(frame))

            return run, None

        def delegate(frame: Frame) -> Produced[Any, Any, Any]:
            found = given(frame)
            try:
                items: Iterator[Any] = iterate(found)
            except Exception as error:
                raise located(error, node.span) from None
            return (yield from items)

        return delegate, None

    def _hold(self, node: ast.Node, step: tuple[Any, Any], out: list[Any]) -> Held:
        (produce, run), slot = step, self.first + self.count
        self.count += 1

        def holding(frame: Frame) -> Produced[Any, Any, Any]:
            frame[slot] = yield from produce(frame)

        def keeping(frame: Frame) -> None:
            frame[slot] = run(frame)

        out.append((None, keeping) if produce is None else (holding, None))
        return Held(slot, node)


def _with(node: ast.Node, part: str, value: Any) -> ast.Node:
    """The node with another child."""
    changed = copy.copy(node)
    setattr(changed, part, value)
    return changed


def _replaced(node: ast.Node, old: ast.Node, new: ast.Node) -> ast.Node:
    """The node with `new` in the place of its child `old`."""
    for part in node.parts:
        value = getattr(node, part)
        if value is old:
            return _with(node, part, new)
        if value.__class__ is tuple and any(each is old for each in value):
            return _with(node, part, tuple(new if each is old else each for each in value))
    return node


def _misplaced(node: ast.Node) -> DiffcliError:
    words = "a 'yield' stands where it is not always evaluated, or more than once"
    return DiffcliError("syntax", words, span=node.span, hint="assign it to a name first")


# ----- compound statements ------------------------------------------------------------------------


def _if(parts: _Parts, node: tree.If) -> Produce:
    test, body, orelse = (
        parts.scope.test(node.test),
        parts.block(node.body),
        parts.block(node.orelse),
    )

    def run(frame: Frame) -> Produced[Any, Any, Any]:
        return (yield from (body if test(frame) else orelse)(frame))

    return run


def _match(parts: _Parts, node: tree.Match) -> Produce:
    choose = choice(parts.scope, node)
    bodies = [parts.block(case.body) for case in node.cases]

    def run(frame: Frame) -> Produced[Any, Any, Any]:
        chosen = choose(frame)
        return None if chosen is None else (yield from bodies[chosen](frame))

    return run


def _while(parts: _Parts, node: tree.While) -> Produce:
    if yields(node.test):
        raise _misplaced(node.test)
    test = parts.scope.test(node.test)

    def rounds(frame: Frame) -> Iterator[None]:
        while test(frame):
            yield None

    return _loop(rounds, parts.block(node.body), parts.block(node.orelse))


def _for(parts: _Parts, node: tree.For) -> Produce:
    source, store = parts.scope.compile(node.iterable), simple.assigner(parts.scope, node.target)
    span = node.iterable.span

    def rounds(frame: Frame) -> Iterator[None]:
        found = source(frame)
        try:
            items = iterate(found)
        except Exception as error:
            raise located(error, span) from None
        for one in items:
            store(frame, one)
            yield None

    return _loop(rounds, parts.block(node.body), parts.block(node.orelse))


def _loop(rounds: Callable[[Frame], Iterator[None]], body: Produce, orelse: Produce) -> Produce:
    def run(frame: Frame) -> Produced[Any, Any, Any]:
        machine = MACHINE
        for _ in rounds(frame):
            machine.left -= 1
            if machine.left < 0:
                machine.refill()
            signal = yield from body(frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK else signal
        return (yield from orelse(frame))

    return run


def _with_items(parts: _Parts, node: tree.With) -> Produce:
    body = parts.block(node.body)
    for each in reversed(node.items):
        body = _one_with(parts.scope, each, body)
    return body


def _one_with(scope: Expressions, node: tree.WithItem, body: Produce) -> Produce:
    if yields(node):
        raise _misplaced(node)
    context, span = scope.compile(node.context), node.context.span
    store = None if node.target is None else simple.assigner(scope, node.target)

    def run(frame: Frame) -> Produced[Any, Any, Any]:
        manager = context(frame)
        value = entering(manager, span)
        try:
            if store is not None:
                store(frame, value)
            signal = yield from body(frame)
        except BaseException as error:
            if leaving(manager, error):
                return None
            raise
        leaving(manager, None)
        return signal

    return run


def _try(parts: _Parts, node: tree.Try) -> Produce:
    body, orelse = parts.block(node.body), parts.block(node.orelse)
    handlers = [(Except(parts.scope, each), parts.block(each.body)) for each in node.handlers]

    def caught(frame: Frame) -> Produced[Any, Any, Any]:
        try:
            signal = yield from body(frame)
        except CAUGHT as error:
            for clause, run in handlers:
                if clause.matches(frame, error):
                    clause.begin(frame, error)
                    try:
                        return (yield from run(frame))
                    finally:
                        clause.end(frame)
            raise
        return signal if signal is not None else (yield from orelse(frame))

    return _with_final(caught, parts.block(node.final)) if node.final else caught


def _with_final(caught: Produce, final: Produce) -> Produce:
    def run(frame: Frame) -> Produced[Any, Any, Any]:
        try:
            signal = yield from caught(frame)
        except Halt:
            raise
        except BaseException:
            after = yield from final(frame)
            if after is not None:
                return after
            raise
        after = yield from final(frame)
        return signal if after is None else after

    return run


_COMPILE: dict[type, Callable[[_Parts, Any], Produce]] = {
    tree.If: _if,
    tree.While: _while,
    tree.For: _for,
    tree.With: _with_items,
    tree.Try: _try,
    tree.Match: _match,
}
