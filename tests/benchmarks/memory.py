"""The memory that a gradient takes beyond its inputs and its result, in arrays of their size.

Each is measured in a process of its own by the most memory that it ever held (`ru_maxrss`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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

    The size is less where the machine lacks the room.
    """
    about, size = fitting(about, size, 8 * ROOM)
    root = Path(__file__).parents[2]
    measured = {}
    for who in (HAND, OURS):
        command = [sys.executable, "-c", MEASURE, str(size), who]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        measured[who] = [float(done.stdout)]
    return Comparison(about, measured, [Target(3.0, None)], unit="arrays")


def fitting(about: str, size: int, room: int) -> tuple[str, int]:
    """The size, or a tenth and so on where so many bytes for each element are not free.

    `about` then says so.
    """
    asked, free = size, os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    while size > 10 and size * room > free:
        size //= 10
    return about if size == asked else f"{about}: {size:.0e} for lack of memory", size
