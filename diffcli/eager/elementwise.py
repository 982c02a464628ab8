"""Functions of each element: which number types they take and give, and their names in PyTorch.

One line each. Operands are brought to the type that PyTorch's promotion gives, integers to the
default real type where the function has fractions; types without the function are refused in
PyTorch's words.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import SAME, direct, function, wrapped
from diffcli.eager.nodes import leaf
from diffcli.eager.operators import fitting
from diffcli.eager.promotion import floating, result_type
from diffcli.eager.steps import called
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.lower import names
from diffcli.ops.table import F

FRACTIONS = """
acos acosh asin asinh atan atanh cos cosh digamma erfinv exp exp2 expm1 log log10 log1p log2 rsqrt
sigmoid sin sinc sinh sqrt tan tanh reciprocal
"""
"""Functions of one operand that give real numbers for integers."""

REAL_ONLY = {
    "deg2rad": "RuntimeError: deg2rad is not supported for complex tensors.",
    "rad2deg": "RuntimeError: rad2deg is not supported for complex tensors.",
    "erf": '"erf_vml_cpu"',
    "erfc": '"erfc_vml_cpu"',
    "erfinv": '"erfinv_vml_cpu"',
    "digamma": '"digamma"',
    "lgamma": '"lgamma_vml_cpu"',
    "i0": '"i0_vml_cpu"',
}
"""Real functions of one operand, and PyTorch's words for complex ones."""

ROUNDING = {
    "ceil": "ceil is not supported for complex inputs",
    "floor": "floor is not supported for complex inputs",
    "trunc": "trunc is not supported for complex inputs",
}


SAME.update(
    {
        "absolute": "abs",
        "arccos": "acos",
        "arccosh": "acosh",
        "arcsin": "asin",
        "arcsinh": "asinh",
        "arctan": "atan",
        "arctanh": "atanh",
        "arctan2": "atan2",
        "fix": "trunc",
        "negative": "neg",
        "expit": "sigmoid",
        "divide": "div",
        "true_divide": "div",
        "multiply": "mul",
        "subtract": "sub",
        "not_equal": "ne",
        "less": "lt",
        "less_equal": "le",
        "greater": "gt",
        "greater_equal": "ge",
        "clip": "clamp",
        "concat": "cat",
        "concatenate": "cat",
        "row_stack": "vstack",
        "gammaln": "lgamma",
        "psi": "digamma",
        "gammainc": "igamma",
        "gammaincc": "igammac",
    }
)


class Types:
    """What a function does with number types.

    `fractions`: integers become real numbers. `refused`: kinds of types -> PyTorch's words, or the
    name of its kernel in quotes.
    """

    __slots__ = ("fractions", "refused")

    def __init__(self, fractions: bool = False, **refused: str) -> None:
        self.fractions = fractions
        self.refused = refused

    def of(self, operands: list[Any]) -> np.dtype[Any]:
        """The type of the operation; raises PyTorch's errors for those that have none."""
        dtype = result_type(operands)
        for kinds, words in self.refused.items():
            if words and dtype.kind in kinds:
                raise refusal(words, dtype)
        return floating(dtype) if self.fractions else dtype


def refusal(words: str, dtype: np.dtype[Any]) -> Exception:
    """The error for a type that a function is not made for."""
    if words.startswith('"'):
        return NotImplementedError(f"{words} not implemented for '{long_name(dtype)}'")
    kind, _, rest = words.partition("Error: ")
    return RuntimeError(rest) if kind == "Runtime" else NotImplementedError(words)


def of_one(name: str, types: Types) -> None:
    """Make a row of the table the function `name` of one operand."""
    found: Any = None

    def apply(input: Tensor) -> Tensor:
        nonlocal found
        found = found or names.function(name, ("torch",))
        if getattr(found.row, "plain", 0) == 1 and input.node.dtype.kind == "f":
            return wrap(direct(name, found.row, input.node))
        return computed(name, types, lambda x: found([x], {}), input)

    function(name)(apply)


def of_two(name: str, types: Types, row: Any = None, numbers: bool = False) -> None:
    """Make a row the function `name` of two operands, which may be `numbers` as well."""
    found = row

    def compute(x: Any, y: Any) -> Node:
        nonlocal found
        found = found or names.function(name, ("torch",)).row  # type: ignore[union-attr]
        return found(x, y)

    def apply(input: Tensor, other: Tensor) -> Tensor:
        return computed(name, types, compute, input, other)

    if numbers:
        apply.__annotations__.update(input="Operand", other="Operand")
    function(name)(apply)


