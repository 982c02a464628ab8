"""JAX at the edges of test_peers.py: kinks, ties, zeros, infinities, singular matrices.

EDGES and CURVATURES have our answer, PyTorch's where it is another one, and why. The tables here
have JAX's answer, where it is not ours, by the edge: the same as PyTorch's, or its own and why.
"""

from __future__ import annotations

import warnings
from math import inf, nan
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

import jax

from tests.peers.jax_library import JAX
from tests.test_peers import CURVATURES, EDGES, assert_same, joined, point_of

AS_TORCH = "another answer than ours: PyTorch's, for the reason given there"
ASIDE = "a side of the kink is taken; we and PyTorch have the subgradient of least norm or 0's side"
HALF = "half of the slope at the ends; we and PyTorch count the ends as inside"
SECOND = "a tie goes to the second argument, and so does every nan"
POWER = "log(0) is taken although its factor is 0, or the power infinite"
ROOT = "the root of a sum of squares is differentiated as it stands, 0 / 0 or 1 / 0"
HYPOT = "squares, which underflow, and half of the slope at the origin"
UNDERFLOW = "squares, which overflow"
DEAD = "a branch that where does not take contributes nan"

GRADIENTS: dict[str, Any] = {
    "abs(x) at [0.0, -0.0, -2.0]": (([0, 0, 2], [1, 1, -1]), ASIDE),
    "leaky_relu(x) at [0.0]": (([0], [1]), ASIDE),
    "clip(x, -1, 1) at [-1.0, 1.0, 2.0]": (([-1, 1, 1], [0.5, 0.5, 0]), HALF),
    "hardtanh(x) at [-1.0, 0.0, 1.0]": (([-1, 0, 1], [0.5, 1, 0.5]), HALF),
    "fmax(x, y) at [1.0, nan, 3.0], [1.0, 3.0, nan]": (([1, 3, 3], [0, 0, 1], [1, 1, 0]), SECOND),
    "fmin(x, y) at [1.0, nan, 3.0], [1.0, 3.0, nan]": (([1, 3, 3], [0, 0, 1], [1, 1, 0]), SECOND),
    "x ** 0.0 at [0.0, 2.0]": (([1, 1], [nan, 0]), POWER),
    "x ** y at [0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.5, 1.0, 2.0, -1.0]": (
        ([1, 0, 0, 0, inf], [nan, inf, 1, 0, -inf], [0, 0, 0, 0, nan]),
        POWER,
    ),
    "hypot(x, y) at [0.0, 3e+200, 3e-200], [0.0, 4e+200, 4e-200]": (
        ([0, 4.9999999999999995e200, 5e-200], [0.5, 0.6000000000000001, nan], [0.5, 1.25, -inf]),
        HYPOT,
    ),
    "arctan2(x, y) at [0.0, 1e+200], [0.0, 1e+200]": (
        ([0, 0.7853981633974483], [nan, 0], [nan, -0]),
        UNDERFLOW,
    ),
    "norm(x) at [0.0, 0.0]": ((0, [nan, nan]), ROOT),
    "norm(x) ** 2 at [0.0, 0.0]": ((0, [nan, nan]), ROOT),
    "norm(x) at [3e+200, 4e+200]": AS_TORCH,
    "norm(x) at [3e-200, 4e-200]": ((0, [inf, inf]), ROOT),
    "norm(x, 1) at [0.0, -2.0]": ((2, [1, -1]), ASIDE),
    "norm(x, inf) at [0.0, 0.0]": (
        (0, [0.25, 0.25]),
        "the derivative of abs is 1 at 0, shared by the ties",
    ),
    "std(x) at [2.0, 2.0]": ((0, [nan, nan]), ROOT),
    "std(x, ddof=1) at [2.0, 2.0]": ((0, [nan, nan]), ROOT),
    "std(x) at [1e+200, -1e+200]": AS_TORCH,
    "where(x > 0, sqrt(x), 0) at [4.0, 0.0, -1.0]": AS_TORCH,
    "where(x > 0, log(x), 0) at [1.0, 0.0]": AS_TORCH,
    "where(x == 0, 1, y / x) at [0.0, 2.0], [0.0, 3.0]": AS_TORCH,
    "logsumexp(x) at [-inf, -inf]": AS_TORCH,
    "logsumexp(x) at [inf, 2.0]": AS_TORCH,
    "softmax(x) at [-inf, -inf]": AS_TORCH,
    "logaddexp(x, y) at [inf, -inf], [inf, -inf]": (
        ([inf, -inf], [1, nan], [1, nan]),
        "its where is 1 for both at +inf",
    ),
    "logaddexp2(x, y) at [inf, -inf], [inf, -inf]": (
        ([inf, -inf], [1, nan], [1, nan]),
        "its where is 1 for both at +inf",
    ),
    "sigmoid(x) at [-40.0, 40.0]": AS_TORCH,
    "tanh(x) at [-20.0, 20.0, 1000.0]": AS_TORCH,
    "arcsinh(x) at [1e+200, -1e+200]": AS_TORCH,
    "arccosh(x) at [1e+200]": AS_TORCH,
    "logit(x, eps=0.1) at [0.1, 0.05]": (
        ([-2.197224577336219, -2.197224577336219], [5.5555555555555545, 0]),
        HALF,
    ),
    "ndtri(x) at [0.0, 1.0]": (
        ([-inf, inf], [0, 0]),
        "0 where its result is infinite; we and PyTorch have the limit",
    ),
    "xlogy(x, y) at [0.0, 0.0, 1.0, 0.0], [1.0, -1.0, 0.0, nan]": (
        ([0, 0, -inf, nan], [0, nan, -inf, nan], [0, -0, inf, nan]),
        "log(y) is taken although x is 0",
    ),
    "xlogy(x, y) at [0.0], [0.0]": (([0], [-inf], [nan]), "log(y) is taken although x is 0"),
    "xlog1py(x, y) at [0.0], [-1.0]": (([0], [-inf], [nan]), "log1p(y) is taken although x is 0"),
    "sinc(x) at [0.0, 1e-09]": AS_TORCH,
    f"det(x) at {np.diag([0.0, 2.0, 3.0, 4.0]).tolist()}": AS_TORCH,
    "angle(x) at [0j, 1j, (-1+0j)]": (
        ([0, 1.5707963267948966, 3.141592653589793], [complex(nan, nan), (-1 - 0j), -1j]),
        "no limit at 0; we and PyTorch choose 0",
    ),
    "angle(x) at [0.0, -1.0]": (
        ([0, 3.141592653589793], [nan, -0]),
        "no limit at 0; we and PyTorch choose 0",
    ),
    "norm(x) at [0j, 0j]": ((0, [complex(nan, nan), complex(nan, nan)]), ROOT),
    "std(x) at [(1+1j), (1+1j)]": ((0, [complex(nan, nan), complex(nan, nan)]), ROOT),
}
"""Value and gradients."""

