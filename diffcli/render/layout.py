"""A report as text for people: the digits, the widths, and where lines are broken.

Everything is decided here, from the report and the style alone, so that the same report is the
same text everywhere; Rich draws the tables.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

from diffcli.render.cells import display_width
from diffcli.render.numbers import EDGE, ELLIPSIS, THRESHOLD, format_array, format_real
from diffcli.render.report import (
    Block,
    Contours,
    Curve,
    Equations,
    Example,
    Fields,
    Listing,
    Marked,
    Page,
    Pattern,
    Plot,
    Report,
    Section,
    Sparse,
    Table,
    Value,
)

DASH = "-"
"""Stands where there is nothing: a derivative by a variable that the result ignores."""

NARROWEST = 20
"""Columns are not squeezed below this; a table may then be wider than the terminal."""

_GAP = 2
_BETWEEN = 3
_CONTINUED = " \\"
_UNLIMITED = 10**9


class Style:
    """How numbers and lines are to look: digits, summaries, width, colour, characters."""

    __slots__ = ("ascii_only", "colour", "full", "precision", "width")

    def __init__(
        self,
        *,
        precision: int = 6,
        full: bool = False,
        width: int = 100,
        colour: bool = False,
        ascii_only: bool = False,
    ) -> None:
        self.precision = precision
        self.full = full
        self.width = width
        self.colour = colour
        self.ascii_only = ascii_only


class Column:
    """A column ready to be drawn: its name, the lines of its cells, and their side."""

    __slots__ = ("cells", "name", "right", "width")

    def __init__(self, name: str, cells: list[list[str]], right: bool) -> None:
        self.name = name
        self.cells = cells
        self.right = right
        self.width = max(map(display_width, [name, *(line for cell in cells for line in cell)]))


def to_text(report: Report, style: Style) -> str:
    """The report's sections as text, ending in a line end, with a blank line between them."""
    return _sections(report.sections, style)


def _sections(sections: list[Section], style: Style) -> str:
    return "\n".join(filter(None, (_section(section, style) for section in sections)))


def _section(section: Section, style: Style) -> str:
    return _TEXTS[type(section)](section, style)


def _value(section: Value, style: Style) -> str:
    return f"{_cell(section.value, style, style.width)}\n"


def _titled(section: Block, style: Style) -> str:
    return f"{_bold(section.title, style)}\n{_block(section.value, style)}"


def _marked(section: Marked, style: Style) -> str:
    from diffcli.render.marks import marked

    return "".join(line + "\n" for line in marked(section.text, section.marks, style.width))


def _equations(section: Equations, style: Style) -> str:
    from diffcli.render.equations import equations

    return equations(section, style)


def _page(section: Page, style: Style) -> str:
    from diffcli.render.markdown import page

    return page(section.text, style.width, style.colour)


def _plot(section: Plot, style: Style) -> str:
    from diffcli.render.plot_text import lines

    drawn = lines(section, style.width, style.ascii_only)
    return "\n".join([_bold(section.title, style), *drawn]) + "\n"


def _block(value: Any, style: Style) -> str:
    """An array; of a sparse matrix a picture, and its entries in a table."""
    if not isinstance(value, Sparse):
        return f"{_cell(value, style, style.width)}\n"
    from diffcli.render.picture import picture

    lines = picture(value, style.ascii_only)
    count = value.data.size
    shown: list[int | None] = list(range(count))
    if count > THRESHOLD and not style.full:
        shown = [*shown[:EDGE], None, *shown[-EDGE:]]
    rows: list[list[Any]] = [
        [ELLIPSIS] * 3 if k is None else [int(value.row[k]), int(value.col[k]), value.data[k]]
        for k in shown
    ]
    table = _table(Table(["row", "col", "value"], rows), style)
    return "\n".join([*lines, "", table] if lines else [table])


def _bold(text: str, style: Style) -> str:
    return f"\x1b[1m{text}\x1b[0m" if style.colour else text


def _cell(value: Any, style: Style, width: int) -> str:
    """One value as lines of at most `width` columns where it can be broken."""
    if value is None:
        return DASH
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return format_real(value, style.precision)
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return format_array(value, style.precision, full=style.full, width=width)


def _is_number(value: Any) -> bool:
    """Whether a cell stands on the right: a number, or nothing."""
    if value is None or isinstance(value, int | float):
        return True
    if isinstance(value, str):
        return value in (ELLIPSIS, "")
    return getattr(value, "shape", None) == ()


def _is_long(value: Any) -> bool:
    return getattr(value, "size", 0) > THRESHOLD


def _fields(section: Fields, style: Style) -> str:
    """Labels and values side by side; a continued value keeps its indentation."""
    indent = max((display_width(label) for label, _ in section.rows), default=0) + _GAP
    lines: list[str] = []
    for label, value in section.rows:
        body = _cell(value, style, style.width - indent)
        if isinstance(value, str):
            body = _wrapped(body, style.width - indent)
        text = body.replace("\n", "\n" + " " * indent)
        lines.append(f"{_bold(label, style)}{' ' * (indent - display_width(label))}{text}\n")
    return "".join(lines)


