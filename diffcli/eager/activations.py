"""Activations with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.functions import OWN, function, resolved, table_function
from diffcli.eager.grad_fn import renamed
from diffcli.eager.methods import changed
from diffcli.eager.nodes import leaf
from diffcli.eager.reductions import step
from diffcli.eager.sampling import uniform
from diffcli.eager.signatures import PythonSignature, stated
from diffcli.eager.tensor import Tensor, fresh
from diffcli.ops.table import F

ACTIVATIONS = {
    "relu": "input, inplace=False",
    "relu6": "input, inplace=False",
    "elu": "input, alpha=1.0, inplace=False",
    "selu": "input, inplace=False",
    "celu": "input, alpha=1.0, inplace=False",
    "silu": "input, inplace=False",
    "mish": "input, inplace=False",
    "hardtanh": "input, min_val=-1.0, max_val=1.0, inplace=False",
    "hardsigmoid": "input, inplace=False",
    "hardswish": "input, inplace=False",
    "leaky_relu": "input, negative_slope=0.01, inplace=False",
    "threshold": "input, threshold, value, inplace=False",
    "logsigmoid": "input",
    "softsign": "input",
    "tanhshrink": "input",
    "softplus": "input, beta=1.0, threshold=20.0",
    "softshrink": "input, lambd=0.5",
    "hardshrink": "input, lambd=0.5",
    "glu": "input, dim=-1",
}
"""Activations of the table; most may change their argument."""

IN_PLACE = {
    "elu": "elu:1",
    "selu": "elu:1",
    "celu": "celu:1",
    "leaky_relu": "leaky_relu:1",
    "threshold": "threshold:1",
}
"""What steps of those that change their argument are called, where PyTorch's have other names."""


def _activation(name: str, parameters: str) -> None:
    table = table_function(name)

    def apply(*args: Any, **keywords: Any) -> Any:
        given = takes.values(args, keywords)
        inplace = given.pop("inplace", False)
        x = given.pop("input")
        if not isinstance(x, Tensor):
            raise TypeError(
                f"{name}(): argument 'input' (position 1) must be Tensor, not {type(x).__name__}"
            )
        if not inplace:
            return table(x, **given)
        found = changed(x, table, **given)
        if name in IN_PLACE and found.node.tracked:
            renamed(found.node, IN_PLACE[name])
        return found

    apply.__name__ = name
    apply.__signature__ = stated(parameters)  # type: ignore[attr-defined]
    takes = PythonSignature(name, apply)
    OWN[f"nn_functional_{name}"] = apply
    if "inplace" in parameters:
        OWN[f"nn_functional_{name}_"] = lambda *args, **keywords: apply(
            *args, **keywords, inplace=True
        )


for _name, _parameters in ACTIVATIONS.items():
    _activation(_name, _parameters)


def _over_classes(name: str) -> None:
    """A function of the scores of classes, which are along the first axis but for batches."""
    table = resolved(name)

    def apply(
        input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
    ) -> Any:
        if dim is None:
            dim = 0 if input.ndim in (0, 1, 3) else 1
        return table(input, dim) if dtype is None else table(input, dim, dtype=dtype)

    apply.__name__ = apply.__qualname__ = name
    function(f"nn_functional_{name}")(apply)


for _name in ("softmax", "log_softmax", "softmin"):
    _over_classes(_name)


@function("softmax2d")
def softmax2d(input: Tensor) -> Any:
    """softmax over the channels of images."""
    if input.ndim not in (3, 4):
        raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
    return resolved("softmax")(input, -3)


@function("rrelu")
def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    """A slope below 0 drawn at random while training, else their mean."""
    slopes = np.full(input.node.shape, (lower + upper) / 2)
    if training:
        slopes = uniform(input.node.shape, lower, upper)
    factor = leaf(slopes.astype(input.node.dtype))
    name = "rrelu_with_noise:1" if inplace else "rrelu_with_noise"

    def compute(x: Tensor) -> Tensor:
        return step(name, lambda n: F.where(F.less(n, 0), n * factor, n), x.node)

    return changed(input, compute) if inplace else compute(input)


@function("gumbel_softmax")
def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Any:
    """A soft sample of the classes, or a hard one with the gradient of the soft one."""
    noise: Any = fresh(
        (-np.log(-np.log(uniform(logits.node.shape, 1e-20, 1.0)))).astype(logits.node.dtype)
    )
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
