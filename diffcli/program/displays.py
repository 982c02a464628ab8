"""Tuples, lists, sets, dicts and f-strings as closures."""

from __future__ import annotations

from typing import Any

from diffcli.program.machine import MACHINE, bounded
from diffcli.program.nesting import ascii_only, hashable, representation, text
from diffcli.program.operations import formatted
from diffcli.program.places import located
from diffcli.program.variables import Frame, Run, Variables
from diffcli.syntax import ast
from diffcli.syntax import program as tree

_CONVERSIONS = {"r": representation, "s": text, "a": ascii_only, None: None}


class Displays(Variables):
    """Compiles what is written out between brackets or quotes."""

    def compile(self, node: ast.Node) -> Run:
        """The closure of any expression."""
        raise NotImplementedError

    def tuple_of(self, node: ast.TupleExpr) -> Run:
        items = self.items(node.items)
        return lambda frame: tuple(items(frame))

    def list_of(self, node: ast.ListExpr) -> Run:
        return self.items(node.items)

    def set_of(self, node: tree.SetExpr) -> Run:
        items, span = self.items(node.items), node.span

        def run(frame: Frame) -> Any:
            try:
                return set(map(hashable, items(frame)))
            except TypeError as error:
                raise located(error, span) from None

        return run

    def items(self, nodes: tuple[ast.Node, ...]) -> Run:
        """A list of the values of several expressions."""
        parts = [
            (
                isinstance(n, tree.Starred),
                self.compile(n.value if isinstance(n, tree.Starred) else n),
            )
            for n in nodes
        ]
        if not any(starred for starred, _ in parts):
            plain = [part for _, part in parts]
            return lambda frame: [part(frame) for part in plain]

        def run(frame: Frame) -> Any:
            out: list[Any] = []
            for starred, part in parts:
                if starred:
                    out += bounded(iterate(part(frame)))
                else:
                    out.append(part(frame))
            return out

        return run

    def dict_of(self, node: tree.DictExpr) -> Run:
        pairs = [
            (None if key is None else self.compile(key), self.compile(value), value.span)
            for key, value in zip(node.keys, node.values, strict=True)
        ]

        def run(frame: Frame) -> Any:
            out: dict[Any, Any] = {}
            for key, value, span in pairs:
                try:
                    if key is None:
                        out.update(value(frame))
                    else:
                        out[hashable(key(frame))] = value(frame)
                except TypeError as error:
                    raise located(error, span) from None
            return out

        return run

    def fstring(self, node: tree.FString) -> Run:
        pieces = [self.compile(piece) for piece in node.pieces]
        return lambda frame: "".join([piece(frame) for piece in pieces])

    def field(self, node: tree.Field) -> Run:
        value, span = self.compile(node.value), node.span
        spec = self.compile(node.format) if node.format is not None else (lambda frame: "")
        convert: Any = _CONVERSIONS[node.conversion]

        def run(frame: Frame) -> str:
            found = value(frame)
            pattern = spec(frame)
            try:
                shown = formatted(found if convert is None else convert(found), pattern)
            except Exception as error:
                raise located(error, span) from None
            MACHINE.allow(len(shown))
            return shown

        return run


def iterate(value: Any) -> Any:
    """iter(value), of values that programs may iterate over."""
    kind = type(value)
    if not hasattr(kind, "__iter__") and not hasattr(kind, "__getitem__"):
        raise TypeError(f"'{kind.__name__}' object is not iterable")
    return iter(value)
