"""Normalisation of layers, and attention."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.functions import function
from diffcli.eager.grad_fn import renamed
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.tensor import Tensor
from diffcli.graph.node import Node
from diffcli.ops.table import F


def _affine(x: Node, weight: Node | None, bias: Node | None, shape: tuple[int, ...]) -> Node:
    """x times a weight plus a bias, of a shape that broadcasts."""
    x = x if weight is None else x * F.reshape(weight, shape)
    return x if bias is None else x + F.reshape(bias, shape)


def _with(
    name: str, x: Tensor, weight: Any, bias: Any, normal: Callable[[Node], Node], shape: Any
) -> Tensor:
    given = [t.node for t in (weight, bias) if t is not None]

    def compute(n: Node, *rest: Node) -> Node:
        own = iter(rest)
        w = None if weight is None else next(own)
        return _affine(normal(n), w, None if bias is None else next(own), shape)

    return step(name, compute, x.node, *given)


def _standard(x: Node, axes: tuple[int, ...], eps: float) -> Node:
    centred = x - F.mean(x, axes, True)
    return centred * F.rsqrt(F.mean(F.square(centred), axes, True) + eps)


@function("layer_norm")
def layer_norm(
    input: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Mean 0 and variance 1 over the last axes, then scaled and shifted."""
    shape = tuple(normalized_shape)
    if input.node.shape[-len(shape) :] != shape:
        stars = "".join(f", {n}" for n in shape)
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{stars}], but got "
            f"input of size{list(input.node.shape)}"
        )
    axes = tuple(range(input.ndim - len(shape), input.ndim))
    return _with("native_layer_norm", input, weight, bias, lambda x: _standard(x, axes, eps), shape)


@function("rms_norm")
def rms_norm(input: Tensor, normalized_shape: Any, weight: Any = None, eps: Any = None) -> Tensor:
    """Divided by the root of the mean square over the last axes."""
    axes = tuple(range(input.ndim - len(tuple(normalized_shape)), input.ndim))
    small = float(np.finfo(input.node.dtype).eps) if eps is None else eps

    def normal(x: Node) -> Node:
        return x * F.rsqrt(F.mean(F.square(x), axes, True) + small)

    return _with("mul", input, weight, None, normal, tuple(normalized_shape))


@function("batch_norm")
def batch_norm(
    input: Tensor,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 of each channel, or by running statistics when not training."""
    held = {"running_mean": running_mean, "running_var": running_var}
    for name, t in {**held, "weight": weight, "bias": bias}.items():
        if t is not None and t.node.size != input.node.shape[1]:
            raise RuntimeError(
                f"{name} should contain {input.node.shape[1]} elements not {t.node.size}"
            )
    axes = tuple(a for a in range(input.ndim) if a != 1)
    shape = tuple(n if a == 1 else 1 for a, n in enumerate(input.node.shape))
    if not training:
        mean, var = (leaf(np.reshape(t.node.value, shape)) for t in (running_mean, running_var))
        return _with(
            "native_batch_norm",
            input,
            weight,
            bias,
            lambda x: (x - mean) * F.rsqrt(var + eps),
            shape,
        )
    count = input.node.size // max(input.node.shape[1], 1)
    if count <= 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size "
            f"torch.Size({list(input.node.shape)})"
        )
    _keep(input, running_mean, running_var, axes, momentum, count)
    return _with("native_batch_norm", input, weight, bias, lambda x: _standard(x, axes, eps), shape)


def _keep(x: Tensor, mean: Any, var: Any, axes: Any, momentum: float, count: int) -> None:
    """Move running statistics towards those of a batch."""
    from diffcli.eager.storage import assign

    value = np.asarray(x.node.value)
    for t, now in ((mean, value.mean(axes)), (var, value.var(axes) * count / (count - 1))):
        if t is not None:
            now = now.mean(0) if now.ndim > 1 else now  # of all items
            moved = (1 - momentum) * t.node.value + momentum * now
            assign(t, leaf(moved.astype(t.node.dtype)))


@function("group_norm")
def group_norm(
    input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Mean 0 and variance 1 of each group of channels."""
    n, channels = input.node.shape[:2]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.node.shape)} and num_groups={num_groups}"
        )
    grouped = (n, num_groups, -1)
    shape = (1, channels, *[1] * (input.ndim - 2))

    def normal(x: Node) -> Node:
        return F.reshape(_standard(F.reshape(x, grouped), (2,), eps), x.shape)

    return _with("native_group_norm", input, weight, bias, normal, shape)


@function("instance_norm")
def instance_norm(
    input: Tensor,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Mean 0 and variance 1 of each channel of each item, or by running statistics."""
    if not use_input_stats:
        found = batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    else:
        count = math.prod(input.node.shape[2:])
        if count <= 1:
            raise ValueError(
                "Expected more than 1 spatial element when training, got input size "
                f"torch.Size({list(input.node.shape)})"
            )
        axes = tuple(range(2, input.ndim))
        _keep(input, running_mean, running_var, axes, momentum, count)
        found = group_norm(input, input.node.shape[1], weight, bias, eps)
    if found.node.tracked:
        renamed(found.node, "view")
    return found


@function("scaled_dot_product_attention")
def attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """softmax(query @ key.T * scale + mask) @ value."""
    factor = query.node.shape[-1] ** -0.5 if scale is None else scale
    rows, columns = query.node.shape[-2], key.node.shape[-2]
    hidden = None
    if is_causal:
        hidden = ~np.tri(rows, columns, dtype=bool)
    elif attn_mask is not None and attn_mask.node.dtype.kind == "b":
        hidden = ~np.asarray(attn_mask.node.value)
    added = [attn_mask.node] if attn_mask is not None and hidden is None else []

    def compute(q: Node, k: Node, v: Node, *masks: Node) -> Node:
        scores = F.matmul(q, F.matrix_transpose(k)) * factor
        for mask in masks:
            scores = scores + mask
        if hidden is not None:
            scores = F.where(hidden, leaf(q.dtype.type(-np.inf)), scores)
        return F.matmul(F.softmax(scores, -1), v)

    name = "scaled_dot_product_flash_attention_for_cpu" if query.ndim == 4 else "unsafe_view"
    return step(name, compute, query.node, key.node, value.node, *added)
