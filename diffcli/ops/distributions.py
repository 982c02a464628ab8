"""Rows of probability distributions, named as in SciPy: stats.norm.logpdf is norm_logpdf.

A continuous distribution is stated in its standard form; location and scale, the values outside the
support and the functions that follow from others are the same for all. Outside the support the
derivatives are 0.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from diffcli.graph.node import Node
from diffcli.ops.kinds import composite
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F, lift

Form = Callable[..., Any]

LOG_2PI = math.log(2 * math.pi)
LOG_2 = math.log(2)
NEVER = -math.inf

WORDS = {
    "pdf": "Density",
    "logpdf": "Logarithm of the density",
    "pmf": "Probability",
    "logpmf": "Logarithm of the probability",
    "cdf": "Distribution function",
    "logcdf": "Logarithm of the distribution function",
    "sf": "1 minus the distribution function",
    "logsf": "Logarithm of 1 minus the distribution function",
    "ppf": "Quantile, the inverse of the distribution function,",
}
BELOW = {"pdf": 0, "logpdf": NEVER, "cdf": 0, "logcdf": NEVER, "sf": 1, "logsf": 0}
ABOVE = {"pdf": 0, "logpdf": NEVER, "cdf": 1, "logcdf": 0, "sf": 0, "logsf": NEVER}
BELOW |= {"pmf": 0, "logpmf": NEVER}
ABOVE |= {"pmf": 0, "logpmf": NEVER}


def complete(forms: dict[str, Form]) -> dict[str, Form]:
    """The stated functions of a distribution and those that follow from them."""
    density = "logpmf" if "logpmf" in forms else "logpdf"
    log_density = forms[density]
    every = {density[3:]: lambda *a: F.exp(log_density(*a)), **forms}
    if "cdf" in forms:
        cdf, sf = forms["cdf"], forms["sf"]
        every.setdefault("logcdf", lambda *a: _log(cdf(*a), sf(*a)))
        every.setdefault("logsf", lambda *a: _log(sf(*a), cdf(*a)))
    return every


def _log(part: Node, rest: Node) -> Node:
    """log(part), where part + rest = 1 and the smaller of the two is exact."""
    small = F.less(part, 0.5)
    return F.where(small, F.log(F.where(small, part, 1)), F.log1p(-F.where(small, 0, rest)))


def outer_value(outside: float) -> Any:
    # as the text -inf is read, so that printed graphs parse back
    return -CONSTANT.make(math.inf, "inf") if outside == NEVER else outside


def inside(
    name: str,
    f: Form,
    z: Node,
    shapes: Any,
    low: float | None,
    high: Any,
    closed: bool = True,
) -> Node:
    """f within the support, what the function is outside of it elsewhere; nan stays nan."""
    safe = z
    below = above = None
    if low is not None:
        below = (F.less if closed else F.less_equal)(z, low)
        middle = low + 0.5 if high is None or not isinstance(high, int) else (low + high) / 2
        safe = F.where(below, middle, safe)
    if high is not None:
        above = F.greater(z, high)
        safe = F.where(above, 0.5 if isinstance(high, int) else high, safe)
    y: Node = f(safe, *shapes)
    if below is not None:
        y = F.where(below, outer_value(BELOW[name]), y)
    if above is not None:
        y = F.where(above, outer_value(ABOVE[name]), y)
    return y


def make_row(name: str, bind: Form, arguments: str, doc: str, examples: tuple[str, ...]) -> None:
    """A composite row with the parameters that `arguments` lists, "x a loc=0"."""
    parameters = []
    for item in arguments.split():
        key, _, default = item.partition("=")
        value = int(default) if default else inspect.Parameter.empty
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(inspect.Parameter(key, kind, default=value))
    signature = inspect.Signature(parameters)

    def bound(*args: Any, **keywords: Any) -> Node:
        given = signature.bind(*args, **keywords)
        given.apply_defaults()
        result: Node = bind(*given.arguments.values())
        return result

    bound.__name__ = name
    bound.__signature__ = signature  # type: ignore[attr-defined]
    composite(
        category="probability", arrays=len(parameters), doc=doc, examples=examples, method=False
    )(bound)


def is_number(x: Any, value: int) -> bool:
    """Whether an argument is its default, so that nothing is computed for it."""
    if isinstance(x, Node):
        x = x.params["value"] if x.op is CONSTANT and x.weak else None
    return isinstance(x, int) and x == value


def _continuous(
    name: str,
    what: str,
    shapes: str = "",
    low: float | None = None,
    high: int | None = None,
    *,
    example: str = "",
    closed: bool = True,
    **forms: Form,
) -> None:
    """Rows of a distribution with location and scale; the forms are functions of (z, *shapes)."""
    for key, f in complete(forms).items():

        def bind(x: Any, *rest: Any, key: str = key, f: Form = f) -> Node:
            *parameters, loc, scale = rest
            if key == "ppf":
                moved: Node = lift(loc) + scale * f(x, *parameters)
                return moved
            z = x if is_number(loc, 0) else x - loc
            z = z if is_number(scale, 1) else z / scale
            y = inside(key, f, z, parameters, low, high, closed)
            if is_number(scale, 1) or key not in ("pdf", "logpdf"):
                return y
            return y / scale if key == "pdf" else y - F.log(scale)

        first = "q" if key == "ppf" else "x"
        at = "sigmoid(x)" if key == "ppf" or high == 1 else "1 + p" if low == 1 else "p"
        at = "x" if low is None and key != "ppf" else at
        plain = f"{name}_{key}({at}{example})"
        moved = f"{name}_{key}({at}{example}, loc=0.01*s, scale=q + 0.2)"
        examples = (plain,) if low == 1 or high == 1 else (plain, moved)
        make_row(
            f"{name}_{key}",
            bind,
            f"{first} {shapes} loc=0 scale=1",
            f"{WORDS[key]} of {what}.",
            examples,
        )


# ----- on the real line ---------------------------------------------------------------------------


def _either(z: Node, t: Node) -> Node:
    return F.where(F.less(z, 0), t, 1 - t)


_continuous(
    "norm",
    "the normal distribution",
    logpdf=lambda z: -0.5 * F.square(z) - 0.5 * LOG_2PI,
    cdf=lambda z: F.ndtr(z),
    sf=lambda z: F.ndtr(-z),
    logcdf=lambda z: F.log_ndtr(z),
    logsf=lambda z: F.log_ndtr(-z),
    ppf=lambda q: F.ndtri(q),
)
_continuous(
    "t",
    "Student's t distribution with df degrees of freedom",
    "df",
    example=", p",
    logpdf=lambda z, df: (
        -0.5 * (df + 1) * F.log1p(F.square(z) / df) - F.betaln(0.5 * df, 0.5) - 0.5 * F.log(df)
    ),
    cdf=lambda z, df: F.stdtr(df, z),
    sf=lambda z, df: F.stdtr(df, -z),
    ppf=lambda q, df: F.stdtrit(df, q),
)
_continuous(
    "cauchy",
    "the Cauchy distribution",
    logpdf=lambda z: -F.log1p(F.square(z)) - math.log(math.pi),
    cdf=lambda z: F.arctan2(1, -z) / math.pi,
    sf=lambda z: F.arctan2(1, z) / math.pi,
    ppf=lambda q: -F.cos(math.pi * q) / F.sin(math.pi * F.where(F.less(q, 0.5), q, 1 - q)),
)
_continuous(
    "laplace",
    "the Laplace distribution",
    logpdf=lambda z: -F.abs(z) - LOG_2,
    cdf=lambda z: _either(z, 0.5 * F.exp(-F.abs(z))),
    sf=lambda z: _either(-z, 0.5 * F.exp(-F.abs(z))),
)
_continuous(
    "logistic",
    "the logistic distribution",
    logpdf=lambda z: z - 2 * F.softplus(z),
    cdf=lambda z: F.sigmoid(z),
    sf=lambda z: F.sigmoid(-z),
    logcdf=lambda z: -F.softplus(-z),
    logsf=lambda z: -F.softplus(z),
    ppf=lambda q: F.logit(q),
)
_continuous(
    "gumbel_r",
    "the Gumbel distribution of maxima",
    logpdf=lambda z: -z - F.exp(-z),
    cdf=lambda z: F.exp(-F.exp(-z)),
    sf=lambda z: -F.expm1(-F.exp(-z)),
    logcdf=lambda z: -F.exp(-z),
)

# ----- on half lines and intervals ----------------------------------------------------------------

_continuous(
    "expon",
    "the exponential distribution",
    low=0,
    logpdf=lambda z: -z,
    cdf=lambda z: -F.expm1(-z),
    sf=lambda z: F.exp(-z),
    logsf=lambda z: -z,
    ppf=lambda q: -F.log1p(-q),
)
_continuous(
    "uniform",
    "the uniform distribution from loc to loc + scale",
    low=0,
    high=1,
    logpdf=lambda z: 0 * z,
    cdf=lambda z: 1 * z,
    sf=lambda z: 1 - z,
)
_continuous(
    "beta",
    "the beta distribution",
    "a b",
    0,
    1,
    example=", p, q",
    pdf=lambda z, a, b: F.power_density(z, a - 1, b - 1, -F.betaln(a, b)),
    logpdf=lambda z, a, b: F.xlogy(a - 1, z) + F.xlog1py(b - 1, -z) - F.betaln(a, b),
    cdf=lambda z, a, b: F.betainc(a, b, z),
    sf=lambda z, a, b: F.betaincc(a, b, z),
    ppf=lambda q, a, b: F.betaincinv(a, b, q),
)
_continuous(
    "gamma",
    "the gamma distribution of shape a",
    "a",
    0,
    example=", q",
    pdf=lambda z, a: F.power_density(z, a - 1, 0, -z - F.gammaln(a)),
    logpdf=lambda z, a: F.xlogy(a - 1, z) - z - F.gammaln(a),
    cdf=lambda z, a: F.gammainc(a, z),
    sf=lambda z, a: F.gammaincc(a, z),
    ppf=lambda q, a: F.gammaincinv(a, q),
)
_continuous(
    "invgamma",
    "the inverse gamma distribution of shape a",
    "a",
    0,
    closed=False,
    example=", q",
    logpdf=lambda z, a: -(a + 1) * F.log(z) - F.gammaln(a) - 1 / z,
    cdf=lambda z, a: F.gammaincc(a, 1 / z),
    sf=lambda z, a: F.gammainc(a, 1 / z),
)
_continuous(
    "chi2",
    "the chi-squared distribution with df degrees of freedom",
    "df",
    0,
    example=", q",
    pdf=lambda z, df: F.power_density(
        0.5 * z, 0.5 * df - 1, 0, -0.5 * z - F.gammaln(0.5 * df) - LOG_2
    ),
    logpdf=lambda z, df: F.xlogy(0.5 * df - 1, 0.5 * z) - 0.5 * z - F.gammaln(0.5 * df) - LOG_2,
    cdf=lambda z, df: F.gammainc(0.5 * df, 0.5 * z),
    sf=lambda z, df: F.gammaincc(0.5 * df, 0.5 * z),
    ppf=lambda q, df: 2 * F.gammaincinv(0.5 * df, q),
)
_continuous(
    "pareto",
    "the Pareto distribution of shape b",
    "b",
    1,
    example=", q",
    logpdf=lambda z, b: F.log(b) - (b + 1) * F.log(z),
    cdf=lambda z, b: -F.expm1(-b * F.log(z)),
    sf=lambda z, b: F.exp(-b * F.log(z)),
    logsf=lambda z, b: -b * F.log(z),
)
_continuous(
    "lognorm",
    "the log-normal distribution of shape s",
    "s",
    0,
    closed=False,
    example=", q",
    logpdf=lambda z, s: -0.5 * F.square(F.log(z) / s) - F.log(s * z) - 0.5 * LOG_2PI,
    cdf=lambda z, s: F.ndtr(F.log(z) / s),
    sf=lambda z, s: F.ndtr(-F.log(z) / s),
)
_continuous(
    "weibull_min",
    "the Weibull distribution of shape c",
    "c",
    0,
    example=", q",
    pdf=lambda z, c: F.power_density(z, c - 1, 0, F.log(c) - F.power(z, c)),
    logpdf=lambda z, c: F.log(c) + F.xlogy(c - 1, z) - F.power(z, c),
    cdf=lambda z, c: -F.expm1(-F.power(z, c)),
    sf=lambda z, c: F.exp(-F.power(z, c)),
    logsf=lambda z, c: -F.power(z, c),
)
