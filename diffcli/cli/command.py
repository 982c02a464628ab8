"""Click commands that read arguments as formulas are typed: `-x**2` is an expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import indent
from typing import Any

import click

from diffcli.cli.pages import blocks, command_page
from diffcli.errors import DiffcliError, closest


def looks_like_binding(text: str) -> bool:
    """Whether `text` is NAME=VALUE and not a text of several statements."""
    name, equals, value = text.partition("=")
    if not equals or value.startswith("=") or not name.strip().isidentifier():
        return False
    return ";" not in text and "\n" not in text


def looks_like_shape(text: str) -> bool:
    """Whether `text` is NAME:SHAPE."""
    name, _, shape = text.partition(":")
    return name.isidentifier() and shape != "" and not shape.startswith("=")


def _looks_like_option(token: str) -> bool:
    """Whether `token` is spelled --word-word or --word=VALUE."""
    name = token[2:].partition("=")[0]
    words = name.split("-")
    return token.startswith("--") and name[:1].isalpha() and all(map(str.isalnum, words))


class Command(click.Command):
    """A command whose page of help comes from a file and goes to the streams of this run."""

    _help: click.Option | None = None

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """The `--help` option."""
        if self._help is None:
            self._help = help_option()
        return self._help

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command is about."""
        super().format_help_text(ctx, formatter)
        about, _ = command_page(str(self.name))
        if about:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(about)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, and what they print."""
        _, examples = command_page(str(self.name))
        if not examples:
            return
        with formatter.section("Examples"):
            for prose, lines in blocks(examples):
                if prose:
                    formatter.write_paragraph()
                    formatter.write_text(prose)
                    formatter.write_paragraph()
                formatter.write(indent(lines, "  ") + "\n")


def help_option() -> click.Option:
    """An option that writes the help text of the command in question."""

    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            ctx.obj.out(ctx.get_help() + "\n")
            ctx.exit()

    return click.Option(
        ["-h", "--help"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show this help and exit.",
    )


class ExpressionCommand(Command):
    """A command whose first argument is an expression, which may begin with a minus sign.

    Options may stand anywhere. Only the options that exist are options: any other token in front
    of the bindings is the expression, unless it is spelled like a long option.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sort `args` into options and the rest, and let Click read them."""
        known = self.takes_value(ctx)
        if ctx.resilient_parsing and args and known.get(args[-1]):
            args = args[:-1]  # its value is being typed
        options, positional = split_arguments(args, known, _see(ctx))
        return super().parse_args(ctx, [*options, "--", *positional])

    def takes_value(self, ctx: click.Context) -> dict[str, bool]:
        """The names of the options, and whether a value follows."""
        return {
            name: not (isinstance(option, click.Option) and option.is_flag)
            for option in self.get_params(ctx)
            if option.param_type_name == "option"
            for name in option.opts
        }


def split_arguments(
    args: list[str], takes_value: dict[str, bool], see: str = ""
) -> tuple[list[str], list[str]]:
    """Option tokens with their values, and positional tokens, of a command line.

    `takes_value` maps the names of the options to whether a value follows. Raises `usage` for an
    option that does not exist; `see` says where the others are listed.
    """
    options: list[str] = []
    positional: list[str] = []
    rest = iter(args)
    for token in rest:
        name = token.partition("=")[0] if token.startswith("--") else token
        if token == "--":
            positional += rest
        elif name in takes_value:
            options.append(token)
            if takes_value[name] and name == token:
                options.append(_value_of(token, rest, see))
        elif not token.startswith("-") or token == "-":
            positional.append(token)
        elif _looks_like_option(token) or not _expression_missing(positional):
            raise no_such_option(name, takes_value, see)
        else:
            positional.append(token)
    return options, positional


def _value_of(option: str, rest: Iterator[str], see: str) -> str:
    value = next(rest, None)
    if value is None:
        raise DiffcliError("usage", f"the option '{option}' needs a value", hint=see)
    return value


def _expression_missing(positional: list[str]) -> bool:
    return all(looks_like_binding(token) for token in positional)


def no_such_option(name: str, known: Iterable[str], see: str) -> DiffcliError:
    """The error that there is no option `name`; the repair is the option that was meant."""
    # --prec for --precision
    near = next((option for option in known if len(name) > 3 and option.startswith(name)), None)
    near = near or closest(name, known)
    hint = f"did you mean '{near}'?" if near else see
    return DiffcliError("usage", f"there is no option '{name}'", hint=hint)


def _see(ctx: click.Context | None) -> str:
    return f"see '{ctx.command_path if ctx else 'diffcli'} --help'"


def usage_error(error: click.UsageError) -> DiffcliError:
    """What Click complains about, in the shape of all other errors."""
    ctx = error.ctx
    path = ctx.command_path if ctx else "diffcli"
    see = _see(ctx)
    if isinstance(error, click.NoSuchOption) and ctx and isinstance(ctx.command, click.Group):
        see = f"options of a command stand behind it; {see}"
    if isinstance(error, click.NoSuchOption):
        known = [name for p in ctx.command.get_params(ctx) for name in p.opts] if ctx else []
        known = [name for name in known if name.startswith("-")]
        return no_such_option(error.option_name, known, see)
    if isinstance(error, click.MissingParameter) and error.param is not None:
        if error.param.name == "expr":
            example = f"{path} 'w*x + b' w=3 x=2 b=4"
            return DiffcliError("usage", "the expression is missing", hint=f"write {example}")
        return DiffcliError("usage", f"{_named(error.param)} is missing", hint=see)
    if isinstance(error, click.BadOptionUsage):
        name = error.option_name
        return DiffcliError("usage", f"the option '{name}' {_misuse(error.message)}", hint=see)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _bad_value(error, error.param, see)
    problem = _sentence(error.message).removeprefix("got unexpected extra ")
    if problem.startswith("argument"):
        problem = f"there are more arguments than {path} takes: {problem.partition('(')[2][:-1]}"
    return DiffcliError("usage", problem, hint=see)


def _named(parameter: click.Parameter) -> str:
    if parameter.param_type_name == "option":
        return f"the option '{parameter.opts[-1]}'"
    return f"the argument {parameter.make_metavar(click.Context(click.Command(None)))}"


def _misuse(message: str) -> str:
    return "needs a value" if "requires" in message else "takes no value"


def _sentence(message: str) -> str:
    text = message.strip().rstrip(".")
    return text[:1].lower() + text[1:]


def _bad_value(error: click.BadParameter, parameter: click.Parameter, see: str) -> DiffcliError:
    kind: Any = parameter.type
    if isinstance(kind, click.IntRange):
        most = "on" if kind.max is None else f"to {kind.max}"
        problem = f"needs a whole number from {kind.min} {most}"
        return DiffcliError("usage", f"{_named(parameter)} {problem}", hint=see)
    if isinstance(kind, click.FloatRange):
        problem = "needs a number above 0"
        return DiffcliError("usage", f"{_named(parameter)} {problem}", hint=see)
    if not isinstance(kind, click.Choice):
        return DiffcliError("usage", f"{_named(parameter)}: {_sentence(error.message)}", hint=see)
    given = error.message.removeprefix("'").partition("' is not one of")[0]
    choices = [str(choice) for choice in kind.choices]
    near = closest(given, choices)
    hint = f"did you mean '{near}'?" if near else f"the choices are {', '.join(choices)}"
    from_environment = click.core.ParameterSource.ENVIRONMENT
    found = error.ctx and parameter.name and error.ctx.get_parameter_source(parameter.name)
    name = parameter.envvar if found is from_environment else _named(parameter)
    return DiffcliError("usage", f"{name} cannot be '{given}'", hint=hint)
