"""`diffcli jvp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import (
    complex_option,
    kink_option,
    output_options,
    problem_options,
    tangent_option,
)

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("jvp", cls=ExpressionCommand)
@tangent_option
@complex_option
@kink_option
@problem_options
@output_options
def command(
    problem: Problem, output: Output, tangents: tuple[str, ...], convention: str, kink: str
) -> None:
    """Jacobian-vector product: tangents pushed forward to the result."""
    from diffcli import api
    from diffcli.cli.results import tangent_report

    trace = problem.trace()
    result = api.jvp(trace, problem.tangents(tangents), kink=kink)
    output.deliver(tangent_report(trace, result))
