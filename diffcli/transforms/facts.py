"""What is known of the values of a graph without computing them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from diffcli.graph.node import Node, postorder
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
ENTIRE |= set("transpose reshape broadcast_to einsum diagonal diag_embed exp sech".split())


def entire(node: Node) -> bool:
    """Whether the values are finite wherever those of the inputs are, so that 0 times it is 0."""
    return all(x.op.name in ENTIRE or not x.inputs for x in postorder([node]))


def positive(node: Node) -> bool:
    """Whether the values are above 0 everywhere."""
    if node.op.name == "subtract" and number(node.inputs[0]) == 1:
        return node.inputs[1].op.name == "sigmoid"
    return node.op.name in ("exp", "exp2", "cosh", "sigmoid", "softplus", "sech")
