"""Rows of probability distributions of integers, named as in SciPy.

The functions are constant between integers, and the probabilities there are 0.
"""

from __future__ import annotations

from typing import Any

from diffcli.graph.node import Node
from diffcli.ops.distributions import (
    BELOW,
    WORDS,
    Form,
    complete,
    inside,
    is_number,
    make_row,
    outer_value,
)
from diffcli.ops.table import F


def _discrete(
    name: str, what: str, shapes: str, low: int, high: Form, *, example: str, **forms: Form
) -> None:
    """Rows of a distribution of integers; `high` gives the largest one, or None."""
    for key, f in complete(forms).items():

        def bind(k: Any, *rest: Any, key: str = key, f: Form = f) -> Node:
            *parameters, loc = rest
            k = k if is_number(loc, 0) else k - loc
            whole = F.floor(k)
            y = inside(key, f, whole, parameters, low, high(*parameters))
            if "pmf" in key:
                y = F.where(F.less(whole, k), outer_value(BELOW[key]), y)
            return y

        make_row(
            f"{name}_{key}",
            bind,
            f"k {shapes} loc=0",
            f"{WORDS[key]} of {what}. It is constant in k.",
            (f"{name}_{key}({example})",),
        )


_discrete(
    "poisson",
    "the Poisson distribution of mean mu",
    "mu",
    0,
    lambda mu: None,
    example="[0, 3, 1], p",
    pmf=lambda k, mu: F.power_density(mu, k, 0, -mu - F.gammaln(k + 1)),
    logpmf=lambda k, mu: F.xlogy(k, mu) - mu - F.gammaln(k + 1),
    cdf=lambda k, mu: F.gammaincc(k + 1, mu),
    sf=lambda k, mu: F.gammainc(k + 1, mu),
)
_discrete(
    "bernoulli",
    "the Bernoulli distribution",
    "p",
    0,
    lambda p: 1,
    example="[0, 1, 1], sigmoid(x)",
    pmf=lambda k, p: F.power_density(p, k, 1 - k, 0),
    logpmf=lambda k, p: F.xlogy(k, p) + F.xlog1py(1 - k, -p),
)
_discrete(
    "binom",
    "the binomial distribution of n trials",
    "n p",
    0,
    lambda n, p: n,
    example="[0, 3, 1], 4, sigmoid(x)",
    pmf=lambda k, n, p: F.power_density(p, k, n - k, -F.log(n + 1.0) - F.betaln(n - k + 1, k + 1)),
    logpmf=lambda k, n, p: (
        F.xlogy(k, p) + F.xlog1py(n - k, -p) - F.log(n + 1.0) - F.betaln(n - k + 1, k + 1)
    ),
    cdf=lambda k, n, p: F.where(F.equal(k, n), 1, F.betainc(F.maximum(n - k, 0.5), k + 1, 1 - p)),
    sf=lambda k, n, p: F.where(F.equal(k, n), 0, F.betainc(k + 1, F.maximum(n - k, 0.5), p)),
)
_discrete(
    "geom",
    "the geometric distribution of the number of trials",
    "p",
    1,
    lambda p: None,
    example="[1, 3, 2], sigmoid(x)",
    pmf=lambda k, p: F.power_density(p, 1, k - 1, 0),
    logpmf=lambda k, p: F.xlog1py(k - 1, -p) + F.log(p),
    cdf=lambda k, p: -F.expm1(k * F.log1p(-p)),
    sf=lambda k, p: F.exp(k * F.log1p(-p)),
)
_discrete(
    "nbinom",
    "the negative binomial distribution of failures before n successes",
    "n p",
    0,
    lambda n, p: None,
    example="[0, 3, 1], p + 1, sigmoid(x)",
    pmf=lambda k, n, p: F.power_density(p, n, k, -F.betaln(n, k + 1) - F.log(n + k)),
    logpmf=lambda k, n, p: F.xlogy(n, p) + F.xlog1py(k, -p) - F.betaln(n, k + 1) - F.log(n + k),
    cdf=lambda k, n, p: F.betainc(n, k + 1, p),
    sf=lambda k, n, p: F.betaincc(n, k + 1, p),
)
