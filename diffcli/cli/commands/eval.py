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
    """Value of an expression.


    Prints the value alone, so that a shell can catch it.

    \b
    Examples:
      diffcli eval 'sqrt(2)*pi'
      diffcli eval 'A @ x' A=[[1,2],[3,4]] x=[1,1] --json
      diffcli eval 'mean(x)' x=@data.csv:x
    """
    from diffcli import api
    from diffcli.cli.results import value_report

    trace = problem.trace()
    value = api.evaluate(trace)
    output.deliver(value_report(trace, value, trace.nonfinite([value])))
