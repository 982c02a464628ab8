"""Rows of more functions of single numbers: exponentials, angles, parts, choices and tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index
from diffcli.ops.kinds import Elementwise, Nondifferentiable, composite, row, unary
from diffcli.ops.known import known
from diffcli.ops.reductions import ordered
from diffcli.ops.table import F, lift

# ----- exponentials and logarithms ----------------------------------------------------------------

unary(
    "exp10",
    lambda y, x: y * math.log(10),
    "10**x.",
    evaluate=lambda xp, x: xp.power(10.0, x),
    category="exponential",
)


def _log1mexp(xp: Any, x: Any) -> Any:
    # log(2) divides where each form keeps its digits (Maechler 2012)
    small = x > -math.log(2)
    near = xp.log(-xp.expm1(xp.where(small, x, -1).astype(x.dtype)))
    return xp.where(small, near, xp.log1p(-xp.exp(xp.where(small, -1, x)).astype(x.dtype)))


unary(
    "log1mexp",
    lambda y, x: -1 / F.expm1(-x),
    "log(1 - exp(x)) for x < 0, exact near 0 and far from it.",
    evaluate=lambda xp, x: _log1mexp(xp, _real(xp, x)),
    category="exponential",
    examples=("log1mexp(-p)",),
)
unary(
    "xlogx",
    lambda y, x: F.log(x) + 1,
    "x*log(x), 0 at 0.",
    evaluate=lambda xp, x: xp.special.xlogy(x, x),
    category="exponential",
    domain="positive",
)

# ----- circular and hyperbolic --------------------------------------------------------------------


def _real(xp: Any, x: Any) -> Any:
    if xp.iscomplexobj(x):
        raise TypeError
    x = xp.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float)


def _turned(xp: Any, x: Any) -> Any:
    return x - 2 * xp.rint(x / 2)


def _sinpi(xp: Any, x: Any) -> Any:
    # within a quarter turn of a zero, so that multiples of 1/2 are exact
    r = _turned(xp, _real(xp, x))
    r = xp.where(xp.abs(r) > 0.5, xp.copysign(1, r) - r, r)
    return xp.sin(math.pi * r).astype(r.dtype)


def _cospi(xp: Any, x: Any) -> Any:
    a = xp.abs(_turned(xp, _real(xp, x)))
    return xp.sin(math.pi * (0.5 - a)).astype(a.dtype)


unary(
    "sinpi",
    lambda y, x: math.pi * F.cospi(x),
    "sin(pi*x), exact at multiples of 1/2.",
    evaluate=_sinpi,
    category="trigonometric",
)
unary(
    "cospi",
    lambda y, x: -math.pi * F.sinpi(x),
    "cos(pi*x), exact at multiples of 1/2.",
    evaluate=_cospi,
    category="trigonometric",
)


@composite(category="hyperbolic", examples=("coth(x)",))
def coth(x: Node) -> Node:
    """1/tanh(x)."""
    return 1 / F.tanh(x)


def _csch(xp: Any, x: Any) -> Any:
    if xp.iscomplexobj(x):
        return 1 / xp.sinh(x)
    e = xp.exp(-xp.abs(x))
    return xp.copysign(2 * e / -xp.expm1(-2 * xp.abs(x)), x)


unary(
    "csch",
    lambda y, x: -(y * F.coth(x)),
    "1/sinh(x) without overflow.",
    evaluate=_csch,
    category="hyperbolic",
    domain="nonzero",
)


def _turning(x: Node, axis: int, period: float) -> Node:
    """Where the step from the element before is half a period, but for whole ones."""
    i = axis_index(axis, x.ndim)
    at = F.equal(F.mod(F.diff(x, 1, i) + period / 2, period), 0)
    first = F.zeros_like(x[(*(slice(None),) * i, slice(0, 1))], dtype=bool)
    return F.concatenate([first, at], i)


@composite(
    category="trigonometric",
    examples=("unwrap(3*x)", "unwrap(5*x, axis=0)"),
    kink="jumps are constant",
    kink_at=lambda y, x, discont=None, axis=-1, period=2 * math.pi: _turning(x, axis, period),
)
def unwrap(x: Node, discont: Any = None, axis: int = -1, period: float = 2 * math.pi) -> Node:
    """Angles (radians) with whole periods added, so that neighbours are within half a period."""
    i = axis_index(axis, ordered(x, "unwrap").ndim)
    half = period / 2
    step = F.diff(x, 1, i)
    wrapped = F.mod(step + half, period) - half
    wrapped = F.where(F.logical_and(F.equal(wrapped, -half), F.greater(step, 0)), half, wrapped)
    # a multiple of the period: rounded, it has no derivative
    turns = F.round((wrapped - step) / period)
    limit = half if discont is None else discont
    turns = F.where(F.less(F.abs(step), limit), 0, turns)
    first = F.zeros_like(x[(*(slice(None),) * i, slice(0, 1))])
    return x + period * F.cumsum(F.concatenate([first, turns], i), i)


# ----- parts of numbers ---------------------------------------------------------------------------


Elementwise(
    "scaled_by_power",
    lambda x, n: ((x, n), {}),
    lambda xp, x, n: xp.ldexp(x, n),
    d=(lambda y, x, n: F.ldexp(F.ones_like(x), n), None),
    doc="x * 2**n.",
    category="arithmetic",
    arrays=2,
    hidden=True,
)


@composite(category="arithmetic", arrays=2, examples=("ldexp(x, 3)", "ldexp(x, [1, -2, 3])"))
def ldexp(x: Node, n: Node) -> Node:
    """x * 2**n with an integer n."""
    if n.dtype.kind not in "biu":
        raise DiffcliError("dtype", "the exponent of ldexp must be an integer", hint="write int(n)")
    return F.scaled_by_power(x, n)


Elementwise(
    "binary_exponent",
    lambda x: ((x,), {}),
    lambda xp, x: xp.frexp(x)[1],
    doc="The integer n with abs(x) = m * 2**n, m from 1/2 up to 1.",
    category="arithmetic",
    dtype=lambda x: np.int32,
)


@composite(category="arithmetic", examples=("frexp(x)[0]", "frexp(x)[1]"), method=False)
def frexp(x: Node) -> list[Node]:
    """Mantissa (1/2 up to 1) and exponent: x = mantissa * 2**exponent."""
    n = F.binary_exponent(ordered(x, "frexp"))
    return [F.ldexp(x, -n), n]


@composite(category="arithmetic", examples=("modf(x)[0]", "modf(x)[1]"), method=False)
def modf(x: Node) -> list[Node]:
    """Fractional part and whole part, both with the sign of x."""
    whole = F.trunc(ordered(x, "modf"))
    return [F.where(F.isinf(x), 0, x - whole), whole]


@composite(category="arithmetic", arrays=2, examples=("divmod(x, p)[1]", "divmod(x, p)[0]"))
def divmod_(x: Node, y: Node) -> list[Node]:
    """Quotient rounded down and remainder."""
    return [F.floor_divide(x, y), F.mod(x, y)]


Elementwise(
    "nextafter",
    lambda x, y: ((x, y), {}),
    lambda xp, x, y, **out: xp.nextafter(x, y, **out),
    d=(lambda z, x, y: 1, None),
    doc="The next floating-point number after x towards y; in x it is taken as x itself.",
    holomorphic=False,
    category="rounding",
    arrays=2,
)


@composite(category="arithmetic", arrays=3, examples=("lerp(x, y, u)", "lerp(x, y, 0.3)"))
def lerp(x: Node, y: Node, weight: Node) -> Node:
    """x + weight*(y - x)."""
    return x + weight * (y - x)


# ----- choices ------------------------------------------------------------------------------------


def _listed(values: Any, what: str) -> list[Node]:
    if isinstance(values, Node) and values.ndim:
        return [values[i] for i in range(values.shape[0])]
    if not isinstance(values, list | tuple):
        raise DiffcliError("bad-argument", f"{what} must be a list")
    return [lift(v) for v in values]


@composite(
    category="selection",
    arrays=0,
    method=False,
    examples=("select([x > 0.5, x > 0], [x**2, sin(x)], y)",),
)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Node:
    """The choice of the first condition that holds, or the default."""
    conditions, choices = _listed(condlist, "conditions"), _listed(choicelist, "choices")
    if len(conditions) != len(choices):
        raise DiffcliError("bad-argument", "there must be as many choices as conditions")
    result = lift(default)
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        result = F.where(condition, choice, result)
    return result


@composite(
    category="selection", method=False, examples=("piecewise(x, [x < 0, x > 1], [-x, x**2, 3*x])",)
)
def piecewise(x: Node, condlist: Any, values: Any) -> Node:
    """The value of the last condition that holds; one value more is for where none does."""
    conditions, choices = _listed(condlist, "conditions"), _listed(values, "values")
    result = F.zeros_like(x)
    if len(choices) == len(conditions) + 1:
        result = F.broadcast_to(choices.pop(), x.shape)
    if len(conditions) != len(choices):
        raise DiffcliError(
            "bad-argument", "there must be as many values as conditions, or one more"
        )
    for condition, choice in zip(conditions, choices, strict=True):
        result = F.where(condition, choice, result)
    return result


@composite(category="selection", examples=("nan_to_num(x)", "nan_to_num(where(x > 0, x, nan))"))
def nan_to_num(x: Node, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Node:
    """x with numbers in the place of NaN and the infinities (the largest ones by default)."""
    if x.dtype.kind not in "fc":
        return x
    if x.dtype.kind == "c":
        parts = [F.nan_to_num(part(x), nan, posinf, neginf) for part in (F.real, F.imag)]
        return parts[0] + 1j * parts[1]
    top = float(np.finfo(x.dtype).max)
    finite = F.where(F.isinf(x), F.where(F.greater(x, 0), *_ends(top, posinf, neginf)), x)
    return F.where(F.isnan(x), nan, finite)


def _ends(top: float, posinf: Any, neginf: Any) -> tuple[Any, Any]:
    return (top if posinf is None else posinf, -top if neginf is None else neginf)


@row(
    Nondifferentiable,
    evaluate=lambda xp, x: x,
    shape=lambda x: x.shape,
    batch=lambda y, x, batched, size: y.op.apply(x, {}),
    category="selection",
    aliases=("detach",),
    examples=("x * stop_gradient(sign(real(y)))",),
)
def stop_gradient(x: Node) -> Any:
    """x as a constant: no derivative goes through it."""
    return (x,), {}


@composite(category="complex", arrays=2, aliases=("polar",), examples=("polar_construct(p, x)",))
def polar_construct(x: Node, angle: Node) -> Node:
    """The complex number of a magnitude and an angle (radians)."""
    return x * F.cos(ordered(angle, "an angle")) + 1j * (x * F.sin(angle))


@composite(category="complex", examples=("real_if_close(x)",))
def real_if_close(x: Node, tol: float = 100) -> Node:
    """The real part where all imaginary parts are within tol machine epsilons of 0, or x."""
    if x.dtype.kind != "c":
        return x
    value = known(x, "whether the imaginary parts vanish depends on the values")
    limit = tol * np.finfo(x.dtype).eps if tol > 1 else tol
    return F.real(x) if (np.abs(value.imag) < limit).all() else x


# ----- tests of numbers ---------------------------------------------------------------------------

TEST: dict[str, Any] = {"category": "logic"}

Elementwise(
    "bitwise_xor",
    lambda x, y: ((x, y), {}),
    lambda xp, a, b, **out: xp.bitwise_xor(a, b, **out),
    doc="x ^ y of booleans or integers.",
    arrays=2,
    domain="integer",
    **TEST,
)


@composite(examples=("isposinf(x)",), **TEST)
def isposinf(x: Node) -> Node:
    """x is positive infinity."""
    return F.logical_and(F.isinf(x), F.greater(x, 0))


@composite(examples=("isneginf(x)",), **TEST)
def isneginf(x: Node) -> Node:
    """x is negative infinity."""
    return F.logical_and(F.isinf(x), F.less(x, 0))


@composite(examples=("iscomplex(x)",), **TEST)
def iscomplex(x: Node) -> Node:
    """The imaginary part is not 0."""
    return F.not_equal(F.imag(x), 0)


@composite(examples=("isreal(x)",), **TEST)
def isreal(x: Node) -> Node:
    """The imaginary part is 0."""
    return F.equal(F.imag(x), 0)


@composite(arrays=2, examples=("array_equal(x, y)",), **TEST)
def array_equal(x: Node, y: Node) -> Node:
    """Whether shapes and all elements are the same."""
    return F.all(F.equal(x, y)) if x.shape == y.shape else lift(np.asarray(False))
