"""Rows of a chunk sorted into groups of one shape, those without a value, and those that fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from diffcli.batch.compile import Compiled, Signature
    from diffcli.errors import DiffcliError
    from diffcli.io.columns import Column

Array = np.ndarray[Any, Any]


class Group:
    """Rows of one expression and signature, with the values of each column along a leading axis.

    `made` is their plan or why there is none, once that is known.
    """

    __slots__ = ("columns", "made", "rows", "signature", "text")

    def __init__(
        self, text: str | None, signature: Signature, rows: Array, columns: list[Array]
    ) -> None:
        self.text = text
        self.signature = signature
        self.rows = rows
        self.columns = columns
        self.made: Compiled | DiffcliError | None = None


def failing(columns: Mapping[str, Column], rows: Array) -> dict[int, str]:
    """Why some of the rows cannot be read, by row."""
    reasons: dict[int, str] = {}
    for name, column in columns.items():
        if column.reasons:
            for row in rows.tolist():
                if row in column.reasons:
                    reasons.setdefault(row, f"the value of '{name}' {column.reasons[row]}")
    return reasons


def groups(text: str | None, columns: Mapping[str, Column], rows: Array) -> list[Group]:
    """The rows that have a value in every column, by shape, in the order of their first rows."""
    usable = np.ones(len(rows), np.bool_)
    for column in columns.values():
        usable &= column.valid[rows]
        if column.reasons:
            usable &= [row not in column.reasons for row in rows.tolist()]
    rows = rows[usable]
    if not len(rows):
        return []
    held = list(columns.values())
    axes = [c.shapes.shape[1] for c in held]
    nothing = np.empty((len(rows), 0), np.int64)
    shapes = np.concatenate([nothing, *(c.shapes[rows] for c in held if c.shapes.size)], axis=1)
    return [_group(text, held, axes, shapes[part[0]], rows[part]) for part in alike(shapes)]


def alike(shapes: Array) -> list[Array]:
    """Places of equal rows of a matrix, by first appearance."""
    if (shapes == shapes[0]).all():
        return [np.arange(len(shapes))]
    _, first, which = np.unique(shapes, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    counts = np.bincount(which.reshape(-1))
    parts = np.split(order, np.cumsum(counts)[:-1])
    return [parts[k] for k in np.argsort(first)]


def _group(
    text: str | None, held: list[Column], axes: list[int], lengths: Array, rows: Array
) -> Group:
    shapes = [
        tuple(int(k) for k in part if k >= 0)
        for part in np.split(lengths, np.cumsum(axes)[:-1])
        if axes
    ]
    arrays = [c.take(rows, shape) for c, shape in zip(held, shapes, strict=True)]
    signature = tuple((s, a.dtype.str) for s, a in zip(shapes, arrays, strict=True))
    return Group(text, signature, rows, arrays)
