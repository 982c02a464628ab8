"""What a batch would do, told from the beginning of its first file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from diffcli.batch.answers import Step, decided
from diffcli.batch.chunks import chunks
from diffcli.batch.compute import Computer
from diffcli.batch.job import Job

if TYPE_CHECKING:
    from diffcli.io.records import Records


def outline(job: Job, first: Records, files: Sequence[str], output: str) -> list[tuple[str, str]]:
    """The tables read and written with the types of their columns, and the plan, as pairs."""
    computer = Computer(job)
    decided(computer, (Step(None, chunk) for chunk in islice(chunks(job, first), 1)))
    names = [f"{n} ({first.types[c]})" for n, c in job.mapping.items()]
    rows = "" if first.rows is None else f", {first.rows:,} rows in the first"
    count = f"{len(files):,} file{'' if len(files) == 1 else 's'}"
    return [
        ("input", f"{count}{rows}: {', '.join(files[:3])}{', …' if len(files) > 3 else ''}"),
        ("columns", ", ".join(names)),
        ("output", output),
        ("columns", ", ".join(f"{f.name} ({f.type})" for f in computer.schema)),
        *(("plan", text) for text in computer.plans()),
    ]
