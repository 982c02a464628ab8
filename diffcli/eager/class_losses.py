"""Losses of classes: of scores, of logarithms of probabilities, of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import resolved, table_function
from diffcli.eager.grad_fn import renamed
from diffcli.eager.losses import REDUCED, loss
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.selection import array_of
from diffcli.eager.tensor import Tensor, fresh
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.ops.table import F

WEIGHTED = "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"


@loss("nll_loss", f"input, target, {WEIGHTED}")
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str
) -> Any:
    """Minus the scores of the true classes."""
    labels = array_of(target)
    axis = 1 if input.ndim > 1 else 0
    if input.ndim > 1 and (not labels.ndim or input.node.shape[0] != labels.shape[0]):
        n = labels.shape[0] if labels.ndim else 1
        raise ValueError(
            f"Expected input batch_size ({input.node.shape[0]}) to match target batch_size ({n})."
        )
    if labels.dtype.kind not in "iu":
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {long_name(target.node.dtype)}"
        )
    held = labels != ignore_index
    wrong = held & ((labels < 0) | (labels >= input.node.shape[axis]))
    if wrong.any():
        raise IndexError(f"Target {labels[wrong][0]} is out of bounds.")
    safe = np.where(held, labels, 0)
    scale = held.astype(input.node.dtype)
    if weight is not None:
        scale = scale * array_of(weight)[safe]
    shape = list(input.node.shape)
    where: list[Any] = list(np.indices(labels.shape, sparse=True))
    where.insert(axis, safe)
    places = np.arange(input.node.size).reshape(shape)[tuple(where)]

    mean = reduction == "mean"

    def compute(x: Node) -> Node:
        losses = -F.take(F.ravel(x), leaf(np.asarray(places))) * leaf(np.asarray(scale))
        if reduction == "none":
            return losses
        total = F.sum(losses)
        return total / leaf(np.asarray(scale.sum(dtype=scale.dtype))) if mean else total

    name = "nll_loss" if input.ndim < 3 else "nll_loss2d"
    return step("view" if input.ndim == 3 and reduction == "none" else name, compute, input.node)


@loss("cross_entropy", f"input, target, {WEIGHTED}, label_smoothing=0.0")
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Any:
    """Minus the log-probabilities of the true classes, of which scores are given."""
    axis = 1 if input.ndim > 1 else 0
    if target.node.dtype.kind == "f" and target.node.shape != input.node.shape:
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {long_name(target.node.dtype)}"
        )
    if target.node.shape == input.node.shape and target.node.dtype.kind == "f":
        return _soft(input, target, weight, reduction, label_smoothing, axis)
    scores = resolved("log_softmax")(input, axis)
    hard: Any = resolved("nll_loss")(
        scores, target, weight, ignore_index=ignore_index, reduction=reduction
    )
    if not label_smoothing:
        return hard
    spread = scores if weight is None else scores * _over_classes(weight, input, axis)
    smooth = -resolved("sum")(spread, axis)
    labels = array_of(target)
    held = labels != ignore_index
    if not held.all():
        smooth = resolved("masked_fill")(smooth, fresh(~held), 0.0)
    if reduction == "sum":
        smooth = resolved("sum")(smooth)
    elif reduction == "mean":
        total: Any = held.sum()
        if weight is not None:
            total = array_of(weight)[np.where(held, labels, 0)][held].sum()
        smooth = resolved("sum")(smooth) / total.item()
    return hard * (1 - label_smoothing) + smooth * (label_smoothing / input.node.shape[axis])


def _over_classes(weight: Tensor, x: Tensor, axis: int) -> Any:
    return resolved("reshape")(weight, [-1 if a == axis else 1 for a in range(x.ndim)])


def _soft(x: Any, target: Any, weight: Any, reduction: str, smoothing: float, axis: int) -> Any:
    scores = resolved("log_softmax")(x, axis)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / x.node.shape[axis]
    product = scores * target
    if weight is not None:
        product = product * _over_classes(weight, x, axis)
    if reduction == "none":
        return -resolved("sum")(product, axis)
    total = -resolved("sum")(product)
    if reduction == "sum":
        return total
    mean = total / (x.node.size // x.node.shape[axis])
    if mean.node.tracked:
        renamed(mean.node, "div:1")
    return mean


# ----- probabilities ------------------------------------------------------------------------------


def _entropy(name: str, input: Tensor, target: Tensor, **options: Any) -> Any:
    if input.node.shape != target.node.shape:
        _sizes(name, input, target)
    given = {key: value for key, value in options.items() if value is not None}
    return table_function(name)(input, target, **given)


@loss("binary_cross_entropy", f"input, target, weight=None, {REDUCED}")
def binary_cross_entropy(input: Tensor, target: Tensor, weight: Any, reduction: str) -> Any:
    """Minus the log-likelihood of truth values under probabilities."""
    value = array_of(input)
    if (
        input.node.shape == target.node.shape
        and value.size
        and not (0 <= value.min() <= value.max() <= 1)
    ):
        raise RuntimeError("all elements of input should be between 0 and 1")
    return _entropy("binary_cross_entropy", input, target, weight=weight, reduction=reduction)


@loss("binary_cross_entropy_with_logits", f"input, target, weight=None, {REDUCED}, pos_weight=None")
def with_logits(input: Tensor, target: Tensor, weight: Any, reduction: str, pos_weight: Any) -> Any:
    """The same of scores, the logarithms of odds."""
    options = {"weight": weight, "reduction": reduction, "pos_weight": pos_weight}
    return _entropy("binary_cross_entropy_with_logits", input, target, **options)


def _sizes(name: str, x: Tensor, y: Tensor) -> None:
    shown = [f"torch.Size({list(t.node.shape)})" for t in (y, x)]
    if name == "binary_cross_entropy":
        raise ValueError(
            f"Using a target size ({shown[0]}) that is different to the input size ({shown[1]}) is "
            "deprecated. Please ensure they have the same size."
        )
    raise ValueError(f"Target size ({shown[0]}) must be the same as input size ({shown[1]})")
