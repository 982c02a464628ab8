"""Batches that are interrupted, killed or out of disk, and those that go on where they stopped."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from diffcli.batch import journal
from diffcli.batch.compute import Computer
from diffcli.io import log, partitions
from tests.transcript import diffcli_in_process


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(journal, "PAUSE", -1)  # answers are written as soon as they are there


def batch(*argv, status=0):
    result = diffcli_in_process(["batch", *argv], "")
    assert result.status == status, result.stderr
    return result


def names():
    return sorted(p.name for p in Path().iterdir())


def write(path, rows, seed=0):
    """A table of lists and numbers, every 70th row of which cannot be computed."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 4, rows)
    x = [rng.standard_normal(n).tolist() for n in lengths]
    x[::70] = [None if i % 3 else [0.0] * 5 for i in range(len(x[::70]))]
    table = pa.table({"id": [f"r{i}" for i in range(rows)], "x": x, "w": rng.standard_normal(rows)})
    if path.endswith(".parquet"):
        pa.parquet.write_table(table, path, row_group_size=500)
    else:
        Path(path).write_text("".join(json.dumps(r) + "\n" for r in table.to_pylist()))


@pytest.fixture
def interrupt(monkeypatch):
    """Makes the computation stop as if by Ctrl-C when it has done some chunks; returns a list of
    the first rows of all chunks that are computed."""
    done, original = [], Computer.chunk

    def at(count):
        def chunk(self, chunk):
            if len(done) == count:
                raise KeyboardInterrupt
            done.append(chunk.batch.first)
            return original(self, chunk)

        done.clear()
        monkeypatch.setattr(Computer, "chunk", chunk)
        return done

    return at


QUESTION = ["sum(tanh(x)*w)/(len(x) < 5)", "--kind", "grad", "--keep", "id", "--chunk-rows", "100"]


@pytest.mark.parametrize("output", ["csv", "jsonl.gz", "parquet", "arrow"])
@pytest.mark.parametrize("stop", [1, 7, 15])
def test_an_interrupted_batch_goes_on(output, stop, interrupt, monkeypatch):
    monkeypatch.setattr(partitions, "LEAST", 500)
    write("a.parquet", 1200)
    write("b.jsonl", 450, seed=1)
    argv = [*QUESTION, "a.parquet", "b.jsonl", "--workers", "1", "-o"]
    batch(*argv, f"whole.{output}")
    Path(f"out.{output}").write_text("before")

    interrupt(stop)
    stopped = batch(*argv, f"out.{output}", status=130)
    assert stopped.stderr.startswith("error[interrupted]: stopped by the user\n")
    assert f"--resume goes on after row {stop * 100:,}\n" in stopped.stderr
    assert Path(f"out.{output}").read_text() == "before"
    again = interrupt(-1)
    batch(*argv, f"out.{output}", "--resume")

    assert len(again) == 12 + 5 - stop
    assert Path(f"out.{output}").read_bytes() == Path(f"whole.{output}").read_bytes()
    assert not [n for n in names() if n.startswith(".")]


@pytest.mark.parametrize("on_error", ["null", "skip"])
def test_failures_before_an_interrupt_are_remembered(on_error, interrupt):
    write("in.jsonl", 1000)
    argv = ["sum(x*[1,2,3])*w", "in.jsonl", "--chunk-rows", "100", "--on-error", on_error, "-o"]
    whole = batch(*argv, "whole.csv", status=3)

    interrupt(6)
    batch(*argv, "out.csv", status=130)
    interrupt(-1)
    resumed = batch(*argv, "out.csv", "--resume", status=3)

    assert resumed.stderr == whole.stderr
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()


def test_a_torn_journal_is_read_up_to_its_last_whole_record(interrupt):
    write("in.jsonl", 1000)
    argv = [*QUESTION, "in.jsonl", "--workers", "1", "-o", "out.csv"]
    batch(*argv)
    whole = Path("out.csv").read_bytes()
    interrupt(4)
    batch(*argv, status=130)
    shutil.copytree(".out.csv.parts", "kept")
    (part,) = Path("kept").glob("*.arrow")
    size, record = part.stat().st_size, part.stat().st_size // 4

    for cut in [0, 1, log.HEADER.size, 100, record, 2 * record + 9, size - 1, size, size + 3]:
        shutil.rmtree(".out.csv.parts", ignore_errors=True)
        shutil.copytree("kept", ".out.csv.parts")
        os.truncate(Path(".out.csv.parts", part.name), cut)
        held = len(list(log.Log(Path(".out.csv.parts", part.name)).records()))
        again = interrupt(-1)
        batch(*argv, "--resume")
        assert len(again) == 10 - held
        assert Path("out.csv").read_bytes() == whole


