"""Formulas and their gradients over the rows of a file, against scripts that do the same.

The scripts read and write with PyArrow and compute by hand with NumPy, with jax or with torch; the
last two run under the interpreter given as the peer, which needs PyArrow, too.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tests.benchmarks.measure import Comparison, compare

READ = """
import sys
import numpy as np, pyarrow as pa
from pyarrow import csv, parquet
kind, source, target = sys.argv[1:]
table = csv.read_csv(source) if kind == "csv" else parquet.read_table(source)
def numbers(name):
    column = table[name].combine_chunks()
    if pa.types.is_list(column.type):
        return column.flatten().to_numpy().reshape(len(column), -1)
    return column.to_numpy()
"""

WRITE = """
def column(values):
    values = np.asarray(values)
    if values.ndim == 1:
        return pa.array(values)
    ends = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.ravel(values)))
table = pa.table({name: column(values) for name, values in columns.items()})
csv.write_csv(table, target) if kind == "csv" else parquet.write_table(table, target)
"""

JAX = """
import jax
import jax.numpy as np_
jax.config.update("jax_enable_x64", True)
def derived(f, by, axes):
    return jax.jit(jax.vmap(jax.value_and_grad(f, argnums=by), in_axes=axes))
"""

TORCH = """
import torch
import torch as np_
def derived(f, by, axes):
    return torch.vmap(torch.func.grad_and_value(f, argnums=by), in_dims=axes)
"""

TANH_BY_HAND = """
w, x, b = map(numbers, "wxb")
y = np.tanh(w * x + b)
slope = 2 * y * (1 - y * y)
columns = {"value": y * y, "d_w": slope * x, "d_x": slope * w, "d_b": slope}
"""

TANH_JAX = """
f = derived(lambda w, x, b: np_.tanh(w * x + b) ** 2, (0, 1, 2), (0, 0, 0))
value, grads = f(*map(numbers, "wxb"))
columns = {"value": value, **{"d_" + n: g for n, g in zip("wxb", grads)}}
"""

TANH_TORCH = """
f = derived(lambda w, x, b: np_.tanh(w * x + b) ** 2, (0, 1, 2), (0, 0, 0))
grads, value = f(*(torch.tensor(numbers(n)) for n in "wxb"))
columns = {"value": value, **{"d_" + n: g for n, g in zip("wxb", grads)}}
"""

WEIGHTS = "w = np.sin(np.arange(100.0))\n"

LOSS_BY_HAND = """
x, y = numbers("x"), numbers("y")
e = np.exp(-y * (x @ w))
slope = -y * e / (1 + e)
columns = {"value": np.log1p(e), "d_w": slope[:, None] * x}
"""

LOSS_JAX = """
f = derived(lambda w, x, y: np_.log1p(np_.exp(-y * (w @ x))), 0, (None, 0, 0))
value, grad = f(w, numbers("x"), numbers("y"))
columns = {"value": value, "d_w": grad}
"""

LOSS_TORCH = """
f = derived(lambda w, x, y: np_.log1p(np_.exp(-y * (w @ x))), 0, (None, 0, 0))
grad, value = f(*map(torch.tensor, (w, numbers("x"), numbers("y"))))
columns = {"value": value, "d_w": grad}
"""


def batch(peer: str | None = None) -> Comparison:
    """`diffcli batch --kind grad` on a million rows of w, x, b in CSV, whole processes."""
    return _tanh("csv", peer)


def batch_parquet(peer: str | None = None) -> Comparison:
    """The same from Parquet to Parquet."""
    return _tanh("parquet", peer)


def batch_lists(peer: str | None = None) -> Comparison:
    """The logistic loss of 200,000 rows with a list of 100 numbers, Parquet to Parquet."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((200_000, 100))
    table = pa.table({"x": list(rows), "y": rng.integers(0, 2, len(rows)) * 2.0 - 1})
    question = ["log1p(exp(-y * (w @ x)))", "w=sin(arange(100.0))", "--wrt", "w"]
    scripts = {
        "by hand": READ + WEIGHTS + LOSS_BY_HAND + WRITE,
        "jax": READ + WEIGHTS + JAX + LOSS_JAX + WRITE,
        "torch": READ + WEIGHTS + TORCH + LOSS_TORCH + WRITE,
    }
    return _processes("batch-lists", "parquet", table, question, scripts, peer)


def _tanh(kind: str, peer: str | None) -> Comparison:
    rng = np.random.default_rng(0)
    table = pa.table({name: rng.standard_normal(1_000_000) for name in "wxb"})
    scripts = {
        "by hand": READ + TANH_BY_HAND + WRITE,
        "jax": READ + JAX + TANH_JAX + WRITE,
        "torch": READ + TORCH + TANH_TORCH + WRITE,
    }
    return _processes(f"batch-{kind}", kind, table, ["tanh(w*x + b)**2"], scripts, peer)


def _processes(
    name: str,
    kind: str,
    table: pa.Table,
    question: list[str],
    scripts: dict[str, str],
    peer: str | None,
    rounds: int = 5,
) -> Comparison:
    """Whole processes that read the table from a file and write their results to another one."""
    diffcli = str(Path(sysconfig.get_path("scripts")) / "diffcli")
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/rows.{kind}", f"{folder}/out.{kind}"
        write = pyarrow.csv.write_csv if kind == "csv" else pyarrow.parquet.write_table
        write(table, source)
        ours = f"diffcli batch, {kind}"
        commands = {ours: [diffcli, "batch", *question, source, "-o", target, "--kind", "grad"]}
        for label, script in scripts.items():
            python = sys.executable if label == "by hand" else peer
            if python is not None:
                commands[f"{label}, {kind}"] = [python, "-c", script, kind, source, target]
        return compare(
            name,
            {label: _process(command) for label, command in commands.items()},
            baseline=f"by hand, {kind}",
            targets={ours: 1.2},
            rounds=rounds,
        )


def _process(command: list[str]) -> Callable[[], object]:
    # an installed package has its bytecode, and so has NumPy
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return functools.partial(
        subprocess.run, command, check=True, stdout=subprocess.DEVNULL, env=env
    )
