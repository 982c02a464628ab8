"""What a graph costs: its operations on numbers, counted from the shapes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from diffcli.graph.node import Node, postorder
from diffcli.ops.kinds import Linear
from diffcli.transforms.simplify import simplify


def operations(results: Sequence[Node]) -> int:
    """Operations on numbers that the simplified graph of the results takes.

    An operator counts once for each element that it computes, or that a reduction takes in; a
    product of matrices for each multiplication and addition; an operator on matrices, such as an
    inverse, for each element times its columns. Moving elements is free.
    """
    return work(simplify(results))


def work(results: Sequence[Node]) -> int:
    """The same for a graph as it is."""
    return sum(map(_count, postorder(results)))


def _count(node: Node) -> int:
    op = node.op
    if not node.inputs or op.kind == "projection" or (isinstance(op, Linear) and op.moves):
        return 0
    if op.name == "matmul":
        return 2 * node.size * node.inputs[0].shape[-1]
    if op.name == "einsum":
        return _contraction(node)
    largest = max(node, *node.inputs, key=lambda x: x.size)
    on_matrices = op.core is not None and 2 in op.core and largest.ndim > 1
    return largest.size * (largest.shape[-1] if on_matrices else 1)


def _contraction(node: Node) -> int:
    """Multiplications and additions of an einsum, label by label."""
    labels = node.params["spec"].partition("->")[0].split(",")
    sizes = {
        label: n
        for name, x in zip(labels, node.inputs, strict=True)
        for label, n in zip(name, x.shape, strict=True)
    }
    return prod(sizes.values()) * len(node.inputs)
