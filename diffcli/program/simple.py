"""Simple statements: assignment in all its forms, `return`, `raise`, `assert`."""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError, Span
from diffcli.program import attributes
from diffcli.program.calls import call
from diffcli.program.clauses import CAUGHT
from diffcli.program.displays import iterate
from diffcli.program.expressions import Expressions, item
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.nesting import hashable
from diffcli.program.operations import IN_PLACE
from diffcli.program.places import located
from diffcli.program.values import UNBOUND, UserType
from diffcli.program.variables import Frame, Run, Store
from diffcli.syntax import ast
from diffcli.syntax import program as tree

BREAK, CONTINUE = "break", "continue"
ANNOTATIONS = "__annotations__"
"""The member of a class that holds the names annotated in its body."""


def expression(scope: Expressions, node: tree.ExprStatement) -> Run:
    """An expression whose value is not used."""
    value = scope.compile(node.value)

    def run(frame: Frame) -> None:
        value(frame)

    return run


def nothing(scope: Expressions, node: ast.Node) -> Run:
    """`pass`, and declarations."""
    return lambda frame: None


def break_(scope: Expressions, node: ast.Node) -> Run:
    """`break`."""
    return lambda frame: BREAK


def continue_(scope: Expressions, node: ast.Node) -> Run:
    """`continue`."""
    return lambda frame: CONTINUE


def return_(scope: Expressions, node: tree.Return) -> Run:
    """`return value`."""
    if node.value is None:
        return lambda frame: (None,)
    value = scope.compile(node.value)
    return lambda frame: (value(frame),)


def assign(scope: Expressions, node: tree.AssignTo) -> Run:
    """`a = b = value`."""
    value = scope.compile(node.value)
    stores = [assigner(scope, target) for target in node.targets]
    if len(stores) == 1:
        (store,) = stores

        def single(frame: Frame) -> None:
            store(frame, value(frame))

        return single

    def run(frame: Frame) -> None:
        found = value(frame)
        for store in stores:
            store(frame, found)

    return run


def annotate(scope: Expressions, node: tree.Annotate) -> Run:
    """`name: type = value`; a class remembers which of its names are annotated."""
    store = None
    if node.value is not None:
        store = assign(scope, tree.AssignTo((node.target,), node.value, node.span))
    if scope.scope.kind != "class" or not isinstance(node.target, ast.Name) or not node.is_field:
        return store or nothing(scope, node)
    name = node.target.id

    def run(frame: Frame) -> None:
        frame[0].setdefault(ANNOTATIONS, {})[name] = None
        if store is not None:
            store(frame)

    return run


def assigner(scope: Expressions, target: ast.Node) -> Store:
    """How a target takes a value."""
    if isinstance(target, ast.Name):
        return scope.store(target.id)
    if isinstance(target, ast.Attribute):
        return _set_attribute(scope, target)
    if isinstance(target, ast.Subscript):
        return _set_item(scope, target)
    assert isinstance(target, ast.TupleExpr | ast.ListExpr)
    return _unpack(scope, target)


def _set_attribute(scope: Expressions, target: ast.Attribute) -> Store:
    owner, name, span = scope.compile(target.value), target.name, target.name_span

    def store(frame: Frame, value: Any) -> None:
        found = owner(frame)
        try:
            attributes.put(found, name, value)
        except Exception as error:
            raise located(error, span) from None

    return store


def _set_item(scope: Expressions, target: ast.Subscript) -> Store:
    owner, index, span = scope.compile(target.value), scope.index(target), target.span

    def store(frame: Frame, value: Any) -> None:
        found = owner(frame)
        key = index(frame)
        try:
            if found.__class__ is list and key.__class__ is slice:
                value = list(bounded(value))
                MACHINE.allow(len(found) + len(value))
            found[hashable(key)] = value
        except Exception as error:
            raise located(error, span) from None

    return store


def _unpack(scope: Expressions, target: ast.TupleExpr | ast.ListExpr) -> Store:
    stores = [assigner(scope, t.value if isinstance(t, tree.Starred) else t) for t in target.items]
    starred = [i for i, t in enumerate(target.items) if isinstance(t, tree.Starred)]
    count, span = len(stores), target.span

    def store(frame: Frame, value: Any) -> None:
        try:
            items = _unpacked(value, count, starred[0] if starred else None)
        except Exception as error:
            raise located(error, span) from None
        for each, one in zip(stores, items, strict=True):
            each(frame, one)

    return store


