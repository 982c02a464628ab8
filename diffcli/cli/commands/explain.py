"""`diffcli explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import output_options, problem_options, wrt_option
from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.cli.output import Output
    from diffcli.cli.problem import Problem


@click.command("explain", cls=ExpressionCommand)
@wrt_option
@click.option(
    "--mode",
    type=click.Choice(("reverse", "forward", "both")),
    default="reverse",
    show_default=True,
    help="Which accumulation to show.",
)
@click.option(
    "--v",
    "cotangent",
    metavar="VALUE",
    help="The adjoint of the result, with its shape.  [default: 1]",
)
@click.option("--latex", "as_latex", is_flag=True, help="Write LaTeX.")
@problem_options
@output_options
def command(
    problem: Problem,
    output: Output,
    wrt: tuple[str, ...],
    mode: str,
    cotangent: str | None,
    as_latex: bool,
) -> None:
    """How a value and its derivatives are computed, step by step."""
    from diffcli.cli.explained import explain_report, latex_report
    from diffcli.explanation import explain

    if as_latex and (output.as_json or output.path):
        raise DiffcliError("usage", "--latex is written to standard output, without --json and -o")
    trace = problem.trace()
    names = problem.variables(trace, wrt)
    given = cotangent is not None
    v = problem.cotangent(trace, cotangent) if given or mode != "forward" else None
    result = explain(trace, names, mode, v if given else None)
    seed = "v" if given else "1"
    if as_latex:
        output.deliver(latex_report(trace, result, names, mode, seed))
        return
    output.deliver(explain_report(trace, result, names, mode, seed, output.env.ascii_only()))
