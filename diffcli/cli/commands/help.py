"""`diffcli help`."""

from __future__ import annotations

from itertools import groupby

import click

from diffcli.cli import completion
from diffcli.cli.command import Command
from diffcli.cli.environment import Environment
from diffcli.cli.output import Output
from diffcli.cli.pages import TOPICS, title, topic
from diffcli.errors import CATALOGUE, DiffcliError, closest
from diffcli.render.report import Fields, Listing, Page, Report, Section


@click.command("help", cls=Command)
@click.argument("name", metavar="[TOPIC]", required=False, shell_complete=completion.topic)
@click.pass_obj
def command(env: Environment, name: str | None) -> None:
    """Long texts about the language, values, programs, errors and more."""
    if name is None:
        _show(env, [Fields([(each, title(each)) for each in TOPICS])])
    elif name == "errors":
        _show(env, [Page(topic(name)), *_codes()])
    elif name in TOPICS:
        _show(env, [Page(topic(name))])
    else:
        _command_page(name)


def _show(env: Environment, sections: list[Section]) -> None:
    output = Output(env, as_json=False, path=None, precision=6, full=False)
    output.deliver(Report("help", {}, sections))


def _codes() -> list[Section]:
    """Every code by its exit status, with its meaning and repair."""
    return [
        Listing(
            f"exit status {status:d}, {status.meaning}",
            [(code, [kind.meaning, f"= {kind.repair}"]) for code, kind in members],
        )
        for status, members in groupby(
            sorted(CATALOGUE.items(), key=lambda entry: entry[1].status),
            key=lambda entry: entry[1].status,
        )
    ]


def _command_page(name: str) -> None:
    """Show `diffcli NAME --help`."""
    parent = click.get_current_context().parent
    assert parent is not None
    assert isinstance(parent.command, click.Group)
    found = parent.command.get_command(parent, name)
    if found is None:
        near = closest(name, [*TOPICS, *parent.command.list_commands(parent)])
        hint = f"did you mean '{near}'?" if near else "'diffcli help' lists the topics"
        raise DiffcliError("usage", f"there is no topic '{name}'", hint=hint)
    found.make_context(name, ["--help"], parent=parent)
