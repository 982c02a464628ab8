"""Losses, made of functions of tensors as PyTorch makes them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.table import F
from diffcli.tensor.eager import leaf
from diffcli.tensor.functions import function, resolved
from diffcli.tensor.grad_fn import renamed
from diffcli.tensor.operators import fitting
from diffcli.tensor.reductions import step
from diffcli.tensor.selection import array_of
from diffcli.tensor.tensor import Tensor, fresh
from diffcli.tensor.types import long_name


def reduced(loss: Any, reduction: str) -> Any:
    """The mean, the sum, or the losses themselves."""
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return resolved(reduction)(loss)


def _pointwise(name: str, option: str = "", default: float = 1.0) -> None:
    """A loss of the table on two tensors, as one step."""
    table = resolved(name)

    def apply(input: Tensor, target: Tensor, *args: Any, **keywords: Any) -> Any:
        order = [option, "reduction"] if name == "binary" else ["reduction", option]
        if name in ("mse_loss",):
            order = ["size_average", "reduce", "reduction"]
        if name == "smooth_l1_loss":
            order = ["size_average", "reduce", "reduction", "beta"]
        given = {**dict(zip(order, args, strict=False)), **keywords}
        reduction = given.get("reduction", "mean")
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{reduction} is not a valid value for reduction")
        fitting(input.node, target.node)
        extra = {option: given.get(option, default)} if option else {}
        return table(input, target, reduction=reduction, **extra)

    function(name)(apply)


_pointwise("mse_loss")
_pointwise("smooth_l1_loss", "beta")
_pointwise("huber_loss", "delta")


@function("l1_loss")
def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", **_: Any) -> Any:
    """|input - target|."""
    fitting(input.node, target.node)
    return reduced(abs(input - target), reduction)  # type: ignore[operator]


# ----- classes ------------------------------------------------------------------------------------


@function("nll_loss")
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the scores of the true classes."""
    labels = array_of(target)
    axis = 1 if input.ndim > 1 else 0
    if input.ndim > 1 and (not labels.ndim or input.shape[0] != labels.shape[0]):
        n = labels.shape[0] if labels.ndim else 1
        raise ValueError(
            f"Expected input batch_size ({input.shape[0]}) to match target batch_size ({n})."
        )
    if labels.dtype.kind not in "iu":
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {long_name(target.dtype)}"
        )
    held = labels != ignore_index
    wrong = held & ((labels < 0) | (labels >= input.shape[axis]))
    if wrong.any():
        raise IndexError(f"Target {labels[wrong][0]} is out of bounds.")
    safe = np.where(held, labels, 0)
    scale = held.astype(input.dtype)
    if weight is not None:
        scale = scale * array_of(weight)[safe]
    shape = list(input.shape)
    where: list[Any] = list(np.indices(labels.shape, sparse=True))
    where.insert(axis, safe)
    places = np.arange(input.node.size).reshape(shape)[tuple(where)]

    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    mean = reduction == "mean"

    def compute(x: Node) -> Node:
        losses = -F.take(F.ravel(x), leaf(np.asarray(places))) * leaf(np.asarray(scale))
        if reduction == "none":
            return losses
        total = F.sum(losses)
        return total / leaf(np.asarray(scale.sum(dtype=scale.dtype))) if mean else total

    return step("nll_loss" if input.ndim < 4 else "nll_loss2d", compute, input.node)


@function("cross_entropy")
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Minus the log-probabilities of the true classes, of which scores are given."""
    axis = 1 if input.ndim > 1 else 0
    if target.dtype.kind == "f" and target.shape != input.shape:
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {long_name(target.dtype)}"
        )
    if target.shape == input.shape and target.dtype.kind == "f":
        return _soft(input, target, weight, reduction, label_smoothing, axis)
    scores = resolved("log_softmax")(input, axis)
    hard: Any = nll_loss(scores, target, weight, ignore_index=ignore_index, reduction=reduction)
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
    return hard * (1 - label_smoothing) + smooth * (label_smoothing / input.shape[axis])


def _over_classes(weight: Tensor, x: Tensor, axis: int) -> Any:
    return resolved("reshape")(weight, [-1 if a == axis else 1 for a in range(x.ndim)])


def _soft(x: Any, target: Any, weight: Any, reduction: str, smoothing: float, axis: int) -> Any:
    scores = resolved("log_softmax")(x, axis)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / x.shape[axis]
    product = scores * target
    if weight is not None:
        product = product * _over_classes(weight, x, axis)
    if reduction == "none":
        return -resolved("sum")(product, axis)
    total = -resolved("sum")(product)
    if reduction == "sum":
        return total
    mean = total / (x.node.size // x.shape[axis])
    if mean.requires_grad:
        renamed(mean.node, "div:1")
    return mean


@function("kl_div")
def kl_div(
    input: Any,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    """Kullback-Leibler divergence of a target from logarithms of probabilities."""
    if log_target:
        loss = resolved("exp")(target) * (target - input)
    else:
        loss = resolved("xlogy")(target, target) - target * input
    if reduction == "batchmean":
        return resolved("sum")(loss) / input.shape[0]
    return reduced(loss, reduction)


def _entropy(name: str) -> None:
    table = resolved(name)

    def apply(
        input: Tensor,
        target: Tensor,
        weight: Any = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> Any:
        if input.shape != target.shape:
            _sizes(name, input, target)
        value = array_of(input)
        if name == "binary_cross_entropy" and value.size and (value.min() < 0 or value.max() > 1):
            raise RuntimeError("all elements of input should be between 0 and 1")
        options = {"pos_weight": pos_weight} if pos_weight is not None else {}
        if weight is not None:
            options["weight"] = weight
        return table(input, target, reduction=reduction, **options)

    function(name)(apply)


def _sizes(name: str, x: Tensor, y: Tensor) -> None:
    shown = [f"torch.Size({list(t.shape)})" for t in (y, x)]
    if name == "binary_cross_entropy":
        raise ValueError(
            f"Using a target size ({shown[0]}) that is different to the input size ({shown[1]}) is "
            "deprecated. Please ensure they have the same size."
        )
    raise ValueError(f"Target size ({shown[0]}) must be the same as input size ({shown[1]})")


_entropy("binary_cross_entropy")
_entropy("binary_cross_entropy_with_logits")


# ----- distributions ------------------------------------------------------------------------------


@function("poisson_nll_loss")
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    """Minus the log-likelihood of counts under Poisson distributions."""
    log, exp = resolved("log"), resolved("exp")
    loss = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        loss = loss + resolved("masked_fill")(stirling, target <= 1, 0)
    return reduced(loss, reduction)


@function("gaussian_nll_loss")
def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """Minus the log-likelihood under normal distributions."""
    if isinstance(var, Tensor) and (array_of(var) < 0).any():
        raise ValueError("var has negative entry/entries")
    spread = resolved("where")(var < eps, eps, var) if not isinstance(var, float) else var
    spread = clamped(var, eps) if isinstance(var, Tensor) else spread
    loss = 0.5 * (resolved("log")(spread) + (input - target) ** 2 / spread)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)


def clamped(x: Any, low: float) -> Any:
    """x brought above a bound, as if it were not: gradients pass."""
    return step("clone", lambda n: n + F.stop_gradient(F.maximum(n, low) - n), x.node)