def test_interrupts_while_it_goes_on(interrupt):
    write("in.jsonl", 1000)
    argv = [*QUESTION, "in.jsonl", "--workers", "1", "-o"]
    batch(*argv, "whole.csv")

    batch(*argv, "out.csv", "--resume")  # nothing to go on with: it starts
    interrupt(3)
    batch(*argv, "out.csv", status=130)
    for _ in range(3):
        interrupt(2)
        batch(*argv, "out.csv", "--resume", status=130)
    again = interrupt(-1)
    batch(*argv, "out.csv", "--resume", "--workers", "2", "--chunk-rows", "64")

    assert sorted(again)[0] == 900
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (["--keep", "w"], "--keep"),
        (["--wrt", "w"], "--wrt"),
        (["--on-error", "skip"], "--on-error"),
        (["--kind", "eval"], "--kind"),
        (["c=2"], "constants"),
    ],
)
def test_another_question_is_refused(change, what, interrupt):
    write("in.jsonl", 500)
    argv = ["sum(x)*c*w", "in.jsonl", "--chunk-rows", "100", "-o", "out.csv", "--kind", "grad"]
    interrupt(2)
    batch(*argv, "c=1", status=130)

    constants = [] if change == ["c=2"] else ["c=1"]
    result = batch(*argv, *constants, *change, "--resume", status=2)

    message = f"error[usage]: the batch that was writing 'out.csv' had another {what}\n"
    assert result.stderr.startswith(message)
    interrupt(-1)
    batch(*argv, "c=1", "--resume")
    assert names() == ["in.jsonl", "out.csv"]


def test_the_difference_that_is_named_is_the_first_in_the_command(interrupt):
    Path("in.csv").write_text("x,y\n1,2\n3,4\n5,6\n")
    argv = ["in.csv", "--chunk-rows", "1", "-o", "out.csv"]
    interrupt(2)
    batch("x*y", *argv, status=130)

    for question, what in [
        (["x", "--keep", "x"], "expression"),
        (["x*y", "y=3"], "constants"),
        (["x*y", "--map", "y=x", "--keep", "x"], "--map"),
    ]:
        result = batch(*question, *argv, "--resume", status=2)
        assert result.stderr.startswith(
            f"error[usage]: the batch that was writing 'out.csv' had another {what}\n"
        )


def test_a_dry_run_says_where_it_would_go_on(interrupt):
    write("in.jsonl", 1000)
    argv = [*QUESTION, "in.jsonl", "--workers", "1", "-o", "out.csv", "--resume"]
    assert batch(*argv, "--dry-run").stdout.endswith("\nresume   nothing to go on with\n")
    assert names() == ["in.jsonl"]
    interrupt(3)
    batch(*argv, status=130)

    assert batch(*argv, "--dry-run").stdout.endswith("\nresume   after row 300\n")
    again = interrupt(-1)
    batch(*argv)
    assert len(again) == 7


def test_expressions_of_rows(interrupt):
    rows = [{"e": ["x**2", "sin(x)", "x*"][i % 3], "x": i} for i in range(300)]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    argv = ["in.jsonl", "--expr-column", "e", "--on-error", "null", "--chunk-rows", "40", "-o"]
    whole = batch(*argv, "whole.csv", status=3)
    interrupt(3)
    batch(*argv, "out.csv", status=130)
    interrupt(-1)

    assert batch(*argv, "out.csv", "--resume", status=3).stderr == whole.stderr
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()


def test_changed_input_is_computed_again(interrupt):
    for i in range(4):
        write(f"{i}.jsonl", 100, seed=i)
    argv = [*QUESTION, "?.jsonl", "--workers", "1", "-o", "out.csv"]
    interrupt(3)
    batch(*argv, status=130)
    write("1.jsonl", 100, seed=9)
    again = interrupt(-1)
    batch(*argv, "--resume")

    assert len(again) == 3
    resumed = Path("out.csv").read_bytes()
    batch(*argv)
    assert Path("out.csv").read_bytes() == resumed


def test_without_resume_a_batch_starts_again(interrupt):
    write("in.jsonl", 300)
    argv = [*QUESTION, "in.jsonl", "-o", "out.csv"]
    interrupt(2)
    batch(*argv, status=130)
    again = interrupt(-1)
    result = batch(*argv)

    assert result.stderr == (
        "note: what an interrupted batch had kept for 'out.csv' is thrown away\n"
    )
    assert len(again) == 3
    assert names() == ["in.jsonl", "out.csv"]


def test_what_cannot_be_resumed():
    write("in.jsonl", 10)
    Path("in.csv").write_text("x\n1\n2\nno\n")

    for argv in (["-", "-o", "out.csv"], ["in.jsonl", "-o", "-"]):
        result = diffcli_in_process(["batch", "sum(x)", *argv, "--resume"], '{"x": 1}\n')
        assert result.stderr.startswith("error[usage]: a batch with standard input or output")
    # a failing row fails again
    batch("x", "in.csv", "--chunk-rows", "1", "-o", "out.csv", status=2)
    assert names() == ["in.csv", "in.jsonl"]


