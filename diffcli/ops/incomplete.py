"""Rows of incomplete gamma, beta and elliptic functions, and of integrals without closed form.

Derivatives in shape parameters are numerical where the row says so, see `stencil`.
"""

from __future__ import annotations

import math
from typing import Any

from diffcli.graph.node import Node
from diffcli.ops.bessel import static_order
from diffcli.ops.kinds import Elementwise, binary, composite, row, unary
from diffcli.ops.special import real_only, scipy_ufunc
from diffcli.ops.stencil import tail_slope
from diffcli.ops.table import F, lift


def _unary(name: str, d: Any, doc: str, **stated: Any) -> None:
    stated.setdefault("evaluate", scipy_ufunc(name))
    unary(name, d, doc, category="special", **stated)


def _binary(name: str, d: Any, doc: str, **stated: Any) -> None:
    stated.setdefault("domain", "positive")
    stated.setdefault("evaluate", scipy_ufunc(name))
    binary(name, d, doc, category="special", **stated)


# ----- incomplete gamma ---------------------------------------------------------------------------


def _gamma_density(a: Node, x: Node) -> Node:
    return F.power_density(x, a - 1, 0, -x - F.gammaln(a))


def _gamma_slope(y: Node, a: Node, x: Node) -> Node:
    return tail_slope(F.gammainc, F.gammaincc, y, (a, x), 0)


_binary(
    "gammainc",
    (_gamma_slope, lambda y, a, x: _gamma_density(a, x)),
    "Regularised lower incomplete gamma function P(x, y) of y >= 0. The derivative in x is "
    "numerical.",
)
_binary(
    "gammaincc",
    (lambda y, a, x: -_gamma_slope(F.gammainc(a, x), a, x), lambda y, a, x: -_gamma_density(a, x)),
    "1 - gammainc(x, y), exact for large y. The derivative in x is numerical.",
)
_binary(
    "gammaincinv",
    (
        lambda x, a, p: -(_gamma_slope(F.gammainc(a, x), a, x) / _gamma_density(a, x)),
        lambda x, a, p: 1 / _gamma_density(a, x),
    ),
    "The z with gammainc(x, z) = y. The derivative in x is numerical.",
    domain="open01",
)
_binary(
    "gammainccinv",
    (
        lambda x, a, p: -_gamma_slope(F.gammainc(a, x), a, x) / _gamma_density(a, x),
        lambda x, a, p: -(1 / _gamma_density(a, x)),
    ),
    "The z with gammaincc(x, z) = y. The derivative in x is numerical.",
    domain="open01",
)

# ----- incomplete beta ----------------------------------------------------------------------------


def _beta_density(a: Node, b: Node, x: Node) -> Node:
    return F.power_density(x, a - 1, b - 1, -F.betaln(a, b))


def _beta_slope(i: int, x: Node, a: Node, b: Node) -> Node:
    """Derivative of the quantile x by a or b at a fixed probability."""
    moved = tail_slope(F.betainc, F.betaincc, F.betainc(a, b, x), (a, b, x), i)
    return -(moved / _beta_density(a, b, x))


@row(
    Elementwise,
    evaluate=scipy_ufunc("betainc"),
    d=(
        lambda y, *inputs: tail_slope(F.betainc, F.betaincc, y, inputs, 0),
        lambda y, *inputs: tail_slope(F.betainc, F.betaincc, y, inputs, 1),
        lambda y, a, b, x: _beta_density(a, b, x),
    ),
    category="special",
    arrays=3,
    examples=("betainc(p, q, sigmoid(x))",),
)
def betainc(a: Node, b: Node, x: Node) -> Any:
    """Regularised incomplete beta function of x. The derivatives in a and b are numerical."""
    return (a, b, x), {}


@row(
    Elementwise,
    evaluate=scipy_ufunc("betaincinv"),
    d=(
        lambda x, a, b, p: _beta_slope(0, x, a, b),
        lambda x, a, b, p: _beta_slope(1, x, a, b),
        lambda x, a, b, p: 1 / _beta_density(a, b, x),
    ),
    category="special",
    arrays=3,
    examples=("betaincinv(p, q, sigmoid(x))",),
)
def betaincinv(a: Node, b: Node, y: Node) -> Any:
    """The x with betainc(a, b, x) = y. The derivatives in a and b are numerical."""
    return (a, b, y), {}


