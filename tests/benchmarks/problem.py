"""Derivatives of expressions: by a compiled plan, by hand, and by every peer in its best form."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcli import api
from diffcli.errors import Source
from diffcli.ops.op import INPUT
from diffcli.runtime.backend import backend
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.reverse import one, pull
from tests.benchmarks.measure import HAND, OURS, Comparison, Target
from tests.benchmarks.peers import Peers, compared

Arrays = Mapping[str, np.ndarray]

JAX = """
import jax, jax.numpy as xp
jax.config.update("jax_enable_x64", True)
{definition}
by = tuple(range({count}))
*arrays, = map(xp.asarray, values.values())
def blocks(found):
    return [b for row in found for b in (row if isinstance(row, tuple) else [row])]
def grad(*a):
    y, found = jax.value_and_grad(f, by)(*a)
    return [y, *found]
def jacobian(*a):
    return list(jax.jacrev(f, by)(*a))
def hessian(*a):
    return blocks(jax.hessian(f, by)(*a))
def hvp(v, *a):
    return list(jax.jvp(lambda *x: jax.grad(f, by)(*x, *a[{count}:]), a[:{count}], (v,))[1])
derived = jax.jit({kind})
def call():
    return jax.block_until_ready(derived(*arrays))
"""

TORCH = """
import os, torch, torch as xp
torch.set_num_threads(len(os.sched_getaffinity(0)))
{definition}
by = tuple(range({count}))
device = "cuda" if os.environ.get("DIFFCLI_BACKEND") == "cupy" else "cpu"
arrays = [torch.tensor(v, device=device) for v in values.values()]
def blocks(found):
    return [b for row in found for b in (row if isinstance(row, tuple) else [row])]
def grad(*a):
    found, y = torch.func.grad_and_value(f, by)(*a)
    return [y, *found]
def jacobian(*a):
    return list(torch.func.jacrev(f, by)(*a))
def hessian(*a):
    return blocks(torch.func.hessian(f, by)(*a))
def hvp(v, *a):
    g = lambda *x: torch.func.grad(f, by)(*x, *a[{count}:])
    return list(torch.func.jvp(g, a[:{count}], (v,))[1])
derived = {kind}
def call():
    found = derived(*arrays)
    if device == "cuda":
        torch.cuda.synchronize()
    return found
"""

COMPILED = TORCH.replace("derived = {kind}", "derived = torch.compile({kind}, dynamic=False)")

AUTOGRAD = """
import autograd, autograd.numpy as xp
{definition}
by = tuple(range({count}))
arrays = list(values.values())
def grad(*a):
    y, found = autograd.value_and_grad(f, by)(*a)
    return [y, *found]
def jacobian(*a):
    return [autograd.jacobian(f, k)(*a) for k in by]
def hessian(*a):
    return [autograd.jacobian(autograd.grad(f, k), j)(*a) for k in by for j in by]
def hvp(v, *a):
    return [autograd.hessian_vector_product(f)(*a, v)]
def call():
    return {kind}(*arrays)
"""

CASADI = """
import casadi, numpy as np
names = list(values)
held = {name: casadi.MX.sym(name, *value.shape) for name, value in values.items()}
globals().update(held)
made = [{definition}]
f = casadi.Function("f", list(held.values()), made)
given = [casadi.DM(value) for value in values.values()]
def call():
    return [a.toarray().reshape(s) for a, s in zip(f.call(given), {shapes}, strict=True)]
"""

GENERIC = {"jax": JAX, "torch": TORCH, "torch.compile": COMPILED, "autograd": AUTOGRAD}


class Problem:
    """The derivative of an expression over `values`, by the first `count` of them.

    `hand` computes with NumPy what is asked for, in a list: the value too where `kind` is grad.
    Where it is hvp the direction is the first of the values, named v. `spelled` is the definition
    of f for libraries with the functions of NumPy, called xp; `scripts` are for other libraries.
    `without` names peers that the work is not for.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        values: Arrays,
        hand: Callable[..., Sequence[Any]],
        targets: Sequence[Target],
        *,
        spelled: str = "",
        count: int = 1,
        scripts: Mapping[str, str] | None = None,
        casadi: tuple[str, str] | None = None,
        without: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.text = text
        self.values = dict(values)
        self.hand = hand
        self.targets = targets
        self.count = count
        self.spelled = spelled
        self.scripts = {**self._generic(), **(scripts or {})}
        if casadi is not None:
            made, shapes = casadi
            filled = CASADI.replace("{definition}", made).replace("{shapes}", shapes)
            self.scripts["casadi"] = filled
        for name in without:
            self.scripts.pop(name, None)

    def _generic(self) -> dict[str, str]:
        return {
            name: script.replace("{definition}", self.spelled)
            .replace("{count}", str(self.count))
            .replace("{kind}", self.kind)
            for name, script in GENERIC.items()
            if self.spelled
        }

    def plan(self) -> Callable[[], list[Any]]:
        """Our answer, from a plan that is made once, and adapts as in the Python interface."""
        nodes = {n: INPUT.make(n, v.shape, v.dtype) for n, v in self.values.items()}
        y = api.trace(Source(self.text), {}, unknown=list(nodes.values())).output
        tangent = nodes["v"] if self.kind == "hvp" else None
        wrt = [node for node in nodes.values() if node is not tangent][: self.count]
        if self.kind == "grad":
            found = [y, *pull([(y, one(y))], wrt)]
        elif self.kind == "jacobian":
            found = derive.jacobian(y, wrt)
        elif self.kind == "hvp":
            found = derive.hvp(y, wrt, [(x, nodes["v"]) for x in wrt])
        else:
            found = [block for row in derive.hessian(y, wrt) for block in row]
        plan = Plan([a for a in found if a is not None], list(nodes.values()), adapts=True)
        xp = backend(os.environ.get("DIFFCLI_BACKEND", "numpy"))
        arrays = [xp.asarray(v) for v in self.values.values()]

        def call() -> list[Any]:
            found = plan.run(xp, arrays)
            if xp.name == "cupy":
                xp.cuda.get_current_stream().synchronize()
            return found

        return call

    def compare(self, about: str, peers: Peers) -> Comparison:
        """All of them beside each other."""
        works = {HAND: lambda: self.hand(**self.values), OURS: self.plan()}
        return compared(about, works, self.scripts, self.values, self.targets, peers)
