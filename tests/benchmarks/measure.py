"""Interleaved timing, so that what slows the machine down slows everything that is compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


class Comparison:
    """Seconds that several works took in the same rounds, relative to one of them.

    `targets` gives, for some of the works, the largest ratio to the `baseline` that is good enough.
    """

    def __init__(
        self,
        name: str,
        baseline: str,
        seconds: Mapping[str, list[float]],
        targets: Mapping[str, float],
    ) -> None:
        self.name = name
        self.baseline = baseline
        self.seconds = seconds
        self.targets = targets

    def rows(self) -> list[dict[str, object]]:
        """One record a work; `ratio` compares medians."""
        reference = statistics.median(self.seconds[self.baseline])
        rows = []
        for work, seconds in self.seconds.items():
            median = statistics.median(seconds)
            ratio, target = median / reference, self.targets.get(work)
            rows.append(
                {
                    "benchmark": self.name,
                    "work": work,
                    "min_s": min(seconds),
                    "median_s": median,
                    "ratio": ratio,
                    "target": target,
                    "met": None if target is None else ratio <= target,
                }
            )
        return rows


def compare(
    name: str,
    works: Mapping[str, Callable[[], object]],
    *,
    baseline: str,
    targets: Mapping[str, float],
    rounds: int,
) -> Comparison:
    """Time every work once a round after one round that does not count."""
    seconds: dict[str, list[float]] = {work: [] for work in works}
    for counted in range(-1, rounds):
        for work, call in works.items():
            start = time.perf_counter()
            call()
            if counted >= 0:
                seconds[work].append(time.perf_counter() - start)
    return Comparison(name, baseline, seconds, targets)
