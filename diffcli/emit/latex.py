"""The graph as LaTeX, in the notation of textbooks: for the inside of a maths environment.

Products of matrices and of numbers are juxtaposed, elementwise products of arrays get a dot in a
circle, powers of arrays are elementwise. Only commands of amsmath and amssymb are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcli.emit.pieces import (
    ATOM,
    COMPARE,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Piece,
    within,
    written,
)
from diffcli.emit.sizes import NO_SIZES, Sizes
from diffcli.emit.symbols import NAMED, bare, symbol
from diffcli.graph.node import Node
from diffcli.ops.op import CONSTANT, INPUT

PARENTHESES = (r"\left(", r"\right)")

INFIX = {
    "add": ("+", SUM),
    "subtract": ("-", SUM),
    "mod": (r"\bmod", PRODUCT),
    "less": ("<", COMPARE),
    "less_equal": (r"\le", COMPARE),
    "greater": (">", COMPARE),
    "greater_equal": (r"\ge", COMPARE),
    "equal": ("=", COMPARE),
    "not_equal": (r"\ne", COMPARE),
    "logical_and": (r"\land", COMPARE - 1),
    "logical_or": (r"\lor", COMPARE - 1),
}

FUNCTIONS = {
    **{n: rf"\{n}" for n in "sin cos tan sinh cosh tanh exp log det max min arg".split()},
    "arcsin": r"\arcsin",
    "arccos": r"\arccos",
    "arctan": r"\arctan",
    "sigmoid": r"\sigma",
    "gamma": r"\Gamma",
    "digamma": r"\psi",
    "riemann_zeta": r"\zeta",
    "sign": r"\operatorname{sgn}",
    "log10": r"\log_{10}",
    "log2": r"\log_{2}",
    "real": r"\operatorname{Re}",
    "imag": r"\operatorname{Im}",
    "trace": r"\operatorname{tr}",
    "diagonal": r"\operatorname{diag}",
    "prod": r"\prod",
}

FORMS = {
    "sqrt": (r"\sqrt{{{0}}}", ATOM),
    "cbrt": (r"\sqrt[3]{{{0}}}", ATOM),
    "abs": (r"\left|{0}\right|", ATOM),
    "floor": (r"\lfloor {0}\rfloor", ATOM),
    "ceil": (r"\lceil {0}\rceil", ATOM),
    "euclid": (r"\left\lVert {0}\right\rVert", ATOM),
    "exp": (r"e^{{{0}}}", POWER),
    "exp2": (r"2^{{{0}}}", POWER),
    "broadcast_to": ("{0}", SUM),
    "astype": ("{0}", SUM),
}
"""Operators whose operand needs no brackets, with its place in the text."""

SUFFIXES = {
    "inv": "^{-1}",
    "pinv": "^{+}",
    "square": "^{2}",
    "conj": "^{*}",
}


def latex(
    node: Node,
    names: Mapping[int, str] | None = None,
    limit: int = 100_000,
    sizes: Sizes = NO_SIZES,
) -> str | None:
    """The LaTeX of a graph; None where it is longer than `limit`.

    `names` has the names of nodes (by id) that are written as variables, such as v1; `sizes` those
    of numbers.
    """
    shown = {key: symbol(name) for key, name in (names or {}).items()}

    def piece(name: str, node: Node, inputs: list[Piece]) -> Piece | None:
        if name in SIZED:
            return SIZED[name](node, inputs, sizes)
        value = node.params.get("value") if node.op is CONSTANT and node.weak else None
        named = sizes.piece(abs(value)) if isinstance(value, int | float) else None
        if value is None or named is None:
            return _piece(name, node, inputs)
        factors = r" \, ".join(re.sub(r"\w+", lambda m: symbol(m[0]), named[0]).split("*"))
        return (
            (factors, named[1]) if value > 0 else ("-" + _within((factors, named[1]), SIGN), SIGN)
        )

    return written(node, piece, limit, shown)


def _within(piece: Piece, level: int) -> str:
    return within(piece, level, PARENTHESES)


def _piece(name: str, node: Node, inputs: list[Piece]) -> Piece | None:
    if node.op is INPUT:
        return symbol(node.params["name"]), ATOM
    if node.op is CONSTANT:
        return _constant(node)
    if name in INFIX:
        sign, level = INFIX[name]
        return f"{_within(inputs[0], level)} {sign} {_within(inputs[1], level + 1)}", level
    if name in SUFFIXES:
        return _within(inputs[0], ATOM) + SUFFIXES[name], POWER
    if name in FORMS and len(inputs) == 1:
        form, level = FORMS[name]
        return form.format(inputs[0][0]), min(level, inputs[0][1]) if level == SUM else level
    if name in SPECIAL:
        return SPECIAL[name](node, inputs)
    function = FUNCTIONS.get(name) or rf"\operatorname{{{bare(name)}}}"
    return _call(function, inputs)


def _call(function: str, inputs: list[Piece]) -> Piece:
    arguments = ", ".join(p[0] for p in inputs)
    return rf"{function}\left({arguments}\right)", ATOM


def _constant(node: Node) -> Piece | None:
    if "name" in node.params:
        return _named(node.params["name"]), ATOM
    value = node.params["value"]
    if not node.weak and value.shape:
        return _array(value) if value.size <= 64 and value.ndim <= 2 else None
    return number(value if node.weak else value.item())


def _named(name: str) -> str:
    """A constant's name, or the call that makes it."""
    function, call, _ = name.partition("(")
    made = {"eye": "I", "zeros": "0", "ones": r"\mathbf{1}"}
    if not call:
        return NAMED.get(name, symbol(name))
    return made.get(function, rf"\operatorname{{{bare(name)}}}")


