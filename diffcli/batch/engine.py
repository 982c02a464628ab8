"""The end of every engine: answers in order, into the sink."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from diffcli.batch.answers import Step
from diffcli.batch.chunks import Chunk
from diffcli.batch.compute import Computer
from diffcli.batch.job import Answers, Summary
from diffcli.batch.journal import Journal
from diffcli.batch.threads import Behind

if TYPE_CHECKING:
    from diffcli.io.sinks import Sink

Watcher = Callable[[int, int], None]
"""Is told how many rows are done and how many bytes of the input have been read."""

Steps = Generator[Step, None, None]
"""Answers in order."""


def run(
    computer: Computer,
    steps: Steps,
    sink: Sink,
    journal: Journal,
    watch: Watcher = lambda rows, read: None,
) -> Summary:
    """Write the answers of the steps into the sink, in order.

    Nothing appears in the sink's place unless all of it is there. Raises the error of the first
    failing row under `on_error="fail"`, and those of reading and writing; the journal keeps then
    what has been done.
    """

    def write(step: Step) -> None:
        if step.part is not None and not isinstance(step.item, Chunk):
            journal.keep(step.part, step.item)
        if isinstance(step.item, Answers):
            summary.add(step.item)
            sink.write(step.item.table)

    started = time.perf_counter()
    summary, writer = Summary(), Behind(write)
    try:
        for step in steps:
            writer.put(step)
            watch(summary.rows, step.read)
        writer.finish()
        if not summary.rows:
            sink.write(computer.schema.empty_table())
        sink.close()
    except BaseException as error:
        steps.close()
        writer.stop()
        sink.discard()
        raise journal.ended(error, summary.rows) from None
    journal.remove()
    summary.seconds = time.perf_counter() - started
    return summary
