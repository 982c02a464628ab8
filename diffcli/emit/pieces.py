"""What all languages share that a graph is written in: pieces of text, and how they are nested."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diffcli.graph.node import Node, postorder
from diffcli.ops.table import F

# Python's precedences; a higher number binds tighter
OR, COMPARE, BIT_OR, BIT_AND, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)

Piece = tuple[str, int]
"""A text and how tightly its outermost operator binds."""

Form = tuple[str, tuple[Node, ...]]
"""A function by name and its operands."""

Rule = Callable[[str, Node, list[Piece]], Piece | None]
"""The piece of a node, called by a name, from those of its operands; None where there is none."""


def written(
    root: Node, piece: Rule, limit: int, names: Mapping[int, str] | None = None
) -> str | None:
    """The text of `root`; None when it is longer than `limit` or holds what cannot be written.

    `names` has the names of nodes (by id) that are written as variables.
    """
    pieces: dict[int, Piece] = {node: (name, ATOM) for node, name in (names or {}).items()}
    forms: dict[int, tuple[str, tuple[Node, ...]]] = {}
    pending = postorder([root], known=pieces)[::-1]
    while pending:
        node = pending.pop()
        if id(node) not in forms:
            forms[id(node)] = composite(node) or (node.op.name, node.inputs)
        name, operands = forms[id(node)]
        missing = [x for x in operands if id(x) not in pieces]
        if missing:  # nodes that a composite is made of and the graph is not
            pending += [node, *missing]
            continue
        found = piece(name, node, [pieces[id(x)] for x in operands])
        if found is None or len(found[0]) > limit:
            return None
        pieces[id(node)] = found
    return pieces[id(root)][0]


# ----- what reads better than the operators it is made of -----------------------------------------


def composite(node: Node) -> Form | None:
    """The name and the operands of the function that a few nodes together are."""
    recognise = COMPOSITES.get(node.op.name)
    return None if recognise is None else recognise(node)


def _vector_product(node: Node) -> Form | None:
    """A product with a vector, or the solution for one, is that of matrices, reshaped."""
    if node.inputs[0].op.name not in ("matmul", "solve"):
        return None
    a, b = node.inputs[0].inputs
    row = None if node.inputs[0].op.name == "solve" else _vector(a, (1, a.shape[-1]))
    column = _vector(b, (b.shape[-2], 1))
    core = () if row is not None else a.shape[-2:-1]
    core += () if column is not None else b.shape[-1:]
    if (row is None and column is None) or node.shape != (*node.inputs[0].shape[:-2], *core):
        return None
    return node.inputs[0].op.name, (a if row is None else row, b if column is None else column)


def _vector(matrix: Node, shape: tuple[int, ...]) -> Node | None:
    """A matrix of one row or column as the vector that it is made of; None where it is no such."""
    if matrix.shape != shape or matrix.op.name not in ("reshape", "matmul", "solve"):
        return None
    inner = matrix.inputs[0] if matrix.op.name == "reshape" else matrix
    if inner.op.name in ("matmul", "solve") and inner.ndim == 2:
        return F.reshape(inner, (inner.size,))
    return inner if inner.ndim == 1 else None


def _outer_product(node: Node) -> Form | None:
    if node.ndim != 2:
        return None
    a, b = node.inputs
    if a.shape != (node.shape[0], 1) or b.shape != (1, node.shape[1]) or 1 in node.shape:
        return None
    column, row = _vector(a, a.shape), _vector(b, b.shape)
    return None if column is None or row is None else ("outer", (column, row))


def _diagonal_matrix(node: Node) -> Form | None:
    plain = node.ndim == 2 and node.shape[0] == node.shape[1] and not node.params["offset"]
    return ("diag", node.inputs) if plain else None


def _trace(node: Node) -> Form | None:
    x = node.inputs[0]
    plain = x.op.name == "diagonal" and x.ndim == 1 and not x.params["offset"]
    return ("trace", x.inputs) if plain and node.shape == () else None


COMPOSITES = {
    "reshape": _vector_product,
    "multiply": _outer_product,
    "diag_embed": _diagonal_matrix,
    "sum": _trace,
}


def within(piece: Piece, level: int, brackets: tuple[str, str] = ("(", ")")) -> str:
    """The text of a piece in a place that binds at `level`."""
    return piece[0] if piece[1] >= level else f"{brackets[0]}{piece[0]}{brackets[1]}"
