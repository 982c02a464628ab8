"""Variables without values: their shapes, in letters and numbers, and graphs over them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from typing import Any, NamedTuple

import numpy as np

from diffcli.emit.sizes import PRIMES, Sizes
from diffcli.errors import DiffcliError, Source, Span
from diffcli.graph.node import Node
from diffcli.lower import names
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.syntax import ast
from diffcli.syntax.parser import parse_expression
from diffcli.trace import Trace, trace

Array = np.ndarray[Any, Any]
Dims = tuple[str | int, ...]
"""A shape whose sizes are numbers or letters."""

FLOAT = np.dtype(np.float64)
LARGEST = 10**6
"""The largest size that a shape may have as a number."""


def declaration(text: str) -> tuple[str, Dims] | None:
    """The name and shape of `x:(n,)`, `A:(m, 3)`, `a:()` or `x:n`; None for what has no colon.

    Raises `bad-binding` with the place of what is no size.
    """
    name, colon, shape = text.partition(":")
    if not colon or "=" in name or not name.strip().isidentifier():
        return None
    source = Source(text, "shape")
    body = shape.strip()
    start = text.index(":") + 1 + (len(shape) - len(shape.lstrip()))
    if body.startswith("(") and body.endswith(")"):
        body, start = body[1:-1], start + 1
    parts = body.split(",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()
    if [p.strip() for p in parts] == [""] and body != shape.strip():
        return name.strip(), ()
    dims: list[str | int] = []
    for part in parts:
        dims.append(_size(part.strip(), source, start + len(part) - len(part.lstrip())))
        start += len(part) + 1
    return name.strip(), tuple(dims)


def _size(part: str, source: Source, start: int) -> str | int:
    if part.isdecimal() and 0 < int(part) <= LARGEST:
        return int(part)
    if part.isidentifier() and not iskeyword(part):
        return part
    raise DiffcliError(
        "bad-binding",
        f"'{part}' is not the size of an axis",
        span=(start, start + max(len(part), 1)),
        source=source,
        hint="write a letter or a number, as in x:(n,) or A:(m, 3)",
    )


class Drawn(NamedTuple):
    """An expression as a graph at certain sizes."""

    trace: Trace
    sizes: dict[str, int]

    @property
    def variables(self) -> dict[str, Node]:
        """The inputs that have no value or a real one."""
        t = self.trace
        return {n: t.inputs[n] for n in t.used if t.inputs[n].op is INPUT}


class Symbols:
    """The variables of an expression: declared shapes, bound values, and scalars for the rest."""

    def __init__(
        self, source: Source, shapes: Mapping[str, Dims], values: Mapping[str, Array]
    ) -> None:
        self.source = source
        self.values = dict(values)
        self.shapes: dict[str, Dims] = {**shapes}
        self.letters = [d for dims in shapes.values() for d in dims if isinstance(d, str)]
        self.letters = list(dict.fromkeys(self.letters))
        for name in self.letters:
            if name in shapes or name in values:
                raise DiffcliError(
                    "bad-binding",
                    f"'{name}' is both a variable and the size of an axis",
                    hint="use another letter for the size",
                )
        tree = parse_expression(source)
        self.tree = tree
        self.names = free_names(tree)
        known = {*self.values, *self.letters, *shapes}
        self.scalars = [name for name in self.names if name not in known]
        self.shapes |= dict.fromkeys(self.scalars, ())
        self.numbers = _integers(tree)
        indices = (_integers(node) for node in _nodes(tree) if isinstance(node, ast.Subscript))
        self.last = max((n for found in indices for n in found), default=0)

    def primes(self) -> dict[str, int]:
        """Sizes that no number of the expression can be mistaken for, beyond all its indices."""
        taken = {d for dims in self.shapes.values() for d in dims if isinstance(d, int)}
        free = [n for n in PRIMES if n > self.last and n not in taken and not self._named(n)]
        if len(self.letters) > len(free):
            raise DiffcliError(
                "limit",
                f"shapes have at most {len(free)} letters beside the numbers of this expression",
                hint="write the sizes as numbers, as in x:(5,)",
            )
        return dict(zip(self.letters, free, strict=False))

    def _named(self, size: int) -> bool:
        """Whether a number of the expression would be written as the letter of a size."""
        sizes = Sizes({"n": size})
        return any(sizes.piece(number) is not None for number in self.numbers)

    def small(self, turn: int) -> dict[str, int]:
        """Small sizes that are all different and beyond all indices, other ones each turn."""
        count = len(self.letters)
        low = max(3, self.last + 1) + turn // 2
        order = range(low, low + count) if turn % 2 == 0 else range(low + count, low, -1)
        return dict(zip(self.letters, order, strict=False))

    def draw(
        self,
        sizes: Mapping[str, int],
        source: Source | None = None,
        more: Mapping[str, Dims] | None = None,
    ) -> Drawn:
        """The graph of the expression, or of another one with `more` variables, at some sizes."""
        shapes = {**self.shapes, **(more or {})}
        unknown = [
            INPUT.make(name, self.concrete(dims, sizes), FLOAT)
            for name, dims in shapes.items()
            if name not in self.values
        ]
        unknown += [CONSTANT.make(n, name) for name, n in sizes.items()]
        try:
            t = trace(source or self.source, self.values, FLOAT, "numpy", unknown)
        except DiffcliError as error:
            if source is None:
                self._explain(error)
            raise in_letters(error, sizes) from None
        return Drawn(t, {**sizes})

    def _explain(self, error: DiffcliError) -> None:
        """Say which variable is a number because it has no shape, where one was needed."""
        below = (node for node in _nodes(self.tree) if error.span in _spans(node))
        found = next((n for node in below for n in free_names(node) if n in self.scalars), None)
        if found is None:
            return
        if error.code in ("shape", "index"):
            error.hint = f"'{found}' has no shape, so it is a number: write '{found}:(m,n)'"
        elif error.code == "data-dependent":
            error.hint = f"'{found}' is the size of no axis: declare one, as in 'x:({found},)'"

    def concrete(self, dims: Dims, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """A shape in numbers."""
        return tuple(sizes[d] if isinstance(d, str) else d for d in dims)

    def where(self, letter: str) -> str:
        """The axis that a letter is the size of: `X.shape[0]`."""
        for name, dims in self.shapes.items():
            if letter in dims:
                return f"{name}.shape[{dims.index(letter)}]"
        raise KeyError(letter)


def in_letters(error: DiffcliError, sizes: Mapping[str, int]) -> DiffcliError:
    """An error with letters in place of the numbers that stand for them."""

    def written(match: re.Match[str]) -> str:
        number = int(match[0])
        known = any(number % n == 0 for n in sizes.values())
        return Sizes(sizes).text(number) if known else match[0]

    before = error.message
    error.message = re.sub(r"\b\d+\b", written, before)
    error.hint = re.sub(r"\b\d+\b", written, error.hint) if error.hint else None
    if error.code == "too-large" and error.message != before:
        error.hint = "give numbers as sizes, as in x:(3,)"
    return error


def dims(shape: tuple[int, ...], sizes: Sizes) -> Dims:
    """A shape in letters."""
    return sizes.shape(shape)


def shape_text(shape: Dims) -> str:
    """A shape as it is declared: `(n,)`."""
    inner = ", ".join(map(str, shape))
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def free_names(tree: ast.Node) -> list[str]:
    """Names that an expression uses and does not assign, functions and constants left out."""
    assigned: set[str] = set()
    found: dict[str, None] = {}
    pending: list[ast.Node] = [tree]
    while pending:
        node = pending.pop()
        below = list(ast.children(node))
        if isinstance(node, ast.Name) and not _known(node.id):
            found[node.id] = None
        if isinstance(node, ast.Call | ast.Attribute):
            head = node.function if isinstance(node, ast.Call) else node.value
            library = isinstance(node, ast.Call) or (
                isinstance(head, ast.Name) and head.id in names.LIBRARIES
            )
            if isinstance(head, ast.Name) and library:
                below = [x for x in below if x is not head]
        if isinstance(node, ast.Assign):
            assigned.add(node.name)
        pending += reversed(below)
    return [name for name in found if name not in assigned]


def _known(name: str) -> bool:
    known = names.constant(name) is not None or name in names.NUMBER_TYPES
    return known or name == "newaxis"


def _spans(node: ast.Node) -> tuple[Span, ...]:
    """The places at which errors of a node are shown."""
    return (node.span, node.op_span) if isinstance(node, ast.Binary) else (node.span,)


def _nodes(tree: ast.Node) -> Iterator[ast.Node]:
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += ast.children(node)


def _integers(tree: ast.Node) -> set[int]:
    """The integers that an expression has."""
    literals = (node.value for node in _nodes(tree) if isinstance(node, ast.Literal))
    return {n for n in literals if isinstance(n, int) and not isinstance(n, bool)}
