"""Reverse mode: from cotangents of results to cotangents of inputs.

Beside each cotangent the driver carries where it is structurally alive: elements that `where`,
`maximum`, `clip` and the like did not choose have no cotangent at all, which is not the same as a
zero that is multiplied with the infinite slope of a branch not taken.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Container, Iterable, MutableMapping, Sequence
from typing import Any

import numpy as np

from diffcli.graph.node import ORIGIN, Node, is_inexact, postorder
from diffcli.ops.kinds import Bilinear, Elementwise, General
from diffcli.ops.op import CONSTANT, PROJECT, UNFIT, Maybe, inapplicable, match, placeholder_like
from diffcli.ops.table import F
from diffcli.transforms import liveness
from diffcli.transforms.facts import entire

Visit = Callable[[Node, Any, Sequence[bool]], None]

Contribution = tuple[Node, Node, Node]
"""A node, one of its inputs, and what the node's cotangent adds to the cotangent of the input."""


def pull(
    seeds: Iterable[tuple[Node, Node]],
    wrt: Sequence[Node],
    visit: Visit | None = None,
    record: list[Contribution] | None = None,
    fixed: Container[int] = (),
    finite: bool = False,
) -> list[Maybe]:
    """Cotangents of `wrt` when each (result, cotangent) pair of `seeds` is pulled back.

    None where no result depends on a node through differentiable operators. The cotangent of a
    result has its shape; those returned have the shapes and dtypes of `wrt`. `visit` is called for
    each node on the way, with its cotangent and which of its inputs depend on `wrt`; `record` gets
    every contribution to a cotangent, in the order in which they are added. Nodes whose identity is
    in `fixed` do not depend on `wrt`, and what lies behind them is not looked at. With `finite`,
    all inputs are taken to be finite, and masks that make no difference then are left out.
    """
    return _pulled(_Pullback(list(seeds), wrt, visit, record, fixed, {} if finite else None))


def one(y: Node) -> Node:
    """The cotangent 1 of a result, of its shape and dtype."""
    scalar = CONSTANT.make(np.ones((), y.dtype))
    return F.broadcast_to(scalar, y.shape) if y.shape else scalar


def _pulled(pullback: _Pullback) -> list[Maybe]:
    origin = ORIGIN.span
    try:
        return pullback.run()
    finally:
        ORIGIN.span = origin


