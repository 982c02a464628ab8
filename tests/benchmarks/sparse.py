"""Sparse Jacobians and Hessians of a million variables: from the text to the entries, and by hand.

Ours is everything from parsing on. By hand the bands are written down and given to SciPy, which
takes knowing the derivative and its pattern. The arrays that torch and jax give do not fit here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from diffcli import api
from diffcli.errors import Source
from tests.benchmarks.measure import Comparison, compare

BROYDEN = "(3 - 2*x)*x - concatenate([[0.0], x[:-1]]) - 2*concatenate([x[1:], [0.0]]) + 1"
ROSENBROCK = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

SIZE = 10**6

TARGET = 10.0
"""Times by hand, where the derivative is known before; 1 s would be about 30 times."""


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


WORKS: dict[str, tuple[str, Callable[..., api.Derivatives], Callable[[np.ndarray], Any]]] = {
    "jacobian-broyden": (BROYDEN, api.jacobian, _broyden),
    "hessian-rosenbrock": (ROSENBROCK, api.hessian, _rosenbrock),
}


def entries(name: str, peer: str | None = None) -> Comparison:
    """The work of this name, from its text and by hand."""
    text, derive, hand = WORKS[name]
    x = np.random.default_rng(0).standard_normal(SIZE)

    def ours() -> Any:
        found = derive(api.trace(Source(text), {"x": x}), ["x"], sparse="always").by_name["x"]
        return found["x"] if isinstance(found, dict) else found

    gap = abs(ours().tocsr() - hand(x).tocsr())
    assert gap.max() <= 1e-9, name
    calls = {"by hand": lambda: hand(x), "diffcli": ours}
    return compare(name, calls, baseline="by hand", targets={"diffcli": TARGET}, rounds=7)