HESSIANS: dict[str, Any] = {
    "clip(x, -1, 1) ** 2 at [1.0]": ([[0.5]], HALF),
    "norm(x) at [0.0, 0.0]": AS_TORCH,
    "std(x) at [2.0, 2.0]": ([[nan, nan], [nan, nan]], ROOT),
    "where(x > 0, sqrt(x), 0) at [4.0, 0.0]": ([[-0.03125, -0], [nan, nan]], DEAD),
    "where(x == 0, 0, x * log(x)) at [4.0, 0.0]": ([[0.25, 0], [nan, nan]], DEAD),
    "logsumexp(x) at [-inf, -inf]": AS_TORCH,
    "sigmoid(x) at [40.0]": AS_TORCH,
    "softplus(x) at [40.0]": AS_TORCH,
    "tanh(x) at [20.0]": AS_TORCH,
    "i1(x) at [0.0]": ([[1]], "its derivative of i1(x) / x is 1 at 0, not 0"),
}

REFUSED = {"det(x) at []": "JAX has no determinant of an empty matrix"}


def label(edge: Any) -> str:
    return f"{edge.expr} at {', '.join(str(np.asarray(p).tolist()) for p in edge.point)}"


def over(edges: Any) -> Any:
    had = [e for e in edges if JAX.has(e.expr, point_of(e)) and label(e) not in REFUSED]
    return pytest.mark.parametrize("edge", had, ids=label)


def expected(edge: Any, table: dict[str, Any]) -> Any:
    """JAX's answer as it is stated; ours where nothing is."""
    stated = table.get(label(edge))
    if stated is None:
        return edge.ours
    return edge.theirs if stated is AS_TORCH else stated[0]


def same(found: Any, stated: Any) -> bool:
    try:
        assert_same(found, stated)
    except AssertionError:
        return False
    return True


@over(EDGES)
def test_edge(edge):
    values = point_of(edge)
    f = JAX.function(edge.expr, values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = JAX.value(f, values)
        gradients = JAX.vjp(f, values, np.ones(y.shape, y.dtype))
    found = (y, *gradients.values())
    for mine, stated in zip(found, expected(edge, GRADIENTS), strict=True):
        assert_same(mine, stated)
    agrees = all(same(a, b) for a, b in zip(found, edge.ours, strict=True))
    assert agrees == (label(edge) not in GRADIENTS)


@over(CURVATURES)
def test_curvature(edge):
    values = point_of(edge)
    f = JAX.function(edge.expr, values)
    rows = jax.hessian(lambda *x: jax.numpy.sum(f(*x)), argnums=tuple(range(len(values))))(
        *map(jax.numpy.asarray, values.values())
    )
    found = joined(values, rows)
    assert_same(found, expected(edge, HESSIANS))
    assert same(found, edge.ours) == (label(edge) not in HESSIANS)


def test_every_statement_is_about_an_edge():
    assert GRADIENTS.keys() | REFUSED.keys() <= {label(e) for e in EDGES}
    assert HESSIANS.keys() <= {label(e) for e in CURVATURES}
