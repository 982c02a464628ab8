"""Statements as closures: each runs on a frame and gives a signal.

The signal is None to go on, `BREAK`, `CONTINUE`, or a tuple that holds what a function returns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.program import modules, simple
from diffcli.program.calls import call
from diffcli.program.classes import made_class
from diffcli.program.clauses import CAUGHT, Except, entering, leaving
from diffcli.program.definitions import made_function
from diffcli.program.displays import iterate
from diffcli.program.expressions import Expressions
from diffcli.program.machine import MACHINE, Halt
from diffcli.program.patterns import choice
from diffcli.program.places import located
from diffcli.program.simple import BREAK, CONTINUE, assigner
from diffcli.program.variables import Frame, Run
from diffcli.syntax import ast
from diffcli.syntax import program as tree


def block(scope: Expressions, body: tuple[ast.Node, ...]) -> Run:
    """Statements one after the other."""
    steps = [statement(scope, node) for node in body]
    if len(steps) == 1:
        return steps[0]
    if len(steps) == 2:
        first, second = steps

        def two(frame: Frame) -> Any:
            signal = first(frame)
            return second(frame) if signal is None else signal

        return two

    def run(frame: Frame) -> Any:
        for step in steps:
            signal = step(frame)
            if signal is not None:
                return signal
        return None

    return run


def statement(scope: Expressions, node: ast.Node) -> Run:
    """One statement."""
    return _COMPILE[type(node)](scope, node)


def _if(scope: Expressions, node: tree.If) -> Run:
    test, body = scope.test(node.test), block(scope, node.body)
    if not node.orelse:
        return lambda frame: body(frame) if test(frame) else None
    orelse = block(scope, node.orelse)
    return lambda frame: body(frame) if test(frame) else orelse(frame)


def _while(scope: Expressions, node: tree.While) -> Run:
    test, body = scope.test(node.test), block(scope, node.body)
    orelse = block(scope, node.orelse) if node.orelse else None

    def run(frame: Frame) -> Any:
        machine = MACHINE
        while test(frame):
            machine.left -= 1
            if machine.left < 0:
                machine.refill()
            signal = body(frame)
            if signal is not None and signal is not CONTINUE:
                if signal is BREAK:
                    return None
                return signal
        return orelse(frame) if orelse is not None else None

    return run


def _for(scope: Expressions, node: tree.For) -> Run:
    source, store = scope.compile(node.iterable), assigner(scope, node.target)
    body, span = block(scope, node.body), node.iterable.span
    orelse = block(scope, node.orelse) if node.orelse else None

    def run(frame: Frame) -> Any:
        machine = MACHINE
        found = source(frame)
        try:
            items = iterate(found)
        except Exception as error:
            raise located(error, span) from None
        for one in items:
            machine.left -= 1
            if machine.left < 0:
                machine.refill()
            store(frame, one)
            signal = body(frame)
            if signal is not None and signal is not CONTINUE:
                if signal is BREAK:
                    return None
                return signal
        return orelse(frame) if orelse is not None else None

    return run


def _with(scope: Expressions, node: tree.With) -> Run:
    body = block(scope, node.body)
    for each in reversed(node.items):
        body = _one_with(scope, each, body)
    return body


def _one_with(scope: Expressions, node: tree.WithItem, body: Run) -> Run:
    context, span = scope.compile(node.context), node.context.span
    store = None if node.target is None else assigner(scope, node.target)

    def run(frame: Frame) -> Any:
        manager = context(frame)
        value = entering(manager, span)
        try:
            if store is not None:
                store(frame, value)
            signal = body(frame)
        except BaseException as error:
            if leaving(manager, error):
                return None
            raise
        leaving(manager, None)
        return signal

    return run


def _try(scope: Expressions, node: tree.Try) -> Run:
    body = block(scope, node.body)
    handlers = [(Except(scope, each), block(scope, each.body)) for each in node.handlers]
    orelse = block(scope, node.orelse) if node.orelse else None
    final = block(scope, node.final) if node.final else None

    def caught(frame: Frame) -> Any:
        try:
            signal = body(frame)
        except CAUGHT as error:
            for clause, run in handlers:
                if clause.matches(frame, error):
                    clause.begin(frame, error)
                    try:
                        return run(frame)
                    finally:
                        clause.end(frame)
            raise
        return orelse(frame) if signal is None and orelse is not None else signal

    if final is None:
        return caught

    def run(frame: Frame) -> Any:
        try:
            signal = caught(frame)
        except Halt:
            raise
        except BaseException:
            after = final(frame)
            if after is not None:
                return after
            raise
        after = final(frame)
        return signal if after is None else after

    return run


def _match(scope: Expressions, node: tree.Match) -> Run:
    choose = choice(scope, node)
    bodies = [block(scope, case.body) for case in node.cases]

    def run(frame: Frame) -> Any:
        chosen = choose(frame)
        return None if chosen is None else bodies[chosen](frame)

    return run


def _define(scope: Expressions, node: tree.FunctionDef | tree.ClassDef) -> Run:
    made = (
        made_class(scope, node) if isinstance(node, tree.ClassDef) else made_function(scope, node)
    )
    decorators = [(scope.compile(d), d.span) for d in node.decorators]
    store = scope.store(node.name)

    def run(frame: Frame) -> None:
        found = [decorator(frame) for decorator, _ in decorators]
        value = made(frame)
        for decorator, (_, span) in zip(found[::-1], decorators[::-1], strict=True):
            value = call(decorator, [value], span)
        store(frame, value)

    return run


_COMPILE: dict[type, Callable[[Expressions, Any], Run]] = {
    tree.ExprStatement: simple.expression,
    tree.Pass: simple.nothing,
    tree.Global: simple.nothing,
    tree.Nonlocal: simple.nothing,
    tree.Break: simple.break_,
    tree.Continue: simple.continue_,
    tree.Return: simple.return_,
    tree.AssignTo: simple.assign,
    tree.Annotate: simple.annotate,
    tree.AugAssign: simple.augment,
    tree.Delete: simple.delete,
    tree.Assert: simple.assert_,
    tree.Raise: simple.raise_,
    tree.Import: modules.import_,
    tree.ImportFrom: modules.import_from,
    tree.If: _if,
    tree.While: _while,
    tree.For: _for,
    tree.With: _with,
    tree.Try: _try,
    tree.Match: _match,
    tree.FunctionDef: _define,
    tree.ClassDef: _define,
}