@composite(category="special", arrays=3, examples=("betaincc(p, q, sigmoid(x))",))
def betaincc(a: Node, b: Node, x: Node) -> Node:
    """1 - betainc(a, b, x), by its symmetry betainc(b, a, 1 - x)."""
    return F.betainc(b, a, 1 - x)


# ----- Student's distribution function ------------------------------------------------------------


def _student_density(df: Node, t: Node) -> Node:
    spread = F.betaln(0.5 * df, 0.5) + 0.5 * F.log(df)
    return F.exp(-0.5 * (df + 1) * F.log1p(F.square(t) / df) - spread)


def _student_slope(y: Node, df: Node, t: Node) -> Node:
    return tail_slope(F.stdtr, lambda df, t: F.stdtr(df, -t), y, (df, t), 0)


_binary(
    "stdtr",
    (_student_slope, lambda y, df, t: _student_density(df, t)),
    "Distribution function of Student's t with x degrees of freedom at y. The derivative in x is "
    "numerical.",
)


def _stdtrit(xp: Any, df: Any, p: Any) -> Any:
    t = xp.special.stdtrit(df, p)
    return xp.where(p == 0, -xp.abs(t), t)  # SciPy has inf at 0


_binary(
    "stdtrit",
    (
        lambda t, df, p: -(_student_slope(F.stdtr(df, t), df, t) / _student_density(df, t)),
        lambda t, df, p: 1 / _student_density(df, t),
    ),
    "Quantile of Student's t, the inverse of stdtr in y. The derivative in x is numerical.",
    evaluate=_stdtrit,
    domain="open01",
)

# ----- factorials and zeta ------------------------------------------------------------------------


def _rgamma_slope(y: Node, x: Node) -> Node:
    # the reflection formula is regular at the poles of gamma
    left = F.less(x, 0.5)
    a, b = F.where(left, x, 0.0), F.where(left, 1.0, x)
    turn, mirrored = math.pi * a, 1 - a
    reflected = F.cos(turn) - F.sin(turn) / math.pi * F.digamma(mirrored)
    return F.where(left, reflected * F.gamma(mirrored), -(F.rgamma(b) * F.digamma(b)))


_unary(
    "rgamma",
    _rgamma_slope,
    "1/gamma(x), 0 at 0, -1, ...",
    holomorphic=False,
    evaluate=(lambda xp, x: xp.special.rgamma(real_only(xp, x))),
)


def _by_reciprocal(y: Node, p: Node, q: Node, h: Node, mirrored: Node) -> Node:
    """y*(digamma(p) - digamma(q)), p = q + h, for y with the factor rgamma(q).

    Regular at the poles of gamma(q), by the reflection formula; `mirrored` is y with gamma(1 - q)
    in place of rgamma(q).
    """
    reflected = y * (F.digamma(p) - F.digamma(1 - q)) + mirrored * F.cos(math.pi * q)
    return F.where(F.less(q, 0.5), reflected, y * F.polygamma_gap(q, h))


def _poch_slope(y: Node, z: Node, m: Node) -> Node:
    # with a whole number of factors a polynomial in z, also where z and z + m are both poles
    end = z + m
    polynomial = F.logical_and(F.less(end, 0.5), F.equal(m, F.floor(m)))
    mirrored = F.gamma(end) * F.gamma(1 - z)
    return F.where(
        F.logical_and(F.less(z, 0.5), polynomial),
        y * F.polygamma_gap(1 - z, -m),
        _by_reciprocal(y, end, z, m, mirrored),
    )


def _binom_slope(y: Node, n: Node, k: Node, rest: Node) -> Node:
    """The partial in k of the coefficient of n = k + rest over k, at a fixed `rest`."""
    return _by_reciprocal(y, n + 1, k + 1, rest, F.beta(n + 1, -k))


_binary(
    "poch",
    (_poch_slope, lambda y, z, m: y * F.digamma(z + m)),
    "Rising factorial gamma(x + y)/gamma(x).",
)
_binary(
    "binom",
    (
        lambda y, n, k: _binom_slope(y, n, n - k, k),
        lambda y, n, k: _binom_slope(y, n, k, n - k) - _binom_slope(y, n, n - k, k),
    ),
    "Binomial coefficient of real x over y.",
    aliases=("comb",),
)


