"""The gradient of a formula of elementwise functions, from one element to a hundred million.

By hand it is NumPy, one operation after the other. NumExpr is given the derivative by hand.
"""

from __future__ import annotations

import numpy as np

from tests.benchmarks.measure import BEST, Target
from tests.benchmarks.problem import Problem

TEXT = "sum(sin(x)*exp(-x**2) + tanh(x)*log1p(x**2))"

SPELLED = """
def f(x):
    return xp.sum(xp.sin(x)*xp.exp(-x**2) + xp.tanh(x)*xp.log1p(x**2))
"""

NUMEXPR = """
import numexpr, numpy as np, os
numexpr.set_num_threads(len(os.sched_getaffinity(0)))
x = values["x"]
two, one = x.dtype.type(2), x.dtype.type(1)
value = "sum(sin(x)*exp(-x*x) + tanh(x)*log1p(x*x))"
slope = ("(cos(x) - two*x*sin(x))*exp(-x*x) + (one - tanh(x)*tanh(x))*log1p(x*x)"
         " + tanh(x)*two*x/(one + x*x)")
def call():
    return [numexpr.evaluate(value), numexpr.evaluate(slope)]
"""

CASADI = (
    "y := casadi.sum1(casadi.sin(x)*casadi.exp(-x**2) + casadi.tanh(x)*casadi.log1p(x**2)), "
    "casadi.gradient(y, x)"
)

LARGE = 10**6
"""Elements from which no more than half the time of the best peer is the target."""

SLOW = 10**7
"""Elements above which those that keep every intermediate value are left out."""


def by_hand(x: np.ndarray) -> list[np.ndarray]:
    """Value and gradient."""
    s, c, q, t = np.sin(x), np.cos(x), x * x, np.tanh(x)
    e, p = np.exp(-q), np.log1p(q)
    value = np.sum(s * e + t * p)
    return [value, c * e - 2 * x * s * e + (1 - t * t) * p + t * 2 * x / (1 + q)]


def gradient(size: int, dtype: str) -> Problem:
    """The gradient for so many elements of a type."""
    x = np.random.default_rng(0).standard_normal(size, dtype=dtype)
    targets = [Target(1.1)]
    if size >= LARGE:
        targets.insert(0, Target(0.5 if dtype == "float64" else 0.7, BEST))
    without = ["casadi"] if size > LARGE or dtype == "float32" else []
    if size > SLOW:
        without += ["torch", "autograd"]
    return Problem(
        "grad",
        TEXT,
        {"x": x},
        by_hand,
        targets,
        spelled=SPELLED,
        scripts={"numexpr": NUMEXPR},
        casadi=(CASADI, f"[(), ({size},)]"),
        without=without,
    )
