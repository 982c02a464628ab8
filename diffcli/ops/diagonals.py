"""Rows of diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import (
    shape_tuple,
    show,
    whole,
)
from diffcli.ops.kinds import Linear, composite, row
from diffcli.ops.table import F


def _diagonal_length(rows: int, columns: int, offset: int) -> int:
    return max(0, min(rows + min(offset, 0), columns - max(offset, 0)))


def _embed(xp: Any, v: Any, offset: int, rows: int, columns: int) -> Any:
    out = xp.zeros((*v.shape[:-1], rows, columns), v.dtype)
    i = xp.arange(v.shape[-1])
    out[..., i + max(-offset, 0), i + max(offset, 0)] = v
    return out


@row(
    Linear,
    evaluate=lambda xp, x, offset: xp.diagonal(x, offset, -2, -1),
    shape=lambda x, offset: (*x.shape[:-2], _diagonal_length(x.shape[-2], x.shape[-1], offset)),
    pullback=lambda g, y, x, offset: (F.diag_embed(g, offset, *x.shape[-2:]),),
    core=(2,),
    category="diagonals",
    examples=("diagonal(A)", "diagonal(x, 1)"),
)
def diagonal(x: Node, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonal of two axes, as the last axis of the result."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"a diagonal needs two axes, not the shape {show(x.shape)}")
    moved = F.moveaxis(x, (axis1, axis2), (-2, -1)) if x.ndim > 2 or axis1 != 0 else x
    return (moved,), {"offset": whole(offset, "offset", sum(moved.shape[-2:]))}


@row(
    Linear,
    evaluate=_embed,
    shape=lambda v, offset, rows, columns: (*v.shape[:-1], rows, columns),
    pullback=lambda g, y, v, offset, rows, columns: (F.last_diagonal(g, offset),),
    core=(1,),
    category="diagonals",
    examples=("diag_embed(v)", "diag_embed(v, 1)"),
)
def diag_embed(
    x: Node, offset: int = 0, rows: int | None = None, columns: int | None = None
) -> Any:
    """Matrices with the last axis on a diagonal and zeros elsewhere."""
    if x.ndim == 0:
        raise DiffcliError("shape", "a scalar has no elements to put on a diagonal")
    n = x.shape[-1] + abs(whole(offset, "offset"))
    height, width = shape_tuple((n if rows is None else rows, n if columns is None else columns))
    if _diagonal_length(height, width, offset) != x.shape[-1]:
        raise DiffcliError("shape", f"{x.shape[-1]} elements are no diagonal of {(height, width)}")
    return (x,), {"offset": offset, "rows": height, "columns": width}


@composite(category="diagonals", hidden=True)
def last_diagonal(x: Node, offset: int) -> Node:
    """The diagonal of the last two axes."""
    return F.diagonal(x, offset, -2, -1) if x.ndim > 2 else F.diagonal(x, offset)


@composite(category="diagonals", aliases=("diagflat",), examples=("diag(v)", "diag(A, 1)"))
def diag(x: Node, k: int = 0) -> Node:
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    if x.ndim not in (1, 2):
        raise DiffcliError("shape", f"diag takes a vector or a matrix, not {show(x.shape)}")
    return F.diag_embed(x, k) if x.ndim == 1 else F.last_diagonal(x, k)


@composite(category="diagonals", examples=("trace(A)",))
def trace(x: Node, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """Sum of a diagonal."""
    return F.sum(F.diagonal(x, offset, axis1, axis2), -1)


def _triangle(name: str) -> Any:
    return {
        "evaluate": lambda xp, x, k: getattr(xp, name)(x, k),
        "shape": lambda x, k: x.shape,
        "pullback": lambda g, y, x, k: (getattr(F, name)(g, k),),
        "core": (2,),
        "category": "diagonals",
        "examples": (f"{name}(A)", f"{name}(x, 1)"),
    }


@row(Linear, **_triangle("tril"))
def tril(x: Node, k: int = 0) -> Any:
    """The lower triangle up to the k-th diagonal, zeros above."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"a triangle needs two axes, not the shape {show(x.shape)}")
    return (x,), {"k": whole(k, "k", sum(x.shape[-2:]))}


@row(Linear, **_triangle("triu"))
def triu(x: Node, k: int = 0) -> Any:
    """The upper triangle from the k-th diagonal on, zeros below."""
    if x.ndim < 2:
        raise DiffcliError("shape", f"a triangle needs two axes, not the shape {show(x.shape)}")
    return (x,), {"k": whole(k, "k", sum(x.shape[-2:]))}
