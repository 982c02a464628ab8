"""What a derivative command found out: values, arrays by variable, and notes about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.emit.text import text
from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, postorder
from diffcli.ops.op import Maybe
from diffcli.ops.table import F
from diffcli.trace import Computation, Trace
from diffcli.transforms.kinks import Kink, Place, Watch, steps, written

if TYPE_CHECKING:
    from diffcli.runtime.provenance import Nonfinite

Array = np.ndarray[Any, Any]

FORMULA_WIDTH = 40
"""Derivatives whose text is longer are not shown as formulas."""

SHORT = 8
"""Derivatives whose text is not longer are shown as they are."""


class Derivation:
    """Derivatives as graph, whatever the values of the variables.

    `found` are nodes, or None where the result does not depend on the variable, and `names` what
    notes call them. `watch` counts the kinks on the way. `zeros` are, for variables on which the
    result depends through steps alone, these steps.
    """

    def __init__(
        self,
        names: Sequence[str],
        found: Sequence[Maybe],
        watch: Watch,
        zeros: dict[str, list[Place]] | None = None,
    ) -> None:
        self.names = names
        self.found = found
        self.watch = watch
        self.zeros = zeros or {}
        self._computation: Computation | None = None

    def computed(
        self,
        t: Trace,
        kink: str,
        extra: Sequence[tuple[Node, Array]] = (),
        matrices: Sequence[Any] | None = None,
    ) -> Computed:
        """What the derivatives come to over the values of the trace, and over `extra`.

        With sparse `matrices`, which are the results then, `found` are nodes whose values are not
        finite where those of the matrices are not.
        """
        if kink not in ("choose", "error"):
            raise DiffcliError("bad-argument", f"kink is 'choose' or 'error', not {kink!r}")
        asked = self.found if matrices is None else ()
        if self._computation is None:
            results = [t.output, *asked, *self.watch.counts]
            self._computation = Computation(t, results, [x for x, _ in extra])
        value, *arrays = self._computation.run(t, [v for _, v in extra])
        n = len(asked)
        kinks = self.watch.kinks(arrays[n:])
        if kinks and kink == "error":
            raise _refused(t, kinks[0])
        made = arrays[:n] if matrices is None else list(matrices)
        return Computed(t, self, value, made, self._computation.simple[1 : n + 1], kinks, extra)


def _refused(t: Trace, kink: Kink) -> DiffcliError:
    return DiffcliError(
        "kink",
        f"{written(t.source.text, kink)} is not differentiable at this point",
        span=kink.span,
        source=t.source,
        hint=f"move the point, or write --kink choose to take: {kink.rule}",
    )


class Computed:
    """The value, the derivatives asked for (arrays, and nodes simplified), and notes about them."""

    def __init__(
        self,
        t: Trace,
        derivation: Derivation,
        value: Array,
        arrays: list[Any],
        simple: list[Maybe],
        kinks: list[Kink],
        extra: Sequence[tuple[Node, Array]],
    ) -> None:
        self.derivation = derivation
        self.value = value
        self.arrays = arrays
        self.simple = simple
        self.kinks = kinks
        self._trace = t
        self._extra = extra

    @cached_property
    def nonfinite(self) -> list[Nonfinite]:
        """What made the arrays not finite; empty where they are."""
        # of a sparse matrix, the entries
        numbers = [a if a is None or isinstance(a, np.ndarray) else a.data for a in self.arrays]
        of = self.derivation
        return self._trace.nonfinite([self.value, *numbers], of.names, of.found, self._extra)


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
        nodes: Mapping[str, Maybe] | None = None,
        tangent: Array | None = None,
        mode: str | None = None,
        passes: int | None = None,
    ) -> None:
        self.value = computed.value
        self.by_name = by_name
        self.tangent = tangent
        self.mode = mode
        self.passes = passes
        self.kinks = computed.kinks
        self.zeros = computed.derivation.zeros
        self._computed = computed
        self._nodes = nodes or {}

    @cached_property
    def formulas(self) -> dict[str, str | None]:
        """The derivatives as text; None for long ones."""
        return {name: formula(node) for name, node in self._nodes.items()}

    @property
    def nonfinite(self) -> list[Nonfinite]:
        """What made the arrays not finite."""
        return self._computed.nonfinite


def formula(node: Maybe) -> str | None:
    """A simplified derivative as short text with 6 digits; None where it is long.

    It is brought to the form of textbooks where that is shorter and holds everywhere.
    """
    if node is None:
        return None
    plain = text(node, FORMULA_WIDTH, digits=6)
    if plain is not None and len(plain) <= SHORT:
        return plain
    from fractions import Fraction

    from diffcli.transforms.textbook import decimal, has_decimals, readable

    ratio = decimal if has_decimals([node]) else Fraction.as_integer_ratio
    (written,), nonzero = readable([node], ratio=ratio)
    shown = None if nonzero else text(written, FORMULA_WIDTH, digits=6)
    if plain is None or (shown is not None and len(shown) <= len(plain)):
        return shown
    return plain


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
