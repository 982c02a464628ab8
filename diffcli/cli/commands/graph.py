"""`diffcli graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from diffcli.cli.command import ExpressionCommand
from diffcli.cli.drawing import FORMATS, SUFFIXES, chosen_form, deliver, drawn
from diffcli.cli.options import (
    json_option,
    output_option,
    precision_option,
    problem_options,
    wrt_option,
)
from diffcli.cli.output import Output

if TYPE_CHECKING:
    from diffcli.cli.problem import Problem


@click.command("graph", cls=ExpressionCommand)
@click.option("--values", is_flag=True, help="Show the value of each operation.")
@click.option(
    "--names",
    type=click.Choice(("numpy", "torch")),
    default="numpy",
    show_default=True,
    help="Names of operators, or PyTorch's, as MulBackward0.",
)
@click.option("--backward", is_flag=True, help="Show the graph of the gradient.")
@wrt_option
@click.option("--simplified", is_flag=True, help="Show the operators that run.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help="tree, dot, mermaid or json.  [default: tree]",
)
@problem_options
@json_option
@output_option("Write .svg, .png or .pdf (with Graphviz), .dot, .mmd or .json.")
@precision_option
@click.option("--full", is_flag=True, help="Show all of a large graph.")
def command(
    problem: Problem,
    form: str | None,
    as_json: bool,
    output_file: str | None,
    precision: int,
    full: bool,
    wrt: tuple[str, ...],
    **options: Any,
) -> None:
    """The graph of an expression, or of its gradient, as a tree or a picture."""
    from diffcli.io.outputs import check_output

    suffix = None if output_file is None else check_output(output_file, tuple(SUFFIXES))
    written = chosen_form(form, as_json, suffix)
    output = Output(problem.env, as_json, None, precision, full)
    output.path = output_file
    found = drawn(problem, wrt, **options)
    deliver(output, found, problem.source().text, written, suffix)
