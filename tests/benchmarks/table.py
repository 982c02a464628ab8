"""Comparisons as one table of ratios."""

from __future__ import annotations

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import BEST, OURS, Comparison, Target
from tests.benchmarks.peers import LIBRARIES

WIDTH = 180
"""Columns where nothing says how many there are."""

TITLE = "times as long as the baseline (by hand; torch for programs; import numpy for commands)"


def show(comparisons: Mapping[str, Comparison]) -> None:
    """A line for each target: what was measured, the target, and what ours comes to."""
    seen = {work for c in comparisons.values() for work in c.measured}
    works = [OURS, *(name for name in LIBRARIES if name in seen)]
    table = Table(title=TITLE, header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("work", no_wrap=True)
    for column in ("baseline", *works, "target", "reached", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for comparison in comparisons.values():
        baseline = _quantity(comparison.least(comparison.baseline), comparison.unit)
        cells = [comparison.about, baseline]
        for work in works:
            held = work in comparison.measured
            cells.append(f"{comparison.ratio(work):.3g}" if held else "")
        for target in comparison.targets:
            table.add_row(*cells, *_verdict(comparison, target))
            cells = [""] * len(cells)
    terminal = Console()
    (terminal if terminal.is_terminal else Console(width=WIDTH)).print(table)


def _verdict(comparison: Comparison, target: Target) -> list[str]:
    reached = comparison.reached(target)
    if target.against is None:
        limit = f"<= {_quantity(target.limit, comparison.unit)}"
        shown = "" if reached is None else _quantity(reached, comparison.unit)
    else:
        other = comparison.best_peer() if target.against == BEST else target.against
        limit = f"<= {target.limit:g} x {other or BEST}"
        shown = "" if reached is None else f"{reached:.3g}"
    if reached is None:
        return [limit, "", ""]
    return [limit, shown, "met" if reached <= target.limit else "[bold red]MISSED"]


def _quantity(value: float, unit: str) -> str:
    if not unit.startswith("s"):
        return f"{value:.2g} {unit}"
    for size, prefix in ((1.0, ""), (1e-3, "m"), (1e-6, "µ")):
        if value >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value * 1e9:.3g} n{unit}"
