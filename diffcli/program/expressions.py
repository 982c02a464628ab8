"""Expressions as closures: each takes the frame of the function that runs and gives the value.

Names are resolved to places in the frame beforehand. A `try` costs nothing until something is
raised; then the exception gets its place in the text.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from diffcli.errors import Span
from diffcli.program import attributes
from diffcli.program.arithmetic import IN_LINE
from diffcli.program.calls import Arguments, call, call_entry
from diffcli.program.displays import Displays
from diffcli.program.nesting import hashable
from diffcli.program.operations import BINARY, COMPARE, UNARY
from diffcli.program.places import located
from diffcli.program.values import UserType
from diffcli.program.variables import Frame, Run
from diffcli.syntax import ast
from diffcli.syntax import program as tree


class Held(ast.Node):
    """A part of an expression that was evaluated before, into a place of the frame."""

    __slots__ = ("slot",)

    def __init__(self, slot: int, node: ast.Node) -> None:
        self.slot = slot
        self.span = node.span


class Expressions(Displays):
    """Compiles the expressions of one scope."""

    def compile(self, node: ast.Node) -> Run:
        """The closure of an expression."""
        return _COMPILE[type(node)](self, node)

    # ----- names -----

    def name(self, node: ast.Name) -> Run:
        return self.load(node.id, node.span)

    def literal(self, node: ast.Literal) -> Run:
        value = node.value
        return lambda frame: value

    def held(self, node: Held) -> Run:
        return itemgetter(node.slot)

    # ----- operators -----

    def unary(self, node: ast.Unary) -> Run:
        apply, operand, span = UNARY[node.op], self.compile(node.operand), node.span
        if node.op == "-" and isinstance(node.operand, ast.Literal):
            value = node.operand.value
            if value.__class__ in (int, float, complex):
                negative = -value
                return lambda frame: negative

        def run(frame: Frame) -> Any:
            value = operand(frame)
            try:
                return apply(value)
            except Exception as error:
                raise located(error, span) from None

        return run

    def binary(self, node: ast.Binary) -> Run:
        apply, span = BINARY[node.op], node.op_span
        left, right = self.compile(node.left), self.compile(node.right)
        if node.op in IN_LINE:
            return IN_LINE[node.op](left, right, span)
        if isinstance(node.right, ast.Literal):
            constant = node.right.value

            def with_constant(frame: Frame) -> Any:
                a = left(frame)
                try:
                    return apply(a, constant)
                except Exception as error:
                    raise located(error, span) from None

            return with_constant

        def run(frame: Frame) -> Any:
            a = left(frame)
            b = right(frame)
            try:
                return apply(a, b)
            except Exception as error:
                raise located(error, span) from None

        return run

    def logical(self, node: ast.Logical) -> Run:
        left, right = self.truth(node.left), self.compile(node.right)
        if node.op == "and":

            def both(frame: Frame) -> Any:
                value, true = left(frame)
                return right(frame) if true else value

            return both

        def either(frame: Frame) -> Any:
            value, true = left(frame)
            return value if true else right(frame)

        return either

    def truth(self, node: ast.Node) -> Run:
        """The value of an expression and whether it is true."""
        value, span = self.compile(node), node.span

        def run(frame: Frame) -> Any:
            found = value(frame)
            try:
                return found, bool(found)
            except Exception as error:
                raise located(error, span) from None

        return run

    def test(self, node: ast.Node) -> Run:
        """Whether an expression is true."""
        value, span = self.compile(node), node.span

        def run(frame: Frame) -> bool:
            found = value(frame)
            if found is True or found is False:
                return found
            try:
                return bool(found)
            except Exception as error:
                raise located(error, span) from None

        return run

    def compare(self, node: ast.Compare) -> Run:
        first = self.compile(node.first)
        links = [
            (COMPARE[op], self.compile(operand), span)
            for op, operand, span in zip(node.ops, node.operands, node.op_spans, strict=True)
        ]
        if len(links) == 1:
            ((apply, second, span),) = links

            def single(frame: Frame) -> Any:
                a = first(frame)
                b = second(frame)
                try:
                    return apply(a, b)
                except Exception as error:
                    raise located(error, span) from None

            return single

        def run(frame: Frame) -> Any:
            a = first(frame)
            result: Any = True
            for apply, operand, span in links:
                b = operand(frame)
                try:
                    result = apply(a, b)
                    if not result:
                        return result
                except Exception as error:
                    raise located(error, span) from None
                a = b
            return result

        return run

    def conditional(self, node: ast.Conditional) -> Run:
        test = self.test(node.test)
        body, orelse = self.compile(node.body), self.compile(node.orelse)
        return lambda frame: body(frame) if test(frame) else orelse(frame)

    def named(self, node: tree.NamedExpr) -> Run:
        value, store = self.compile(node.value), self.store(node.name)

        def run(frame: Frame) -> Any:
            found = value(frame)
            store(frame, found)
            return found

        return run

    # ----- attributes and subscripts -----

    def attribute(self, node: ast.Attribute) -> Run:
        value, name, span = self.compile(node.value), node.name, node.name_span

        def run(frame: Frame) -> Any:
            owner = value(frame)
            if type(owner).__class__ is UserType and name in owner.__dict__:
                return owner.__dict__[name]
            try:
                return attributes.get(owner, name)
            except Exception as error:
                raise located(error, span) from None

        return run

    def subscript(self, node: ast.Subscript) -> Run:
        value, index, span = self.compile(node.value), self.index(node), node.span

        def run(frame: Frame) -> Any:
            owner = value(frame)
            key = index(frame)
            try:
                return item(owner, key)
            except Exception as error:
                raise located(error, span) from None

        return run

    def index(self, node: ast.Subscript) -> Run:
        """The key of a subscript: one value, or a tuple."""
        parts = [self.compile(each) for each in node.indices]
        if not node.is_tuple:
            return parts[0]
        return lambda frame: tuple([part(frame) for part in parts])

    def slice_of(self, node: ast.Slice) -> Run:
        parts = [
            self.compile(each) if each is not None else (lambda frame: None)
            for each in (node.lower, node.upper, node.step)
        ]
        low, high, step = parts
        return lambda frame: slice(low(frame), high(frame), step(frame))

    # ----- calls -----

    def call(self, node: ast.Call) -> Run:
        arguments = Arguments(node, self.compile)
        span, function = node.span, node.function
        if isinstance(function, ast.Attribute):
            return self._method_call(function, arguments, span)
        if isinstance(function, ast.Name) and function.id == "super" and not node.arguments:
            own = self._super(node)
            if own is not None:
                return own
        return arguments.applied(self.compile(function), span)

    def _method_call(self, function: ast.Attribute, arguments: Arguments, span: Span) -> Run:
        value, name, at = self.compile(function.value), function.name, function.name_span
        positional = arguments.positional
        if positional is None:
            return arguments.applied(self.attribute(function), span)

        def run(frame: Frame) -> Any:
            owner = value(frame)
            if type(owner).__class__ is UserType:
                method = attributes.function_of(owner, name)
                if method is not None:
                    return call(method, [owner, *[each(frame) for each in positional]], span)
            try:
                entry = attributes.method_of(owner, name)
                if entry is None:
                    found = attributes.get(owner, name)
            except Exception as error:
                raise located(error, at) from None
            given = [each(frame) for each in positional]
            if entry is not None:
                return call_entry(entry, owner, given, span)
            return call(found, given, span)

        return run

    def _super(self, node: ast.Call) -> Run | None:
        scope = self.scope
        while scope.params[:1] == [".0"] and scope.parent is not None:
            scope = scope.parent
        if scope is not self.scope or "__class__" not in scope.free or not scope.params:
            return None
        cell, first = self.cell("__class__"), self.load(scope.params[0], node.span)

        def run(frame: Frame) -> Any:
            return super(cell(frame)[0], first(frame))

        return run

    def function(self, node: ast.Node) -> Run:
        """A lambda or a comprehension."""
        from diffcli.program.definitions import comprehension, made_function

        if isinstance(node, tree.Comprehension):
            return comprehension(self, node)
        assert isinstance(node, tree.Lambda)
        return made_function(self, node)


def item(owner: Any, key: Any) -> Any:
    """owner[key]."""
    if isinstance(owner, type) and owner.__class__ is not UserType:
        return owner  # an annotation such as list[int]
    return owner[hashable(key)]


_COMPILE: dict[type, Callable[[Expressions, Any], Run]] = {
    ast.Name: Expressions.name,
    ast.Literal: Expressions.literal,
    Held: Expressions.held,
    ast.Unary: Expressions.unary,
    ast.Binary: Expressions.binary,
    ast.Logical: Expressions.logical,
    ast.Compare: Expressions.compare,
    ast.Conditional: Expressions.conditional,
    ast.Call: Expressions.call,
    ast.Attribute: Expressions.attribute,
    ast.Subscript: Expressions.subscript,
    ast.Slice: Expressions.slice_of,
    ast.TupleExpr: Expressions.tuple_of,
    ast.ListExpr: Expressions.list_of,
    tree.SetExpr: Expressions.set_of,
    tree.DictExpr: Expressions.dict_of,
    tree.FString: Expressions.fstring,
    tree.Field: Expressions.field,
    tree.NamedExpr: Expressions.named,
    tree.Lambda: Expressions.function,
    tree.Comprehension: Expressions.function,
}
