"""Whole processes from a cold start, against the one import that none of them can avoid."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measure import HAND, OURS, Comparison, Target, Timed, interleaved, repeated
from tests.benchmarks.peers import Peers

GRAD = ["grad", "w*x+b", "w=3", "x=2", "b=4"]

JAX = "import jax; print(jax.grad(lambda w, x, b: w*x + b, (0, 1, 2))(3.0, 2.0, 4.0))"
TORCH = """
import torch
w, x, b = (torch.tensor(v, requires_grad=True) for v in (3.0, 2.0, 4.0))
(w*x + b).backward()
print(w.grad, x.grad, b.grad)
"""
AUTOGRAD = (
    "import autograd; print(autograd.grad(lambda w, x, b: w*x + b, (0, 1, 2))(3.0, 2.0, 4.0))"
)
SCRIPTS = {"torch": TORCH, "jax": JAX, "autograd": AUTOGRAD}


def process(command: Sequence[str]) -> Timed:
    """The time of a process."""
    # an installed package has its bytecode, and so has NumPy
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = functools.partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, env=env)
    return repeated(functools.partial(run, list(command)))


def diffcli(*arguments: str) -> list[str]:
    """The command as it is installed."""
    return [str(Path(sysconfig.get_path("scripts")) / "diffcli"), *arguments]


def startup(about: str, peers: Peers, arguments: Sequence[str], limit: float) -> Comparison:
    """A command, with a filled cache, against `import numpy`; peers do the work of `GRAD`."""
    timed = {
        HAND: process([sys.executable, "-c", "import numpy"]),
        OURS: process(diffcli(*arguments)),
    }
    for name in [n for n in SCRIPTS if n in peers.names and arguments[0] == "grad"]:
        timed[name] = process([str(peers.python), "-c", SCRIPTS[name]])
    return Comparison(about, interleaved(timed), [Target(limit)])
