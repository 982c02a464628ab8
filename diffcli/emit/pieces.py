"""What all languages share that a graph is written in: pieces of text, and how they are nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diffcli.graph.node import Node, postorder

# Python's precedences; a higher number binds tighter
OR, COMPARE, BIT_OR, BIT_AND, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)

Piece = tuple[str, int]
"""A text and how tightly its outermost operator binds."""

Rule = Callable[[Node, list[Piece]], Piece | None]
"""The piece of a node from those of its inputs; None where it cannot be written."""


def written(
    root: Node, piece: Rule, limit: int, names: Mapping[int, str] | None = None
) -> str | None:
    """The text of `root`; None when it is longer than `limit` or holds what cannot be written.

    `names` has the names of nodes (by id) that are written as variables.
    """
    pieces: dict[int, Piece] = {node: (name, ATOM) for node, name in (names or {}).items()}
    for node in postorder([root], known=pieces):
        vectors = vector_product(node)
        if vectors is None:
            found = piece(node, [pieces[id(x)] for x in node.inputs])
        else:
            found = piece(node.inputs[0], [pieces[id(x)] for x in vectors])
        if found is None or len(found[0]) > limit:
            return None
        pieces[id(node)] = found
    return pieces[id(root)][0]


def vector_product(node: Node) -> tuple[Node, Node] | None:
    """The factors of a product with a vector, which is a product of matrices reshaped."""
    if node.op.name != "reshape" or node.inputs[0].op.name != "matmul":
        return None
    a, b = node.inputs[0].inputs
    row, column = _vector(a, (1, a.shape[-1])), _vector(b, (b.shape[-2], 1))
    core = () if row is not None else a.shape[-2:-1]
    core += () if column is not None else b.shape[-1:]
    if (row is None and column is None) or node.shape != (*node.inputs[0].shape[:-2], *core):
        return None
    return a if row is None else row, b if column is None else column


def _vector(matrix: Node, shape: tuple[int, ...]) -> Node | None:
    """The vector that a matrix of this shape is reshaped from, or None."""
    reshaped = matrix.op.name == "reshape" and matrix.shape == shape
    return matrix.inputs[0] if reshaped and matrix.inputs[0].ndim == 1 else None


def within(piece: Piece, level: int, brackets: tuple[str, str] = ("(", ")")) -> str:
    """The text of a piece in a place that binds at `level`."""
    return piece[0] if piece[1] >= level else f"{brackets[0]}{piece[0]}{brackets[1]}"