def computed(name: str, types: Types, compute: Any, *operands: Any) -> Tensor:
    """A function of operands in the type of its result, as one step of the program."""
    nodes = [x.node if isinstance(x, Tensor) else x for x in operands]
    dtype = types.of(nodes)
    check_shapes(nodes)

    def cast(*given: Any) -> Node:
        inputs = iter(given)
        return compute(  # type: ignore[no-any-return]
            *(
                _cast(next(inputs), dtype) if isinstance(x, Tensor) else _number(x, types, dtype)
                for x in operands
            )
        )

    tensors = [n for n, x in zip(nodes, operands, strict=True) if isinstance(x, Tensor)]
    return wrapped(called(name, cast, tensors), [])  # type: ignore[no-any-return]


def _number(x: Any, types: Types, dtype: np.dtype[Any]) -> Any:
    # rows with fractions would choose a type for a number beside an array
    return leaf(dtype.type(x)) if types.fractions else x


def _cast(node: Any, dtype: np.dtype[Any]) -> Any:
    return node if node.dtype == dtype else F.astype(node, dtype)


def check_shapes(nodes: list[Any]) -> None:
    """Raise PyTorch's error unless the shapes of operands broadcast."""
    arrays = [x for x in nodes if isinstance(x, Node)]
    for i, y in enumerate(arrays):
        for x in arrays[:i]:
            fitting(x, y)


def _fill() -> None:
    for name in FRACTIONS.split():
        of_one(name, Types(True, c=REAL_ONLY.get(name, "")))
    for name, words in REAL_ONLY.items():
        of_one(name, Types(True, c=words))
    for name, words in ROUNDING.items():
        of_one(name, Types(c=words, b=f'"{name}_vml_cpu"'))
    of_one("abs", Types(b='"abs_cpu"'))
    of_one("frac", Types(iubc='"frac_cpu"'))
    for name, types in OF_TWO.items():
        of_two(name, types)
    for name, types in MIXED.items():
        of_two(name, types, numbers=True)
    of_two("fmax", Types(c='"fmax_cpu"'), _fmax)
    of_two("fmin", Types(c='"fmin_cpu"'), _fmin)
    of_two("ldexp", Types(True), lambda x, n: x * F.power(2.0, n))


NOT_COMPLEX = "RuntimeError: {} not implemented for complex tensors."
OF_TWO = {
    "atan2": Types(True, c='"atan2_cpu"'),
    "maximum": Types(c=NOT_COMPLEX.format("maximum")),
    "minimum": Types(c=NOT_COMPLEX.format("minimum")),
    "hypot": Types(iubc='"hypot_cpu"'),
    "logaddexp": Types(iub='"logaddexp_cpu"'),
    "logaddexp2": Types(iub='"logaddexp2_cpu"'),
    "nextafter": Types(iubc='"nextafter_cpu"'),
    "logical_and": Types(),
    "logical_or": Types(),
    "logical_xor": Types(),
}
"""Functions of two tensors, and their types."""

MIXED = {
    "copysign": Types(True, c='"copysign_cpu"'),
    "xlogy": Types(True, c='"xlogy_cpu"'),
    "xlog1py": Types(True, c='"xlog1py_cpu"'),
    "fmod": Types(bc='"fmod_cpu"'),
}
"""Functions of two tensors or numbers, and their types."""


def _fmax(x: Node, y: Node) -> Node:
    # of equal numbers the first is taken
    return F.where(F.logical_or(F.greater_equal(x, y), F.isnan(y)), x, y)


def _fmin(x: Node, y: Node) -> Node:
    return F.where(F.logical_or(F.less_equal(x, y), F.isnan(y)), x, y)


LOGIT = Types(True, c='"logit_cpu"')


@function("logit")
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """The logarithm of x/(1 - x), with x at least eps away from 0 and 1."""
    return computed("logit", LOGIT, lambda x: _logit(x, eps), input)


def _logit(x: Node, eps: float | None) -> Node:
    if eps is not None:
        return F.logit(x, eps)
    # outside of 0 <= x <= 1 the derivative is nan, as the value is
    outside = F.logical_or(F.less(x, 0), F.greater(x, 1))
    return F.logit(x) + x * F.astype(F.where(outside, np.nan, 0.0), x.dtype)


_fill()
