"""The modules `time` and `sys` of programs."""

from __future__ import annotations

import sys
import time
from typing import Any

from diffcli.program.attributes import Field, register
from diffcli.program.machine import MACHINE
from diffcli.program.nesting import text
from diffcli.program.values import Builtin, Namespace

CLOCKS = "time perf_counter monotonic process_time time_ns perf_counter_ns monotonic_ns".split()

_SLICE = 0.05
"""Seconds that a program sleeps before it is asked whether it may go on."""


def sleep(seconds: float) -> None:
    """Wait; the time that a program may take goes on."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        MACHINE.refill()
        time.sleep(min(left, _SLICE))


def _clocks() -> dict[str, Any]:
    clocks = {name: Builtin(name, lambda name=name: getattr(time, name)()) for name in CLOCKS}
    return {**clocks, "sleep": Builtin("sleep", sleep)}


TIME = Namespace("time", _clocks)


class Stream:
    """`sys.stdout` or `sys.stderr`."""

    __slots__ = ("standard",)

    def __init__(self, standard: bool) -> None:
        self.standard = standard

    def write(self, shown: Any) -> int:
        """Print a text as it is; gives its length."""
        if not isinstance(shown, str):
            raise TypeError(f"write() argument must be str, not {type(shown).__name__}")
        MACHINE.allow(len(shown))
        (MACHINE.write if self.standard else MACHINE.warn)(shown)
        return len(shown)


def leave(code: Any = None) -> None:
    """End the program: with an error unless `code` is None or 0."""
    raise SystemExit(code if code is None or isinstance(code, int) else text(code))


def _sys() -> dict[str, Any]:
    register(Stream, {"write": Stream.write, "flush": lambda stream: None})
    names = ("epsilon", "max", "min", "dig")
    fields = {name: Field(lambda info, name=name: getattr(info, name)) for name in names}  # type: ignore[misc]
    register(type(sys.float_info), fields)
    return {
        "stdout": Stream(True),
        "stderr": Stream(False),
        "exit": Builtin("exit", leave),
        "float_info": sys.float_info,
        "maxsize": sys.maxsize,
    }


SYS = Namespace("sys", _sys)
