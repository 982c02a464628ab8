"""Programs against PyTorch: the same text, timed without the imports of either.

    python -m tests.benchmarks.programs [--peer PYTHON] [--rounds N]

The peer is an interpreter that has torch. Rounds of both are interleaved; a ratio below 1 means
that diffcli is faster. Both print the same, which is checked.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from time import perf_counter

from diffcli.errors import Source
from diffcli.program.run import run_program

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

PROGRAMS = {
    "20,000 sums and products": CHAIN,
    "20,000 sines and products": FUNCTIONS,
    "1,000,000 sums and products": CHAIN.replace("10000)", "500000)").replace("1.0001", "1.000001"),
    "logistic regression, 500 x 20, 200 steps": LOGISTIC,
}

PEER = """
import sys, time
import torch
torch.set_num_threads(1)
text = sys.stdin.read()
code = compile(text, "program", "exec")
start = time.perf_counter()
exec(code, {})
print(time.perf_counter() - start, file=sys.stderr)
"""


def ours(text: str) -> tuple[float, str]:
    """Seconds and output of diffcli."""
    printed: list[str] = []
    start = perf_counter()
    run_program(Source(text), printed.append)
    return perf_counter() - start, "".join(printed)


def theirs(text: str, python: str) -> tuple[float, str]:
    """Seconds and output of PyTorch."""
    done = subprocess.run(
        [python, "-P", "-c", PEER], input=text, capture_output=True, text=True, check=True
    )
    return float(done.stderr.split()[-1]), done.stdout


def main() -> None:
    """Print a line for each program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for name, text in PROGRAMS.items():
        ours(text)
        pairs = [(ours(text), theirs(text, options.peer)) for _ in range(options.rounds)]
        outputs = {out for pair in pairs for _, out in pair}
        assert len(outputs) == 1, outputs
        mine = statistics.median(a[0] for a, _ in pairs)
        peer = statistics.median(b[0] for _, b in pairs)
        print(f"{name:45s} diffcli {mine:7.3f} s   torch {peer:7.3f} s   ratio {mine / peer:5.2f}")


if __name__ == "__main__":
    main()
