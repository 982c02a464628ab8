"""`diffcli derive`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from diffcli.cli import completion
from diffcli.cli.command import ExpressionCommand
from diffcli.cli.options import limit_options, wrt_option
from diffcli.errors import DiffcliError
from diffcli.limits import limited

if TYPE_CHECKING:
    from diffcli.cli.environment import Environment
    from diffcli.formulas.derivation import Derivation


@click.command("derive", cls=ExpressionCommand)
@click.argument("expr", metavar="EXPR", shell_complete=completion.expression)
@click.argument(
    "variables",
    metavar="[NAME:SHAPE | NAME=VALUE]...",
    nargs=-1,
    shell_complete=completion.shape,
)
@wrt_option
@click.option(
    "--order",
    type=click.IntRange(1, 12),
    default=1,
    show_default=True,
    metavar="N",
    help="2 for the Hessian; more for scalars.",
)
@click.option("--v", metavar="NAME", help="Vector-Jacobian products with a cotangent called so.")
@click.option(
    "--tangent",
    "tangents",
    multiple=True,
    metavar="X=NAME",
    help="Jacobian-vector product along a tangent of x called so.  [repeatable]",
)
@click.option(
    "--emit",
    type=click.Choice(("numpy", "jax", "torch", "c")),
    metavar="LANGUAGE",
    help="Write a function of the value and the derivatives: numpy, jax, torch, c.",
)
@click.option("--latex", is_flag=True, help="Write LaTeX.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@limit_options("operations in an expression", 250_000)
def command(
    expr: str,
    variables: tuple[str, ...],
    wrt: tuple[str, ...],
    order: int,
    v: str | None,
    tangents: tuple[str, ...],
    emit: str | None,
    latex: bool,
    as_json: bool,
    **limits: Any,
) -> None:
    """The derivative as a formula."""
    from diffcli.cli.formulas import deliver

    env: Environment = click.get_current_context().obj
    with limited(limits["max_steps"], limits["max_elements"], limits["timeout"]):
        found = _derivation(env, expr, variables, wrt, order, v, tangents)
        if emit is not None:
            from diffcli.formulas.code import code

            env.out(code(found, emit))
            return
        deliver(env, found, as_json=as_json, as_latex=latex)


def _derivation(
    env: Environment,
    expr: str,
    variables: tuple[str, ...],
    wrt: tuple[str, ...],
    order: int,
    v: str | None,
    tangents: tuple[str, ...],
) -> Derivation:
    from diffcli.cli.problem import Problem, split_bindings
    from diffcli.formulas.derivation import derivation

    if ((v is not None or tangents) and order > 1) or (v is not None and tangents):
        raise DiffcliError("usage", "--v, --tangent and --order exclude each other")
    if v is not None and not v.isidentifier():
        raise DiffcliError("usage", f"--v needs a name, not '{v}'", hint="write --v v")
    names = [name.strip() for part in wrt for name in part.split(",")]
    along = split_bindings(tangents)
    for name, tangent in along.items():
        if not tangent.isidentifier():
            message = f"--tangent needs a name for '{name}', not '{tangent}'"
            raise DiffcliError("usage", message, hint=f"write --tangent {name}=d{name}")
    symbols = Problem(env, expr, variables, None, None, "numpy").symbols()
    return derivation(symbols, names, order, v, along)
