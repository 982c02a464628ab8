"""Rows of tables by their numbers: `embedding` and `embedding_bag`."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import Array, int64, positions
from diffcli.eager.storage import assign
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import type_name
from diffcli.graph.node import Node
from diffcli.ops.table import F


def _rows(name: str, index: Array, weight: Tensor) -> Array:
    """Flat positions of rows; raises PyTorch's error for numbers that are none."""
    n = weight.node.shape[0]
    if index.size and (index.min() < 0 or index.max() >= n):
        raise IndexError("index out of range in self")
    return positions(weight)[index]


def _shorten(weight: Tensor, index: Array, most: float, kind: float) -> None:
    """Scale the rows that are used and longer than `most` down to it, in place."""
    value = np.array(weight.node.value)
    for row in np.unique(index):
        size = np.linalg.norm(value[row], kind)
        if size > most:
            value[row] *= most / (size + 1e-7)
    assign(weight, leaf(value, weight.node.tracked))


def _without(row: int | None, w: Node) -> Node:
    """The table, one row of which gets no gradient."""
    if row is None:
        return w
    kept = (np.arange(w.shape[0]) != row % w.shape[0]).reshape(-1, *[1] * (w.ndim - 1))
    return F.where(np.broadcast_to(kept, w.shape), w, F.stop_gradient(w))


@function("embedding")
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table by their numbers; the row `padding_idx` gets no gradient."""
    if input.node.dtype.kind not in "iu":
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {type_name(input.node.dtype)} instead (while checking arguments "
            "for embedding)"
        )
    index = int64("embedding", input)
    places = _rows("embedding", index, weight)
    if max_norm is not None:
        _shorten(weight, index, max_norm, norm_type)
    counts = np.bincount(index.reshape(-1), minlength=1)[index] if scale_grad_by_freq else None

    def compute(w: Node) -> Node:
        rows = F.take(F.ravel(_without(padding_idx, w)), leaf(places))
        if counts is None:
            return rows
        share = leaf((1 / counts[..., None]).astype(w.dtype))
        return rows * share + F.stop_gradient(rows * (1 - share))

    return step("embedding", compute, weight.node)


@function("embedding_bag")
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of rows of a table; bags are rows of `input`, or begin at `offsets`."""
    index = int64("embedding_bag", input)
    if index.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of "
            "fixed length sequences. However, found offsets of type <class 'torch.Tensor'>"
        )
    if index.ndim == 1 and offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            f"embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    _rows("embedding_bag", index, weight)
    if max_norm is not None:
        _shorten(weight, index, max_norm, norm_type)
    bags = _bags(index, offsets, include_last_offset)
    return _combined(index.reshape(-1), bags, weight, mode, per_sample_weights, padding_idx)


def _bags(index: Array, offsets: Tensor | None, last: bool) -> list[Array]:
    """Which elements of the flat index each bag has."""
    if offsets is None:
        return list(np.arange(index.size).reshape(index.shape))
    edges = [int(n) for n in np.asarray(offsets.node.value)]
    ends = edges[1:] if last else [*edges[1:], index.size]
    return [np.arange(a, b) for a, b in zip(edges, ends, strict=False)]


def _combined(
    index: Array, bags: list[Array], weight: Tensor, mode: str, scales: Any, empty: int | None
) -> Tensor:
    if empty is not None:
        bags = [bag[index[bag] != empty % weight.node.shape[0]] for bag in bags]
    places = positions(weight)

    def compute(w: Node, *factors: Node) -> Node:
        flat = F.ravel(w)
        found: list[Node] = []
        for bag in bags:
            rows = F.take(flat, leaf(places[index[bag]]))
            for f in factors:
                rows = rows * F.reshape(F.take(F.ravel(f), leaf(bag)), (-1, 1))
            if not len(bag):
                found.append(leaf(np.zeros(w.shape[1:], w.dtype)))
            elif mode == "max":
                best = np.argmax(np.asarray(weight.node.value)[index[bag]], 0)
                found.append(F.take(F.ravel(rows), leaf(best * w.shape[1] + np.arange(w.shape[1]))))
            else:
                found.append(F.sum(rows, 0) / (len(bag) if mode == "mean" else 1))
        return F.stack(found, 0)

    own = [] if scales is None else [scales.node]
    return step("embedding_bag", compute, weight.node, *own)
