"""Arguments of functions in expressions: how they bind to a row, and what is said of others."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, closest
from diffcli.graph.node import Node
from diffcli.ops.arguments import Misfit
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import Row


def signature_text(row: Row) -> str:
    """`name(x, axis=None)`."""
    parts = []
    for p in row.signature.parameters.values():
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        default = "" if p.default is p.empty else f"={p.default!r}"
        parts.append(f"{star}{p.name}{default}")
    return f"{row.name}({', '.join(parts)})"


def unfit(row: Row, written: str, problem: str) -> DiffcliError:
    """The error for arguments that a row, under the name that was written, does not take."""
    return DiffcliError(
        "bad-argument", f"{written} {problem}", hint=f"the arguments are {signature_text(row)}"
    )


def bound(
    row: Row, written: str, args: list[Any], keywords: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Arguments as the row takes them; raises `bad-argument` with its signature."""
    try:
        return row.signature.bind(args, keywords)
    except Misfit as misfit:
        error = unfit(row, written, _words(row, misfit))
        for keyword in misfit.unexpected[:1]:
            nearest = closest(keyword, row.signature.parameters)
            error.hint = f"did you mean '{nearest}'? {error.hint}" if nearest else error.hint
        raise error from None


def _words(row: Row, misfit: Misfit) -> str:
    if misfit.unexpected:
        return f"takes no argument '{misfit.unexpected[0]}'"
    if misfit.many:
        return f"takes {_count(len(row.signature.order))}, not {misfit.many}"
    if misfit.twice:
        return f"got a value for '{next(iter(misfit.twice.values()))}' twice"
    return f"needs a value for '{misfit.missing[0]}'"


def _count(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"at most {n} arguments"


KINDS: dict[str, tuple[Any, str]] = {
    "bool": (int, "True or False"),
    "int": (int, "an integer"),
    "float": (int | float | Node, "a number"),
    "str": (str, "a string"),
}
"""How rows annotate arguments that are not arrays -> the types that serve, and their name."""


def check_kinds(
    row: Row, written: str, arrays: list[Any], fixed: list[Any], keywords: dict[str, Any]
) -> None:
    """Raise `bad-argument` for an argument that is not what the row's signature says it is."""
    order, kinds = row.signature.order, _kinds(row)
    for name, value in zip(order, arrays, strict=False):
        if value is None and row.signature.parameters[name].annotation == "Node":
            raise unfit(row, written, f"needs an array for '{name}', not None")
    for name, value in (*zip(order[len(arrays) :], fixed, strict=False), *keywords.items()):
        if name not in kinds:
            continue
        kind, optional = kinds[name]
        types, wanted = KINDS[kind]
        if not isinstance(value, types) and not (optional and value is None):
            what = "an array" if isinstance(value, Node) else repr(value)
            raise unfit(row, written, f"takes {wanted} for '{name}', not {what}")


@cache
def _kinds(row: Row) -> dict[str, tuple[str, bool]]:
    """The parameters of a row that `KINDS` has a word for: which, and whether None will do too."""
    found = {}
    for name, parameter in row.signature.parameters.items():
        kind, _, rest = str(parameter.annotation).partition(" | ")
        if kind in KINDS:
            found[name] = kind, bool(rest)
    return found


def static(value: Any) -> Any:
    """A constant scalar as a Python number, for arguments such as an axis; others as they are."""
    if isinstance(value, list):
        return [static(v) for v in value]
    if isinstance(value, tuple):
        return tuple(static(v) for v in value)
    if not isinstance(value, Node) or value.shape != () or not value.weak:
        return value
    if value.op is CONSTANT:
        return value.params["value"]
    if all(x.op is CONSTANT for x in value.inputs):
        with np.errstate(all="ignore"):
            numbers = [x.params["value"] for x in value.inputs]
            return np.asarray(value.op.evaluate(NUMPY, *numbers, **value.params)).item()
    return value
