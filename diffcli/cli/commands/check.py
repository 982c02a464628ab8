"""`diffcli check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import complex_option, output_options, problem_options, wrt_option
from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("check", cls=ExpressionCommand)
@wrt_option
@complex_option
@problem_options
@output_options
def command(problem: Problem, output: Output, wrt: tuple[str, ...], convention: str) -> None:
    """Compare derivatives with finite differences."""
    from diffcli import api
    from diffcli.check import check, one_triangle
    from diffcli.cli.results import check_report

    trace = problem.trace()
    result = check(trace, problem.variables(trace, wrt))
    output.deliver(check_report(trace, result, api.evaluate(trace)))
    if not result.ok:
        failed = ", ".join(name for name, each in result.variables.items() if not each.ok)
        message = f"derivatives disagree with differences in {failed}"
        raise DiffcliError("check-failed", message, hint=one_triangle(trace))
