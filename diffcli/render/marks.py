"""A text with names below the places that they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.render.cells import display_width, printable

MOST_LINES = 4
"""Lines of names below a text; with more of them nobody finds the place."""


def marked(text: str, marks: Sequence[tuple[int, str]], width: int) -> list[str]:
    """The text, and below it names at character offsets, in as few lines as they need.

    None at all where the text has several lines or is too wide, or where there are too many names.
    """
    if "\n" in text or display_width(text) > width:
        return []
    lines: list[str] = []
    for offset, name in sorted(marks):
        column = display_width(printable(text[:offset]))
        free = (k for k, line in enumerate(lines) if len(line) < max(column, 1))
        k = next(free, len(lines))
        if k == MOST_LINES:
            return []
        if k == len(lines):
            lines.append("")
        lines[k] = lines[k].ljust(column) + name
    return [printable(text), *lines] if lines else []
