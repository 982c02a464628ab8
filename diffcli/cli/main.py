"""The group of commands, and the one place where every failure becomes an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import click

from diffcli.cli.command import Command, usage_error
from diffcli.cli.completion import VARIABLE, answer
from diffcli.cli.environment import Environment
from diffcli.errors import DiffcliError, ExitStatus, closest
from diffcli.limits import LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

COMMANDS = {
    "eval": "Value of an expression.",
    "grad": "Gradient of a result with one element.",
    "vjp": "Vector-Jacobian product: a cotangent pulled back to the variables.",
    "jvp": "Jacobian-vector product: tangents pushed forward to the result.",
    "jacobian": "All derivatives of every element of the result.",
    "hessian": "All second derivatives of a result with one element.",
    "hvp": "Hessian-vector product, without the Hessian.",
    "explain": "How a value and its derivatives are computed, step by step.",
    "graph": "The graph of an expression, or of its gradient, as a tree or a picture.",
    "check": "Compare derivatives with finite differences.",
    "derive": "The derivative as a formula.",
    "plot": "A curve with its derivative, or contours with the gradient.",
    "batch": "One expression over the rows of tables.",
    "run": "Run a program with PyTorch's autograd.",
    "functions": "What the language can compute, or one function in detail.",
    "help": "Long texts about the language, values, programs, errors and more.",
    "repl": "Type a program, statement by statement.",
    "doctor": "Versions, optional packages and folders of this installation.",
}
"""Every command with the first line of its help; the module of that name defines `command`."""


class LazyGroup(Command, click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command called `name`, imported now."""
        if name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"diffcli.cli.commands.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; raises `usage` with what was meant."""
        command = self.get_command(ctx, args[0])
        if command is None:
            raise _no_such_command(args)
        return args[0], command, args[1:]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The commands that a word may become, without importing them, or options."""
        from click.shell_completion import CompletionItem

        found = [CompletionItem(n, help=h) for n, h in COMMANDS.items() if n.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _no_such_command(args: list[str]) -> DiffcliError:
    name = args[0]
    near = closest(name, COMMANDS)
    if near:
        hint = f"did you mean '{near}'?"
    elif name.isidentifier() and len(args) == 1:
        hint = "'diffcli --help' lists the commands"
    else:
        import shlex

        hint = f"did you mean: diffcli eval {shlex.join(args)}" if len(name) < 60 else ""
        hint = hint or "write 'diffcli eval' before the expression"
    return DiffcliError("usage", f"there is no command '{name}'", hint=hint)


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from diffcli import __version__

        ctx.obj.out(f"diffcli {__version__}\n")
        ctx.exit()


def group() -> LazyGroup:
    """The command `diffcli`."""
    version = click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_version,
        help="Show the version and exit.",
    )
    return LazyGroup(
        "diffcli",
        params=[version],
        help="Type a formula, get its derivatives.",
        subcommand_metavar="COMMAND [ARGUMENTS]",
    )


def run(
    argv: list[str],
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    end: Callable[[int], object] | None = None,
) -> int:
    """Run one command line on the given streams; returns the exit status and never raises.

    What does not stop when its time is over is ended with the process by `end`, if that is given.
    """
    env = Environment(
        stdin or sys.stdin or _no_stream(),
        stdout or sys.stdout or _no_stream(),
        stderr or sys.stderr or _no_stream(),
    )
    if end is not None:
        LIMITS.end = lambda error: end(_last(error, argv, env))
    try:
        return perform(argv, env)
    except BrokenPipeError:  # the reader has seen enough
        return ExitStatus.OK
    except OSError:  # standard error itself cannot be written
        return ExitStatus.FAILED


def _no_stream() -> TextIO:
    return open(os.devnull, "r+", encoding="utf-8")  # noqa: PTH123


def perform(argv: list[str], env: Environment) -> int:
    """Run one command line; returns the exit status. Raises only when nothing can be written."""
    try:
        status = _dispatch(argv, env)
        env.stdout.flush()
        return status
    except DiffcliError as error:
        return _report(error, argv, env)
    except click.exceptions.NoArgsIsHelpError as error:
        env.err(error.format_message() + "\n")
        env.stderr.flush()
        return ExitStatus.USAGE
    except click.UsageError as error:
        return _report(usage_error(error), argv, env)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        return _report(DiffcliError("interrupted", "stopped by the user"), argv, env)
    except MemoryError as error:
        return _report(_out_of_memory(error), argv, env)
    except OSError as error:
        message = f"the result cannot be written: {error.strerror or error}"
        return _report(DiffcliError("bad-file", message), argv, env)
    except Exception as error:
        return _report(_defect(error, env), argv, env)


def _dispatch(argv: list[str], env: Environment) -> int:
    main = group()
    instruction = env.variables.get(VARIABLE)
    if instruction and answer(main, env, instruction):
        return ExitStatus.OK
    width = min(env.width(), 80)
    try:
        with main.make_context("diffcli", list(argv), obj=env, terminal_width=width) as ctx:
            main.invoke(ctx)
    except click.exceptions.Exit as done:
        return done.exit_code
    return ExitStatus.OK


def _out_of_memory(error: MemoryError) -> DiffcliError:
    detail = str(error).strip().rstrip(".")
    reason = f": {detail[:1].lower()}{detail[1:]}" if detail else ""
    return DiffcliError("too-large", f"the computation does not fit into memory{reason}")


def _defect(error: Exception, env: Environment) -> DiffcliError:
    if env.variables.get("DIFFCLI_DEBUG") == "1":
        import traceback

        env.err("".join(traceback.format_exception(error)))
    detail = " ".join(str(error).split())[:200]
    return DiffcliError(
        "internal",
        f"this is a defect of diffcli ({type(error).__name__}: {detail})",
        hint="please report it with the command; DIFFCLI_DEBUG=1 shows where it happened",
    )


def _last(error: DiffcliError, argv: list[str], env: Environment) -> int:
    """Report the error that the process ends with."""
    with suppress(OSError):
        env.stdout.flush()
    return _report(error, argv, env)


def _report(error: DiffcliError, argv: list[str], env: Environment) -> int:
    env.report(error, as_json="--json" in argv)
    return error.status
