"""What is said about a batch: how far it is, how it ended, and what it would do."""

from __future__ import annotations

from collections.abc import Sequence


def progress_line(rows: int, seconds: float, part: float | None) -> str:
    """Rows, rows per second and the time left, if it is known which part has been done."""
    speed = rows / seconds if seconds > 0 else 0.0
    words = [f"{rows:,} rows", f"{speed:,.0f} rows/s"]
    if part:
        words.append(f"{max(0.0, seconds / part - seconds):.0f} s left")
    return ", ".join(words)


def summary_line(rows: int, nulls: int, seconds: float) -> str:
    """How a batch ended, as one line with its end."""
    words = [counted(rows, "row")]
    if nulls:
        words.append(f"{nulls:,} with missing values")
    return f"{', '.join(words)} in {seconds:.2f} s\n"


def counted(number: int, what: str) -> str:
    """A number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listing(pairs: Sequence[tuple[str, str]]) -> str:
    """Names with what belongs to them, a line each, in two columns."""
    width = max(len(name) for name, _ in pairs)
    return "".join(f"{name:<{width}}  {text}".rstrip() + "\n" for name, text in pairs)
