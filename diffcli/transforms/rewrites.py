"""The rewrites: operator name -> functions from a node to an equal, simpler node or None.

The inputs of a node are simplified already when its rules see it. Each rule has its equation as
docstring. None of them changes a value, except that sums of exact constants are done in advance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.graph.shapes import broadcast
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT, Elementwise
from diffcli.ops.table import F

Rule = Callable[[Node], Node | None]
RULES: dict[str, list[Rule]] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rewrite for the operators named."""

    def register(function: Rule) -> Rule:
        for name in names:
            RULES.setdefault(name, []).append(function)
        return function

    return register


def number(x: Node) -> Any:
    """The number that x is everywhere (a constant scalar, perhaps broadcast or cast), or None."""
    while x.op.name in ("broadcast_to", "reshape"):
        x = x.inputs[0]
    if x.op is not CONSTANT or x.shape != () or "name" in x.params:
        return None
    value = x.params["value"]
    return value if isinstance(value, bool | int | float | complex) else value.item()


def is_number(x: Node, value: Any) -> bool:
    """Whether x is this number everywhere."""
    found = number(x)
    return found is not None and not isinstance(found, bool) and found == value


def fits(x: Node, node: Node) -> Node:
    """x broadcast to the shape and cast to the dtype of `node`."""
    if x.dtype != node.dtype:
        x = F.astype(x, node.dtype)
    return x if x.shape == node.shape else F.broadcast_to(x, node.shape)


ARITHMETIC = ("add", "subtract", "multiply", "divide", "negative", "power")

# ----- constants and broadcasting -----------------------------------------------------------------


@rule(*ARITHMETIC)
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
    if exact and node.op.name == "divide" and value != int(value):
        return None  # 1/3 reads better than 0.333333
    return CONSTANT.make(value)


def drop_broadcast(node: Node) -> Node | None:
    """f(broadcast(a), b) = f(a, b) where b has the shape already."""
    inputs = list(node.inputs)
    for i, x in enumerate(inputs):
        if x.op.name == "broadcast_to" and len(inputs) > 1:
            inner = x.inputs[0]
            others = [y.shape for j, y in enumerate(inputs) if j != i]
            if broadcast(inner.shape, *others) == node.shape:
                inputs[i] = inner
    if tuple(inputs) == node.inputs:
        return None
    return node.op.apply(tuple(inputs), node.params)


def lift_broadcast(node: Node) -> Node | None:
    """f(broadcast(a)) = broadcast(f(a))"""
    if not all(x.op.name == "broadcast_to" or x.shape == () for x in node.inputs):
        return None
    inner = tuple(x.inputs[0] if x.op.name == "broadcast_to" else x for x in node.inputs)
    if inner == node.inputs:
        return None
    small = node.op.apply(inner, node.params)
    return F.broadcast_to(small, node.shape) if small.size < node.size else None


# ----- sums ---------------------------------------------------------------------------------------


@rule("add")
def add_zero(node: Node) -> Node | None:
    """x + 0 = x"""
    a, b = node.inputs
    if is_number(b, 0):
        return fits(a, node)
    return fits(b, node) if is_number(a, 0) else None


@rule("add")
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


@rule("subtract")
def subtract_zero(node: Node) -> Node | None:
    """x - 0 = x, 0 - x = -x"""
    a, b = node.inputs
    if is_number(b, 0):
        return fits(a, node)
    return fits(-b, node) if is_number(a, 0) else None


@rule("subtract")
def subtract_negative(node: Node) -> Node | None:
    """a - (-b) = a + b"""
    a, b = node.inputs
    return a + b.inputs[0] if b.op.name == "negative" else None


@rule("negative")
def negative_twice(node: Node) -> Node | None:
    """-(-x) = x"""
    x = node.inputs[0]
    return x.inputs[0] if x.op.name == "negative" else None


# ----- products -----------------------------------------------------------------------------------


@rule("multiply")
def multiply_one(node: Node) -> Node | None:
    """1*x = x, -1*x = -x"""
    a, b = node.inputs
    for one, x in ((a, b), (b, a)):
        if is_number(one, 1):
            return fits(x, node)
        if is_number(one, -1):
            return fits(-x, node)
    return None


@rule("multiply")
def multiply_negative(node: Node) -> Node | None:
    """(-a)*b = -(a*b)"""
    a, b = node.inputs
    if a.op.name == "negative":
        return -(a.inputs[0] * b)
    return -(a * b.inputs[0]) if b.op.name == "negative" else None


@rule("multiply")
def multiply_reciprocal(node: Node) -> Node | None:
    """a * (1/b) = a/b"""
    a, b = node.inputs
    for x, q in ((a, b), (b, a)):
        if q.op.name == "divide" and is_number(q.inputs[0], 1):
            return x / q.inputs[1]
    return None


@rule("multiply")
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


