"""`diffcli run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from diffcli.cli import completion
from diffcli.cli.command import Command
from diffcli.cli.options import bindings_argument, limit_options
from diffcli.cli.problem import Problem, split_bindings
from diffcli.errors import ExitStatus
from diffcli.limits import limited

if TYPE_CHECKING:
    from diffcli.cli.environment import Environment


@click.command("run", cls=Command)
@click.argument("file", metavar="FILE", shell_complete=completion.file)
@bindings_argument
@click.option("--json", "as_json", is_flag=True, help="Write what the names hold, as JSON.")
@limit_options("rounds of loops and calls", 50_000_000)
@click.pass_obj
def command(
    env: Environment,
    file: str,
    bindings: tuple[str, ...],
    as_json: bool,
    max_steps: int | None,
    max_elements: int | None,
    timeout: float | None,
) -> None:
    """Run a program with PyTorch's autograd."""
    from diffcli.program.results import final_names, given
    from diffcli.program.run import run_program

    source = _source(env, file)
    problem = Problem(env, "", bindings, None, None, "numpy")
    for name, text in split_bindings(bindings).items():
        problem.values[name] = problem.value(name, text, f"the value of {name}")
    printed: list[str] = []
    write = printed.append if as_json else env.out
    results: dict[str, Any] = {}
    try:
        with limited(None, max_elements):
            names = run_program(
                source,
                write,
                given(problem.values),
                steps=max_steps,
                seconds=timeout,
                warn=env.err,
            )
        results = {"names": final_names(names)} if as_json else {}
    except SystemExit as left:
        leave(env, left.code)
    finally:
        if as_json:
            from diffcli.render.json_out import dumps

            env.out(dumps({"file": source.name, "stdout": "".join(printed), **results}) + "\n")


def leave(env: Environment, code: Any) -> None:
    """End with the status that a program left with, as Python does: a text is shown, for 1."""
    if isinstance(code, int):
        raise click.exceptions.Exit(code & 0xFF)
    env.err(f"{code}\n")
    raise click.exceptions.Exit(ExitStatus.FAILED)


def _source(env: Environment, file: str) -> Any:
    from diffcli.errors import Source

    if file == "-":
        return Source(env.read_stdin().removeprefix("\ufeff"), "standard input")
    from diffcli.io.files import read_text

    return Source(read_text(file), file)
