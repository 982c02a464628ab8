"""What the commands compute: values, gradients, products with Jacobians, Jacobians, Hessians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, is_inexact, postorder
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.trace import Trace, bind, trace
from diffcli.transforms.kinks import Kink, Place, Watch, steps, watched, written
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.text import text
from diffcli.validity import (
    check_derivatives,
    check_holomorphic,
    differentiable,
    directions,
    fitted,
    scalar,
    variables,
)

if TYPE_CHECKING:
    from diffcli.runtime.provenance import Nonfinite

Array = np.ndarray[Any, Any]

CONVENTIONS = ("torch", "jax")
"""What the gradient by a complex variable z = x + 1j*y stands for.

torch: dL/dx + 1j*dL/dy, the direction of steepest ascent ("Autograd mechanics" of PyTorch,
"Autograd for complex numbers"). jax: its conjugate, which for holomorphic functions is the
derivative ("Complex numbers and differentiation" of JAX); products pair without conjugation.
"""

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


def default_wrt(t: Trace) -> list[str]:
    """Every floating or complex binding that the expression uses."""
    return [name for name in t.used if is_inexact(t.inputs[name].dtype)]


def evaluate(t: Trace) -> Array:
    """The value of the expression."""
    return t.run([t.output])[0]  # type: ignore[no-any-return]


def grad(
    t: Trace, wrt: Sequence[str], convention: str = "torch", kink: str = "choose"
) -> Derivatives:
    """The gradient of a result with one element.

    Raises `not-scalar` for a result with more and for a complex one, `not-differentiable` for
    integer variables, and `kink` where a derivative had to be chosen and `kink` is "error" (so do
    the others below). In JAX's convention the complex result of a holomorphic function is fine.
    """
    y = scalar(t, convention)
    nodes = variables(t, wrt)
    watch = Watch()
    pulled = pull([(y, one(y))], nodes, watch)
    found = filled(t, wrt, _conjugated(pulled, convention))
    done = _computed(t, [f"grad {n}" for n in wrt], found, watch, kink)
    if y.dtype.kind == "c":
        check_derivatives(t, wrt, done.arrays)
    formulas = {n: formula(g) for n, g in zip(wrt, done.simple, strict=True)}
    by_name = dict(zip(wrt, done.arrays, strict=True))
    return Derivatives(done, by_name, formulas, zeros=_zeros(t, wrt, pulled))


def vjp(
    t: Trace, v: Array, wrt: Sequence[str], convention: str = "torch", kink: str = "choose"
) -> Derivatives:
    """The vector-Jacobian product with the cotangent `v`, which has the result's shape."""
    y = differentiable(t)
    v = fitted(v, y, "the cotangent", "the result")
    g = INPUT.make("v", y.shape, y.dtype)
    nodes = variables(t, wrt)
    seed = g if convention == "torch" else F.conj(g)
    watch = Watch()
    pulled = pull([(y, seed)], nodes, watch)
    found = filled(t, wrt, _conjugated(pulled, convention))
    done = _computed(t, [f"vjp {n}" for n in wrt], found, watch, kink, [(g, v)])
    formulas = {n: formula(c) for n, c in zip(wrt, done.simple, strict=True)}
    if "v" in t.values:
        formulas = dict.fromkeys(wrt)
    by_name = dict(zip(wrt, done.arrays, strict=True))
    return Derivatives(done, by_name, formulas, zeros=_zeros(t, wrt, pulled))


def jvp(t: Trace, tangents: Mapping[str, Array], kink: str = "choose") -> Derivatives:
    """The Jacobian-vector product along tangents of some variables."""
    from diffcli.transforms.forward import push

    y = differentiable(t)
    pairs, extra = directions(t, tangents)
    (moved,) = push([y], pairs)
    if moved is None:
        moved = F.zeros_like(y)
    watch = watched(y, [x for x, _ in pairs])
    done = _computed(t, ["jvp"], [moved], watch, kink, extra)
    return Derivatives(done, {}, tangent=done.arrays[0])


