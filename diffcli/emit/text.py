"""The graph as text of the language, which parses back to the same graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcli.emit.pieces import (
    ATOM,
    BIT_AND,
    BIT_OR,
    COMPARE,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Piece,
    composite,
    within,
    written,
)
from diffcli.emit.sizes import NO_SIZES, Sizes
from diffcli.graph.node import Node
from diffcli.graph.shapes import reduced
from diffcli.ops.op import CONSTANT, INPUT

INFIX = {
    "add": ("+", SUM),
    "subtract": ("-", SUM),
    "multiply": ("*", PRODUCT),
    "divide": ("/", PRODUCT),
    "floor_divide": ("//", PRODUCT),
    "mod": ("%", PRODUCT),
    "matmul": ("@", PRODUCT),
    "less": ("<", COMPARE),
    "less_equal": ("<=", COMPARE),
    "greater": (">", COMPARE),
    "greater_equal": (">=", COMPARE),
    "equal": ("==", COMPARE),
    "not_equal": ("!=", COMPARE),
    "logical_and": ("&", BIT_AND),
    "logical_or": ("|", BIT_OR),
}


def text(
    root: Node,
    limit: int = 10_000,
    digits: int | None = None,
    names: Mapping[int, str] | None = None,
    sizes: Sizes = NO_SIZES,
) -> str | None:
    """The expression of `root`; None when it is longer than `limit` or holds a large array.

    Numbers are written so that they read back exactly, or with `digits` significant digits.
    `names` has the names of nodes (by id) that are written as variables, `sizes` those of numbers.
    """
    return written(root, Writer(digits, sizes).piece, limit, names)


class Writer:
    """Writes nodes as calls and operators of Python."""

    def __init__(self, digits: int | None = None, sizes: Sizes = NO_SIZES) -> None:
        self.digits = digits
        self.sizes = sizes

    def piece(self, name: str, node: Node, inputs: list[Piece]) -> Piece | None:
        """The piece of a node, called `name`, from those of its operands."""
        if node.op is INPUT:
            return node.params["name"], ATOM
        if node.op is CONSTANT:
            return self.constant(node)
        if name == "multiply" and _is_product(node.inputs[0]):
            return _infix(name, (f"({inputs[0][0]})", ATOM), inputs[1])
        if name in INFIX and not _of_numbers(name, node):
            return _infix(name, *inputs)
        special = SPECIAL.get(name)
        if special is not None:
            return special(self, node, inputs)
        arguments = [p[0] for p in inputs]
        if name == node.op.name:
            given = {k: v for k, v in node.params.items() if v is not None}
            arguments += [f"{k}={self.param(v)}" for k, v in given.items()]
        return f"{name}({', '.join(arguments)})", ATOM

    def constant(self, node: Node) -> Piece | None:
        """A number, a small array, or one that has a name."""
        if "name" in node.params:
            name = node.params["name"]
            return re.sub(r"\d+", lambda m: self.sizes.text(int(m[0])), name), ATOM
        value = node.params["value"]
        if node.weak:
            return self.number(value)
        if value.size > 12:
            return None
        if value.shape == ():
            return self._scalar(value)
        return _array(value), ATOM

    def _scalar(self, value: np.ndarray[Any, Any]) -> Piece:
        """A number with a type of its own; Python numbers stand for the default types."""
        if value.dtype in (np.float64, np.int64, np.bool_):
            return self.number(value.item())
        return f"array({value.item()!r}, dtype={value.dtype})", ATOM

    def number(self, value: Any) -> Piece:
        """A Python number."""
        if isinstance(value, bool):
            return str(value), ATOM
        if isinstance(value, complex):
            return f"({value.real!r} + {value.imag!r}j)" if value.real else f"{value.imag!r}j", ATOM
        named = self.sizes.piece(abs(value)) if abs(value) < 2**53 else None
        if named is not None:
            return named if value > 0 else ("-" + within(named, SIGN), SIGN)
        if isinstance(value, float) and value == int(value if abs(value) < 1e15 else 0.5):
            short = self.digits is not None or self.sizes is not NO_SIZES
            shown = str(int(value)) if short else repr(value)
        elif isinstance(value, float) and self.digits is not None:
            shown = f"{value:.{self.digits}g}"
        else:
            shown = repr(value)
        return shown, SIGN if shown.startswith("-") else ATOM

    def param(self, value: Any) -> str:
        """A static argument."""
        if isinstance(value, np.dtype):
            return str(value)
        if isinstance(value, slice):
            return f"slice({self.param(value.start)}, {self.param(value.stop)}, {value.step})"
        if isinstance(value, tuple):
            inner = ", ".join(map(self.param, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, int) and not isinstance(value, bool):
            return self.sizes.text(value)
        return repr(value)


def _is_product(node: Node) -> bool:
    """Whether a node is written with @, so that x @ y*z would be read as x @ (y*z)."""
    name, _ = composite(node) or (node.op.name, ())
    return name == "matmul"


def _of_numbers(name: str, node: Node) -> bool:
    """Whether an operator of truth values has numbers as operands, whose bits `&` combines."""
    return name.startswith("logical") and any(x.dtype.kind != "b" for x in node.inputs)


def _infix(name: str, left: Piece, right: Piece) -> Piece:
    symbol, level = INFIX[name]
    # comparisons chain and the others associate to the left: the right side needs more
    strict = level + 1 if level == COMPARE else level
    a, b = within(left, strict), within(right, level + 1)
    space = " " if level <= SUM or symbol == "@" else ""
    return f"{a}{space}{symbol}{space}{b}", level


def _array(value: np.ndarray[Any, Any]) -> str:
    listed = str(value.tolist())
    if value.dtype in (np.float64, np.int64, np.bool_):
        return f"array({listed})"
    return f"array({listed}, dtype={value.dtype})"


# ----- forms that read better than a call with all parameters -------------------------------------

Form = Callable[[Writer, Node, list[Piece]], Piece]


def _power(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    # ** binds tighter than a sign on its left, not on its right
    return f"{within(inputs[0], ATOM)}**{within(inputs[1], SIGN)}", POWER


def _index_text(w: Writer, item: Any) -> str:
    if isinstance(item, slice):
        shown = "" if item.start is None else w.param(item.start)
        shown += ":" + ("" if item.stop is None else w.param(item.stop))
        return shown if item.step in (None, 1) else f"{shown}:{item.step}"
    return w.param(item) if isinstance(item, int) else str(item)


def _negative(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    inner, level = inputs[0]
    if node.inputs[0].op.name in ("multiply", "divide") and not inner[:1].isdigit():
        # (-a)*b is -(a*b)
        return ("-" + inner, PRODUCT) if level == PRODUCT else ("-" + within(inputs[0], SIGN), SIGN)
    return "-" + within(inputs[0], SIGN), SIGN


def _window(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    items = [_index_text(w, i) for i in node.params["window"]]
    while len(items) > 1 and items[-1] == ":":
        items.pop()
    return f"{within(inputs[0], ATOM)}[{', '.join(items)}]", ATOM


def _gather(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    items = ", ".join(p[0] for p in inputs[1:])
    return f"{within(inputs[0], ATOM)}[{items}]", ATOM


def _reduction(w: Writer, node: Node, inputs: list[Piece], name: str = "") -> Piece:
    x, axis = node.inputs[0], node.params["axis"]
    arguments = [inputs[0][0]]
    if axis != tuple(range(x.ndim)) or (not axis and x.ndim):
        arguments.append(f"axis={axis[0] if len(axis) == 1 else w.param(axis)}")
    if node.params["keepdims"]:
        arguments.append("keepdims=True")
    return f"{name or node.op.name}({', '.join(arguments)})", ATOM


def _norm(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    return _reduction(w, node, inputs, "norm")


def _power_norm(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    # norm over two axes is that of matrices
    name = "norm" if len(node.params["axis"]) == 1 else "vector_norm"
    return _reduction(w, node, [(f"{inputs[0][0]}, {w.param(node.params['ord'])}", ATOM)], name)


def _scan(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    axis = "" if node.ndim == 1 else f", axis={node.params['axis']}"
    return f"{node.op.name}({inputs[0][0]}{axis})", ATOM


def _reshape(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    """A shape, or a reduction whose axes are kept."""
    x, (shown, _) = node.inputs[0], inputs[0]
    call = x.op.name in REDUCTIONS and shown.startswith(f"{x.op.name}(")
    if call and w.sizes.values and not x.params["keepdims"] and node.shape == _kept(x):
        return f"{shown[:-1]}, keepdims=True)", ATOM
    return f"reshape({shown}, {w.param(node.params['shape'])})", ATOM


def _kept(reduction: Node) -> tuple[int, ...]:
    """The shape of a reduction whose axes are kept."""
    return reduced(reduction.inputs[0].shape, reduction.params["axis"], True)


def _softmax(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    axis = node.params["axis"]
    if axis == (0,) and node.ndim == 1:
        return f"softmax({inputs[0][0]})", ATOM
    return f"softmax({inputs[0][0]}, axis={axis[0] if len(axis) == 1 else w.param(axis)})", ATOM


def _transpose(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    axes = node.params["axes"]
    if axes == tuple(range(len(axes)))[::-1]:
        return f"{within(inputs[0], ATOM)}.T", ATOM
    return f"transpose({inputs[0][0]}, {w.param(axes)})", ATOM


def _positional(*names: str) -> Form:
    def form(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
        arguments = [p[0] for p in inputs] + [w.param(node.params[n]) for n in names]
        return f"{node.op.name}({', '.join(arguments)})", ATOM

    return form


def _broadcast(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    x, shape = node.inputs[0], w.param(node.params["shape"])
    filled = {"1": "ones", "1.0": "ones", "0": "zeros", "0.0": "zeros"}.get(inputs[0][0])
    if filled and x.op is CONSTANT and x.dtype == np.float64:
        return f"{filled}({shape})", ATOM
    if x.shape == () and w.sizes.values:
        return f"full({shape}, {inputs[0][0]})", ATOM
    return f"broadcast_to({inputs[0][0]}, {shape})", ATOM


def _pad(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    widths = node.params["widths"]
    return f"pad({inputs[0][0]}, {w.param(widths[0] if len(widths) == 1 else widths)})", ATOM


def _list_first(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    listed = ", ".join(p[0] for p in inputs)
    axis = node.params["axis"]
    return f"concatenate([{listed}]{f', axis={axis}' if axis else ''})", ATOM


def _spec_first(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    return f"einsum({node.params['spec']!r}, {', '.join(p[0] for p in inputs)})", ATOM


def _diagonal(w: Writer, node: Node, inputs: list[Piece]) -> Piece:
    offset = node.params["offset"]
    if node.inputs[0].ndim == 2:
        return f"diagonal({inputs[0][0]}{f', {offset}' if offset else ''})", ATOM
    return f"diagonal({inputs[0][0]}, {offset}, -2, -1)", ATOM


REDUCTIONS = ("sum", "prod", "max", "min", "logsumexp", "any", "all")

SPECIAL: dict[str, Form] = {
    "negative": _negative,
    "power": _power,
    "window": _window,
    "gather_at": _gather,
    "transpose": _transpose,
    "reshape": _reshape,
    "broadcast_to": _broadcast,
    "astype": _positional("dtype"),
    "zero_pad": _pad,
    "concatenate": _list_first,
    "unit_gap": lambda w, node, inputs: (
        f"(1 - {within(inputs[0], PRODUCT)})*(1 + {within(inputs[0], PRODUCT)})",
        PRODUCT,
    ),
    "einsum": _spec_first,
    "polygamma": lambda w, node, inputs: (f"polygamma({node.params['n']}, {inputs[0][0]})", ATOM),
    "diagonal": _diagonal,
    "cumsum": _scan,
    "cumprod": _scan,
    "euclid": _norm,
    "power_norm": _power_norm,
    "softmax": _softmax,
    "project": lambda w, node, inputs: (f"{inputs[0][0]}[{node.params['index']}]", ATOM),
    **dict.fromkeys(REDUCTIONS, _reduction),
}
