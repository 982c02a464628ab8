"""L-BFGS, and the line search for steps that meet the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcli.eager.mode import recording
from diffcli.eager.nodes import leaf
from diffcli.eager.optim.optimizer import Optimizer
from diffcli.eager.storage import assign
from diffcli.eager.tensor import Tensor

Array = np.ndarray[Any, Any]


class LBFGS(Optimizer):
    """Steps along an estimate of the inverse Hessian (Liu and Nocedal, 1989).

    `step` takes a closure that computes the loss and its gradients, and calls it several times.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if not lr >= 0:
            raise ValueError(f"Invalid learning rate: {lr}")
        settings = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, settings)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._memory = Memory()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Several iterations; gives the loss that the first call of the closure gave."""
        if closure is None:
            raise TypeError("LBFGS.step() missing 1 required positional argument: 'closure'")
        if self.param_groups[0]["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        with recording(False), np.errstate(all="ignore"):
            return self._iterate(closure)

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        group, memory = self.param_groups[0], self._memory
        given = _computed(closure)
        loss, g = float(given), self._gradient()
        evaluations, rounds = 1, 0
        done = _largest(g) <= group["tolerance_grad"]
        while not done:
            rounds += 1
            before = loss
            memory.turn(g, group["history_size"])
            memory.t = group["lr"]
            if memory.rounds == 1:
                memory.t *= min(1.0, 1.0 / float(np.abs(g).sum()))
            here = Point(0, loss, g, g @ memory.d)
            if here.slope > -group["tolerance_change"]:
                break
            last = rounds >= group["max_iter"]
            there, used = self._advance(closure, here, last)
            loss, g = there.f, there.g
            evaluations += used
            done = (
                last
                or evaluations >= group["max_eval"]
                or _largest(g) <= group["tolerance_grad"]
                or _largest(memory.d * memory.t) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            )
        return given

    def _advance(self, closure: Callable[[], Any], here: Point, last: bool) -> tuple[Point, int]:
        """Where a step along the direction leads, and how often the loss was computed."""
        memory = self._memory
        start = [(p, p.node.value) for _, p in self._parameters()]

        def probe(t: Any) -> Point:
            self._place(start, t)
            loss = float(_computed(closure))
            g = self._gradient()
            return Point(t, loss, g, g @ memory.d)

        if self.param_groups[0]["line_search_fn"] is not None:
            found, used = strong_wolfe(probe, here, memory.t, _largest(memory.d))
            memory.t = found.t
            self._place(start, found.t)
            return found, used
        if last:  # nobody asks for the loss there
            self._place(start, memory.t)
            return here, 0
        return probe(memory.t), 1

    def _gradient(self) -> Array:
        """The gradients of all parameters as one vector."""
        parts = [
            np.zeros(p.node.size, p.node.dtype)
            if p.gradient is None
            else np.ravel(p.gradient.node.value)
            for _, p in self._parameters()
        ]
        return np.concatenate(parts)

    def _place(self, start: list[tuple[Tensor, Any]], t: Any) -> None:
        """Put the parameters as far along the direction as asked for."""
        at = 0
        for p, value in start:
            part = self._memory.d[at : at + p.node.size].reshape(p.node.shape)
            assign(p, leaf((value + p.node.dtype.type(t) * part)[()]))
            at += p.node.size


def _computed(closure: Callable[[], Any]) -> Any:
    with recording(True):
        return closure()


def _largest(x: Array) -> float:
    return float(np.abs(x).max(initial=0))


class Memory:
    """The last steps and changes of the gradient, and the direction that they lead to."""

    def __init__(self) -> None:
        self.rounds = 0
        self.changes: list[tuple[Array, Array, Any]] = []  # of gradient, of place, 1/product
        self.scale: Any = 1
        self.d: Any = None
        self.t: Any = None
        self.g: Any = None

    def turn(self, g: Array, most: int) -> None:
        """Find the direction at a place of gradient g; at most so many changes are kept."""
        self.rounds += 1
        if self.rounds == 1:
            self.d = -g
        else:
            y, s = g - self.g, self.d * self.t
            product = y @ s
            if product > 1e-10:
                self.changes = [*self.changes, (y, s, 1.0 / product)][-most:]
                self.scale = product / (y @ y)
            self.d = self._applied(-g)
        self.g = g

    def _applied(self, q: Array) -> Array:
        """The estimate of the inverse Hessian times a vector, by two loops over the changes."""
        shares = []
        for y, s, inverse in reversed(self.changes):
            share = (s @ q) * inverse
            shares.append(share)
            q = q - share * y
        r: Array = q * self.scale
        for (y, s, inverse), share in zip(self.changes, reversed(shares), strict=True):
            r = r + s * (share - (y @ r) * inverse)
        return r


# ----- line search --------------------------------------------------------------------------------

DECREASE, CURVATURE = 1e-4, 0.9
"""The constants of the Wolfe conditions."""

PROBES = 25
"""Points at which a line search tries the loss, but for the first."""


@dataclass
class Point:
    """A step length, and the loss, gradient and slope there."""

    t: Any
    f: float
    g: Array
    slope: Any


def strong_wolfe(
    probe: Callable[[Any], Point], start: Point, t: Any, reach: float
) -> tuple[Point, int]:
    """A step length that meets the strong Wolfe conditions, and how often the loss was computed.

    The step is bracketed first, then the bracket is narrowed by cubic interpolation (Nocedal and
    Wright, 2006, algorithms 3.5 and 3.6). `reach` is the largest component of the direction.
    """
    before, now = start, probe(t)
    count = 1
    bracket: list[Point] = []
    while count - 1 < PROBES:
        if _high(now, start) or (count > 2 and now.f >= before.f):
            bracket = [before, now]
        elif _flat(now, start):
            return now, count
        elif now.slope >= 0:
            bracket = [before, now]
        if bracket:
            break
        bounds = (now.t + 0.01 * (now.t - before.t), now.t * 10)
        before, now = now, probe(_minimum(before, now, bounds))
        count += 1
    return _narrowed(probe, start, bracket or [start, now], count, reach)


def _high(p: Point, start: Point) -> bool:
    """Whether the loss has not decreased enough."""
    return bool(p.f > start.f + DECREASE * p.t * start.slope)


def _flat(p: Point, start: Point) -> bool:
    """Whether the slope is small enough."""
    return bool(abs(p.slope) <= -CURVATURE * start.slope)


def _narrowed(
    probe: Callable[[Any], Point], start: Point, bracket: list[Point], count: int, reach: float
) -> tuple[Point, int]:
    stuck = False
    low, high = sorted((0, 1), key=lambda k: bracket[k].f)
    while count - 1 < PROBES:
        ends = sorted(p.t for p in bracket)
        if (ends[1] - ends[0]) * reach < 1e-9:
            break
        t, stuck = _inside(_minimum(bracket[0], bracket[1]), ends, stuck)
        now = probe(t)
        count += 1
        if _high(now, start) or now.f >= bracket[low].f:
            bracket[high] = now
            low, high = sorted((0, 1), key=lambda k: bracket[k].f)
            continue
        if _flat(now, start):
            return now, count
        if now.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = now
    return bracket[low], count


def _inside(t: Any, ends: list[Any], stuck: bool) -> tuple[Any, bool]:
    """A step kept off the ends of its bracket where it would be close to one again."""
    low, high = ends
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if stuck or t >= high or t <= low:
        return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
    return t, True


def _minimum(a: Point, b: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Where the cubic through two points with their slopes is smallest, within bounds."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    if a.t > b.t:
        a, b = b, a
    middle = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = middle**2 - a.slope * b.slope
    if square < 0:
        return (low + high) / 2
    root = math.sqrt(square)
    place = b.t - (b.t - a.t) * ((b.slope + root - middle) / (b.slope - a.slope + 2 * root))
    return min(max(place, low), high)
