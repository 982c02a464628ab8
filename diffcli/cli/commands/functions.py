"""`diffcli functions`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from diffcli.cli import completion
from diffcli.cli.command import Command
from diffcli.cli.options import output_options
from diffcli.render.report import Example, Fields, Listing, Report, Section

if TYPE_CHECKING:
    from diffcli.catalogue import FunctionInfo
    from diffcli.catalogue.application import Application
    from diffcli.cli.output import Output

_LONGEST = 64
"""Characters of a formula in the list."""


@click.command("functions", cls=Command)
@click.argument("name", required=False, shell_complete=completion.function)
@click.option(
    "--category",
    metavar="NAME",
    shell_complete=completion.category,
    help="Only the functions of one category.",
)
@output_options
def command(output: Output, name: str | None, category: str | None) -> None:
    """What the language can compute, or one function in detail."""
    from diffcli import catalogue

    if name is None:
        output.deliver(_list(catalogue.functions(category), output))
        return
    info = catalogue.lookup(name)
    found = _detail(info) if info is not None else _value(name)
    if found is not None:
        output.deliver(found)
        return
    matches = catalogue.search(name, category)
    if not matches:
        raise catalogue.unknown(name)
    output.deliver(_list(matches, output))


def _list(known: list[FunctionInfo], output: Output) -> Report:
    sections: list[Section] = [
        Listing(category, [(info.signature, _summary(info)) for info in members])
        for category, members in groupby(known, lambda info: info.category)
    ]
    # what a list does not show takes as long to find out as what it does
    needed = output.as_json or output.path
    entries = [_as_dict(info) for info in known] if needed else []
    return Report("functions", {"functions": entries}, sections)


def _summary(info: FunctionInfo) -> list[str]:
    """What a function computes, and in a second line its derivative and where it holds.

    Formulas that are long, or for the one index that an example has, are only counted.
    """
    notes = info.derivative_lines(_LONGEST)
    if len("; ".join(notes)) > 2 * _LONGEST:
        notes = info.derivative_lines(_LONGEST // 3)
    if info.domain not in (None, "all real numbers"):
        notes.append(str(info.domain))
    if info.kink and not info.kink.startswith("derivative"):
        notes.append(info.kink)
    if info.orders == "any" and not info.complex:
        notes.append("real only")
    return [info.doc, "; ".join(notes)] if notes else [info.doc]


def _value(name: str) -> Report | None:
    """A named number, or a type of numbers."""
    from diffcli.lower.names import CONSTANTS, NUMBER_TYPES

    plain = name.rpartition(".")[2]
    if plain in CONSTANTS:
        entry = {"name": plain, "category": "constant", "value": CONSTANTS[plain]}
    elif plain in NUMBER_TYPES:
        entry = {"name": plain, "category": "number type", "value": NUMBER_TYPES[plain].__name__}
    else:
        return None
    return Report("functions", entry, [Fields(list(entry.items()))])


def _detail(info: FunctionInfo) -> Report:
    entry = _as_dict(info)
    shown: dict[str, Any] = {
        key: entry[key] for key in ("name", "category", "kind", "signature", "doc", "definition")
    }
    shown["aliases"] = ", ".join(info.aliases)
    if info.call is not None:
        shown |= {"call": _with_shapes(info), "derivative": "\n".join(info.derivative_lines())}
        shown |= {"domain": info.domain, "kink": info.kink}
        shown["numbers"] = "real and complex" if info.complex else "real"
        shown["orders"] = info.orders
    shown |= info.variants
    rows = [
        (key, value) for key, value in shown.items() if not isinstance(value, str | None) or value
    ]
    report = Report("functions", entry, [Fields(rows)])
    if info.application is not None:
        printed = _printed(info, info.application)
        report.sections.append(Example(info.words, printed.sections))
        report.notes = printed.notes
    return report


def _printed(info: FunctionInfo, application: Application) -> Report:
    """What the command of the example prints."""
    from diffcli.cli.results import by_variable, value_report

    if info.differentiated is None:
        return value_report(application.trace, application.value(), [])
    return by_variable("grad", "gradient", application.trace, info.differentiated)


def _with_shapes(info: FunctionInfo) -> str:
    """The call, and the shapes of arrays in it."""
    shapes = [f"{n} {v.shape}" for n, v in (info.values or {}).items() if v.ndim]
    return f"{info.call} of {', '.join(shapes)}" if shapes else str(info.call)


def _as_dict(info: FunctionInfo) -> dict[str, Any]:
    derivatives = {
        name: None
        if found is None
        else {
            "formula": found.formula,
            "operations": found.operations,
            "numerical": found.numerical,
        }
        for name, found in info.derivatives.items()
    }
    return {
        "name": info.name,
        "aliases": info.aliases,
        "category": info.category,
        "kind": info.kind,
        "signature": info.signature,
        "doc": info.doc,
        "call": info.call,
        "definition": info.definition,
        "derivative": info.derivative,
        "derivatives": derivatives,
        "domain": info.domain,
        "kink": info.kink,
        "complex": info.complex,
        "orders": info.orders,
        "example": info.example,
        "values": info.values,
        "variants": info.variants,
        "value": info.output,
        "gradient": info.gradient,
    }
