"""Where a NaN or an infinity comes from: the operator whose result is worse than its operands.

Nothing here runs while results are finite. Where one is not, the plan runs once more and keeps the
values of the steps that are not finite and their operands. From the bad element the search walks
back to its origin: a NaN that is made from numbers, an infinity made from finite ones, or a value
that was bound so. (The idea is that of anomaly detection in PyTorch and `jax_debug_nans`, without
their cost and for a single element.)
"""

from __future__ import annotations

from cmath import isinf, isnan
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, Source, Span
from diffcli.graph.node import Node, is_inexact, postorder
from diffcli.lower.evaluate import Evaluator
from diffcli.ops.kinds import Elementwise
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT, Maybe
from diffcli.runtime.backtrack import (
    Array,
    Backtrack,
    Index,
    Spot,
    Test,
    computed_by,
    first,
    within,
)
from diffcli.runtime.plan import Plan
from diffcli.runtime.reasons import outside, reason, slope_reason
from diffcli.runtime.remedies import advice, as_written, asked_for, remedy, slope_advice
from diffcli.syntax.parser import parse_expression
from diffcli.transforms.reverse import one, pull, pullback

MOST_FINDINGS = 100
"""Findings of one command; a Hessian by many variables has too many blocks to explain each."""

MOST_OPERANDS = 4
"""Operands of a reduction or a product of arrays that a finding repeats."""


class Nonfinite:
    """Why an output is not finite.

    `where` names the output ("value", "grad x"), `index` its element, and `became` says what that
    is: "nan", "inf" or "-inf". `op` is the operator at `span` of the text that first made one,
    which is `made`, from `operands`; `reason` says why, and `cause` is the finding for an infinity
    among the operands. `op` is "input" for a value that was bound so and "constant" for a number of
    the text; their `span` is None. `hint` is what to write instead, where that is known.
    """

    __slots__ = (
        "became", "cause", "hint", "index", "made", "op", "operands", "reason", "span", "where"
    )  # fmt: skip

    def __init__(
        self, where: str, index: Index, made: str, op: str, span: Span | None,
        operands: list[Any], reason: str,
    ) -> None:  # fmt: skip
        self.where = where
        self.index = index
        self.became = self.made = made
        self.op = op
        self.span = span
        self.operands = operands
        self.reason = reason
        self.cause: Nonfinite | None = None
        self.hint: str | None = None

    def __repr__(self) -> str:
        return f"<{self.became} in {self.where}: {self.reason}>"

    @property
    def message(self) -> str:
        """The reason with its cause, as one sentence."""
        return f"{self.reason}, as {self.cause.reason}" if self.cause else self.reason


def explain(
    text: str,
    outputs: Sequence[tuple[str, Node]],
    inputs: Sequence[Node],
    values: Sequence[Array],
) -> list[Nonfinite]:
    """What made the outputs not finite: for each one its first NaN and its first infinity.

    There are at most `MOST_FINDINGS`. `outputs` are named nodes, the value of the expression first
    and its derivatives after it; `text` is what their spans point into.
    """
    back = Backtrack([node for _, node in outputs], inputs, values)
    findings = _Findings(back, outputs[-1][0].partition(" ")[0])
    found: list[Nonfinite] = []
    for (name, _), node in zip(outputs, back.plan.results, strict=True):
        for test in (_is_nan, np.isinf):
            index = first(test, back.value(node))
            if index is not None and len(found) < MOST_FINDINGS:
                finding = findings.finding(name, node, index, test)
                finding.index, finding.became = index, _made(back.value(node), index)
                finding.hint = findings.hint(finding, text)
                found.append(finding)
    return found


