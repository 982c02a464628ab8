"""Rows of special functions: error, gamma and Bessel functions and what is made of them.

Derivatives that cancel where they are small have primitives of their own, evaluated by a series or
a continued fraction: those of erfcx, sinc and log_ndtr.
"""

from __future__ import annotations

import math
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import whole
from diffcli.ops.kinds import Elementwise, binary, composite, row, unary
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F, lift, lookup

SQRT_PI = math.sqrt(math.pi)
SQRT_2PI = math.sqrt(2 * math.pi)


def real_only(xp: Any, x: Any) -> Any:
    """x; raises TypeError, as ufuncs do, where it is complex."""
    if xp.iscomplexobj(x):
        raise TypeError
    return x


def scipy_ufunc(name: str) -> Any:
    """The function `name` of the namespace's `special`, as an `evaluate` rule."""

    def evaluate(xp: Any, *arrays: Any, **out: Any) -> Any:
        return getattr(xp.special, name)(*arrays, **out)

    evaluate.takes_out = True  # type: ignore[attr-defined]
    return evaluate


def _special(name: str, d: Any, doc: str, **stated: Any) -> None:
    stated.setdefault("evaluate", scipy_ufunc(name))
    stated.setdefault("category", "special")
    (binary if isinstance(d, tuple) else unary)(name, d, doc, **stated)


def derivative_order(order: Any) -> int:
    """The order of a row that serves the derivatives of another; raises `bad-argument`."""
    if not 0 <= whole(order, "an order") <= 200:
        raise DiffcliError("bad-argument", "an order is an integer from 0 to 200")
    return int(order)


def _hidden(name: str, evaluate: Any, d: Any, doc: str) -> None:
    """A hidden row of a function with an integer order, F.name(x, order)."""
    Elementwise(
        name,
        lambda x, order: ((x,), {"order": derivative_order(order)}),
        evaluate,
        d=(d,),
        doc=doc,
        category="special",
        hidden=True,
    )


# ----- error functions ----------------------------------------------------------------------------

_special(
    "erf",
    lambda y, x: 2 / SQRT_PI * F.exp(-F.square(x)),
    "Error function: 2/sqrt(pi) times the integral of exp(-t**2) from 0 to x.",
)
_special("erfc", lambda y, x: -2 / SQRT_PI * F.exp(-F.square(x)), "1 - erf(x), exact for large x.")
_special(
    "erfcx",
    lambda y, x: 2 * x * y - 2 / SQRT_PI if x.dtype.kind == "c" else F.erfcx_derivative(x, order=1),
    "exp(x**2)*erfc(x).",
)
_special("erfinv", lambda y, x: SQRT_PI / 2 * F.exp(F.square(y)), "Inverse of erf.", domain="unit")
_special(
    "erfcinv", lambda y, x: -SQRT_PI / 2 * F.exp(F.square(y)), "Inverse of erfc.", domain="open01"
)


def _integral_ratio(xp: Any, t: Any, n: int) -> Any:
    """i^n erfc(t) / i^(n-1) erfc(t), the ratio of repeated integrals of erfc, for t >= 1.4.

    The continued fraction of DLMF 7.18(v); 100 terms are enough for 1e-16 from t = 1.4 on.
    """
    last = n + 100
    ratio = 1 / (t + xp.sqrt(xp.square(t) + 2 * last))
    for k in range(last - 1, n - 1, -1):
        ratio = 0.5 / (t + (k + 1) * ratio)
    return ratio


