"""Optimizers that move each parameter by itself: gradient descent, Adam and their relatives.

The numbers are computed in the order that PyTorch's documentation of each algorithm has.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.optim.optimizer import Rule, State
from diffcli.eager.promotion import DEFAULT

Group = dict[str, Any]

CHOICES = "foreach=None, maximize=False, capturable=False, differentiable=False"
"""Settings that choose an implementation, of which there is one here; and the direction."""


def _decayed(x: Any, g: Any, group: Group) -> tuple[Any, Any]:
    """Value and gradient with the weight decay: of the value itself where it is decoupled."""
    decay = group["weight_decay"]
    if not decay:
        return x, g
    if group.get("decoupled_weight_decay"):
        return x * (1 - group["lr"] * decay), g
    return x, g + decay * x


def _towards(a: Any, b: Any, share: float) -> Any:
    """A running mean: a moved towards b."""
    return a + share * (b - a) if share < 0.5 else b - (b - a) * (1 - share)


def _moments(g: Any, state: State, group: Group) -> tuple[Any, Any]:
    """Running means of the gradient and of its square."""
    first, second = group["betas"]
    m = state["exp_avg"] = _towards(state["exp_avg"], g, 1 - first)
    v = state["exp_avg_sq"] = state["exp_avg_sq"] * second + (1 - second) * g * np.conj(g)
    return m, v


class SGD(Rule):
    """x - lr*g, with momentum, damping, weight decay and Nesterov's form as PyTorch has them."""

    settings = (
        "lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, "
        "foreach=None, differentiable=False, fused=None"
    )

    def check(self, settings: Group) -> None:
        """Nesterov's form has a momentum and no damping."""
        if settings["nesterov"] and (settings["momentum"] <= 0 or settings["dampening"]):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step of gradient descent."""
        _, g = _decayed(x, g, group)
        if group["momentum"]:
            before = state.get("momentum_buffer")
            damped = (1 - group["dampening"]) * g
            v = g if before is None else group["momentum"] * before + damped
            state["momentum_buffer"] = v
            g = g + group["momentum"] * v if group["nesterov"] else v
        return x - group["lr"] * g


class Adam(Rule):
    """Estimates of the first two moments of the gradient (Kingma and Ba, 2015)."""

    settings = (
        "lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None, "
        "maximize=False, capturable=False, differentiable=False, fused=None, "
        "decoupled_weight_decay=False"
    )
    order = (
        "lr betas eps weight_decay amsgrad maximize foreach capturable differentiable fused "
        "decoupled_weight_decay"
    )
    remembered = ("exp_avg", "exp_avg_sq")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step with moments corrected for their start at 0."""
        first, second = group["betas"]
        x, g = _decayed(x, g, group)
        m, v = _moments(g, state, group)
        n = state["step"]
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"] = np.maximum(state.get("max_exp_avg_sq", 0 * v), v)
        size = np.sqrt(v) / (1 - second**n) ** 0.5 + group["eps"]
        return x + (-(group["lr"] / (1 - first**n)) * m) / size


class AdamW(Adam):
    """Adam with the weight decay outside of the gradient (Loshchilov and Hutter, 2019)."""

    settings = (
        "lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, *, "
        "maximize=False, foreach=None, capturable=False, differentiable=False, fused=None"
    )
    order = "lr betas eps weight_decay amsgrad maximize foreach capturable differentiable fused"
    fixed = {"decoupled_weight_decay": True}  # noqa: RUF012


class Adamax(Rule):
    """Adam with the largest gradient in place of the second moment (Kingma and Ba, 2015)."""

    settings = (
        "lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False, "
        "differentiable=False, capturable=False"
    )
    remembered = ("exp_avg", "exp_inf")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step divided by the largest gradient, which fades."""
        first, second = group["betas"]
        _, g = _decayed(x, g, group)
        m = state["exp_avg"] = _towards(state["exp_avg"], g, 1 - first)
        largest = np.maximum(state["exp_inf"] * second, np.abs(g) + group["eps"])
        state["exp_inf"] = largest
        return x + (-(group["lr"] / (1 - first ** state["step"])) * m) / largest


class NAdam(Rule):
    """Adam with Nesterov's momentum (Dozat, 2016)."""

    settings = (
        "lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, "
        f"decoupled_weight_decay=False, *, {CHOICES}"
    )
    order = (
        "lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize foreach "
        "capturable differentiable"
    )
    remembered = ("mu_product", "exp_avg", "exp_avg_sq")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step with the momentum of this time and of the next."""
        first, second = group["betas"]
        n = state["step"]
        now, later = (first * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (n, n + 1))
        before = 1.0 if n == 1 else float(state["mu_product"])
        product = state["mu_product"] = float(DEFAULT.real.type(before * now))
        x, g = _decayed(x, g, group)
        m, v = _moments(g, state, group)
        size = np.sqrt(v / (1 - second**n)) + group["eps"]
        x = x + (-group["lr"] * (1 - now) / (1 - product) * g) / size
        return x + (-group["lr"] * later / (1 - product * later) * m) / size


class RAdam(Rule):
    """Adam whose variance is rectified while it is not known (Liu et al., 2020)."""

    settings = (
        "lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *, "
        + CHOICES
    )
    order = (
        "lr betas eps weight_decay maximize foreach capturable decoupled_weight_decay "
        "differentiable"
    )
    remembered = ("exp_avg", "exp_avg_sq")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step, adaptive once enough gradients have been seen."""
        first, second = group["betas"]
        n = state["step"]
        x, g = _decayed(x, g, group)
        m, v = _moments(g, state, group)
        corrected = m / (1 - first**n)
        known = 1 - second**n
        most = 2 / (1 - second) - 1
        length = most - 2 * n * second**n / known
        if length <= 5:
            return x - corrected * group["lr"]
        rectified = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
        adaptive = known**0.5 / (np.sqrt(v) + group["eps"])
        return x - corrected * group["lr"] * adaptive * rectified**0.5


