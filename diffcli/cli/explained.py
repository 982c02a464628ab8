"""Explanations as reports: the steps of an expression, and accumulation along them, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.cli.kinks import declare_kinks
from diffcli.cli.nonfinite import declare_nonfinite
from diffcli.cli.notation import Accented, Latex, Notation, Plain
from diffcli.render.report import (
    Equations,
    Fields,
    Marked,
    Report,
    Section,
    Sparse,
    Table,
    result_payload,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from diffcli.api import Trace
    from diffcli.errors import Source
    from diffcli.explanation import Explanation, Row

    Array = NDArray[Any]


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
    notation = Plain() if ascii_only else Accented(row.name for row in result.rows)
    marks = [(row.span[0], row.name) for row in result.rows if row.span is not None]
    sections: list[Section] = [
        Marked(trace.source.text, marks),
        _effort(result, wrt),
        _evaluation(result, trace.source),
    ]
    if mode != "reverse":
        sections.append(_tangents(result, wrt, notation))
    if mode != "forward":
        sections.append(_adjoints(result, wrt, trace.source, notation, seed))
    by_name = {row.name: row for row in result.rows}
    arrays: dict[str, Array | Sparse | None] = {"value": result.value}
    if mode != "forward":
        arrays |= {f"d_{n}": by_name[n].adjoint if n in by_name else None for n in wrt}
    return _noted(Report("explain", payload, sections, arrays), trace, result)


def latex_report(
    trace: Trace, result: Explanation, wrt: Sequence[str], mode: str, seed: str
) -> Report:
    """The report of `explain` as equations, with what its tables show."""
    notation = Latex()
    steps = [
        (f"{notation.name(row.name)} &=", row.operation.latex, row.value)
        for row in result.rows
        if row.operation is not None
    ]
    sections: list[Section] = [Equations("evaluation", steps)]
    if mode != "reverse":
        moved = _moved(result)
        sections.append(
            Equations(
                "forward accumulation",
                [
                    (f"{notation.name(f'{name}_dot')} &=", _rule(row, moved, notation), None)
                    for name, row in moved.items()
                    if row.operation is not None
                ],
            )
        )
    if mode != "forward":
        sums = _accumulation(result, wrt, notation, seed)
        signs = {"=": "&=", "+=": r"&\mathrel{+}="}
        equations = [
            (f"{left} {signs[sign]}", right, value if sign == "+=" else None)
            for left, sign, right, value, _ in sums
        ]
        sections.append(Equations("reverse accumulation", equations))
    payload = result_payload(trace.source.text, result.value)
    return _noted(Report("explain", payload, sections), trace, result)


def _noted(report: Report, trace: Trace, result: Explanation) -> Report:
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


def _at(row: Row | None, source: Source) -> str | int:
    """The place of a step: its column, or line and column in a text of several lines."""
    if row is None or row.span is None:
        return ""
    line, column = source.position(row.span[0])
    return f"{line}:{column}" if "\n" in source.text else column


def _moved(result: Explanation) -> dict[str, Row]:
    """The steps that have tangents."""
    return {
        row.name: row for row in result.rows if any(t is not None for t in row.tangents.values())
    }


def _tangents(result: Explanation, wrt: Sequence[str], notation: Notation) -> Table:
    """Forward accumulation: the rule of each tangent, and a column for each variable."""
    moved = _moved(result)
    rows = [
        [
            notation.name(f"{name}_dot"),
            _rule(row, moved, notation),
            *(_tangent(row, n) for n in wrt),
        ]
        for name, row in moved.items()
    ]
    columns = ["tangent", "rule", *(notation.slope("", name) for name in wrt)]
    return Table(columns, rows, title="forward accumulation", prose=("rule",), heads=2)


def _rule(row: Row, moved: Collection[str], notation: Notation) -> str:
    """How a tangent is made from those of other steps; nothing for a variable."""
    if row.rule is None:
        return ""
    slopes = [
        notation.product(notation.slope(row.name, x), notation.name(f"{x}_dot"))
        for x in row.inputs
        if x in moved
    ]
    return notation.formula(row.rule) or " + ".join(slopes)


def _tangent(row: Row, name: str) -> Array | str | None:
    """The derivative of a step by a variable; an array by itself is only named."""
    tangent = row.tangents[name]
    return "unit vectors" if row.name == name and tangent is not None and tangent.ndim else tangent


Sum = tuple[str, str, str, "Array | None", str]
"""An adjoint, = or +=, what it is or gets, its value when it is done, and through which step."""


def _accumulation(
    result: Explanation, wrt: Sequence[str], notation: Notation, seed: str
) -> Iterator[Sum]:
    """Reverse accumulation: what is added to each adjoint, the result's first."""
    found = [row for row in result.rows if row.adjoint is not None]
    variables = [row for name in wrt for row in found if row.name == name]
    for row in [*(row for row in reversed(found) if row not in variables), *variables]:
        bar = notation.name(f"{row.name}_bar")
        if row is result.rows[-1] or not row.terms:
            start = seed if row is result.rows[-1] else "0"
            yield bar, "=", start, None if row.terms else row.adjoint, ""
        for term in row.terms:
            slopes = [
                notation.product(notation.name(f"{x}_bar"), notation.slope(x, row.name))
                for x in term.through
            ]
            added = notation.formula(term.formula) or " + ".join(slopes)
            done = row.adjoint if term is row.terms[-1] else None
            yield bar, "+=", added, done, term.through[0]


def _adjoints(
    result: Explanation, wrt: Sequence[str], source: Source, notation: Notation, seed: str
) -> Table:
    """Reverse accumulation, with the places of the steps whose rules are used."""
    known = {row.name: row for row in result.rows}
    rows = [
        [f"{bar} {sign} {added}", "" if value is None else value, _at(known.get(through), source)]
        for bar, sign, added, value, through in _accumulation(result, wrt, notation, seed)
    ]
    columns = ["accumulation", "adjoint", "at"]
    return Table(columns, rows, title="reverse accumulation", prose=("accumulation",))
