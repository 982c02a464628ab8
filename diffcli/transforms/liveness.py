"""Where cotangents are structurally alive: the masks that reverse mode carries beside them.

A mask over a result says which of its elements were chosen by a later `where`, `maximum` or `clip`;
an element of an input is alive where an element of the result is that may depend on it. Masks
broadcast to the arrays that they are over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import broadcast, reduced
from diffcli.ops.kinds import Bilinear, Elementwise, General
from diffcli.ops.op import Maybe, match
from diffcli.ops.table import F

MOVES = ("reshape", "transpose")
"""Operators whose transposes move each element to one place, be it a number or a truth value."""

ALIKE = ("broadcast_to", "astype")
"""Operators of other kinds whose results have their elements where elementwise ones have them."""


def masks(node: Node, live: Maybe, wanted: list[bool]) -> list[Maybe]:
    """Where the cotangent of each input is alive; None for everywhere."""
    op, inputs = node.op, node.inputs
    if live is None and not op.selects:
        return [None] * len(wanted)
    bilinear = isinstance(op, Bilinear)
    mixes = bilinear or (isinstance(op, General) and not op.selects)
    follow = [
        bilinear or (w and (mixes or bool(x.inputs))) for x, w in zip(inputs, wanted, strict=True)
    ]
    if not any(follow):
        return [None] * len(wanted)
    weights: Sequence[Maybe]
    if op.selects:
        weights = [_selected(live, node, i) if f else None for i, f in enumerate(follow)]
    elif isinstance(op, Elementwise) or op.name in ALIKE:
        weights = [_narrowed(live, x.shape) if x.inputs else None for x in inputs]
    elif op.name in MOVES:
        weights = _moved(live, node, wanted)
    elif op.name == "matmul":
        weights = _of_factors(node, live)
    elif (op.linear and op.name != "sum") or bilinear:
        weights = _weights(node, live, wanted)
    else:
        weights = [_reached(live, node, i) for i in range(len(inputs))]
    return [
        _nonzero(c, x) if c is not None and f else None
        for c, x, f in zip(weights, inputs, follow, strict=True)
    ]


def _spread(live: Any, shape: Shape) -> Node:
    """A mask with all elements of the array that it is over."""
    return live if live.shape == shape else F.broadcast_to(live, shape)


def _selected(live: Maybe, node: Node, i: int) -> Maybe:
    """A mask over the elements of input `i` that the result is made of, where that is alive."""
    at = node.op.selects[i]
    if at is None:
        return None
    mask: Node = at(node, *node.inputs, **node.params)
    if not isinstance(node.op, Elementwise):
        return mask if live is None else F.logical_and(mask, _reached(live, node, i))
    return _narrowed(mask if live is None else F.logical_and(mask, live), node.inputs[i].shape)


def _moved(live: Any, node: Node, wanted: list[bool]) -> Sequence[Maybe]:
    """A mask over the input of an operator that moves elements; a single truth value stays one."""
    if live.size == 1:
        return [F.reshape(live, ())]
    moved: Sequence[Maybe] = node.op.vjp(_spread(live, node.shape), node, wanted)
    return moved


def _of_factors(node: Node, live: Any) -> list[Maybe]:
    """Masks over the factors of a matrix product: rows and columns with anything alive."""
    if live.ndim < 2:
        live = F.reshape(live, (1,) * (2 - live.ndim) + live.shape)
    a, b = (x.shape for x in node.inputs)
    rows, columns = _any(live, (live.ndim - 1,)), _any(live, (live.ndim - 2,))
    return [_narrowed(rows, (*a[:-1], 1)), _narrowed(columns, (*b[:-2], 1, b[-1]))]


def _weights(node: Node, live: Any, wanted: list[bool]) -> Sequence[Maybe]:
    """Cotangents of the inputs that are not 0 just where they are alive."""
    one = F.astype(_spread(live, node.shape), node.dtype)
    if isinstance(node.op, Bilinear):
        # the transpose of a product counts, with ones for the other factors
        node = node.op.apply(tuple(F.ones_like(x) for x in node.inputs), node.params)
        wanted = [True] * len(wanted)
    weights: Sequence[Maybe] = node.op.vjp(one, node, wanted)
    return weights


def pruned(node: Node, masks: Sequence[Maybe]) -> Node:
    """A product of arrays without the elements that only matter to dead results."""
    if not isinstance(node.op, Bilinear) or all(m is None for m in masks):
        return node
    return node.op.apply(tuple(map(chosen, masks, node.inputs)), node.params)


def chosen(mask: Maybe, x: Node) -> Node:
    """x with 0 for what is dead."""
    return x if mask is None else F.where(mask, x, 0)


def _nonzero(weight: Node, x: Node) -> Node:
    return weight if weight.dtype.kind == "b" else F.not_equal(match(weight, x), 0)


def _any(live: Node, axes: tuple[int, ...]) -> Node:
    """Whether anything is alive along axes, which stay with length 1."""
    long = tuple(a for a in axes if live.shape[a] != 1)
    return F.any(live, long, True) if long else live


def _narrowed(live: Any, shape: Shape) -> Node:
    """A mask over a broadcast result as a mask over an operand of this shape."""
    lead = live.ndim - len(shape)
    live = _any(live, tuple(i for i in range(live.ndim) if i < lead or shape[i - lead] == 1))
    return F.reshape(live, live.shape[lead:]) if lead > 0 else live


def _loop(node: Node) -> Shape:
    """The leading axes along which an operator treats examples of their own."""
    if node.op.core is None:
        return ()
    cores = zip(node.inputs, node.op.core, strict=True)
    return broadcast(*(x.shape[: x.ndim - core] for x, core in cores))


def whole(live: Node, shape: Shape, node: Node) -> Node:
    """Which examples are alive in any element, by a mask over an array of their results."""
    rank = len(_loop(node))
    if len(shape) == rank:
        return live
    return F.any(_spread(live, shape), tuple(range(rank, len(shape))))


def _reached(live: Any, node: Node, i: int) -> Node:
    """A mask over input `i` of a map that mixes elements along axes or within examples."""
    x, axis = node.inputs[i], node.params.get("axis")
    if node.op.core is None and axis is not None:
        axes = axis if isinstance(axis, tuple) else (axis,)
        live = _spread(live, node.shape)
        if live.ndim == x.ndim:
            return _any(live, axes)
        return F.reshape(live, reduced(x.shape, axes, True))
    core = x.ndim if node.op.core is None else node.op.core[i]
    live = live if node.parts else whole(live, node.shape, node)
    live = _narrowed(live, x.shape[: x.ndim - core])
    return F.reshape(live, live.shape + (1,) * core)
