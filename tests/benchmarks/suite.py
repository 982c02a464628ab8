"""The list of benchmarks: a name, what it is about, its sizes, and tiny ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks import adbench, arrays, batch, gradients, memory, programs, sparse
from tests.benchmarks.measure import Comparison
from tests.benchmarks.peers import Peers
from tests.benchmarks.problem import Problem
from tests.benchmarks.rows import rows
from tests.benchmarks.startup import GRAD, startup


class Benchmark(NamedTuple):
    """`run(about, peers, *sizes)` compares; `tiny` are sizes that take no time."""

    about: str
    run: Callable[..., Comparison]
    sizes: tuple[Any, ...]
    tiny: tuple[Any, ...]


def of(make: Callable[..., Problem]) -> Callable[..., Comparison]:
    """The comparison of a problem that sizes make."""
    return lambda about, peers, *sizes: make(*sizes).compare(about, peers)


ROOM = 24
"""Arrays that must be free for all that compute a gradient beside each other."""


def _gradient(about: str, peers: Peers, size: int, dtype: str) -> Comparison:
    about, size = memory.fitting(about, size, ROOM * np.dtype(dtype).itemsize)
    return gradients.gradient(size, dtype).compare(about, peers)


def growing() -> dict[str, Benchmark]:
    """The gradient of a formula for 1, 10, ... 1e8 elements of both types."""
    found = {}
    for dtype in ("float64", "float32"):
        for power in range(9):
            about = f"gradient, 1e{power} {dtype}"
            name = f"gradient-1e{power}" + "-float32" * (dtype == "float32")
            found[name] = Benchmark(about, _gradient, (10**power, dtype), (50, dtype))
    return found


def _memory(about: str, peers: Peers, size: int) -> Comparison:
    return memory.gradient(about, size)


BENCHMARKS: dict[str, Benchmark] = {
    "startup": Benchmark("diffcli grad, cold", startup, (GRAD, 1.8), (GRAD, 1.8)),
    "startup-help": Benchmark(
        "diffcli --help, cold", startup, (["--help"], 0.8), (["--help"], 0.8)
    ),
    **growing(),
    "memory": Benchmark("memory of the gradient, 1e8", _memory, (10**8,), (1000,)),
    "batch": Benchmark("batch, CSV, 1e6 rows", batch.tanh, ("csv", 10**6), ("csv", 20)),
    "batch-parquet": Benchmark(
        "batch, Parquet, 1e6 rows", batch.tanh, ("parquet", 10**6), ("parquet", 20)
    ),
    "batch-lists": Benchmark("batch, lists, 2e5 rows", batch.lists, (200_000,), (20,)),
    "rows": Benchmark("rows, peers one at a time", rows, (10**6, 1000), (100, 5)),
    "jacobian-tanh": Benchmark("Jacobian of tanh(W @ x), 1000", of(arrays.tanh), (1000,), (5,)),
    "jacobian-broyden": Benchmark(
        "Jacobian of Broyden, 1e6, sparse", sparse.broyden, (10**6,), (9,)
    ),
    "hessian-rosenbrock": Benchmark(
        "Hessian of Rosenbrock, 1e6, sparse", sparse.rosenbrock, (10**6,), (9,)
    ),
    "hvp-rosenbrock": Benchmark("HVP of Rosenbrock, 1e6", of(arrays.rosenbrock), (10**6,), (9,)),
    "hessian-logistic": Benchmark(
        "Hessian of logistic loss, 1000 x 500", of(arrays.logistic), (1000, 500), (9, 4)
    ),
    "hessian-factors": Benchmark(
        "Hessian of factors, 100 x 5", of(arrays.factors), (100, 5), (4, 2)
    ),
    "hessian-quadratic": Benchmark(
        "Hessian of x.T @ A @ x, 1000", of(arrays.quadratic), (1000,), (5,)
    ),
    "hessian-network": Benchmark("Hessian of ten ReLU layers, 30", of(arrays.network), (30,), (4,)),
    "mixture": Benchmark(
        "ADBench GMM, 1000 x 20, 50", of(adbench.mixture), (1000, 20, 50), (7, 3, 2)
    ),
    "bundle": Benchmark(
        "ADBench BA, 49, 7776, 31843", adbench.bundle, (49, 7776, 31843), (2, 5, 11)
    ),
    "program-chain": Benchmark("program, 20,000 operations", programs.chain, (10_000,), (20,)),
    "program-long": Benchmark("program, 1e6 operations", programs.chain, (500_000,), (20,)),
    "program-functions": Benchmark(
        "program, 20,000 functions", programs.functions, (10_000,), (20,)
    ),
    "program-training": Benchmark("program, 200 steps of SGD", programs.training, (200,), (3,)),
}
