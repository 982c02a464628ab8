"""What a batch would do, told from the beginning of its first file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from diffcli.batch.compute import Computer, slices
from diffcli.batch.job import Job

if TYPE_CHECKING:
    from diffcli.io.records import Records


def outline(job: Job, first: Records, files: Sequence[str], output: str) -> list[tuple[str, str]]:
    """The tables read and written with the types of their columns, and the plan, as pairs."""
    from diffcli.io.columns import nested

    computer = Computer(job)
    batch = next(first.batches(job.columns(), job.keep, False), None)
    if batch is not None:
        next(computer.answers(*next(slices(job, batch))))
    kinds = computer.kinds or [(0, "f")] * len(computer.names)
    kept = [f"{name} ({first.types[name]})" for name in job.keep]
    made = [
        f"{name} ({nested(depth, kind)})"
        for name, (depth, kind) in zip(computer.names, kinds, strict=True)
    ]
    made += ["error (string)"] if job.on_error == "null" else []
    names = [f"{n} ({first.types[c]})" for n, c in job.mapping.items()]
    rows = "" if first.rows is None else f", {first.rows:,} rows in the first"
    count = f"{len(files):,} file{'' if len(files) == 1 else 's'}"
    return [
        ("input", f"{count}{rows}: {', '.join(files[:3])}{', …' if len(files) > 3 else ''}"),
        ("columns", ", ".join(names)),
        ("output", output),
        ("columns", ", ".join([*kept, *made])),
        *(("plan", text) for text in computer.plans()),
    ]
