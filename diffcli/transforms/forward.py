"""Forward mode: from tangents of inputs to tangents of results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.graph.node import ORIGIN, Node, is_inexact, postorder
from diffcli.ops.op import INPUT, PROJECT, UNFIT, Maybe, inapplicable, match
from diffcli.ops.table import F
from diffcli.transforms.reverse import given, pull


def push(results: Sequence[Node], tangents: Sequence[tuple[Node, Node]]) -> list[Maybe]:
    """Tangents of `results` when each (node, tangent) pair of `tangents` is pushed forward.

    None where a result does not depend on any of the nodes. Tangents have the shapes of their
    primals.
    """
    known: dict[int, Any] = {id(x): t for x, t in tangents}
    origin = ORIGIN.span
    try:
        for node in postorder(results, known):
            if not any(id(x) in known for x in node.inputs):
                continue
            if not (is_inexact(node.dtype) or node.parts):
                continue
            ORIGIN.span = node.span
            moved = _step(node, [known.get(id(x)) for x in node.inputs])
            if moved is not None:
                known[id(node)] = moved
    finally:
        ORIGIN.span = origin
    return [known.get(id(y)) for y in results]


def _step(node: Node, tangents: list[Any]) -> Any:
    if node.op is PROJECT:
        return tangents[0][node.params["index"]]
    moved = pushforward(node, tangents)
    if moved is None or node.parts is not None:
        return moved
    return _fitted(moved, node)


def _fitted(tangent: Node, y: Node) -> Node:
    """A tangent with exactly the shape and dtype of its primal."""
    if tangent.shape != y.shape:
        tangent = F.broadcast_to(tangent, y.shape)
    return match(tangent, y)


def pushforward(node: Node, tangents: Sequence[Maybe]) -> Any:
    """Tangent of a node: its operator's rule, or its pullback transposed.

    A pullback is linear in its cotangent, so pulling the tangents back through it is the
    pushforward ("double backward" of a vector-Jacobian product).
    """
    try:
        stated = node.op.jvp(tangents, node)
    except UNFIT as error:
        raise inapplicable(node, error) from None
    if stated is not NotImplemented:
        return stated
    if node.parts is not None:
        return _transpose_parts(node, tangents)
    g = INPUT.make("", node.shape, node.dtype)
    return pull(_transposed_seeds(node, g, tangents), [g], fixed=given(node))[0]


def _transposed_seeds(node: Node, g: Any, tangents: Sequence[Maybe]) -> list[tuple[Node, Node]]:
    wanted = [t is not None for t in tangents]
    try:
        cotangents = node.op.vjp(g, node, wanted)
    except UNFIT as error:
        raise inapplicable(node, error) from None
    return [
        (match(c, x), t)
        for c, t, x in zip(cotangents, tangents, node.inputs, strict=True)
        if c is not None and t is not None
    ]


def _transpose_parts(node: Node, tangents: Sequence[Maybe]) -> list[Maybe]:
    assert node.parts is not None
    g = [INPUT.make("", shape, dtype) for shape, dtype in node.parts]
    return pull(_transposed_seeds(node, g, tangents), g, fixed=given(node))
