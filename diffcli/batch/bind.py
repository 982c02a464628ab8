"""The names of an expression bound to the columns of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diffcli.batch.compile import KINDS, Direction, Question, names_beside, names_of
from diffcli.batch.job import CHUNK, Job
from diffcli.errors import DiffcliError, Source, closest
from diffcli.io.json_values import listed

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
    direction: Direction | None = None,
    tangents: Mapping[str, Direction] | None = None,
    on_error: str = "fail",
    chunk: int = CHUNK,
    into: str = "parquet",
    column: str | None = None,
    backend: str = "numpy",
    dtype: str = "float64",
) -> Job:
    """The job of computing an expression for the rows of tables that are made like `records`.

    A name takes the column that `mapping` says, else the constant, else the column of its own
    spelling; the order is that of the columns. `keep` of None keeps all columns. With `column` the
    rows bring their expressions in it, and the variables are all columns of numbers. Names that
    only the directions use are no variables. Raises `usage`, `unknown-name` and `syntax`.
    """
    mapping = dict(mapping or {})
    for name in mapping.values():
        _require(name, records.names, "--map", f"'{records.path}' does not have")
    beside = names_beside(direction, tangents)
    if column is None:
        own = names_of(source)
        columns = _used(list(dict.fromkeys([*own, *beside])), records, constants, mapping)
    else:
        _require(column, records.names, "--expr-column", f"'{records.path}' does not have")
        free = [n for n in records.names if n != column and n not in constants]
        columns = {name: name for name in free} | mapping
        own = tuple(name for name in [*columns, *constants] if name not in beside)
    kept = records.names if keep is None else list(keep)
    for name in kept:
        _require(name, records.names, "--keep", f"'{records.path}' does not have")
    _check_bytes(kept, records, into)
    by = None
    if kind in DERIVATIVES:
        used = {name: c for name, c in columns.items() if name in own}
        by = list(wrt) or _variables(used, records, column is not None)
        for name in by:
            _require(name, [*columns, *constants], "--wrt", "is not bound")
    for name in tangents or ():
        _require(name, [*columns, *constants], "--tangent", "is not bound")
    question = Question(
        source, kind, list(columns), constants, by, direction, tangents, column, backend, dtype
    )
    _check_outputs(kept, question.outputs(), on_error)
    return Job(question, columns, kept, on_error, chunk, into)


def _used(
    used: Sequence[str],
    records: Records,
    constants: Mapping[str, Any],
    mapping: Mapping[str, str],
) -> dict[str, str]:
    """The columns that the names of an expression stand for, in their order in the table."""
    for name in mapping:
        _require(name, used, "--map", "the expression does not use")
    columns = {name: name for name in used if name not in constants} | dict(mapping)
    bound = [name for name, column in columns.items() if column in records.names]
    place = {column: i for i, column in enumerate(records.names)}
    if not bound:
        raise DiffcliError(
            "usage",
            f"the expression uses no column of '{records.path}'",
            hint=f"its columns are {listed(records.names)}; --map NAME=COLUMN binds one"
            if records.names
            else "it has none",
        )
    return {name: columns[name] for name in sorted(bound, key=lambda n: place[columns[n]])}


def _variables(columns: Mapping[str, str], records: Records, strict: bool) -> list[str]:
    """The names to differentiate by: all but truth values; only those of numbers if `strict`."""
    from diffcli.io.lists import holds_numbers

    kinds = {name: records.types[column] for name, column in columns.items()}
    if strict:
        return [name for name, kind in kinds.items() if holds_numbers(kind)]
    return [name for name, kind in kinds.items() if str(kind) != "bool"]


def _require(name: str, known: Sequence[str], option: str, problem: str) -> None:
    if name in known:
        return
    near = closest(name, known)
    text = f"'{name}', which {problem}"
    hint = f"did you mean '{near}'?" if near else f"choose from {listed(list(known))}"
    raise DiffcliError("unknown-name", f"{option} names {text}", hint=hint)


def _check_bytes(kept: Sequence[str], records: Records, into: str) -> None:
    from diffcli.io.kept import holds_bytes
    from diffcli.io.text_rows import MARKS, TEXTS

    for name in kept:
        if into in TEXTS and records.kind not in MARKS and holds_bytes(records.types[name]):
            raise DiffcliError(
                "usage",
                f"the column '{name}' is kept, and holds bytes, which text cannot",
                hint="leave it out of --keep, or write .parquet or .arrow",
            )


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
