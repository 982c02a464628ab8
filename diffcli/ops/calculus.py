"""Rows of NumPy's numerical calculus: more elementwise functions, choices, integrals and slopes of
samples, interpolation, polynomials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index, axis_tuple, show, whole
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


# ----- integrals and slopes of samples ------------------------------------------------------------


@composite(
    category="calculus",
    aliases=("trapz",),
    examples=("trapezoid(x)", "trapezoid(x, dx=s)", "trapezoid(y, x=cumsum(v))"),
)
def trapezoid(y: Node, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Node:
    """Integral of samples y at the places x, or at equal distances dx, by trapezoids."""
    i = axis_index(axis, y.ndim)
    lead = (slice(None),) * i
    middle = (y[(*lead, slice(1, None))] + y[(*lead, slice(None, -1))]) / 2
    if x is None:
        return F.sum(middle * lift(dx), i)
    places = lift(x)
    if places.ndim == 1:
        places = F.reshape(places, (-1, *(1,) * (y.ndim - i - 1)))
        return F.sum(middle * F.diff(places, 1, 0), i)
    return F.sum(middle * F.diff(places, 1, axis), i)


def _slopes(f: Node, spacing: Any, axis: int, edge_order: int) -> Node:
    """Second-order differences inside, first- or second-order ones at both ends."""
    n = f.shape[axis]
    if n < edge_order + 1:
        raise DiffcliError("shape", f"gradient needs at least {edge_order + 1} samples")

    def part(*bounds: Any) -> Node:
        return f[(*(slice(None),) * axis, slice(*bounds))]

    h = lift(spacing)
    if h.ndim == 0:
        steps = F.broadcast_to(h, (n - 1,))
    elif h.shape == (n,):
        steps = F.diff(h)
    else:
        raise DiffcliError("shape", f"coordinates of shape {show(h.shape)} do not fit {n} samples")
    steps = F.reshape(steps, (-1, *(1,) * (f.ndim - axis - 1)))
    a, b = steps[:-1], steps[1:]
    forward = (part(1, None) - part(None, -1)) / steps
    between = [slice(None)] * axis
    left, right = (
        forward[(*between, slice(None, -1))],
        forward[(*between, slice(1, None))],
    )
    inside = (left * b + right * a) / (a + b)
    first, last = forward[(*between, slice(0, 1))], forward[(*between, slice(-1, None))]
    if edge_order == 2:
        # the parabola through three samples, at its ends
        a, b, y, z = steps[:1], steps[1:2], steps[-1:], steps[-2:-1]
        first = first + (first - forward[(*between, slice(1, 2))]) * a / (a + b)
        last = last + (last - forward[(*between, slice(-2, -1))]) * y / (y + z)
    return F.concatenate([first, inside, last], axis)


@composite(
    category="calculus",
    method=False,
    examples=(
        "gradient(v)",
        "gradient(x, s, axis=1)",
        "gradient(A, cumsum(p[0]), axis=0, edge_order=2)",
        "gradient(x)[0]",
    ),
)
def gradient(x: Node, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of samples along each axis (a list for several) by differences, as NumPy has them."""
    axes = axis_tuple(axis, x.ndim)
    if edge_order not in (1, 2):
        raise DiffcliError("bad-argument", "edge_order must be 1 or 2")
    steps = spacing or (1.0,)
    if len(steps) == 1:
        steps *= len(axes)
    if len(steps) != len(axes):
        raise DiffcliError("bad-argument", f"there are {len(steps)} spacings for {len(axes)} axes")
    slopes = [_slopes(x, h, i, edge_order) for h, i in zip(steps, axes, strict=True)]
    return slopes[0] if len(slopes) == 1 else slopes


@composite(
    category="calculus",
    arrays=3,
    examples=("interp(x, cumsum(p[0]), v)", "interp(x, [-1, 0, 1], v, left=0, right=t)"),
    kink="at the places of the samples the slope to the right",
)
def interp(x: Node, xp: Node, fp: Node, left: Any = None, right: Any = None) -> Node:
    """The samples fp at ascending places xp, interpolated linearly at x; constant outside."""
    if xp.ndim != 1 or xp.shape != fp.shape or xp.size == 0:
        raise DiffcliError("shape", "interp needs two vectors of samples with the same length")
    n = xp.size
    below = fp[0] if left is None else lift(left)
    above = fp[-1] if right is None else lift(right)
    if n == 1:
        inner = F.broadcast_to(fp[0], x.shape)
    else:
        i = F.clip(F.searchsorted(xp, x, "right") - 1, 0, n - 2)
        x0, x1, f0, f1 = (F.take(a, k) for a in (xp, fp) for k in (i, i + 1))
        inner = f0 + (x - x0) * ((f1 - f0) / (x1 - x0))
    inner = F.where(F.less(x, xp[0]), below, inner)
    at_last = F.where(F.equal(x, xp[-1]), fp[-1], above)
    y = F.where(F.greater_equal(x, xp[-1]), at_last, inner)
    return F.kinked(y, F.any(F.equal(F.expand_dims(x, -1), xp), -1), "interp", x, xp)


