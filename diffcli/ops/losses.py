"""Rows of the losses, distances and layers of neural networks, with PyTorch's conventions."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import axis_index, shape_tuple, show
from diffcli.ops.kinds import Elementwise, composite
from diffcli.ops.reductions import ordered
from diffcli.ops.table import F, lift

LOSS: dict[str, Any] = {"category": "loss", "arrays": 2, "method": False}
LAYER: dict[str, Any] = {"category": "layer", "method": False}


def _reduced(loss: Node, reduction: str) -> Node:
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise DiffcliError(
            "bad-argument",
            f"a loss has no reduction {reduction!r}",
            hint="write 'mean', 'sum' or 'none'",
        )
    total: Node = F.mean(loss) if reduction == "mean" else F.sum(loss)
    return total


# ----- regression ---------------------------------------------------------------------------------


@composite(examples=("mse_loss(x, y)", "mse_loss(x, y, 'none')"), **LOSS)
def mse_loss(x: Node, target: Node, reduction: str = "mean") -> Node:
    """Mean squared difference."""
    return _reduced(F.square(F.abs(x - target) if x.dtype.kind == "c" else x - target), reduction)


@composite(examples=("l1_loss(x, y)", "l1_loss(x, y, 'sum')"), kink="0 where equal", **LOSS)
def l1_loss(x: Node, target: Node, reduction: str = "mean") -> Node:
    """Mean absolute difference."""
    return _reduced(F.abs(x - target), reduction)


@composite(examples=("huber_loss(x, y)", "huber_loss(x, y, 'none', delta=0.5)"), **LOSS)
def huber_loss(x: Node, target: Node, reduction: str = "mean", delta: float = 1.0) -> Node:
    """Squared halved within delta, delta*(difference - delta/2) beyond."""
    size = F.abs(x - target)
    far = delta * (size - delta / 2)
    return _reduced(F.where(F.less_equal(size, delta), F.square(size) / 2, far), reduction)


@composite(examples=("smooth_l1_loss(x, y)", "smooth_l1_loss(x, y, beta=0.5)"), **LOSS)
def smooth_l1_loss(x: Node, target: Node, reduction: str = "mean", beta: float = 1.0) -> Node:
    """huber_loss with delta = beta, divided by beta; l1_loss for beta = 0."""
    if beta == 0:
        return F.l1_loss(x, target, reduction)
    return F.huber_loss(x, target, reduction, beta) / beta


# ----- classification -----------------------------------------------------------------------------


def _class_axis(x: Node) -> int:
    return 1 if x.ndim > 1 else 0


def _weighted(loss: Node, weights: Any, target: Node, reduction: str) -> Node:
    if weights is None:
        return _reduced(loss, reduction)
    w = F.take(lift(weights), target)
    if reduction == "mean":
        return F.sum(loss * w) / F.sum(w)
    return _reduced(loss * w, reduction)


@composite(
    examples=(
        "nll_loss(log_softmax(x), [0, 2])",
        "nll_loss(x, [0, 2], weight=exp(v), reduction='sum')",
        "nll_loss(v, 1)",
    ),
    **LOSS,
)
def nll_loss(x: Node, target: Node, weight: Any = None, reduction: str = "mean") -> Node:
    """Minus the log-probability of the target classes, which are integers."""
    if target.dtype.kind not in "iu" or target.ndim != x.ndim - 1:
        raise DiffcliError("bad-argument", "the targets must be integers, one for each example")
    axis = _class_axis(x)
    found = F.take_along_axis(x, F.expand_dims(target, axis), axis)
    return _weighted(-F.squeeze(found, axis), weight, target, reduction)


@composite(
    examples=(
        "cross_entropy(x, [0, 2])",
        "cross_entropy(x, softmax(y), label_smoothing=0.1)",
        "cross_entropy(x, [0, 2], reduction='none', label_smoothing=0.1)",
    ),
    **LOSS,
)
def cross_entropy(
    x: Node,
    target: Node,
    weight: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Node:
    """-log softmax(x) of the target: class indices, or probabilities of the shape of x."""
    axis = _class_axis(x)
    logs = F.log_softmax(ordered(x, "cross_entropy"), axis)
    if target.dtype.kind in "iu" and label_smoothing == 0:
        return F.nll_loss(logs, target, weight, reduction)
    n = x.shape[axis]
    if target.dtype.kind in "iu":
        if weight is not None:
            raise DiffcliError("bad-argument", "label_smoothing cannot be used with weights here")
        hot = F.equal(F.expand_dims(target, axis), _classes(n, axis, x.ndim))
        target = F.astype(hot, x.dtype)
    if target.shape != x.shape:
        raise DiffcliError(
            "shape", f"probabilities of shape {show(target.shape)} do not fit {show(x.shape)}"
        )
    target = target * (1 - label_smoothing) + label_smoothing / n
    if weight is not None:
        target = target * F.reshape(lift(weight), (n, *(1,) * (x.ndim - axis - 1)))
    return _reduced(-F.sum(target * logs, axis), reduction)


def _classes(n: int, axis: int, ndim: int) -> Node:
    return lift(np.arange(n).reshape(-1, *(1,) * (ndim - axis - 1)))


def _bernoulli_loss(xp: Any, x: Any, t: Any) -> Any:
    yes, no = xp.maximum(xp.log(x), -100), xp.maximum(xp.log1p(-x), -100)
    return -(t * yes + (1 - t) * no)


# the slope as PyTorch's binary_cross_entropy_backward has it: of no clamp, but finite at 0 and 1
Elementwise(
    "bernoulli_loss",
    lambda x, t: ((x, t), {}),
    _bernoulli_loss,
    d=(
        lambda y, x, t: (x - t) / F.maximum(x * (1 - x), 1e-12),
        lambda y, x, t: F.maximum(F.log1p(-x), -100.0) - F.maximum(F.log(x), -100.0),
    ),
    doc="-(t*log(x) + (1 - t)*log(1 - x)), logarithms not below -100.",
    domain="open01",
    holomorphic=False,
    hidden=True,
    **LOSS,
)


@composite(
    examples=("binary_cross_entropy(sigmoid(x), sigmoid(y))",),
    **LOSS,
)
def binary_cross_entropy(
    x: Node, target: Node, weight: Any = None, reduction: str = "mean"
) -> Node:
    """-(target*log(x) + (1 - target)*log(1 - x)), logarithms not below -100."""
    ordered(x, "binary_cross_entropy")
    loss = F.bernoulli_loss(x, target)
    return _reduced(loss if weight is None else loss * lift(weight), reduction)


@composite(
    examples=(
        "binary_cross_entropy_with_logits(x, sigmoid(y))",
        "binary_cross_entropy_with_logits(x, sigmoid(y), pos_weight=exp(v), reduction='sum')",
    ),
    **LOSS,
)
def binary_cross_entropy_with_logits(
    x: Node,
    target: Node,
    weight: Any = None,
    pos_weight: Any = None,
    reduction: str = "mean",
) -> Node:
    """binary_cross_entropy of sigmoid(x), without overflow."""
    ordered(x, "binary_cross_entropy_with_logits")
    yes = F.softplus(-x) if pos_weight is None else lift(pos_weight) * F.softplus(-x)
    loss = target * yes + (1 - target) * F.softplus(x)
    return _reduced(loss if weight is None else loss * lift(weight), reduction)


# ----- distances ----------------------------------------------------------------------------------

DISTANCE: dict[str, Any] = {"category": "distance", "arrays": 2, "method": False}


@composite(
    examples=("dist(x, y)", "dist(x, y, 1)"), kink="minimum-norm subgradient at 0", **DISTANCE
)
def dist(x: Node, y: Node, ord: Any = 2) -> Node:
    """Norm of order `ord` of the elements of x - y."""
    return F.norm(F.ravel(x - y), ord)


@composite(
    examples=("cdist(x, A)", "cdist(x, A, 1)"), kink="minimum-norm subgradient at 0", **DISTANCE
)
def cdist(x: Node, y: Node, ord: Any = 2) -> Node:
    """Distance of every row of x from every row of y, by the norm of order `ord`."""
    if x.ndim < 2 or y.ndim < 2:
        raise DiffcliError("shape", "cdist takes matrices of points in rows")
    return F.norm(F.expand_dims(x, -2) - F.expand_dims(y, -3), ord, -1)


@composite(
    examples=("cosine_similarity(x, y)", "cosine_similarity(x, y, axis=0)"),
    **DISTANCE,
)
def cosine_similarity(x: Node, y: Node, axis: int = 1, eps: float = 1e-8) -> Node:
    """sum(x*y)/(norm(x)*norm(y)) along an axis, norms not below eps."""
    ordered(x, "cosine_similarity")
    lengths = [F.maximum(F.norm(a, axis=axis, keepdims=True), eps) for a in (x, y)]
    return F.sum((x / lengths[0]) * (y / lengths[1]), axis)


@composite(
    examples=("normalize(x)", "normalize(x, 1, axis=0)"),
    category="distance",
)
def normalize(x: Node, ord: Any = 2, axis: int = 1, eps: float = 1e-12) -> Node:
    """x divided by its norm along an axis, not below eps."""
    return x / F.maximum(F.norm(x, ord, axis, True), eps)


# ----- layers -------------------------------------------------------------------------------------


@composite(examples=("linear(x, A)", "linear(x, A, v)"), **{**LAYER, "arrays": 2})
def linear(x: Node, weight: Node, bias: Any = None) -> Node:
    """x @ weight.T + bias."""
    y = F.matmul(x, F.transpose(weight))
    return y if bias is None else y + lift(bias)


@composite(
    examples=("layer_norm(x, 3)", "layer_norm(x, (2, 3), y, p)", "layer_norm(x, [3], v, w)"),
    **LAYER,
)
def layer_norm(
    x: Node, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Node:
    """(x - mean)/sqrt(var + eps) over the last axes, times weight, plus bias."""
    shape = shape_tuple(normalized_shape)
    if not shape or x.shape[-len(shape) :] != shape:
        raise DiffcliError("shape", f"{show(shape)} are not the last sizes of {show(x.shape)}")
    ordered(x, "layer_norm")
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    centred = x - F.mean(x, axes, True)
    y = centred / F.sqrt(F.mean(F.square(centred), axes, True) + eps)
    if weight is not None:
        y = y * lift(weight)
    return y if bias is None else y + lift(bias)


@composite(
    examples=("prelu(x, s)", "prelu(x, v)"),
    kink="the slope of x < 0 at 0",
    kink_at=lambda y, x, weight: F.equal(x, 0),
    **{**LAYER, "arrays": 2},
)
def prelu(x: Node, weight: Node) -> Node:
    """x where positive, weight*x elsewhere; one weight, or one for each channel (axis 1)."""
    if weight.size > 1 and x.ndim > 1:
        axis = axis_index(1, x.ndim)
        weight = F.reshape(weight, (-1, *(1,) * (x.ndim - axis - 1)))
    return F.where(F.greater(x, 0), x, weight * x)
