"""Other libraries: which are installed, and their processes, one each, that stay for all rounds."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from tests.benchmarks.measure import HAND, OURS, Comparison, Target, Timed, interleaved, repeated

LIBRARIES = {
    "torch": "torch",
    "torch.compile": "torch",
    "jax": "jax",
    "autograd": "autograd",
    "casadi": "casadi",
    "numexpr": "numexpr",
}
"""Names of peers -> the modules they need."""

PROBE = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"

WORKER = Path(__file__).with_name("worker.py")


class Peers:
    """The libraries of an interpreter; none without one."""

    def __init__(self, python: str | None) -> None:
        self.python = python
        self._workers: dict[str, Worker] = {}
        found: list[str] = []
        if python is not None:
            command = [python, "-c", PROBE, *dict.fromkeys(LIBRARIES.values())]
            found = subprocess.run(
                command, capture_output=True, text=True, check=True
            ).stdout.split()
        self.names = [name for name, module in LIBRARIES.items() if module in found]

    def worker(self, name: str) -> Worker:
        """The process of a peer, begun when it is first needed, or has ended."""
        if name not in self._workers or self._workers[name].ended:
            self._workers[name] = Worker([str(self.python), str(WORKER)])
        return self._workers[name]

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()


class Failed(Exception):
    """What a peer says of a script that it cannot run."""


class Worker:
    """A process that runs `worker.py`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def prepare(self, script: str, values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Run a script, which defines `call`, with `values` in its scope, and call it once."""
        with tempfile.TemporaryDirectory() as folder:
            given, answer = f"{folder}/values.npz", f"{folder}/answer.npz"
            np.savez(given, **values)
            self._ask({"script": script, "values": given, "answer": answer})
            found = np.load(answer)
            return [found[name] for name in found.files]

    def timed(self, number: int) -> float:
        """Seconds of a call, of so many."""
        return float(self._ask({"number": number})["seconds"])

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself: it ran out of memory, say."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        reply: dict[str, Any] = json.loads(line) if line else {"error": "the process has ended"}
        if "error" in reply:
            raise Failed(reply["error"])
        return reply


def compared(
    about: str,
    works: Mapping[str, Any],
    scripts: Mapping[str, str],
    values: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    peers: Peers,
    baseline: str = HAND,
    answer: Sequence[Any] | None = None,
) -> Comparison:
    """Functions of this process beside scripts of the peers that are installed.

    The answers of all must be those of the first work, which is checked before anything is timed;
    those of the scripts are the `answer` where that has another form. A peer with another answer
    (sums of numbers of single precision, say) is named and left out.
    """
    timed: dict[str, Timed] = {name: repeated(call) for name, call in works.items()}
    wanted = next(iter(works.values()))()
    for name in list(works)[1:]:
        agree(f"{about}, {name}", works[name](), wanted)
    wanted = wanted if answer is None else answer
    for name in peers.names:
        if name not in scripts:
            continue
        worker = peers.worker(name)
        try:
            agree(f"{about}, {name}", worker.prepare(scripts[name], values), wanted)
        except (Failed, AssertionError) as reason:
            print(f"{about}, {name}: left out, {reason}", file=sys.stderr)
            continue
        timed[name] = worker.timed
    del wanted
    return Comparison(about, interleaved(timed), targets, baseline)


def agree(about: str, found: Sequence[Any], wanted: Sequence[Any]) -> None:
    """Raise AssertionError unless all arrays, some of them sparse, are the same but for rounding.

    Differences are relative to the largest number of an array.
    """
    for a, b in zip(found, wanted, strict=True):
        a = a.get() if hasattr(a, "get") else a  # of a GPU
        assert np.shape(a) == np.shape(b), f"{about}: {np.shape(a)}, not {np.shape(b)}"
        if sparse.issparse(b):
            a, b = a.tocsr() - b.tocsr(), b.data
            a = a.data if a.nnz else np.zeros(1)
            gap = np.max(np.abs(a))
        elif np.asarray(b).dtype.kind not in "fc":
            assert np.array_equal(a, b), about
            continue
        else:
            gap = np.max(np.abs(a - b), initial=0)
        scale = np.max(np.abs(b), initial=0)
        precision = 2e-4 if np.asarray(b).dtype.itemsize == 4 else 1e-8
        assert gap <= precision * scale, f"{about}: off by {gap} of {scale}"


__all__ = ["HAND", "OURS", "Failed", "Peers", "Worker", "agree", "compared"]
