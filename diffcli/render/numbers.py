"""Numbers and arrays as text for people: few digits, stable spelling, aligned columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

THRESHOLD = 1000
"""Arrays with more elements than this are summarised, as NumPy does."""

EDGE = 3
"""Elements kept at each end of a summarised axis."""

ELLIPSIS = "..."


def format_real(value: float, precision: int = 6) -> str:
    """`value` with `precision` significant digits; negative zero is `0`."""
    text = f"{value:.{precision}g}"
    return "0" if text == "-0" else text


def format_complex(value: complex, precision: int = 6) -> str:
    """`value` as `1+2j`, each part with `precision` significant digits."""
    imag = format_real(value.imag, precision)
    sign = "" if imag.startswith("-") else "+"
    return f"{format_real(value.real, precision)}{sign}{imag}j"


def _formatter(kind: str, precision: int) -> Callable[[Any], str]:
    if kind == "f":
        return lambda value: format_real(value, precision)
    if kind == "c":
        return lambda value: format_complex(value, precision)
    return str


def format_array(
    array: NDArray[Any], precision: int = 6, *, full: bool = False, width: int = 100
) -> str:
    """`array` as nested brackets, at most `width` columns wide where an element allows it.

    The last axis runs along a line, its columns are aligned; more than `THRESHOLD` elements are
    summarised unless `full`. An array of shape () is a bare number.
    """
    cell = _formatter(array.dtype.kind, precision)
    if array.ndim == 0:
        return cell(array.item())
    if array.size == 0:
        return "[]"
    elided = set[int]()
    if not full and array.size > THRESHOLD:
        array, elided = _edges(array)
    cells = [cell(value) for value in array.ravel().tolist()]
    length = array.shape[-1]
    rows = [cells[start : start + length] for start in range(0, len(cells), length)]
    gap = EDGE if array.ndim - 1 in elided else None
    blocks = _lines_of_rows(rows, gap, width - array.ndim + 1, aligned=array.ndim > 1)
    for axis in range(array.ndim - 2, -1, -1):
        gap = EDGE if axis in elided else None
        blanks = array.ndim - axis - 2
        count = array.shape[axis]
        groups = [blocks[start : start + count] for start in range(0, len(blocks), count)]
        blocks = [_stack(group, gap, blanks) for group in groups]
    return "\n".join(blocks[0])


def _edges(array: NDArray[Any]) -> tuple[NDArray[Any], set[int]]:
    """The corners of `array` that a summary shows, and the axes that were cut."""
    elided = set[int]()
    for axis, length in enumerate(array.shape):
        if length > 2 * EDGE:
            ends = [*range(EDGE), *range(length - EDGE, length)]
            array = array.take(ends, axis=axis)
            elided.add(axis)
    return array, elided


def _lines_of_rows(
    rows: list[list[str]], gap: int | None, width: int, *, aligned: bool
) -> list[list[str]]:
    """Each row as bracketed lines; long rows are wrapped, and then all cells get one width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if aligned else []
    blocks = [[_row(row, widths, gap)] for row in rows]
    if max(len(block[0]) for block in blocks) <= width:
        return blocks
    common = max(len(cell) for row in rows for cell in row)
    return [_wrapped(row, common, gap, width) for row in rows]


def _with_gap(cells: Sequence[str], gap: int | None) -> Sequence[str]:
    return cells if gap is None else [*cells[:gap], ELLIPSIS, *cells[gap:]]


def _row(cells: Sequence[str], widths: list[int], gap: int | None) -> str:
    if widths:
        cells = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"[{', '.join(_with_gap(cells, gap))}]"


def _wrapped(cells: Sequence[str], common: int, gap: int | None, width: int) -> list[str]:
    padded = _with_gap([cell.rjust(common) for cell in cells], gap)
    per_line = max(1, (width - 1) // (common + 2))
    lines = [
        " " + ", ".join(padded[start : start + per_line])
        for start in range(0, len(padded), per_line)
    ]
    text = ",\n".join(lines)
    return f"[{text[1:]}]".split("\n")


def _stack(blocks: list[list[str]], gap: int | None, blanks: int) -> list[str]:
    """One more level of brackets around the lines of several blocks."""
    lines: list[str] = []
    for position, block in enumerate(blocks):
        if position == gap:
            lines += [f" {ELLIPSIS},", *[""] * blanks]
        lines += [f" {line}" for line in block]
        if position < len(blocks) - 1:
            lines[-1] += ","
            lines += [""] * blanks
    lines[0] = "[" + lines[0][1:]
    lines[-1] += "]"
    return lines
