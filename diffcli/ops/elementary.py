"""Rows of elementary functions: exponentials, logarithms, circular and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Any

from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise, binary, composite, unary
from diffcli.ops.table import F

LN2 = math.log(2)
LN10 = math.log(10)

# ----- exponentials and logarithms ----------------------------------------------------------------

unary("exp", lambda y, x: y, "e**x.", category="exponential")
unary("exp2", lambda y, x: y * LN2, "2**x.", category="exponential")
unary("expm1", lambda y, x: F.exp(x), "exp(x) - 1, exact near 0.", category="exponential")
unary(
    "log",
    lambda y, x: 1 / x,
    "Natural logarithm.",
    category="exponential",
    domain="positive",
    aliases=("ln",),
)
unary(
    "log2",
    lambda y, x: 1 / (x * LN2),
    "Logarithm to base 2.",
    category="exponential",
    domain="positive",
)
unary(
    "log10",
    lambda y, x: 1 / (x * LN10),
    "Logarithm to base 10.",
    category="exponential",
    domain="positive",
)
unary(
    "log1p",
    lambda y, x: 1 / (1 + x),
    "log(1 + x), exact near 0.",
    category="exponential",
    domain="positive",
)


def _gap(a: Node, b: Node) -> Node:
    # equal infinities have the gap 0, not nan
    return F.where(F.logical_and(F.equal(a, b), F.isinf(a)), 0, a - b)


binary(
    "logaddexp",
    (lambda y, a, b: F.sigmoid(_gap(a, b)), lambda y, a, b: F.sigmoid(_gap(b, a))),
    "log(exp(x) + exp(y)) without overflow.",
    category="exponential",
)
binary(
    "logaddexp2",
    (lambda y, a, b: F.sigmoid(_gap(a, b) * LN2), lambda y, a, b: F.sigmoid(_gap(b, a) * LN2)),
    "log2(2**x + 2**y) without overflow.",
    category="exponential",
)

# ----- circular -----------------------------------------------------------------------------------

unary("sin", lambda y, x: F.cos(x), "Sine of an angle in radians.", category="trigonometric")
unary("cos", lambda y, x: -F.sin(x), "Cosine of an angle in radians.", category="trigonometric")
unary(
    "tan",
    lambda y, x: 1 + F.square(y),
    "Tangent of an angle in radians.",
    category="trigonometric",
    domain="unit",
)
# (1 - x)*(1 + x) and not 1 - x**2: no cancellation near 1. It is a row because the product rule
# would have the slope (1 - x) - (1 + x), which cancels near 0
unary(
    "unit_gap",
    lambda y, x: -2 * x,
    "(1 - x)*(1 + x).",
    evaluate=lambda xp, x: (1 - x) * (1 + x),
    category="arithmetic",
    hidden=True,
)
unary(
    "arcsin",
    lambda y, x: 1 / F.sqrt(F.unit_gap(x)),
    "Inverse sine, radians.",
    category="trigonometric",
    domain="unit",
    aliases=("asin",),
)
unary(
    "arccos",
    lambda y, x: -(1 / F.sqrt(F.unit_gap(x))),
    "Inverse cosine, radians.",
    category="trigonometric",
    domain="unit",
    aliases=("acos",),
)
unary(
    "arctan",
    lambda y, x: 1 / (1 + F.square(x)),
    "Inverse tangent, radians.",
    category="trigonometric",
    aliases=("atan",),
)
binary(
    "arctan2",
    (
        lambda z, y, x: x / F.hypot(x, y) / F.hypot(x, y),
        lambda z, y, x: -(y / F.hypot(x, y) / F.hypot(x, y)),
    ),
    "Angle of the point (x=y, y=x) from the positive x axis, radians.",
    category="trigonometric",
    aliases=("atan2",),
    domain="nonzero",
)
unary(
    "deg2rad",
    lambda y, x: math.pi / 180,
    "Degrees to radians.",
    category="trigonometric",
    aliases=("radians",),
)
unary(
    "rad2deg",
    lambda y, x: 180 / math.pi,
    "Radians to degrees.",
    category="trigonometric",
    aliases=("degrees",),
)


@composite(category="trigonometric", examples=("sec(u)",))
def sec(x: Node) -> Node:
    """1/cos(x)."""
    return 1 / F.cos(x)


@composite(category="trigonometric", examples=("csc(p)",))
def csc(x: Node) -> Node:
    """1/sin(x)."""
    return 1 / F.sin(x)


@composite(category="trigonometric", examples=("cot(p)",))
def cot(x: Node) -> Node:
    """1/tan(x)."""
    return 1 / F.tan(x)


# ----- hyperbolic ---------------------------------------------------------------------------------


def _sech(xp: Any, x: Any) -> Any:
    if xp.iscomplexobj(x):
        return 1 / xp.cosh(x)
    # exp(-|x|) cannot overflow
    e = xp.exp(-abs(x))
    return 2 * e * xp.reciprocal(1 + e * e)


def _hypotenuse(x: Node) -> Node:
    return F.sqrt(1 + F.square(x)) if x.dtype.kind == "c" else F.hypot(1, x)


unary("sinh", lambda y, x: F.cosh(x), "Hyperbolic sine.", category="hyperbolic")
unary("cosh", lambda y, x: F.sinh(x), "Hyperbolic cosine.", category="hyperbolic")


def _tanh_slope(y: Node, x: Node) -> Node:
    # complex cosh overflows where tanh is +-1 to the last digit
    return 1 - F.square(y) if x.dtype.kind == "c" else F.square(F.sech(x))


# sech(x)**2 keeps the tail that 1 - tanh(x)**2 rounds away from x = 20 on
unary("tanh", _tanh_slope, "Hyperbolic tangent.", category="hyperbolic")
Elementwise(
    "sech",
    lambda x: ((x,), {}),
    _sech,
    d=(lambda y, x: -(y * F.tanh(x)),),
    doc="1/cosh(x).",
    category="hyperbolic",
)
unary(
    "arcsinh",
    lambda y, x: 1 / _hypotenuse(x),
    "Inverse hyperbolic sine.",
    category="hyperbolic",
    aliases=("asinh",),
)
unary(
    "arccosh",
    lambda y, x: 1 / F.sqrt(x - 1) / F.sqrt(x + 1),
    "Inverse hyperbolic cosine.",
    category="hyperbolic",
    domain="above1",
    aliases=("acosh",),
)
unary(
    "arctanh",
    lambda y, x: 1 / F.unit_gap(x),
    "Inverse hyperbolic tangent.",
    category="hyperbolic",
    domain="unit",
    aliases=("atanh",),
)
