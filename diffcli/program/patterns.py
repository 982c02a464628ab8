"""`match`: patterns as closures that look at a value and collect what it binds.

A pattern is read as the expression that it looks like (PEP 634 says what it means).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from diffcli.program import attributes
from diffcli.program.expressions import Expressions
from diffcli.program.machine import bounded
from diffcli.program.nesting import hashable
from diffcli.program.operations import COMPARE
from diffcli.program.places import located
from diffcli.program.variables import Frame, Store
from diffcli.syntax import ast
from diffcli.syntax import program as tree

Found = list[tuple[Store, Any]]
Matches = Callable[[Frame, Any, Found], bool]
"""Whether a value has the form of a pattern; what is to be assigned is appended."""

SEQUENCES = (list, tuple, deque, range)
_WHOLE = (bool, int, float, str, list, tuple, dict, set, frozenset)
"""Types whose one positional pattern is for the value itself."""

_equal = COMPARE["=="]


def choice(scope: Expressions, node: tree.Match) -> Callable[[Frame], int | None]:
    """A closure that gives the number of the case that the subject has the form of."""
    subject = scope.compile(node.subject)
    cases = [_case(scope, case) for case in node.cases]

    def choose(frame: Frame) -> int | None:
        value = subject(frame)
        for i, fits in enumerate(cases):
            if fits(frame, value):
                return i
        return None

    return choose


def _case(scope: Expressions, node: tree.Case) -> Callable[[Frame, Any], bool]:
    matches = _matcher(scope, node.pattern)
    store = None if node.name is None else scope.store(node.name)
    guard = None if node.guard is None else scope.test(node.guard)
    span = node.pattern.span

    def fits(frame: Frame, value: Any) -> bool:
        found: Found = []
        try:
            if not matches(frame, value, found):
                return False
        except Exception as error:
            raise located(error, span) from None
        for put, each in found:
            put(frame, each)
        if store is not None:
            store(frame, value)
        return guard is None or guard(frame)

    return fits


def _matcher(scope: Expressions, node: ast.Node) -> Matches:
    if isinstance(node, ast.Name):
        return _capture(scope, node.id)
    if isinstance(node, ast.TupleExpr | ast.ListExpr):
        return _sequence(scope, node)
    if isinstance(node, tree.DictExpr):
        return _mapping(scope, node)
    if isinstance(node, ast.Call):
        return _object(scope, node)
    if isinstance(node, ast.Binary) and node.op == "|":
        return _either(scope, node)
    return _value(scope, node)


def _capture(scope: Expressions, name: str) -> Matches:
    if name == "_":
        return lambda frame, value, found: True
    store = scope.store(name)

    def matches(frame: Frame, value: Any, found: Found) -> bool:
        found.append((store, value))
        return True

    return matches


def _value(scope: Expressions, node: ast.Node) -> Matches:
    expected = scope.compile(node)
    if isinstance(node, ast.Literal) and (node.value is None or node.value.__class__ is bool):
        return lambda frame, value, found: value is node.value
    return lambda frame, value, found: bool(_equal(value, expected(frame)))


def _either(scope: Expressions, node: ast.Binary) -> Matches:
    left, right = _matcher(scope, node.left), _matcher(scope, node.right)

    def matches(frame: Frame, value: Any, found: Found) -> bool:
        before = len(found)
        if left(frame, value, found):
            return True
        del found[before:]
        return right(frame, value, found)

    return matches


def _sequence(scope: Expressions, node: ast.TupleExpr | ast.ListExpr) -> Matches:
    items = [_matcher(scope, i.value if isinstance(i, tree.Starred) else i) for i in node.items]
    star = next((i for i, n in enumerate(node.items) if isinstance(n, tree.Starred)), None)

    def matches(frame: Frame, value: Any, found: Found) -> bool:
        if not isinstance(value, SEQUENCES) or (star is None and len(value) != len(items)):
            return False
        given = list(bounded(value))
        if star is not None and len(given) >= len(items) - 1:
            end = len(given) - (len(items) - star - 1)
            given[star:end] = [given[star:end]]
        if len(given) != len(items):
            return False
        return all(each(frame, one, found) for each, one in zip(items, given, strict=True))

    return matches


def _mapping(scope: Expressions, node: tree.DictExpr) -> Matches:
    pairs = [
        (None if key is None else scope.compile(key), _matcher(scope, value))
        for key, value in zip(node.keys, node.values, strict=True)
    ]

    def matches(frame: Frame, value: Any, found: Found) -> bool:
        if not isinstance(value, dict):
            return False
        rest = dict(value)
        for key, each in pairs:
            if key is None:
                return each(frame, rest, found)
            wanted = hashable(key(frame))
            if wanted not in rest or not each(frame, rest.pop(wanted), found):
                return False
        return True

    return matches


def _object(scope: Expressions, node: ast.Call) -> Matches:
    function = scope.compile(node.function)
    positional = [_matcher(scope, each) for each in node.arguments]
    named = [(keyword.name, _matcher(scope, keyword.value)) for keyword in node.keywords]

    def matches(frame: Frame, value: Any, found: Found) -> bool:
        kind = function(frame)
        if not isinstance(kind, type):
            raise TypeError("called match pattern must be a class")
        if not isinstance(value, kind):
            return False
        if kind in _WHOLE and len(positional) == 1:
            return positional[0](frame, value, found)
        names = _places(kind, len(positional))
        for name, each in [*zip(names, positional, strict=False), *named]:
            try:
                part = attributes.get(value, name)
            except AttributeError:
                return False
            if not each(frame, part, found):
                return False
        return True

    return matches


def _places(kind: type, count: int) -> tuple[str, ...]:
    """The attributes that positional patterns of a class are for."""
    names: tuple[str, ...] = getattr(kind, "__match_args__", ())
    most = 1 if kind in _WHOLE else len(names)
    if count > most:
        plural = "" if most == 1 else "s"
        accepts = f"accepts {most} positional sub-pattern{plural} ({count} given)"
        raise TypeError(f"{kind.__name__}() {accepts}")
    return names
