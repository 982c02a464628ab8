"""`diffcli repl`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import Command
from diffcli.cli.options import bindings_argument, limit_options
from diffcli.limits import LIMITS, limited

if TYPE_CHECKING:
    from diffcli.cli.environment import Environment


@click.command("repl", cls=Command)
@bindings_argument
@limit_options("rounds of loops and calls of a statement", 50_000_000)
@click.pass_obj
def command(
    env: Environment,
    bindings: tuple[str, ...],
    max_steps: int | None,
    max_elements: int | None,
    timeout: float | None,
) -> None:
    """Type a program, statement by statement."""
    from diffcli.cli.commands.run import leave
    from diffcli.cli.interaction import Interaction
    from diffcli.cli.problem import Problem, split_bindings
    from diffcli.program.results import given
    from diffcli.program.session import Session

    problem = Problem(env, "", bindings, None, None, "numpy")
    problem.bind(split_bindings(bindings))
    LIMITS.end = None  # a session goes on when a computation has no time left
    with limited(None, max_elements):
        session = Session(env.out, env.err, max_steps, timeout)
        session.names.update(given(problem.values))
        try:
            Interaction(env, session).run()
        except SystemExit as left:
            leave(env, left.code)
