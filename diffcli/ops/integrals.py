"""Rows of elliptic integrals, Dawson's and Owen's functions, and those of Lambert and Faddeeva."""

from __future__ import annotations

import math
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise, binary, composite, row, unary
from diffcli.ops.special import SQRT_PI, derivative_order, scipy_ufunc
from diffcli.ops.stencil import slope_rule
from diffcli.ops.table import F, lift

# ----- elliptic integrals -------------------------------------------------------------------------


def _elliptic_derivative(xp: Any, m: Any, kind: str, order: int) -> Any:
    # pi/2 F(-+1/2, 1/2; 1; m): near 0 the series of the derivative, elsewhere the differential
    # equation of the hypergeometric function, whose terms cancel near 0
    a, b = (0.5, 0.5) if kind == "k" else (-0.5, 0.5)
    near = xp.abs(m) < 0.5
    inner, outer = xp.where(near, m, 0.0), xp.where(near, 0.5, m)
    factor = math.pi / 2
    for k in range(order):
        factor *= (a + k) * (b + k) / (1 + k)
    series = factor * xp.special.hyp2f1(a + order, b + order, 1 + order, inner)
    first, second = xp.special.ellipk(outer), xp.special.ellipe(outer)
    rest = 1 - outer
    if kind == "k":
        y, slope = first, (second - rest * first) / (2 * outer * rest)
    else:
        y, slope = second, (second - first) / (2 * outer)
    for k in range(order - 1):
        bend = (a + k) * (b + k) * y - (1 + k - (a + b + 2 * k + 1) * outer) * slope
        y, slope = slope, bend / (outer * rest)
    value = xp.where(near, series, slope)
    return value.astype(m.dtype) if getattr(m, "dtype", None) == xp.float32 else value


@row(
    Elementwise,
    evaluate=_elliptic_derivative,
    d=(lambda y, m, kind, order: F.elliptic_derivative(m, kind=kind, order=order + 1),),
    category="special",
    hidden=True,
)
def elliptic_derivative(m: Node, kind: str, order: int) -> Any:
    """Derivative of ellipk or ellipe of an order from 1 on."""
    return (m,), {"kind": kind, "order": order}


unary(
    "ellipk",
    lambda y, m: F.elliptic_derivative(m, kind="k", order=1),
    "Complete elliptic integral of the first kind, of the parameter x = k**2.",
    evaluate=scipy_ufunc("ellipk"),
    category="special",
    domain="unit",
)
unary(
    "ellipe",
    lambda y, m: F.elliptic_derivative(m, kind="e", order=1),
    "Complete elliptic integral of the second kind, of the parameter x = k**2.",
    evaluate=scipy_ufunc("ellipe"),
    category="special",
    domain="unit",
)


def _ellipkm1_slope(y: Node, p: Node) -> Node:
    near = F.less(p, 0.5)
    a, b = F.where(near, p, 0.5), F.where(near, 1.0, p)
    exact = (a * F.ellipkm1(a) - F.ellipe(1 - a)) / (2 * a * (1 - a))
    return F.where(near, exact, -F.elliptic_derivative(1 - b, kind="k", order=1))


unary(
    "ellipkm1",
    _ellipkm1_slope,
    "ellipk(1 - x), exact for small x.",
    evaluate=scipy_ufunc("ellipkm1"),
    category="special",
    domain="positive",
    holomorphic=False,
)


def _delta(phi: Node, m: Node) -> Node:
    return F.sqrt(1 - m * F.square(F.sin(phi)))


for _name, _d in (
    ("ellipkinc", lambda y, phi, m: 1 / _delta(phi, m)),
    ("ellipeinc", lambda y, phi, m: _delta(phi, m)),
):
    binary(
        _name,
        (_d, slope_rule(_name, 1, 1.0)),
        f"Incomplete elliptic integral of the {'first' if 'k' in _name else 'second'} kind, of "
        "the amplitude x in radians and the parameter y = k**2. The derivative in y is numerical.",
        evaluate=scipy_ufunc(_name),
        category="special",
        domain="unit",
    )

# ----- Dawson, Faddeeva, Owen ---------------------------------------------------------------------

unary(
    "erfi",
    lambda y, x: 2 / SQRT_PI * F.exp(F.square(x)),
    "-1j*erf(1j*x).",
    evaluate=scipy_ufunc("erfi"),
    category="special",
)


def _dawsn_derivative(xp: Any, x: Any, order: int) -> Any:
    # D^(n+1) = -2 x D^(n) - 2 n D^(n-1), whose terms cancel for large x: there the asymptotic
    # series, whose terms decrease up to k = x**2
    far = xp.abs(x) > 8 + 2 * order
    t = xp.where(far, x, 100.0)
    inverse, series, ratio = 1 / xp.square(t), 0.0, 0.5 * (-1.0) ** order * math.factorial(order)
    terms = []
    for k in range(16):
        terms.append(ratio)
        ratio *= (2 * k + 1) * (2 * k + 1 + order) * (2 * k + 2 + order)
        ratio /= 2 * (2 * k + 1) * (2 * k + 2)
    for term in reversed(terms):
        series = series * inverse + term
    # t**-(1 + order) in steps, so that the power keeps the type of x
    for _ in range(order + 1):
        series = series / t
    near = xp.where(far, 0.0, x)
    before = xp.special.dawsn(near)
    now = 1 - 2 * near * before
    for k in range(1, order):
        before, now = now, -2 * near * now - 2 * k * before
    return xp.where(far, series, now) * xp.ones_like(x)