@composite(category="special", examples=("factorial(p)",))
def factorial(n: Node) -> Node:
    """gamma(n + 1)."""
    return F.gamma(n + 1)


@composite(
    category="special",
    aliases=("mvlgamma",),
    where="a > (d - 1)/2",
    examples=("multigammaln(2 + p, 3)",),
)
def multigammaln(a: Node, d: int) -> Node:
    """Logarithm of the multivariate gamma function of dimension d."""
    d = static_order("multigammaln", d, 1)
    total = F.gammaln(a)
    for i in range(1, d):
        total = total + F.gammaln(a - 0.5 * i)
    return total + 0.25 * d * (d - 1) * math.log(math.pi)


# ----- exponential and trigonometric integrals ----------------------------------------------------

_unary(
    "exp1",
    lambda y, x: -(F.exp(-x) / x),
    "Integral of exp(-t)/t from x to infinity.",
    domain="positive",
    holomorphic=False,
)
_unary(
    "expi",
    lambda y, x: F.exp(x) / x,
    "Principal value of the integral of exp(t)/t up to x.",
    domain="positive",
    holomorphic=False,
)


def _exponential_integral(order: int, x: Node) -> Node:
    if order == 0:
        return F.exp(-x) / x
    return F.exp1(x) if order == 1 else F.exponential_integral(x, order=order)


@row(
    Elementwise,
    evaluate=lambda xp, x, order: xp.special.expn(order, x),
    d=(lambda y, x, order: -_exponential_integral(order - 1, x),),
    category="special",
    hidden=True,
)
def exponential_integral(x: Node, order: int) -> Any:
    """Exponential integral of an order from 2 on."""
    return (x,), {"order": order}


@composite(
    category="special",
    arrays=0,
    method=False,
    aliases=("expint",),
    examples=("expn(0, p)", "expn(1, p)", "expn(3, p)"),
)
def expn(n: Any, x: Any) -> Node:
    """Integral of exp(-x*t)/t**n over t from 1 to infinity."""
    return _exponential_integral(static_order("expn", n), lift(x))


def _part(name: str, i: int) -> Any:
    return lambda xp, x: getattr(xp.special, name)(x)[i]


def _integral(name: str, source: str, i: int, d: Any, doc: str, domain: str = "real") -> None:
    evaluate = _part(source, i)
    _unary(name, d, doc, evaluate=evaluate, hidden=True, domain=domain, holomorphic=False)


_integral("sine_integral", "sici", 0, lambda y, x: F.sinc(x / math.pi), "Sine integral.")
_integral("cosine_integral", "sici", 1, lambda y, x: F.cos(x) / x, "Cosine integral.")
_integral(
    "sinh_integral",
    "shichi",
    0,
    lambda y, x: F.spherical_bessel(x, kind="i", order=0),
    "Hyperbolic sine integral.",
)
_integral("cosh_integral", "shichi", 1, lambda y, x: F.cosh(x) / x, "Hyperbolic cosine integral.")
_integral(
    "fresnel_s", "fresnel", 0, lambda y, x: F.sin(0.5 * math.pi * F.square(x)), "Integral of sine."
)
_integral(
    "fresnel_c",
    "fresnel",
    1,
    lambda y, x: F.cos(0.5 * math.pi * F.square(x)),
    "Integral of cosine.",
)


@composite(category="special", examples=("sici(x)[0]", "sici(p)[1]"))
def sici(x: Node) -> Any:
    """The list of the integral of sin(t)/t from 0 to x and the cosine integral."""
    return [F.sine_integral(x), F.cosine_integral(x)]


@composite(category="special", examples=("shichi(x)[0]", "shichi(p)[1]"))
def shichi(x: Node) -> Any:
    """The list of the integral of sinh(t)/t from 0 to x and the hyperbolic cosine integral."""
    return [F.sinh_integral(x), F.cosh_integral(x)]


@composite(category="special", examples=("fresnel(x)[0]", "fresnel(x)[1]"))
def fresnel(x: Node) -> Any:
    """The list of the integrals of sin(pi*t**2/2) and cos(pi*t**2/2) from 0 to x."""
    return [F.fresnel_s(x), F.fresnel_c(x)]
