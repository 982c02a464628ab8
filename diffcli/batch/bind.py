"""The names of an expression bound to the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diffcli.batch.compile import KINDS, Question
from diffcli.batch.job import CHUNK, Job
from diffcli.errors import DiffcliError, Source, closest
from diffcli.syntax.ast import Name, children
from diffcli.syntax.parser import parse_expression

if TYPE_CHECKING:
    from diffcli.io.records import Records

DERIVATIVES = ("grad", "vjp", "jacobian", "hessian")
"""Kinds that are taken by variables."""


def bind(
    source: Source,
    records: Records,
    constants: Mapping[str, Any],
    *,
    kind: str = "eval",
    wrt: Sequence[str] = (),
    mapping: Mapping[str, str] | None = None,
    keep: Sequence[str] | None = (),
    direction: Any = None,
    tangents: Mapping[str, Any] | None = None,
    on_error: str = "fail",
    chunk: int = CHUNK,
    verbatim: bool = False,
) -> Job:
    """The job of computing an expression for the rows of tables that are made like `records`.

    A name takes the column that `mapping` says, else the constant, else the column of its own
    spelling; the order is that of the columns. `keep` of None keeps all columns. Raises `usage` and
    `unknown-name`.
    """
    mapping = dict(mapping or {})
    used = _names(source)
    for name in mapping:
        _require(name, used, "--map", "the expression does not use")
    columns = {name: mapping.get(name, name) for name in used if name not in constants}
    columns |= mapping
    for column in mapping.values():
        _require(column, records.names, "--map", f"'{records.path}' does not have")
    bound = [name for name, column in columns.items() if column in records.names]
    place = {column: i for i, column in enumerate(records.names)}
    columns = {name: columns[name] for name in sorted(bound, key=lambda n: place[columns[n]])}
    if not columns:
        raise DiffcliError(
            "usage",
            f"the expression uses no column of '{records.path}'",
            hint=f"its columns are {', '.join(records.names)}; --map NAME=COLUMN binds one"
            if records.names
            else "it has none",
        )
    kept = records.names if keep is None else list(keep)
    for column in kept:
        _require(column, records.names, "--keep", f"'{records.path}' does not have")
    by = None
    if kind in DERIVATIVES:
        by = list(wrt) or [n for n, c in columns.items() if str(records.types[c]) != "bool"]
        for name in by:
            _require(name, [*columns, *constants], "--wrt", "is not bound")
    question = Question(source, kind, list(columns), constants, by, direction, tangents)
    _check_outputs(kept, question.outputs(), on_error)
    return Job(question, columns, kept, on_error, chunk, verbatim)


def _names(source: Source) -> list[str]:
    """The names in the text, in the order of their first appearance."""
    found: dict[str, int] = {}
    stack = [parse_expression(source)]
    while stack:
        node: Any = stack.pop()
        if isinstance(node, Name):
            found.setdefault(node.id, node.span[0])
        stack += reversed(list(children(node)))  # type: ignore[arg-type]
    return sorted(found, key=found.__getitem__)


def _require(name: str, known: Sequence[str], option: str, problem: str) -> None:
    if name in known:
        return
    near = closest(name, known)
    text = f"'{name}', which {problem}"
    hint = f"did you mean '{near}'?" if near else f"choose from {', '.join(known)}"
    raise DiffcliError("unknown-name", f"{option} names {text}", hint=hint)


def _check_outputs(kept: Sequence[str], computed: Sequence[str], on_error: str) -> None:
    names = [*computed, *(["error"] if on_error == "null" else [])]
    for position, name in enumerate(kept):
        if name in kept[:position]:
            raise DiffcliError("usage", f"--keep names '{name}' twice")
        if name in names:
            raise DiffcliError(
                "usage",
                f"the column '{name}' is kept, and a computed column has the same name",
                hint="leave it out of --keep",
            )
    for position, name in enumerate(names):
        if name in names[:position]:
            raise DiffcliError("usage", f"two computed columns are called '{name}'")


__all__ = ["KINDS", "bind"]