def _erfcx_derivative(xp: Any, x: Any, order: int) -> Any:
    # (-2)**n n! exp(x**2) i^n erfc(x). The recurrence in n is stable for x below about 1; beyond,
    # the continued fraction gives the ratio of neighbours and the recurrence runs downwards
    first = xp.special.erfcx(x)
    far = x >= 1.4
    t = xp.where(far, x, 2.0) * 1.0
    ratio = _integral_ratio(xp, t, order)
    product = ratio
    for k in range(order - 1, 0, -1):
        ratio = 0.5 / (t + (k + 1) * ratio)
        product = product * ratio
    near = xp.where(far, 0.0, x) * 1.0
    before, now = 2 / SQRT_PI, xp.where(far, 1.0, first)
    for k in range(1, order + 1):
        before, now = now, (before - 2 * near * now) / (2 * k)
    return (-2.0) ** order * math.factorial(order) * xp.where(far, first * product, now)


_hidden(
    "erfcx_derivative",
    _erfcx_derivative,
    lambda y, x, order: F.erfcx_derivative(x, order=order + 1),
    "Derivative of erfcx of an order from 1 on.",
)

# ----- normal distribution ------------------------------------------------------------------------

_special(
    "ndtr",
    lambda y, x: F.exp(-0.5 * F.square(x)) / SQRT_2PI,
    "Standard normal distribution function: (1 + erf(x/sqrt(2)))/2.",
)
_special(
    "log_ndtr",
    lambda y, x: F.normal_hazard(x),
    "Logarithm of the standard normal distribution function.",
)
_special(
    "ndtri",
    lambda y, x: SQRT_2PI * F.exp(0.5 * F.square(y)),
    "Quantile of the standard normal distribution, the inverse of ndtr.",
    domain="open01",
)


def _hazard(xp: Any, x: Any) -> Any:
    return math.sqrt(2 / math.pi) / xp.special.erfcx(x * -math.sqrt(0.5))


def _hazard_gap(xp: Any, x: Any) -> Any:
    # x + density/distribution; about -1/x far to the left, where the two cancel
    left = x < -2
    t = xp.where(left, x, -3.0) * -math.sqrt(0.5)
    return xp.where(left, math.sqrt(2) * _integral_ratio(xp, t, 1), x + _hazard(xp, x))


unary(
    "normal_hazard",
    lambda y, x: -(y * F.normal_hazard_gap(x)),
    "Normal density over distribution function, the derivative of log_ndtr.",
    evaluate=_hazard,
    category="special",
    hidden=True,
)
unary(
    "normal_hazard_gap",
    lambda y, x: 1 - F.normal_hazard(x) * y,
    "x plus normal density over distribution function.",
    evaluate=_hazard_gap,
    category="special",
    hidden=True,
)

# ----- gamma and beta -----------------------------------------------------------------------------


def _gammaln(xp: Any, x: Any) -> Any:
    return (xp.special.loggamma if xp.iscomplexobj(x) else xp.special.gammaln)(x)


_special(
    "gammaln",
    lambda y, x: F.digamma(x),
    "log(abs(gamma(x))); the analytic logarithm of gamma for complex x.",
    evaluate=_gammaln,
    aliases=("lgamma", "loggamma"),
    domain="positive",
)
_special(
    "gamma",
    lambda y, x: y * F.digamma(x),
    "Gamma function; gamma(n + 1) is n factorial.",
    domain="positive",
)
_special(
    "digamma",
    lambda y, x: F.polygamma(1, x),
    "Derivative of the logarithm of gamma.",
    evaluate=scipy_ufunc("psi"),
    aliases=("psi",),
    domain="positive",
)


def _polygamma(xp: Any, x: Any, n: int) -> Any:
    return (-1.0) ** (n + 1) * math.gamma(n + 1.0) * xp.special.zeta(n + 1.0, x)


@row(
    Elementwise,
    evaluate=_polygamma,
    d=(lambda y, x, n: F.polygamma(n + 1, x),),
    category="special",
    domain="positive",
    arrays=0,
    examples=("polygamma(1, p)", "polygamma(2, p)"),
    method=False,
)
def polygamma(n: Any, x: Any) -> Any:
    """Derivative of digamma of order n >= 1 (digamma itself for n = 0)."""
    if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n < 170:
        raise DiffcliError(
            "bad-argument", "the order of polygamma must be an integer from 0 to 169"
        )
    if n == 0:
        raise DiffcliError("bad-argument", "polygamma(0, x) is digamma(x)", hint="write digamma(x)")
    return (lift(x),), {"n": n}


