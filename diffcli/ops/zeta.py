"""The zeta functions of Riemann and Hurwitz, and their derivatives in the exponent."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise, binary, composite, unary
from diffcli.ops.special import real_only
from diffcli.ops.stencil import slope
from diffcli.ops.table import F

TERMS = 15
"""Terms that are summed before the integral takes over."""

CORRECTIONS = tuple(
    number / math.factorial(2 * j)
    for j, number in enumerate(
        (
            1 / 6,
            -1 / 30,
            1 / 42,
            -1 / 30,
            5 / 66,
            -691 / 2730,
            7 / 6,
            -3617 / 510,
            43867 / 798,
            -174611 / 330,
        ),
        1,
    )
)
"""Bernoulli numbers over factorials, B(2j)/(2j)!."""


def _product(a: list[Any], b: list[Any]) -> list[Any]:
    """The Taylor coefficients of a product."""
    return [sum(a[i] * b[k - i] for i in range(k + 1)) for k in range(len(a))]


def _rest(xp: Any, s: Any, a: Any, order: int) -> list[Any]:
    """Taylor coefficients in s of the sum of (a + k)**-s over all k from 0, for large a.

    The Euler-Maclaurin formula (NIST DLMF 25.11.5), in arithmetic of truncated series.
    """
    log, size = xp.log(a), a**-s
    power = [size * (-log) ** k / math.factorial(k) for k in range(order + 1)]
    shifted = [a * (-1.0) ** k / (s - 1) ** (k + 1) for k in range(order + 1)]
    total = [p / 2 + i for p, i in zip(power, _product(power, shifted), strict=True)]
    none = [0.0] * order
    term = _product(power, [s / a, 1 / a, *none][: order + 1])
    for j, weight in enumerate(CORRECTIONS):
        total = [t + weight * u for t, u in zip(total, term, strict=True)]
        for i in (2 * j + 1, 2 * j + 2):
            term = _product(term, [(s + i) / a, 1 / a, *none][: order + 1])
    return [xp.where(size == 0, 0, t) for t in total]


def _derivative(xp: Any, s: Any, q: Any, order: int) -> Any:
    kind = np.result_type(s, q)
    s, q = xp.asarray(s, np.float64), xp.asarray(q, np.float64)
    valid = (s > 1) | ((q == 1) & (s > 0) & (s != 1))
    s, q = xp.where(valid, s, 2), xp.where(q > 0, q, xp.nan)
    total = _rest(xp, s, q + TERMS, order)[order] * math.factorial(order)
    for k in reversed(range(TERMS)):
        size = (q + k) ** -s
        total = total + xp.where(size == 0, 0, (-xp.log(q + k)) ** order * size)
    return xp.where(valid, total, xp.nan).astype(kind)


def _by_base(y: Node, s: Node, q: Node, order: int) -> Node:
    # the derivatives in s of -s*zeta(s + 1, q)
    lower = F.hurwitz_zeta(s + 1, q) if order == 1 else F.zeta_derivative(s + 1, q, order=order - 1)
    return -(s * F.zeta_derivative(s + 1, q, order=order) + order * lower)


Elementwise(
    "zeta_derivative",
    lambda s, q, order: ((s, q), {"order": order}),
    _derivative,
    d=(lambda y, s, q, order: F.zeta_derivative(s, q, order=order + 1), _by_base),
    doc="The derivative of an order in s of the zeta function of Hurwitz.",
    category="special",
    domain="above1",
    holomorphic=False,
    arrays=2,
    hidden=True,
)


def _riemann_slope(y: Node, x: Node) -> Node:
    # below 0 the sum has no limit; there values are not all nearly 1, and differences serve
    right = F.greater(x, 0)
    left = F.where(right, -1.0, x)
    exact = F.zeta_derivative(F.where(right, x, 2.0), 1.0, order=1)
    return F.where(right, exact, slope(F.riemann_zeta, F.riemann_zeta(left), (left,), 0, 1.0))


unary(
    "riemann_zeta",
    _riemann_slope,
    "Zeta function of Riemann. The derivative is numerical below 0.",
    evaluate=lambda xp, x: xp.special.zeta(real_only(xp, x)),
    category="special",
    domain="above1",
    hidden=True,
)
binary(
    "hurwitz_zeta",
    (
        lambda y, x, q: F.zeta_derivative(x, q, order=1),
        lambda y, x, q: -x * F.hurwitz_zeta(x + 1, q),
    ),
    "Zeta function of Hurwitz.",
    evaluate=lambda xp, x, q: xp.special.zeta(real_only(xp, x), real_only(xp, q)),
    category="special",
    domain="positive",
    holomorphic=False,
    hidden=True,
)


@composite(category="special", examples=("zeta(1 + p)", "zeta(1 + p, q)"), arrays=2)
def zeta(x: Node, q: Node | None = None) -> Node:
    """Zeta function of Riemann, or that of Hurwitz at q."""
    return F.riemann_zeta(x) if q is None else F.hurwitz_zeta(x, q)
