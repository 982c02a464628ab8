"""Explanations as reports: the steps of an expression, and accumulation along them, as tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from diffcli.cli.kinks import declare_kinks
from diffcli.cli.nonfinite import declare_nonfinite
from diffcli.render.report import Fields, Marked, Report, Section, Sparse, Table, result_payload

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from diffcli.api import Trace
    from diffcli.errors import Source
    from diffcli.explanation import Explanation, Row, Term

    Array = NDArray[Any]

MARKS = {"_bar": "\u0304", "_dot": "\u0307"}
"""What stands above the first letter of a name for its adjoint and for its tangent."""


def explain_report(
    trace: Trace, result: Explanation, wrt: Sequence[str], mode: str, seed: str, ascii_only: bool
) -> Report:
    """The report of `explain`; `seed` is what the adjoint of the result is called."""
    payload = result_payload(trace.source.text, result.value)
    payload["explain"] = {
        "mode": mode,
        "passes": result.passes,
        "operations": result.operations,
        "steps": [_entry(row) for row in result.rows],
    }
    symbols = _Symbols(result.rows, ascii_only)
    operations = [row for row in result.rows if row.operation is not None]
    marks = [(row.span[0], row.name) for row in operations if row.span is not None]
    sections: list[Section] = [
        Marked(trace.source.text, marks),
        _effort(result, wrt),
        _evaluation(result, trace.source),
    ]
    if mode != "reverse":
        sections.append(_tangents(result, wrt, symbols))
    if mode != "forward":
        sections.append(_adjoints(result, wrt, trace.source, symbols, seed))
    by_name = {row.name: row for row in result.rows}
    arrays: dict[str, Array | Sparse | None] = {"value": result.value}
    if mode != "forward":
        arrays |= {f"d_{n}": by_name[n].adjoint if n in by_name else None for n in wrt}
    report = Report("explain", payload, sections, arrays)
    declare_kinks(report, trace.source, result)
    return declare_nonfinite(report, trace.source, result.nonfinite)


def _entry(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "op": row.op,
        "formula": row.operation and row.operation.text,
        "inputs": row.inputs,
        "span": list(row.span) if row.span else None,
        "shape": list(row.value.shape),
        "value": row.value,
        "adjoint": row.adjoint,
        "terms": [{"through": term.through, "formula": term.formula.text} for term in row.terms],
        "rule": row.rule and row.rule.text,
        "tangents": row.tangents,
    }


class _Symbols:
    """Formulas as people write them: v̄1 for v1_bar, where such characters can be shown."""

    def __init__(self, rows: Sequence[Row], ascii_only: bool) -> None:
        self.ascii_only = ascii_only
        self.written = {
            row.name + suffix: row.name[0] + mark + row.name[1:]
            for row in rows
            for suffix, mark in MARKS.items()
        }

    def __call__(self, formula: str) -> str:
        if self.ascii_only:
            return formula
        return re.sub(r"[^\W\d]\w*", lambda m: self.written.get(m[0], m[0]), formula)

    def slope(self, y: str, x: str) -> str:
        """The derivative of a step by another, where its formula is long."""
        return f"d{y}/d{x}" if self.ascii_only else f"∂{y}/∂{x}"

    def chain(self, products: Sequence[tuple[str, str]]) -> str:
        """A sum of products, as the chain rule has them."""
        times = "*" if self.ascii_only else " "
        return " + ".join(self(f"{a}{times}{b}") for a, b in products)


def _effort(result: Explanation, wrt: Sequence[str]) -> Fields:
    """What each way costs."""
    passes, counts = result.passes, result.operations

    def told(way: str) -> str:
        return f"{_counted(passes[way], 'pass', 'es')} of {_counted(counts[way], 'operation')}"

    each = f", one for each element of {', '.join(wrt)}" if passes["forward"] > 1 else ""
    return Fields(
        [
            ("value", result.value),
            ("evaluation", _counted(counts["value"], "operation")),
            ("reverse", told("reverse")),
            ("forward", told("forward") + each),
        ]
    )


def _counted(n: int, what: str, plural: str = "s") -> str:
    return f"{n:,} {what}{plural if n != 1 else ''}"


def _evaluation(result: Explanation, source: Source) -> Table:
    rows: list[list[Any]] = [
        [row.name, row.operation.text if row.operation else "", row.value, _at(row, source)]
        for row in result.rows
    ]
    return Table(["step", "operation", "value", "at"], rows, prose=("operation",))


def _at(row: Row, source: Source) -> str | int:
    """The place of a step: its column, or line and column in a text of several lines."""
    if row.span is None:
        return ""
    line, column = source.position(row.span[0])
    return f"{line}:{column}" if "\n" in source.text else column


def _tangents(result: Explanation, wrt: Sequence[str], symbols: _Symbols) -> Table:
    """Forward accumulation: the rule of each tangent, and a column for each variable."""
    moved = {
        row.name: row for row in result.rows if any(t is not None for t in row.tangents.values())
    }
    rows = [
        [symbols(f"{name}_dot"), _rule(row, moved, symbols), *(_tangent(row, n) for n in wrt)]
        for name, row in moved.items()
    ]
    columns = ["tangent", "rule", *(symbols.slope("", name) for name in wrt)]
    return Table(columns, rows, title="forward accumulation", prose=("rule",), heads=2)


def _rule(row: Row, moved: Collection[str], symbols: _Symbols) -> str:
    """How a tangent is made from those of other steps; nothing for a variable."""
    shown = row.rule.text if row.rule else None
    if shown is not None:
        return symbols(shown)
    inputs = [x for x in row.inputs if x in moved]
    return symbols.chain([(symbols.slope(row.name, x), f"{x}_dot") for x in inputs])


def _tangent(row: Row, name: str) -> Array | str | None:
    """The derivative of a step by a variable; an array by itself is only named."""
    tangent = row.tangents[name]
    return "unit vectors" if row.name == name and tangent is not None and tangent.ndim else tangent


def _adjoints(
    result: Explanation, wrt: Sequence[str], source: Source, symbols: _Symbols, seed: str
) -> Table:
    """Reverse accumulation: what is added to each adjoint, the result's first."""
    known = {row.name: row for row in result.rows}
    found = [row for row in result.rows if row.adjoint is not None]
    variables = [row for name in wrt for row in found if row.name == name]
    order = [row for row in reversed(found) if row not in variables] + variables
    rows: list[list[Any]] = []
    for row in order:
        if row is result.rows[-1] or not row.terms:
            start = seed if row is result.rows[-1] else "0"
            rows.append([f"{symbols(f'{row.name}_bar')} = {start}", "", ""])
        for term in row.terms:
            place = _at(known[term.through[0]], source)
            rows.append([_added(row, term, symbols), "", place])
        rows[-1][1] = row.adjoint  # all contributions are there
    columns = ["accumulation", "adjoint", "at"]
    return Table(columns, rows, title="reverse accumulation", prose=("accumulation",))


def _added(row: Row, term: Term, symbols: _Symbols) -> str:
    slopes = [(f"{name}_bar", symbols.slope(name, row.name)) for name in term.through]
    shown = term.formula.text
    formula = symbols.chain(slopes) if shown is None else symbols(shown)
    return f"{symbols(f'{row.name}_bar')} += {formula}"