class _Pullback:
    """Pulls seeds back; `finite` says of nodes whether they are, where inputs are taken to be."""

    def __init__(
        self,
        seeds: list[tuple[Node, Node]],
        wrt: Sequence[Node],
        visit: Visit | None,
        record: list[Contribution] | None,
        fixed: Container[int],
        finite: MutableMapping[int, bool] | None,
    ) -> None:
        self.wrt = wrt
        self.visit = visit
        self.record = record
        self.targets = {id(x) for x in wrt}
        # what carries a value does not depend on a placeholder
        self.order = postorder([y for y, _ in seeds], fixed, any(x.eager for x in wrt))
        self.active = set(self.targets)
        for node in self.order:
            if (is_inexact(node.dtype) or node.parts) and not self.active.isdisjoint(
                map(id, node.inputs)
            ):
                self.active.add(id(node))
        self.finite = None if finite is None else ChainMap({}, finite)
        if self.finite is not None:
            for node in self.order:
                self.finite[id(node)] = entire(node, self.finite)
        self.cotangents: dict[int, Any] = {}
        self.live: dict[int, Maybe] = {}
        for y, g in seeds:
            self.add(y, match(g, y) if y.parts is None else g, None)

    def add(self, x: Node, g: Node, live: Maybe) -> None:
        """Accumulate a cotangent; it is alive where any of its contributions is."""
        key = id(x)
        if key not in self.active:
            return
        self.add_live(key, live)
        before = self.cotangents.get(key)
        # the pullback meets the terms of a sum last to first; they are added first to last
        self.cotangents[key] = g if before is None else g + before

    def add_live(self, key: int, live: Maybe) -> None:
        if key in self.live:
            before = self.live[key]
            both = before is not None and live is not None
            live = F.logical_or(before, live) if both else None
        self.live[key] = live

    def run(self) -> list[Maybe]:
        for node in reversed(self.order):
            key = id(node)
            if key not in self.cotangents or not node.inputs:
                continue
            if key in self.targets:
                g, live = self.cotangents[key], self.live[key]
            else:
                g, live = self.cotangents.pop(key), self.live.pop(key)
            ORIGIN.span = node.span
            wanted = [id(x) in self.active for x in node.inputs]
            if self.visit is not None:
                self.visit(node, g, wanted)
            if node.op is PROJECT:
                self.add_part(node, g, live)
            else:
                self.step(node, g, live, wanted)
        return [self.cotangents.get(id(x)) for x in self.wrt]

    def add_part(self, node: Node, g: Node, live: Maybe) -> None:
        """Accumulate the cotangent of one of several results; it lives or dies as a whole."""
        parent, index = node.inputs[0], node.params["index"]
        assert parent.parts is not None
        live = None if live is None else liveness.whole(live, node.shape, parent)
        self.add_live(id(parent), live)
        parts = self.cotangents.setdefault(id(parent), [None] * len(parent.parts))
        parts[index] = g if parts[index] is None else parts[index] + g

    def step(self, node: Node, g: Any, live: Maybe, wanted: list[bool]) -> None:
        """Pull the cotangent of one node back to its inputs."""
        op, masks = node.op, liveness.masks(node, live, wanted)
        guards = masks if self.finite is None else list(map(self.needed, masks, node.inputs))
        contributions = pullback(liveness.pruned(node, guards), g, wanted, self.finite)
        for x, c, w, mask in zip(node.inputs, contributions, wanted, masks, strict=True):
            if c is None or not w:
                continue
            if live is not None and c is not g and isinstance(op, Elementwise) and not op.selects:
                c = liveness.chosen(self.needed(live, c, g), c)
            c = match(c, x)
            if mask is not None and isinstance(op, Bilinear | General):
                c = liveness.chosen(self.needed(mask, c, g), c)
            self.add(x, c, mask)
            if self.record is not None:
                self.record.append((node, x, c))

    def needed(self, mask: Maybe, x: Node, g: Any = None) -> Maybe:
        """The mask, or None where x is 0 without it, since g is 0 there and all else is finite."""
        if self.finite is None or mask is None:
            return mask
        zero = dict.fromkeys(map(id, g if isinstance(g, list) else [g]), True)
        return None if entire(x, ChainMap(zero, self.finite)) else mask


def pullback(
    node: Node, g: Any, wanted: Sequence[bool], finite: MutableMapping[int, bool] | None = None
) -> Sequence[Maybe]:
    """Cotangents of a node's inputs: its operator's rule, or its pushforward transposed.

    With `finite`, which says of nodes by identity whether they are, inputs are taken to be finite.
    """
    try:
        stated: Sequence[Maybe] = node.op.vjp(g, node, wanted)
    except UNFIT as error:
        raise inapplicable(node, error) from None
    if stated is not NotImplemented:
        return stated
    tangents = [
        placeholder_like(x) if w else None for x, w in zip(node.inputs, wanted, strict=True)
    ]
    try:
        moved = node.op.jvp(tangents, node)
    except UNFIT as error:
        raise inapplicable(node, error) from None
    targets = [t for t in tangents if t is not None]
    if node.parts is None:
        seeds = [] if moved is None else [(moved, g)]
    else:
        seeds = [(m, c) for m, c in zip(moved, g, strict=True) if m is not None and c is not None]
    found = iter(_pulled(_Pullback(seeds, targets, None, None, given(node), finite)))
    return [next(found) if w else None for w in wanted]


def given(node: Node) -> set[int]:
    """What the rules of a node may use besides tangents and cotangents, by identity."""
    return {id(node), *map(id, node.inputs)}
