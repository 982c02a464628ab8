"""What a running program has used, what it may use, and where it prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import inf
from time import monotonic
from typing import Any

from diffcli.errors import DiffcliError, ExitStatus
from diffcli.limits import LIMITS

STEPS = 50_000_000
"""Rounds of loops and calls that a program may make, unless it is given another number."""

DEPTH = 996
"""Calls inside one another; Python stops a program about there."""

DIGITS = 2**20
"""Bits of an integer."""

_CHUNK = 256


class Halt(BaseException):
    """Ends a program whatever it tries to catch; `error` is what the user is told."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class LimitError(DiffcliError):
    """A program that wants more than it may have: the computation failed, the text is fine."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__("limit", message, hint=hint)

    @property
    def status(self) -> ExitStatus:
        """A failed computation."""
        return ExitStatus.FAILED


def halt(message: str, hint: str | None = None) -> Halt:
    """The end of a program that wants more than it may have."""
    return Halt(LimitError(message, hint))


class Machine:
    """Counters of the program that runs.

    `left` is what remains of the steps granted last: every round of a loop and every call takes
    one, and asks for more with `refill` when it has gone below zero.
    """

    __slots__ = (
        "allowed",
        "arrays",
        "deadline",
        "depth",
        "handling",
        "interrupted",
        "left",
        "random",
        "remaining",
        "seconds",
        "warn",
        "write",
    )

    left: float

    def __init__(self) -> None:
        self.start()
        self.end()

    def start(
        self,
        write: Callable[[str], None] | None = None,
        steps: int | None = None,
        seconds: float | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        """Begin a program; its prints go to `write`, those to standard error to `warn`."""
        self.write = _ending(write or _nowhere)
        self.warn = _ending(warn or _nowhere)
        self.random: Any = None  # generators of numbers, made when first used
        self.arrays: Any = None
        self.grant(steps, seconds)

    def grant(self, steps: int | None = None, seconds: float | None = None) -> None:
        """Allow so many steps and so much time from now on."""
        self.allowed = steps or STEPS
        self.remaining: float = self.allowed
        self.left = 0
        self.depth = 0
        self.seconds = seconds
        self.deadline = None if seconds is None else monotonic() + seconds
        self.interrupted = False
        self.handling: list[BaseException] = []

    def end(self) -> None:
        """Count nothing: no program runs, and what is called is called from Python."""
        self.left = inf
        self.deadline = None

    def late(self, by: float = 0.0) -> bool:
        """Whether the program has had more than its time, and this many seconds."""
        return self.deadline is not None and monotonic() > self.deadline + by

    def refill(self) -> None:
        """Grant further steps; raises Halt when there are none, or no time, left."""
        if self.interrupted:
            raise Interrupted
        if self.late():
            raise OutOfTime
        missing = -self.left
        if missing > self.remaining:
            raise halt(
                f"the program makes more than {self.allowed} steps",
                "--max-steps N allows more; every round of a loop and every call is a step",
            )
        granted = min(max(missing, _CHUNK), self.remaining)
        self.remaining -= granted
        self.left += granted

    def charge(self, steps: int) -> None:
        """Take several steps at once, for work that a built-in function does."""
        self.left -= steps
        if self.left < 0:
            self.refill()

    def allow(self, count: int) -> None:
        """Take what a text or list of `count` elements costs; raises Halt for one too long."""
        if count > LIMITS.elements:
            raise halt(
                f"a value of {count} elements is longer than {LIMITS.elements}",
                "--max-elements N allows more",
            )
        self.left -= count >> 3
        if self.left < 0:
            self.refill()

    def allow_bits(self, bits: float) -> None:
        """Raise Halt for an integer that is too large to compute with."""
        if bits > DIGITS:
            raise halt(f"an integer has more than {DIGITS} bits", "a float such as 2.0 is shorter")


class Interrupted(Halt):
    """Ends the program that runs; takes no arguments, as an exception sent to a thread must."""

    def __init__(self) -> None:
        super().__init__(DiffcliError("interrupted", "stopped by the user"))


class OutOfTime(Halt):
    """Ends the program that runs; takes no arguments, as an exception sent to a thread must."""

    def __init__(self) -> None:
        words = f"the program took longer than {MACHINE.seconds or 0:g} seconds"
        super().__init__(LimitError(words, "--timeout SECONDS allows more"))


def _ending(write: Callable[[str], None]) -> Callable[[str], None]:
    """`write`, whose errors are none that the program could catch: they end it."""

    def printed(shown: str) -> None:
        try:
            write(shown)
        except OSError as error:
            raise Halt(error) from None

    return printed


def _nowhere(_: str) -> None:
    pass


MACHINE = Machine()
"""The program that runs; there is one at a time, as there is one set of limits."""

_SIZED = (list, tuple, dict, set, frozenset, str, range)


def bounded(iterable: Iterable[Any]) -> Iterable[Any]:
    """`iterable`, counted: one of known length at once, any other as it is read."""
    if type(iterable) in _SIZED:
        try:
            MACHINE.allow(len(iterable))  # type: ignore[arg-type]
        except OverflowError:
            MACHINE.allow(LIMITS.elements + 1)
        return iterable
    return counted(iter(iterable))


def counted(iterator: Iterator[Any]) -> Iterator[Any]:
    """The items of `iterator`, each a step."""
    machine = MACHINE
    for count, item in enumerate(iterator, 1):
        machine.left -= 1
        if machine.left < 0:
            machine.refill()
        if count > LIMITS.elements:
            machine.allow(count)
        yield item


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, which reads collections, with the iterators among its arguments counted."""

    def read(*args: Any, **named: Any) -> Any:
        counts = {name: _counted_if_iterator(value) for name, value in named.items()}
        return function(*map(_counted_if_iterator, args), **counts)

    return read


def _counted_if_iterator(value: Any) -> Any:
    return counted(value) if hasattr(type(value), "__next__") else value
