"""`diffcli eval`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import output_options, problem_options

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("eval", cls=ExpressionCommand)
@problem_options
@output_options
def command(problem: Problem, output: Output) -> None:
    """Value of an expression."""
    from diffcli import api
    from diffcli.cli.results import value_report

    trace = problem.trace()
    value = api.evaluate(trace)
    output.deliver(value_report(trace, value, trace.nonfinite([value])))