@composite(category="calculus", examples=("ediff1d(x)", "ediff1d(v, to_end=s)"))
def ediff1d(x: Node, to_end: Any = None, to_begin: Any = None) -> Node:
    """Differences of neighbours of the flattened array, with elements put before and after."""
    parts = [F.ravel(lift(p)) for p in (to_begin,) if p is not None]
    parts.append(F.diff(F.ravel(x)))
    parts += [F.ravel(lift(p)) for p in (to_end,) if p is not None]
    return F.concatenate(parts) if len(parts) > 1 else parts[0]


# ----- polynomials, coefficients of the highest power first ---------------------------------------

POLYNOMIAL: dict[str, Any] = {"category": "polynomial", "method": False}


def _coefficients(p: Node) -> Node:
    if p.ndim > 1:
        raise DiffcliError("shape", f"a polynomial is a vector, not of shape {show(p.shape)}")
    return F.ravel(p)


def _order(m: int) -> int:
    if not 0 <= whole(m, "an order") <= 1000:  # each is a step of the graph
        raise DiffcliError("bad-argument", f"an order is an integer from 0 to 1000, not {m}")
    return m


@composite(arrays=2, examples=("polyval(v, x)", "polyval([1, 2, 3], x)"), **POLYNOMIAL)
def polyval(p: Node, x: Node) -> Node:
    """Value of a polynomial at x by Horner's rule; p has the highest power first."""
    p = _coefficients(p)
    y: Node = F.zeros_like(x) * 0 if p.size == 0 else F.zeros_like(x) + p[0]
    for k in range(1, p.size):
        y = y * x + p[k]
    return y


@composite(examples=("polyder(v)", "polyder(v, 2)"), **POLYNOMIAL)
def polyder(p: Node, m: int = 1) -> Node:
    """Coefficients of the m-th derivative of a polynomial."""
    p = _coefficients(p)
    for _ in range(min(_order(m), p.size)):
        powers = np.arange(p.size - 1, 0, -1.0)
        p = p[:-1] * lift(powers.astype(p.dtype) if p.dtype.kind == "f" else powers)
    return p


@composite(examples=("polyint(v)", "polyint(v, 2, k=s)"), **POLYNOMIAL)
def polyint(p: Node, m: int = 1, k: Any = 0) -> Node:
    """Coefficients of the m-th antiderivative of a polynomial, with the constants k."""
    p, constants = _coefficients(p), F.ravel(lift(k))
    m = _order(m)
    if constants.size not in (1, m):
        raise DiffcliError("bad-argument", f"polyint needs 1 or {m} constants")
    for i in range(m):
        powers = np.arange(p.size, 0, -1.0)
        p = p / lift(powers.astype(p.dtype) if p.dtype.kind == "f" else powers)
        c = constants[i if constants.size > 1 else 0]
        p = F.concatenate([p, F.reshape(F.astype(c, p.dtype) if c.dtype != p.dtype else c, 1)])
    return p


@composite(arrays=2, examples=("polyadd(v, x[0, :2])",), **POLYNOMIAL)
def polyadd(p: Node, q: Node) -> Node:
    """Coefficients of the sum of two polynomials."""
    p, q = _coefficients(p), _coefficients(q)
    n = max(p.size, q.size)
    return F.zero_pad(p, ((n - p.size, 0),)) + F.zero_pad(q, ((n - q.size, 0),))


@composite(arrays=2, examples=("polymul(v, x[0, :2])",), **POLYNOMIAL)
def polymul(p: Node, q: Node) -> Node:
    """Coefficients of the product of two polynomials."""
    return F.convolve(_coefficients(p), _coefficients(q))


@composite(examples=("poly(v)",), **POLYNOMIAL)
def poly(x: Node) -> Node:
    """Coefficients of the polynomial with the given roots."""
    roots = _coefficients(x)
    p: Node = F.ones_like(roots[:1]) if roots.size else F.ones(1)
    for k in range(roots.size):
        factor = F.concatenate([F.ones_like(roots[:1]), -roots[k : k + 1]])
        p = F.convolve(p, factor)
    return p


@composite(arrays=2, examples=("polyfit(v, w, 1)", "polyfit(cumsum(p[0]), w, 2)"), **POLYNOMIAL)
def polyfit(x: Node, y: Node, deg: int) -> Node:
    """Coefficients of the polynomial of a degree that fits samples with the least squares."""
    if x.ndim != 1 or y.shape[:1] != x.shape:
        raise DiffcliError("shape", "polyfit takes places and as many samples")
    columns = F.vander(x, deg + 1)
    # columns of length 1, as NumPy scales them
    size = F.norm(columns, axis=0)
    fit = F.lstsq(columns / size, y)
    fit = fit[0] if isinstance(fit, list | tuple) else fit
    return fit / (size if y.ndim == 1 else F.expand_dims(size, 1))


@composite(examples=("roots([1.0, 0, -2])", "roots(p[0] - [0, 0, 4])"), **POLYNOMIAL)
def roots(p: Node) -> Node:
    """Roots of a polynomial with the highest power first, which must not be 0: eigenvalues of its
    companion matrix."""
    p = _coefficients(p)
    n = p.size - 1
    if n < 1:
        return F.zeros(0, dtype="complex128")
    top = F.reshape(-p[1:] / p[0], (1, n))
    return F.eigvals(F.concatenate([top, F.astype(F.eye(n - 1, n), top.dtype)], 0))


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
