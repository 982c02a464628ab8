"""The memory that a gradient takes beyond its inputs and its result, in arrays of their size.

Each is measured in a process of its own by the most memory that it ever held (`ru_maxrss`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.gradients import TEXT
from tests.benchmarks.measure import HAND, OURS, Comparison, Target

ROOM = 12
"""Arrays that must fit into the memory that is free, so that by hand fits."""

MEASURE = """
import resource, sys
import numpy as np
import diffcli
from tests.benchmarks.gradients import TEXT, by_hand
size, who = int(sys.argv[1]), sys.argv[2]
gradient = diffcli.grad(TEXT)
calls = {"diffcli": lambda x: gradient(x=x)["x"], "by hand": lambda x: by_hand(x)[1]}
calls[who](np.linspace(-1, 1, 10**6 + 1))  # everything that is needed is loaded
x = np.random.default_rng(0).standard_normal(size)
def peak():
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
before = peak()
result = calls[who](x)
print((peak() - before) / x.nbytes - 1)
"""


def gradient(about: str, size: int) -> Comparison:
    """The memory of the gradient of `gradients.TEXT`, value and all checks included.

    The size is a tenth as long as the machine lacks the room, which `about` then says.
    """
    asked = size
    while size > 10 and size * 8 * ROOM > free():
        size //= 10
    if size < asked:
        about = f"{about}: {size:.0e} elements, for lack of memory"
    root = Path(__file__).parents[2]
    measured = {}
    for who in (HAND, OURS):
        command = [sys.executable, "-c", MEASURE, str(size), who]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        measured[who] = [float(done.stdout)]
    return Comparison(about, measured, [Target(3.0, None)], unit="arrays")


def free() -> int:
    """Bytes of memory that are free."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


__all__ = ["TEXT", "free", "gradient"]
