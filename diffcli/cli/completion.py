"""Completion of command lines in bash, zsh and fish, through Click's protocol.

Click finds out which parameter is being typed; the functions here know what may stand there. They
are given to parameters as `shell_complete`, and import what they need only when they are called.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diffcli.cli.command import looks_like_binding, looks_like_shape
from diffcli.errors import DiffcliError

if TYPE_CHECKING:
    from diffcli.cli.environment import Environment

VARIABLE = "_DIFFCLI_COMPLETE"
"""Names what a shell asks for, as `bash_source` or `bash_complete`."""

_PATH = re.compile(r"[\w.]+$")
"""A dotted name at the end of a text; one that begins with a dot follows a bracket."""


def answer(group: click.Command, env: Environment, instruction: str) -> bool:
    """Write the script for a shell, or what may follow on its command line.

    False for an instruction that Click does not know; raises `usage` without a command line.
    """
    from click.shell_completion import get_completion_class

    from diffcli.cli import shells  # noqa: F401  they register themselves

    shell, _, task = instruction.partition("_")
    kind = get_completion_class(shell)
    if kind is None or task not in ("source", "complete"):
        return False
    asked = kind(group, {"obj": env}, "diffcli", VARIABLE)
    if task == "complete":
        try:
            asked.get_completion_args()
        except (KeyError, ValueError):
            message = f"{VARIABLE}={instruction} needs the command line that a shell hands over"
            hint = f"'diffcli help completion' sets up {shell}"
            raise DiffcliError("usage", message, hint=hint) from None
    try:
        text = asked.source() if task == "source" else asked.complete()
    except DiffcliError:  # what stands before is wrong: nothing can follow
        text = ""
    env.out(text + "\n" if text else "")
    return True


# ----- what may stand in place of a parameter -----


def expression(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The text with its last name completed; `@` begins a file."""
    if incomplete.startswith("@"):
        return paths(incomplete[1:], "@")
    return _with_last_name(incomplete, list(_bound(ctx)))


def binding(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """NAME= for what the expression needs, and the value behind it, which may be a file."""
    name, equals, value = incomplete.partition("=")
    if not equals:
        missing = [n for n in _needed(ctx) if n not in _bound(ctx)]
        return [f"{n}=" for n in missing if n.startswith(incomplete)]
    lead = f"{name}="
    if value.startswith("@"):
        return paths(value[1:], f"{lead}@")
    return [lead + text for text in _with_last_name(value, [n for n in _bound(ctx) if n != name])]


def shape(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """NAME: for what the expression needs, or NAME= and a value."""
    if "=" in incomplete:
        return binding(ctx, param, incomplete)
    missing = [name for name in _needed(ctx) if name not in _bound(ctx)]
    return [f"{name}:" for name in missing if name.startswith(incomplete)]


def variables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names that are bound, behind others and a comma."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    left = [name for name in _bound(ctx) if name not in given]
    return [f"{before}{comma}{name}" for name in left if name.startswith(last)]


def tangent(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """NAME= for what is bound."""
    return [f"{name}=" for name in _bound(ctx) if name.startswith(incomplete)]


def file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Files and folders."""
    return paths(incomplete)


def file_or_binding(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The operands of a batch: an expression, then files and NAME=VALUE."""
    if not ctx.params.get(param.name or ""):
        return expression(ctx, param, incomplete)
    if "=" in incomplete:
        return binding(ctx, param, incomplete)
    return paths(incomplete)


def function(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The functions of the language."""
    return sorted(name for name in _functions() if name.startswith(incomplete))


def category(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The categories of functions."""
    from diffcli.catalogue import CATEGORIES

    return [name for name in CATEGORIES if name.startswith(incomplete)]


def topic(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The topics of long texts, and the commands."""
    from diffcli.cli.main import COMMANDS
    from diffcli.cli.pages import TOPICS

    return [name for name in dict.fromkeys([*TOPICS, *COMMANDS]) if name.startswith(incomplete)]


# ----- where the names come from -----


def paths(start: str, lead: str = "") -> list[str]:
    """Files and folders that begin with `start`, each behind `lead`; folders end in `/`."""
    folder, slash, name = start.rpartition("/")
    try:
        listed = sorted(Path(folder + slash).expanduser().iterdir())
    except (OSError, RuntimeError):
        return []
    shown = [each for each in listed if name.startswith(".") or not each.name.startswith(".")]
    return [
        f"{lead}{folder}{slash}{each.name}{'/' if each.is_dir() else ''}"
        for each in shown
        if each.name.startswith(name)
    ]


def _with_last_name(text: str, own: list[str]) -> list[str]:
    """A text of the language with every name that its last one may become, `own` names first."""
    found = _PATH.search(text)
    if found is None:
        return []
    last = found.group().rpartition(".")[2]
    before = text.removesuffix(last)
    return [before + name for name in last_names(found.group(), own)]


def last_names(path: str, own: list[str]) -> list[str]:
    """What the last name of a dotted path may become, `own` names first."""
    *owners, last = path.split(".")
    if path[0].isdigit():
        return []
    if owners:
        from diffcli.cli.members import members

        known = members(owners, own)
    else:
        known = list(dict.fromkeys([*own, *_constants(), *_functions()]))
    return [name for name in known if name.startswith(last)]


def _functions() -> list[str]:
    from diffcli.ops.table import ALIASES, all_rows

    all_rows()
    return sorted(name for name in ALIASES if name.isidentifier())


def _constants() -> list[str]:
    from diffcli.lower.names import CONSTANTS

    return sorted(CONSTANTS)


def _bound(ctx: click.Context) -> dict[str, None]:
    """The names that the command line binds so far."""
    found: dict[str, None] = {}
    for text in next(filter(None, map(ctx.params.get, _BINDING)), ()):
        if looks_like_binding(text):
            found[text.partition("=")[0]] = None
        elif looks_like_shape(text):
            found[text.partition(":")[0]] = None
    return found


_BINDING = ("bindings", "operands", "variables")
"""Parameters whose texts give names values, or shapes."""


def _needed(ctx: click.Context) -> list[str]:
    """The names in the expression that have no meaning of their own."""
    from diffcli.batch.compile import names_of
    from diffcli.errors import Source
    from diffcli.lower.names import LIBRARIES

    text = ctx.params.get("expr")
    if not text:
        return []
    known = {*_constants(), *LIBRARIES}
    return [name for name in names_of(Source(text)) if name not in known]
