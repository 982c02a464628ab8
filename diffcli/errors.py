"""Errors as data: a stable code, one sentence, a place in the text, and a repair.

Everything that can go wrong in front of a user is a `DiffcliError`. Where it is drawn (caret frame,
JSON object) is the business of `diffcli.render`; which exit status it means follows from its code.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

Span = tuple[int, int]
"""Half-open range of character offsets in a `Source`."""


class ExitStatus(IntEnum):
    """Exit codes of the command line, and what they mean."""

    OK = 0, "done"
    FAILED = 1, "the computation failed: shape, domain, check not met"
    USAGE = 2, "the input was wrong: usage, syntax, names, files"
    PARTIAL = 3, "part of a batch failed"
    INTERRUPTED = 130, "interrupted"  # 128 + SIGINT, as shells report it

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitStatus:
        """A status that knows what it means."""
        status = int.__new__(cls, value)
        status._value_ = value
        status.meaning = meaning
        return status


class Kind(NamedTuple):
    """What an error code stands for."""

    status: ExitStatus
    meaning: str
    repair: str


_FAILED, _USAGE = ExitStatus.FAILED, ExitStatus.USAGE

CATALOGUE: dict[str, Kind] = {
    "usage": Kind(
        _USAGE,
        "an option or argument of the command is wrong",
        "'diffcli COMMAND --help' lists what it takes",
    ),
    "syntax": Kind(
        _USAGE,
        "the text is not an expression of the language",
        "the caret shows where reading stopped; 'diffcli help language' says what can be written",
    ),
    "limit": Kind(
        _USAGE,
        "the input is larger or deeper than a limit allows",
        "--max-steps and --timeout allow more (exit 1 where a program that ran exceeds one)",
    ),
    "unknown-name": Kind(
        _USAGE,
        "a name is neither bound nor a constant",
        "bind it: NAME=VALUE",
    ),
    "unknown-function": Kind(
        _USAGE,
        "no function, method or attribute has this name",
        "'diffcli functions WORD' searches; 'diffcli functions' lists all",
    ),
    "bad-argument": Kind(
        _USAGE,
        "a function was called with arguments it does not take",
        "'diffcli functions NAME' shows its signature",
    ),
    "bad-binding": Kind(
        _USAGE,
        "a NAME=VALUE binding cannot be read",
        "'diffcli help bindings' says what can be bound; quote values with spaces",
    ),
    "bad-file": Kind(
        _USAGE,
        "a file is missing, unreadable, or not what its name says",
        "check the path, and that the ending names the format",
    ),
    "missing-extra": Kind(
        _USAGE,
        "an optional package is not installed",
        "the message has the command that installs it; 'diffcli doctor' lists all of them",
    ),
    "shape": Kind(
        _FAILED,
        "the shapes of the operands do not fit",
        "sizes must be equal or 1, from the last axis; reshape, [:, None] or .T make them so",
    ),
    "dtype": Kind(
        _FAILED,
        "an operation is not defined for these number types",
        "real(z) and astype(x, float) convert; --dtype complex128 computes with complex numbers",
    ),
    "index": Kind(_FAILED, "an index is outside the array", "x.shape says how long each axis is"),
    "domain": Kind(
        _FAILED,
        "a value lies where the operation has no result",
        "'diffcli functions NAME' states the domain; pinv and lstsq do without an inverse",
    ),
    "not-scalar": Kind(
        _FAILED,
        "a gradient was asked of a result with several elements",
        "write sum(...), or use vjp or jacobian",
    ),
    "not-differentiable": Kind(
        _FAILED,
        "no derivative exists with respect to this",
        "choose real or complex variables with --wrt; int(3) binds an integer, 3 a real number",
    ),
    "kink": Kind(
        _FAILED,
        "a derivative does not exist at the point, and none may be chosen",
        "--kink choose takes the one that 'diffcli functions NAME' states",
    ),
    "data-dependent": Kind(
        _FAILED,
        "a shape or branch depends on values not known yet",
        "where(condition, a, b) takes the place of a branch, and of a mask in []",
    ),
    "too-large": Kind(
        _FAILED,
        "the result does not fit into the memory allowed",
        "--max-elements allows more; --sparse always, vjp and hvp make no large arrays",
    ),
    "check-failed": Kind(
        _FAILED,
        "two ways of computing a derivative disagree",
        "look for a kink or a pole at the point, and try another point",
    ),
    "partial": Kind(
        ExitStatus.PARTIAL,
        "some rows of a batch could not be computed",
        "the rows are named; mend them, or leave them out with --on-error skip",
    ),
    "program": Kind(
        _FAILED,
        "the program raised an exception that it did not catch",
        "the caret shows the statement; the text is the one that PyTorch has",
    ),
    "interrupted": Kind(
        ExitStatus.INTERRUPTED,
        "the user stopped the command",
        "a batch goes on with --resume",
    ),
    "internal": Kind(
        _FAILED,
        "a defect of diffcli itself",
        "please report it with the command; DIFFCLI_DEBUG=1 shows where it happened",
    ),
}
"""Every error code with its exit status, meaning and general repair."""


class Source:
    """A named text that spans point into: the expression, the value of a binding, a file."""

    __slots__ = ("_ends", "name", "text")

    def __init__(self, text: str, name: str = "expression") -> None:
        self.text = text
        self.name = name
        self._ends: list[int] | None = None  # of lines, which are found when they are asked for

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1) of a character offset."""
        if self._ends is None:
            self._ends = [k for k, character in enumerate(self.text) if character == "\n"]
        line = bisect_left(self._ends, offset)
        return line + 1, offset - (self._ends[line - 1] if line else -1)