def test_one_batch_at_a_time_writes_an_output(interrupt):
    fcntl = pytest.importorskip("fcntl")
    write("in.jsonl", 300)
    argv = [*QUESTION, "in.jsonl", "-o", "out.csv"]
    interrupt(1)
    batch(*argv, status=130)
    with Path(".out.csv.parts/job.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for resume in ([], ["--resume"]):
            result = batch(*argv, *resume, status=2)
            assert "'out.csv' is being written by another batch" in result.stderr


@pytest.mark.parametrize("output", ["csv", "csv.gz", "jsonl", "parquet", "arrow"])
def test_a_full_disk(output):
    write("in.parquet", 5000)
    argv = [*QUESTION, "in.parquet", "-o"]
    batch(*argv, f"whole.{output}")
    Path(f"out.{output}").write_text("before")

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))
    try:
        result = batch(*argv, f"out.{output}", status=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert result.stderr.startswith(f"error[bad-file]: cannot write 'out.{output}': File too large")
    assert Path(f"out.{output}").read_text() == "before"
    batch(*argv, f"out.{output}", "--resume")
    assert Path(f"out.{output}").read_bytes() == Path(f"whole.{output}").read_bytes()


def test_a_file_in_the_middle_that_cannot_be_read():
    Path("data").mkdir()
    for name in "abcd":
        write(f"data/{name}.parquet", 300)
    good = Path("data/c.parquet").read_bytes()
    Path("data/c.parquet").write_bytes(good[:4] + bytes(200) + good[204:])
    Path("out.csv").write_text("before")

    result = batch(*QUESTION, "data", "-o", "out.csv", status=2)

    assert result.stderr.startswith("error[bad-file]: cannot read 'data/c.parquet': ")
    assert "--resume goes on after row 600\n" in result.stderr
    assert Path("out.csv").read_text() == "before"
    Path("data/c.parquet").write_bytes(good)
    batch(*QUESTION, "data", "-o", "out.csv", "--resume")
    assert len(Path("out.csv").read_text().splitlines()) == 1201


def test_a_schema_that_changes_in_the_middle():
    for name, columns in {
        "a": {"x": [1.0], "k": [1]},
        "b": {"x": [2.0], "k": ["text"]},
        "c": {"z": [2.0], "k": [1]},
    }.items():
        pa.parquet.write_table(pa.table(columns), f"{name}.parquet")
    Path("out.csv").write_text("before")

    kept = batch("x", "a.parquet", "b.parquet", "--keep", "k", "-o", "out.parquet", status=2)
    missing = batch("x", "a.parquet", "c.parquet", "-o", "out.csv", status=2)

    assert kept.stderr.startswith("error[bad-file]: the value of 'k' is text, and its column")
    assert missing.stderr.startswith("error[bad-file]: 'c.parquet' has no column 'x'")
    assert Path("out.csv").read_text() == "before"
    assert batch("x", "a.parquet", "-o", "no/out.csv", status=2).stderr == (
        "error[bad-file]: there is no folder 'no'\n  = make it first, as with mkdir -p\n"
    )


KILLED = """
import os, signal, sys
from diffcli.batch import journal
from diffcli.batch.compute import Computer
from diffcli.cli.main import run
journal.PAUSE = -1
left = [int(sys.argv[1])]
original = Computer.chunk
def chunk(self, chunk):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self, chunk)
Computer.chunk = chunk
sys.exit(run(["batch", *sys.argv[2:]]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal")
def test_a_killed_process_leaves_what_can_be_resumed():
    write("in.parquet", 3000)
    argv = [*QUESTION, "in.parquet", "--workers", "2", "-o"]
    batch(*argv, "whole.parquet")

    for count in (3, 9, 5, 8):
        command = [sys.executable, "-c", KILLED, str(count), *argv, "out.parquet", "--resume"]
        done = subprocess.run(command, capture_output=True)
        assert done.returncode == -signal.SIGKILL
        assert names() == [".out.parquet.parts", "in.parquet", "whole.parquet"]
    batch(*argv, "out.parquet", "--resume")

    assert names() == ["in.parquet", "out.parquet", "whole.parquet"]
    assert Path("out.parquet").read_bytes() == Path("whole.parquet").read_bytes()


@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_the_bytes_do_not_depend_on_the_workers(output):
    write("in.parquet", 3000)
    found = set()
    for workers in "124":
        batch(*QUESTION, "in.parquet", "-o", f"out.{output}", "--workers", workers)
        found.add(Path(f"out.{output}").read_bytes())

    assert len(found) == 1
