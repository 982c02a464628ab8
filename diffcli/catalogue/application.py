"""A row applied to arguments that are called as its signature calls them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any

import numpy as np

from diffcli.catalogue.samples import POINTS, SAMPLES
from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import postorder
from diffcli.lower.names import LIBRARIES, SUBLIBRARIES
from diffcli.lower.values import BINARY
from diffcli.ops.kinds import Elementwise
from diffcli.ops.table import Row
from diffcli.syntax import ast
from diffcli.syntax.parser import parse_expression
from diffcli.syntax.unparse import unparse
from diffcli.trace import Trace, trace

Array = np.ndarray[Any, Any]

SPAN = (0, 0)


class Application:
    """One call of a row: its text, the values of its variables, and its graph.

    It is `pointwise` where every element of the result comes from one element of each variable;
    the variables are then numbers.
    """

    def __init__(self, text: str, values: dict[str, Array]) -> None:
        self.text = text
        self.values = values
        self.trace = _traced(text, values)
        self.pointwise = False
        if values and _is_pointwise(self.trace):
            numbers = {n: v.ravel()[:1].reshape(()) for n, v in values.items()}
            small = _traced(text, numbers)
            self.pointwise = small.shape == ()
            if self.pointwise:
                self.values, self.trace = numbers, small

    def value(self) -> Array:
        """The result."""
        (found,) = self.trace.run([self.trace.output])
        return np.asarray(found)

    def complex(self) -> bool:
        """Whether the row takes complex numbers."""
        wide = {n: v.astype(complex) if v.dtype.kind == "f" else v for n, v in self.values.items()}
        try:
            t = _traced(self.text, wide)
            t.run([t.output])
        except DiffcliError as error:
            return error.code != "dtype"
        return any(v.dtype.kind == "c" for v in wide.values())


def applied(row: Row) -> Application | None:
    """The row on arguments of its examples, of which the one with most variables is taken.

    None for a row without examples that takes more than numbers.
    """
    if row.examples:
        found = [_rewritten(row, example) for example in row.examples]
        text, values = max(found, key=lambda pair: len(pair[1]))  # the first of several such
        return Application(text, values)
    names = [p.name for p in row.signature.parameters.values() if p.default is p.empty]
    if isinstance(row, Elementwise):
        turn = 1 + 2j if row.category == "complex" else 1
        values = {n: np.asarray(v * turn) for n, v in zip(names, POINTS[row.domain], strict=False)}
    elif row.category == "variant":
        values = {n: SAMPLES[m] for n, m in zip(names, "SAC", strict=False)}
    else:
        return None
    try:
        return Application(f"{row.name}({', '.join(names)})", values)
    except DiffcliError:
        return None  # not all of its arguments are arrays


def _traced(text: str, values: dict[str, Array]) -> Trace:
    return trace(Source(text), values)


def _is_pointwise(t: Trace) -> bool:
    operators = [x.op for x in postorder([t.output]) if x.inputs]
    return bool(operators) and all(isinstance(op, Elementwise) for op in operators)


# ----- from an example to a call ------------------------------------------------------------------


def _rewritten(row: Row, example: str) -> tuple[str, dict[str, Array]]:
    """The call of the row in an example, its arguments replaced by variables, and their values."""
    block = parse_expression(Source(example))
    call, around = _call(row, block)
    if call is None:
        names = [n.id for n in _nodes(block) if isinstance(n, ast.Name) and n.id in SAMPLES]
        return example, {n: SAMPLES[n] for n in dict.fromkeys(names)}
    arguments = _Arguments(row)
    new: ast.Node = ast.Call(
        ast.Name(row.name, SPAN),
        tuple(arguments.positional(i, a) for i, a in enumerate(call.arguments)),
        tuple(arguments.keyword(k) for k in call.keywords),
        SPAN,
    )
    if around is not None:
        new = ast.Subscript(new, around.indices, around.is_tuple, SPAN)
    return unparse(new), arguments.values


def _nodes(root: ast.Node) -> Iterator[ast.Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(list(ast.children(node)))


def _call(row: Row, block: ast.Block) -> tuple[ast.Call | None, ast.Subscript | None]:
    """The first call of the row, and the subscript that selects one of its results."""
    names = {row.name, *row.aliases}
    around = None
    for node in _nodes(block):
        if isinstance(node, ast.Binary) and BINARY.get(node.op) == row.name:
            return _plain((node.left, node.right)), None
        if isinstance(node, ast.Call):
            f = node.function
            if isinstance(f, ast.Name) and f.id in names:
                return node, around
            if isinstance(f, ast.Attribute) and f.name in names:
                library = isinstance(f.value, ast.Name) and f.value.id in LIBRARIES | SUBLIBRARIES
                first = () if library else (f.value,)
                return _plain((*first, *node.arguments), node.keywords), around
        around = node if isinstance(node, ast.Subscript) and _selects(node) else None
    return None, None


def _plain(arguments: tuple[ast.Node, ...], keywords: tuple[ast.Keyword, ...] = ()) -> ast.Call:
    return ast.Call(ast.Name("", SPAN), arguments, keywords, SPAN)


def _selects(node: ast.Subscript) -> bool:
    return isinstance(node.value, ast.Call) and isinstance(node.indices[0], ast.Literal)


class _Arguments:
    """Replaces arguments by variables; `values` are those of the variables."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.parameters = list(row.signature.parameters.values())
        self.values: dict[str, Array] = {}

    def positional(self, position: int, argument: ast.Node) -> ast.Node:
        """The argument at a position, called as its parameter."""
        for p in self.parameters[: position + 1]:
            if p.kind is inspect.Parameter.VAR_POSITIONAL:
                return self.replaced(argument, None)
        number = isinstance(self.row, Elementwise) and position < self.row.arrays
        if number and isinstance(argument, ast.Literal):
            self.values[p.name] = np.asarray(argument.value, float)
            return ast.Name(p.name, SPAN)
        return self.replaced(argument, p.name)

    def keyword(self, keyword: ast.Keyword) -> ast.Keyword:
        """The argument behind a keyword, called as the keyword."""
        value = self.replaced(keyword.value, keyword.name)
        return ast.Keyword(keyword.name, value, SPAN, SPAN)

    def replaced(self, argument: ast.Node, name: str | None) -> ast.Node:
        """A variable instead of an argument, or one for each item of a list of arrays."""
        free = {n.id for n in _nodes(argument) if isinstance(n, ast.Name)} & set(SAMPLES)
        if not free:
            return argument
        if isinstance(argument, ast.ListExpr | ast.TupleExpr):
            items = tuple(self.replaced(item, None) for item in argument.items)
            return type(argument)(items, SPAN)
        if name is None or name == self.row.name or name in self.values:
            name = self.fresh(argument)
        if isinstance(argument, ast.Name):
            self.values[name] = SAMPLES[argument.id]
        else:
            t = _traced(unparse(argument), {n: SAMPLES[n] for n in sorted(free)})
            array = np.asarray(t.run([t.output])[0])
            self.values[name] = np.round(array, 2) if array.dtype.kind in "fc" else array
        return ast.Name(name, SPAN)

    def fresh(self, argument: ast.Node) -> str:
        """A name that no other argument has: its own, or a letter."""
        taken = {*self.values, *(p.name for p in self.parameters), "e", "f", "g"}
        own: list[str] = [argument.id] if isinstance(argument, ast.Name) else []
        free: Iterator[str] = (n for n in [*own, *ascii_lowercase] if n not in taken)
        return next(free)
