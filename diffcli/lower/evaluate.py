"""From the syntax tree to the graph: names are resolved and operators of the table are applied.

Evaluation runs on an explicit stack of generators, so that text of any depth is lowered without
recursion. What Python computes at once (numbers, shapes, tuples) stays a Python value; arrays are
nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, Source, closest
from diffcli.graph.node import ORIGIN, Node
from diffcli.limits import LIMITS
from diffcli.lower import names
from diffcli.lower.arguments import static
from diffcli.lower.values import (
    ATTRIBUTES,
    BINARY,
    BUILTINS,
    as_node,
    call_method,
    compare,
    condition,
    counted,
    is_number,
    number_arithmetic,
    number_sign,
    sequence_arithmetic,
)
from diffcli.ops.table import F
from diffcli.syntax import ast

Steps = Generator[ast.Node, Any, Any]

DEEPEST_PATH = 4
"""Most names after a library, as in torch.nn.functional.relu."""


class Evaluator:
    """Evaluates expressions in a scope of names.

    `scope` maps names to nodes or Python values; `used` collects the names that were looked up.
    """

    def __init__(self, source: Source, scope: dict[str, Any]) -> None:
        self.source = source
        self.scope = scope
        self.used: dict[str, None] = {}
        self.steps = 0

    def run(self, root: ast.Node) -> Any:
        """The value of a statement or expression; errors carry their place in the text."""
        origin = ORIGIN.span
        try:
            return self._drive(root)
        except DiffcliError as error:
            raise error.at(ORIGIN.span, self.source) from None
        finally:
            ORIGIN.span = origin

    def _drive(self, root: ast.Node) -> Any:
        stack: list[Steps] = [_VISIT[type(root)](self, root)]
        value: Any = None
        while stack:
            try:
                child = stack[-1].send(value)
            except StopIteration as done:
                stack.pop()
                value = done.value
                continue
            if type(child) is ast.Name:
                value = self.name(child)
            elif type(child) is ast.Literal:
                value = child.value
            else:
                self.steps += 1
                if self.steps > LIMITS.steps:
                    raise DiffcliError(
                        "limit",
                        f"the expression has more than {LIMITS.steps} operations",
                        hint="--max-steps allows more",
                    )
                stack.append(_VISIT[type(child)](self, child))
                value = None
        return value

    # ----- leaves -----

    def name(self, node: ast.Name) -> Any:
        """The value of a name: a binding, a constant, or a number type."""
        name = node.id
        if name in self.scope:
            self.used[name] = None
            return self.scope[name]
        found = names.constant(name)
        if found is not None:
            return found
        if name in names.NUMBER_TYPES:
            return np.dtype(names.NUMBER_TYPES[name])
        if name == "newaxis":
            return None
        raise names.unknown_name(name, self.scope, node.span)

    def visit_name(self, node: ast.Name) -> Steps:
        return self.name(node)
        yield  # a generator like the others, though it asks for nothing

    def visit_literal(self, node: ast.Literal) -> Steps:
        return node.value
        yield  # a generator like the others, though it asks for nothing

    # ----- operators -----

    def visit_unary(self, node: ast.Unary) -> Steps:
        x = yield node.operand
        ORIGIN.span = node.span
        if node.op == "not":
            return F.logical_not(condition(x)) if isinstance(x, Node) else not x
        if is_number(x):
            return number_sign(node.op, x)
        x = as_node(x)
        if node.op == "~":
            return F.logical_not(x) if x.dtype.kind == "b" else F.invert(x)
        return -x if node.op == "-" else x

    def visit_binary(self, node: ast.Binary) -> Steps:
        a = yield node.left
        b = yield node.right
        ORIGIN.span = node.op_span
        if is_number(a) and is_number(b) and node.op not in "@&|":
            return number_arithmetic(node.op, a, b)
        if isinstance(a, tuple | str) or isinstance(b, tuple | str):
            return sequence_arithmetic(node.op, a, b)
        a, b = as_node(a), as_node(b)
        if node.op in "&|":
            kind = "logical" if a.dtype.kind == b.dtype.kind == "b" else "bitwise"
            return getattr(F, f"{kind}_{'and' if node.op == '&' else 'or'}")(a, b)
        return getattr(F, BINARY[node.op])(a, b)

    def visit_logical(self, node: ast.Logical) -> Steps:
        a = yield node.left
        conjunction = node.op == "and"
        if not isinstance(a, Node | list):
            # Python decides without the right side where it can
            return (yield node.right) if bool(a) == conjunction else a
        b = yield node.right
        ORIGIN.span = node.op_span
        a, b = as_node(a), as_node(b)
        test = condition(a)
        if a.dtype.kind == "b" and b.dtype.kind == "b":
            return (F.logical_and if conjunction else F.logical_or)(test, condition(b))
        return F.where(test, b, a) if conjunction else F.where(test, a, b)

    def visit_compare(self, node: ast.Compare) -> Steps:
        left = yield node.first
        result: Any = None
        for op, operand, span in zip(node.ops, node.operands, node.op_spans, strict=True):
            right = yield operand
            ORIGIN.span = span
            one = compare(op, left, right)
            if result is None:
                result = one
            elif isinstance(one, Node) or isinstance(result, Node):
                result = F.logical_and(condition(as_node(result)), condition(as_node(one)))
            else:
                result = result and one
            left = right
        return result

    def visit_conditional(self, node: ast.Conditional) -> Steps:
        test = yield node.test
        if not isinstance(test, Node | list):
            return (yield node.body if test else node.orelse)
        yes = yield node.body
        no = yield node.orelse
        ORIGIN.span = node.span
        return F.where(condition(as_node(test)), as_node(yes), as_node(no))

    # ----- calls and attributes -----

    def visit_call(self, node: ast.Call) -> Steps:
        called = node.function
        args: list[Any] = []
        path = self.library_path(called)
        if path is None and isinstance(called, ast.Attribute):
            args.append((yield called.value))
        for argument in node.arguments:
            args.append((yield argument))  # noqa: PERF401 - a comprehension cannot yield
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.name in keywords:
                words = f"the argument '{keyword.name}' is given twice"
                raise DiffcliError("syntax", words, span=keyword.name_span)
            keywords[keyword.name] = yield keyword.value
        ORIGIN.span = node.span
        if path is not None:
            return self.call_function(called, path, args, keywords)
        if isinstance(called, ast.Attribute):
            return call_method(called, args, keywords)
        raise DiffcliError("syntax", "only functions and methods can be called", span=called.span)

    def call_function(
        self, called: ast.Node, path: tuple[str, ...], args: list[Any], keywords: dict[str, Any]
    ) -> Any:
        """Apply the function that a (dotted) name means."""
        name = path[-1]
        if len(path) == 1 and name in self.scope:
            raise DiffcliError(
                "unknown-function",
                f"'{name}' is a value here, not a function",
                span=called.span,
                hint=f"write {name}*(...) to multiply",
            )
        if name in BUILTINS and not keywords:
            return BUILTINS[name](*counted(name, args))
        if name in names.NUMBER_TYPES:
            return F.astype(as_node(*counted(name, args)), np.dtype(names.NUMBER_TYPES[name]))
        found = names.function(name, path[:-1])
        if found is None:
            span = called.name_span if isinstance(called, ast.Attribute) else called.span
            raise names.unknown_function(name, span)
        return found(args, keywords)

    def library_path(self, node: ast.Node) -> tuple[str, ...] | None:
        """('np', 'linalg', 'det') for a dotted name that starts at a library, else None."""
        path: tuple[str, ...] = ()
        while isinstance(node, ast.Attribute) and len(path) < DEEPEST_PATH:
            path = (node.name, *path)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        if not path:
            return (node.id,)
        path = (node.id, *path)
        if node.id in self.scope:
            return None
        library = node.id in names.LIBRARIES | names.SUBLIBRARIES
        if "stats" in path[:-2] or (len(path) == 2 and not library):
            found = names.distribution(path)  # stats.norm.logpdf, norm.logpdf
            if found is not None:
                return (*path[:-2], found)
        if not library:
            return None
        return path if all(p in names.SUBLIBRARIES for p in path[1:-1]) else None

    def visit_attribute(self, node: ast.Attribute) -> Steps:
        path = self.library_path(node)
        if path is not None:
            return self.name(ast.Name(path[-1], node.name_span))
        x = yield node.value
        ORIGIN.span = node.span
        if isinstance(x, names.Fields) and node.name in x.fields:
            return x[x.fields.index(node.name)]
        x = as_node(x)
        if node.name in ATTRIBUTES:
            return ATTRIBUTES[node.name](x)
        nearest = closest(node.name, ATTRIBUTES)
        is_function = names.function(node.name) is not None
        hint = f"did you mean '{nearest}'?" if nearest else None
        raise DiffcliError(
            "unknown-function",
            f"an array has no attribute '{node.name}'",
            span=node.name_span,
            hint=f"write {node.name}(...)" if is_function else hint,
        )

    # ----- containers -----

    def visit_all(self, nodes: Iterable[ast.Node]) -> Steps:
        """The values of several nodes."""
        values = []
        for node in nodes:
            values.append((yield node))  # noqa: PERF401 - a comprehension cannot yield
        return values

    def visit_list(self, node: ast.ListExpr) -> Steps:
        items = yield from self.visit_all(node.items)
        ORIGIN.span = node.span
        return items

    def visit_tuple(self, node: ast.TupleExpr) -> Steps:
        return tuple((yield from self.visit_list(node)))  # type: ignore[arg-type]

    def visit_subscript(self, node: ast.Subscript) -> Steps:
        x = yield node.value
        items = yield from self.visit_all(node.indices)
        ORIGIN.span = node.span
        index = tuple(items) if node.is_tuple else items[0]
        if isinstance(x, tuple | list) and isinstance(static(index), int | slice):
            try:
                return x[static(index)]
            except IndexError:
                raise DiffcliError("index", f"index {index} is outside {len(x)} items") from None
        return F.index(as_node(x), index)

    def visit_slice(self, node: ast.Slice) -> Steps:
        parts = []
        for part in (node.lower, node.upper, node.step):
            value = static((yield part)) if part is not None else None
            if part and value is not None and type(value) is not int:
                raise DiffcliError(
                    "index", "a slice is made of integers that are known in advance", span=part.span
                )
            parts.append(value)
        if parts[2] == 0:
            raise DiffcliError("index", "the step of a slice cannot be 0", span=node.span)
        return slice(*parts)

    # ----- statements -----

    def visit_assign(self, node: ast.Assign) -> Steps:
        self.scope[node.name] = yield node.value
        return None

    def visit_block(self, node: ast.Block) -> Steps:
        for statement in node.statements[:-1]:
            if not isinstance(statement, ast.Assign):
                raise DiffcliError(
                    "syntax",
                    "the value of this statement is not used",
                    span=statement.span,
                    hint="give it a name, as in a = ...; or put brackets around lines that "
                    "belong together",
                )
            yield statement
        return (yield node.statements[-1])


_VISIT: dict[type, Callable[[Evaluator, Any], Steps]] = {
    ast.Name: Evaluator.visit_name,
    ast.Literal: Evaluator.visit_literal,
    ast.Unary: Evaluator.visit_unary,
    ast.Binary: Evaluator.visit_binary,
    ast.Logical: Evaluator.visit_logical,
    ast.Compare: Evaluator.visit_compare,
    ast.Conditional: Evaluator.visit_conditional,
    ast.Call: Evaluator.visit_call,
    ast.Attribute: Evaluator.visit_attribute,
    ast.ListExpr: Evaluator.visit_list,
    ast.TupleExpr: Evaluator.visit_tuple,
    ast.Subscript: Evaluator.visit_subscript,
    ast.Slice: Evaluator.visit_slice,
    ast.Assign: Evaluator.visit_assign,
    ast.Block: Evaluator.visit_block,
}
