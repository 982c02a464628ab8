"""The engine of a Dask cluster: partitions are tasks, each of which writes its part of the journal.

The parts are gathered in order. A part appears under its name when it is whole, so that a task may
run again, even twice at the same time, when a worker is lost.
"""

from __future__ import annotations

import io
import logging
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from diffcli.batch.answers import Step, answer, decided
from diffcli.batch.chunks import Chunk, chunks
from diffcli.batch.compute import Computer
from diffcli.batch.engine import Steps
from diffcli.batch.job import Job
from diffcli.batch.journal import Journal, Part
from diffcli.errors import DiffcliError
from diffcli.io.files import open_error
from diffcli.limits import LIMITS, limited

if TYPE_CHECKING:
    from diffcli.io.partitions import Partition

SECONDS = 10
"""How long a scheduler may take to answer."""

PATIENCE = 60
"""Seconds that a cluster may be without any worker."""

ROUND = 5
"""Seconds between looks at the workers."""

QUIET = ("asyncio", "distributed", "tornado")
"""Packages whose logs are not shown: what they say of a lost cluster is said here in a sentence."""


def steps(
    computer: Computer,
    partitions: Iterable[Partition],
    journal: Journal,
    scheduler: str | None,
    workers: int,
    say: Callable[[str], object],
) -> Steps:
    """The answers for all rows of the partitions, in order.

    Without the address of a `scheduler` a cluster of processes is started here. `say` is told when
    the cluster has no workers. Raises `usage` where no scheduler answers, and `missing-extra`.
    """
    if journal.folder is None:
        raise DiffcliError("usage", "the engine dask reads and writes files")
    job = computer.job
    parts = [(partition, journal.part(partition)) for partition in partitions]
    rows = (chunk for partition, _ in parts for chunk in _rows(job, partition))
    decided(computer, (Step(None, chunk) for chunk in rows))
    limits = LIMITS.steps, LIMITS.elements
    with _connected(scheduler, workers) as client:
        tasks = [
            None
            if part.whole()
            else client.submit(_compute, job, computer.schema, partition, part, limits, pure=False)
            for partition, part in parts
        ]
        read = 0
        try:
            for (partition, part), task in zip(parts, tasks, strict=True):
                _wait(client, task, partition, say)
                read += partition.size
                for answers in part.answers():
                    yield Step(None, answers, read)
                if not part.whole():  # after a loss of power, say
                    raise DiffcliError("bad-file", f"a part of '{partition.path}' was damaged")
        finally:
            client.cancel([task for task in tasks if task is not None])


def _rows(job: Job, partition: Partition) -> Iterator[Chunk]:
    return chunks(job, partition.open(io.BytesIO), partition.first)


def _compute(
    job: Job, schema: Any, partition: Partition, part: Part, limits: tuple[int, int]
) -> None:
    """Write the answers for a partition; this runs on a worker."""
    computer = Computer(job)
    computer.adopt(schema)
    try:
        with limited(*limits), part.replaced() as new:
            for chunk in _rows(job, partition):
                for rows in computer.divided(chunk):
                    new.append(answer(computer, rows))
    except OSError as error:
        raise open_error(str(part.path), error, "write") from None


def _wait(client: Any, task: Any, partition: Partition, say: Callable[[str], object]) -> None:
    """Wait for a task, if there is one; raises the errors of its rows, and `limit`."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    lost: float | None = None
    while task is not None:
        try:
            task.result(timeout=ROUND)
            return
        except TimeoutError:
            if client.nthreads():
                lost = None
            elif lost is None:
                lost = time.monotonic()
                say(f"the Dask cluster has no worker; the batch waits {PATIENCE} seconds for one")
            elif time.monotonic() - lost > PATIENCE:
                raise DiffcliError("limit", "the Dask cluster has no worker") from None
        except KilledWorker:
            raise DiffcliError(
                "limit",
                f"several workers were lost while they computed '{partition.path}'",
                hint="they may lack memory: --chunk-rows takes fewer rows at a time",
            ) from None
        except (CancelledError, OSError):
            hint = "its scheduler may have ended, or it cannot be reached any more"
            raise DiffcliError("limit", "the Dask cluster was lost", hint=hint) from None


@contextmanager
def _connected(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A client of the scheduler, or of a cluster that lasts as long as the batch."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise DiffcliError(
            "missing-extra",
            "the package dask is not installed",
            hint="pip install 'diffcli[cluster]'",
        ) from None
    for name in [*QUIET, *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    if scheduler is None:
        with ExitStack() as stack:
            try:
                with _uninterrupted():
                    cluster = LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.CRITICAL,
                    )
                    stack.enter_context(cluster)
            except RuntimeError as error:
                message = "the processes of a Dask cluster could not be started"
                raise DiffcliError(
                    "limit", message, hint="try again; --workers 1 needs less"
                ) from error
            yield stack.enter_context(Client(cluster))
        return
    try:
        client = Client(scheduler, timeout=SECONDS)
    except (OSError, ValueError) as error:
        raise DiffcliError("usage", f"no Dask scheduler answers at '{scheduler}'") from error
    with client:
        yield client


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started, which this one ends, and let it come later."""
    if not hasattr(signal, "pthread_sigmask"):  # not POSIX
        yield
        return
    resource_tracker.ensure_running()  # would let signals through if it were started later
    came: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit this
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if came:
        raise KeyboardInterrupt
