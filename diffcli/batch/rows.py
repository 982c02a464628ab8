"""Rows of a chunk sorted into groups of one shape, those without a value, and those that fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from diffcli.batch.compile import Signature
    from diffcli.io.columns import Column

Array = np.ndarray[Any, Any]


class Group:
    """Rows of one signature, with the values of each column along a leading axis."""

    __slots__ = ("columns", "rows", "signature")

    def __init__(self, signature: Signature, rows: Array, columns: list[Array]) -> None:
        self.signature = signature
        self.rows = rows
        self.columns = columns


def failing(columns: Mapping[str, Column]) -> dict[int, str]:
    """Why rows cannot be read, by row."""
    reasons: dict[int, str] = {}
    for name, column in columns.items():
        for row, reason in column.reasons.items():
            reasons.setdefault(row, f"the value of '{name}' {reason}")
    return reasons


def groups(columns: Mapping[str, Column], n: int) -> list[Group]:
    """The rows that have a value in every column, by shape, in the order of their first rows."""
    usable = np.ones(n, np.bool_)
    for column in columns.values():
        usable &= column.valid
        usable[list(column.reasons)] = False
    rows = np.flatnonzero(usable)
    if not len(rows):
        return []
    held = list(columns.values())
    axes = [c.shapes.shape[1] for c in held]
    shapes = np.concatenate([np.empty((n, 0), np.int64), *(c.shapes for c in held)], axis=1)[rows]
    return [_group(held, axes, shapes[part[0]], rows[part]) for part in _alike(shapes)]


def _alike(shapes: Array) -> list[Array]:
    """Places of equal rows of a matrix, by first appearance."""
    if (shapes == shapes[0]).all():
        return [np.arange(len(shapes))]
    _, first, which = np.unique(shapes, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(which.reshape(-1), kind="stable")
    counts = np.bincount(which.reshape(-1))
    parts = np.split(order, np.cumsum(counts)[:-1])
    return [parts[k] for k in np.argsort(first)]


def _group(held: list[Column], axes: list[int], lengths: Array, rows: Array) -> Group:
    shapes = [
        tuple(int(k) for k in part) for part in np.split(lengths, np.cumsum(axes)[:-1]) if axes
    ]
    arrays = [c.take(rows, shape) for c, shape in zip(held, shapes, strict=True)]
    signature = tuple((s, a.dtype.str) for s, a in zip(shapes, arrays, strict=True))
    return Group(signature, rows, arrays)
