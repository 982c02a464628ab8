"""Options that commands share, as decorators that hand over finished objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

import click
from click.core import ParameterSource

from diffcli.cli import completion
from diffcli.cli.output import Output
from diffcli.cli.problem import Problem
from diffcli.errors import DiffcliError
from diffcli.limits import limited

Function = Callable[..., Any]

DTYPES = ("float64", "float32", "complex128", "complex64")
BACKENDS = ("numpy", "cupy", "auto")

bindings_argument = click.argument(
    "bindings", metavar="[NAME=VALUE]...", nargs=-1, shell_complete=completion.binding
)
wrt_option = click.option(
    "--wrt",
    multiple=True,
    metavar="NAMES",
    shell_complete=completion.variables,
    help="Variables, separated by commas.  [default: all real or complex ones]",
)
tangent_option = click.option(
    "--tangent",
    "tangents",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=completion.tangent,
    help="Direction of a variable; others stay fixed.  [repeatable]",
)
complex_option = click.option(
    "--complex",
    "convention",
    type=click.Choice(("torch", "jax")),
    default="torch",
    show_default=True,
    help="Gradients by complex variables: steepest ascent, or its conjugate.",
)
bindings_option = click.option(
    "--bindings",
    "bindings_file",
    metavar="FILE",
    shell_complete=completion.file,
    help="Values by name from a .json or .npz file.",
)
dtype_option = click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    metavar="TYPE",
    help=f"Type of numbers: {', '.join(DTYPES)}.  [default: float64]",
)
mode_option = click.option(
    "--mode",
    type=click.Choice(("auto", "forward", "reverse")),
    default="auto",
    show_default=True,
    help="How to sweep the graph.",
)
kink_option = click.option(
    "--kink",
    type=click.Choice(("choose", "error")),
    default="choose",
    show_default=True,
    help="Where no derivative exists: take the one stated, or fail.",
)
sparse_option = click.option(
    "--sparse",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    help="Compute and show only entries that are not 0; auto where an array would be over 128 MiB.",
)


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
precision_option = click.option(
    "--precision",
    type=click.IntRange(1, 17),
    default=6,
    show_default=True,
    metavar="DIGITS",
    help="Significant digits in tables.",
)


def problem_options(function: Function) -> Function:
    """Give a command EXPR, its bindings, --dtype and --backend, as the argument `problem`."""

    def command(
        expr: str,
        bindings: tuple[str, ...],
        bindings_file: str | None,
        dtype: str | None,
        backend: str,
        exact: bool,
        max_steps: int | None,
        max_elements: int | None,
        timeout: float | None,
        **rest: Any,
    ) -> Any:
        env = click.get_current_context().obj
        name = chosen(backend, exact)
        name = "once" if name == "numpy" else name
        problem = Problem(env, expr, bindings, bindings_file, dtype, name)
        with limited(max_steps, max_elements, timeout):
            return function(problem=problem, **rest)

    return stacked(
        update_wrapper(command, function),
        click.argument("expr", metavar="EXPR", shell_complete=completion.expression),
        bindings_argument,
        bindings_option,
        dtype_option,
        backend_options,
        limit_options("operations in an expression", 250_000),
    )


def backend_options(function: Function) -> Function:
    """Give a command --backend and --exact, of which `chosen` makes the name of a backend."""
    return stacked(
        function,
        click.option(
            "--backend",
            type=click.Choice(BACKENDS),
            default="numpy",
            envvar="DIFFCLI_BACKEND",
            show_default=True,
            help="Where to compute.",
        ),
        click.option("--exact", is_flag=True, help="Compute with NumPy's own functions only."),
    )


def chosen(backend: str, exact: bool) -> str:
    """The backend that --backend and --exact ask for; raises `usage` where they do not agree.

    --exact is stronger than a backend that only the environment names.
    """
    source = click.get_current_context().get_parameter_source("backend")
    if exact and backend == "cupy" and source is ParameterSource.COMMANDLINE:
        raise DiffcliError("usage", "--exact is about NumPy's functions, not CuPy's")
    return "exact" if exact else backend


def limit_options(steps: str, most: int) -> Callable[[Function], Function]:
    """Give a command --max-steps, which are `most` at the most, --max-elements and --timeout."""
    options = (
        click.option(
            "--max-steps",
            type=click.IntRange(1),
            metavar="N",
            help=f"Most {steps}.  [default: {most}]",
        ),
        click.option(
            "--max-elements",
            type=click.IntRange(1),
            metavar="N",
            help="Most elements in an array.  [default: 268435456]",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            metavar="SECONDS",
            help="Stop after so long.",
        ),
    )
    return lambda function: stacked(function, *options)


def output_option(about: str, required: bool = False) -> Callable[[Function], Function]:
    """The option -o, as the argument `output_file`; its help is `about` the kinds of files."""
    return click.option(
        "-o",
        "--output",
        "output_file",
        metavar="FILE",
        shell_complete=completion.file,
        required=required,
        help=about,
    )


def output_options(function: Function) -> Function:
    """Give a command --json, -o, --precision and --full, as the argument `output`."""

    def command(
        as_json: bool, output_file: str | None, precision: int, full: bool, **rest: Any
    ) -> Any:
        env = click.get_current_context().obj
        output = Output(env, as_json, output_file, precision, full)
        return function(output=output, **rest)

    return stacked(
        update_wrapper(command, function),
        json_option,
        output_option("Write a .json, .npz, .csv or .parquet file."),
        precision_option,
        click.option("--full", is_flag=True, help="Show all elements of large arrays."),
    )


def stacked(function: Function, *decorators: Callable[[Function], Function]) -> Function:
    """The function under several decorators, the first outermost."""
    for decorator in reversed(decorators):
        function = decorator(function)
    return function
