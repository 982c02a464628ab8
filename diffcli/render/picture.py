"""The places of a sparse matrix's entries as a small picture made of characters."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diffcli.render.report import Sparse

    Array = NDArray[Any]

SMALLEST = 8
"""Matrices with no more rows and columns have no picture: the table says it all."""

WIDEST = 32
"""Characters that the longer side of a matrix takes at most; a line counts as two."""

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The first of Unicode's Braille patterns, and what each dot adds, by its row and column."""


def picture(matrix: Sparse, ascii_only: bool, smallest: int = SMALLEST) -> list[str]:
    """Lines with dots where there are entries; none for a small matrix or a vector."""
    rows, cols = matrix.shape
    if max(rows, cols) <= smallest or min(rows, cols) <= min(smallest, 1):
        return []
    high, wide = dots_of(ascii_only)
    scale = max(rows / (WIDEST * wide), cols / (WIDEST * wide), 1)
    lines, width = ceil(ceil(rows / scale) / high), ceil(ceil(cols / scale) / wide)
    side = "|" if ascii_only else "│"
    found = dots(matrix, lines * high, width * wide, scale)
    return [f"{side}{line}{side}" for line in characters(found, ascii_only)]


def dots(matrix: Sparse, rows: int, cols: int, scale: float) -> Array:
    """Which of `rows` x `cols` dots, each of so many rows and columns, have entries."""
    import numpy as np

    found = np.zeros((rows, cols), dtype=bool)
    found[(matrix.row / scale).astype(int), (matrix.col / scale).astype(int)] = True
    return found


def dots_of(ascii_only: bool) -> tuple[int, int]:
    """The rows and columns of dots that one character has: they are about square."""
    return (2, 1) if ascii_only else (4, 2)


def characters(found: Array, ascii_only: bool) -> list[str]:
    """Lines of characters for dots, whose rows and columns fill them."""
    import numpy as np

    high, wide = dots_of(ascii_only)
    lines, width = found.shape[0] // high, found.shape[1] // wide
    cells = found.reshape(lines, high, width, wide)
    if ascii_only:
        drawn = np.where(cells.any(axis=(1, 3)), "#", ".")
    else:
        codes = np.tensordot(cells, np.array(DOTS), axes=((1, 3), (0, 1)))
        drawn = np.vectorize(chr, otypes=[str])(BRAILLE + codes)
    return ["".join(line) for line in drawn]
