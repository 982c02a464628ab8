"""The graph as a C function: loops over elements, and a few algorithms for matrices.

Elements are written as expressions; arrays are stored where an element is needed more than once.
All storage is one block of memory, which is made at the beginning and freed at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from diffcli.emit.c_functions import DEFINITIONS, ELEMENTS
from diffcli.emit.c_statements import STATEMENTS
from diffcli.emit.code import Function
from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, postorder
from diffcli.ops.op import CONSTANT, INPUT

Index = list[str]


def c(function: Function) -> str:
    """A C function `f`: sizes, arrays (scalars by value), and pointers to the results.

    It returns 0, or 1 where there is not enough memory. Raises `unknown-function` for what it
    cannot compute.
    """
    return CWriter(function).file()


class CWriter:
    """Writes one function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.sizes = function.sizes
        roots = list(function.results.values())
        self.order = postorder(roots)
        self.uses: dict[int, int] = {}
        for x in [*roots, *(x for node in self.order for x in node.inputs)]:
            self.uses[id(x)] = self.uses.get(id(x), 0) + 1
        # what algorithms read more than once
        self.read = {
            id(x) for node in self.order if node.op.name in STATEMENTS for x in node.inputs
        }
        self.names: dict[int, str] = {}
        named = [*function.inputs, *function.places]
        self.letter = "i_" if any(re.fullmatch(r"i\d+", name) for name in named) else "i"
        self.block: list[tuple[str, str]] = []  # arrays in the block of memory, with their sizes
        self.lines: list[str] = []

    # ----- the file -------------------------------------------------------------------------------

    def file(self) -> str:
        """The whole text."""
        f = self.function
        for name, node in f.inputs.items():
            self.names[id(node)] = name
        for node in self.order:
            if id(node) not in self.names and self._stored(node):
                self._store(node)
        for name, node in f.results.items():
            self.fill(node, partial(self.element, node), f"*{name}", name)
        body = "\n".join(f"    {line}" for line in [*self._begin(), *self.lines, *self._end()])
        helpers = [code for name, code in DEFINITIONS.items() if re.search(rf"\b{name}\(", body)]
        about = " ".join(f.about.split()).replace("*/", "* /")
        head = [f"/* {about} */", "#include <math.h>", "#include <stdlib.h>", "#include <string.h>"]
        made = f"int f({self._arguments()})\n{{\n{body}\n}}"
        return "\n\n".join(["\n".join(head), *helpers, made]) + "\n"

    def _arguments(self) -> str:
        f = self.function
        sizes = [f"long {name}" for name in f.places]
        arrays = [
            f"double {name}" if node.shape == () else f"const double *{name}"
            for name, node in f.inputs.items()
        ]
        return ", ".join([*sizes, *arrays, *(f"double *{name}" for name in f.results)])

    def _begin(self) -> list[str]:
        if not self.block:
            return []
        total = " + ".join(size for _, size in self.block)
        lines = [
            f"double *block = malloc(sizeof(double)*(size_t)({total}));",
            "if (block == NULL)",
            "    return 1;",
        ]
        before = "block"
        for name, size in self.block:
            lines.append(f"double *{name} = {before};")
            before = f"{name} + {size}"
        return lines

    def _end(self) -> list[str]:
        return [*(["free(block);"] if self.block else []), "return 0;"]

    # ----- storage --------------------------------------------------------------------------------

    def _stored(self, node: Node) -> bool:
        """Whether a node is computed once and kept."""
        if node.op in (INPUT, CONSTANT) or node.dtype.kind not in "fbi":
            return False
        if node.op.name in VIEWS:
            return node.op.name == "reshape" and not _same_but_ones(node)
        if node.op.name in STATEMENTS:
            return True
        return self.uses[id(node)] > 1 or id(node) in self.read

    def _store(self, node: Node) -> None:
        name = f"v{len(self.names)}"
        while name in {*self.function.inputs, *self.function.results, *self.function.places}:
            name += "_"
        statement = STATEMENTS.get(node.op.name)
        if node.shape == ():
            self.lines.append(f"double {name};")
        else:
            self.block.append((name, self._count(node)))
        if statement is not None:
            statement(self, node, name)
        else:
            self.fill(node, partial(self._computed, node), name, name)
        self.names[id(node)] = name

    def scratch(self, count: str) -> str:
        """A further piece of the block."""
        name = f"work{len(self.block)}"
        self.block.append((name, count))
        return name

    def fill(self, node: Node, value: Callable[[Index], str], scalar: str, array: str) -> None:
        """Loops that store every element of a node."""
        index = self.loops(node.shape)
        target = scalar if node.shape == () else f"{array}[{self.flat(node.shape, index)}]"
        self.lines.append(f"{'    ' * depth(index)}{target} = {value(index)};")

    def loops(self, shape: Sequence[int], start: int = 0) -> Index:
        """Heads of nested loops; their variables."""
        index: Index = []
        for n in shape:
            index.append("0" if n == 1 else f"{self.letter}{start}")
            if n != 1:
                i, indent = index[-1], "    " * start
                self.lines.append(f"{indent}for (long {i} = 0; {i} < {self.size(n)}; {i}++)")
                start += 1
        return index

    # ----- elements -------------------------------------------------------------------------------

    def size(self, n: int) -> str:
        """A length."""
        shown = self.sizes.text(n)
        return shown if shown.isalnum() else f"({shown})"

    def _count(self, node: Node) -> str:
        return "*".join(self.size(n) for n in node.shape if n != 1) or "1"

    def flat(self, shape: Sequence[int], index: Index) -> str:
        """The place of an element in an array stored row by row."""
        text = "0"
        for n, i in zip(shape, index, strict=True):
            text = i if text == "0" else f"({text})*{self.size(n)} + {i}" if n != 1 else text
        return re.sub(r"\((\w+)\)\*", r"\1*", text)

    def element(self, node: Node, index: Index) -> str:
        """The element of a node at an index."""
        index = ["0" if n == 1 else i for n, i in zip(node.shape, index, strict=True)]
        name = self.names.get(id(node))
        if name is not None:
            return name if node.shape == () else f"{name}[{self.flat(node.shape, index)}]"
        if node.op is CONSTANT:
            return self._constant(node, index)
        return self._computed(node, index)

    def _computed(self, node: Node, index: Index) -> str:
        view = VIEWS.get(node.op.name)
        if view is not None:
            return view(self, node, index)
        squared = node.op.name == "power" and node.inputs[1].params.get("value") == 2
        form = ELEMENTS.get("square" if squared else node.op.name)
        if form is None:
            raise DiffcliError("unknown-function", f"'{node.op.name}' cannot be written for c")
        operands = [self.element(x, index[len(index) - x.ndim :]) for x in node.inputs]
        return form.format(*operands)

    def _constant(self, node: Node, index: Index) -> str:
        value = node.params["value"]
        if node.shape == ():
            number = value if node.weak else value.item()
            named = self.sizes.piece(abs(number))
            if named is not None:
                return f"{'-' if number < 0 else ''}(double)({named[0]})"
            if not np.isfinite(number):
                return "NAN" if np.isnan(number) else "INFINITY" if number > 0 else "(-INFINITY)"
            shown = repr(float(number))
            return f"({shown})" if number < 0 else shown
        n = node.shape[0]
        if node.ndim == 2 and node.shape == (n, n) and np.array_equal(value, np.eye(n)):
            return f"({index[0]} == {index[1]} ? 1.0 : 0.0)"
        if value.size <= 4096:
            name = f"data{len(self.lines)}"
            numbers = ", ".join(repr(float(x)) for x in value.ravel())
            self.lines.insert(0, f"static const double {name}[] = {{{numbers}}};")
            self.names[id(node)] = name
            return f"{name}[{self.flat(node.shape, index)}]"
        raise DiffcliError("limit", "an array of the expression is too large to be written")