@composite(category="special", examples=("trigamma(p)",))
def trigamma(x: Node) -> Node:
    """Derivative of digamma."""
    return F.polygamma(1, x)


BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _polygamma_gap(xp: Any, x: Any, h: Any, order: int) -> Any:
    # for positive arguments a recurrence up, then the asymptotic series (DLMF 5.15.8), term by
    # term a difference 1/(x + h)**m - 1/x**m in which nothing cancels
    inside = (x > 0) & (x + h > 0)
    at, by = xp.where(inside, x, 1) * 1.0, xp.where(inside, h, 0) * 1.0
    sign, total = (-1.0) ** order, 0.0
    for _ in range(12 + 2 * order):
        total = total - sign * math.factorial(order) * _gap(at, by, order + 1)[-1]
        at = at + 1
    if order == 0:
        series = -xp.log1p(by / at)
    else:
        series = math.factorial(order - 1) * _gap(at, by, order)[-1]
    gaps = _gap(at, by, order + 2 * len(BERNOULLI))
    series = series + math.factorial(order) / 2 * gaps[order]
    for k, bernoulli in enumerate(BERNOULLI, 1):
        weight = bernoulli * math.factorial(2 * k + order - 1) / math.factorial(2 * k)
        series = series + weight * gaps[2 * k + order - 1]
    total = total - sign * series
    far = (xp.special.psi(v) if order == 0 else _polygamma(xp, v, order) for v in (x + h, x))
    return total if inside.all() else xp.where(inside, total, next(far) - next(far))


def _gap(x: Any, h: Any, most: int) -> list[Any]:
    """1/(x + h)**m - 1/x**m for m from 1 to `most`."""
    s, r = 1 / x, 1 / (x + h)
    first, power, between = -h * s * r, s, 1.0
    gaps = [first]
    for _ in range(most - 1):
        between = r * between + power
        power = power * s
        gaps.append(first * between)
    return gaps


Elementwise(
    "polygamma_gap",
    lambda x, h, order=0: ((x, h), {"order": derivative_order(order)}),
    _polygamma_gap,
    d=(
        lambda y, x, h, order: F.polygamma_gap(x, h, order=order + 1),
        lambda y, x, h, order: F.polygamma(order + 1, x + h),
    ),
    doc="polygamma(order, x + h) - polygamma(order, x), exact for small h and for large x.",
    category="special",
    domain="positive",
    arrays=2,
    hidden=True,
)
_special(
    "beta",
    (
        lambda y, a, b: -(y * F.polygamma_gap(a, b)),
        lambda y, a, b: -(y * F.polygamma_gap(b, a)),
    ),
    "gamma(x)*gamma(y)/gamma(x + y).",
    domain="positive",
)
_special(
    "betaln",
    (
        lambda y, a, b: -F.polygamma_gap(a, b),
        lambda y, a, b: -F.polygamma_gap(b, a),
    ),
    "log(abs(beta(x, y))).",
    domain="positive",
)

# ----- products with logarithms -------------------------------------------------------------------


def _times_log(log: str) -> Any:
    def evaluate(xp: Any, x: Any, y: Any) -> Any:
        # 0 times any logarithm is 0, that of nan excepted
        absent = (x == 0) & ~xp.isnan(y)
        return x * getattr(xp, log)(xp.where(absent, 1, y))

    return evaluate


_xlogy, _xlog1py = _times_log("log"), _times_log("log1p")


def _at_edge(x: Node, y: Node, edge: int) -> Node:
    beyond = F.equal(y, edge) if y.dtype.kind == "c" else F.less_equal(y, edge)
    return F.logical_and(F.equal(x, 0), beyond)


