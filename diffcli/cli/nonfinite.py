"""What a report says about results that are not finite: where, why, and what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.render.report import Note, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diffcli.errors import Source
    from diffcli.runtime.provenance import Nonfinite

MOST_NOTES = 3
"""Places that get a note of their own."""


def declare_nonfinite(report: Report, source: Source, found: Sequence[Nonfinite]) -> Report:
    """The report with the findings as a JSON key and as notes, one for each place or repair.

    They stand before the notes that the report has.
    """
    report.payload["nonfinite"] = [_entry(each) for each in found]
    groups: dict[Any, list[Nonfinite]] = {}
    for each in found:
        groups.setdefault(each.hint or each.span, []).append(each)
    notes = []
    for group in list(groups.values())[:MOST_NOTES]:
        first = group[0]
        notes.append(Note(_messages(group), source, first.span, first.hint))
    more = len(groups) - MOST_NOTES
    if more > 0:
        notes.append(Note([f"and {more} more places"], source, None, None))
    report.notes[:0] = notes
    return report


def _entry(found: Nonfinite) -> dict[str, Any]:
    """A finding for JSON; that of its cause has the keys that do not depend on the output."""
    origin = _origin(found)
    origin["cause"] = _origin(found.cause) if found.cause else None
    output = {"in": found.where, "index": list(found.index), "is": found.became}
    return {**output, **origin, "hint": found.hint}


def _origin(found: Nonfinite) -> dict[str, Any]:
    return {
        "made": found.made,
        "op": found.op,
        "span": list(found.span) if found.span else None,
        "operands": found.operands,
        "reason": found.reason,
    }


def _messages(group: Sequence[Nonfinite]) -> list[str]:
    """A sentence for each reason, which names all outputs that have it."""
    outputs: dict[tuple[str, str], list[str]] = {}
    for each in group:
        place = f"[{', '.join(map(str, each.index))}]" if each.index else ""
        outputs.setdefault((each.became, each.message), []).append(each.where + place)
    return [
        f"{_joined(names)} {'is' if len(names) == 1 else 'are'} {became}: {message}"
        for (became, message), names in outputs.items()
    ]


def _joined(names: list[str]) -> str:
    *most, last = names
    if len(most) > 3:
        return f"{', '.join(most[:3])} and {len(names) - 3} more"
    return f"{', '.join(most)} and {last}" if most else last
