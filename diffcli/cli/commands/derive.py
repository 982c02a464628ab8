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
@click.option("--cse", is_flag=True, help="Name what formulas have in common.")
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
    cse: bool,
    emit: str | None,
    latex: bool,
    as_json: bool,
    **limits: Any,
) -> None:
    """The derivative as a formula."""
    from diffcli.cli.formulas import deliver
    from diffcli.cli.problem import Problem
    from diffcli.formulas.derivation import derivation

    for option, other in (("--latex", latex), ("--json", as_json)):
        if other and emit is not None:
            raise DiffcliError("usage", f"--emit and {option} exclude each other")
    env: Environment = click.get_current_context().obj
    with limited(limits["max_steps"], limits["max_elements"], limits["timeout"]):
        symbols = Problem(env, expr, variables, None, None, "numpy").symbols()
        names = [name.strip() for part in wrt for name in part.split(",")]
        along = _directions(order, v, tangents)
        found = derivation(symbols, names, order, v, along)
        if emit is not None:
            from diffcli.formulas.code import code

            env.out(code(found, emit))
            return
        deliver(env, found, as_json=as_json, as_latex=latex, cse=cse)


def _directions(order: int, v: str | None, tangents: tuple[str, ...]) -> dict[str, str]:
    """The names of tangents by variable; raises `usage` for what does not go together."""
    from diffcli.cli.problem import split_bindings

    if ((v is not None or tangents) and order > 1) or (v is not None and tangents):
        raise DiffcliError("usage", "--v, --tangent and --order exclude each other")
    if v is not None and not v.isidentifier():
        raise DiffcliError("usage", f"--v needs a name, not '{v}'", hint="write --v v")
    along = split_bindings(tangents)
    for name, tangent in along.items():
        if not tangent.isidentifier():
            message = f"--tangent needs a name for '{name}', not '{tangent}'"
            raise DiffcliError("usage", message, hint=f"write --tangent {name}=d{name}")
    return along
