"""Schedulers one after the other, and several at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from diffcli.eager.optim.optimizer import Optimizer
from diffcli.eager.optim.schedulers import LRScheduler


class SequentialLR(LRScheduler):
    """One scheduler after the other, from epochs that are given."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self.optimizer, self._schedulers, self._milestones = optimizer, schedulers, milestones
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in schedulers:
            scheduler.last_epoch -= 1
        schedulers[0].step()
        self._last_lr = schedulers[0].get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch; a scheduler whose turn begins starts from its own."""
        self.last_epoch += 1
        k = bisect_right(self._milestones, self.last_epoch)
        begins = k > 0 and self._milestones[k - 1] == self.last_epoch
        self._schedulers[k].step(*([0] if begins else []))
        self._last_lr = self._schedulers[k].get_last_lr()


class ChainedScheduler(LRScheduler):
    """Several schedulers at once."""

    def __init__(
        self, schedulers: Iterable[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._schedulers = list(schedulers)
        if not self._schedulers:
            raise ValueError("ChainedScheduler expects at least one scheduler to be chained")
        self.optimizer = optimizer or self._schedulers[0].optimizer
        self._last_lr = self.rates()

    def step(self, epoch: int | None = None) -> None:
        """One step of each."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.rates()
