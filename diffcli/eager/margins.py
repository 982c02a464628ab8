"""Losses with margins and by distances, made of functions of tensors as PyTorch makes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.choices import clamp_min
from diffcli.eager.functions import function, resolved
from diffcli.eager.grad_fn import renamed
from diffcli.eager.losses import REDUCED, loss
from diffcli.eager.nodes import leaf
from diffcli.eager.operators import fitting
from diffcli.eager.reductions import step
from diffcli.eager.selection import array_of
from diffcli.eager.tensor import Tensor
from diffcli.graph.node import Node
from diffcli.ops.table import F


@loss("hinge_embedding_loss", f"input, target, margin=1.0, {REDUCED}")
def hinge_embedding_loss(input: Any, target: Any, margin: float) -> Any:
    """x where the target is 1, max(0, margin - x) where it is -1."""
    where, zero = resolved("where"), resolved("zeros_like")(input)
    far = where(target != 1, clamp_min(margin - input, 0), zero)
    return far + where(target != -1, input, zero)


@loss("margin_ranking_loss", f"input1, input2, target, margin=0, {REDUCED}")
def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float) -> Any:
    """max(0, -target*(input1 - input2) + margin)."""
    return clamp_min(-target * (input1 - input2) + margin, 0)


@loss("soft_margin_loss", f"input, target, {REDUCED}")
def soft_margin_loss(input: Tensor, target: Tensor, reduction: str) -> Any:
    """log(1 + exp(-target*input))."""

    def compute(x: Node, y: Node) -> Node:
        losses = F.log1p(F.exp(-y * x))
        found = {"mean": F.mean, "sum": F.sum}.get(reduction)
        return losses if found is None else found(losses)

    return step("soft_margin_loss", compute, input.node, target.node)


@loss("cosine_embedding_loss", f"input1, input2, target, margin=0, {REDUCED}")
def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float) -> Any:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""
    add = resolved("sum")
    dim = input1.ndim - 1
    sizes = (add(input1 * input1, dim) + 1e-12) * (add(input2 * input2, dim) + 1e-12)
    cos = add(input1 * input2, dim) / resolved("sqrt")(sizes)
    where, zero = resolved("where"), resolved("zeros_like")(cos)
    near = where(target == 1, 1 - cos, zero)
    return near + where(target == -1, clamp_min(cos - margin, 0), zero)


@function("pairwise_distance")
def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """The p-norm of differences of rows."""
    found = resolved("norm")(x1 - x2 + eps, p, -1, keepdim)
    if found.node.tracked:
        renamed(found.node, "norm:1")
    return found


@loss(
    "triplet_margin_loss",
    f"anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, {REDUCED}",
)
def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: float, p: float, eps: float, swap: bool
) -> Any:
    """max(0, margin + distance to the positive - distance to the negative)."""
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = resolved("minimum")(far, pairwise_distance(positive, negative, p, eps))
    return clamp_min(margin + near - far, 0)


@function("cosine_similarity")
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along an axis."""
    fitting(x1.node, x2.node)
    shape = np.broadcast_shapes(x1.node.shape, x2.node.shape)

    def compute(a: Node, b: Node) -> Node:
        a, b = F.broadcast_to(a, shape), F.broadcast_to(b, shape)
        return F.cosine_similarity(a, b, dim, eps)

    return step("sum:1", compute, x1.node, x2.node)


@loss(
    "triplet_margin_with_distance_loss",
    "anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, "
    "reduction='mean'",
)
def with_distance(
    anchor: Any, positive: Any, negative: Any, distance_function: Any, margin: float, swap: bool
) -> Any:
    """The same by a distance of one's own."""
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = resolved("minimum")(far, distance(positive, negative))
    return clamp_min(margin + near - far, 0)


# ----- margins between classes --------------------------------------------------------------------


@loss("multi_margin_loss", f"input, target, p=1, margin=1.0, weight=None, {REDUCED}")
def multi_margin_loss(
    input: Tensor, target: Tensor, p: int, margin: float, weight: Any, reduction: str
) -> Tensor:
    """The sum over other classes of max(0, margin - x[true] + x[other])**p, by their number."""
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    rows = input.node.shape[-1]
    labels = array_of(target).reshape(-1)
    if labels.size and not 0 <= labels.min() <= labels.max() < rows:
        raise IndexError("Target out of bounds")
    own = labels[:, None]
    others: Any = np.arange(rows) != own
    scale = np.full(labels.shape, 1 / rows)
    if weight is not None:
        scale = scale * array_of(weight)[labels]
    factor = leaf((others * scale[:, None]).astype(input.node.dtype))
    places = leaf(np.arange(own.size)[:, None] * rows + own)

    def compute(x: Node) -> Node:
        x = F.reshape(x, (-1, rows))
        gap = F.maximum(margin - F.take(F.ravel(x), places) + x, 0)
        return _reduced(F.sum((gap if p == 1 else F.square(gap)) * factor, 1), reduction, input)

    return step("multi_margin_loss", compute, input.node)


@loss("multilabel_margin_loss", f"input, target, {REDUCED}")
def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """The sum over pairs of a true and another class of max(0, 1 - x[true] + x[other]) by classes.

    A row of the target lists the true classes up to the first -1.
    """
    if input.node.shape != target.node.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.node.shape)} for input of size: "
            f"{list(input.node.shape)}"
        )
    rows = input.node.shape[-1]
    labels = array_of(target).reshape(-1, rows)
    listed = np.cumprod(labels >= 0, 1).astype(bool)
    true = np.zeros(labels.shape, bool)
    np.put_along_axis(true, np.where(listed, labels, labels[:, :1]), True, 1)
    true &= listed.any(1, keepdims=True)
    # items, true ones as listed, others
    pairs = leaf((listed[:, :, None] & ~true[:, None, :]).astype(input.node.dtype))
    places = np.arange(len(labels))[:, None] * rows + np.where(listed, labels, 0)

    def compute(x: Node) -> Node:
        x = F.reshape(x, (-1, rows))
        gaps = 1 - F.expand_dims(F.take(F.ravel(x), leaf(places)), 2) + F.expand_dims(x, 1)
        return _reduced(F.sum(F.maximum(gaps, 0) * pairs, (1, 2)) / rows, reduction, input)

    return step("multilabel_margin_loss", compute, input.node)


def _reduced(losses: Node, reduction: str, x: Tensor) -> Node:
    """Losses of rows reduced; that of a single vector has no axis."""
    if reduction == "none":
        return losses if x.ndim > 1 else F.reshape(losses, ())
    return F.sum(losses) if reduction == "sum" else F.mean(losses)


@loss("multilabel_soft_margin_loss", f"input, target, weight=None, {REDUCED}")
def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any) -> Any:
    """The mean over classes of minus target*log(sigmoid(x)) + (1 - target)*log(sigmoid(-x))."""
    log = resolved("logsigmoid")
    losses = -(target * log(input) + (1 - target) * log(-input))
    losses = losses if weight is None else losses * weight
    return resolved("sum")(losses, input.ndim - 1) / input.node.shape[-1]


@function("pdist")
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distances of all pairs of rows."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    first, second = np.triu_indices(input.node.shape[0], 1)

    def compute(x: Node) -> Node:
        return F.norm(F.index(x, first) - F.index(x, second), p, 1)

    return step("pdist", compute, input.node)
