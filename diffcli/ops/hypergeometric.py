"""Rows of hypergeometric functions, orthogonal polynomials, and functions made of them.

Derivatives in the parameters of hypergeometric functions are numerical, see `stencil`; those in
the degree of a polynomial do not exist.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.bessel import static_order
from diffcli.ops.kinds import Elementwise, composite, row, unary
from diffcli.ops.special import scipy_ufunc
from diffcli.ops.stencil import slope_rule
from diffcli.ops.table import F, lift

NUMERICAL = "The derivatives in the parameters are numerical."

# ----- hypergeometric functions -------------------------------------------------------------------


def _hyp0f1(xp: Any, b: Any, x: Any) -> Any:
    # SciPy divides by b - 1 for large x; with b = 1 this is a Bessel function
    if np.result_type(b, x).kind == "c":
        return xp.special.hyp0f1(b, x)
    one = (b == 1) & (xp.abs(x) > 100)
    root = 2 * xp.sqrt(xp.abs(x))
    bessel = xp.where(x > 0, xp.special.i0(root), xp.special.j0(root))
    return xp.where(one, bessel, xp.special.hyp0f1(xp.where(one, 2, b), x))


LARGE = 1e6
"""Parameters beyond which 1F1 and U are nan; SciPy needs time in proportion to them."""

FAR = 1e9
"""Arguments beyond which 1F1 is its asymptotic series; SciPy needs time in proportion to them."""


def _hyp1f1(xp: Any, a: Any, b: Any, x: Any) -> Any:
    if np.result_type(a, b, x).kind == "c":
        return xp.special.hyp1f1(a, b, x)
    far, large = xp.abs(x) > FAR, (xp.abs(a) > LARGE) & (a != b)
    near = xp.special.hyp1f1(xp.where(large, xp.nan, a), b, xp.where(far, 0, x))
    return xp.where(far, _far_hyp1f1(xp, a, b, x), near) if far.any() else near


def _far_hyp1f1(xp: Any, a: Any, b: Any, x: Any) -> Any:
    """Two terms of the series for x -> -inf, and for x -> inf the sign of infinity.

    DLMF 13.7.1 and 13.7.2; polynomials (a = 0, -1, ...) are the same series at both ends.
    """
    sp = xp.special
    series = sp.gamma(b) * sp.rgamma(b - a) * xp.abs(x) ** -a * (1 - a * (a - b + 1) / x)
    polynomial = (a <= 0) & (a == xp.floor(a))
    odd = xp.where((x > 0) & (a % 2 == 1), -1, 1)
    growing = xp.sign(sp.gamma(b) * sp.rgamma(a)) * xp.inf
    return xp.where((x < 0) | polynomial, odd * series, growing)


@row(
    Elementwise,
    evaluate=_hyp0f1,
    d=(slope_rule("hyp0f1", 0, 0.0), lambda y, b, x: F.hyp0f1(b + 1, x) / b),
    category="special",
    arrays=2,
    holomorphic=False,
    doc=f"Confluent hypergeometric limit function 0F1(b; x). {NUMERICAL}",
    examples=("hyp0f1(1.5, x)", "hyp0f1(p, q)"),
)
def hyp0f1(b: Node, x: Node) -> Any:
    return (b, x), {}


@row(
    Elementwise,
    evaluate=_hyp1f1,
    d=(
        slope_rule("hyp1f1", 0),
        slope_rule("hyp1f1", 1, 0.0),
        lambda y, a, b, x: a * F.hyp1f1(a + 1, b + 1, x) / b,
    ),
    category="special",
    arrays=3,
    holomorphic=False,
    doc=f"Kummer's confluent hypergeometric function 1F1(a; b; x). {NUMERICAL}",
    examples=("hyp1f1(0.5, 1.5, x)", "hyp1f1(p, q, x)"),
)
def hyp1f1(a: Node, b: Node, x: Node) -> Any:
    return (a, b, x), {}


def _hyperu(xp: Any, a: Any, b: Any, x: Any) -> Any:
    large = (xp.abs(a) > LARGE) | (xp.abs(b) > LARGE)
    near = xp.special.hyperu(*(xp.where(large, 1, part) for part in (a, b)), x)
    return xp.where(large, xp.nan, near)


@row(
    Elementwise,
    evaluate=_hyperu,
    d=(
        slope_rule("hyperu", 0, 0.0),
        slope_rule("hyperu", 1),
        lambda y, a, b, x: -a * F.hyperu(a + 1, b + 1, x),
    ),
    category="special",
    arrays=3,
    doc=f"Tricomi's confluent hypergeometric function U(a, b, x), for x > 0. {NUMERICAL}",
    examples=("hyperu(0.5, 1.5, p)",),
)
def hyperu(a: Node, b: Node, x: Node) -> Any:
    return (a, b, x), {}


@row(
    Elementwise,
    evaluate=scipy_ufunc("hyp2f1"),
    d=(
        slope_rule("hyp2f1", 0),
        slope_rule("hyp2f1", 1),
        slope_rule("hyp2f1", 2, 0.0),
        lambda y, a, b, c, x: a * (b * F.hyp2f1(a + 1, b + 1, c + 1, x)) / c,
    ),
    category="special",
    arrays=4,
    holomorphic=False,
    doc=f"Gauss' hypergeometric function 2F1(a, b; c; x), for x < 1. {NUMERICAL}",
    examples=("hyp2f1(0.5, 1.0, 1.5, u)", "hyp2f1(p, q, 2.5, u)", "hyp2f1(1.0, 0.5, p, u)"),
)
def hyp2f1(a: Node, b: Node, c: Node, x: Node) -> Any:
    return (a, b, c, x), {}


unary(
    "exprel",
    lambda y, x: 0.5 * F.hyp1f1(2.0, 3.0, x),
    "(exp(x) - 1)/x, 1 at 0.",
    evaluate=scipy_ufunc("exprel"),
    category="special",
)


def _spence_slope(y: Node, x: Node) -> Node:
    # log(x)/(1 - x), of which 1 - x forgets a small x and both vanish at 1
    near = F.greater(x, 0.5)
    small = F.where(near, 0.5, x)
    return F.where(
        near, -F.hyp2f1(1.0, 1.0, 2.0, 1 - F.where(near, x, 1.0)), F.log(small) / (1 - small)
    )


unary(
    "spence",
    _spence_slope,
    "Integral of log(t)/(1 - t) from 1 to x, which is the dilogarithm of 1 - x.",
    evaluate=scipy_ufunc("spence"),
    category="special",
    domain="positive",
    holomorphic=False,
)


def _by_lambda(log: Node, lmbda: Node) -> Node:
    return 0.5 * F.square(log) * F.hyp1f1(2.0, 3.0, lmbda * log)


@row(
    Elementwise,
    evaluate=scipy_ufunc("boxcox"),
    d=(
        lambda y, x, lmbda: F.power(x, lmbda - 1),
        lambda y, x, lmbda: _by_lambda(F.log(x), lmbda),
    ),
    category="special",
    domain="positive",
    arrays=2,
    holomorphic=False,
    examples=("boxcox(p, x)",),
)
def boxcox(x: Node, lmbda: Node) -> Any:
    """(x**lmbda - 1)/lmbda, log(x) where lmbda is 0."""
    return (x, lmbda), {}


@row(
    Elementwise,
    evaluate=scipy_ufunc("boxcox1p"),
    d=(
        lambda y, x, lmbda: F.exp((lmbda - 1) * F.log1p(x)),
        lambda y, x, lmbda: _by_lambda(F.log1p(x), lmbda),
    ),
    category="special",
    domain="positive",
    arrays=2,
    holomorphic=False,
    examples=("boxcox1p(p, x)",),
)
def boxcox1p(x: Node, lmbda: Node) -> Any:
    """((1 + x)**lmbda - 1)/lmbda, log(1 + x) where lmbda is 0."""
    return (x, lmbda), {}


# ----- orthogonal polynomials ---------------------------------------------------------------------


def _polynomial(xp: Any, x: Any, family: str, n: int, weights: tuple[float, ...]) -> Any:
    return getattr(xp.special, f"eval_{family}")(n, *weights, x)


def _polynomial_slope(
    y: Node, x: Node, family: str, n: int, weights: tuple[float, ...]
) -> Node | float:
    if n == 0:
        return 0.0
    factor: float = n  # as for hermitenorm
    after = weights
    if family == "chebyt":
        family, after = "gegenbauer", (1.0,)
        return factor * F.orthogonal(x, family=family, n=n - 1, weights=after)
    if family == "jacobi":
        factor, after = (n + sum(weights) + 1) / 2, tuple(w + 1 for w in weights)
    elif family == "gegenbauer":
        factor, after = 2 * weights[0], (weights[0] + 1,)
    elif family == "hermite":
        factor = 2 * n
    elif family == "genlaguerre":
        factor, after = -1.0, (weights[0] + 1,)
    return factor * F.orthogonal(x, family=family, n=n - 1, weights=after)


@row(
    Elementwise,
    evaluate=_polynomial,
    d=(_polynomial_slope,),
    category="polynomial",
    holomorphic=False,
    hidden=True,
)
def orthogonal(x: Node, family: str, n: int, weights: tuple[float, ...] = ()) -> Any:
    """The polynomial of degree n of an orthogonal family with these parameters."""
    return (x,), {"family": family, "n": n, "weights": tuple(weights)}


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DiffcliError("bad-argument", f"the parameters of {name} must be numbers")
    return float(value)


@composite(
    category="polynomial",
    arrays=0,
    method=False,
    examples=("eval_jacobi(3, 0.5, 1.5, u)",),
)
def eval_jacobi(n: Any, alpha: Any, beta: Any, x: Any) -> Node:
    """Jacobi polynomial of degree n."""
    n = static_order("eval_jacobi", n)
    weights = (_number("eval_jacobi", alpha), _number("eval_jacobi", beta))
    return F.orthogonal(lift(x), family="jacobi", n=n, weights=weights)


@composite(
    category="polynomial",
    arrays=0,
    method=False,
    aliases=("legendre_polynomial_p",),
    examples=("eval_legendre(3, u)", "eval_legendre(0, u)"),
)
def eval_legendre(n: Any, x: Any) -> Node:
    """Legendre polynomial of degree n."""
    return F.eval_jacobi(n, 0.0, 0.0, x)


@composite(category="polynomial", arrays=0, method=False, examples=("eval_gegenbauer(3, 0.5, u)",))
def eval_gegenbauer(n: Any, alpha: Any, x: Any) -> Node:
    """Gegenbauer polynomial of degree n."""
    n, alpha = static_order("eval_gegenbauer", n), _number("eval_gegenbauer", alpha)
    return F.orthogonal(lift(x), family="gegenbauer", n=n, weights=(alpha,))


@composite(category="polynomial", arrays=0, method=False, examples=("eval_chebyt(3, u)",))
def eval_chebyt(n: Any, x: Any) -> Node:
    """Chebyshev polynomial of the first kind and degree n."""
    n = static_order("eval_chebyt", n)
    return F.orthogonal(lift(x), family="chebyt", n=n)


@composite(category="polynomial", arrays=0, method=False, examples=("eval_chebyu(3, u)",))
def eval_chebyu(n: Any, x: Any) -> Node:
    """Chebyshev polynomial of the second kind and degree n."""
    return F.eval_gegenbauer(n, 1.0, x)


@composite(category="polynomial", arrays=0, method=False, examples=("eval_hermite(3, x)",))
def eval_hermite(n: Any, x: Any) -> Node:
    """Physicists' Hermite polynomial of degree n."""
    return F.orthogonal(lift(x), family="hermite", n=static_order("eval_hermite", n))