@rule("divide")
def divide_one(node: Node) -> Node | None:
    """x/1 = x"""
    a, b = node.inputs
    return fits(a, node) if is_number(b, 1) else None


@rule("divide")
def divide_negative(node: Node) -> Node | None:
    """(-a)/b = -(a/b)"""
    a, b = node.inputs
    return -(a.inputs[0] / b) if a.op.name == "negative" else None


@rule("power")
def power_one(node: Node) -> Node | None:
    """x**1 = x"""
    x, p = node.inputs
    return fits(x, node) if is_number(p, 1) else None


@rule("power")
def power_zero(node: Node) -> Node | None:
    """x**0 = 1"""
    if not is_number(node.inputs[1], 0):
        return None
    return fits(CONSTANT.make(np.ones((), node.dtype)), node)


# ----- moving elements ----------------------------------------------------------------------------


@rule("reshape")
def reshape_reshape(node: Node) -> Node | None:
    """reshape(reshape(x, s), t) = reshape(x, t), and x where the shape is its own"""
    x = node.inputs[0]
    if x.shape == node.shape:
        return x
    if x.op.name == "reshape":
        return F.reshape(x.inputs[0], node.shape)
    return None


@rule("reshape", "transpose", "window", "astype")
def moved_number(node: Node) -> Node | None:
    """A number repeated is the same number repeated in any other shape"""
    x = node.inputs[0]
    if x.op.name != "broadcast_to" or x.inputs[0].shape != ():
        return None
    scalar = x.inputs[0]
    if node.op.name == "astype":
        scalar = F.astype(scalar, node.dtype)
    return F.broadcast_to(scalar, node.shape)


@rule("astype")
def astype_constant(node: Node) -> Node | None:
    """A scalar constant is cast in advance"""
    x = node.inputs[0]
    if x.op is not CONSTANT or x.shape != () or "name" in x.params:
        return None
    return CONSTANT.make(np.asarray(x.params["value"]).astype(node.dtype))


@rule("astype")
def astype_same(node: Node) -> Node | None:
    """A cast to the same type is nothing"""
    x = node.inputs[0]
    return x if x.dtype == node.dtype and not x.weak else None


@rule("broadcast_to")
def broadcast_broadcast(node: Node) -> Node | None:
    """broadcast(broadcast(x)) = broadcast(x), and x where the shape is its own"""
    x = node.inputs[0]
    if x.shape == node.shape:
        return x
    if x.op.name == "broadcast_to":
        return F.broadcast_to(x.inputs[0], node.shape)
    return None


@rule("transpose")
def transpose_transpose(node: Node) -> Node | None:
    """transpose(transpose(x)) in one step, and x where the order is its own"""
    x, axes = node.inputs[0], node.params["axes"]
    if axes == tuple(range(x.ndim)):
        return x
    if x.op.name == "transpose":
        inner = x.params["axes"]
        return F.transpose(x.inputs[0], tuple(inner[a] for a in axes))
    return None


@rule("sum")
def sum_nothing(node: Node) -> Node | None:
    """A sum over no axis is x"""
    x = node.inputs[0]
    return x if node.params["axis"] == () and x.dtype == node.dtype else None


@rule("sum")
def sum_repeated(node: Node) -> Node | None:
    """sum(broadcast(c, (n,))) = n*c for a scalar c"""
    x = node.inputs[0]
    if x.op.name != "broadcast_to" or x.inputs[0].shape != () or x.dtype.kind not in "fc":
        return None
    scalar = x.inputs[0]
    count = x.size // max(node.size, 1)
    if count >= 2**53 or node.size == 0:
        return None
    return F.broadcast_to(count * scalar, node.shape)


@rule("real", "conj")
def real_of_real(node: Node) -> Node | None:
    """real(x) = conj(x) = x for real x"""
    x = node.inputs[0]
    return x if x.dtype.kind != "c" else None


@rule("where")
def where_same(node: Node) -> Node | None:
    """where(c, x, x) = x, and the branch of a constant condition"""
    c, a, b = node.inputs
    chosen = number(c)
    if isinstance(chosen, bool):
        return fits(a if chosen else b, node)
    return fits(a, node) if a is b else None


@rule("not_equal")
def mask_of_where(node: Node) -> Node | None:
    """where(c, 1, 0) != 0 is c, where(c, 0, 1) != 0 is not c"""
    w, zero = node.inputs
    if w.op.name != "where" or not is_number(zero, 0):
        return None
    c, a, b = w.inputs
    if is_number(a, 1) and is_number(b, 0):
        return fits(c, node)
    if is_number(a, 0) and is_number(b, 1):
        return fits(F.logical_not(c), node)
    return None


def rules_for(node: Node) -> list[Rule]:
    """The rewrites to try on a node, in order."""
    own = RULES.get(node.op.name, [])
    if isinstance(node.op, Elementwise) and node.inputs:
        return [*own, drop_broadcast, lift_broadcast]
    return own
