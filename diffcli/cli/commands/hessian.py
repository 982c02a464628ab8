"""`diffcli hessian`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import (
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


@click.command("hessian", cls=ExpressionCommand)
@wrt_option
@mode_option
@sparse_option
@kink_option
@problem_options
@output_options
def command(
    problem: Problem, output: Output, wrt: tuple[str, ...], mode: str, sparse: str, kink: str
) -> None:
    """All second derivatives of a result with one element."""
    from diffcli import api
    from diffcli.cli.results import hessian_report

    trace = problem.trace()
    result = api.hessian(trace, problem.variables(trace, wrt), mode, kink, sparse)
    output.deliver(hessian_report(trace, result))