class DiffcliError(Exception):
    """A failure that is explained to the user.

    Parameters are the catalogue `code`, one sentence without a final full stop, the `span` in
    `source` that it is about, and a `hint` that says what to write instead.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        span: Span | None = None,
        source: Source | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.source = source
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # processes send errors to each other, and an exception is made again from its arguments
        return type(self), (self.code, self.message), self.__dict__

    @property
    def status(self) -> ExitStatus:
        """The exit status that the code stands for."""
        return CATALOGUE[self.code].status

    def at(self, span: Span | None, source: Source | None = None) -> DiffcliError:
        """Fill in the place unless a more precise one is known already; returns self."""
        if self.span is None:
            self.span = span
        if self.source is None:
            self.source = source
        return self


def check_choice(what: str, given: object, choices: Sequence[str]) -> None:
    """Raise `bad-argument` unless the argument `what` is one of the choices."""
    if given not in choices:
        raise DiffcliError("bad-argument", f"{what} is one of {', '.join(choices)}, not {given!r}")


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be, or None.

    Distance is Damerau-Levenshtein (optimal string alignment), at most a third of the length and
    at most 2. Ties go to the one with the fewest other letters, then to the one that begins alike
    for longer, then to the alphabetically first.
    """
    if len(name) < 2:
        return None
    limit = min(2, max(1, (len(name) + 1) // 3))
    best: tuple[int, int, int, str] | None = None
    for candidate in candidates:
        if abs(len(candidate) - len(name)) > limit:
            continue
        distance = _edit_distance(name.lower(), candidate.lower())
        if distance > limit:
            continue
        a, b = name.lower(), candidate.lower()
        letters = sum(abs(a.count(c) - b.count(c)) for c in {*a, *b})
        rank = (distance, letters, -_shared_start(a, b), candidate)
        if best is None or rank < best:
            best = rank
    return best[3] if best else None


def _shared_start(a: str, b: str) -> int:
    for i, (ca, cb) in enumerate(zip(a, b, strict=False)):
        if ca != cb:
            return i
    return min(len(a), len(b))


def _edit_distance(a: str, b: str) -> int:
    previous2: list[int] = []
    previous = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        row = [i]
        for j, cb in enumerate(b, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (ca != cb))
            if i > 1 and j > 1 and ca == b[j - 2] and a[i - 2] == cb:
                cost = min(cost, previous2[j - 2] + 1)
            row.append(cost)
        previous2, previous = previous, row
    return previous[-1]
