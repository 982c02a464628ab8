"""Programs, which compute as they go: the same text run by us and by PyTorch.

Both must print the same. What is compared is the whole run without the imports of either.
"""

from __future__ import annotations

import numpy as np

from diffcli.errors import Source
from diffcli.program.run import run_program
from tests.benchmarks.measure import OURS, Comparison, Target
from tests.benchmarks.peers import Peers, compared

CHAIN = """
import torch
x = torch.tensor(1.0, requires_grad=True)
y = x
for i in range(10000):
    y = y * 1.0001
    y = y + 0.001
y.backward()
print(x.grad)
"""

FUNCTIONS = """
import torch
x = torch.tensor(0.5, requires_grad=True)
w = torch.tensor(0.999, requires_grad=True)
y = x
for i in range(10000):
    y = torch.sin(y)
    y = y * w
y.backward()
print(x.grad, w.grad)
"""

LOGISTIC = """
import torch
i = torch.arange(10000.0).reshape(500, 20)
X = torch.sin(i)
Y = (torch.cos(torch.arange(500.0) * 7) > 0).float()
w = torch.zeros(20, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.1)
for step in range(200):
    optimizer.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, Y)
    loss.backward()
    optimizer.step()
print(loss)
"""

TORCH = """
import contextlib, io, numpy as np, torch
torch.set_num_threads(1)
code = compile(str(values["text"]), "program", "exec")
def call():
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    return [np.array(said.getvalue())]
"""

AUTOGRAD = """
import autograd, numpy as np
def chain(x):
    y = x
    for i in range(int(values["steps"])):
        y = y * 1.0001
        y = y + 0.001
    return y
derived = autograd.grad(chain)
def call():
    derived(1.0)
    return [values["printed"]]
"""


def chain(about: str, peers: Peers, steps: int) -> Comparison:
    """Sums and products of one number, two a step, forward and backward."""
    scripts = {"autograd": AUTOGRAD}
    return _program(about, peers, CHAIN.replace("10000", str(steps)), steps, scripts)


def functions(about: str, peers: Peers, steps: int) -> Comparison:
    """Sines and products, two a step, forward and backward."""
    return _program(about, peers, FUNCTIONS.replace("10000", str(steps)), steps)


def training(about: str, peers: Peers, steps: int) -> Comparison:
    """Logistic regression on 500 x 20 numbers."""
    return _program(about, peers, LOGISTIC.replace("range(200)", f"range({steps})"), steps)


def _program(
    about: str, peers: Peers, text: str, steps: int, scripts: dict[str, str] | None = None
) -> Comparison:
    def ours() -> list[np.ndarray]:
        printed: list[str] = []
        run_program(Source(text), printed.append)
        return [np.array("".join(printed))]

    values = {"text": np.array(text), "steps": np.array(steps), "printed": ours()[0]}
    works, targets = {OURS: ours}, [Target(1.0, "torch")]
    scripts = {"torch": TORCH, **(scripts or {})}
    return compared(about, works, scripts, values, targets, peers, baseline="torch")