def number(value: complex) -> Piece:
    """A number; exponents as powers of ten."""
    if isinstance(value, complex):
        if not value.real:
            return f"{number(value.imag)[0]}i", PRODUCT
        sign = "-" if value.imag < 0 else "+"
        return f"{number(value.real)[0]} {sign} {number(abs(value.imag))[0]}i", SUM
    if not isinstance(value, float):
        shown = str(value)
    elif not np.isfinite(value):
        shown = {"inf": r"\infty", "-inf": r"-\infty"}.get(str(value), r"\mathrm{nan}")
    else:
        shown = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    mantissa, _, exponent = shown.partition("e")
    if exponent and not isinstance(value, bool):
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT
    return shown, SIGN if shown.startswith("-") else ATOM


def _array(value: np.ndarray[Any, Any]) -> Piece:
    rows = value.reshape(-1, 1) if value.ndim == 1 else value
    lines = [" & ".join(number(x.item())[0] for x in row) for row in rows]
    body = r" \\ ".join(lines)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}", ATOM


# ----- notations that depend on more than the operator --------------------------------------------


def _multiply(node: Node, inputs: list[Piece]) -> Piece:
    a, b = inputs
    left, right = _within(a, PRODUCT), _within(b, SIGN + 1)
    if all(x.shape for x in node.inputs):
        return rf"{left} \odot {right}", PRODUCT
    return _juxtaposed(left, right), PRODUCT


def _matmul(node: Node, inputs: list[Piece]) -> Piece:
    a, b = inputs
    left, right = _within(a, PRODUCT), _within(b, SIGN + 1)
    product = node.inputs[0] if node.op.name == "reshape" else node
    row = product.inputs[0]
    if node is not product and row.shape[-2] == 1 and not _is_row_product(row):
        left = _within(a, ATOM) + r"^{\top}"
    return _juxtaposed(left, right), PRODUCT


def _is_row_product(row: Node) -> bool:
    """Whether a row is written as one already: as a product that begins with a row."""
    while row.op.name == "reshape":
        row = row.inputs[0]
    return row.op.name == "matmul" and row.inputs[0].shape[-2] == 1


def _juxtaposed(left: str, right: str) -> str:
    """Factors side by side; a dot where two numbers would run together."""
    dot = right[:1].isdigit()
    return rf"{left} \cdot {right}" if dot else rf"{left} \, {right}"


def _power(node: Node, inputs: list[Piece]) -> Piece:
    base = _within(inputs[0], ATOM)
    return f"{base}^{{{inputs[1][0]}}}", POWER


def _transpose(node: Node, inputs: list[Piece]) -> Piece | None:
    axes = node.params["axes"]
    if axes != tuple(range(len(axes)))[::-1]:
        return _call(rf"\operatorname{{transpose}}_{{{', '.join(map(str, axes))}}}", inputs)
    inner = node.inputs[0]
    if inner.op.name == "inv":
        return inputs[0][0].removesuffix("^{-1}") + r"^{-\top}", POWER
    return _within(inputs[0], ATOM) + r"^{\top}", POWER


