"""Whether and how what a program computes is recorded: one state for all of it."""

from __future__ import annotations

from typing import Any


class Mode:
    """Whether gradients are recorded, and whether what is made is for inference only."""

    __slots__ = (
        "anomaly",
        "changed",
        "check_nan",
        "duals",
        "hooks",
        "hooks_disabled",
        "inference",
        "inspected",
        "recording",
        "switches",
    )

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The state in which every program starts."""
        self.recording = True
        self.inference = False
        self.anomaly = False
        self.check_nan = True
        self.duals = False  # whether any dual tensor has been made
        self.changed = False  # whether saved values may have been changed in place, or packed
        self.inspected = False  # whether nodes are looked at when they are recorded
        self.switches: list[int] = []  # numbers of nodes at which inference began or ended
        self.hooks: list[Any] = []  # hooks on saved values, those in force last
        self.hooks_disabled: str | None = None  # why there may be none


MODE = Mode()


class recording:
    """Record gradients, or do not, for a while."""

    __slots__ = ("before", "enabled")

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        self.before, MODE.recording = MODE.recording, self.enabled

    def __exit__(self, *error: object) -> None:
        MODE.recording = self.before
