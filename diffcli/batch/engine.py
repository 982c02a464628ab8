"""The pipeline: one thread reads, one computes, one writes, with a few chunks between them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.batch.compute import Computer, Results, slices
from diffcli.batch.job import Failure, Job, Summary
from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.io.columns import Column
    from diffcli.io.records import Batch, Records
    from diffcli.io.sinks import Sink

AHEAD = 2
"""Chunks that are read ahead of the computation, and computed ahead of the writer."""

SHOWN = 10
"""Failing rows that are named in the summary."""

Watcher = Callable[[int, int], None]
"""Is told how many rows are done and how many bytes of the input have been read."""

Opener = Callable[[], "Records"]


def run(
    job: Job, sources: Sequence[Opener], sink: Sink, watch: Watcher = lambda rows, read: None
) -> Summary:
    """Answer the question of `job` for all rows of the sources, in order, into the sink.

    Nothing appears in the sink's place unless all of it is there. Raises the error of the first
    failing row under `on_error="fail"`, and those of reading and writing.
    """
    started = time.perf_counter()
    summary, computer = Summary(), Computer(job)
    writer = _Writer(sink)
    try:
        chunks = _ahead(_read(job, sources, sink))
        try:
            late: list[tuple[Batch, Results]] = []
            for records, batch, columns, read in chunks:
                for part, results in computer.answers(batch, columns):
                    _count(summary, job, records.path, part, results)
                    late.append((part, results))
                    if computer.kinds is not None:
                        for each in late:
                            writer.put(_columns(job, computer, *each))
                        late = []
                watch(summary.rows, read)
        finally:
            chunks.close()
        computer.kinds = computer.kinds or [(0, "f")] * len(computer.names)
        for each in late:
            writer.put(_columns(job, computer, *each))
        if not summary.rows:
            writer.put(_empty(job, computer))
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    summary.seconds = time.perf_counter() - started
    return summary


def _read(
    job: Job, sources: Sequence[Opener], sink: Sink
) -> Iterator[tuple[Records, Batch, dict[str, Column], int]]:
    verbatim = sink.kind in ("csv", "tsv")
    before = 0
    for opened in sources:
        records = opened()
        for batch in records.batches(job.columns(), job.keep, verbatim, job.chunk):
            for piece, columns in slices(job, batch):
                yield records, piece, columns, before + records.position
        before += records.size


def _count(summary: Summary, job: Job, path: str, batch: Batch, results: Results) -> None:
    summary.rows += batch.rows
    summary.nulls += results.nulls
    summary.failed += len(results.failed)
    if not results.failed:
        return
    place = "standard input" if path == "-" else f"'{path}'"
    for row in sorted(results.failed)[: SHOWN - len(summary.failures)]:
        error = results.failed[row]
        summary.failures.append(Failure(place, batch.first + row + 1, error.message))
    if job.on_error == "fail":
        first = min(results.failed)
        error = results.failed[first]
        others = "--on-error null or skip goes on with the other rows"
        hint = f"{error.hint}; or --on-error null" if error.hint else others
        raise DiffcliError(
            error.code,
            error.message,
            span=error.span,
            source=error.source,
            hint=f"in row {batch.first + first + 1} of {place}\n{hint}",
        )


def _columns(job: Job, computer: Computer, batch: Batch, results: Results) -> dict[str, Any]:
    """The columns of the output for a chunk: those kept, those computed, and the reasons."""
    from diffcli.io.columns import nested, texts, to_arrow

    n = batch.rows
    columns = {name: batch.column(name) for name in job.keep}
    assert computer.kinds is not None
    for name, (depth, kind), parts in zip(
        computer.names, computer.kinds, results.parts, strict=True
    ):
        columns[name] = to_arrow(parts, n, nested(depth, kind))
    if job.on_error == "null":
        columns["error"] = texts({i: e.message for i, e in results.failed.items()}, n)
    if job.on_error == "skip" and results.failed:
        good = np.ones(n, np.bool_)
        good[list(results.failed)] = False
        columns = {name: c.filter(good) for name, c in columns.items()}
    return columns


def _empty(job: Job, computer: Computer) -> dict[str, Any]:
    """The columns of an output without rows."""
    from diffcli.io.records import Batch

    return _columns(job, computer, Batch(None, 0, 0), Results(len(computer.names)))


class _End:
    """Stands behind the last chunk; `error` is what ended it early."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def _ahead(items: Iterable[Any]) -> Any:
    """The items, made by a thread a few ahead of their use."""
    ready: queue.Queue[Any] = queue.Queue(AHEAD)
    stop = threading.Event()

    def work() -> None:
        end = _End()
        try:
            for item in items:
                if not _put(ready, item, stop):
                    return
        except BaseException as error:
            end = _End(error)
        _put(ready, end, stop)

    thread = threading.Thread(target=work, name="diffcli-read", daemon=True)
    thread.start()

    def made() -> Iterator[Any]:
        try:
            while not isinstance(item := ready.get(), _End):
                yield item
            if item.error is not None:
                raise item.error
        finally:
            stop.set()
            thread.join(timeout=1)  # it may be waiting for standard input

    return made()


def _put(place: queue.Queue[Any], item: Any, stop: threading.Event) -> bool:
    """Hand over an item unless nobody wants it any more."""
    while not stop.is_set():
        try:
            place.put(item, timeout=0.1)
            return True
        except queue.Full:
            continue
    return False


class _Writer:
    """Writes chunks to a sink in a thread of its own, in order."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._queue: queue.Queue[Any] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="diffcli-write", daemon=True)
        self._thread.start()

    def put(self, columns: dict[str, Any]) -> None:
        """Hand over a chunk; raises what went wrong with those before."""
        if not _put(self._queue, columns, self._stop) and self._error is not None:
            raise self._error

    def close(self) -> None:
        """Write everything and put the file in place."""
        _put(self._queue, _End(), self._stop)
        self._thread.join()
        if self._error is not None:
            raise self._error
        self._sink.close()

    def abandon(self) -> None:
        """Stop writing and remove what was written."""
        self._stop.set()
        self._thread.join()
        self._sink.discard()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                item = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(item, _End):
                return
            try:
                self._sink.write(item)
            except BaseException as error:
                self._error = error
                self._stop.set()