@row(
    Elementwise,
    evaluate=_dawsn_derivative,
    d=(lambda y, x, order: F.dawsn_derivative(x, order=order + 1),),
    category="special",
    hidden=True,
)
def dawsn_derivative(x: Node, order: int) -> Any:
    """Derivative of dawsn of an order from 1 on."""
    return (x,), {"order": derivative_order(order)}


unary(
    "dawsn",
    lambda y, x: 1 - 2 * x * y if x.dtype.kind == "c" else F.dawsn_derivative(x, order=1),
    "Dawson's integral exp(-x**2)*erfi(x)*sqrt(pi)/2.",
    evaluate=scipy_ufunc("dawsn"),
    category="special",
    holomorphic=False,
)
unary(
    "wofz",
    lambda y, z: 2j / SQRT_PI - 2 * z * y,
    "Faddeeva function exp(-x**2)*erfc(-1j*x), which is complex.",
    evaluate=scipy_ufunc("wofz"),
    category="special",
)


def _normal(x: Any) -> Node:
    return F.exp(-0.5 * F.square(x))


binary(
    "owens_t",
    (
        lambda y, h, a: (
            -0.5 / math.sqrt(2 * math.pi) * (F.erf(h * a * math.sqrt(0.5)) * _normal(h))
        ),
        lambda y, h, a: _normal(h) * _normal(h * a) / (2 * math.pi * (1 + F.square(a))),
    ),
    "Owen's T function: probability that X > x and 0 < Y < y*X, for standard normal X and Y.",
    evaluate=scipy_ufunc("owens_t"),
    category="special",
)

# ----- Lambert ------------------------------------------------------------------------------------


BRANCH = (math.exp(-1), -1.2428753672788363e-17)
"""1/e in two parts."""

BRANCH_SERIES = (1, -1 / 3, 11 / 72, -43 / 540, 769 / 17280, -221 / 8505, 680863 / 43545600)


def _lambertw(xp: Any, x: Any, k: int) -> Any:
    if xp.iscomplexobj(x):
        w = xp.special.lambertw(x, k)
        return w.astype(x.dtype) if hasattr(x, "dtype") else w
    wide = xp.asarray(x, dtype=xp.float64)
    inside = (wide >= -BRANCH[0]) & ((wide <= 0) | (k == 0))
    # at the branch point SciPy has nan, and -1 in some neighbourhood for k = -1
    square = 2 * math.e * (wide + BRANCH[0] + BRANCH[1])
    near = square < 4e-4
    root = xp.sqrt(xp.where(near & inside, xp.maximum(square, 0.0), 0.0)) * (1 if k == 0 else -1)
    series = 0.0
    for c in reversed(BRANCH_SERIES):
        series = (series + c) * root
    w = xp.real(xp.special.lambertw(xp.where(near, 1.0, wide), k))
    value = xp.where(inside, xp.where(near, series - 1, w), xp.nan)
    return value.astype(x.dtype) if getattr(x, "dtype", None) == xp.float32 else value


@row(
    Elementwise,
    evaluate=_lambertw,
    d=(lambda w, x, k: F.exp(-w) / (1 + w),),
    category="special",
    arrays=1,
    holomorphic=False,
    where="x >= -1/e",
    examples=("lambertw(x * x)", "lambertw(-0.1 * p, -1)"),
)
def lambertw(x: Any, k: int = 0) -> Any:
    """The w with w*exp(w) = x: for real x the real branches k = 0 and k = -1, nan elsewhere."""
    x = lift(x)
    if not isinstance(k, int) or isinstance(k, bool) or (x.dtype.kind != "c" and k not in (0, -1)):
        raise DiffcliError("bad-argument", "the branch of lambertw must be 0 or -1 for real x")
    return (x,), {"k": k}


# ----- information and robust losses --------------------------------------------------------------

binary(
    "rel_entr",
    (lambda z, x, y: 1 + F.log(x / y), lambda z, x, y: -(x / y)),
    "x*log(x/y), 0 where x is 0.",
    evaluate=scipy_ufunc("rel_entr"),
    category="special",
    domain="positive",
)
binary(
    "kl_div",
    (lambda z, x, y: F.log(x / y), lambda z, x, y: 1 - x / y),
    "x*log(x/y) - x + y. In torch.nn.functional the name stands for a loss.",
    evaluate=scipy_ufunc("kl_div"),
    category="special",
    domain="positive",
)


@composite(category="special", examples=("log_expit(x)",))
def log_expit(x: Node) -> Node:
    """log(sigmoid(x)) without overflow."""
    return F.log_sigmoid(x)


@composite(category="special", arrays=2, examples=("huber(0.5, x)",))
def huber(delta: Node, r: Node) -> Node:
    """r**2/2 up to abs(r) = delta, delta*(abs(r) - delta/2) beyond."""
    a = F.abs(r)
    return F.where(F.less_equal(a, delta), 0.5 * F.square(r), delta * (a - 0.5 * delta))


@composite(category="special", arrays=2, examples=("pseudo_huber(p, x)",))
def pseudo_huber(delta: Node, r: Node) -> Node:
    """delta**2*(sqrt(1 + (r/delta)**2) - 1)."""
    # not sqrt(...) - 1, which cancels for small r
    return F.square(r) / (1 + F.hypot(1, r / delta))
