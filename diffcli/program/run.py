"""Running a program: text in, prints out, and what its names hold at the end."""

from __future__ import annotations

import sys
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, Source, Span
from diffcli.limits import LIMITS, uncollected
from diffcli.program import places
from diffcli.program.machine import MACHINE, Halt, Interrupted, OutOfTime, halt
from diffcli.syntax.parser import parse_program

STACK = 512 * 2**20
"""Bytes of stack for callbacks inside callbacks; calls of a program alone need none."""

ROOM = 2**30
"""Bytes of memory for what is no array."""

ROOM_OF_FRAMES = 2**23
"""Bytes for the frames of a program that is not nested extremely."""

_SLICE = 0.1
"""Seconds after which the end of a program is looked for again."""

PATIENCE = 0.5
"""Seconds that a program has to end itself, and then to be ended, when its time is up."""

NESTING = 300_000
"""Frames of Python inside one another: expressions nest as deep as their text does."""


def run_program(
    source: Source,
    write: Callable[[str], None],
    bindings: Mapping[str, Any] | None = None,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    warn: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """The names of the program and their values once it has ended.

    `write` receives what it prints, `warn` what it prints to standard error; their OSErrors end
    it and are raised. Raises the errors of the syntax, `limit`, and `program` with the exception
    that it did not catch, each with its place, and SystemExit where the program leaves with a code
    other than None and 0.
    """
    with uncollected(lasting=True):
        module = parse_program(source)
    names: dict[str, Any] = dict(bindings or {})
    MACHINE.start(write, steps, seconds, warn)
    try:
        supervised(lambda: _execute(module, names), source)
    except SystemExit as left:
        if left.code:
            raise
    return names


def supervised(action: Callable[[], None], source: Source) -> None:
    """Run a part of a program in a thread of its own, within the time and memory it may have.

    Raises what ends it as `run_program` does, and KeyboardInterrupt after it has been stopped.
    """
    outcome: list[BaseException] = []
    worker = threading.Thread(target=_guarded, args=(action, outcome), daemon=True)
    before = sys.getrecursionlimit(), threading.stack_size(STACK)
    sys.setrecursionlimit(NESTING)
    try:
        with _memory_bounded():
            worker.start()
            _wait(worker)
    except Halt as error:
        raise explained(error, source) from None
    finally:
        sys.setrecursionlimit(before[0])
        threading.stack_size(before[1])
        if not worker.is_alive():
            MACHINE.end()
    if outcome:
        raise explained(outcome[0], source)


@contextmanager
def _memory_bounded() -> Iterator[None]:
    """Room for a few arrays of the largest size, where the system can bound it.

    A program that keeps or broadcasts many arrays then gets a MemoryError, before the system
    begins to end processes.
    """
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        before = resource.getrlimit(resource.RLIMIT_AS)
    except (ImportError, OSError, ValueError):  # no such limits here
        yield
        return
    most = pages * resource.getpagesize() + STACK + ROOM + 4 * 8 * LIMITS.elements
    if before[0] == resource.RLIM_INFINITY or most < before[0]:
        resource.setrlimit(resource.RLIMIT_AS, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _wait(worker: threading.Thread) -> None:
    """Wait for a program, and no longer than it may take.

    A program looks at the clock itself after some steps. One whose steps are long is sent the end
    of its time, which reaches it between two steps of Python; again, because a library may take it
    for an error of its own callback. One that is inside a single long call of a library is left to
    itself. Raises OutOfTime for both.
    """
    sent = False
    try:
        while worker.is_alive() and not MACHINE.late(2 * PATIENCE):
            worker.join(_SLICE)
            if MACHINE.late(PATIENCE) and worker.is_alive():
                sent = True
                _send(worker, OutOfTime)
        if sent:
            raise OutOfTime
    except KeyboardInterrupt:
        MACHINE.interrupted = True
        worker.join(PATIENCE)
        if worker.is_alive():
            _send(worker, Interrupted)
        worker.join(2)
        raise


def _send(worker: threading.Thread, kind: type[BaseException]) -> None:
    """Raise an exception in another thread as soon as that executes Python again."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(worker.ident or 0), ctypes.py_object(kind)
    )


def _guarded(action: Callable[[], None], outcome: list[BaseException]) -> None:
    try:
        with (
            np.errstate(all="ignore"),
            np.printoptions(),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # what NumPy warns of is no news of the program
            action()
    except BaseException as error:
        outcome.append(error)


def _with_room(function: Callable[..., None]) -> Callable[..., None]:
    """`function` with a frame so large that Python puts all frames above it into the same piece.

    Python keeps frames in pieces of 16 KiB and asks the system for every piece anew, which takes
    longer than a call when a program goes back and forth over the end of one. A piece is twice as
    large as needed for a frame just above a power of two.
    """
    wide = function.__code__.replace(co_stacksize=ROOM_OF_FRAMES // 8 + 1)
    return FunctionType(wide, function.__globals__)


@_with_room
def _execute(module: Any, names: dict[str, Any]) -> None:
    from diffcli.eager.mode import recording
    from diffcli.program.builtins import language
    from diffcli.program.expressions import Expressions
    from diffcli.program.generators import Generator
    from diffcli.program.scopes import analyse
    from diffcli.program.statements import block
    from diffcli.program.tensors import offer_tensors, reset
    from diffcli.program.variables import Names

    if not module.statements:
        return
    reset()
    if names:
        offer_tensors()  # what is bound may be seen before anything of `torch` is
    try:
        with uncollected(lasting=True):
            scope = Expressions(analyse(module), Names(names, language()))
            body = block(scope, module.statements)
    except RecursionError:
        raise halt("the program is nested too deeply") from None
    with recording(True):
        body([])
        for value in list(names.values()):  # what Python does last
            if isinstance(value, Generator):
                value.abandon()


def explained(error: BaseException, source: Source) -> BaseException:
    """An uncaught exception as an error that is shown to the user."""
    if isinstance(error, Halt):
        error = error.error
        if isinstance(error, OSError):  # what it prints cannot be written
            return error
    if isinstance(error, DiffcliError):
        return error.at(None, source)
    if isinstance(error, MemoryError):
        return DiffcliError("too-large", "there is not enough memory", source=source)
    if not isinstance(error, Exception):
        return error
    where = places.places(error)
    kind = type(error).__name__
    text = str(error)
    shown = DiffcliError(
        "program",
        f"{kind}: {text}" if text else kind,
        span=where[0] if where else None,
        source=source,
        hint="\n".join([*_repair(error), *_calls(where[1:], source)]) or None,
    )
    shown.__cause__ = error
    places.forget()
    return shown


CALLS = 4
"""Calls that are shown around the place of an exception."""


def _calls(spans: list[Span], source: Source) -> list[str]:
    """The calls that led to the exception, innermost first."""
    lines = source.text.split("\n")
    numbers = [source.position(start)[0] for start, _ in spans]
    shown = [f"called from line {n}: {lines[n - 1].strip()[:LONGEST]}" for n in numbers[:CALLS]]
    left = len(numbers) - len(shown)
    return [*shown, f"and {left} more calls"] if left > 1 else shown


WIDTH = 90
"""Characters of a line that lists names."""

LONGEST = 70
"""Characters of a line that is repeated."""


def _repair(error: Exception) -> list[str]:
    """What to write instead, where a name is close to one that exists."""
    from diffcli.errors import closest
    from diffcli.program import attributes, modules
    from diffcli.program.builtins import language

    name = getattr(error, "name", None)
    if not isinstance(name, str):
        return []
    if isinstance(error, ModuleNotFoundError):
        return textwrap.wrap(f"programs have {', '.join(modules.FILES)}", WIDTH)
    if isinstance(error, AttributeError) and error.obj is not None:
        nearest = closest(name, attributes.names_of(error.obj))
    elif isinstance(error, NameError) and "not defined" in str(error):
        nearest = closest(name, language())
    else:
        return []
    return [f"did you mean '{nearest}'?"] if nearest else []
