"""Functions of each element: which number types they take and give, and their names in PyTorch.

One line each. Operands are brought to the type that PyTorch's promotion gives, integers to the
default real type where the function has fractions; types without the function are refused in
PyTorch's words.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.lower import names
from diffcli.ops.table import F
from diffcli.tensor.eager import NO_PARAMS, evaluated, extra, leaf
from diffcli.tensor.functions import OWN, SAME, Function, wrapped
from diffcli.tensor.operators import fitting
from diffcli.tensor.promotion import floating, result_type
from diffcli.tensor.signatures import Signature
from diffcli.tensor.steps import called
from diffcli.tensor.tensor import Tensor, wrap
from diffcli.tensor.types import long_name

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


def define(name: str, parameters: str, types: Types, row: Any = None, arrays: int = 1) -> Function:
    """Make a row of the table the function `name`: its first parameters are operands."""
    signature = Signature(name, parameters)
    alone = len(signature.parameters) == 1
    found = row

    def apply(*args: Any, **keywords: Any) -> Any:
        nonlocal found
        if found is None:
            found = names.function(name, "torch")
        if alone and len(args) == 1 and not keywords and isinstance(args[0], Tensor):
            op = getattr(found, "row", found)
            if getattr(op, "plain", 0) == 1 and args[0].node.dtype.kind == "f":
                return direct(name, op, args[0].node)
        values = signature.bind(args, keywords)
        operands, rest = values[:arrays], values[arrays:]
        nodes = [x.node if isinstance(x, Tensor) else x for x in operands]
        dtype = types.of(nodes)
        if arrays > 1:
            check_shapes(nodes)

        def compute(*given: Any) -> Node:
            inputs = iter(given)
            cast = [
                _cast(next(inputs), dtype) if isinstance(x, Tensor) else _number(x, types, dtype)
                for x in operands
            ]
            return _applied(found, cast, rest)

        tensors = [n for n, x in zip(nodes, operands, strict=True) if isinstance(x, Tensor)]
        return wrapped(called(name, compute, tensors), [])

    apply.__name__ = name
    OWN[name] = apply
    return apply


def direct(name: str, op: Any, x: Any) -> Tensor:
    """A function of one real operand that is one operator of the table."""
    node = evaluated(op.apply((x,), NO_PARAMS))
    if node.tracked and name != op.name:
        extra(node).name = name
    return wrap(node)


def _applied(found: Any, operands: list[Any], rest: list[Any]) -> Node:
    result: Node = (
        found([*operands, *rest], {})
        if isinstance(found, names.Function)
        else found(*operands, *rest)
    )
    return result


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
        define(name, "Tensor input", Types(True, c=REAL_ONLY.get(name, "")))
    for name, words in REAL_ONLY.items():
        define(name, "Tensor input", Types(True, c=words))
    for name, words in ROUNDING.items():
        define(name, "Tensor input", Types(c=words, b=f'"{name}_vml_cpu"'))
    for name, (parameters, types) in OF_TWO.items():
        define(name, parameters, types, arrays=2)
    define("abs", "Tensor input", Types(b='"abs_cpu"'))
    define("frac", "Tensor input", Types(iubc='"frac_cpu"'))
    define("logit", "Tensor input, eps=None", Types(True, c='"logit_cpu"'), _logit)
    define("fmax", OPERANDS, LARGER, _fmax, arrays=2)
    define("fmin", OPERANDS, SMALLER, _fmin, arrays=2)
    define("ldexp", OPERANDS, Types(True), lambda x, n: x * F.power(2.0, n), arrays=2)


OPERANDS = "Tensor input, Tensor other"
MIXED = "input, other"
NOT_COMPLEX = "RuntimeError: {} not implemented for complex tensors."
OF_TWO: dict[str, tuple[str, Types]] = {
    "atan2": (OPERANDS, Types(True, c='"atan2_cpu"')),
    "maximum": (OPERANDS, Types(c=NOT_COMPLEX.format("maximum"))),
    "minimum": (OPERANDS, Types(c=NOT_COMPLEX.format("minimum"))),
    "hypot": (OPERANDS, Types(iubc='"hypot_cpu"')),
    "logaddexp": (OPERANDS, Types(iub='"logaddexp_cpu"')),
    "logaddexp2": (OPERANDS, Types(iub='"logaddexp2_cpu"')),
    "nextafter": (OPERANDS, Types(iubc='"nextafter_cpu"')),
    "copysign": (MIXED, Types(True, c='"copysign_cpu"')),
    "xlogy": (MIXED, Types(True, c='"xlogy_cpu"')),
    "xlog1py": (MIXED, Types(True, c='"xlog1py_cpu"')),
    "fmod": (MIXED, Types(bc='"fmod_cpu"')),
    "logical_and": (OPERANDS, Types()),
    "logical_or": (OPERANDS, Types()),
    "logical_xor": (OPERANDS, Types()),
}
"""Functions of two operands: what they take, and their types."""

LARGER = Types(c='"fmax_cpu"')
SMALLER = Types(c='"fmin_cpu"')


def _fmax(x: Node, y: Node) -> Node:
    # of equal numbers the first is taken
    return F.where(F.logical_or(F.greater_equal(x, y), F.isnan(y)), x, y)


def _fmin(x: Node, y: Node) -> Node:
    return F.where(F.logical_or(F.less_equal(x, y), F.isnan(y)), x, y)


def _logit(x: Node, eps: float | None) -> Node:
    if eps is not None:
        return F.logit(x, eps)
    # outside of 0 <= x <= 1 the derivative is nan, as the value is
    outside = F.logical_or(F.less(x, 0), F.greater(x, 1))
    return F.logit(x) + x * F.astype(F.where(outside, np.nan, 0.0), x.dtype)


_fill()