def _unpacked(value: Any, count: int, star: int | None) -> list[Any]:
    """The items of a value for `count` targets; raises ValueError in Python's words."""
    try:
        source = iterate(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"cannot unpack non-iterable {kind} object") from None
    items = []
    for one in source if star is None else bounded(source):
        items.append(one)
        if star is None and len(items) > count:
            raise ValueError(f"too many values to unpack (expected {count})")
    least = count if star is None else count - 1
    if len(items) < least:
        expected = f"expected {least}" if star is None else f"expected at least {least}"
        raise ValueError(f"not enough values to unpack ({expected}, got {len(items)})")
    if star is None:
        return items
    end = len(items) - (count - star - 1)
    return [*items[:star], items[star:end], *items[end:]]


def augment(scope: Expressions, node: tree.AugAssign) -> Run:
    """`target += value`."""
    apply, span = IN_PLACE[node.op.removesuffix("=")], node.op_span
    value, target = scope.compile(node.value), node.target
    if isinstance(target, ast.Name):
        load, store = scope.load(target.id, target.span), scope.store(target.id)

        def on_name(frame: Frame) -> None:
            before = load(frame)
            more = value(frame)
            try:
                after = apply(before, more)
            except Exception as error:
                raise located(error, span) from None
            store(frame, after)

        return on_name
    assert isinstance(target, ast.Attribute | ast.Subscript)
    owner = scope.compile(target.value)
    if isinstance(target, ast.Attribute):
        name = target.name

        def on_attribute(frame: Frame) -> None:
            found = owner(frame)
            try:
                own = found.__dict__ if type(found).__class__ is UserType else ()
                before = own[name] if name in own else attributes.get(found, name)  # type: ignore[call-overload]
                attributes.put(found, name, apply(before, value(frame)))
            except Exception as error:
                raise located(error, span) from None

        return on_attribute
    index = scope.index(target)

    def on_item(frame: Frame) -> None:
        found = owner(frame)
        key = index(frame)
        try:
            found[key] = apply(item(found, key), value(frame))
        except Exception as error:
            raise located(error, span) from None

    return on_item


def delete(scope: Expressions, node: tree.Delete) -> Run:
    """`del targets`."""
    steps = [_deleter(scope, target) for target in node.targets]

    def run(frame: Frame) -> None:
        for step in steps:
            step(frame)

    return run


def _deleter(scope: Expressions, target: ast.Node) -> Run:
    span = target.span
    if isinstance(target, ast.Name):
        load, name = scope.load(target.id, span), target.id
        store, own = scope.store(name), scope.names.own
        local = scope.scope.kind != "module" and name not in scope.scope.globals

        def on_name(frame: Frame) -> None:
            load(frame)
            if scope.scope.kind == "class":
                frame[0].pop(name, None)
            elif local:
                store(frame, UNBOUND)
            else:
                own.pop(name, None)

        return on_name
    if isinstance(target, ast.TupleExpr | ast.ListExpr):
        steps = [_deleter(scope, t) for t in target.items]

        def all_of(frame: Frame) -> None:
            for step in steps:
                step(frame)

        return all_of
    assert isinstance(target, ast.Attribute | ast.Subscript)
    owner = scope.compile(target.value)
    index = scope.index(target) if isinstance(target, ast.Subscript) else None

    def run(frame: Frame) -> None:
        found = owner(frame)
        try:
            if index is None:
                attributes.remove(found, target.name)  # type: ignore[union-attr]
            else:
                del found[index(frame)]
        except Exception as error:
            raise located(error, span) from None

    return run


def assert_(scope: Expressions, node: tree.Assert) -> Run:
    """`assert test, message`."""
    test, span = scope.test(node.test), node.span
    message = None if node.message is None else scope.compile(node.message)

    def run(frame: Frame) -> None:
        if not test(frame):
            args = () if message is None else (message(frame),)
            raise located(AssertionError(*args), span)

    return run


def raise_(scope: Expressions, node: tree.Raise) -> Run:
    """`raise value`."""
    span = node.span
    value = None if node.value is None else scope.compile(node.value)
    cause = None if node.cause is None else scope.compile(node.cause)

    def run(frame: Frame) -> None:
        if value is None:
            if not MACHINE.handling:
                raise located(RuntimeError("No active exception to reraise"), span)
            raise MACHINE.handling[-1]
        found = value(frame)
        error = located(_exception(found, span, "exceptions"), span)
        if cause is None:
            raise error
        origin = cause(frame)
        raise error from origin and _exception(origin, span, "exception causes")

    return run


def _exception(value: Any, span: Span, what: str) -> BaseException:
    """The exception that `raise` raises, or names as the cause of another."""
    if isinstance(value, type) and issubclass(value, CAUGHT):
        value = call(value, [], span)
    if not isinstance(value, CAUGHT) or isinstance(value, DiffcliError):
        raise located(TypeError(f"{what} must derive from BaseException"), span)
    return value
