"""Gradients, Jacobians and Hessians of large arrays: compiled plans, by hand, jax and torch.

The peers run under the interpreter that is given, each in a process that stays for all rounds. All
answers are compared before anything is timed.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from diffcli import api
from diffcli.errors import Source
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.reverse import one, pull
from tests.benchmarks.measure import Comparison, compare

Arrays = dict[str, np.ndarray]

START = """
import sys, numpy as np
values = dict(np.load(sys.argv[1]))
"""

ANSWER = """
np.savez(sys.argv[2], *[np.asarray(a) for a in call()])
print("ready", flush=True)
for line in sys.stdin:
    call()
    print("done", flush=True)
"""

JAX = """
import jax, jax.numpy as xp
jax.config.update("jax_enable_x64", True)
values = {name: xp.asarray(value) for name, value in values.items()}
f = jax.jit(derive(lambda {names}: {text}))
def call():
    return jax.block_until_ready(jax.tree.leaves(f(*values.values())))
"""

TORCH = """
import torch, torch as xp
values = {name: torch.tensor(value) for name, value in values.items()}
f = derive(lambda {names}: {text})
def call():
    found = f(*values.values())
    return list(found) if isinstance(found, tuple) else [found]
"""

COMPILED = TORCH.replace("f = derive(", "f = torch.compile(derive(").replace("{text})", "{text}))")


class Work:
    """A derivative of an expression over `values`, by the first of them.

    `hand` computes it with NumPy, `jax` and `torch` are the expression and what derives it.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        values: Arrays,
        hand: Callable[..., Sequence[np.ndarray]],
        target: float,
        spelled: str | None = None,
    ) -> None:
        self.kind = kind
        self.text = text
        self.values = values
        self.hand = hand
        self.target = target
        self.spelled = spelled or text

    def plan(self) -> Callable[[], list[Any]]:
        """Our answer, from a plan that is made once."""
        nodes = {n: INPUT.make(n, v.shape, v.dtype) for n, v in self.values.items()}
        y = api.trace(Source(self.text), {}, unknown=list(nodes.values())).output
        x = next(iter(nodes.values()))
        found = {
            "grad": lambda: [y, *pull([(y, one(y))], [x])],
            "jacobian": lambda: derive.jacobian(y, [x]),
            "hessian": lambda: derive.hessian(y, [x])[0],
        }[self.kind]()
        plan = Plan([a for a in found if a is not None], list(nodes.values()))
        return lambda: plan.run(NUMPY, list(self.values.values()))

    def script(self, library: str) -> str:
        """What a peer runs."""
        derived = {
            "jax": {
                "grad": "jax.value_and_grad",
                "jacobian": "jax.jacrev",
                "hessian": "jax.hessian",
            },
            "torch": {
                "grad": "(lambda f: lambda *v: torch.func.grad_and_value(f)(*v)[::-1])",
                "jacobian": "torch.func.jacrev",
                "hessian": "torch.func.hessian",
            },
        }
        body = {"jax": JAX, "torch": TORCH, "torch.compile": COMPILED}[library]
        how = derived[library.partition(".")[0]][self.kind]
        names = ", ".join(self.values)
        body = body.replace("{names}", names).replace("{text}", self.spelled)
        return START + body.replace("derive(", f"{how}(") + ANSWER


def _fused(size: int, dtype: str) -> Work:
    x = np.random.default_rng(0).standard_normal(size).astype(dtype)

    def hand(x: np.ndarray) -> list[np.ndarray]:
        s, c, q, t = np.sin(x), np.cos(x), x * x, np.tanh(x)
        e, p = np.exp(-q), np.log1p(q)
        value = np.sum(s * e + t * p)
        return [value, c * e - 2 * x * s * e + (1 - t * t) * p + t * 2 * x / (1 + q)]

    text = "sum(sin(x)*exp(-x**2) + tanh(x)*log1p(x**2))"
    spelled = "xp.sum(xp.sin(x)*xp.exp(-x**2) + xp.tanh(x)*xp.log1p(x**2))"
    return Work("grad", text, {"x": x}, hand, 0.5, spelled)


