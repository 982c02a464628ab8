"""Schedulers that go up and down, momenta with them, and the one that watches a number."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from diffcli.eager.optim.optimizer import Optimizer
from diffcli.eager.optim.schedulers import LRScheduler


class CosineAnnealingLR(LRScheduler):
    """Half a cosine down, and up again (Loshchilov and Hutter, 2017)."""

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """From the rates before, but at the lowest place from the first ones."""
        n, half, low = self.last_epoch, self.T_max, self.eta_min
        if n == 0:
            return self.rates()
        pairs = zip(self.base_lrs, self.rates(), strict=True)
        if self._step_count == 1:
            return [low + (base - low) * self.whole() for base, _ in pairs]
        if (n - 1 - half) % (2 * half) == 0:
            up = 1 - math.cos(math.pi / half)
            return [rate + (base - low) * up / 2 for base, rate in pairs]
        ratio = (1 + math.cos(math.pi * n / half)) / (1 + math.cos(math.pi * (n - 1) / half))
        return [ratio * (rate - low) + low for _, rate in pairs]

    def whole(self) -> float:
        """Half of the cosine, raised to above 0."""
        return (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine down, then from the top again (Loshchilov and Hutter, 2017)."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """By the place in the present half."""
        up = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * up / 2 for base in self.base_lrs]

    def step(self, epoch: Any = None) -> None:
        """Go to the next epoch, or to a place that is given, which may be a fraction."""
        if epoch is None and self.last_epoch >= 0:
            self.last_epoch += 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            self._locate(epoch)
            self.last_epoch = math.floor(epoch)
        self.place(self.get_lr())

    def _locate(self, epoch: Any) -> None:
        if epoch < self.T_0:
            self.T_cur, self.T_i = epoch, self.T_0
        elif self.T_mult == 1:
            self.T_cur, self.T_i = epoch % self.T_0, self.T_0
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n


def _listed(value: Any, optimizer: Optimizer, name: str) -> list[Any]:
    """One value for each group."""
    n = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * n
    if len(value) != n:
        raise ValueError(f"expected {n} values for {name}, got {len(value)}")
    return list(value)


class Momenta(LRScheduler):
    """A scheduler that may set momenta: `momentum`, or the first of `betas`."""

    cycle_momentum: bool

    def _check_momentum(self, optimizer: Optimizer) -> None:
        if self.cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )

    def _place_momenta(self, momenta: list[Any]) -> None:
        for group, momentum in zip(self.optimizer.param_groups, momenta, strict=True):
            if "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum


class CyclicLR(Momenta):
    """Up and down between two rates (Smith, 2017)."""

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.8,
        max_momentum: Any = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        for group, rate in zip(
            optimizer.param_groups, _listed(base_lr, optimizer, "base_lr"), strict=True
        ):
            if last_epoch == -1:
                group["lr"] = group["initial_lr"] = rate
        self.max_lrs = _listed(max_lr, optimizer, "max_lr")
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = float(step_size_up) / self.total_size
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" * (mode == "exp_range")
        self.cycle_momentum = cycle_momentum
        self._check_momentum(optimizer)
        self.base_momentums = _listed(base_momentum, optimizer, "base_momentum")
        self.max_momentums = _listed(max_momentum, optimizer, "max_momentum")
        super().__init__(optimizer, last_epoch)

    def _scale(self, cycle: float) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(self.last_epoch if self.scale_mode == "iterations" else cycle)
        if self.mode == "exp_range":
            return float(self.gamma**self.last_epoch)
        return 1.0 if self.mode == "triangular" else 1 / (2.0 ** (cycle - 1))

    def get_lr(self) -> list[Any]:
        """By the place in the present cycle; sets the momenta as well."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self._scale(cycle)
        if self.cycle_momentum:
            pairs = zip(self.base_momentums, self.max_momentums, strict=True)
            self._place_momenta([high - (high - low) * height * scale for low, high in pairs])
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * height * scale for low, high in pairs]


class OneCycleLR(Momenta):
    """Up to a rate and far down again (Smith and Topin, 2019)."""

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: Any,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: Any = 0.85,
        max_momentum: Any = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError(
                    "You must define either total_steps OR (epochs AND steps_per_epoch)"
                )
            total_steps = epochs * steps_per_epoch
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        up = float(pct_start * total_steps) - 1
        # where each phase ends, and the rates and momenta between which it goes
        rates, momenta = ["initial_lr", "max_lr"], ["max_momentum", "base_momentum"]
        if three_phase:
            ends = [up, float(2 * pct_start * total_steps) - 2, total_steps - 1]
            self._phases = [
                (ends[0], rates, momenta),
                (ends[1], rates[::-1], momenta[::-1]),
                (ends[2], ["initial_lr", "min_lr"], ["max_momentum", "max_momentum"]),
            ]
        else:
            self._phases = [
                (up, rates, momenta),
                (total_steps - 1, ["max_lr", "min_lr"], momenta[::-1]),
            ]
        for group, rate in zip(
            optimizer.param_groups, _listed(max_lr, optimizer, "max_lr"), strict=True
        ):
            if last_epoch == -1:
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        self._check_momentum(optimizer)
        self.optimizer = optimizer
        if cycle_momentum and last_epoch == -1:
            lows = _listed(base_momentum, optimizer, "base_momentum")
            highs = _listed(max_momentum, optimizer, "max_momentum")
            self._place_momenta(highs)
            for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
                group["max_momentum"], group["base_momentum"] = high, low
        super().__init__(optimizer, last_epoch)

    def _mixed(self, group: dict[str, Any], names: list[str], share: float) -> float:
        """Between two settings of a group."""
        start, end = (group[name] for name in names)
        if self.anneal_strategy == "linear":
            return float((end - start) * share + start)
        return float(end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1))

    def get_lr(self) -> list[Any]:
        """By the place in the present phase; sets the momenta as well."""
        n = self.last_epoch
        if n > self.total_steps:
            raise ValueError(
                f"Tried to step {n} times. The total number of steps is {self.total_steps}"
            )
        ends = [end for end, _, _ in self._phases]
        k = min(bisect_left(ends, n), len(ends) - 1)
        start = ends[k - 1] if k else 0
        share = (n - start) / (ends[k] - start)
        _, rates, momenta = self._phases[k]
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            self._place_momenta([self._mixed(group, momenta, share) for group in groups])
        return [self._mixed(group, rates, share) for group in groups]


class ReduceLROnPlateau(LRScheduler):
    """Times a factor when a number that is watched has not become better for a while."""

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        if mode not in ("min", "max"):
            raise ValueError("mode " + mode + " is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError("threshold mode " + threshold_mode + " is unknown!")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.cooldown_counter, self.eps = cooldown, 0, eps
        self.min_lrs = _listed(min_lr, optimizer, "min_lr")
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self.rates()

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the number of an epoch."""
        now = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._better(now):
            self.best, self.num_bad_epochs = now, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self.rates()

    def _better(self, now: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            bound = self.best + sign * self.threshold
        else:
            bound = self.best * (1.0 + sign * self.threshold)
        return now > bound if self.mode == "max" else now < bound

    def _reduce(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            rate = max(group["lr"] * self.factor, least)
            if group["lr"] - rate > self.eps:
                group["lr"] = rate
