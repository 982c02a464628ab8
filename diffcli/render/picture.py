"""The places of a sparse matrix's entries as a small picture made of characters."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffcli.render.report import Sparse

SMALLEST = 8
"""Matrices with no more rows and columns have no picture: the table says it all."""

WIDEST = 32
"""Characters that the longer side of a matrix takes at most; a line counts as two."""

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The first of Unicode's Braille patterns, and what each dot adds, by its row and column."""


def picture(matrix: Sparse, ascii_only: bool) -> list[str]:
    """Lines with dots where there are entries; none for a small matrix or a vector."""
    import numpy as np

    rows, cols = matrix.shape
    if max(rows, cols) <= SMALLEST or min(rows, cols) <= 1:
        return []
    # the dots that one character has: they are about square
    high, wide = (2, 1) if ascii_only else (4, 2)
    scale = max(rows / (WIDEST * wide), cols / (WIDEST * wide), 1)
    lines, width = ceil(ceil(rows / scale) / high), ceil(ceil(cols / scale) / wide)
    dots = np.zeros((lines * high, width * wide), dtype=bool)
    dots[(matrix.row / scale).astype(int), (matrix.col / scale).astype(int)] = True
    cells = dots.reshape(lines, high, width, wide)
    if ascii_only:
        drawn = np.where(cells.any(axis=(1, 3)), "#", ".")
    else:
        codes = np.tensordot(cells, np.array(DOTS), axes=((1, 3), (0, 1)))
        drawn = np.vectorize(chr, otypes=[str])(BRAILLE + codes)
    side = "|" if ascii_only else "│"
    return [f"{side}{''.join(line)}{side}" for line in drawn]
