"""Losses with margins and by distances, made of functions of tensors as PyTorch makes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.table import F
from diffcli.tensor.choices import clamp_min
from diffcli.tensor.functions import function, resolved
from diffcli.tensor.grad_fn import renamed
from diffcli.tensor.losses import reduced
from diffcli.tensor.operators import fitting
from diffcli.tensor.reductions import step
from diffcli.tensor.tensor import Tensor


@function("hinge_embedding_loss")
def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """x where the target is 1, max(0, margin - x) where it is -1."""
    where, zero = resolved("where"), resolved("zeros_like")(input)
    far = where(target != 1, clamp_min(margin - input, 0), zero)
    return reduced(far + where(target != -1, input, zero), reduction)


@function("margin_ranking_loss")
def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """max(0, -target*(input1 - input2) + margin)."""
    return reduced(clamp_min(-target * (input1 - input2) + margin, 0), reduction)


@function("soft_margin_loss")
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """log(1 + exp(-target*input))."""

    def compute(x: Node, y: Node) -> Node:
        losses = F.log1p(F.exp(-y * x))
        found = {"mean": F.mean, "sum": F.sum}.get(reduction)
        return losses if found is None else found(losses)

    return step("soft_margin_loss", compute, input.node, target.node)


@function("cosine_embedding_loss")
def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1."""
    add = resolved("sum")
    dim = input1.ndim - 1
    sizes = (add(input1 * input1, dim) + 1e-12) * (add(input2 * input2, dim) + 1e-12)
    cos = add(input1 * input2, dim) / resolved("sqrt")(sizes)
    where, zero = resolved("where"), resolved("zeros_like")(cos)
    near = where(target == 1, 1 - cos, zero)
    return reduced(near + where(target == -1, clamp_min(cos - margin, 0), zero), reduction)


@function("pairwise_distance")
def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """The p-norm of differences of rows."""
    found = resolved("norm")(x1 - x2 + eps, p, -1, keepdim)
    if found.requires_grad:
        renamed(found.node, "norm:1")
    return found


@function("triplet_margin_loss")
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """max(0, margin + distance to the positive - distance to the negative)."""
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = resolved("minimum")(far, pairwise_distance(positive, negative, p, eps))
    return reduced(clamp_min(margin + near - far, 0), reduction)


@function("cosine_similarity")
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along an axis."""
    fitting(x1.node, x2.node)
    shape = np.broadcast_shapes(x1.shape, x2.shape)

    def compute(a: Node, b: Node) -> Node:
        a, b = F.broadcast_to(a, shape), F.broadcast_to(b, shape)
        return F.cosine_similarity(a, b, dim, eps)

    return step("sum:1", compute, x1.node, x2.node)