_special(
    "xlogy",
    (
        # x*log(x) itself has the slope -inf at 0
        lambda z, x, y: (
            F.log(y) if x is y else F.where(_at_edge(x, y, 0), 0, F.log(F.astype(y, z.dtype)))
        ),
        lambda z, x, y: F.where(F.logical_and(F.equal(x, 0), F.equal(y, 0)), 0, x / y),
    ),
    "x*log(y), and 0 where x is 0.",
    examples=("xlogy(p, q)", "xlogy(p, p)"),
    evaluate=_xlogy,
    domain="positive",
    kink="0 at x = 0, y <= 0",
    kink_at=lambda g, z, x, y: None if x is y else _at_edge(x, y, 0),
)
_special(
    "xlog1py",
    (
        lambda z, x, y: F.where(_at_edge(x, y, -1), 0, F.log1p(F.astype(y, z.dtype))),
        lambda z, x, y: F.where(F.logical_and(F.equal(x, 0), F.equal(y, -1)), 0, x / (1 + y)),
    ),
    "x*log(1 + y), and 0 where x is 0.",
    evaluate=_xlog1py,
    domain="positive",
    kink="0 at x = 0, y <= -1",
    kink_at=lambda g, z, x, y: _at_edge(x, y, -1),
)


def _power_density(xp: Any, x: Any, a: Any, b: Any, t: Any) -> Any:
    return xp.exp(_xlogy(xp, a, x) + _xlog1py(xp, b, -x) + t)


def _is_number(a: Node) -> bool:
    return a.op is CONSTANT and a.weak


def _lowered(a: Node, lowered: Node) -> Node:
    """a times a power with one less in the exponent, and 0 where a is."""
    term = a * lowered
    return term if _is_number(a) else F.where(F.equal(a, 0), 0, term)


def _power_density_slope(y: Node, x: Node, a: Node, b: Node, t: Node) -> Node:
    # at an edge y/x would be 0/0: there each factor keeps its own power
    rise = _lowered(a, F.power_density(x, a - 1, b, t))
    if _is_number(b) and b.params["value"] == 0:
        return F.where(F.equal(x, 0), rise, y * (a / x))
    fall = _lowered(b, F.power_density(x, a, b - 1, t))
    edge = F.logical_or(F.equal(x, 0), F.equal(x, 1))
    return F.where(edge, rise - fall, y * (a / x - b / (1 - x)))


Elementwise(
    "power_density",
    lambda x, a, b, t: ((x, a, b, t), {}),
    _power_density,
    d=(
        _power_density_slope,
        lambda y, x, a, b, t: F.where(F.equal(y, 0), 0, y * F.log(F.astype(x, y.dtype))),
        lambda y, x, a, b, t: F.where(F.equal(y, 0), 0, y * F.log1p(-F.astype(x, y.dtype))),
        lambda y, x, a, b, t: y,
    ),
    doc="x**a*(1 - x)**b*exp(t) without overflow, where 0**0 is 1; b is 0 for densities on x > 0.",
    category="special",
    arrays=4,
    hidden=True,
)


def _entr(xp: Any, x: Any) -> Any:
    inside = 0 - x * xp.log(xp.where(x > 0, x, 1))
    return xp.where(x < 0, -math.inf, inside)


unary(
    "entr",
    lambda y, x: -F.log(x) - 1,
    "-x*log(x), 0 at 0 and -inf below.",
    evaluate=_entr,
    category="special",
    domain="positive",
)


@row(
    Elementwise,
    evaluate=scipy_ufunc("logit"),
    d=(lambda y, x: 1 / x + 1 / (1 - x),),
    category="special",
    domain="open01",
    examples=("logit(sigmoid(x))", "logit(u, eps=0.1)"),
)
def logit(x: Node, eps: float | None = None) -> Any:
    """log(x/(1 - x)), the inverse of sigmoid; x is clipped to eps and 1 - eps if given."""
    return (x if eps is None else F.clip(x, eps, 1 - eps),), {}