def depth(index: Index) -> int:
    """How many loops an index is made by."""
    return sum(i != "0" for i in index)


def _same_but_ones(node: Node) -> bool:
    x = node.inputs[0]
    return [n for n in node.shape if n != 1] == [n for n in x.shape if n != 1]


# ----- where elements come from -------------------------------------------------------------------

View = Callable[[CWriter, Node, Index], str]


def _broadcast(w: CWriter, node: Node, index: Index) -> str:
    x = node.inputs[0]
    return w.element(x, index[len(index) - x.ndim :])


def _transposed(w: CWriter, node: Node, index: Index) -> str:
    axes = node.params["axes"]
    return w.element(node.inputs[0], [index[axes.index(k)] for k in range(len(axes))])


def _reshaped(w: CWriter, node: Node, index: Index) -> str:
    x = node.inputs[0]
    if _same_but_ones(node):
        left = [i for i, n in zip(index, node.shape, strict=True) if n != 1]
        return w.element(x, ["0" if n == 1 else left.pop(0) for n in x.shape])
    place, rest = [], w.flat(node.shape, index)
    for n in reversed(x.shape):
        place.append(f"({rest})%{w.size(n)}")
        rest = f"({rest})/{w.size(n)}"
    return w.element(x, place[::-1])


def _embedded(w: CWriter, node: Node, index: Index) -> str:
    if node.params["offset"] or node.shape[-1] != node.shape[-2]:
        raise DiffcliError("unknown-function", "'diag_embed' beside the diagonal is not for c")
    *lead, i, j = index
    return f"({i} == {j} ? {w.element(node.inputs[0], [*lead, i])} : 0.0)"


