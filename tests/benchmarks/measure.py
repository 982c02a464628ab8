"""Interleaved timing, so that what slows the machine down slows everything that is compared."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

BUDGET = 4.0
"""Seconds after which no further round is begun."""

ROUNDS = (3, 40)
"""Fewest and most rounds."""

SHORTEST = 2e-2
"""Seconds of a measurement; calls that take less are repeated."""

WARM = 0.1
"""Seconds that a work runs before it is measured."""

OURS, HAND, BEST = "diffcli", "by hand", "best peer"

Timed = Callable[[int], float]
"""Makes so many calls and says how many seconds one took."""


class Target(NamedTuple):
    """Ours is at most `limit` times `against`: another work, or `BEST`, the fastest of the peers.

    Where `against` is None the limit is in the unit of the measurements.
    """

    limit: float
    against: str | None = HAND


class Comparison:
    """What several works took in the same rounds, relative to one of them, the `baseline`.

    Measurements are seconds unless `unit` says otherwise. The least one counts: what else the
    machine does can only add to it.
    """

    def __init__(
        self,
        about: str,
        measured: Mapping[str, list[float]],
        targets: Sequence[Target],
        baseline: str = HAND,
        unit: str = "s",
    ) -> None:
        self.about = about
        self.measured = dict(measured)
        self.targets = list(targets)
        self.baseline = baseline if baseline in measured else next(iter(measured))
        self.unit = unit

    def least(self, work: str) -> float:
        """The least measurement of a work."""
        return min(self.measured[work])

    def ratio(self, work: str) -> float:
        """A work relative to the baseline."""
        return self.least(work) / self.least(self.baseline)

    def best_peer(self) -> str | None:
        """The fastest of those that are neither ours nor by hand."""
        peers = [w for w in self.measured if w not in (OURS, HAND)]
        return min(peers, key=self.least, default=None)

    def reached(self, target: Target) -> float | None:
        """What ours comes to in the terms of a target; None where nothing is there to compare."""
        if target.against is None:
            return self.least(OURS)
        other = self.best_peer() if target.against == BEST else target.against
        return self.least(OURS) / self.least(other) if other in self.measured else None

    def record(self, name: str) -> dict[str, object]:
        """All of it as one JSON object."""
        works = {
            work: {
                "least": min(taken),
                "median": statistics.median(taken),
                "ratio": self.ratio(work),
            }
            for work, taken in self.measured.items()
        }
        targets = []
        for target in self.targets:
            reached = self.reached(target)
            met = None if reached is None else reached <= target.limit
            targets.append({**target._asdict(), "reached": reached, "met": met})
        return {
            "benchmark": name,
            "about": self.about,
            "unit": self.unit,
            "baseline": self.baseline,
            "works": works,
            "targets": targets,
        }


def repeated(call: Callable[[], object]) -> Timed:
    """The time of a function of this process."""

    def timed(number: int) -> float:
        start = time.perf_counter()
        for _ in range(number):
            call()
        return (time.perf_counter() - start) / number

    return timed


def interleaved(works: Mapping[str, Timed]) -> dict[str, list[float]]:
    """Time every work once a round, once it is warm.

    A turn of works that take less than `WARM` begins with calls that are not measured: they find
    the caches, the frequency, the memory and the waiting threads that the work before them left.
    """
    known = {work: _calls(timed) for work, timed in works.items()}
    taken: dict[str, list[float]] = {work: [] for work in works}
    start, (fewest, most) = time.perf_counter(), ROUNDS
    for done in range(most):
        if done >= fewest and time.perf_counter() - start > BUDGET:
            break
        for work, timed in works.items():
            number, least = known[work]
            if least < WARM:
                timed(number)
            taken[work].append(timed(number))
    return taken


def _calls(timed: Timed) -> tuple[int, float]:
    """How many calls take as long as a measurement, and what one takes; the work gets warm."""
    number, least = 1, timed(1)
    while number * least < WARM:
        number *= 2
        least = min(least, timed(number))
    return max(1, round(SHORTEST / least)), least
