"""Losses, made of functions of tensors as PyTorch makes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.eager.functions import OWN, resolved, table_function
from diffcli.eager.operators import fitting
from diffcli.eager.reductions import step
from diffcli.eager.selection import array_of
from diffcli.eager.signatures import PythonSignature, stated
from diffcli.eager.tensor import Tensor
from diffcli.ops.table import F

Function = Callable[..., Any]

REDUCED = "size_average=None, reduce=None, reduction='mean'"
"""The parameters of most losses at the end."""


def reduced(loss: Any, reduction: str) -> Any:
    """The mean, the sum, or the losses themselves."""
    return loss if reduction == "none" else resolved(reduction)(loss)


def loss(name: str, parameters: str) -> Callable[[Function], Function]:
    """Decorator that makes the losses of single items a function with these parameters.

    The definition takes the operands and settings that it has a use for. What it gives is reduced,
    unless `reduction` is among them.
    """

    def register(define: Function) -> Function:
        code = define.__code__
        own = code.co_varnames[: code.co_argcount]

        def apply(*args: Any, **keywords: Any) -> Any:
            given = takes.values(args, keywords)
            for place, key in enumerate(takes.required[:2]):
                if not isinstance(given[key], Tensor):
                    raise TypeError(
                        f"{name}(): argument '{key}' (position {place + 1}) must be Tensor, not "
                        f"{type(given[key]).__name__}"
                    )
            given["reduction"] = reduction = _reduction(given)
            found = define(**{key: given[key] for key in own})
            return found if "reduction" in own else reduced(found, reduction)

        apply.__name__ = name
        apply.__signature__ = stated(parameters)  # type: ignore[attr-defined]
        takes = PythonSignature(name, apply)
        OWN[name] = apply
        return apply

    return register


def _reduction(given: dict[str, Any]) -> Any:
    """What to do with losses; `size_average` and `reduce` said so in older programs."""
    average, reduce = given.get("size_average"), given.get("reduce")
    reduction = given["reduction"]
    if average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if average is False else "mean"
    if reduction not in ("mean", "sum", "none", "batchmean"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


# ----- numbers ------------------------------------------------------------------------------------


def _weighted(name: str, input: Tensor, target: Tensor, weight: Any, **options: Any) -> Any:
    """A loss of the table on two tensors, as one step; weights come in between."""
    fitting(input.node, target.node)
    table = table_function(name)
    reduction = options.pop("reduction")
    if weight is None:
        return table(input, target, reduction=reduction, **options)
    _check_weight(input, weight)
    losses = weight * table(input, target, reduction="none", **options)
    if reduction == "mean" and name != "huber_loss":
        return reduced(losses, "sum") / reduced(weight, "sum")
    return reduced(losses, reduction)


def _check_weight(input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight.node.shape != input.node.shape:
        raise ValueError("Weights and input must have the same size.")


@loss("mse_loss", f"input, target, {REDUCED}, weight=None")
def mse_loss(input: Tensor, target: Tensor, weight: Any, reduction: str) -> Any:
    """(input - target)**2."""
    return _weighted("mse_loss", input, target, weight, reduction=reduction)


@loss("l1_loss", f"input, target, {REDUCED}, weight=None")
def l1_loss(input: Any, target: Any, weight: Any, reduction: str) -> Any:
    """|input - target|."""
    fitting(input.node, target.node)
    losses = abs(input - target)
    _check_weight(input, weight)
    if weight is not None and reduction == "mean":
        return reduced(weight * losses, "sum") / reduced(weight, "sum")
    return reduced(losses if weight is None else weight * losses, reduction)


@loss("smooth_l1_loss", f"input, target, {REDUCED}, beta=1.0")
def smooth_l1_loss(input: Tensor, target: Tensor, beta: float, reduction: str) -> Any:
    """Squares over 2*beta within beta of the target, absolute values less beta/2 beyond."""
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return _weighted("smooth_l1_loss", input, target, None, reduction=reduction, beta=beta)


@loss("huber_loss", "input, target, reduction='mean', delta=1.0, weight=None")
def huber_loss(input: Tensor, target: Tensor, delta: float, weight: Any, reduction: str) -> Any:
    """Half of squares within delta of the target, delta*(distance - delta/2) beyond."""
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _weighted("huber_loss", input, target, weight, reduction=reduction, delta=delta)


# ----- distributions ------------------------------------------------------------------------------


@loss(
    "poisson_nll_loss",
    "input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, "
    "reduction='mean'",
)
def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float) -> Any:
    """Minus the log-likelihood of counts under Poisson distributions."""
    log, exp = resolved("log"), resolved("exp")
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        stirling = target * log(target) - target + 0.5 * log(2 * math.pi * target)
        losses = losses + resolved("masked_fill")(stirling, target <= 1, 0)
    return losses


@loss("gaussian_nll_loss", "input, target, var, full=False, eps=1e-6, reduction='mean'")
def gaussian_nll_loss(input: Any, target: Any, var: Any, full: bool, eps: float) -> Any:
    """Minus the log-likelihood under normal distributions."""
    if not isinstance(var, Tensor):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = resolved("full_like")(input, var)
    elif (array_of(var) < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.node.shape != input.node.shape:
        if var.node.shape == input.node.shape[:-1]:
            var = resolved("unsqueeze")(var, -1)
        elif var.node.shape != (*input.node.shape[:-1], 1):
            raise ValueError("var is of incorrect size")
    spread = clamped(var, eps)
    losses = 0.5 * (resolved("log")(spread) + (input - target) ** 2 / spread)
    return losses + 0.5 * math.log(2 * math.pi) if full else losses


def clamped(x: Any, low: float) -> Any:
    """x brought above a bound, as if it were not: gradients pass."""
    return step("clone", lambda n: n + F.stop_gradient(F.maximum(n, low) - n), x.node)


@loss("kl_div", f"input, target, {REDUCED}, log_target=False")
def kl_div(input: Any, target: Any, reduction: str, log_target: bool) -> Any:
    """Kullback-Leibler divergence of a target from logarithms of probabilities."""
    if log_target:
        losses = resolved("exp")(target) * (target - input)
    else:
        losses = resolved("xlogy")(target, target) - target * input
    if reduction == "batchmean":
        return reduced(losses, "sum") / input.node.shape[0]
    return reduced(losses, reduction)
