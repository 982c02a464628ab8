"""`diffcli plot`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import json_option, output_option, problem_options
from diffcli.cli.output import Output

if TYPE_CHECKING:
    from diffcli.cli.problem import Problem


@click.command("plot", cls=ExpressionCommand)
@click.option("--spy", is_flag=True, help="Show where the Jacobian is not 0.")
@problem_options
@json_option
@output_option("Write .png, .svg, .pdf, or the numbers as .json, .npz, .csv, .parquet.")
def command(problem: Problem, spy: bool, as_json: bool, output_file: str | None) -> None:
    """A curve with its derivative, or contours with the gradient."""
    from diffcli.cli import plots
    from diffcli.io.outputs import SUFFIXES, check_output, write_bytes
    from diffcli.render import plot_image

    suffix = check_output(output_file, (*plot_image.SUFFIXES, *SUFFIXES)) if output_file else ""
    report = plots.patterns(problem) if spy else plots.sampled(problem)
    if suffix in plot_image.SUFFIXES and output_file is not None:
        write_bytes(output_file, plot_image.image(plots.drawn(report), suffix))
    else:
        output = Output(problem.env, as_json, output_file, precision=6, full=False)
        output.deliver(report)
