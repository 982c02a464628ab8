"""Batches on a Dask cluster: the same bytes as on one machine, whatever happens to the workers."""

from __future__ import annotations

import json
import logging
import os
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from diffcli.batch import journal
from diffcli.io import partitions
from tests.transcript import diffcli_in_process

distributed = pytest.importorskip("distributed")

QUESTION = ["sum(solve(A, b))*w", "--kind", "grad", "--keep", "id", "--on-error"]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes; they start again when they are killed."""
    quiet = logging.CRITICAL
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=quiet
    ) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(partitions, "LEAST", 500)
    monkeypatch.setattr(journal, "PAUSE", -1)


def batch(*argv, status=0):
    result = diffcli_in_process(["batch", *argv], "")
    assert result.status == status, result.stderr
    return result


def write(rows=10_000, bad=17):
    """Tables of linear systems, some of which have no solution."""
    rng = np.random.default_rng(0)
    matrices = rng.standard_normal((rows, 2, 2)) + 4 * np.eye(2)
    matrices[bad::1999] = 0
    table = pa.table(
        {
            "id": [f"r{i}" for i in range(rows)],
            "A": matrices.tolist(),
            "b": rng.standard_normal((rows, 2)).tolist(),
            "w": rng.standard_normal(rows),
        }
    )
    pa.parquet.write_table(table, "a.parquet", row_group_size=500)
    lines = [json.dumps(row) for row in table.slice(0, 300).to_pylist()]
    lines[40] = "no JSON"
    Path("b.jsonl").write_text("\n".join(lines))


@pytest.mark.parametrize("on_error", ["null", "skip", "fail"])
def test_the_bytes_and_the_messages_are_those_of_one_machine(cluster, on_error):
    write()
    question = [*QUESTION, on_error, "a.parquet", "b.jsonl", "-o"]
    status = 1 if on_error == "fail" else 3

    here = batch(*question, "here.csv", status=status)
    address = cluster.scheduler_address
    there = batch(*question, "there.csv", "--engine=dask", "--scheduler", address, status=status)

    assert there.stderr == here.stderr
    if on_error == "fail":
        assert "= in row 18 of 'a.parquet'\n" in there.stderr
        assert sorted(p.name for p in Path().iterdir()) == ["a.parquet", "b.jsonl"]
    else:
        assert Path("there.csv").read_bytes() == Path("here.csv").read_bytes()


def test_a_worker_that_is_killed_in_the_middle(cluster, monkeypatch):
    write()
    question = [*QUESTION, "null", "a.parquet", "-o"]
    batch(*question, "here.parquet", status=3)
    original, killed = journal.Part.answers, []

    def answers(self):
        if not killed:  # the first part is there, and the others are being made
            killed.append(sorted(Path(".there.parquet.parts").glob("*.arrow")))
            nanny = next(iter(cluster.workers.values()))
            os.kill(nanny.pid, signal.SIGKILL)
        return original(self)

    monkeypatch.setattr(journal.Part, "answers", answers)
    remote = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
    batch(*question, "there.parquet", *remote, status=3)

    assert 0 < len(killed[0]) < 20
    assert Path("there.parquet").read_bytes() == Path("here.parquet").read_bytes()


def test_one_engine_goes_on_where_another_stopped(cluster, monkeypatch):
    write()
    question = [*QUESTION, "null", "a.parquet", "-o"]
    batch(*question, "here.csv", status=3)
    remote = ["--engine", "dask", "--scheduler", cluster.scheduler_address]
    original, seen = journal.Part.answers, []

    def answers(self):
        seen.append(self)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(journal.Part, "answers", answers)
        stopped = batch(*question, "out.csv", *remote, status=130)
    assert "= --resume goes on after row 2,000\n" in stopped.stderr
    for part in sorted(Path(".out.csv.parts").glob("*.arrow"))[7:]:
        part.unlink()
    os.truncate(sorted(Path(".out.csv.parts").glob("*.arrow"))[3], 1000)
    with monkeypatch.context() as patch:
        seen.clear()
        patch.setattr(journal.Part, "answers", answers)
        batch(*question, "out.csv", "--resume", status=130)
    batch(*question, "out.csv", *remote, "--resume", status=3)

    assert Path("out.csv").read_bytes() == Path("here.csv").read_bytes()


def test_a_part_that_is_damaged_or_cannot_be_written(cluster, monkeypatch):
    write(1500)
    question = ["w*2", "a.parquet", "-o", "out.csv", "--engine=dask"]
    question += ["--scheduler", cluster.scheduler_address]
    batch("w*2", "a.parquet", "-o", "here.csv")
    original = journal.Part.answers

    def answers(self):
        data = self.path.read_bytes()
        self.path.write_bytes(data[:100] + data[200:])
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(journal.Part, "answers", answers)
        result = batch(*question, status=2)
    assert result.stderr.startswith("error[bad-file]: a part of 'a.parquet' was damaged\n")
    batch(*question, "--resume")
    assert Path("out.csv").read_bytes() == Path("here.csv").read_bytes()

    def vanish(self, partition):
        return journal.Part(Path("no folder/part.arrow").absolute())

    monkeypatch.setattr(journal.Journal, "part", vanish)
    assert batch(*question, status=2).stderr.startswith("error[bad-file]: cannot write")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (distributed.KilledWorker, "several workers were lost while they computed 'a.parquet'"),
        (TimeoutError, "the Dask cluster has no worker\n"),
        (distributed.comm.CommClosedError, "the Dask cluster was lost"),
    ],
)
def test_clusters_that_are_lost(cluster, monkeypatch, end, message):
    def result(self, timeout):
        raise end("task", None, 3) if end is distributed.KilledWorker else end()

    monkeypatch.setattr(distributed.Future, "result", result)
    monkeypatch.setattr(distributed.Client, "nthreads", lambda self: {})
    monkeypatch.setattr("diffcli.batch.cluster.PATIENCE", 0)
    write(600)
    address = cluster.scheduler_address

    found = batch(
        "w", "a.parquet", "-o", "o.csv", "--engine=dask", "--scheduler", address, status=2
    )

    notes, error, rest = found.stderr.partition("error[limit]: ")
    assert error and rest.startswith(message)
    waits = "note: the Dask cluster has no worker; the batch waits 0 seconds for one\n"
    assert notes == (waits if end is TimeoutError else "")


def test_processes_of_its_own():
    write(600)
    question = ["w*2", "a.parquet", "-o"]
    batch(*question, "here.csv")
    batch(*question, "there.csv", "--engine", "dask", "--workers", "1")

    assert Path("there.csv").read_bytes() == Path("here.csv").read_bytes()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["a.parquet", "-o", "-", "--engine", "dask"], "the engine dask reads and writes files"),
        (["a.parquet", "-o", "o.csv", "--scheduler", "tcp://h:1"], "--scheduler is an option of"),
        (
            ["a.parquet", "-o", "o.csv", "--engine=dask", "--scheduler", "tcp://127.0.0.1:9"],
            "no Dask scheduler answers at 'tcp://127.0.0.1:9'",
        ),
        (
            ["a.parquet", "-o", "o.csv", "--engine=dask", "--scheduler", "nonsense://"],
            "no Dask scheduler answers at 'nonsense://'",
        ),
    ],
)
def test_mistakes(argv, message, monkeypatch):
    monkeypatch.setattr("diffcli.batch.cluster.SECONDS", 0.2)
    write(600)
    assert batch("w", *argv, status=2).stderr.startswith(f"error[usage]: {message}")
    assert [p.name for p in Path().iterdir() if "o.csv" in p.name] == []


def test_without_dask(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    write(600)

    result = batch("w", "a.parquet", "-o", "o.csv", "--engine", "dask", status=2)

    assert result.stderr.startswith("error[missing-extra]: the package dask is not installed\n")
    assert "pip install 'diffcli[cluster]'" in result.stderr


def test_processes_that_do_not_start(monkeypatch):
    def refuse(**options):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(distributed, "LocalCluster", refuse)
    write(600)

    result = batch("w", "a.parquet", "-o", "o.csv", "--engine", "dask", status=2)

    assert result.stderr.startswith("error[limit]: the processes of a Dask cluster could not be")
