"""Derivatives checked three ways: reverse mode, forward mode, and numerically.

The quantity differentiated is L = Re<v, y> with fixed weights v (1 for a single number), so that
all elements of the result take part. Numerical derivatives are exact to rounding where the complex
step applies (Squire and Trapp, SIAM Review 40, 1998); elsewhere they are central differences with
one Richardson extrapolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, postorder
from diffcli.ops.kinds import Bilinear, Elementwise, Linear
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan, check_size
from diffcli.trace import Trace, trace
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import pull
from diffcli.transforms.vmap import vmap
from diffcli.validity import differentiable, variables

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-6
"""Largest relative error between the methods that counts as agreement."""

FINER = ((0.0, 1.0), (1.0, 1e-3), (1.0, 1e-6))
"""Steps to try where the first ones may cross a kink or leave the domain: the least size that a
variable counts with, and a factor."""

CERTAIN = 1e-5
"""Largest relative uncertainty of a difference with a finer step that is believed."""

MOST_ELEMENTS = 2000
"""Elements of one variable that are checked; larger variables are sampled evenly."""

CHUNK = 2**21
"""Elements of the result that one batch of perturbed evaluations may have."""


class Comparison:
    """Derivatives of L by some elements of a variable, as three methods give them."""

    def __init__(
        self,
        index: Array,
        reverse: Array,
        forward: Array,
        numeric: tuple[Array, Array],
        sides: Array,
    ) -> None:
        self.index = index
        self.reverse = reverse
        self.forward = forward
        self.numeric, self.uncertainty = numeric
        self.sides = sides  # slopes to the left and to the right of the point

    def excused(self) -> Array:
        """Where no derivative exists that the modes could be held to, and they agree.

        That is a kink, whose slopes to the left and right differ and enclose what the modes say,
        or the edge of the domain, where a difference is not finite. A mode that says nan says that
        there is no derivative either.
        """
        undefined = np.isnan(self.reverse) | np.isnan(self.forward)
        same = (self.reverse == self.forward) | np.isclose(self.reverse, self.forward, 1e-9)
        with np.errstate(all="ignore"):
            low, high = self.sides.min(axis=0), self.sides.max(axis=0)
            slack = 1e-4 * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
            kink = (high - low > 10 * slack) & (low - slack <= self.reverse.real)
            kink &= self.reverse.real <= high + slack
        edge = ~np.isfinite(self.sides).all(axis=0) | ~np.isfinite(self.numeric)
        return np.asarray(same & (kink | edge) | undefined & edge)

    def allowed(self) -> Array:
        """Where the modes agree, and with the differences as far as these are certain.

        One tangent that is nan makes the forward sum over all elements nan: there the reverse mode
        is held to the differences alone.
        """
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(self.reverse), np.abs(self.numeric))
            off = np.abs(self.reverse - self.numeric) > self.uncertainty + TOLERANCE * size
            agree = np.abs(self.reverse - self.forward) <= TOLERANCE * size
        spoilt = np.isnan(self.forward) & ~np.isfinite(self.reverse).all()
        return np.asarray(~off & np.isfinite(self.numeric) & (agree | spoilt))

    def refine(self, numeric: Array, uncertainty: Array) -> None:
        """Take these differences where they are certain and the modes are not within others."""
        use = ~self.allowed() & (uncertainty <= CERTAIN * np.abs(numeric))
        self.numeric = np.where(use, numeric, self.numeric)
        self.uncertainty = np.where(use, uncertainty, self.uncertainty)

    def errors(self) -> tuple[Array, Array]:
        """Largest distance between any two methods, absolute and relative, element by element."""
        stack = np.stack([self.reverse, self.forward, self.numeric])
        with np.errstate(all="ignore"):
            spread = np.max(np.abs(stack[:, None] - stack[None, :]), axis=(0, 1))
            same = np.all((stack == stack[0]) | np.isnan(stack) & np.isnan(stack[0]), axis=0)
            spread = np.where(same, 0.0, spread)
            scale = np.max(np.abs(stack), axis=0)
            relative = np.where(spread == 0, 0.0, spread / np.maximum(scale, 1e-300))
        return np.where(np.isnan(spread), np.inf, spread), np.where(
            np.isnan(relative), np.inf, relative
        )


def compare(t: Trace, name: str) -> Comparison:
    """Differentiate L by the variable `name` in the three ways, in double precision."""
    t = _double(t)
    y, x = t.output, t.inputs[name]
    v = INPUT.make("", y.shape, y.dtype)
    product = F.real(F.conj(v) * y)
    check_size(product)
    weights = np.cos(np.arange(1, y.size + 1) * 0.7).reshape(y.shape) + 1.5 if y.size > 1 else 1.0
    loss = F.sum(product) if y.size > 1 else F.reshape(product, ())
    (cotangent,) = pull([(y, v)], [x])
    seed = (v, np.broadcast_to(np.asarray(weights, y.dtype), y.shape))
    (reverse,) = t.run([cotangent if cotangent is not None else F.zeros_like(x)], [seed])
    index = np.unique(np.linspace(0, max(x.size - 1, 0), min(x.size, MOST_ELEMENTS)).astype(int))
    directions = [1.0] if x.dtype.kind == "f" else [1.0, 1j]
    forward = sum(d * _forward(t, x, loss, seed, index, d) for d in directions)

    def differences(steps: tuple[float, float]) -> tuple[Array, Array]:
        parts = [_numeric(t, name, loss, seed, index, d, steps) for d in directions]
        slope = sum(d * part for d, (part, _) in zip(directions, parts, strict=True))
        return np.asarray(slope), np.asarray(sum(error for _, error in parts))

    with np.errstate(all="ignore"):
        first = differences((1.0, 1.0))
        sides = _sides(t, x, t.values[name], loss, seed, index)
        found = Comparison(index, reverse.ravel()[index], np.asarray(forward), first, sides)
        for finer in FINER:
            if found.allowed().all():
                break
            found.refine(*differences(finer))
    return found


class VariableCheck:
    """How far the ways of differentiating by one variable are apart, and where most."""

    def __init__(self, c: Comparison, shape: tuple[int, ...]) -> None:
        absolute, relative = c.errors()
        # differences lose digits in proportion to the largest derivative, not to each of them
        finite = np.abs(c.numeric[np.isfinite(c.numeric)])
        scale = max(1.0, float(np.max(finite, initial=0.0)))
        bad = (relative > TOLERANCE) & (absolute > TOLERANCE * scale) & ~c.allowed()
        excused = bad & c.excused()
        self.ok = not (bad & ~excused).any()
        self.kink = bool(excused.any())
        self.max_abs_error = float(absolute.max(initial=0.0))
        self.max_rel_error = 0.0
        self.worst_index: tuple[int, ...] = ()
        if c.index.size:
            worst = int(np.argmax(np.minimum(relative, absolute / scale)))
            self.max_rel_error = float(relative[worst])
            self.worst_index = tuple(int(i) for i in np.unravel_index(c.index[worst], shape))


class CheckResult:
    """The verdict of `check`, for each variable and for all."""

    def __init__(self, variables: dict[str, VariableCheck]) -> None:
        self.variables = variables
        self.ok = all(v.ok for v in variables.values())


def check(t: Trace, wrt: Sequence[str]) -> CheckResult:
    """Compare reverse mode, forward mode and numerical differentiation for each variable.

    Raises `not-differentiable` where there is nothing to differentiate.
    """
    differentiable(t)
    variables(t, wrt)
    shapes = {name: t.inputs[name].shape for name in wrt}
    return CheckResult({n: VariableCheck(compare(t, n), shapes[n]) for n in wrt})


def _double(t: Trace) -> Trace:
    """The same expression over the same values in double precision."""
    wide = {
        n: v.astype(np.result_type(v.dtype, np.float64)) if v.dtype.kind in "fc" else v
        for n, v in t.values.items()
    }
    return trace(t.source, wide, "float64", t.backend)


def _unit_vectors(x: Node, index: Array, step: Any, dtype: Any) -> Array:
    rows = np.zeros((index.size, max(x.size, 1)), dtype)
    rows[np.arange(index.size), index] = step
    return rows.reshape(index.size, *x.shape)


def _in_chunks(t: Trace, node: Node, batched: Node, rows: Array, seed: Any) -> Array:
    """Evaluate a vmapped node on many rows without more memory than CHUNK elements allow."""
    width = max(1, CHUNK // max(1, node.size, batched.size))
    parts = []
    for start in range(0, len(rows), width):
        some = rows[start : start + width]
        many = INPUT.make("", some.shape, some.dtype)
        results = vmap([node], [(batched, many)], len(some))
        names = list(t.inputs)
        inputs = [*(t.inputs[n] for n in names), seed[0], many]
        values = [*(t.values[n] for n in names), seed[1], some]
        parts.append(Plan(results, inputs).run(NUMPY, values)[0])
    return np.concatenate(parts) if parts else np.zeros(0)


def _forward(t: Trace, x: Node, loss: Node, seed: Any, index: Array, d: Any) -> Array:
    tangent = INPUT.make("", x.shape, x.dtype)
    (moved,) = push([loss], [(x, tangent)])
    if moved is None:
        return np.zeros(index.size)
    return _in_chunks(t, moved, tangent, _unit_vectors(x, index, d, x.dtype), seed)


def _numeric(
    t: Trace, name: str, loss: Node, seed: Any, index: Array, d: Any, steps: tuple[float, float]
) -> tuple[Array, Array]:
    """Slopes along d, and how far they may be off.

    `steps` are relative to the elements: the size that these have at least, and a factor.
    Two central differences are apart where a derivative has a kink, as that of a Huber loss, and
    where the result is rounded, as in single precision; a result that is large against its slopes
    has lost their digits.
    """
    real = t.inputs[name].dtype.kind == "f" and t.dtype.kind == "f"
    if real and complex_step_applies(t, name):
        exact = _complex_step(t, name, loss, seed, index)
        if exact is not None:
            return exact, np.zeros(index.size)
    (least, factor), x, value = steps, t.inputs[name], t.values[name]
    size = np.maximum(least, np.abs(value.ravel()[index]))
    step = factor * np.finfo(np.float64).eps ** (1 / 5) * size
    moves = np.stack([step, -step, step / 2, -step / 2])
    points = [value + _unit_vectors(x, index, h * d, x.dtype) for h in moves]
    found = _in_chunks(t, loss, x, np.concatenate(points), seed).reshape(4, -1)
    slopes = (found[::2] - found[1::2]) / (2 * moves[::2])
    large = np.abs(found).max(axis=0)
    coarsest = max(np.finfo(n.dtype).eps for n in postorder([loss]) if n.dtype.kind in "fc")
    rounding = 8 * float(coarsest) * large / step
    apart = np.abs(slopes[1] - slopes[0])
    return np.asarray((4 * slopes[1] - slopes[0]) / 3), apart + rounding


def _sides(t: Trace, x: Node, value: Array, loss: Node, seed: Any, index: Array) -> Array:
    """Slopes from the point to the left and to the right, along the real axis."""
    step = 1e-6 * np.maximum(1.0, np.abs(value.ravel()[index]))
    offsets = _unit_vectors(x, index, step, x.dtype)
    points = [value[None], value + offsets, value - offsets]
    found = _in_chunks(t, loss, x, np.concatenate(points), seed)
    here, (above, below) = found[0], found[1:].reshape(2, -1)
    return np.stack([(here - below) / step, (above - here) / step])


def complex_step_applies(t: Trace, name: str) -> bool:
    """Whether every operator between the variable and the result is complex-differentiable."""
    x = t.inputs[name]
    reached = {id(x)}
    for node in postorder([t.output]):
        if not any(id(i) in reached for i in node.inputs):
            continue
        reached.add(id(node))
        if isinstance(node.op, Elementwise):
            if not node.op.holomorphic or node.op.d is None or node.op.selects:
                return False
        elif not isinstance(node.op, Linear | Bilinear) or node.op.name == "astype":
            return False
    return True


def _complex_step(t: Trace, name: str, loss: Node, seed: Any, index: Array) -> Array | None:
    values = {**t.values, name: t.values[name].astype(np.complex128)}
    try:
        wide = trace(t.source, values, "float64", t.backend)
        if not complex_step_applies(wide, name):
            return None  # complex numbers take another path through the expression
        x = wide.inputs[name]
        rows = wide.values[name] + _unit_vectors(x, index, 1e-30j, np.complex128)
        weight = INPUT.make("", wide.output.shape, np.dtype(np.float64))
        total = F.sum(wide.output * weight)
        found = _in_chunks(wide, total, x, rows, (weight, np.asarray(seed[1].real)))
        moves, sums = found.imag, found.real
        # off the real axis the function may be on another branch than on it, or so near to one
        # that the imaginary part is rounding
        here = _in_chunks(t, loss, t.inputs[name], t.values[name][None], seed)
        near = np.allclose(sums, here, rtol=1e-9, equal_nan=True)
        near = near and not (np.abs(moves) > 1e-20 * np.maximum(1.0, np.abs(sums))).any()
        return moves / 1e-30 if near else None
    except DiffcliError:
        return None  # an operator without complex values


def one_triangle(t: Trace) -> str | None:
    """What to write where an operator reads one triangle and is differentiated for both."""
    for node in postorder([t.output]):
        if node.op.name in ("cholesky", "eigh", "eigvalsh"):
            return (
                f"{node.op.name} reads one triangle and its derivative is for symmetric changes: "
                "write it of (S + S.T)/2"
            )
    return None
