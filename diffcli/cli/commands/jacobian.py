"""`diffcli jacobian`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import (
    complex_option,
    kink_option,
    mode_option,
    output_options,
    problem_options,
    sparse_option,
    wrt_option,
)

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("jacobian", cls=ExpressionCommand)
@wrt_option
@mode_option
@sparse_option
@complex_option
@kink_option
@problem_options
@output_options
def command(
    problem: Problem,
    output: Output,
    wrt: tuple[str, ...],
    mode: str,
    sparse: str,
    convention: str,
    kink: str,
) -> None:
    """All derivatives of every element of the result."""
    from diffcli import api
    from diffcli.cli.results import jacobian_report

    trace = problem.trace()
    result = api.jacobian(trace, problem.variables(trace, wrt), mode, convention, kink, sparse)
    output.deliver(jacobian_report(trace, result))