def _on_diagonal(w: CWriter, node: Node, index: Index) -> str:
    offset, last = node.params["offset"], index[-1]
    row = f"{last} + {-offset}" if offset < 0 else last
    column = f"{last} + {offset}" if offset > 0 else last
    return w.element(node.inputs[0], [*index[:-1], row, column])


def _window(w: CWriter, node: Node, index: Index) -> str:
    x, left, place = node.inputs[0], list(index), []
    for item, n in zip(_items(node), x.shape, strict=True):
        if isinstance(item, int):
            place.append(w.size(item % n))
        else:
            place.append(_stepped(w, item, left.pop(0)))
    return w.element(x, place)


def _stepped(w: CWriter, item: range, i: str) -> str:
    """The place that is the i-th of a range."""
    if item.start == 0 and item.step == 1:
        return i
    sign, step = "-" if item.step < 0 else "+", abs(item.step)
    return f"({w.size(item.start)} {sign} {i if step == 1 else f'{step}*{i}'})"


def _unwindow(w: CWriter, node: Node, index: Index) -> str:
    """The element where it is inside the window, else 0."""
    place, inside = [], []
    for item, n, i in zip(_items(node), node.shape, index, strict=True):
        if isinstance(item, int):
            inside.append(f"{i} == {w.size(item % n)}")
            continue
        start, stop = w.size(item.start), w.size(item.stop)
        if item != range(n):
            inside += [f"{i} >= {start}", f"{i} < {stop}"]
        place.append(i if not item.start else f"({i} - {start})")
    value = w.element(node.inputs[0], place)
    return f"({' && '.join(inside)} ? {value} : 0.0)" if inside else value


def _items(node: Node) -> list[int | range]:
    """The integers and ranges of a window."""
    shape = node.shape if node.op.name == "unwindow" else node.inputs[0].shape
    items: list[int | range] = []
    for item, n in zip(node.params["window"], shape, strict=False):
        items.append(item if isinstance(item, int) else range(*item.indices(n)))
    plain = node.op.name == "window" or all(isinstance(i, int) or i.step == 1 for i in items)
    if len(items) != len(shape) or not plain or None in node.params["window"]:
        raise DiffcliError("unknown-function", "this index cannot be written for c")
    return items


def _joined(w: CWriter, node: Node, index: Index) -> str:
    """The element of the first array that reaches as far along the axis."""
    axis, start, text = node.params["axis"], 0, ""
    i = index[axis]
    for x in node.inputs:
        place = i if not start else f"({i} - {w.size(start)})"
        start += x.shape[axis]
        last = start == node.shape[axis]
        value = w.element(x, [*index[:axis], place, *index[axis + 1 :]])
        text += value if last else f"{i} < {w.size(start)} ? {value} : "
    return f"({text})"


def _triangle(sign: str) -> View:
    """The element below or above a diagonal, else 0."""

    def view(w: CWriter, node: Node, index: Index) -> str:
        i, j = index[-2:]
        value = w.element(node.inputs[0], index)
        return f"({j} {sign} {i} + {node.params['k']} ? {value} : 0.0)"

    return view


VIEWS: dict[str, View] = {
    "concatenate": _joined,
    "tril": _triangle("<="),
    "triu": _triangle(">="),
    "window": _window,
    "unwindow": _unwindow,
    "broadcast_to": _broadcast,
    "transpose": _transposed,
    "reshape": _reshaped,
    "diag_embed": _embedded,
    "diagonal": _on_diagonal,
}
