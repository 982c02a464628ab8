"""Activations with PyTorch's arguments, and normalisation of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.table import F
from diffcli.tensor.eager import leaf
from diffcli.tensor.functions import OWN, function, resolved
from diffcli.tensor.grad_fn import renamed
from diffcli.tensor.reductions import step
from diffcli.tensor.sampling import uniform
from diffcli.tensor.storage import put_result
from diffcli.tensor.tensor import Tensor, fresh


def _inplace(name: str) -> None:
    """An activation of the table that may change its argument."""
    table = resolved(name)

    def apply(input: Tensor, *args: Any, inplace: bool = False, **keywords: Any) -> Any:
        found = table(input, *args, **keywords)
        return put_result(input, found.node) if inplace else found

    function(name)(apply)


for _name in (
    "relu relu6 elu selu celu silu mish hardtanh hardsigmoid hardswish leaky_relu threshold"
).split():
    _inplace(_name)


@function("rrelu")
def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    """A slope below 0 drawn at random while training, else their mean."""
    if not training:
        return resolved("leaky_relu")(input, (lower + upper) / 2)
    slopes = leaf(uniform(input.shape, lower, upper).astype(input.dtype))
    return step("rrelu_with_noise", lambda x: F.where(F.less(x, 0), x * slopes, x), input.node)


@function("gumbel_softmax")
def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Any:
    """A soft sample of the classes, or a hard one with the gradient of the soft one."""
    noise: Any = fresh((-np.log(-np.log(uniform(logits.shape, 1e-20, 1.0)))).astype(logits.dtype))
    soft = resolved("softmax")((logits + noise) / tau, dim)
    if not hard:
        return soft
    best = np.asarray(soft.node.value)
    one: Any = fresh((best == best.max(dim, keepdims=True)).astype(best.dtype))
    return one - resolved("detach")(soft) + soft


@function("normalize")
def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    """Divided by the norm along an axis."""
    norms = resolved("clamp_min")(resolved("norm")(input, p, dim, True), eps)
    return input / resolved("expand_as")(norms, input)


# ----- layers -------------------------------------------------------------------------------------


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
    if input.shape[-len(shape) :] != shape:
        stars = "".join(f", {n}" for n in shape)
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{stars}], but got "
            f"input of size{list(input.shape)}"
        )
    axes = tuple(range(input.ndim - len(shape), input.ndim))
    return _with("native_layer_norm", input, weight, bias, lambda x: _standard(x, axes, eps), shape)


@function("rms_norm")
def rms_norm(input: Tensor, normalized_shape: Any, weight: Any = None, eps: Any = None) -> Tensor:
    """Divided by the root of the mean square over the last axes."""
    axes = tuple(range(input.ndim - len(tuple(normalized_shape)), input.ndim))
    small = float(np.finfo(input.dtype).eps) if eps is None else eps

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
    axes = tuple(a for a in range(input.ndim) if a != 1)
    shape = tuple(n if a == 1 else 1 for a, n in enumerate(input.shape))
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
    count = input.node.size // max(input.shape[1], 1)
    if count <= 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size "
            f"torch.Size({list(input.shape)})"
        )
    _keep(input, running_mean, running_var, axes, momentum, count)
    return _with("native_batch_norm", input, weight, bias, lambda x: _standard(x, axes, eps), shape)


def _keep(x: Tensor, mean: Any, var: Any, axes: Any, momentum: float, count: int) -> None:
    """Move running statistics towards those of a batch."""
    from diffcli.tensor.storage import assign

    value = np.asarray(x.node.value)
    for t, now in ((mean, value.mean(axes)), (var, value.var(axes) * count / (count - 1))):
        if t is not None:
            moved = (1 - momentum) * t.node.value + momentum * now
            assign(t, leaf(moved.astype(t.dtype)))


@function("group_norm")
def group_norm(
    input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Mean 0 and variance 1 of each group of channels."""
    n, channels = input.shape[:2]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
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
    """Mean 0 and variance 1 of each channel of each item."""
    found = group_norm(input, input.shape[1], weight, bias, eps)
    if found.requires_grad:
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
    factor = query.shape[-1] ** -0.5 if scale is None else scale
    rows, columns = query.shape[-2], key.shape[-2]
    hidden = None
    if is_causal:
        hidden = ~np.tri(rows, columns, dtype=bool)
    elif attn_mask is not None and attn_mask.dtype.kind == "b":
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


OWN["nn_functional_dropout"] = OWN["dropout"]