def jacobian(
    t: Trace,
    wrt: Sequence[str],
    mode: str = "auto",
    convention: str = "torch",
    kink: str = "choose",
) -> Derivatives:
    """The Jacobian by each variable, of shape result.shape + variable.shape.

    For a real result its rows are gradients, in the convention; the Jacobian of a complex result
    by a complex variable is its derivative in both, and by a real one the slopes.
    """
    from diffcli.transforms import derive

    y = differentiable(t)
    nodes = variables(t, wrt)
    chosen, count = derive.passes(y, nodes, mode)
    rows = derive.jacobian(y, nodes, chosen)
    if y.dtype.kind != "c":
        rows = _conjugated(rows, convention)
    found = filled(t, wrt, rows, y.shape)
    done = _computed(t, [f"jacobian {n}" for n in wrt], found, watched(y, nodes), kink)
    for name, x, matrix in zip(wrt, nodes, done.arrays, strict=True):
        if x.dtype.kind == "c" and y.dtype.kind == "c" and matrix is not None:
            check_holomorphic(t, name, matrix, derive.directional([y], x, 1j))
    formulas = {n: formula(c) for n, c in zip(wrt, done.simple, strict=True)}
    by_name, zeros = dict(zip(wrt, done.arrays, strict=True)), _zeros(t, wrt, rows)
    return Derivatives(done, by_name, formulas, None, chosen, count, zeros)


def hessian(t: Trace, wrt: Sequence[str], mode: str = "auto", kink: str = "choose") -> Derivatives:
    """Second derivatives of a result with one element, a block for each pair of variables."""
    from diffcli.transforms import derive

    y = scalar(t)
    nodes = variables(t, wrt)
    for name, x in zip(wrt, nodes, strict=True):
        if x.dtype.kind == "c":
            raise DiffcliError(
                "not-differentiable",
                f"second derivatives by the complex variable '{name}' are not one matrix",
                hint="use hvp with a direction, or bind its real and imaginary parts",
            )
    rows = derive.hessian(y, nodes, mode)
    rows = [filled_row(t, x, wrt, row) for x, row in zip(wrt, rows, strict=True)]
    flat = [block for row in rows for block in row]
    names = [f"hessian {x} {z}" for x in wrt for z in wrt]
    done = _computed(t, names, flat, watched(y, nodes), kink)
    blocks = iter(done.arrays)
    by_name = {x: {z: next(blocks) for z in wrt} for x in wrt}
    used = "reverse" if mode == "reverse" else "forward"
    count = sum(x.size for x in nodes)
    return Derivatives(done, by_name, mode=used, passes=count)


def hvp(
    t: Trace,
    tangents: Mapping[str, Array],
    wrt: Sequence[str],
    convention: str = "torch",
    kink: str = "choose",
) -> Derivatives:
    """The change of the gradient of a result with one element along a direction."""
    from diffcli.transforms import derive

    y = scalar(t, convention)
    if y.dtype.kind == "c":
        grad(t, wrt, convention)  # which raises where there is no gradient to change
    pairs, extra = directions(t, tangents)
    nodes = variables(t, wrt)
    found = filled(t, wrt, _conjugated(derive.hvp(y, nodes, pairs), convention))
    done = _computed(t, [f"hvp {n}" for n in wrt], found, watched(y, nodes), kink, extra)
    return Derivatives(done, dict(zip(wrt, done.arrays, strict=True)))


def _computed(
    t: Trace,
    names: Sequence[str],
    found: Sequence[Maybe],
    watch: Watch,
    kink: str,
    extra: Sequence[tuple[Node, Array]] = (),
) -> Computed:
    """What the derivatives `found` come to; `names` is what notes call them."""
    if kink not in ("choose", "error"):
        raise DiffcliError("bad-argument", f"kink is 'choose' or 'error', not {kink!r}")
    (value, *arrays), (_, *simple) = t.compute([t.output, *found, *watch.counts], extra)
    n = len(found)
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
    bad = t.nonfinite([value, *arrays[:n]], names, found, extra)
    return Computed(value, arrays[:n], simple[:n], kinks, bad)


def _conjugated(found: Sequence[Maybe], convention: str) -> list[Maybe]:
    """Cotangents brought from PyTorch's convention to the one asked for, or back."""
    if convention not in CONVENTIONS:
        raise DiffcliError("usage", f"the conventions are {' and '.join(CONVENTIONS)}")
    if convention == "torch":
        return list(found)
    return [F.conj(g) if g is not None and g.dtype.kind == "c" else g for g in found]


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


def _zeros(t: Trace, wrt: Sequence[str], pulled: Sequence[Maybe]) -> dict[str, list[Place]]:
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


__all__ = [
    "CONVENTIONS",
    "Derivatives",
    "Trace",
    "bind",
    "default_wrt",
    "differentiable",
    "directions",
    "evaluate",
    "filled",
    "filled_row",
    "fitted",
    "formula",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "scalar",
    "trace",
    "variables",
    "vjp",
]
