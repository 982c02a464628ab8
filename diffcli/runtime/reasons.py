"""Why an operator has no finite result for its operands, in a few words."""

from __future__ import annotations

from cmath import isinf
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.emit.text import INFIX, text
from diffcli.graph.node import Node

EDGES: dict[str, tuple[float, ...]] = {
    "log": (0,),
    "log2": (0,),
    "log10": (0,),
    "log1p": (-1,),
    "sqrt": (0,),
    "arcsin": (-1, 1),
    "arccos": (-1, 1),
    "arccosh": (1,),
    "arctanh": (-1, 1),
    "logit": (0, 1),
    "ndtri": (0, 1),
    "erfinv": (-1, 1),
}
"""Where the domain of a function ends and its value or slope is infinite."""

DOMAINS: dict[str, tuple[Callable[..., bool], str]] = {
    "log": (lambda x: x < 0, "log of a negative number"),
    "log2": (lambda x: x < 0, "log2 of a negative number"),
    "log10": (lambda x: x < 0, "log10 of a negative number"),
    "log1p": (lambda x: x < -1, "log1p of a number below -1"),
    "sqrt": (lambda x: x < 0, "sqrt of a negative number"),
    "arcsin": (lambda x: abs(x) > 1, "arcsin of a number outside -1 ... 1"),
    "arccos": (lambda x: abs(x) > 1, "arccos of a number outside -1 ... 1"),
    "arccosh": (lambda x: x < 1, "arccosh of a number below 1"),
    "arctanh": (lambda x: abs(x) > 1, "arctanh of a number outside -1 ... 1"),
    "power": (lambda x, y: x < 0 and y % 1 != 0, "a fractional power of a negative number"),
}
"""Where real functions have no value, and how that is said."""

GROWING = frozenset(
    (
        *("add", "subtract", "negative", "multiply", "divide", "reciprocal", "square", "power"),
        *("exp", "exp2", "expm1", "sinh", "cosh", "hypot", "logaddexp", "euclid"),
        *("sum", "prod", "cumsum", "cumprod", "matmul", "einsum", "dot"),
    )
)
"""Operators whose infinities, where no other rule holds, are numbers that are too large."""

LONGEST = 40
"""Characters of a formula that a reason or a hint repeats."""

ARRAY_PRODUCTS = ("matmul", "einsum", "prod", "cumprod")


def number(value: Any) -> str:
    """A number of a reason, with 6 significant digits."""
    if isinstance(value, complex):
        return f"{value:.6g}"
    return f"{value:.6g}" if isinstance(value, float) and value else str(value or 0)


def reason(node: Node, operands: list[Any], made: str, index: tuple[int, ...] = ()) -> str:
    """Why `node` made a NaN or an infinity out of the operands, at an element."""
    name = node.op.name
    if name == "input":
        name = node.params["name"] or "a direction"
        return f"{name}{list(index) if index else ''} is bound to {made}"
    if name == "constant":
        what = "an array of the expression holds" if node.shape else "a number of the expression is"
        return f"{what} {made}"
    special = _SPECIAL.get(name)
    found = special(operands, made) if special else None
    if found is not None:
        return found
    if name in EDGES and operands[0] in EDGES[name]:
        return f"{_applied(name, operands)} is {made} (domain edge)"
    if outside(name, operands):
        return f"{DOMAINS[name][1]}, {number(operands[0])}"
    if made != "nan":
        return _applied(name, operands) + (" overflows" if name in GROWING else f" is {made}")
    if name in ARRAY_PRODUCTS and any(map(isinf, operands)):
        return "0*inf" if 0 in operands else "inf - inf"
    return f"{_applied(name, operands)} has no value"


def overflows(node: Node, operands: list[Any], made: str) -> bool:
    """Whether an infinity is a number that is too large for its type."""
    return made != "nan" and bool(operands) and reason(node, operands, made).endswith(" overflows")


def outside(name: str, operands: Sequence[Any]) -> bool:
    """Whether a function of real numbers has no real value at the operands."""
    if name not in DOMAINS or any(isinstance(x, complex) for x in operands):
        return False
    return DOMAINS[name][0](*operands)


def _applied(name: str, operands: list[Any]) -> str:
    """An operator written with its operands, as in 2/0 or exp(1000)."""
    shown = [number(x) for x in operands]
    if name in INFIX and len(shown) == 2:
        shown = [f"({x})" if x.startswith("-") and i else x for i, x in enumerate(shown)]
        return INFIX[name][0].join(shown)
    return f"{name}({', '.join(shown)})"


def slope_reason(node: Node, operands: list[Any], made: str, operand: int) -> str:
    """Why the derivative of an elementwise operator by an operand is not finite."""
    name = node.op.name
    at = ", ".join(map(number, operands))
    if name == "power" and node.inputs[0] is not node.inputs[1]:
        name, at = _power_of(node, operands, operand), number(operands[operand])
    if outside(node.op.name, operands):
        return reason(node, operands, made)
    edge = " (domain edge)" if node.op.name in EDGES and operands[0] in EDGES[node.op.name] else ""
    outcome = "infinite" if made != "nan" else "undefined"
    return f"the slope of {name} at {at} is {outcome}{edge}"


def _power_of(node: Node, operands: Sequence[Any], operand: int) -> str:
    """A power as it is written in one operand, and with the number that the other one is."""
    other = number(operands[1 - operand])
    held = {id(node.inputs[1 - operand]): other if other[0] != "-" else f"({other})"}
    shown = text(node, LONGEST, 6, held)
    return shown or (f"(...)**{other}" if operand == 0 else f"{other}**(...)")


def _divide(operands: list[Any], made: str) -> str | None:
    a, b = operands
    if made == "nan" and isinf(a) and isinf(b):
        return "inf/inf"
    if b == 0:
        return "0/0" if a == 0 else f"{number(a)}/0 is {made}"
    return None


def _multiply(operands: list[Any], made: str) -> str | None:
    return "0*inf" if made == "nan" and any(map(isinf, operands)) else None


def _sum(operands: list[Any], made: str) -> str | None:
    return "inf - inf" if made == "nan" and any(map(isinf, operands)) else None


def _power(operands: list[Any], made: str) -> str | None:
    a, b = operands
    if made != "nan" and a == 0:
        return f"0**{number(b)} is {made}"
    return None


def _mod(operands: list[Any], made: str) -> str | None:
    return "remainder of a division by 0" if operands[1] == 0 else None


def _gaps(operands: list[Any], made: str) -> str | None:
    return "two eigenvalues or singular values are equal"


_SPECIAL: dict[str, Callable[[list[Any], str], str | None]] = {
    "divide": _divide,
    "reciprocal": lambda operands, made: _divide([1, operands[0]], made),
    "multiply": _multiply,
    "add": _sum,
    "subtract": _sum,
    "sum": _sum,
    "cumsum": _sum,
    "power": _power,
    "mod": _mod,
    "fmod": _mod,
    "floor_divide": _divide,
    "inverse_gaps": _gaps,
}