class Adagrad(Rule):
    """Steps divided by the root of the sum of squared gradients (Duchi et al., 2011)."""

    settings = (
        "lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, "
        "foreach=None, *, maximize=False, differentiable=False, fused=None"
    )
    order = (
        "lr lr_decay eps weight_decay initial_accumulator_value foreach maximize differentiable "
        "fused"
    )
    remembered = ("sum",)

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step scaled by all gradients so far."""
        _, g = _decayed(x, g, group)
        n = state["step"]
        start = group["initial_accumulator_value"] if n == 1 else 0
        total = state["sum"] = state["sum"] + start + g * g
        rate = group["lr"] / (1 + (n - 1) * group["lr_decay"])
        return x + (-rate * g) / (np.sqrt(total) + group["eps"])


class Adadelta(Rule):
    """Steps in the units of the parameters (Zeiler, 2012)."""

    settings = (
        "lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, "
        "maximize=False, differentiable=False"
    )
    order = "lr rho eps weight_decay maximize capturable foreach differentiable"
    remembered = ("square_avg", "acc_delta")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step scaled by the recent size of steps over that of gradients."""
        _, g = _decayed(x, g, group)
        rho, eps = group["rho"], group["eps"]
        square = state["square_avg"] = state["square_avg"] * rho + (1 - rho) * g * g
        delta = np.sqrt(state["acc_delta"] + eps) / np.sqrt(square + eps) * g
        state["acc_delta"] = state["acc_delta"] * rho + (1 - rho) * delta * delta
        return x - group["lr"] * delta


class RMSprop(Rule):
    """Steps divided by the root of a running mean of squared gradients (Hinton, 2012)."""

    settings = (
        "lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, "
        "capturable=False, foreach=None, maximize=False, differentiable=False"
    )
    order = "lr momentum alpha eps centered weight_decay capturable foreach maximize differentiable"
    remembered = ("square_avg",)

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step scaled by the recent size of gradients."""
        _, g = _decayed(x, g, group)
        alpha = group["alpha"]
        square = state["square_avg"] = state["square_avg"] * alpha + (1 - alpha) * g * g
        if group["momentum"] > 0:
            state.setdefault("momentum_buffer", 0 * x)
        if group["centered"]:
            mean = _towards(state.get("grad_avg", 0 * x), g, 1 - alpha)
            state["grad_avg"] = mean
            square = square - mean * mean
        size = np.sqrt(square) + group["eps"]
        if group["momentum"] > 0:
            moved = state["momentum_buffer"] * group["momentum"] + g / size
            state["momentum_buffer"] = moved
            return x - group["lr"] * moved
        return x + (-group["lr"] * g) / size


class Rprop(Rule):
    """Steps by the signs of gradients alone (Riedmiller and Braun, 1993)."""

    settings = (
        "lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None, "
        "maximize=False, differentiable=False"
    )
    order = "lr etas step_sizes foreach maximize differentiable capturable"
    remembered = ("prev", "step_size")

    def check(self, settings: Group) -> None:
        """Steps shrink by one factor and grow by the other."""
        low, high = settings["etas"]
        if not 0 < low < 1 < high:
            raise ValueError(f"Invalid eta values: {low}, {high}")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step: longer where the sign stays, shorter and none where it changes."""
        if state["step"] == 1:
            state["step_size"] = np.full_like(x, group["lr"])
        low, high = group["etas"]
        turned = np.sign(g * state["prev"])
        factor = np.where(turned > 0, high, np.where(turned < 0, low, 1.0)).astype(x.dtype)
        size = np.clip(state["step_size"] * factor, *group["step_sizes"])
        g = np.where(turned < 0, np.zeros_like(g), g)
        state["step_size"], state["prev"] = size, g
        return x - np.sign(g) * size


class ASGD(Rule):
    """Gradient descent and the mean of the places it has been to (Polyak and Juditsky, 1992)."""

    settings = (
        "lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False, "
        "differentiable=False, capturable=False"
    )
    remembered = ("eta", "mu", "ax")

    def move(self, x: Any, g: Any, state: State, group: Group) -> Any:
        """One step, and the mean moved towards the place that it leads to."""
        lr, lambd, n = group["lr"], group["lambd"], state["step"]
        eta, mu = float(DEFAULT.real.type(lr)), 1.0
        if n > 1:
            eta, mu = float(state["eta"]), float(state["mu"])
        _, g = _decayed(x, g, group)
        x = x * (1 - lambd * eta) - eta * g
        state["ax"] = x if mu == 1 else state["ax"] + (x - state["ax"]) * mu
        state["eta"] = float(lr / (1 + lambd * lr * n) ** group["alpha"])
        state["mu"] = float(1 / max(1.0, n - group["t0"]))
        return x


RULES = (
    SGD,
    Adam,
    AdamW,
    Adamax,
    NAdam,
    RAdam,
    Adagrad,
    Adadelta,
    RMSprop,
    Rprop,
    ASGD,
)