def _listing(section: Listing, style: Style) -> str:
    """Entries under a heading, each with its text below it."""
    lines = [_bold(section.title, style)]
    for name, body in section.entries:
        lines.append(f"{' ' * _GAP}{_bold(name, style)}")
        indent = " " * _GAP * 3
        for paragraph in body:
            text = _wrapped(paragraph, style.width - len(indent))
            lines += [indent + line for line in text.split("\n")]
    return "\n".join(lines) + "\n"


def _example(section: Example, style: Style) -> str:
    """A command in lines that a shell joins again, and below it what it prints, all indented."""
    from copy import copy

    narrow = copy(style)
    narrow.width -= _GAP
    lines = ["$"]
    for word in section.words:
        if len(lines[-1]) + len(word) + len(_CONTINUED) >= narrow.width and lines[-1] != "$":
            lines[-1] += _CONTINUED
            lines.append(" " * (_BETWEEN - 1))
        lines[-1] += f" {word}"
    shown = "\n".join(_bold(line, style) for line in lines)
    return indent(f"{shown}\n{_sections(section.sections, narrow)}", " " * _GAP)


def _wrapped(text: str, width: int) -> str:
    """Prose in lines of at most `width` columns; its own line ends are kept."""
    if display_width(text) <= width:
        return text
    from textwrap import fill

    width = max(width, NARROWEST)
    return "\n".join(fill(line, width, break_on_hyphens=False) for line in text.split("\n"))


def _table(section: Table, style: Style) -> str:
    if style.full and any(_is_long(cell) for row in section.rows for cell in row):
        return _records(section, style)
    from diffcli.render.rich_text import draw

    lines = [_bold(section.title, style)] if section.title else []
    for part in _divided(_summarised(section, style), style):
        lines += [*draw(_columns(part, style), "-" if style.ascii_only else "─", style.colour), ""]
    return "\n".join(lines)


def _summarised(section: Table, style: Style) -> Table:
    """The first and last rows of a table that is too long to read."""
    rows = section.rows
    if style.full or len(rows) <= THRESHOLD:
        return section
    gap: list[Any] = [ELLIPSIS] * len(section.columns)
    rows = [*rows[:EDGE], gap, *rows[-EDGE:]]
    return Table(section.columns, rows, prose=section.prose, heads=section.heads)


def _divided(section: Table, style: Style) -> list[Table]:
    """The table, or where it is too wide for its first columns to stand once, several of them."""
    heads = list(range(section.heads))
    if not heads:
        return [section]
    widths = [width + _BETWEEN for width in _natural(section, style)]
    first = sum(widths[i] for i in heads) - _BETWEEN
    parts: list[list[int]] = []
    room = 0
    for i in range(len(heads), len(widths)):
        if not parts or widths[i] > room:
            parts.append(list(heads))
            room = style.width - first
        parts[-1].append(i)
        room -= widths[i]
    return [
        Table([section.columns[i] for i in part], [[row[i] for i in part] for row in section.rows],
              prose=section.prose)
        for part in parts
    ]  # fmt: skip


def _records(section: Table, style: Style) -> str:
    """A table whose cells are too long for columns: every row as a list of fields."""
    records = (Fields(list(zip(section.columns, row, strict=True))) for row in section.rows)
    return "\n".join(_fields(record, style) for record in records)


def _natural(section: Table, style: Style) -> list[int]:
    """The width of the text of each column."""
    natural = [display_width(name) for name in section.columns]
    for i in range(len(natural)):
        for row in section.rows:
            text = _cell(row[i], style, _UNLIMITED)
            natural[i] = max(natural[i], *map(display_width, text.split("\n")))
    return natural


def _budgets(section: Table, style: Style) -> list[int]:
    """The width of each column: as wide as its text, or a fair share where room is short."""
    natural = _natural(section, style)
    flexible = {
        i
        for i, name in enumerate(section.columns)
        if name in section.prose
        or not all(_is_number(row[i]) or isinstance(row[i], str) for row in section.rows)
    }
    room = style.width - _BETWEEN * (len(natural) - 1)
    room -= sum(width for i, width in enumerate(natural) if i not in flexible)
    budgets = list(natural)
    waiting = sorted(flexible, key=lambda i: (natural[i], i))
    for position, i in enumerate(waiting):
        share = max(room // (len(waiting) - position), NARROWEST)
        budgets[i] = min(natural[i], share)
        room -= budgets[i]
    return budgets


def _columns(section: Table, style: Style) -> list[Column]:
    """The columns of a table with every cell broken into the lines it will have."""
    columns: list[Column] = []
    for i, (name, budget) in enumerate(zip(section.columns, _budgets(section, style), strict=True)):
        cells = [_cell(row[i], style, budget) for row in section.rows]
        if name in section.prose:
            cells = [_wrapped(cell, budget) for cell in cells]
        numbers = all(_is_number(row[i]) for row in section.rows)
        columns.append(Column(name, [cell.split("\n") for cell in cells], numbers))
    return columns


_TEXTS: dict[type, Callable[[Any, Style], str]] = {
    Block: _titled,
    Contours: _plot,
    Curve: _plot,
    Equations: _equations,
    Example: _example,
    Fields: _fields,
    Listing: _listing,
    Marked: _marked,
    Page: _page,
    Pattern: _plot,
    Table: _table,
    Value: _value,
}
"""How each kind of section is written."""
