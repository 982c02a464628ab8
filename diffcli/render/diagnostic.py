"""Errors for people (a caret under the place) and for programs (a JSON object)."""

from __future__ import annotations

from diffcli.errors import DiffcliError, Source, Span
from diffcli.render.cells import printable, shown
from diffcli.render.report import Note

WINDOW = 90
"""Columns of a source line that are shown around the caret."""

WIDTH = 100
"""A repair stands beside the caret when it ends within this many columns."""

LONGEST_TEXT = 1000
"""Characters of the source that the JSON form repeats."""

_RED, _BLUE, _BOLD, _RESET = "\x1b[1;31m", "\x1b[34m", "\x1b[1m", "\x1b[0m"


def frame(error: DiffcliError, *, colour: bool = False) -> str:
    """The error as text of one or more lines, ending in a line end."""
    lines = [f"error[{error.code}]: {printable(error.message)}"]
    hint = printable(error.hint) if error.hint else ""
    if error.source is not None and error.span is not None:
        lines += _place(error.source, error.span, hint)
    else:
        if error.source is not None and error.source.name != "expression":
            lines.append(f" --> in {printable(error.source.name)}")
        lines += _hints(hint, "  ")
    if colour:
        lines = [_coloured(line, first=i == 0) for i, line in enumerate(lines)]
    return "\n".join(lines) + "\n"


def note_text(note: Note, *, colour: bool = False) -> str:
    """Notes about one place as text of one or more lines, ending in a line end."""
    heads = [_head(printable(message), colour) for message in note.messages]
    hint = printable(note.hint) if note.hint else ""
    lines = _hints(hint, "  ") if note.span is None else _place(note.source, note.span, hint)
    if colour:
        lines = [_coloured(line, first=False) for line in lines]
    return "\n".join([*heads, *lines]) + "\n"


def _head(message: str, colour: bool) -> str:
    from textwrap import wrap

    label = f"{_BOLD}note{_RESET}: " if colour else "note: "
    room = WIDTH - len("note: ")
    lines = wrap(message, room, break_long_words=False, break_on_hyphens=False)
    return label + f"\n{' ' * 6}".join(lines)


def _hints(hint: str, margin: str) -> list[str]:
    return [f"{margin}= {line}" for line in hint.split("\n") if line]


def _place(source: Source, span: Span, hint: str) -> list[str]:
    start = min(max(span[0], 0), len(source.text))
    number, column = source.position(start)
    line = source.text.split("\n", number)[number - 1]
    stop = min(max(span[1], start + 1) - start + column - 1, max(len(line), column))
    window, offset, length = _window(line, column - 1, stop)
    gutter = " " * len(str(number))
    lines = [f"{gutter}--> in {printable(source.name)}"] if source.name != "expression" else []
    caret = f"{gutter} | {' ' * offset}{'^' * length}"
    beside = f"{caret} {hint}"
    lines += [f"{gutter} |", f"{number} | {window}".rstrip()]
    if hint and "\n" not in hint and len(beside) <= WIDTH:
        return [*lines, beside]
    return [*lines, caret, *_hints(hint, f"{gutter} ")]


def _window(line: str, start: int, stop: int) -> tuple[str, int, int]:
    """The part of `line` to show, the caret's column in it, and the number of carets."""
    cells = [shown(character) for character in line.rstrip("\r")]
    widths = [width for _, width in cells]
    first, last = 0, len(cells)
    if sum(widths) > WINDOW:
        first, last = _visible(widths, start, stop)
    before = "…" if first > 0 else ""
    after = "…" if last < len(cells) else ""
    offset = len(before) + sum(widths[first:start])
    length = max(1, sum(widths[start : min(stop, last)]))
    return before + "".join(text for text, _ in cells[first:last]) + after, offset, length


def _visible(widths: list[int], start: int, stop: int) -> tuple[int, int]:
    """A range of characters about `WINDOW` columns wide that begins well before the caret."""
    room = WINDOW - min(sum(widths[start:stop]), WINDOW * 2 // 3)
    first, used = start, 0
    while first > 0 and used + widths[first - 1] <= room // 2:
        first -= 1
        used += widths[first]
    last, used = first, 0
    while last < len(widths) and used + widths[last] <= WINDOW:
        used += widths[last]
        last += 1
    while first > 0 and used + widths[first - 1] <= WINDOW:
        first -= 1
        used += widths[first]
    return first, last


def _coloured(line: str, *, first: bool) -> str:
    if first:
        label, _, rest = line.partition(": ")
        return f"{_RED}{label}{_RESET}{_BOLD}: {rest}{_RESET}"
    gutter, bar, rest = line.partition("|")
    if not bar:
        return line
    body = rest.lstrip(" ")
    if gutter.strip() or not body.startswith("^"):
        return f"{_BLUE}{gutter}|{_RESET}{rest}"
    return f"{_BLUE}{gutter}|{_RESET}{rest[: len(rest) - len(body)]}{_RED}{body}{_RESET}"


def as_json(error: DiffcliError) -> str:
    """The error as one line of JSON, ending in a line end.

    Keys are always present; `span` counts characters from 0, `line` and `column` from 1.
    """
    import json

    source, span = error.source, error.span
    line, column = source.position(span[0]) if source and span else (None, None)
    text = source.text if source else None
    if text is not None and len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "…"
    entry = {
        "code": error.code,
        "message": error.message,
        "source": source.name if source else None,
        "text": text,
        "span": list(span) if span else None,
        "line": line,
        "column": column,
        "hint": error.hint,
    }
    return json.dumps({"error": entry}) + "\n"
