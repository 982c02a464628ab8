"""Sparse Jacobians and Hessians of a million variables: from the text to the entries, and by hand.

Ours and CasADi's are everything from the text on. By hand the bands are written down and given to
SciPy, which takes knowing the derivative and its pattern. The arrays of torch and jax do not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from diffcli import api
from diffcli.errors import Source
from tests.benchmarks.measure import HAND, OURS, Comparison, Target
from tests.benchmarks.peers import Peers, compared

BROYDEN = "(3 - 2*x)*x - concatenate([[0.0], x[:-1]]) - 2*concatenate([x[1:], [0.0]]) + 1"
ROSENBROCK = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

CASADI = """
import casadi, numpy as np
point = values["x"]
def call():
    x = casadi.SX.sym("x", len(point))
    made = {made}
    f = casadi.Function("f", [x], [made])
    found = f(point)
    entries = np.array(found.nonzeros())
    rows, columns = found.sparsity().get_triplet()
    kept = entries != 0
    return [np.array(rows)[kept], np.array(columns)[kept], entries[kept]]
"""

BROYDEN_CASADI = (
    "casadi.jacobian((3 - 2*x)*x - casadi.vertcat(0, x[:-1]) - 2*casadi.vertcat(x[1:], 0) + 1, x)"
)
ROSENBROCK_CASADI = (
    "casadi.hessian(casadi.sum1(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2), x)[0]"
)


def _broyden(x: np.ndarray) -> Any:
    n = x.size
    bands = [np.full(n - 1, -1.0), 3 - 4 * x, np.full(n - 1, -2.0)]
    return sparse.diags_array(bands, offsets=[-1, 0, 1]).tocsr().tocoo()


def _rosenbrock(x: np.ndarray) -> Any:
    side = -400 * x[:-1]
    middle = np.zeros_like(x)
    middle[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    middle[1:] += 200
    return sparse.diags_array([side, middle, side], offsets=[-1, 0, 1]).tocsr().tocoo()


def broyden(about: str, peers: Peers, n: int) -> Comparison:
    """The Jacobian of Broyden's tridiagonal function."""
    return _entries(about, BROYDEN, api.jacobian, _broyden, BROYDEN_CASADI, n, peers)


def rosenbrock(about: str, peers: Peers, n: int) -> Comparison:
    """The Hessian of Rosenbrock's function."""
    return _entries(about, ROSENBROCK, api.hessian, _rosenbrock, ROSENBROCK_CASADI, n, peers)


def _entries(
    about: str,
    text: str,
    derive: Callable[..., api.Derivatives],
    hand: Callable[[np.ndarray], Any],
    casadi: str,
    n: int,
    peers: Peers,
) -> Comparison:
    x = np.random.default_rng(0).standard_normal(n)

    def ours() -> list[Any]:
        found = derive(api.trace(Source(text), {"x": x}), ["x"], sparse="always").by_name["x"]
        return [found["x"] if isinstance(found, dict) else found]

    works = {HAND: lambda: [hand(x)], OURS: ours}
    entries = hand(x).T.tocsr().T.tocoo()  # by columns, as CasADi has them
    answer = [entries.row, entries.col, entries.data]
    scripts = {"casadi": CASADI.replace("{made}", casadi)}
    targets = [Target(1.0, None)]
    return compared(about, works, scripts, {"x": x}, targets, peers, answer=answer)
