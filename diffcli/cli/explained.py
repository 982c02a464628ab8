"""Explanations as reports: the steps of an expression, and accumulation along them, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.cli.kinks import declare_kinks
from diffcli.cli.nonfinite import declare_nonfinite
from diffcli.cli.notation import Accented, Latex, Notation, Plain
from diffcli.render.report import (
    Equations,
    Fields,
    Lazy,
    Marked,
    Report,
    Section,
    Sparse,
    Table,
    result_payload,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from diffcli.api import Trace
    from diffcli.errors import Source
    from diffcli.explanation import Explanation, Row, Term

    Array = NDArray[Any]


SIGNS = {True: "&=", False: r"&\mathrel{+}="}
"""How equations begin an adjoint, and add to it."""


def explain_report(
    trace: Trace, result: Explanation, wrt: Sequence[str], mode: str, seed: str, ascii_only: bool
) -> Report:
    """The report of `explain`; `seed` is what the adjoint of the result is called."""
    payload = result_payload(trace.source.text, result.value)
    payload["explain"] = {
        "mode": mode,
        "passes": result.passes,
        "operations": result.operations,
        "steps": Lazy(result.rows, _entry),
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
        rules = [
            (f"{notation.name(f'{name}_dot')} &=", _rule(row, moved, notation), None)
            for name, row in moved.items()
            if row.operation is not None
        ]
        sections.append(Equations("forward accumulation", rules))
    if mode != "forward":
        sums = []
        for row, term, value in _contributions(result, wrt):
            left = f"{notation.name(f'{row.name}_bar')} {SIGNS[term is None]}"
            added = _added(row, term, notation, seed if row is result.rows[-1] else "0")
            sums.append((left, added, None if term is None else value))
        sections.append(Equations("reverse accumulation", sums))
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

    known = {row.name: row for row in result.rows}
    kinds = [known[name].value.dtype.kind for name in wrt if name in known]
    part = "real and imaginary part" if "c" in kinds else "element"
    each = f", one for each {part} of {', '.join(wrt)}" if passes["forward"] > 1 else ""
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
    def cells(row: Row) -> list[Any]:
        shown = row.operation.text if row.operation else ""
        return [row.name, shown, row.value, _at(row, source)]

    rows = Lazy(result.rows, cells)
    return Table(["step", "operation", "value", "at"], rows, prose=("operation",))


def _at(row: Row, source: Source) -> str | int:
    """The place of a step: its column, or line and column in a text of several lines."""
    if row.span is None:
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

    def cells(row: Row) -> list[Any]:
        slopes = [_tangent(row, name) for name in wrt]
        return [notation.name(f"{row.name}_dot"), _rule(row, moved, notation), *slopes]

    rows = Lazy(list(moved.values()), cells)
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


Contribution = tuple["Row", "Term | None", "Array | None"]
"""A step, what is added to its adjoint (None for where that begins), and the adjoint when done."""


def _contributions(result: Explanation, wrt: Sequence[str]) -> list[Contribution]:
    """Reverse accumulation in its order, the result first and the variables last."""
    found = [row for row in result.rows if row.adjoint is not None]
    variables = [row for name in wrt for row in found if row.name == name]
    out: list[Contribution] = []
    for row in [*(row for row in reversed(found) if row not in variables), *variables]:
        if row is result.rows[-1] or not row.terms:
            out.append((row, None, None if row.terms else row.adjoint))
        out += [(row, term, row.adjoint if term is row.terms[-1] else None) for term in row.terms]
    return out


def _added(row: Row, term: Term | None, notation: Notation, start: str) -> str:
    """What an adjoint gets from a term; where there is none, what it begins with."""
    if term is None:
        return start
    slopes = [
        notation.product(notation.name(f"{x}_bar"), notation.slope(x, row.name))
        for x in term.through
    ]
    return notation.formula(term.formula) or " + ".join(slopes)


def _adjoints(
    result: Explanation, wrt: Sequence[str], source: Source, notation: Notation, seed: str
) -> Table:
    """Reverse accumulation, with the places of the steps whose rules are used."""
    known = {row.name: row for row in result.rows}

    def cells(contribution: Contribution) -> list[Any]:
        row, term, value = contribution
        start = seed if row is result.rows[-1] else "0"
        added = _added(row, term, notation, start)
        text = f"{notation.name(f'{row.name}_bar')} {'+=' if term else '='} {added}"
        place = _at(known[term.through[0]], source) if term else ""
        return [text, "" if value is None else value, place]

    rows = Lazy(_contributions(result, wrt), cells)
    columns = ["accumulation", "adjoint", "at"]
    return Table(columns, rows, title="reverse accumulation", prose=("accumulation",))
