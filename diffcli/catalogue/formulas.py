"""Derivatives of an application as text: partials of numbers, pullbacks of arrays."""

from __future__ import annotations

import re

from diffcli.catalogue.application import Application
from diffcli.emit.text import text
from diffcli.graph.node import Node, is_inexact, postorder
from diffcli.ops.op import INPUT
from diffcli.ops.stencil import is_numerical
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.simplify import simplify

LONGEST = 120
"""Characters of the longest formula that is shown; longer ones are counted."""

COTANGENT, RESULT = "g", "f"
"""What formulas call the cotangent of the result, and the result."""


class Derivative:
    """The derivative by one argument.

    `formula` is its text, None where it is long: it then has so many `operations`. It is
    `numerical` where it is made of differences.
    """

    def __init__(self, label: str, node: Node, shown: str | None) -> None:
        self.label = label
        self.formula = shown
        self.operations = sum(1 for x in postorder([node]) if x.inputs)
        self.numerical = is_numerical(node)

    def text(self, longest: int | None = None) -> str:
        """The formula; its size where it is longer than `longest` or is of one index only."""
        shown = self.formula
        if shown is not None and (
            longest is None or (len(shown) <= longest and "array(" not in shown)
        ):
            return f"{self.label} = {shown}"
        plural = "s" if self.operations > 1 else ""
        how = "numerical" if self.numerical else f"{self.operations} operation{plural}"
        return f"{self.label}: {how}"


def derivatives(a: Application) -> dict[str, Derivative | None]:
    """The derivative by each argument that is real or complex; None where it is 0 everywhere.

    Of numbers it is the partial derivative, of arrays (and of functions that are not
    complex-differentiable) the cotangent as a function of that of the result.
    """
    t = a.trace
    inputs = {n: x for n, x in t.inputs.items() if is_inexact(x.dtype)}
    if not is_inexact(t.dtype):
        return dict.fromkeys(inputs)
    partial = a.pointwise and all(x.dtype.kind == "f" for x in [t.output, *inputs.values()])
    seed = one(t.output) if partial else INPUT.make(COTANGENT, t.shape, t.dtype)
    found = pull([(t.output, seed)], list(inputs.values()))
    result, *simple = simplify([t.output, *(x for x in found if x is not None)])
    rest = iter(simple)
    named = {} if partial else {id(result): RESULT}
    out: dict[str, Derivative | None] = dict.fromkeys(inputs)
    for (name, _), g in zip(inputs.items(), found, strict=True):
        if g is not None:
            node = next(rest)
            shown = None if is_numerical(node) else _text(a, node, named, name)
            out[name] = Derivative(f"d/d{name}" if partial else f"d{name}", node, shown)
    return out


def definition(a: Application) -> str | None:
    """What a composite is made of, as text where that is short."""
    if not a.values:
        return None
    (simple,) = simplify([a.trace.output])
    shown = _text(a, simple, {}, "")
    return None if shown == a.text else shown


def _text(a: Application, node: Node, named: dict[int, str], own: str) -> str | None:
    """A simplified node as text; shapes of arguments are called x.shape, of `own` if it fits."""
    shown = text(node, LONGEST, digits=6, names=named)
    if shown is None or a.pointwise:
        return shown
    for name in [own, *a.values]:
        if name in a.values and a.values[name].ndim:
            shape = re.escape(str(a.values[name].shape))
            last = rf"(?<=, ){shape}(?=\))|(?<=ones\(){shape}(?=\))|(?<=zeros\(){shape}(?=\))"
            shown = re.sub(last, f"{name}.shape", shown)
    return shown
