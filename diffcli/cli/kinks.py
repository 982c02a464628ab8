"""What a report says about kinks: where a derivative was chosen, and which steps made one zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.render.report import Note, Report
from diffcli.transforms.kinks import written

if TYPE_CHECKING:
    from diffcli.api import Derivatives
    from diffcli.errors import Source
    from diffcli.explanation import Explanation
    from diffcli.transforms.kinks import Kink, Place

MOST_NOTES = 3
"""Kinks, and variables behind steps, that get a line of their own."""


def declare_kinks(report: Report, source: Source, result: Derivatives | Explanation) -> Report:
    """The report with its kinks as JSON keys and as notes."""
    report.payload["kinks"] = [
        {**_entry(source, kink), "count": kink.count, "rule": kink.rule} for kink in result.kinks
    ]
    if report.command in ("grad", "vjp", "jacobian", "explain"):
        report.payload["zeros"] = {
            name: [_entry(source, place) for place in places]
            for name, places in result.zeros.items()
        }
    said = {found.span for found in result.nonfinite}  # where notes say more already
    lines = [_kink_line(source, kink) for kink in result.kinks if kink.span not in said]
    zeros = [_zero_line(source, name, places) for name, places in result.zeros.items()]
    notes = [*_limited(lines), *_limited(zeros)]
    if notes:
        report.notes.append(Note(notes, source, None, None))
    return report


def _entry(source: Source, place: Place) -> dict[str, Any]:
    return {"op": written(source.text, place), "span": list(place.span) if place.span else None}


def _limited(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_NOTES
    return lines if more <= 0 else [*lines[:MOST_NOTES], f"and {more} more of these"]


def _kink_line(source: Source, kink: Kink) -> str:
    where = "here" if kink.count == 1 else f"at {kink.count} elements"
    place = _place(source, kink)
    return f"{place} is not differentiable {where}; taken: {kink.rule}"


def _zero_line(source: Source, name: str, places: list[Place]) -> str:
    shown = [_place(source, place) for place in places[:MOST_NOTES]]
    more = ["..."] if len(places) > MOST_NOTES else []
    through = ", ".join([*shown, *more])
    return f"{name} counts only through steps, so that its derivative is 0: {through}"


def _place(source: Source, place: Place) -> str:
    """'abs at column 5', 'norm at 2:7', '% at column 3'."""
    if place.span is None:
        return place.op
    line, column = source.position(place.span[0])
    at = f"column {column}" if "\n" not in source.text else f"{line}:{column}"
    text = " ".join(source.text[slice(*place.span)].split())
    if not any(c.isalnum() for c in text):
        return f"{text} at {at}"
    return f"{written(source.text, place)} at {at}"
