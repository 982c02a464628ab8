"""What is known of the values of a graph without computing them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from diffcli.graph.node import Node, postorder
from diffcli.ops.op import CONSTANT
from diffcli.transforms.rewrites import number

MOST_DECIMALS = 10**9
"""The largest denominator of a number that is calculated with; others are factors by themselves."""


def rational(value: Any) -> Fraction | None:
    """A number exactly as it is written, or None for what is no finite real one."""
    if isinstance(value, bool | int):
        return Fraction(int(value))
    if isinstance(value, float) and math.isfinite(value):
        exact = Fraction(repr(value))
        return exact if exact.denominator <= MOST_DECIMALS else None
    return None


ENTIRE = set("add subtract multiply negative square sin cos tanh sigmoid arctan matmul sum".split())
ENTIRE |= set("transpose reshape broadcast_to einsum diagonal diag_embed exp sech abs sign".split())
ENTIRE |= set("eigh eigvalsh svd svdvals qr project window unwindow zero_pad euclid erf".split())
ENTIRE |= set("where maximum minimum max min clip relu softmax logsumexp unit_gap astype".split())


def entire(node: Node, known: Mapping[int, bool] = MappingProxyType({})) -> bool:
    """Whether the values are finite wherever those of the inputs are, so that 0 times it is 0.

    `known` has, by identity, what is true for nodes that are known to be and false for others.
    """
    return known.get(id(node), True) and all(
        _keeps_finite(x) and all(known.get(id(y), True) for y in x.inputs)
        for x in postorder([node], known)
    )


def _keeps_finite(node: Node) -> bool:
    if node.op.name == "power":
        exponent = number(node.inputs[1])
        return isinstance(exponent, int | float) and exponent >= 0 and exponent % 1 == 0
    if node.op.name == "divide":
        return positive(node.inputs[1])
    name, moves = node.op.name, getattr(node.op, "moves", False)
    return name in ENTIRE or not node.inputs or node.dtype.kind == "b" or moves


POSITIVE = ("exp", "exp2", "cosh", "sigmoid", "softplus", "sech", "softmax")


def positive(node: Node, depth: int = 12) -> bool:
    """Whether the values are above 0 everywhere, as those of exp(x) and 1 + x**2."""
    name, inputs = node.op.name, node.inputs
    if name == "subtract" and number(inputs[0]) == 1:
        return inputs[1].op.name == "sigmoid"
    if name == "add" and depth:
        pairs = (inputs, inputs[::-1])
        return any(positive(a, depth - 1) and not_negative(b, depth - 1) for a, b in pairs)
    if name == "window":
        return positive(inputs[0], depth)
    if name in ("sum", "astype", "reshape"):
        return _counts_extrema(node)
    value = number(node)
    above = isinstance(value, int | float) and value > 0
    return above or name in POSITIVE


def _counts_extrema(node: Node) -> bool:
    """Whether a node is sum(x == max(x)), of which one is at least."""
    while node.op.name in ("sum", "astype", "reshape", "logical_or"):
        node = node.inputs[0]
    if node.op.name != "equal":
        return False
    x, y = node.inputs
    y = y.inputs[0] if y.op.name == "reshape" else y
    return y.op.name in ("max", "min") and y.inputs[0] is x


def not_negative(node: Node, depth: int = 12) -> bool:
    """Whether the values are nowhere below 0, as those of x**2."""
    if node.op.name == "power":
        exponent = number(node.inputs[1])
        return isinstance(exponent, int | float) and exponent % 2 == 0
    return node.op.name in ("square", "abs", "relu", "euclid") or positive(node, depth)


def is_identity(node: Node) -> bool:
    """Whether a node is an identity matrix of floating numbers."""
    n = node.shape[0] if node.ndim == 2 and node.op is CONSTANT else 0
    return n > 1 and node.dtype == np.float64 and np.array_equal(node.params["value"], np.eye(n))


KEEP_SYMMETRY = ("inv", "pinv", "expm", "sqrtm", "negative", "cofactor")


def symmetric(node: Node, depth: int = 12) -> bool:
    """Whether a matrix is its own transpose, as X.T @ X, A + A.T and their inverses are."""
    if node.ndim != 2 or node.shape[0] != node.shape[1] or not depth:
        return False
    name, inputs = node.op.name, node.inputs
    if name == "matmul":
        return _is_congruence(_unscaled(inputs[0]), inputs[1], depth)
    if name == "multiply" and _dyad(node) is not None:
        return inputs[0].inputs[0] is inputs[1].inputs[0]
    if name in ("add", "subtract"):
        return _in_pairs(_summands(node, 1), depth)
    if name in ("multiply", "divide", "power"):
        return all(x.shape == () or symmetric(x, depth - 1) for x in inputs)
    if name == "diag_embed":
        return not node.params["offset"]
    return name in KEEP_SYMMETRY and symmetric(inputs[0], depth - 1)


def _summands(node: Node, sign: int) -> list[tuple[int, Node]]:
    """The matrices that a sum is made of, with their signs."""
    if node.op.name not in ("add", "subtract") or node.ndim != 2:
        return [(sign, node)]
    a, b = node.inputs
    return [*_summands(a, sign), *_summands(b, sign if node.op.name == "add" else -sign)]


def _in_pairs(terms: list[tuple[int, Node]], depth: int) -> bool:
    """Whether terms are symmetric but for those that stand beside their transposes."""
    rest = [(sign, x) for sign, x in terms if x.shape != () and not symmetric(x, depth - 1)]
    while rest:
        sign, x = rest.pop()
        other = next((t for t in rest if t[0] == sign and _are_transposes(x, t[1])), None)
        if other is None:
            return False
        rest.remove(other)
    return True


def _are_transposes(a: Node, b: Node) -> bool:
    if _transposed(a) is b or _transposed(b) is a:
        return True
    first, second = _dyad(a), _dyad(b)
    return first is not None and second is not None and first == second[::-1]


def _dyad(node: Node) -> tuple[Node, Node] | None:
    """The vectors whose outer product a node is."""
    if node.op.name != "multiply" or any(x.op.name != "reshape" for x in node.inputs):
        return None
    column, row = node.inputs
    if column.shape != (node.shape[0], 1) or row.shape != (1, node.shape[-1]):
        return None
    return column.inputs[0], row.inputs[0]


def _transposed(node: Node) -> Node | None:
    """What a node is the transpose of."""
    return node.inputs[0] if node.op.name == "transpose" and node.ndim == 2 else None


def _unscaled(node: Node) -> Node:
    """A matrix without the number that it is multiplied with."""
    scaled = node.op.name == "multiply" and node.inputs[0].shape == ()
    return node.inputs[1] if scaled else node


def _is_congruence(a: Node, b: Node, depth: int) -> bool:
    """Whether a @ b is X.T @ X, or X.T @ S @ X with a symmetric S."""
    if _transposed(a) is b or _transposed(b) is a:
        return True
    for outer, inner, other in ((a, 0, b), (b, 1, a)):
        if outer.op.name == "matmul":
            far, middle = outer.inputs[inner], outer.inputs[1 - inner]
            turned = _transposed(far) is other or _transposed(other) is far
            if turned and symmetric(middle, depth - 1):
                return True
    return False
