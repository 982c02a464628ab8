"""Rows: the compiled plan of a batch against peers that take one row at a time in a Python loop."""

from __future__ import annotations

import numpy as np

from diffcli.batch.compile import Compiled, Question
from diffcli.errors import Source
from tests.benchmarks.measure import HAND, OURS, Comparison, Target, Timed, interleaved, repeated
from tests.benchmarks.peers import Peers, agree

LOOP = """
rows = list(zip(*(values[n].tolist() for n in "wxb")))
def call():
    return [np.array(column) for column in zip(*[row(*each) for each in rows])]
"""

LOOPS = {
    "torch": """
import numpy as np, torch
torch.set_num_threads(1)
def row(*given):
    w, x, b = leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in given]
    y = torch.tanh(w*x + b)**2
    y.backward()
    return [y.item(), *(a.grad.item() for a in leaves)]
""",
    "jax": """
import jax, numpy as np
jax.config.update("jax_enable_x64", True)
f = jax.jit(jax.value_and_grad(lambda w, x, b: jax.numpy.tanh(w*x + b)**2, (0, 1, 2)))
def row(*given):
    y, found = f(*given)
    return [float(y), *map(float, found)]
""",
    "autograd": """
import autograd, autograd.numpy as xp, numpy as np
f = autograd.value_and_grad(lambda v: xp.tanh(v[0]*v[1] + v[2])**2)
def row(*given):
    y, found = f(np.array(given))
    return [y, *found]
""",
    "casadi": """
import casadi, numpy as np
w, x, b = (casadi.SX.sym(n) for n in "wxb")
y = casadi.tanh(w*x + b)**2
f = casadi.Function("f", [w, x, b], [y, *(casadi.gradient(y, v) for v in (w, x, b))])
def row(*given):
    return list(map(float, f(*given)))
""",
}


def rows(about: str, peers: Peers, count: int, looped: int) -> Comparison:
    """tanh(w*x + b)**2 and its gradient: `count` rows at once, `looped` by peers in a loop.

    Measurements are seconds a row.
    """
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal(count) for name in "wxb"}
    question = Question(Source("tanh(w*x + b)**2"), "grad", list(values), {})
    compiled = Compiled(question, (((), "float64"),) * 3)
    columns = list(values.values())

    def hand() -> list[np.ndarray]:
        w, x, b = columns
        y = np.tanh(w * x + b)
        slope = 2 * y * (1 - y * y)
        return [y * y, slope * x, slope * w, slope]

    wanted = hand()
    agree(about, compiled.run(columns, count), wanted)
    timed: dict[str, Timed] = {
        HAND: repeated(hand),
        OURS: repeated(lambda: compiled.run(columns, count)),
    }
    few = {name: v[:looped] for name, v in values.items()}
    for name in [name for name in LOOPS if name in peers.names]:
        worker = peers.worker(name)
        found = worker.prepare(LOOPS[name] + LOOP, few)
        agree(f"{about}, {name}", found, [a[:looped] for a in wanted])
        timed[name] = worker.timed
    counts = {HAND: count, OURS: count}
    measured = {
        name: [seconds / counts.get(name, looped) for seconds in taken]
        for name, taken in interleaved(timed).items()
    }
    return Comparison(about, measured, [Target(1e-6, None)], unit="s a row")
