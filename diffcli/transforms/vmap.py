"""Batching: a graph for one example turned into a graph for many at once, without a loop."""

from __future__ import annotations

from collections.abc import Sequence

from diffcli.graph.node import ORIGIN, Node, postorder
from diffcli.ops.shaping import spread


def vmap(results: Sequence[Node], batched: Sequence[tuple[Node, Node]], size: int) -> list[Node]:
    """`results` with nodes replaced by batched ones, which have a new leading axis of `size`.

    All results carry the new axis, repeated where they do not depend on a batched node.
    """
    new: dict[int, Node] = {id(x): many for x, many in batched}
    origin = ORIGIN.span
    try:
        for node in postorder(results):
            if id(node) in new:
                continue
            flags = tuple(id(x) in new for x in node.inputs)
            if any(flags):
                ORIGIN.span = node.span
                inputs = tuple(new.get(id(x), x) for x in node.inputs)
                new[id(node)] = node.op.batch(node, inputs, flags, size)
    finally:
        ORIGIN.span = origin
    return [new[id(y)] if id(y) in new else spread(y, size) for y in results]