# ----- sinc ---------------------------------------------------------------------------------------


def _sinc_derivative(xp: Any, x: Any, order: int) -> Any:
    # s = sin(z)/z has z s^(n) + n s^(n-1) = sin^(n)(z), which is unstable for small z: there the
    # Taylor series, whose terms are all below 1
    z = math.pi * x
    small = xp.abs(z) < 2 + order
    inside, outside = xp.where(small, z, 0), xp.where(small, 1, z)
    start, terms = (order + 1) // 2, 14 + 2 * order
    square, series = xp.square(inside), 0.0
    for k in range(start + terms, start - 1, -1):
        series = series * square + (-1.0) ** k * (
            math.factorial(2 * k) / math.factorial(2 * k - order) / math.factorial(2 * k + 1)
        )
    series = series * inside + 0.0 if order % 2 else series  # no negative zero at 0
    sine, cosine = xp.sin(outside), xp.cos(outside)
    s = sine / outside
    for k in range(1, order + 1):
        s = ((sine, cosine, -sine, -cosine)[k % 4] - k * s) / outside
    return math.pi**order * xp.where(small, series, s)


unary(
    "sinc",
    lambda y, x: F.sinc_derivative(x, order=1),
    "sin(pi*x)/(pi*x), 1 at 0.",
    evaluate=lambda xp, x: xp.sinc(x),
    category="trigonometric",
)
_hidden(
    "sinc_derivative",
    _sinc_derivative,
    lambda y, x, order: F.sinc_derivative(x, order=order + 1),
    "Derivative of sinc of an order from 1 on.",
)

# ----- Bessel functions ---------------------------------------------------------------------------


def _bessel(kind: str, order: int, x: Node) -> Node:
    if order < 2:
        return lookup(f"{kind}{order}")(x)
    return lookup(f"bessel_{kind}")(x, order=order)


_special("j0", lambda y, x: -F.j1(x), "Bessel function of the first kind and order 0.")
_special(
    "j1",
    lambda y, x: 0.5 * (F.j0(x) - _bessel("j", 2, x)),
    "Bessel function of the first kind and order 1.",
)
_hidden(
    "bessel_j",
    lambda xp, x, order: xp.special.jv(order, x),
    lambda y, x, order: 0.5 * (_bessel("j", order - 1, x) - _bessel("j", order + 1, x)),
    "Bessel function of the first kind and an integer order from 2 on.",
)
_special("i0", lambda y, x: F.i1(x), "Modified Bessel function of the first kind and order 0.")
_special(
    "i1",
    lambda y, x: 0.5 * (F.i0(x) + _bessel("i", 2, x)),
    "Modified Bessel function of the first kind and order 1.",
)
_hidden(
    "bessel_i",
    lambda xp, x, order: xp.special.iv(order, x),
    lambda y, x, order: 0.5 * (_bessel("i", order - 1, x) + _bessel("i", order + 1, x)),
    "Modified Bessel function of the first kind and an integer order from 2 on.",
)


def _scaled_i(order: int, x: Node) -> Node:
    return F.bessel_ie(x, order=order) if order > 1 else (F.i1e if order else F.i0e)(x)


_special(
    "i0e",
    lambda y, x: F.i1e(x) - F.sign(x) * y,
    "exp(-abs(x))*i0(x).",
    kink="0 at 0",
    kink_at=lambda g, y, x: F.equal(x, 0),
)
_special(
    "i1e",
    lambda y, x: 0.5 * (F.i0e(x) + _scaled_i(2, x)) - F.sign(x) * y,
    "exp(-abs(x))*i1(x).",
)
_hidden(
    "bessel_ie",
    lambda xp, x, order: xp.special.ive(order, x),
    lambda y, x, order: 0.5 * (_scaled_i(order - 1, x) + _scaled_i(order + 1, x)) - F.sign(x) * y,
    "exp(-abs(x)) times the modified Bessel function of an integer order from 2 on.",
)
