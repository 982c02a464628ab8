"""`diffcli functions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from diffcli.cli.command import Command
from diffcli.cli.options import output_options
from diffcli.errors import DiffcliError, closest
from diffcli.render.report import Fields, Report, Table

if TYPE_CHECKING:
    from diffcli.catalogue import FunctionInfo
    from diffcli.cli.output import Output

_KEYS = (
    "name",
    "aliases",
    "category",
    "kind",
    "signature",
    "doc",
    "derivative",
    "domain",
    "example",
)


@click.command("functions", cls=Command)
@click.argument("name", required=False)
@output_options
def command(output: Output, name: str | None) -> None:
    """What the language can compute, or one function in detail.

    \b
    Examples:
      diffcli functions
      diffcli functions logsumexp
      diffcli functions --json
    """
    from diffcli.catalogue import functions

    known = functions()
    output.deliver(_list(known) if name is None else _detail(_find(name, known)))


def _list(known: list[FunctionInfo]) -> Report:
    rows: list[list[Any]] = []
    category = ""
    for info in known:
        heading = info.category if info.category != category else ""
        rows.append([heading, info.signature, info.doc])
        category = info.category
    table = Table(
        ["category", "function", "what it computes"], rows, prose=("function", "what it computes")
    )
    return Report("functions", {"functions": [_as_dict(info) for info in known]}, [table])


def _find(name: str, known: list[FunctionInfo]) -> FunctionInfo:
    by_name = {alias: info for info in known for alias in info.aliases}
    by_name |= {info.name: info for info in known}
    # Names may be written as they are in formulas.
    plain = name.removesuffix("()").rpartition(".")[2]
    for candidate in (name, plain):
        if candidate in by_name:
            return by_name[candidate]
    near = closest(plain, by_name)
    hint = f"did you mean '{near}'?" if near else "'diffcli functions' lists all of them"
    raise DiffcliError("unknown-function", f"no function named '{name}'", hint=hint)


def _detail(info: FunctionInfo) -> Report:
    entry = _as_dict(info)
    rows: list[tuple[str, Any]] = []
    for key, value in entry.items():
        text = ", ".join(value) if isinstance(value, list) else value
        if text:
            rows.append((key, text))
    return Report("functions", entry, [Fields(rows)])


def _as_dict(info: FunctionInfo) -> dict[str, Any]:
    entry = {key: getattr(info, key) for key in _KEYS}
    entry["aliases"] = list(info.aliases)
    return entry
