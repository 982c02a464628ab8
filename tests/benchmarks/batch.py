"""Formulas and their gradients over the rows of a file, against scripts that do the same.

The scripts read and write with PyArrow and compute by hand with NumPy, with jax or with torch; the
last two run under the interpreter given as the peer, which needs PyArrow, too.
"""

from __future__ import annotations

import sys
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tests.benchmarks.measure import BEST, HAND, OURS, Comparison, Target, interleaved
from tests.benchmarks.peers import Peers, agree
from tests.benchmarks.startup import diffcli, process

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


def tanh(about: str, peers: Peers, kind: str, rows: int) -> Comparison:
    """`diffcli batch --kind grad` on rows of w, x, b, whole processes."""
    rng = np.random.default_rng(0)
    table = pa.table({name: rng.standard_normal(rows) for name in "wxb"})
    scripts = {
        HAND: READ + TANH_BY_HAND + WRITE,
        "jax": READ + JAX + TANH_JAX + WRITE,
        "torch": READ + TORCH + TANH_TORCH + WRITE,
    }
    targets = [Target(1.2), Target(1.0, BEST)]
    return _processes(about, kind, table, ["tanh(w*x + b)**2"], scripts, targets, peers)


def lists(about: str, peers: Peers, rows: int) -> Comparison:
    """The logistic loss of rows with a list of 100 numbers, Parquet to Parquet."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows, 100))
    table = pa.table({"x": list(x), "y": rng.integers(0, 2, rows) * 2.0 - 1})
    question = ["log1p(exp(-y * (w @ x)))", "w=sin(arange(100.0))", "--wrt", "w"]
    scripts = {
        HAND: READ + WEIGHTS + LOSS_BY_HAND + WRITE,
        "jax": READ + WEIGHTS + JAX + LOSS_JAX + WRITE,
        "torch": READ + WEIGHTS + TORCH + LOSS_TORCH + WRITE,
    }
    return _processes(about, "parquet", table, question, scripts, [Target(1.0, "jax")], peers)


def _processes(
    about: str,
    kind: str,
    table: pa.Table,
    question: list[str],
    scripts: dict[str, str],
    targets: list[Target],
    peers: Peers,
) -> Comparison:
    """Whole processes that read the table from a file and write their results to another one."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/rows.{kind}", f"{folder}/out.{kind}"
        write = pyarrow.csv.write_csv if kind == "csv" else pyarrow.parquet.write_table
        write(table, source)
        commands = {OURS: diffcli("batch", *question, source, "-o", target, "--kind", "grad")}
        for name, script in scripts.items():
            python = sys.executable if name == HAND else peers.python
            if name == HAND or name in peers.names:
                commands[name] = [str(python), "-c", script, kind, source, target]
        works = {name: process(command) for name, command in commands.items()}
        wanted = None
        for name, work in works.items():
            work(1)
            found = _columns(target)
            agree(f"{about}, {name}", found, found if wanted is None else wanted)
            wanted = found
        return Comparison(about, interleaved(works), targets)


def _columns(path: str) -> list[np.ndarray]:
    """The numbers of a file, a column each."""
    table = pyarrow.csv.read_csv(path) if path.endswith("csv") else pyarrow.parquet.read_table(path)
    columns = (table[name].combine_chunks() for name in sorted(table.column_names))
    return [(c.flatten() if pa.types.is_nested(c.type) else c).to_numpy() for c in columns]