def _tanh() -> Work:
    rng = np.random.default_rng(0)
    values = {"x": rng.standard_normal(1000), "W": rng.standard_normal((1000, 1000)) / 30}

    def hand(x: np.ndarray, W: np.ndarray) -> list[np.ndarray]:
        return [(1 - np.tanh(W @ x) ** 2)[:, None] * W]

    return Work("jacobian", "tanh(W @ x)", values, hand, 2.0, "xp.tanh(W @ x)")


def _logistic() -> Work:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((1000, 500)), rng.integers(0, 2, 1000) * 2.0 - 1

    def hand(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
        s = 1 / (1 + np.exp(y * (X @ w)))
        return [(X.T * (y * y * s * (1 - s))) @ X]

    values = {"w": rng.standard_normal(500) / 20, "X": X, "y": y}
    spelled = "xp.sum(xp.log1p(xp.exp(-y*(X @ w))))"
    return Work("hessian", "sum(log1p(exp(-y*(X @ w))))", values, hand, 1.5, spelled)


def _factors() -> Work:
    rng = np.random.default_rng(0)
    values = {n: rng.standard_normal(s) for n, s in [("U", (100, 5)), ("V", (100, 5))]}
    values["T"] = rng.standard_normal((100, 100))

    def hand(U: np.ndarray, V: np.ndarray, T: np.ndarray) -> list[np.ndarray]:
        return [np.kron(np.eye(100), 2 * V.T @ V).reshape(100, 5, 100, 5)]

    return Work("hessian", "sum((T - U @ V.T)**2)", values, hand, 3.0, "xp.sum((T - U @ V.T)**2)")


def _quadratic() -> Work:
    rng = np.random.default_rng(0)
    values = {"x": rng.standard_normal(1000), "A": rng.standard_normal((1000, 1000))}
    return Work("hessian", "x @ A @ x", values, lambda x, A: [A + A.T], 2.0, "x @ (A @ x)")


WORKS: Mapping[str, Callable[[], Work]] = {
    "gradient-1e6": lambda: _fused(10**6, "float64"),
    "gradient-1e7": lambda: _fused(10**7, "float64"),
    "gradient-1e7-float32": lambda: _fused(10**7, "float32"),
    "jacobian-tanh": _tanh,
    "hessian-logistic": _logistic,
    "hessian-factors": _factors,
    "hessian-quadratic": _quadratic,
}


def derivative(name: str, peer: str | None = None) -> Comparison:
    """The work of this name, by a plan, by hand, and by the peers in their best forms."""
    return _compared(name, WORKS[name](), peer)


def _compared(name: str, work: Work, peer: str | None) -> Comparison:
    ours = work.plan()
    hand = partial(work.hand, **work.values)
    wanted = hand()
    _check(name, ours(), wanted)
    calls: dict[str, Callable[[], object]] = {"by hand": hand, "diffcli": ours}
    workers = []
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/values.npz", **work.values)
        for library in ("jax", "torch", "torch.compile") if peer else ():
            if library == "torch.compile" and work.kind != "grad":
                continue
            worker = _worker([str(peer), "-c", work.script(library)], folder)
            if worker is None:
                continue
            workers.append(worker)
            found = np.load(f"{folder}/answer.npz")
            _check(f"{name}, {library}", [found[n] for n in found.files], wanted)
            calls[library] = lambda worker=worker: _ask(worker)
        made = compare(name, calls, baseline="by hand", targets={"diffcli": work.target}, rounds=7)
    for worker in workers:
        worker.kill()
    return made


def _worker(command: list[str], folder: str) -> subprocess.Popen[str] | None:
    files = [f"{folder}/values.npz", f"{folder}/answer.npz"]
    worker = subprocess.Popen(
        [*command, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    return worker if worker.stdout.readline() == "ready\n" else None


def _ask(worker: subprocess.Popen[str]) -> None:
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write("again\n")
    worker.stdin.flush()
    worker.stdout.readline()


def _check(name: str, found: Sequence[Any], wanted: Sequence[Any]) -> None:
    for a, b in zip(found, wanted, strict=True):
        single = np.asarray(b).dtype == np.float32
        scale = np.max(np.abs(b))
        np.testing.assert_allclose(
            a,
            b,
            rtol=1e-4 if single else 1e-9,
            atol=(1e-5 if single else 1e-12) * scale,
            err_msg=name,
        )
