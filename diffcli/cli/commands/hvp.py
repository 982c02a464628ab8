"""`diffcli hvp`."""

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
    wrt_option,
)

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("hvp", cls=ExpressionCommand)
@tangent_option
@wrt_option
@complex_option
@kink_option
@problem_options
@output_options
def command(
    problem: Problem,
    output: Output,
    tangents: tuple[str, ...],
    wrt: tuple[str, ...],
    convention: str,
    kink: str,
) -> None:
    """Hessian-vector product, without the Hessian."""
    from diffcli import api
    from diffcli.cli.results import by_variable

    trace = problem.trace()
    names = problem.variables(trace, wrt)
    result = api.hvp(trace, problem.tangents(tangents), names, convention, kink)
    output.deliver(by_variable("hvp", "hvp", trace, result))
