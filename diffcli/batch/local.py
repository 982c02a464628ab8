"""The engine of one machine: one thread reads, some compute, one writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from diffcli.batch.answers import Step, answer, decided
from diffcli.batch.chunks import Chunk, chunks
from diffcli.batch.compute import Computer
from diffcli.batch.engine import Steps
from diffcli.batch.job import Job
from diffcli.batch.journal import Journal
from diffcli.batch.threads import ahead, mapped

if TYPE_CHECKING:
    from diffcli.io.partitions import Partition
    from diffcli.io.records import Records

Opener = Callable[["Partition"], "Records"]


def steps(
    computer: Computer,
    partitions: Iterable[Partition],
    opened: Opener,
    journal: Journal,
    workers: int = 1,
) -> Steps:
    """The answers for all rows of the partitions, in order."""

    def answered(step: Step) -> Step:
        if isinstance(step.item, Chunk):
            step.item = answer(computer, step.item)
        return step

    def divided() -> Iterator[Step]:
        for step in decided(computer, read):
            if not isinstance(step.item, Chunk):
                yield step
                continue
            for chunk in computer.divided(step.item):
                yield Step(step.part, chunk, step.read)

    read = ahead(_read(computer.job, partitions, opened, journal))
    try:
        yield from mapped(answered, divided(), workers)
    finally:
        read.close()


def _read(
    job: Job, partitions: Iterable[Partition], opened: Opener, journal: Journal
) -> Iterator[Step]:
    """The answers that the journal has, and the chunks behind them."""
    before = 0
    for partition in partitions:
        part, done = journal.part(partition), 0
        for answers in part.answers():
            done += answers.rows
            yield Step(None, answers, before)
        if not part.whole():
            for chunk in chunks(job, opened(partition), partition.first + done):
                yield Step(part, chunk, before - partition.offset + chunk.read)
        before += partition.size
        yield Step(part, None, before)
