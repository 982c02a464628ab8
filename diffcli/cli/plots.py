"""What `diffcli plot` shows: ranges read from the command line, and plots as reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.cli.problem import split_bindings
from diffcli.errors import DiffcliError
from diffcli.render.cells import printable
from diffcli.render.report import Contours, Curve, Pattern, Plot, Report, Section, Sparse

if TYPE_CHECKING:
    from diffcli.batch.grid import Axis, Sampled
    from diffcli.cli.problem import Problem

COUNTS = {1: 401, 2: 101}
"""Points of a range that does not say how many, by the number of ranges."""

MOST = 100_000
"""Points of one range."""

LONGEST = 76
"""Characters of a title."""


def drawn(report: Report) -> list[Plot]:
    """The plots of a report."""
    return [each for each in report.sections if isinstance(each, Curve | Contours | Pattern)]


def patterns(problem: Problem) -> Report:
    """Where the Jacobian by each variable is not 0, at the values that are bound."""
    from diffcli import api

    trace = problem.trace()
    names = problem.variables(trace, ())
    result = api.jacobian(trace, names, sparse="always")
    sections: list[Section] = []
    entries: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    for name, found in result.by_name.items():
        rows, cols = result.value.size, trace.values[name].size
        matrix = _matrix(found, rows, cols)
        count = matrix.data.size
        title = f"jacobian in {name}, {count} of {rows} x {cols} entries"
        sections.append(Pattern(title, matrix))
        entries[name] = arrays[f"d_{name}"] = matrix
    payload = {"expr": trace.source.text, "jacobian": entries}
    return Report("plot", payload, sections, arrays)


def _matrix(found: Any, rows: int, cols: int) -> Sparse:
    if hasattr(found, "row"):
        return Sparse((rows, cols), found.row, found.col, found.data)
    dense = np.zeros((rows, cols)) if found is None else np.reshape(found, (rows, cols))
    row, col = np.nonzero(dense)
    return Sparse((rows, cols), row, col, dense[row, col])


def sampled(problem: Problem) -> Report:
    """The expression and its slopes over the ranges of one or two names."""
    from diffcli.batch.grid import sample

    if problem.dtype.kind == "c":
        hint = "the expression may be complex in between, as in abs(exp(1j*x))"
        raise DiffcliError("usage", f"ranges are of real numbers, not {problem.dtype}", hint=hint)
    axes = _bind(problem)
    source = problem.source()
    try:
        found = sample(source, axes, problem.values, problem.dtype, problem.backend)
    except DiffcliError as error:
        if error.code == "not-scalar":
            error.hint = "a plot shows one real number: take sum(...), real(...), abs(...) or [0]"
        raise
    if not np.isfinite(found.value).any():
        where = " and ".join(axis.name for axis in axes)
        words = f"the expression is finite nowhere on the range of {where}"
        raise DiffcliError("domain", words, source=source)
    title = printable(" ".join(source.text.split()))
    title = title if len(title) <= LONGEST else f"{title[:LONGEST]}…"
    points = {axis.name: axis.points for axis in axes}
    payload = {"expr": source.text, "axes": points, "value": found.value, "grad": found.slopes}
    sections = _curves(title, found) if len(axes) == 1 else _contours(title, found)
    return Report("plot", payload, sections, _columns(found))


def _columns(found: Sampled) -> dict[str, Any]:
    """Every point as a row of a table."""
    mesh = np.meshgrid(*(axis.points for axis in found.axes))
    columns = {axis.name: m.ravel() for axis, m in zip(found.axes, mesh, strict=True)}
    columns["value"] = found.value.ravel()
    return columns | {f"d_{name}": slope.ravel() for name, slope in found.slopes.items()}


def _curves(title: str, found: Sampled) -> list[Section]:
    from diffcli.batch.grid import joined

    [axis] = found.axes
    slope = found.slopes.get(axis.name)
    x, y = axis.points, found.value
    sections: list[Section] = [Curve(title, axis.name, x, y, joined(x, y, slope))]
    if slope is not None:
        name = f"derivative in {axis.name}"
        sections.append(Curve(name, axis.name, x, slope, joined(x, slope, found.bend)))
    return sections


def _contours(title: str, found: Sampled) -> list[Section]:
    x, y = found.axes
    slopes = list(found.slopes.values())
    return [Contours(title, [x.name, y.name], x.points, y.points, found.value, slopes)]


# ----- ranges -----


def _bind(problem: Problem) -> list[Axis]:
    """Bind the names that have one value, and give the axes of those that have a range."""
    pairs = split_bindings(problem.bindings)
    ranges = {name: parts for name, text in pairs.items() if (parts := split_range(text))}
    problem.bind({name: text for name, text in pairs.items() if name not in ranges})
    if not ranges:
        hint = "write x=-3:3, or x=-3:3:1000 for so many points"
        raise DiffcliError("usage", "no name has a range", hint=hint)
    if len(ranges) > len(COUNTS):
        names = ", ".join(ranges)
        hint = "give one or two of them a range, and the others a value"
        raise DiffcliError("usage", f"{names} have ranges, which is too many", hint=hint)
    axes = [_axis(problem, name, parts, COUNTS[len(ranges)]) for name, parts in ranges.items()]
    for name in ranges:
        problem.values.pop(name, None)
    return axes


def split_range(text: str) -> list[str]:
    """The parts of lo:hi or lo:hi:n, without colons in brackets and quotes; or none."""
    if text.startswith("@"):
        return []
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        depth += (character in "([{") - (character in ")]}")
        if character == ":" and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts if len(parts) > 1 else []


def _axis(problem: Problem, name: str, parts: list[str], usual: int) -> Axis:
    from diffcli.batch.grid import Axis

    low, high, *count = parts
    if len(parts) > 3 or not all(part.strip() for part in parts):
        written = ":".join(parts)
        hint = f"write {name}=-3:3 or {name}=-3:3:1000"
        raise DiffcliError("bad-binding", f"'{written}' is not a range", hint=hint)
    first, last = (_end(problem, name, part) for part in (low, high))
    if not first < last:
        message = f"the range of {name} ends at {last:g}, which is not above {first:g}"
        raise DiffcliError("bad-binding", message)
    return Axis(name, first, last, _count(name, count[0]) if count else usual)


def _end(problem: Problem, name: str, text: str) -> float:
    value = problem.value(name, text.strip(), f"the range of {name}")
    if value.shape or value.dtype.kind not in "fi" or not np.isfinite(value):
        message = f"the range of {name} must be between finite real numbers"
        raise DiffcliError("bad-binding", message)
    return float(value)


def _count(name: str, text: str) -> int:
    digits = text.strip()
    if digits.isdecimal() and len(digits) < 10 and 2 <= int(digits) <= MOST:
        return int(digits)
    message = f"the range of {name} has from 2 to {MOST} points, not '{digits}'"
    raise DiffcliError("bad-binding", message)
