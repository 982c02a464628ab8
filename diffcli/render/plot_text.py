"""Plots made of characters: curves, contours with arrows along the gradient, and patterns."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.render.picture import BRAILLE, characters, dots_of, picture
from diffcli.render.report import Contours, Curve, Pattern
from diffcli.render.scale import labels, limits, ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diffcli.render.report import Plot

    Array = NDArray[Any]

_EMPTY = chr(BRAILLE)

WIDEST = 78
"""Columns of a plot at the most, with which it fits into a page of help."""

HEIGHT = 12
"""Lines of a curve; contours have twice as many."""

FINE = 128
"""Points between two neighbouring ones of a curve, at which dots are set."""

ARROWS = "→↗↑↖←↙↓↘"
ASCII_ARROWS = ">/^\\</v\\"
APART = (3, 8)
"""Lines and columns from one arrow to the next."""


def lines(plot: Plot, width: int, ascii_only: bool) -> list[str]:
    """The lines of a plot."""
    if isinstance(plot, Pattern):
        return picture(plot.matrix, ascii_only, 0)
    if isinstance(plot, Curve):
        return _curve(plot, width, ascii_only)
    return _contours(plot, width, ascii_only)


class _Frame:
    """The place of a picture between its axes: so many lines and columns for these values."""

    def __init__(
        self,
        name: str,
        x: tuple[float, float],
        y: tuple[float, float],
        width: int,
        height: int,
        plain: bool,
    ) -> None:
        self.name, self.x, self.y, self.plain = name, x, y, plain
        self.height = height
        self._marks = ticks(*y, height // 3)
        self._labels = labels(self._marks)
        self._gutter = max(map(len, self._labels), default=0) + 1
        self.width = max(min(width, WIDEST) - self._gutter - len(name) - 2, 16)
        self.high, self.wide = dots_of(plain)

    def rows(self, y: Array) -> Array:
        """The row of dots of values; the topmost is 0."""
        return _place(y, self.y[1], self.y[0], self.height * self.high)

    def columns(self, x: Array) -> Array:
        """The column of dots of values."""
        return _place(x, *self.x, self.width * self.wide)

    def dots(self) -> Array:
        """Dots, none of which is set."""
        return np.zeros((self.height * self.high, self.width * self.wide), dtype=bool)

    def around(self, drawn: list[str]) -> list[str]:
        """The lines of a picture with its axes."""
        bar, tick, corner, across, below = "|+++-" if self.plain else "│┤└─┬"
        corner, across, below = ("+", "-", "+") if self.plain else (corner, across, below)
        beside = dict(
            zip((self.rows(self._marks) // self.high).tolist(), self._labels, strict=True)
        )
        out = []
        for row, line in enumerate(drawn):
            label = beside.get(row, "")
            shown = line.replace("." if self.plain else _EMPTY, " ")
            out.append(f"{label:>{self._gutter}}{tick if label else bar}{shown}".rstrip())
        marks = ticks(*self.x, max(self.width // 12, 1))
        places = (self.columns(marks) // self.wide).tolist()
        rule = [below if i in places else across for i in range(self.width)]
        out.append(f"{'':>{self._gutter}}{corner}{''.join(rule)}")
        out.append(_under(places, labels(marks), self._gutter + 1, self.width, self.name))
        return out


def _place(values: Array, first: float, last: float, count: int) -> Array:
    """The number, from 0 to `count`, of the cell that each value lies in."""
    with np.errstate(all="ignore"):
        place = np.floor((values - first) / (last - first) * (count - 1) + 0.5)
        return np.where(np.isfinite(place), np.clip(place, -1, count), -1).astype(int)


def _under(places: list[int], texts: list[str], start: int, width: int, name: str) -> str:
    """Labels centred below their places, and the name of the axis at the end."""
    line = [" "] * (start + width)
    for place, text in zip(places, texts, strict=True):
        left = min(max(start + place - len(text) // 2, 0), start + width - len(text))
        if all(c == " " for c in line[max(left - 1, 0) : left + len(text) + 1]):
            line[left : left + len(text)] = text
    shown = "".join(line).rstrip()
    return f"{shown:<{start + width}} {name}"


def _curve(plot: Curve, width: int, plain: bool) -> list[str]:
    ends = float(plot.x[0]), float(plot.x[-1])
    frame = _Frame(plot.name, ends, limits(plot.y, plot.whole), width, HEIGHT, plain)
    found = frame.dots()
    _axis(found, frame)
    pieces = np.flatnonzero(plot.joined)
    part = np.linspace(0, 1, FINE)
    x = plot.x[pieces, None] + part * np.diff(plot.x)[pieces, None]
    y = plot.y[pieces, None] + part * (plot.y[pieces + 1] - plot.y[pieces])[:, None]
    single = np.isfinite(plot.y)
    _set(found, frame, np.append(x, plot.x[single]), np.append(y, plot.y[single]))
    return frame.around(characters(found, plain))


def _axis(found: Array, frame: _Frame) -> None:
    """Every fourth dot of the line where the value is 0."""
    if frame.y[0] < 0 < frame.y[1]:
        found[frame.rows(np.zeros(1)), :: 4 * frame.wide] = True


def _set(found: Array, frame: _Frame, x: Array, y: Array) -> None:
    rows, columns = frame.rows(y), frame.columns(x)
    inside = (rows >= 0) & (rows < found.shape[0]) & (columns >= 0) & (columns < found.shape[1])
    found[rows[inside], columns[inside]] = True


def _contours(plot: Contours, width: int, plain: bool) -> list[str]:
    x, y = plot.x, plot.y
    ends = (float(x[0]), float(x[-1])), (float(y[0]), float(y[-1]))
    frame = _Frame(plot.names[0], *ends, width, 2 * HEIGHT, plain)
    low, high = limits(plot.z, not np.isinf(plot.z).any())
    levels = ticks(low, high, 10)
    rows, columns = frame.dots().shape
    at = np.linspace(*ends[1][::-1], rows), np.linspace(*ends[0], columns)
    band = np.searchsorted(levels, _between(plot.z, y, x, *at)).astype(float)
    band[~np.isfinite(_between(plot.z, y, x, *at))] = np.nan
    drawn = [list(line) for line in characters(_edges(band), plain)]
    _draw_arrows(drawn, plot, frame, at)
    shown = [text for mark, text in zip(levels, labels(levels), strict=True) if low < mark < high]
    lines = frame.around(["".join(line) for line in drawn])
    where = f"{plot.names[1]} upwards, contours at {', '.join(shown)}"
    where += ", arrows along the gradient" if plot.slopes else ""
    return [*lines, "", *wrap(where, min(width, WIDEST))]


def _edges(band: Array) -> Array:
    """Where neighbours, to the right or below, lie in different bands."""
    found = np.zeros(band.shape, dtype=bool)
    for own, other, into in (
        (band[:, :-1], band[:, 1:], found[:, :-1]),
        (band[:-1], band[1:], found[:-1]),
    ):
        into |= (own != other) & np.isfinite(own) & np.isfinite(other)
    return found


def _between(z: Array, y: Array, x: Array, rows: Array, columns: Array) -> Array:
    """Values at other places, by bilinear interpolation."""
    across = np.stack([np.interp(columns, x, line) for line in z])
    return np.stack([np.interp(rows, y, line) for line in across.T], axis=1)


def _draw_arrows(
    drawn: list[list[str]], plot: Contours, frame: _Frame, at: tuple[Array, Array]
) -> None:
    if not plot.slopes:
        return
    lines = np.arange(APART[0] // 2, frame.height, APART[0])
    columns = np.arange(APART[1] // 2, frame.width, APART[1])
    places = at[0][lines * frame.high + frame.high // 2], at[1][columns * frame.wide]
    right, up = (_between(s, plot.y, plot.x, *places) for s in plot.slopes)
    # as the picture shows it: a step across counts as much as the same distance upwards
    right = right * (frame.x[1] - frame.x[0]) / frame.width
    up = up * (frame.y[1] - frame.y[0]) / frame.height / 2
    signs = ASCII_ARROWS if frame.plain else ARROWS
    for i, line in enumerate(lines.tolist()):
        for j, column in enumerate(columns.tolist()):
            a, b = float(right[i, j]), float(up[i, j])
            if np.isfinite(a + b):
                eighth = round(float(np.arctan2(b, a)) / (np.pi / 4)) % 8
                drawn[line][column] = signs[eighth] if a or b else "o"
