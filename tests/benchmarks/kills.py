"""Batches killed at random moments and resumed: `python -m tests.benchmarks.kills [--times N]`.

The process is killed (SIGKILL) and goes on with --resume; with --dask it is one worker process of a
local cluster that is killed. The output must be that of an undisturbed run, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

# Answers are written at once, so that there is something to resume at every moment.
PROGRAM = """
import sys
from diffcli.batch import journal
from diffcli.__main__ import main
journal.PAUSE = 0.05
if __name__ == "__main__":
    main()
"""
QUESTION = "sum(x**2)*gammaln(w**2 + 1) + sum(inv([[w, 1], [0, x[0]]]))"
OPTIONS = ["--kind", "grad", "--on-error", "null", "--chunk-rows", "8192", "--keep", "id"]


def write(path: Path, rows: int) -> None:
    """Rows with lists of different lengths, some of which fail."""
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(1, 4, rows))])
    x = pa.ListArray.from_arrays(pa.array(offsets), pa.array(rng.standard_normal(offsets[-1])))
    w = rng.standard_normal(rows)
    w[::9973] = 0
    table = pa.table({"id": [f"r{i}" for i in range(rows)], "x": x, "w": w})
    pa.parquet.write_table(table, path, row_group_size=50_000)


def workers_of(process: int) -> list[int]:
    """The worker processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == process and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def trial(command: list[str], parts: Path, seconds: float, dask: bool) -> str:
    """Kill a run at a random moment and let it be resumed if it ended; says when."""
    moment = random.uniform(0, seconds)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        while dask and run.poll() is None and not any(parts.glob("0*")):
            time.sleep(0.01)  # until the tasks are going on
        time.sleep(moment)
        victims = workers_of(run.pid) if dask else [run.pid]
        if run.poll() is None and victims:
            os.kill(random.choice(victims), signal.SIGKILL)
        said = run.communicate()[1].decode()
    status = run.returncode
    if status == -signal.SIGKILL:
        status = subprocess.run([*command, "--resume"], capture_output=True).returncode
    assert status == 3, f"after {moment:.2f} s: {said}"  # some rows failed
    return f"killed after {moment:.2f} s (exit {run.returncode})"


def main() -> None:
    """Print a line for every trial."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--dask", action="store_true")
    parser.add_argument("--rows", type=int, default=600_000)
    options = parser.parse_args()
    engine = ["--engine", "dask", "--workers", "2"] if options.dask else []
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "in.parquet"), Path(folder, "program.py")
        write(source, options.rows)
        program.write_text(PROGRAM)
        run = [sys.executable, str(program), "batch", QUESTION, str(source), *OPTIONS, "-o"]
        start = time.perf_counter()
        subprocess.run([*run, f"{folder}/whole.csv"], capture_output=True)
        whole = Path(folder, "whole.csv").read_bytes()
        command = [*run, f"{folder}/out.csv", *engine]
        seconds = time.perf_counter() - start
        print(f"an undisturbed run takes {seconds:.2f} s and writes {len(whole):,} bytes")
        for number in range(options.times):
            said = trial(command, Path(folder, ".out.csv.parts"), seconds, options.dask)
            same = Path(folder, "out.csv").read_bytes() == whole
            print(f"{number + 1:3} {said}: {'the same' if same else 'DIFFERENT'}", flush=True)
            assert same
            left = {path.name for path in Path(folder).iterdir()}
            assert left == {"in.parquet", "out.csv", "program.py", "whole.csv"}
            Path(folder, "out.csv").unlink()


if __name__ == "__main__":
    main()
