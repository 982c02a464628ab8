"""Equations in LaTeX, as amsmath aligns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcli.emit.latex import latex
from diffcli.ops.op import CONSTANT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diffcli.render.layout import Style
    from diffcli.render.report import Equations

LARGEST = 16
"""Elements of an array that is written out."""


def equations(section: Equations, style: Style) -> str:
    """The equations, one a line, under a comment with their title."""
    lines = []
    for left, right, value in section.rows:
        shown = "" if value is None else _value(value, style.precision)
        lines.append(f"  {left} {right}" + (f" &&= {shown}" if shown else ""))
    body = " \\\\\n".join(lines)
    return f"% {section.title}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _value(value: NDArray[Any], digits: int) -> str:
    """A number or a small array with `digits` significant digits."""
    import numpy as np

    if value.size > LARGEST or value.ndim > 2 or value.size == 0:
        return ""
    if value.dtype.kind == "f":
        cells = [float(f"{x:.{digits}g}") for x in value.ravel().tolist()]
        value = np.array(cells).reshape(value.shape)
    return latex(CONSTANT.make(value)) or ""