@composite(category="polynomial", arrays=0, method=False, examples=("eval_hermitenorm(3, x)",))
def eval_hermitenorm(n: Any, x: Any) -> Node:
    """Probabilists' Hermite polynomial of degree n."""
    return F.orthogonal(lift(x), family="hermitenorm", n=static_order("eval_hermitenorm", n))


@composite(category="polynomial", arrays=0, method=False, examples=("eval_genlaguerre(3, 0.5, x)",))
def eval_genlaguerre(n: Any, alpha: Any, x: Any) -> Node:
    """Generalised Laguerre polynomial of degree n."""
    n, alpha = static_order("eval_genlaguerre", n), _number("eval_genlaguerre", alpha)
    return F.orthogonal(lift(x), family="genlaguerre", n=n, weights=(alpha,))


@composite(category="polynomial", arrays=0, method=False, examples=("eval_laguerre(3, x)",))
def eval_laguerre(n: Any, x: Any) -> Node:
    """Laguerre polynomial of degree n."""
    return F.eval_genlaguerre(n, 0.0, x)


@composite(
    category="polynomial",
    arrays=0,
    method=False,
    examples=("real(sph_harm_y(3, 2, x, y))", "abs(sph_harm_y(2, -1, x, y) + p)"),
)
def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any) -> Node:
    """Spherical harmonic of degree n and order m at the polar angle theta and azimuth phi."""
    n = static_order("sph_harm_y", n)
    if isinstance(m, bool) or not isinstance(m, int) or abs(m) > n:
        raise DiffcliError("bad-argument", "the order of sph_harm_y must be an integer up to n")
    k = abs(m)
    theta, phi = lift(theta), lift(phi)
    size = 0.5 * (math.lgamma(n - k + 1) + math.lgamma(n + k + 1)) - math.lgamma(n + 1)
    size = math.sqrt((2 * n + 1) / (4 * math.pi)) * math.exp(size - k * math.log(2))
    sign = -1.0 if m > 0 and m % 2 else 1.0
    jacobi = F.orthogonal(F.cos(theta), family="jacobi", n=n - k, weights=(float(k), float(k)))
    polar = sign * size * (F.power(F.sin(theta), k) * jacobi)
    return polar * F.exp(1j * m * phi)
