"""What a command found out, as data: renderers decide what it looks like.

A `Report` carries the same result three times, each for its reader: `payload` for JSON, `arrays`
for array and table files, `sections` for people. Arrays stay arrays in all of them; digits,
widths and colours are the renderers' business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diffcli.errors import Source, Span

    Array = NDArray[Any]


class Sparse:
    """A matrix in coordinate form: `data[i]` stands at `(row[i], col[i])`."""

    __slots__ = ("col", "data", "row", "shape")

    def __init__(self, shape: tuple[int, int], row: Array, col: Array, data: Array) -> None:
        self.shape = shape
        self.row = row
        self.col = col
        self.data = data


class Fields:
    """Labelled values, one below the other."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[tuple[str, Any]]) -> None:
        self.rows = rows


class Value:
    """One value and nothing else."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Lazy(Sequence[Any]):
    """What is made of items when it is read: of the rows of a long table only few are."""

    def __init__(self, items: Sequence[Any], made: Callable[[Any], Any]) -> None:
        self._items = items
        self._made = made

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._made(item) for item in self._items[place]]
        return self._made(self._items[place])


class Table:
    """Rows under column names; cells are arrays, texts, numbers, or None for "not there".

    `prose` names columns that hold text and may be wrapped; the others keep their lines. Where room
    is short and `heads` is not 0, there are several tables, which all begin with so many columns.
    """

    __slots__ = ("columns", "heads", "prose", "rows", "title")

    def __init__(
        self,
        columns: list[str],
        rows: Sequence[list[Any]],
        *,
        title: str | None = None,
        prose: tuple[str, ...] = (),
        heads: int = 0,
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.title = title
        self.prose = prose
        self.heads = heads


class Block:
    """A heading and an array or matrix (None for "not there") over the full width."""

    __slots__ = ("title", "value")

    def __init__(self, title: str, value: Array | Sparse | None) -> None:
        self.title = title
        self.value = value


class Listing:
    """A heading over entries: what each is called, and lines of text about it."""

    __slots__ = ("entries", "title")

    def __init__(self, title: str, entries: list[tuple[str, list[str]]]) -> None:
        self.title = title
        self.entries = entries


class Marked:
    """A text of one line over names for some of its places, which are character offsets."""

    __slots__ = ("marks", "text")

    def __init__(self, text: str, marks: list[tuple[int, str]]) -> None:
        self.text = text
        self.marks = marks


class Example:
    """A command, word by word as a shell reads it, and what it prints."""

    __slots__ = ("sections", "words")

    def __init__(self, words: list[str], sections: list[Section]) -> None:
        self.words = words
        self.sections = sections


class Page:
    """A text in Markdown: headings, paragraphs, lists, tables and ```console blocks."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Curve:
    """A function of one name: its values, and whether each point is joined with the next."""

    __slots__ = ("joined", "name", "title", "x", "y")

    def __init__(self, title: str, name: str, x: Array, y: Array, joined: Array) -> None:
        self.title = title
        self.name = name
        self.x = x
        self.y = y
        self.joined = joined

    @property
    def whole(self) -> bool:
        """Whether it has no poles and jumps; it may have gaps."""
        import numpy as np

        gap = np.isnan(self.y[:-1]) | np.isnan(self.y[1:])
        return not np.isinf(self.y).any() and bool((self.joined | gap).all())


class Contours:
    """A function of two names: its values `z[j, i]` at `x[i], y[j]`, and the slopes by both."""

    __slots__ = ("names", "slopes", "title", "x", "y", "z")

    def __init__(
        self, title: str, names: list[str], x: Array, y: Array, z: Array, slopes: list[Array]
    ) -> None:
        self.title = title
        self.names = names
        self.x = x
        self.y = y
        self.z = z
        self.slopes = slopes


class Pattern:
    """A heading over a picture of the places of a matrix's entries."""

    __slots__ = ("matrix", "title")

    def __init__(self, title: str, matrix: Sparse) -> None:
        self.title = title
        self.matrix = matrix


class Branch:
    """A line of a tree and what hangs on it."""

    __slots__ = ("below", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.below: list[Branch] = []


class Equations:
    """Equations in LaTeX under a comment: a left side with its sign, a right side, and a value."""

    __slots__ = ("rows", "title")

    def __init__(self, title: str, rows: Sequence[tuple[str, str, Array | None]]) -> None:
        self.title = title
        self.rows = rows


class Note:
    """Notes about a place in a text (None for no place), with what to write instead."""

    __slots__ = ("hint", "messages", "source", "span")

    def __init__(
        self, messages: list[str], source: Source, span: Span | None, hint: str | None
    ) -> None:
        self.messages = messages
        self.source = source
        self.span = span
        self.hint = hint


Plot = Curve | Contours | Pattern
Section = Fields | Value | Table | Block | Listing | Marked | Equations | Example | Page | Plot


class Report:
    """The outcome of one command.

    `payload` holds the JSON object, keys in order; `arrays` the named arrays of `-o` (None where a
    derivative does not exist); `sections` what a person reads, top to bottom. `notes` about the
    result come after them, but are no part of it: they never enter a file or a bare value.
    """

    __slots__ = ("arrays", "command", "notes", "payload", "sections")

    def __init__(
        self,
        command: str,
        payload: dict[str, Any],
        sections: list[Section],
        arrays: dict[str, Array | Sparse | None] | None = None,
    ) -> None:
        self.command = command
        self.payload = payload
        self.sections = sections
        self.arrays = arrays or {}
        self.notes: list[Note] = []


def result_payload(expr: str, value: Array) -> dict[str, Any]:
    """The keys that every result starts with."""
    return {
        "expr": expr,
        "value": value,
        "shape": list(value.shape),
        "dtype": value.dtype.name,
    }
