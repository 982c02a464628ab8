"""Gradients, Jacobians and Hessians as graph, built from the two modes and batching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from diffcli.graph.node import Node, Shape
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.vmap import vmap


def basis(shape: Shape, dtype: np.dtype[np.generic]) -> Node:
    """All unit vectors of a shape, along a new leading axis."""
    n = int(np.prod(shape, dtype=np.int64))
    return F.reshape(F.eye(n, dtype=dtype), (n, *shape))


def jacobian_reverse(y: Node, wrt: Sequence[Node]) -> list[Maybe]:
    """dy/dx of shape y.shape + x.shape for each x, all rows in one batched pullback."""
    g = INPUT.make("", y.shape, y.dtype)
    cotangents = pull([(y, g)], wrt)
    found = [c for c in cotangents if c is not None]
    rows = iter(vmap(found, [(g, basis(y.shape, y.dtype))], y.size))
    return [
        None if c is None else F.reshape(next(rows), (*y.shape, *x.shape))
        for c, x in zip(cotangents, wrt, strict=True)
    ]


def jacobian_forward(ys: Sequence[Node], x: Node) -> list[Maybe]:
    """dy/dx of shape y.shape + x.shape for each y, all columns in one batched pushforward."""
    t = INPUT.make("", x.shape, x.dtype)
    tangents = push(ys, [(x, t)])
    found = [m for m in tangents if m is not None]
    columns = iter(vmap(found, [(t, basis(x.shape, x.dtype))], x.size))
    return [
        None if m is None else F.reshape(F.moveaxis(next(columns), 0, -1), (*y.shape, *x.shape))
        for m, y in zip(tangents, ys, strict=True)
    ]


def passes(y: Node, wrt: Sequence[Node], mode: str) -> tuple[str, int]:
    """The mode that needs fewer passes (or the one asked for), and how many it needs."""
    forward = sum(x.size for x in wrt)
    if mode == "auto":
        mode = "forward" if forward <= y.size else "reverse"
    return mode, forward if mode == "forward" else y.size


def jacobian(y: Node, wrt: Sequence[Node], mode: str = "auto") -> list[Maybe]:
    """The Jacobian of y with respect to each node of `wrt`; None where y does not depend on it."""
    mode, _ = passes(y, wrt, mode)
    if mode == "reverse":
        return jacobian_reverse(y, wrt)
    return [jacobian_forward([y], x)[0] for x in wrt]


def hessian(y: Node, wrt: Sequence[Node], mode: str = "auto") -> list[list[Maybe]]:
    """Second derivatives of a scalar: a row of blocks for each x, of shape x.shape + z.shape.

    The gradient is taken in reverse mode; its Jacobian in forward mode unless `mode` says reverse.
    """
    gradient = pull([(y, one(y))], wrt)
    rows: list[list[Maybe]] = []
    if mode == "reverse":
        return [[None] * len(wrt) if g is None else jacobian_reverse(g, wrt) for g in gradient]
    found = [g for g in gradient if g is not None]
    columns = [jacobian_forward(found, x) for x in wrt]
    position = 0
    for g in gradient:
        if g is None:
            rows.append([None] * len(wrt))
        else:
            rows.append([column[position] for column in columns])
            position += 1
    return rows


def hvp(y: Node, wrt: Sequence[Node], tangents: Sequence[tuple[Node, Node]]) -> list[Maybe]:
    """Hessian of a scalar times a direction: the gradient pushed forward along `tangents`."""
    gradient = pull([(y, one(y))], wrt)
    found = [g for g in gradient if g is not None]
    moved = iter(push(found, tangents))
    return [None if g is None else next(moved) for g in gradient]
