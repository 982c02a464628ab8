"""Limits on what untrusted text may use: steps, elements of an array, time; and on garbage."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep
from typing import Any

from diffcli.errors import DiffcliError, Span


class Limits:
    """The limits in force.

    `steps` bounds the operations that one expression is written with, `elements` the size of an
    array (2**28 are 2 GiB of float64). `end` ends the process with an error, where a process may
    be ended.
    """

    __slots__ = ("elements", "end", "steps")

    def __init__(self) -> None:
        self.steps = 250_000
        self.elements = 2**28
        self.end: Callable[[DiffcliError], object] | None = None


LIMITS = Limits()

LONGEST = 1e8
"""Seconds that a timer can have everywhere: three years."""

GRACE = 1.0
"""Seconds that what is out of time has to come to an end by itself."""


def check_elements(count: float, what: str = "this", span: Span | None = None) -> None:
    """Raise `too-large` where `what` would make an array of more elements than allowed."""
    if count > LIMITS.elements:
        raise DiffcliError(
            "too-large",
            f"{what} would make an array of {count:.0f} elements",
            span=span,
            hint=f"the limit is {LIMITS.elements} elements; --max-elements allows more",
        )


@contextmanager
def uncollected(lasting: bool = False) -> Iterator[None]:
    """A while without a search for garbage.

    Syntax trees and graphs have no cycles, and to look for them while one grows takes as long as
    the work itself. What is `lasting` counts as old afterwards; all else would be searched at once.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if lasting and not gc.get_freeze_count():  # what somebody has frozen stays so
            gc.freeze()
            gc.unfreeze()
        if collecting:
            gc.enable()


@contextmanager
def limited(
    steps: int | None = None, elements: int | None = None, seconds: float | None = None
) -> Iterator[None]:
    """Other limits for a while; None leaves one as it is.

    After `seconds` a `limit` error is raised between two steps of Python. A long call into a
    library is finished first, or ended with the process where `LIMITS.end` can, which a call that
    lets no other thread run (SciPy's `sqrtm` and `logm`) puts off. Time is limited in the main
    thread, and where the system has timers.
    """
    before = LIMITS.steps, LIMITS.elements
    LIMITS.steps = steps or LIMITS.steps
    LIMITS.elements = elements or LIMITS.elements
    stop = _start_timer(seconds) if seconds is not None else None
    try:
        yield
    finally:
        if stop is not None:
            stop()
        LIMITS.steps, LIMITS.elements = before


def _start_timer(seconds: float) -> Any:
    import signal

    if not seconds > 0:
        raise DiffcliError("bad-argument", f"a time limit is a positive number, not {seconds:g}")
    message = f"the computation took longer than {seconds:g} seconds"
    error = DiffcliError("limit", message, hint="--timeout allows more")
    stopped: list[bool] = []

    def expired(*_: Any) -> None:
        raise error

    def watch() -> None:
        sleep(min(seconds, LONGEST) + GRACE)
        if LIMITS.end is not None and not stopped:
            LIMITS.end(error)  # whose place is known by now, if it was raised

    if not hasattr(signal, "setitimer"):
        return None
    try:
        previous = signal.signal(signal.SIGALRM, expired)
    except ValueError:  # not the main thread
        return None
    signal.setitimer(signal.ITIMER_REAL, min(seconds, LONGEST))
    if LIMITS.end is not None:
        Thread(target=watch, daemon=True).start()

    def stop() -> None:
        stopped.append(True)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)

    return stop
