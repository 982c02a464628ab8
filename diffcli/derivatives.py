"""What a derivative command found out: values, arrays by variable, and notes about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.emit.text import text
from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, postorder
from diffcli.ops.op import Maybe
from diffcli.ops.table import F
from diffcli.trace import Trace
from diffcli.transforms.kinks import Kink, Place, Watch, steps, written

if TYPE_CHECKING:
    from diffcli.runtime.provenance import Nonfinite

Array = np.ndarray[Any, Any]

FORMULA_WIDTH = 40
"""Derivatives whose text is longer are not shown as formulas."""


class Computed:
    """The value, the derivatives asked for (arrays, and nodes simplified), and notes about them."""

    __slots__ = ("arrays", "kinks", "nonfinite", "simple", "value")

    def __init__(
        self,
        value: Array,
        arrays: list[Any],
        simple: list[Maybe],
        kinks: list[Kink],
        nonfinite: list[Nonfinite],
    ) -> None:
        self.value = value
        self.arrays = arrays
        self.simple = simple
        self.kinks = kinks
        self.nonfinite = nonfinite


class Derivatives:
    """What a derivative command computes: the value, and an array (or None) for each variable.

    Sparse Jacobians and Hessians are `scipy.sparse.coo_array`s instead, of shape (size, size).
    None stands for a variable that the result does not depend on. `formulas` are the derivatives
    as text where that is short. `mode` and `passes` say how a Jacobian was computed. `kinks` are
    the places where no derivative exists and one was chosen; `zeros` are, for variables on which
    the result depends through steps alone, these steps. `nonfinite` says what made the arrays not
    finite, and is empty where they are.
    """

    def __init__(
        self,
        computed: Computed,
        by_name: dict[str, Any],
        formulas: dict[str, str | None] | None = None,
        tangent: Array | None = None,
        mode: str | None = None,
        passes: int | None = None,
        zeros: dict[str, list[Place]] | None = None,
    ) -> None:
        self.value = computed.value
        self.by_name = by_name
        self.formulas = formulas or {}
        self.tangent = tangent
        self.mode = mode
        self.passes = passes
        self.kinks = computed.kinks
        self.zeros = zeros or {}
        self.nonfinite = computed.nonfinite


def computed(
    t: Trace,
    names: Sequence[str],
    found: Sequence[Maybe],
    watch: Watch,
    kink: str,
    extra: Sequence[tuple[Node, Array]] = (),
    matrices: Sequence[Any] | None = None,
) -> Computed:
    """What the derivatives `found` come to; `names` is what notes call them.

    With sparse `matrices`, which are the results then, `found` are nodes whose values are not
    finite where those of the matrices are not.
    """
    if kink not in ("choose", "error"):
        raise DiffcliError("bad-argument", f"kink is 'choose' or 'error', not {kink!r}")
    asked = found if matrices is None else []
    (value, *arrays), (_, *simple) = t.compute([t.output, *asked, *watch.counts], extra)
    n = len(asked)
    kinks = watch.kinks(arrays[n:])
    if kinks and kink == "error":
        first = kinks[0]
        raise DiffcliError(
            "kink",
            f"{written(t.source.text, first)} is not differentiable at this point",
            span=first.span,
            source=t.source,
            hint=f"move the point, or write --kink choose to take: {first.rule}",
        )
    made = arrays[:n] if matrices is None else list(matrices)
    numbers = made if matrices is None else [None if m is None else m.data for m in made]
    bad = t.nonfinite([value, *numbers], names, found, extra)
    return Computed(value, made, simple[:n], kinks, bad)


def formula(node: Maybe) -> str | None:
    """A simplified derivative as short text with 6 digits; None where it is long."""
    return None if node is None else text(node, FORMULA_WIDTH, digits=6)


def filled(
    t: Trace, wrt: Sequence[str], found: Sequence[Maybe], lead: tuple[int, ...] = ()
) -> list[Maybe]:
    """Zeros instead of None where the result does depend on a variable, if only through steps."""
    if all(g is not None for g in found):
        return list(found)
    reached = {id(x) for x in postorder([t.output])}
    out: list[Maybe] = []
    for name, g in zip(wrt, found, strict=True):
        x = t.inputs[name]
        if g is None and id(x) in reached:
            g = F.zeros((*lead, *x.shape), dtype=x.dtype)
        out.append(g)
    return out


def hidden(t: Trace, wrt: Sequence[str], pulled: Sequence[Maybe]) -> dict[str, list[Place]]:
    """The steps that hide each variable on which the result depends only through steps."""
    found = {}
    for name, g in zip(wrt, pulled, strict=True):
        if g is None:
            hidden = steps(t.output, t.inputs[name])
            if hidden:
                found[name] = hidden
    return found


def filled_row(t: Trace, name: str, wrt: Sequence[str], row: Sequence[Maybe]) -> list[Maybe]:
    """The blocks of a row of the Hessian; None where the result does not depend on `name`."""
    x = t.inputs[name]
    reached = {id(node) for node in postorder([t.output])}
    if id(x) not in reached:
        return [None] * len(wrt)
    return filled(t, wrt, row, x.shape)
