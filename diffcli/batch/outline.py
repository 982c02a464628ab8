"""What a batch would do, told from the beginning of its first file."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from diffcli.batch.answers import Step, decided
from diffcli.batch.chunks import chunks
from diffcli.batch.compute import Computer
from diffcli.batch.job import SHOWN, Job

if TYPE_CHECKING:
    from diffcli.io.records import Records


def outline(job: Job, first: Records, files: Sequence[str], output: str) -> list[tuple[str, str]]:
    """The tables read and written with the types of their columns, and the plan, as pairs."""
    from diffcli.io.partitions import rows_of
    from diffcli.io.text_rows import TEXTS

    computer = Computer(job)
    begin = list(islice(chunks(job, first), 1))
    decided(computer, (Step(None, chunk) for chunk in begin))
    for chunk in begin:
        deque(computer.divided(chunk), maxlen=0)  # compiles for every shape of rows
    names = [f"{n} ({first.types[c]})" for n, c in job.mapping.items()]
    if job.question.column is not None:
        names.insert(0, f"{job.question.column} (expressions)")
    known = rows_of(files)
    rows = "" if known is None else f", {known:,} row{'' if known == 1 else 's'}"
    count = f"{len(files):,} file{'' if len(files) == 1 else 's'}"
    plans = computer.plans()
    written = {f.name: f.type for f in computer.schema}
    if job.into in TEXTS:
        written |= {name: first.types[name] for name in job.keep}
    more = [f"and {len(plans) - SHOWN} more"] if len(plans) > SHOWN else []
    return [
        ("input", f"{count}{rows}: {', '.join(files[:3])}{', …' if len(files) > 3 else ''}"),
        ("columns", ", ".join(names)),
        ("output", output),
        ("columns", ", ".join(f"{name} ({kind})" for name, kind in written.items())),
        *(("plan", text) for text in [*plans[:SHOWN], *more]),
    ]
