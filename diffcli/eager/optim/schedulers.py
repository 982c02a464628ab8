"""`torch.optim.lr_scheduler`: learning rates that change from epoch to epoch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from diffcli.eager.optim.optimizer import Optimizer


class LRScheduler:
    """Sets the learning rates of an optimizer; `get_lr` states them for the present epoch.

    A rate is computed from the one before where PyTorch does so, which decides its last digits.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer, self.last_epoch = optimizer, last_epoch
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming an "
                    "optimizer"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._step_count = 0
        self.step()

    def rates(self) -> list[Any]:
        """The present learning rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_lr(self) -> list[Any]:
        """The learning rates of the present epoch."""
        raise NotImplementedError

    def get_last_lr(self) -> list[Any]:
        """The learning rates that were set last."""
        return self._last_lr

    _last_lr: list[Any]

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, or to one that is given."""
        self._step_count += 1
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        whole = None if epoch is None else self.whole()
        if whole is None:
            self.place(self.get_lr())
        else:
            self.place([low + (base - low) * whole for base, low in self._ranges()])

    def whole(self) -> float | None:
        """The factor of the first rates at the present epoch, if it does not depend on the past."""
        return None

    def _ranges(self) -> list[tuple[Any, Any]]:
        """The first rate of each group, and the lowest."""
        low = self.__dict__.get("eta_min", 0)
        return [(base, low) for base in self.base_lrs]

    def place(self, rates: list[Any]) -> None:
        """Set the learning rates."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=False):
            group["lr"] = rate
        self._last_lr = self.rates()

    def state_dict(self) -> dict[str, Any]:
        """All that is not the optimizer."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state."""
        self.__dict__.update(state_dict)


class Factor(LRScheduler):
    """Rates that are those before times a factor, which is `first` at the start."""

    first = 1.0

    def factor(self) -> float:
        """The factor of the present epoch."""
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        """The rates before times the factor."""
        factor = self.first if self.last_epoch == 0 else self.factor()
        return [rate if factor == 1 else rate * factor for rate in self.rates()]


class StepLR(Factor):
    """Times gamma every so many epochs."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """gamma at multiples of the step size."""
        return 1.0 if self.last_epoch % self.step_size else self.gamma

    def whole(self) -> float:
        """gamma for each step."""
        return float(self.gamma ** (self.last_epoch // self.step_size))


class MultiStepLR(Factor):
    """Times gamma at epochs that are given."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """gamma as often as the epoch is given."""
        return float(self.gamma ** self.milestones[self.last_epoch])

    def whole(self) -> float:
        """gamma for each epoch that was given."""
        return float(
            self.gamma ** sum(n for at, n in self.milestones.items() if at <= self.last_epoch)
        )


class ConstantLR(Factor):
    """Times a factor until an epoch."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.first, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """Back to the rates themselves."""
        return 1.0 / self.first if self.last_epoch == self.total_iters else 1.0

    def whole(self) -> float:
        """The factor, then 1."""
        return self.first if self.last_epoch < self.total_iters else 1.0


class LinearLR(Factor):
    """Times a factor that goes from one number to another."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to "
                "1."
            )
        if not 0 <= end_factor <= 1:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.first, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """The factor of now over the one before."""
        if self.last_epoch > self.total_iters:
            return 1.0
        way = self.end_factor - self.first
        return 1.0 + way / (self.total_iters * self.first + (self.last_epoch - 1) * way)

    def whole(self) -> float:
        """From one number to the other."""
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        return self.first + (self.end_factor - self.first) * share


class ExponentialLR(Factor):
    """Times gamma every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """gamma."""
        return self.gamma

    def whole(self) -> float:
        """gamma for each epoch."""
        return float(self.gamma**self.last_epoch)


class PolynomialLR(Factor):
    """A power of what remains until the last epoch."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor(self) -> float:
        """What remains now over what remained before."""
        n, total = self.last_epoch, self.total_iters
        if n > total:
            return 1.0
        return float(((1.0 - n / total) / (1.0 - (n - 1) / total)) ** self.power)

    def whole(self) -> float:
        """What remains."""
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        return float((1.0 - share) ** self.power)


class LambdaLR(LRScheduler):
    """The first rates times a function of the epoch, one for all groups or one each."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.lr_lambdas = _each(lr_lambda, optimizer, "lr_lambdas")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The functions of the present epoch times the first rates."""
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [rate * f(self.last_epoch) for rate, f in pairs]


class MultiplicativeLR(LRScheduler):
    """The rates before times a function of the epoch."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.lr_lambdas = _each(lr_lambda, optimizer, "lr_lambdas")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The functions of the present epoch times the rates before."""
        if self.last_epoch == 0:
            return self.rates()
        pairs = zip(self.rates(), self.lr_lambdas, strict=True)
        return [rate * f(self.last_epoch) for rate, f in pairs]


def _each(given: Any, optimizer: Optimizer, name: str) -> list[Any]:
    """One value for each group; raises ValueError for another number of them."""
    n = len(optimizer.param_groups)
    if not isinstance(given, list | tuple):
        return [given] * n
    if len(given) != n:
        raise ValueError(f"Expected {n} {name}, but got {len(given)}")
    return list(given)
