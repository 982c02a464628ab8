"""A formula and its gradient over a million rows, against a script with PyArrow and NumPy."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tests.benchmarks.measure import Comparison, compare

ROWS = 1_000_000
HAND = "by hand, {}"
BY_HAND = """
import sys
import numpy as np, pyarrow as pa
kind, source, target = sys.argv[1:]
if kind == "csv":
    from pyarrow import csv
    table = csv.read_csv(source)
else:
    import pyarrow.parquet as pq
    table = pq.read_table(source)
w, x, b = (table[name].to_numpy() for name in "wxb")
y = np.tanh(w * x + b)
slope = 2 * y * (1 - y * y)
columns = {"value": y * y, "d_w": slope * x, "d_x": slope * w, "d_b": slope}
if kind == "csv":
    csv.write_csv(pa.table(columns), target)
else:
    pq.write_table(pa.table(columns), target)
"""


def batch(kind: str = "csv", rounds: int = 5) -> Comparison:
    """`diffcli batch --kind grad` on a million rows of w, x, b, whole processes."""
    diffcli = str(Path(sysconfig.get_path("scripts")) / "diffcli")
    numbers = np.random.default_rng(0)
    table = pa.table({name: numbers.standard_normal(ROWS) for name in "wxb"})
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/rows.{kind}", f"{folder}/out.{kind}"
        if kind == "csv":
            pyarrow.csv.write_csv(table, source)
        else:
            pyarrow.parquet.write_table(table, source)
        question = ["tanh(w*x + b)**2", source, "-o", target, "--kind", "grad"]
        commands = {
            HAND.format(kind): [sys.executable, "-c", BY_HAND, kind, source, target],
            f"diffcli batch, {kind}": [diffcli, "batch", *question],
        }
        # an installed package has its bytecode, and so has NumPy
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        run = functools.partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, env=env)
        works = {name: functools.partial(run, words) for name, words in commands.items()}
        return compare(
            "batch",
            works,
            baseline=HAND.format(kind),
            targets={f"diffcli batch, {kind}": 1.2},
            rounds=rounds,
        )


def batch_parquet() -> Comparison:
    """The same from Parquet to Parquet."""
    return batch("parquet")
