"""Gradients, Jacobians and Hessians as graph, built from the two modes and batching."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.graph.node import Node
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.transforms.cost import operations
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.structure import structured
from diffcli.transforms.vmap import vmap

COUNTED = 4096
"""Elements of a Jacobian from which the operations of both modes are counted."""


def along_units(results: Sequence[Node], seed: Node, step: complex = 1) -> list[Node]:
    """`results`, which are linear in `seed`, for all unit vectors of its shape times `step`.

    They have a new leading axis, one entry for each unit vector.
    """
    units = INPUT.make("", (seed.size, *seed.shape), seed.dtype)
    many = vmap(results, [(seed, units if step == 1 else step * units)], seed.size)
    return structured(many, units, seed.shape)


def jacobian_reverse(y: Node, wrt: Sequence[Node], finite: bool = False) -> list[Maybe]:
    """dy/dx of shape y.shape + x.shape for each x, all rows in one batched pullback.

    A pulled-back unit vector is the gradient of the real part of one element of y. For complex y
    the imaginary parts are pulled back as well, or the rows conjugated where x is complex too. With
    `finite`, inputs are taken to be finite, as by `pull`.
    """
    g = INPUT.make("", y.shape, y.dtype)
    cotangents = pull([(y, g)], wrt, finite=finite)
    found = [c for c in cotangents if c is not None]
    rows = iter(along_units(found, g))
    imaginary = iter(along_units(found, g, 1j) if y.dtype.kind == "c" else found)
    out: list[Maybe] = []
    for c, x in zip(cotangents, wrt, strict=True):
        if c is None:
            out.append(None)
            continue
        row, other = next(rows), next(imaginary)
        if y.dtype.kind == "c":
            row = F.conj(row) if x.dtype.kind == "c" else row + 1j * other
        out.append(F.reshape(row, (*y.shape, *x.shape)))
    return out


def jacobian_forward(ys: Sequence[Node], x: Node) -> list[Maybe]:
    """dy/dx of shape y.shape + x.shape for each y, all columns in one batched pushforward.

    For real y and complex x it is the gradient of each element: slopes along the real axis, and
    those along the imaginary axis as imaginary part.
    """
    along = directional(ys, x, 1)
    if x.dtype.kind != "c" or all(y.dtype.kind == "c" for y in ys):
        return along
    across = directional(ys, x, 1j)
    return [
        a if a is None or b is None or y.dtype.kind == "c" else a + 1j * b
        for a, b, y in zip(along, across, ys, strict=True)
    ]


def directional(ys: Sequence[Node], x: Node, step: complex) -> list[Maybe]:
    """Slopes of each y along `step` times every unit vector of x, of shape y.shape + x.shape."""
    t = INPUT.make("", x.shape, x.dtype)
    tangents = push(ys, [(x, t)])
    found = [m for m in tangents if m is not None]
    columns = iter(along_units(found, t, step))
    return [
        None if m is None else F.reshape(F.moveaxis(next(columns), 0, -1), (*y.shape, *x.shape))
        for m, y in zip(tangents, ys, strict=True)
    ]


def jacobian(y: Node, wrt: Sequence[Node], mode: str = "auto") -> list[Maybe]:
    """The Jacobian of y with respect to each node of `wrt`; None where y does not depend on it."""
    return jacobian_in_order(y, wrt, mode)[0]


def jacobian_in_order(
    y: Node, wrt: Sequence[Node], mode: str = "auto"
) -> tuple[list[Maybe], str, int]:
    """The Jacobian of y by each node of `wrt`, the mode that was chosen, and its passes.

    A forward pass is one for each element of a variable, a reverse pass one for each element of y.
    "auto" takes the mode with fewer passes for small Jacobians. For others it counts the operations
    of both, by each variable, after their structure is known; where variables differ in that, the
    mode is "mixed".
    """
    few = "forward" if sum(x.size for x in wrt) <= y.size else "reverse"
    first = few if mode == "auto" else mode
    rows, modes = _jacobian(y, wrt, first), [first] * len(wrt)
    if mode == "auto" and y.size * max((x.size for x in wrt), default=0) >= COUNTED:
        second = "reverse" if first == "forward" else "forward"
        for k, other in enumerate(_jacobian(y, wrt, second)):
            row = rows[k]
            if row is not None and other is not None and operations([other]) < operations([row]):
                rows[k], modes[k] = other, second
    pairs = zip(wrt, modes, strict=True)
    passes = sum(x.size for x, used in pairs if used == "forward")
    passes += y.size if "reverse" in modes else 0
    return rows, "mixed" if len({*modes}) > 1 else [*modes, first][0], passes


def _jacobian(y: Node, wrt: Sequence[Node], mode: str) -> list[Maybe]:
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
