"""`torch.optim`: stochastic gradient descent and its relatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from diffcli.tensor.eager import leaf
from diffcli.tensor.mode import recording
from diffcli.tensor.nn.parameter import clear
from diffcli.tensor.storage import assign
from diffcli.tensor.tensor import Tensor

PRINTED = {"differentiable": False, "foreach": None, "fused": None, "maximize": False}
"""Settings of PyTorch's optimizers that choose an implementation; there is one here."""


class Optimizer:
    """Parameters in groups, each with its own settings; `step` moves them against their gradients.

    Subclasses state `move`: the new value of a parameter from its value and gradient.
    """

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        self.param_groups = [{**defaults, **group} for group in groups]
        self.state: dict[int, dict[str, Any]] = {}
        for group in self.param_groups:
            given = group["params"]
            group["params"] = [given] if isinstance(given, Tensor) else list(given)
            for p in group["params"]:
                if not isinstance(p, Tensor):
                    raise TypeError(
                        f"optimizer can only optimize Tensors, but one of the params is "
                        f"{type(p).__name__}"
                    )
                if not p.is_leaf:
                    raise ValueError("can't optimize a non-leaf Tensor")

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            shown = {**PRINTED, **group}
            lines += [f"    {key}: {shown[key]}" for key in sorted(shown) if key != "params"]
        return "\n".join([*lines, ")"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for group in self.param_groups:
            for p in group["params"]:
                clear(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; `closure` computes the loss first."""
        loss = None
        if closure is not None:
            with recording(True):
                loss = closure()
        with recording(False), np.errstate(all="ignore"):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        state = self.state.setdefault(id(p), {})
                        value = self.move(p.node.value, p.grad.node.value, state, group)
                        assign(p, leaf(value))
        return loss

    def move(self, x: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """The new value of a parameter."""
        raise NotImplementedError


def _positive(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"Invalid {name}: {value}")


class SGD(Optimizer):
    """x - lr*g, with momentum, damping, weight decay and Nesterov's form as PyTorch has them."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        _positive("learning rate", lr)
        _positive("momentum value", momentum)
        _positive("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )

    def move(self, x: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """One step of gradient descent."""
        g = -g if group["maximize"] else g
        if group["weight_decay"]:
            g = g + group["weight_decay"] * x
        if group["momentum"]:
            before = state.get("momentum_buffer")
            damped = (1 - group["dampening"]) * g
            v = g if before is None else group["momentum"] * before + damped
            state["momentum_buffer"] = v
            g = g + group["momentum"] * v if group["nesterov"] else v
        return x - group["lr"] * g


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015), with L2 regularisation by `weight_decay`."""

    decoupled = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        _positive("learning rate", lr)
        _positive("epsilon value", eps)
        for i, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        super().__init__(
            params,
            lr=lr,
            betas=tuple(betas),
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            maximize=maximize,
        )

    def move(self, x: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """One step with estimates of the first two moments of the gradient."""
        first, second = group["betas"]
        decay, lr = group["weight_decay"], group["lr"]
        g = -g if group["maximize"] else g
        if decay and self.decoupled:
            x = x * (1 - lr * decay)
        elif decay:
            g = g + decay * x
        state["step"] = n = state.get("step", 0) + 1
        m = state.get("exp_avg", 0 * x)
        v = state.get("exp_avg_sq", 0 * x)
        m = m + (g - m) * (1 - first)
        v = v * second + (1 - second) * g * np.conj(g)
        state["exp_avg"], state["exp_avg_sq"] = m, v
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", v), v)
        size = np.sqrt(v) / (1 - second**n) ** 0.5 + group["eps"]
        return x - (lr / (1 - first**n)) * (m / size)


class AdamW(Adam):
    """Adam with the weight decay outside of the gradient (Loshchilov and Hutter, 2019)."""

    decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of squared gradients (Duchi et al., 2011)."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
    ) -> None:
        _positive("learning rate", lr)
        super().__init__(
            params,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial=initial_accumulator_value,
            eps=eps,
        )

    def move(self, x: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """One step scaled by all gradients so far."""
        g = g + group["weight_decay"] * x if group["weight_decay"] else g
        state["step"] = n = state.get("step", 0) + 1
        total = state.get("sum", 0 * x + group["initial"]) + g * g
        state["sum"] = total
        rate = group["lr"] / (1 + (n - 1) * group["lr_decay"])
        return x - rate * g / (np.sqrt(total) + group["eps"])


class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of squared gradients (Hinton, 2012)."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
    ) -> None:
        _positive("learning rate", lr)
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
        )

    def move(self, x: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        """One step scaled by the recent size of gradients."""
        g = g + group["weight_decay"] * x if group["weight_decay"] else g
        alpha = group["alpha"]
        square = state.get("square_avg", 0 * x) * alpha + (1 - alpha) * g * g
        state["square_avg"] = size = square
        if group["centered"]:
            mean = state.get("grad_avg", 0 * x)
            state["grad_avg"] = mean = mean + (g - mean) * (1 - alpha)
            size = square - mean * mean
        scaled = g / (np.sqrt(size) + group["eps"])
        if group["momentum"]:
            scaled = state.get("momentum_buffer", 0 * x) * group["momentum"] + scaled
            state["momentum_buffer"] = scaled
        return x - group["lr"] * scaled
