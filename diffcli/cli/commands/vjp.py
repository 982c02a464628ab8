"""`diffcli vjp`."""

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


@click.command("vjp", cls=ExpressionCommand)
@click.option("--v", "cotangent", metavar="VALUE", help="The cotangent, of the result's shape.")
@wrt_option
@complex_option
@kink_option
@problem_options
@output_options
def command(
    problem: Problem,
    output: Output,
    cotangent: str | None,
    wrt: tuple[str, ...],
    convention: str,
    kink: str,
) -> None:
    """Vector-Jacobian product: a cotangent pulled back to the variables."""
    from diffcli import api
    from diffcli.cli.results import by_variable

    trace = problem.trace()
    names = problem.variables(trace, wrt)
    result = api.vjp(trace, problem.cotangent(trace, cotangent), names, convention, kink)
    output.deliver(by_variable("vjp", "vjp", trace, result))
