"""`diffcli grad`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import (
    complex_option,
    kink_option,
    output_options,
    problem_options,
    wrt_option,
)

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("grad", cls=ExpressionCommand)
@wrt_option
@complex_option
@kink_option
@problem_options
@output_options
def command(
    problem: Problem, output: Output, wrt: tuple[str, ...], convention: str, kink: str
) -> None:
    """Gradient of a result with one element."""
    from diffcli import api
    from diffcli.cli.results import by_variable

    trace = problem.trace()
    result = api.grad(trace, problem.variables(trace, wrt), convention, kink)
    output.deliver(by_variable("grad", "gradient", trace, result))
