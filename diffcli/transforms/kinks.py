"""Kinks: where a derivative does not exist and an operator's rule chose a value for it.

They are found while cotangents are pulled back: at a node that states where its kinks are, those
count whose cotangent is not zero, because only they take part in the result. Branches that were
not taken and terms that are multiplied with zero do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcli.errors import Span
from diffcli.graph.node import ORIGIN, Node, is_inexact, postorder
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import INPUT, PROJECT, Maybe, placeholder_like
from diffcli.ops.table import F, Row, lift, lookup
from diffcli.transforms.reverse import pull, pullback


class Place:
    """An operator and where it stands in the text."""

    __slots__ = ("op", "span")

    def __init__(self, op: str, span: Span | None) -> None:
        self.op = op
        self.span = span


class Kink(Place):
    """An operator at whose kinks `rule` chose the derivative of `count` elements of its result."""

    __slots__ = ("count", "rule")

    def __init__(self, op: str, span: Span | None, rule: str, count: int) -> None:
        super().__init__(op, span)
        self.rule = rule
        self.count = count


def written(text: str, place: Place) -> str:
    """What the text calls at a place: "norm" in `x.norm(1)`; the operator's name where no call is.

    A function that is made of others is so called as it was written, not as its parts are.
    """
    here = text[slice(*place.span)] if place.span else ""
    if not here.endswith(")"):
        return place.op
    depth, at = 1, len(here) - 1
    while depth and at:
        at -= 1
        depth += (here[at] == ")") - (here[at] == "(")
    name = here[:at].rstrip().rpartition(".")[2].strip()
    return name if name.isidentifier() else place.op


class Watch:
    """Visits a pullback and counts, as graph, the kinks that it meets.

    `counts` are nodes to compute; `kinks` turns their values into what was found, in the order of
    the text.
    """

    def __init__(self) -> None:
        self.counts: list[Node] = []
        self._rules: list[tuple[str, Span | None, str]] = []

    def __call__(self, node: Node, g: Any, wanted: Sequence[bool]) -> None:
        """Add the count of a node with the cotangent `g`, if its operator has kinks."""
        row: Row = node.op
        if row.name == "kinked":
            row = lookup(node.params["row"])
            mask = node.inputs[1] if any(wanted[2:]) else None
        else:
            mask = _mask(node, g, wanted) if row.kink_at is not None else None
        if mask is None:
            return
        if isinstance(node.op, Elementwise) or (isinstance(g, Node) and mask.shape == g.shape):
            mask = F.logical_and(mask, F.not_equal(g, 0))
        self.counts.append(F.sum(mask))
        self._rules.append((row.name.rpartition(".")[2], node.span, row.kink))

    def kinks(self, counts: Sequence[Any]) -> list[Kink]:
        """The kinks found when `counts` are the values of the nodes of that name."""
        total: dict[tuple[str, Span | None, str], int] = {}
        for rule, count in zip(self._rules, counts, strict=True):
            if count:
                total[rule] = total.get(rule, 0) + int(count)
        found = [Kink(*rule, count) for rule, count in total.items()]
        return sorted(found, key=lambda k: (k.span or (-1, -1), k.op))


def _mask(node: Node, g: Any, wanted: Sequence[bool]) -> Maybe:
    where = node.op.kink_at
    if not isinstance(where, tuple):
        found: Maybe = where(g, node, *node.inputs, **node.params)
        return found
    mask: Maybe = None
    for w, at in zip(wanted, where, strict=True):
        if w and at is not None:
            one = at(g, node, *node.inputs, **node.params)
            mask = one if mask is None else F.logical_or(mask, one)
    return mask


def watched(y: Node, wrt: Sequence[Node]) -> Watch:
    """The kinks on the way from `wrt` to y, whichever elements of y and directions are looked at.

    Different irrational weights for the elements of y keep cotangents from cancelling.
    """
    watch = Watch()
    if any(n.op.kink_at is not None or n.op.name == "kinked" for n in postorder([y])):
        weights = np.sqrt(np.arange(2.0, y.size + 2)).reshape(y.shape)
        if y.dtype.kind == "c":
            weights = weights * (1 + 0.5j)
        pull([(y, lift(weights.astype(y.dtype)))], wrt, watch)
    return watch


def steps(y: Node, x: Node) -> list[Place]:
    """The operators that keep y from having more than a zero derivative by x.

    They are those next to x that depend on it and let no cotangent through: steps such as floor,
    comparisons, the place of an extremum.
    """
    origin = ORIGIN.span
    smooth, found = {id(x)}, []
    for node in postorder([y]):
        wanted = [id(i) in smooth for i in node.inputs]
        if not any(wanted):
            continue
        if _passes(node, wanted):
            smooth.add(id(node))
        else:
            found.append(Place(node.op.name, node.span))
    ORIGIN.span = origin
    return found


def _passes(node: Node, wanted: Sequence[bool]) -> bool:
    """Whether a cotangent of the node reaches any of the inputs that are wanted."""
    if node.op is PROJECT:
        return True
    if node.parts is not None:
        g: Any = [INPUT.make("", shape, dtype) for shape, dtype in node.parts]
    elif is_inexact(node.dtype):
        g = placeholder_like(node)
    else:
        return False
    return any(c is not None and w for c, w in zip(pullback(node, g, wanted), wanted, strict=True))