def _where(node: Node, inputs: list[Piece]) -> Piece:
    c, a, b = (p[0] for p in inputs)
    body = rf"{a} & \text{{if }} {c} \\ {b} & \text{{otherwise}}"
    return rf"\begin{{cases}} {body} \end{{cases}}", ATOM


def _sum(node: Node, inputs: list[Piece]) -> Piece:
    axis = node.params["axis"]
    index = "" if len(axis) == node.inputs[0].ndim else f"_{{{', '.join(map(str, axis))}}}"
    return rf"\textstyle\sum{index} {_within(inputs[0], SIGN + 1)}", PRODUCT


def _reduction(node: Node, inputs: list[Piece]) -> Piece:
    function = FUNCTIONS.get(node.op.name) or rf"\operatorname{{{bare(node.op.name)}}}"
    axis = node.params.get("axis")
    if isinstance(axis, tuple) and len(axis) < node.inputs[0].ndim:
        function += f"_{{{', '.join(map(str, axis))}}}"
    return _call(function, inputs)


def _window(node: Node, sizes: Sizes) -> str:
    """The places of a window, axis by axis."""
    shown = []
    for item in node.params["window"]:
        if isinstance(item, slice):
            ends = ["" if end is None else sizes.text(end) for end in (item.start, item.stop)]
            ends += [] if item.step in (None, 1) else [str(item.step)]
            shown.append(":".join(ends))
        else:
            shown.append(sizes.text(item) if isinstance(item, int) else str(item))
    return ", ".join(shown)


def _indexed(node: Node, inputs: list[Piece], sizes: Sizes) -> Piece:
    return f"{_within(inputs[0], ATOM)}_{{{_window(node, sizes)}}}", POWER


def _unwindow(node: Node, inputs: list[Piece], sizes: Sizes) -> Piece:
    return _call(rf"\operatorname{{unwindow}}_{{{_window(node, sizes)}}}", inputs)


def _reshape(node: Node, inputs: list[Piece], sizes: Sizes) -> Piece:
    if [n for n in node.shape if n != 1] == [n for n in node.inputs[0].shape if n != 1]:
        return inputs[0]
    shape = ", ".join(map(sizes.text, node.shape))
    return _call(r"\operatorname{reshape}", [inputs[0], (f"({shape})", ATOM)])


SIZED = {"window": _indexed, "unwindow": _unwindow, "reshape": _reshape}
"""Operators with sizes and places among their parameters."""


def _diagonal_matrix(node: Node, inputs: list[Piece]) -> Piece:
    x = node.inputs[0]
    if x.op.name == "broadcast_to" and inputs[0][0] == "1":
        return "I", ATOM
    return _call(r"\operatorname{diag}", inputs)


def _outer(node: Node, inputs: list[Piece]) -> Piece:
    left, right = _within(inputs[0], PRODUCT), _within(inputs[1], ATOM)
    return _juxtaposed(left, right) + r"^{\top}", PRODUCT


SPECIAL: dict[str, Callable[[Node, list[Piece]], Piece | None]] = {
    "negative": lambda node, inputs: ("-" + _within(inputs[0], SIGN), SIGN),
    "multiply": _multiply,
    "divide": lambda node, inputs: (rf"\frac{{{inputs[0][0]}}}{{{inputs[1][0]}}}", PRODUCT),
    "divide_no_nan": lambda node, inputs: SPECIAL["divide"](node, inputs),
    "floor_divide": lambda node, inputs: (
        rf"\left\lfloor\frac{{{inputs[0][0]}}}{{{inputs[1][0]}}}\right\rfloor",
        ATOM,
    ),
    "matmul": _matmul,
    "power": _power,
    "reciprocal": lambda node, inputs: (rf"\frac{{1}}{{{inputs[0][0]}}}", PRODUCT),
    "unit_gap": lambda node, inputs: (f"1 - {_within(inputs[0], ATOM)}^{{2}}", SUM),
    "sech": lambda node, inputs: _call(r"\operatorname{sech}", inputs),
    "transpose": _transpose,
    "logical_not": lambda node, inputs: (r"\lnot " + _within(inputs[0], SIGN), SIGN),
    "where": _where,
    "sum": _sum,
    "diag": _diagonal_matrix,
    "outer": _outer,
    **dict.fromkeys(("max", "min", "prod", "logsumexp", "softmax"), _reduction),
}