class _Findings:
    """What is found on the way back; `primal` are the nodes that the value depends on.

    `asked` is the kind of derivative that is wanted, such as "grad", or "value".
    """

    def __init__(self, back: Backtrack, asked: str) -> None:
        self.back = back
        self.asked = asked
        self.value = back.value
        self.primal = postorder(back.plan.results[:1])
        self.forward = {id(node) for node in self.primal}

    def hint(self, found: Nonfinite, text: str) -> str | None:
        """What to write instead: a known formula, or what fits the operator or the cause."""
        chain = [found] if found.cause is None else [found, found.cause]
        spans = [each.span for each in chain]
        if any(each.op != "power" and outside(each.op, each.operands) for each in chain):
            spans = []  # where a result is not real, an equal formula would give another function
        known = remedy(self.primal, spans, self.helps)
        written = [text[slice(*each.span)] if each.span else "" for each in chain]
        own = (as_written(each.hint, each.op, w) for each, w in zip(chain, written, strict=True))
        return known or next((asked_for(hint, self.asked, text) for hint in own if hint), None)

    def helps(self, formula: Node, right: str, letters: dict[str, Node]) -> bool:
        """Whether the expression `right` of the operands is nearer to finite than the formula."""
        source = Source(right)
        try:
            instead = Evaluator(source, dict(letters)).run(parse_expression(source))
            before, after = (self.defects(y, letters.values()) for y in (formula, instead))
        except DiffcliError:
            return False
        return instead.shape == formula.shape and (after < before or not after)

    def defects(self, y: Node, wrt: Iterable[Node]) -> float:
        """How much of a node and its slopes is not finite; nan counts twice."""
        slopes = pull([(y, one(y))], [x for x in wrt if is_inexact(x.dtype)])
        results = [y, *(g for g in slopes if g is not None)]
        arrays = Plan(results, self.back.inputs).run(NUMPY, self.back.values)
        return sum(float(np.mean(_not_finite(a)) + np.mean(_is_nan(a))) for a in arrays)

    def finding(self, where: str, node: Node, index: Index, test: Test) -> Nonfinite:
        """The finding for an element that meets the test, with its cause."""
        spot = self.back.origin((node, index), test)
        made = _made(self.value(spot[0]), spot[1])
        slope = self.slope(where, spot, made)
        if slope is not None and _alike(slope.made, made):
            return slope
        found = self.chosen(where, spot) or self.described(where, spot)
        if found.made == "nan":
            infinite = next(self.back.worse(spot, np.isinf), None)
            found.cause = slope if infinite is None else self.finding(where, *infinite, np.isinf)
        return found

    def chosen(self, where: str, spot: Spot) -> Nonfinite | None:
        """The finding for a nan that the rule of a primal operator put for its derivative."""
        node = spot[0]
        if node.op is not CONSTANT or id(node) in self.forward or node.span is None:
            return None
        for primal in self.primal:
            if primal.span == node.span and primal.op.kink.startswith("nan "):
                text = f"the derivative of {primal.op.name} is {primal.op.kink}"
                return Nonfinite(where, spot[1], "nan", primal.op.name, primal.span, [], text)
        return None

    def described(self, where: str, spot: Spot) -> Nonfinite:
        """The finding for an operator and its own operands."""
        node, index = spot
        made = _made(self.value(node), index)
        step = computed_by(node)
        operands = [
            v
            for x, reach in zip(step.inputs, self.back.reaches(spot), strict=True)
            for v in _telling(np.asarray(self.value(x)), reach)
        ]
        text = reason(step, operands, made, index)
        span = node.span if node.inputs else None
        found = Nonfinite(where, index, made, step.op.name, span, operands, text)
        same = (p for p in self.primal if p.span == node.span and p.op is step.op)
        found.hint = advice(next(same, step), operands, made)
        return found

    def slope(self, where: str, spot: Spot, wanted: str) -> Nonfinite | None:
        """The primal operator that a derivative belongs to, where its slope is not finite.

        One whose slope is what the element became, `wanted`, comes before others.
        """
        node, index = spot
        other: tuple[Node, Index, str, int] | None = None
        if id(node) in self.forward or node.span is None:
            return None
        for primal in self.primal:
            if primal.span != node.span or not _has_slope(primal):
                continue
            operands = [np.asarray(self.value(x)) for x in primal.inputs]
            place = _aligned(index, node, primal)
            for operand, slopes in _slopes(primal, operands):
                at = place if place is not None else first(_not_finite, slopes)
                if at is None or np.isfinite(slopes[at]):
                    continue
                made = _made(slopes, at)
                given = [v[within(at, x)] for v, x in zip(operands, primal.inputs, strict=True)]
                if made != "nan" and np.isinf(given).any():
                    continue  # the infinity was there before
                if _alike(made, wanted):
                    return self.described_slope(where, primal, at, made, operand)
                other = other or (primal, at, made, operand)
        return self.described_slope(where, *other) if other else None

    def described_slope(
        self, where: str, primal: Node, at: Index, made: str, operand: int
    ) -> Nonfinite:
        """The finding for the slope of an elementwise operator by an operand, at an element."""
        spots = [(x, within(at, x)) for x in primal.inputs]
        given = [np.asarray(self.value(x))[place].item() for x, place in spots]
        for (x, place), value in zip(spots, given, strict=True):
            if isnan(value) and not isinf(value):
                return self.finding(where, x, place, _is_nan)
        text = slope_reason(primal, given, made, operand)
        found = Nonfinite(where, at, made, primal.op.name, primal.span, given, text)
        found.hint = slope_advice(primal, given, made) if operand == 0 else None
        for (x, place), value in zip(spots, given, strict=True):
            if found.cause is None and isinf(value):
                found.cause = self.finding(where, x, place, np.isinf)
        return found


