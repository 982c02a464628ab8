"""Values of an evaluation: what operators, attributes and methods do with numbers and arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.lower import names
from diffcli.lower.arguments import static
from diffcli.ops.table import NUMBERS, F, lift
from diffcli.syntax import ast

BINARY: dict[str, str] = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "mod",
    "@": "matmul",
    "**": "power",
}
COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "==": ("equal", operator.eq),
    "!=": ("not_equal", operator.ne),
    "<": ("less", operator.lt),
    "<=": ("less_equal", operator.le),
    ">": ("greater", operator.gt),
    ">=": ("greater_equal", operator.ge),
}


def is_number(x: Any) -> bool:
    """Whether x is a Python number."""
    return isinstance(x, NUMBERS)


def as_node(x: Any) -> Node:
    """x as an array; raises `bad-argument` for what is none."""
    return x if isinstance(x, Node) else lift(x)


def condition(x: Node) -> Node:
    """A single truth value; raises `shape` for an array of several."""
    if x.size != 1:
        raise DiffcliError(
            "shape",
            f"an array of shape {x.shape} is neither true nor false",
            hint="write where(c, a, b), or & and | for masks",
        )
    x = x if x.shape == () else F.reshape(x, ())
    return x if x.dtype.kind == "b" else F.not_equal(x, 0)


def number_sign(op: str, x: Any) -> Any:
    """-x, +x or ~x of a Python number."""
    if op == "~":
        return ~integer(x, op)
    return -x if op == "-" else +x


def number_arithmetic(op: str, a: Any, b: Any) -> Any:
    """Arithmetic of Python numbers, where IEEE 754 answers what Python raises.

    Integers that do not divide stay a quotient in the graph: 1/3 is printed as 1/3. So does what
    is divided by 0, which can then be pointed at.
    """
    if op == "/" and (b == 0 or (isinstance(a, int) and isinstance(b, int) and a % b)):
        return F.divide(a, b)
    if op == "**":
        return _number_power(a, b)
    compute = {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "//": operator.floordiv,
        "%": operator.mod,
    }[op]
    try:
        return compute(a, b)
    except (ZeroDivisionError, OverflowError):
        return _ieee(BINARY[op], a, b)
    except TypeError:
        raise DiffcliError("dtype", f"{op} is not defined for complex numbers") from None


def _number_power(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int) and b >= 0:
        small = abs(a) < 2 or b * a.bit_length() <= 4096
        return a**b if small else _ieee("power", float(np.float64(a)), b)
    try:
        return a**b
    except (ZeroDivisionError, OverflowError):
        return _ieee("power", a, b)


def _ieee(name: str, a: Any, b: Any) -> Any:
    try:
        a, b = (x if isinstance(x, complex) else float(x) for x in (a, b))
    except OverflowError:
        return math.inf
    with np.errstate(all="ignore"):
        return getattr(np, name)(a, b).item()


def integer(x: Any, op: str) -> int:
    if not isinstance(x, int):
        raise DiffcliError("dtype", f"{op} is defined for integers and masks, not for {x!r}")
    return x


def sequence_arithmetic(op: str, a: Any, b: Any) -> Any:
    if op == "+" and isinstance(a, tuple) and isinstance(b, tuple):
        return a + b
    if op == "*" and isinstance(a, tuple) and isinstance(b, int) and b * len(a) < 1000:
        return a * b
    what = "a string" if isinstance(a, str) or isinstance(b, str) else "a tuple"
    raise DiffcliError(
        "bad-argument",
        f"{op} is not defined for {what}",
        hint="write [a, b] for an array" if what == "a tuple" else None,
    )


def compare(op: str, a: Any, b: Any) -> Any:
    name, python = COMPARISONS[op]
    if isinstance(a, Node | list) or isinstance(b, Node | list):
        return getattr(F, name)(as_node(a), as_node(b))
    try:
        return python(a, b)
    except TypeError:
        raise DiffcliError("dtype", f"{a!r} and {b!r} cannot be compared with {op}") from None


# ----- what is not in the table -------------------------------------------------------------------


def _length(x: Any) -> int:
    if isinstance(x, tuple | list):
        return len(x)
    shape = as_node(x).shape
    if not shape:
        raise DiffcliError("shape", "a scalar has no length")
    return shape[0]


def _slice(*args: Any) -> slice:
    return slice(*map(static, args))


BUILTINS: dict[str, Callable[..., Any]] = {"len": _length, "slice": _slice}


def is_function(name: str) -> bool:
    """Whether a name that is not bound is that of a function."""
    return name in BUILTINS or name in names.NUMBER_TYPES or names.function(name) is not None


ATTRIBUTES: dict[str, Callable[[Node], Any]] = {
    "T": lambda x: F.transpose(x),
    "mT": lambda x: F.matrix_transpose(x),
    "mH": lambda x: F.conj(F.matrix_transpose(x)),
    "H": lambda x: F.conj(F.matrix_transpose(x)),
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
    "dtype": lambda x: x.dtype,
    "real": lambda x: F.real(x),
    "imag": lambda x: F.imag(x),
}
METHODS: dict[str, Callable[..., Any]] = {
    "size": lambda x, axis=None: x.shape if axis is None else x.shape[axis],
    "dim": lambda x: x.ndim,
    "numel": lambda x: x.size,
    "item": lambda x: F.reshape(x, ()),
    "clone": lambda x: x,
    "copy": lambda x: x,
    "contiguous": lambda x: x,
    "double": lambda x: F.astype(x, np.float64),
    "float": lambda x: F.astype(x, np.float32),
    "long": lambda x: F.astype(x, np.int64),
    "int": lambda x: F.astype(x, np.int32),
    "bool": lambda x: F.astype(x, np.bool_),
}
"""Methods that are no function of the table."""


def counted(name: str, args: list[Any]) -> list[Any]:
    most = 3 if name == "slice" else 1
    if not 1 <= len(args) <= most:
        raise DiffcliError(
            "bad-argument", f"{name} takes {most} argument{'s' * (most > 1)}, not {len(args)}"
        )
    return args


def call_method(called: ast.Attribute, args: list[Any], keywords: dict[str, Any]) -> Any:
    """`x.name(...)`: the function of that name with x as its first argument."""
    name = called.name
    x = as_node(args[0])
    if name in METHODS:
        try:
            return METHODS[name](x, *map(static, args[1:]))
        except (TypeError, IndexError):
            raise DiffcliError("bad-argument", f"{name} does not take these arguments") from None
    found = names.function(name)
    if found is None or not found.row.method:
        raise names.unknown_function(name, called.name_span, method=True)
    return found([x, *args[1:]], keywords)
