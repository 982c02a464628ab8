"""Whole processes from a cold start, against the one import that none of them can avoid."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.benchmarks.measure import Comparison, compare

IMPORT_NUMPY = "python -c 'import numpy'"
GRAD = ["grad", "w*x+b", "w=3", "x=2", "b=4"]


def startup(peer: str | None = None) -> Comparison:
    """`diffcli grad` and `diffcli --help`, with a filled cache, against `import numpy`."""
    diffcli = str(Path(sysconfig.get_path("scripts")) / "diffcli")
    commands = {
        IMPORT_NUMPY: [sys.executable, "-c", "import numpy"],
        "diffcli grad": [diffcli, *GRAD],
        "diffcli grad --json": [diffcli, *GRAD, "--json"],
        "diffcli --help": [diffcli, "--help"],
    }
    # an installed package has its bytecode, and so has NumPy
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    run = functools.partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, env=env)
    works = {name: functools.partial(run, command) for name, command in commands.items()}
    targets = {"diffcli grad": 1.8, "diffcli grad --json": 1.8, "diffcli --help": 0.8}
    return compare("startup", works, baseline=IMPORT_NUMPY, targets=targets, rounds=25)
