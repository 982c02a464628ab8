"""Plots as pictures in files, drawn by matplotlib: the same plot is the same bytes."""

from __future__ import annotations

import logging
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.render.picture import dots
from diffcli.render.report import Contours, Curve, Pattern
from diffcli.render.scale import limits, ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from diffcli.render.report import Plot

    Array = NDArray[Any]

SUFFIXES = (".png", ".svg", ".pdf")

WIDTH = 6.4
HEIGHTS = {Curve: 2.4, Contours: 4.8, Pattern: 5.2}
"""Inches of a plot."""

ARROWS = 17
"""Arrows along each axis of a gradient field."""

FINEST = 512
"""Cells along the longer side of a pattern at the most."""

SETTINGS: dict[Any, Any] = {"svg.hashsalt": "diffcli", "svg.fonttype": "path", "savefig.dpi": 144}

METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What would tell when and by which version a file was made is left out."""


def image(plots: Sequence[Plot], suffix: str) -> bytes:
    """Plots below each other as a file of this kind; raises `missing-extra` without matplotlib."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        hint = "pip install 'diffcli[plot]'; without -o the plot is drawn in the terminal"
        raise DiffcliError("missing-extra", "pictures need matplotlib", hint=hint) from None
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of characters that the font lacks
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        heights = [HEIGHTS[type(plot)] for plot in plots]
        figure = Figure((WIDTH, sum(heights)), layout="constrained")
        shared = all(isinstance(plot, Curve) for plot in plots)
        grid = figure.subplots(len(plots), sharex=shared, squeeze=False, height_ratios=heights)
        for axes, plot in zip(grid[:, 0], plots, strict=True):
            _draw(axes, plot)
            axes.set_title(plot.title, fontsize="medium", loc="left", parse_math=False)
        file = BytesIO()
        figure.savefig(file, format=suffix[1:], metadata=METADATA[suffix])
    return file.getvalue()


def _draw(axes: Any, plot: Plot) -> None:
    if isinstance(plot, Curve):
        _curve(axes, plot)
    elif isinstance(plot, Contours):
        _contours(axes, plot)
    else:
        _pattern(axes, plot)


def _curve(axes: Any, plot: Curve) -> None:
    """The line, with a gap wherever two points are not joined."""
    gaps = np.flatnonzero(~plot.joined) + 1
    x, y = np.insert(plot.x, gaps, np.nan), np.insert(plot.y, gaps, np.nan)
    low, high = limits(plot.y, plot.whole)
    if low < 0 < high:
        axes.axhline(0, color="0.8", linewidth=0.8)
    axes.plot(x, np.where(np.isfinite(y), y, np.nan), linewidth=1.5)
    axes.set_xlim(plot.x[0], plot.x[-1])
    axes.set_ylim(low, high)
    axes.set_xlabel(plot.name)
    axes.label_outer()


def _contours(axes: Any, plot: Contours) -> None:
    """Bands and lines at round values, and arrows along the gradient as long as it is steep."""
    z = np.ma.masked_invalid(plot.z)
    low, high = limits(plot.z, not np.isinf(plot.z).any())
    levels = ticks(low, high, 10)
    filled = axes.contourf(plot.x, plot.y, z, levels=levels, extend="both", alpha=0.6)
    lines = axes.contour(plot.x, plot.y, z, levels=levels, colors="0.3", linewidths=0.6)
    axes.clabel(lines, fontsize="x-small", fmt="%g")
    axes.figure.colorbar(filled, ax=axes)
    if plot.slopes:
        i, j = _thinned(len(plot.x)), _thinned(len(plot.y))
        right, up = _capped(*(slope[np.ix_(j, i)] for slope in plot.slopes))
        axes.quiver(plot.x[i], plot.y[j], right, up, angles="xy", pivot="mid", width=0.003)
    axes.set_xlim(plot.x[0], plot.x[-1])
    axes.set_ylim(plot.y[0], plot.y[-1])
    axes.set_xlabel(plot.names[0])
    axes.set_ylabel(plot.names[1])


def _capped(right: Array, up: Array) -> Iterator[Array]:
    """Arrows of which none is much longer than most, as it would be near a pole."""
    right, up = np.ma.masked_invalid(right), np.ma.masked_invalid(up)
    lengths = np.ma.hypot(right, up)
    known = lengths.compressed()
    longest = 1.5 * np.quantile(known, 0.75) if known.size else 0.0
    factor = np.where(lengths > longest, longest / np.ma.maximum(lengths, 1e-300), 1.0)
    return (part * factor for part in (right, up))


def _thinned(count: int) -> Any:
    """Places of arrows, in the middle of equal parts of an axis."""
    parts = min(count, ARROWS)
    return ((np.arange(parts) + 0.5) * count / parts).astype(int)


def _pattern(axes: Any, plot: Pattern) -> None:
    rows, columns = plot.matrix.shape
    scale = max(max(rows, columns) / FINEST, 1)
    shape = int(np.ceil(rows / scale)), int(np.ceil(columns / scale))
    found = dots(plot.matrix, *shape, scale)
    extent = (-0.5, columns - 0.5, rows - 0.5, -0.5)
    axes.imshow(found, cmap="Greys", vmin=0, vmax=1, extent=extent, interpolation="nearest")
    axes.xaxis.tick_top()
