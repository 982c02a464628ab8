"""`diffcli batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from diffcli.cli import completion
from diffcli.cli.command import ExpressionCommand, looks_like_binding
from diffcli.cli.options import (
    backend_options,
    bindings_option,
    chosen,
    dtype_option,
    limit_options,
    output_option,
)
from diffcli.cli.problem import Problem, split_bindings
from diffcli.errors import DiffcliError, Source
from diffcli.limits import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from diffcli.batch.compute import Computer
    from diffcli.batch.engine import Steps
    from diffcli.batch.job import Job, Summary
    from diffcli.batch.journal import Journal
    from diffcli.batch.local import Opener
    from diffcli.cli.environment import Environment
    from diffcli.io.partitions import Partition
    from diffcli.io.records import Records
    from diffcli.io.sinks import Sink


@click.command("batch", cls=ExpressionCommand)
@click.argument(
    "operands",
    metavar="EXPR INPUT... [NAME=VALUE]...",
    nargs=-1,
    shell_complete=completion.file_or_binding,
)
@output_option("Write .csv, .tsv, .jsonl, .parquet or .arrow; - is JSON lines.", required=True)
@click.option(
    "--kind",
    type=click.Choice(("eval", "grad", "vjp", "jvp", "jacobian", "hessian")),
    default="eval",
    show_default=True,
    metavar="KIND",
    help="eval, grad, vjp, jvp, jacobian or hessian.",
)
@click.option(
    "--wrt",
    multiple=True,
    metavar="NAMES",
    shell_complete=completion.variables,
    help="Variables, separated by commas.  [default: the columns]",
)
@click.option(
    "--v", "cotangent", metavar="VALUE", help="The cotangent, for vjp; it may name columns."
)
@click.option(
    "--tangent",
    "tangents",
    multiple=True,
    metavar="NAME=VALUE",
    help="Direction of a variable, for jvp; it may name columns.  [repeatable]",
)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="NAME=COLUMN",
    help="The column that a name stands for.  [repeatable]",
)
@bindings_option
@click.option(
    "--expr-column",
    metavar="COLUMN",
    help="Rows bring their expressions in it; there is no EXPR.",
)
@click.option("--keep", multiple=True, metavar="COLUMNS", help="Columns to copy, or all.")
@click.option(
    "--on-error",
    type=click.Choice(("fail", "null", "skip")),
    default="fail",
    show_default=True,
    help="What a row that cannot be computed does.",
)
@click.option(
    "--chunk-rows",
    type=click.IntRange(1),
    metavar="N",
    help="Most rows at a time.  [default: 65536]",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    metavar="N",
    help="Threads that compute, with dask processes.  [default: the cores, up to 8]",
)
@click.option(
    "--engine",
    type=click.Choice(("local", "dask")),
    default="local",
    show_default=True,
    help="Where files and row groups are computed.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="The Dask cluster.  [default: processes on this machine]",
)
@click.option("--resume", is_flag=True, help="Go on with a batch that was interrupted.")
@click.option(
    "--progress",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="How far it is, on standard error.",
)
@dtype_option
@backend_options
@limit_options("operations in an expression", 250_000)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.pass_obj
def command(
    env: Environment,
    /,
    max_steps: int | None,
    max_elements: int | None,
    timeout: float | None,
    **options: Any,
) -> None:
    """One expression over the rows of tables."""
    with limited(max_steps, max_elements, timeout):
        _batch(env, options)


def _batch(env: Environment, options: dict[str, Any]) -> None:
    from diffcli.batch import engine
    from diffcli.batch.compute import Computer
    from diffcli.batch.journal import Journal
    from diffcli.io.hive import partition_types
    from diffcli.io.locations import check_apart, find_files, local
    from diffcli.io.partitions import check_columns, partitions
    from diffcli.io.records import Records
    from diffcli.io.sinks import Sink

    expr, inputs, constants = _operands(options["operands"], options["expr_column"])
    _check_options(options)
    files, output = find_files(inputs), local(options["output_file"])
    check_apart(files, output)
    sink = Sink(output, env.out)
    keys = partition_types(files)
    first = Records(files[0], env.open_stdin, keys)
    held = options["bindings_file"]
    problem = Problem(env, expr or "", constants, held, options["dtype"], "numpy")
    job = _job(problem, first, sink, options)
    every = options["keep"] == ("all",)
    check_columns(files, keys, first, [*job.numbers(), *job.kept()], others=not every)
    if options["dry_run"]:
        from diffcli.batch.outline import outline
        from diffcli.render.batch import listing

        pairs = outline(job, first, files, output)
        if options["resume"]:
            from diffcli.batch.journal import rows_known

            known = rows_known(output, files, job, partitions(files, keys))
            pairs.append(("resume", f"after row {known:,}" if known else "nothing to go on with"))
        env.out(listing(pairs))
        return

    def opened(part: Partition) -> Records:
        return first if part.path == first.path == "-" else part.open(env.open_stdin)

    watch = _Progress(env, options["progress"], files)
    journal = Journal(output, files, job, options["resume"], watch.note)
    sink.stage(journal.folder)
    computer = Computer(job)
    steps = _steps(computer, partitions(files, keys), opened, journal, options, watch.note)
    try:
        summary = engine.run(computer, steps, sink, journal, watch)
    finally:
        watch.clear()
    _conclude(env, summary, output == "-" and not watch.shown)


def _steps(
    computer: Computer,
    parts: Iterable[Partition],
    opened: Opener,
    journal: Journal,
    options: dict[str, Any],
    say: Callable[[str], object],
) -> Steps:
    """What the engine that is asked for does."""
    from diffcli.batch import cluster, local
    from diffcli.batch.threads import cores

    workers = options["workers"] or cores()
    if options["engine"] == "dask":
        return cluster.steps(computer, parts, journal, options["scheduler"], workers, say)
    return local.steps(computer, parts, opened, journal, workers)


NEEDED = (
    ("scheduler", "--scheduler", "engine", ("dask",)),
    ("cotangent", "--v", "kind", ("vjp",)),
    ("tangents", "--tangent", "kind", ("jvp",)),
    ("wrt", "--wrt", "kind", ("grad", "vjp", "jacobian", "hessian")),
)
"""Options that mean something only where another has one of some values."""


def _check_options(options: dict[str, Any]) -> None:
    """Raise `usage` where an option would be without effect, and where jvp lacks its tangents."""
    for name, option, other, values in NEEDED:
        if options[name] and options[other] not in values:
            message = f"{option} is an option of --{other} {', '.join(values)}"
            raise DiffcliError("usage", message)
    if options["kind"] == "jvp" and not options["tangents"]:
        hint = "add --tangent NAME=1 for a column"
        raise DiffcliError("usage", "a direction is missing", hint=hint)


def _operands(
    operands: tuple[str, ...], column: str | None
) -> tuple[str | None, list[str], tuple[str, ...]]:
    """The expression, unless the rows bring it, the names of tables, and the constants."""
    expr, rest = (operands[0], operands[1:]) if operands and not column else (None, operands)
    inputs = [text for text in rest if not looks_like_binding(text)]
    if not inputs:
        what = "EXPR" if not column else f"--expr-column {column}"
        hint = f"write diffcli batch {what} INPUT -o OUTPUT"
        missing = "the name of a table" if expr or column else "the expression"
        raise DiffcliError("usage", f"{missing} is missing", hint=hint)
    return expr, inputs, tuple(text for text in rest if looks_like_binding(text))


def _job(problem: Problem, first: Records, sink: Sink, options: dict[str, Any]) -> Job:
    from diffcli.batch.bind import bind
    from diffcli.batch.job import CHUNK

    column = options["expr_column"]
    constants, mapping = split_bindings(problem.bindings), split_bindings(options["mapping"])
    for name in mapping:
        if name in constants:
            hint = f"leave out --map {name}={mapping[name]} or {name}={constants[name]}"
            raise DiffcliError("bad-binding", f"'{name}' is bound twice", hint=hint)
    problem.bind(constants)
    directions = {
        name: problem.direction(name, text, f"the tangent of {name}")
        for name, text in split_bindings(options["tangents"]).items()
    }
    v = options["cotangent"]
    keep = _listed(options["keep"], first.names)
    return bind(
        problem.source() if column is None else Source("", f"the column {column}"),
        first,
        problem.values,
        kind=options["kind"],
        wrt=_listed(options["wrt"]),
        mapping=mapping,
        keep=None if keep == ["all"] else keep,
        direction=None if v is None else problem.direction("v", v, "the cotangent"),
        tangents=directions,
        on_error=options["on_error"],
        chunk=options["chunk_rows"] or CHUNK,
        into=sink.kind,
        column=column,
        backend=chosen(options["backend"], options["exact"]),
        dtype=problem.dtype.name,
    )


def _listed(texts: tuple[str, ...], known: Sequence[str] = ()) -> list[str]:
    """The names in texts with commas between them; a text that is a known name is that one."""
    parts = [[text] if text in known else text.split(",") for text in texts]
    return [name if name in known else name.strip() for names in parts for name in names]


def _conclude(env: Environment, summary: Summary, quiet: bool) -> None:
    """Say how it ended; raises `partial` where rows failed."""
    from diffcli.render.batch import counted, summary_line

    if summary.failed:
        shown = [f"row {f.row} of {f.file}: {f.reason}" for f in summary.failures]
        more = summary.failed - len(shown)
        message = f"{summary.failed:,} of {counted(summary.rows, 'row')} failed"
        hint = "\n".join([*shown, f"and {more:,} more"] if more else shown)
        raise DiffcliError("partial", message, hint=hint)
    if not quiet:
        env.out(summary_line(summary.rows, summary.nulls, summary.seconds))


class _Progress:
    """A line on standard error that is written over a few times a second."""

    def __init__(self, env: Environment, when: str, files: list[str]) -> None:
        from time import monotonic

        from diffcli.io.locations import size

        self.env = env
        self.shown = when == "always" or (when == "auto" and env.stderr.isatty())
        self._clock = monotonic
        self._start = self._last = monotonic()
        self._size = sum(map(size, files)) if self.shown else 0
        self._width = 0

    def __call__(self, rows: int, read: int) -> None:
        now = self._clock()
        if not self.shown or now - self._last < 0.2:
            return
        from diffcli.render.batch import progress_line

        self._last = now
        part = min(read / self._size, 1.0) if self._size else None
        line = progress_line(rows, now - self._start, part)
        self.env.err("\r" + line.ljust(self._width))
        self._width = len(line)

    def note(self, message: str) -> None:
        """Say something in a line that stays."""
        from diffcli.render.diagnostic import note_text
        from diffcli.render.report import Note

        self.clear()
        colour = self.env.colour(self.env.stderr)
        self.env.err(note_text(Note([message], Source(""), None, None), colour=colour))

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            self.env.err("\r" + " " * self._width + "\r")
            self._width = 0
