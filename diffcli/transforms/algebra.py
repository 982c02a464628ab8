"""Rewrites of sums, products and powers."""

from __future__ import annotations

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F
from diffcli.transforms.rewrites import NUMBER, fits, is_number, number, rule

ARITHMETIC = ("add", "subtract", "multiply", "divide", "negative", "power")


@rule(*ARITHMETIC, of=("constant",))
def fold_numbers(node: Node) -> Node | None:
    """2*3 = 6, for numbers written in the text; names such as pi are kept."""
    if not node.weak or any(x.op is not CONSTANT or "name" in x.params for x in node.inputs):
        return None
    values = [x.params["value"] for x in node.inputs]
    with np.errstate(all="ignore"):
        value = np.asarray(node.op.evaluate(NUMPY, *values)).item()
    exact = all(isinstance(v, int) and abs(v) < 2**31 for v in values)
    if not exact and node.op.name == "divide":
        return None
    if exact and node.op.name == "divide" and not float(value).is_integer():
        return None  # 1/3 reads better than 0.333333
    return CONSTANT.make(value)


# ----- sums ---------------------------------------------------------------------------------------


@rule("add", of=NUMBER)
def add_zero(node: Node) -> Node | None:
    """x + 0 = x"""
    a, b = node.inputs
    if is_number(b, 0):
        return fits(a, node)
    return fits(b, node) if is_number(a, 0) else None


@rule("add", of=("negative",))
def add_negative(node: Node) -> Node | None:
    """a + (-b) = a - b"""
    a, b = node.inputs
    if b.op.name == "negative":
        return a - b.inputs[0]
    return b - a.inputs[0] if a.op.name == "negative" else None


@rule("add")
def add_same(node: Node) -> Node | None:
    """x + x = 2*x"""
    a, b = node.inputs
    return 2 * a if a is b and a.op is not CONSTANT else None


@rule("subtract", of=NUMBER)
def subtract_zero(node: Node) -> Node | None:
    """x - 0 = x, 0 - x = -x"""
    a, b = node.inputs
    if is_number(b, 0):
        return fits(a, node)
    return fits(-b, node) if is_number(a, 0) else None


@rule("subtract", of=("negative",))
def subtract_negative(node: Node) -> Node | None:
    """a - (-b) = a + b"""
    a, b = node.inputs
    return a + b.inputs[0] if b.op.name == "negative" else None


@rule("negative", of=("negative",))
def negative_twice(node: Node) -> Node | None:
    """-(-x) = x"""
    x = node.inputs[0]
    return x.inputs[0] if x.op.name == "negative" else None


# ----- products -----------------------------------------------------------------------------------


@rule("multiply", of=NUMBER)
def multiply_one(node: Node) -> Node | None:
    """1*x = x, -1*x = -x"""
    a, b = node.inputs
    for one, x in ((a, b), (b, a)):
        if is_number(one, 1):
            return fits(x, node)
        if is_number(one, -1):
            # booleans and unsigned integers have no negatives of their own type
            return fits(-F.astype(x, node.dtype) if x.dtype != node.dtype else -x, node)
    return None


@rule("multiply", of=("subtract",))
def multiply_gap(node: Node) -> Node | None:
    """(1 - x)*(1 + x) as the row that derivatives use for it"""
    for a, b in (node.inputs, node.inputs[::-1]):
        gap = a.op.name == "subtract" and b.op.name == "add" and a.inputs[1] is b.inputs[1]
        if gap and is_number(a.inputs[0], 1) and is_number(b.inputs[0], 1):
            return F.unit_gap(a.inputs[1])
    return None


@rule("unit_gap", of=("negative",))
def gap_of_negative(node: Node) -> Node | None:
    """(1 - (-x))*(1 + (-x)) = (1 - x)*(1 + x)"""
    x = node.inputs[0]
    return F.unit_gap(x.inputs[0]) if x.op.name == "negative" else None


@rule("multiply", of=("negative",))
def multiply_negative(node: Node) -> Node | None:
    """(-a)*b = -(a*b)"""
    a, b = node.inputs
    if a.op.name == "negative":
        return -(a.inputs[0] * b)
    return -(a * b.inputs[0]) if b.op.name == "negative" else None


@rule("multiply", of=("divide",))
def multiply_reciprocal(node: Node) -> Node | None:
    """a * (1/b) = a/b"""
    a, b = node.inputs
    for x, q in ((a, b), (b, a)):
        if q.op.name == "divide" and is_number(q.inputs[0], 1):
            return x / q.inputs[1]
    return None


@rule("multiply", of=("multiply",))
def multiply_integers(node: Node) -> Node | None:
    """2*(3*x) = 6*x, for small integers, where the product is exact"""
    a, b = node.inputs
    if not a.weak:
        a, b = b, a
    c = number(a)
    if b.op.name != "multiply" or not isinstance(c, int):
        return None
    for d, x in (b.inputs, b.inputs[::-1]):
        n = number(d)
        if isinstance(n, int) and d.weak and abs(c * n) < 2**20:
            return c * n * x
    return None


@rule("divide", of=NUMBER)
def divide_one(node: Node) -> Node | None:
    """x/1 = x"""
    a, b = node.inputs
    return fits(a, node) if is_number(b, 1) else None


@rule("divide", of=("negative",))
def divide_negative(node: Node) -> Node | None:
    """(-a)/b = -(a/b)"""
    a, b = node.inputs
    return -(a.inputs[0] / b) if a.op.name == "negative" else None


@rule("power", of=NUMBER)
def power_one(node: Node) -> Node | None:
    """x**1 = x"""
    x, p = node.inputs
    return fits(x, node) if is_number(p, 1) else None


@rule("power", of=NUMBER)
def power_zero(node: Node) -> Node | None:
    """x**0 = 1"""
    if not is_number(node.inputs[1], 0):
        return None
    return fits(CONSTANT.make(np.ones((), node.dtype)), node)