ARITHMETIC = ("add", "subtract", "negative", "multiply", "divide", "reciprocal", "square")


def _has_slope(node: Node) -> bool:
    """Whether the slope of an operator explains more than the arithmetic of the derivative."""
    return isinstance(node.op, Elementwise) and node.op.name not in ARITHMETIC


def _slopes(node: Node, operands: Sequence[Array]) -> list[tuple[int, Array]]:
    """The partial derivatives of an elementwise operator at the operands, of the result's shape.

    Each comes with the number of its operand.
    """
    leaves = tuple(
        CONSTANT.make(np.broadcast_to(v, node.shape).copy()) if is_inexact(v.dtype) else
        CONSTANT.make(v)
        for v in operands
    )  # fmt: skip
    y = node.op.apply(leaves, node.params)
    if not is_inexact(y.dtype):
        return []
    found: Sequence[Maybe] = pullback(y, one(y), [is_inexact(x.dtype) for x in leaves])
    there = [i for i, c in enumerate(found) if c is not None]
    arrays = Plan([c for c in found if c is not None], []).run(NUMPY, [])
    return [(i, np.broadcast_to(a, node.shape)) for i, a in zip(there, arrays, strict=True)]


def _aligned(index: Index, node: Node, primal: Node) -> Index | None:
    """The element of a primal that an element of its derivative belongs to, or None."""
    if primal.ndim == 0:
        return ()
    fits = node.shape[node.ndim - primal.ndim :] == primal.shape
    return index[node.ndim - primal.ndim :] if fits else None


def _alike(made: str, wanted: str) -> bool:
    """Whether both are nan or both infinite; factors of a derivative turn the sign."""
    return (made == "nan") == (wanted == "nan")


def _is_nan(value: Any) -> Any:
    """Where a value is undefined; complex numbers with an infinite part are infinities (C99, G)."""
    return np.isnan(value) & ~np.isinf(value)


def _not_finite(value: Any) -> Any:
    return ~np.isfinite(value)


def _made(value: Any, index: Index) -> str:
    """ "nan", "inf" or "-inf"; a complex infinity has no sign."""
    element = np.asarray(value)[index]
    if _is_nan(element):
        return "nan"
    return "-inf" if element.dtype.kind == "f" and element < 0 else "inf"


def _telling(value: Array, reach: Any) -> list[Any]:
    """The operand at an index, or a few under a mask that tell most: infinities and extremes."""
    if reach is None:
        return []
    if isinstance(reach, tuple):
        return [value[reach].item()]
    met = value[reach]
    if met.size <= MOST_OPERANDS or not is_inexact(value.dtype):
        return list(met.tolist()[:MOST_OPERANDS])
    odd = np.unique(met[np.isinf(met)])
    rest = met[np.isfinite(met)]
    ends = [rest[np.argmin(np.abs(rest))], rest[np.argmax(np.abs(rest))]] if rest.size else []
    return [*odd.tolist()[:2], *(v.item() for v in ends)][:MOST_OPERANDS]
