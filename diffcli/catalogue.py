"""The operator table as documentation: what each row computes and its derivative as text."""

from __future__ import annotations

import numpy as np

from diffcli.lower.names import signature, signature_text
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.ops.table import Row, all_rows
from diffcli.transforms.reverse import pull
from diffcli.transforms.simplify import simplify
from diffcli.transforms.text import text

DERIVATIVES = {
    "composite": "by its definition",
    "non-differentiable": "0 where it exists",
    "linear": "linear: the tangent goes through the function itself",
    "bilinear": "product rule",
}

DOMAINS = {
    "real": "",
    "nonzero": "away from 0",
    "positive": "x > 0",
    "unit": "-1 < x < 1",
    "open01": "0 < x < 1",
    "above1": "x > 1",
    "integer": "integers and booleans",
}


class FunctionInfo:
    """One row of the table as it is shown to a user."""

    def __init__(self, row: Row) -> None:
        self.name = row.name
        self.aliases = row.aliases
        self.category = row.category
        self.kind = row.kind
        self.signature = signature_text(row)
        self.doc = row.doc.strip().splitlines()[0]
        self.row = row

    @property
    def derivative(self) -> str:
        """The partial derivatives as formulas, or what kind of map it is."""
        kink = f"; {self.row.kink}" if self.row.kink else ""
        found = _partials(self.row) if isinstance(self.row, Elementwise) else ""
        return (found or DERIVATIVES.get(self.row.kind, "stated as a pullback")) + kink

    @property
    def domain(self) -> str:
        """Where the function and its derivative are finite."""
        return DOMAINS[self.row.domain] if isinstance(self.row, Elementwise) else ""

    @property
    def example(self) -> str:
        """An expression that uses the function."""
        if self.row.examples:
            return self.row.examples[0]
        return self.signature if isinstance(self.row, Elementwise) else ""


def functions() -> list[FunctionInfo]:
    """Every function of the language by category, in the order of the table."""
    rows = all_rows()
    order = {c: i for i, c in enumerate(dict.fromkeys(row.category for row in rows))}
    return [FunctionInfo(row) for row in sorted(rows, key=lambda r: order[r.category])]


def _partials(row: Elementwise) -> str:
    if row.kind == "non-differentiable":
        return ""
    required = [p.name for p in signature(row).parameters.values() if p.default is p.empty]
    if row.domain == "integer" or row.name == "where" or row.arrays < 1:
        return ""
    inputs = [INPUT.make(name, (), np.dtype(float)) for name in required[: max(row.arrays, 1)]]
    y = row(*inputs)
    g = INPUT.make("g", (), np.dtype(float))
    # a partial is the pullback of 1; a stated pullback is shown for any cotangent g
    seed = CONSTANT.make(np.ones(())) if row.d is not None else g
    shown = []
    for x, cotangent in zip(inputs, pull([(y, seed)], inputs), strict=True):
        if cotangent is None:
            continue
        label = f"d/d{x.params['name']} = " if row.d is not None else f"g -> d{x.params['name']} = "
        (simple,) = simplify([cotangent])
        shown.append(label + (text(simple, 200, digits=6) or "..."))
    return ", ".join(shown)
