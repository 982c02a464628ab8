"""Jacobians and Hessians that have structure: identities, diagonals, blocks, products of few."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.measure import Target
from tests.benchmarks.problem import Problem


def tanh(n: int) -> Problem:
    """The Jacobian of tanh(W @ x): one scaled copy of W."""
    rng = np.random.default_rng(0)
    values = {"x": rng.standard_normal(n), "W": rng.standard_normal((n, n)) / np.sqrt(n)}

    def hand(x: np.ndarray, W: np.ndarray) -> list[np.ndarray]:
        return [(1 - np.tanh(W @ x) ** 2)[:, None] * W]

    return Problem(
        "jacobian",
        "tanh(W @ x)",
        values,
        hand,
        [Target(2.0)],
        spelled="def f(x, W): return xp.tanh(W @ x)",
        casadi=("casadi.jacobian(casadi.tanh(W @ x), x)", f"[({n}, {n})]"),
    )


def logistic(rows: int, n: int) -> Problem:
    """The Hessian of logistic regression: one product."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((rows, n)), rng.integers(0, 2, rows) * 2.0 - 1

    def hand(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        s = 1 / (1 + np.exp(y * (X @ w)))
        return [(X.T * (y * y * s * (1 - s))) @ X]

    return Problem(
        "hessian",
        "sum(log1p(exp(-y*(X @ w))))",
        {"w": rng.standard_normal(n) / np.sqrt(n), "X": X, "y": y},
        hand,
        [Target(1.5)],
        spelled="def f(w, X, y): return xp.sum(xp.log1p(xp.exp(-y*(X @ w))))",
        casadi=(
            "casadi.hessian(casadi.sum1(casadi.log1p(casadi.exp(-y*(X @ w)))), w)[0]",
            f"[({n}, {n})]",
        ),
    )


def factors(n: int, k: int) -> Problem:
    """The Hessian of a matrix factorisation by one factor: n equal blocks."""
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal((n, k)) for name in "UV"}
    values["T"] = rng.standard_normal((n, n))

    def hand(U: np.ndarray, V: np.ndarray, T: np.ndarray) -> list[np.ndarray]:
        return [np.kron(np.eye(n), 2 * V.T @ V).reshape(n, k, n, k)]

    return Problem(
        "hessian",
        "sum((T - U @ V.T)**2)",
        values,
        hand,
        [Target(3.0)],
        spelled="def f(U, V, T): return xp.sum((T - U @ V.T)**2)",
    )


def quadratic(n: int) -> Problem:
    """The Hessian of x.T @ A @ x: A and its transpose."""
    rng = np.random.default_rng(0)
    return Problem(
        "hessian",
        "x.T @ A @ x",
        {"x": rng.standard_normal(n), "A": rng.standard_normal((n, n))},
        lambda x, A: [A + A.T],
        [Target(1.5)],
        spelled="def f(x, A): return x @ A @ x",
        casadi=("casadi.hessian(x.T @ A @ x, x)[0]", f"[({n}, {n})]"),
        without=["casadi"] if n > 100 else [],  # its symbols are numbers, and A has n*n
    )


LAYERS = 10

NETWORK = """
def f(W, {names}, x, t):
    z = W @ x
    for V in ({names}):
        z = V @ xp.where(z > 0, z, 0.0*z)
    return xp.log(xp.sum(xp.exp(z))) - t @ z
"""


def network(n: int) -> Problem:
    """The Hessian of a network of ten ReLU layers of n by its first weights.

    The last layer is a softmax with its cross entropy, as in Laue, Mitterreiter and Giesen (2018).
    The layers are linear where they are smooth: with z = W @ x the Hessian is the one by z, J.T @ S
    @ J for the Jacobian J of the logits, times x twice.
    """
    rng = np.random.default_rng(0)
    names = [f"W{k}" for k in range(2, LAYERS + 1)]
    weights = {name: rng.standard_normal((n, n)) * np.sqrt(2 / n) for name in ["W", *names]}
    t = np.eye(n)[0]
    text = "z = W @ x; " + "".join(f"z = {name} @ relu(z); " for name in names)

    def hand(W: np.ndarray, x: np.ndarray, t: np.ndarray, **rest: np.ndarray) -> list[np.ndarray]:
        z, slopes = W @ x, np.eye(n)
        for V in rest.values():
            active = V * (z > 0)
            z, slopes = active @ z, active @ slopes
        p = np.exp(z - np.max(z))
        p /= np.sum(p)
        inner = slopes.T @ ((np.diag(p) - np.outer(p, p)) @ slopes)
        return [np.multiply.outer(inner, np.outer(x, x)).transpose(0, 2, 1, 3)]

    return Problem(
        "hessian",
        text + "logsumexp(z) - t @ z",
        {**weights, "x": rng.standard_normal(n), "t": t},
        hand,
        [Target(3.0)],
        spelled=NETWORK.replace("{names}", ", ".join(names)),
    )


def rosenbrock(n: int) -> Problem:
    """The Hessian of Rosenbrock's function times a vector."""
    rng = np.random.default_rng(0)
    sum1 = "casadi.sum1(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

    def hand(v: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
        a, b = x[:-1], x[1:]
        found = np.zeros_like(x)
        found[:-1] = (1200 * a * a - 400 * b + 2) * v[:-1] - 400 * a * v[1:]
        found[1:] += 200 * v[1:] - 400 * a * v[:-1]
        return [found]

    return Problem(
        "hvp",
        "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)",
        {"v": rng.standard_normal(n), "x": rng.standard_normal(n)},
        hand,
        [Target(1.0)],
        spelled="def f(x): return xp.sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)",
        casadi=(f"casadi.jtimes(casadi.gradient({sum1}, x), x, v)", f"[({n},)]"),
    )
