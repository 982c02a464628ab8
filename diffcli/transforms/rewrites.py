"""The rewriting rules: operator name -> functions from a node to an equal, simpler one, or None.

The inputs of a node are simplified already when its rules see it. Each rule has its equation as
docstring. None of them changes a value, except that arithmetic of written numbers is done in
advance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.graph.node import Node
from diffcli.graph.shapes import broadcast
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F

Rule = Callable[[Node], Node | None]
Rules = dict[str, list[tuple[Rule, frozenset[str]]]]
"""Operator -> its rewrites, each with the operators of which an input must be; none for any."""

RULES: Rules = {}
"""What makes a graph smaller, for plans and for formulas."""

TEXTBOOK: Rules = {}
"""What a person would write instead, for formulas alone; it may take more operations."""

CODE: Rules = {}
"""What takes fewer operations where values are finite, for code that is written from formulas."""

REPEATING = ("broadcast_to", "reshape")
"""Operators by which a number is repeated."""

NUMBER = ("constant", *REPEATING)
"""Operators of what may be a number everywhere."""


def rule(*names: str, of: Sequence[str] = (), among: Rules = RULES) -> Callable[[Rule], Rule]:
    """Register a rewrite for the operators named, where an input is one of the operators `of`."""

    def register(function: Rule) -> Rule:
        for name in names:
            among.setdefault(name, []).append((function, frozenset(of)))
        return function

    return register


def number(x: Node) -> Any:
    """The number that x is everywhere (a constant scalar, perhaps broadcast or cast), or None."""
    while x.op is not CONSTANT:
        if x.op.name not in REPEATING:
            return None
        x = x.inputs[0]
    if x.shape != () or "name" in x.params:
        return None
    value = x.params["value"]
    return value if isinstance(value, bool | int | float | complex) else value.item()


def is_number(x: Node, value: Any) -> bool:
    """Whether x is this number everywhere."""
    found = number(x)
    return found is not None and not isinstance(found, bool) and found == value


def fits(x: Node, node: Node) -> Node:
    """x broadcast to the shape and cast to the dtype of `node`."""
    if x.dtype != node.dtype:
        x = F.astype(x, node.dtype)
    return x if x.shape == node.shape else F.broadcast_to(x, node.shape)


# ----- broadcasting, for all elementwise operators ------------------------------------------------


def drop_broadcast(node: Node) -> Node | None:
    """f(broadcast(a), b) = f(a, b) where b has the shape already"""
    inputs = list(node.inputs)
    for i, x in enumerate(inputs):
        scalar = x.op.name == "reshape" and x.inputs[0].shape == ()
        if (x.op.name == "broadcast_to" or scalar) and len(inputs) > 1:
            inner = x.inputs[0]
            others = [y.shape for j, y in enumerate(inputs) if j != i]
            if broadcast(inner.shape, *others) == node.shape:
                inputs[i] = inner
    if tuple(inputs) == node.inputs:
        return None
    return node.op.apply(tuple(inputs), node.params)


def lift_broadcast(node: Node) -> Node | None:
    """f(broadcast(a)) = broadcast(f(a))"""
    if not all(x.op.name == "broadcast_to" or x.shape == () for x in node.inputs):
        return None
    inner = tuple(x.inputs[0] if x.op.name == "broadcast_to" else x for x in node.inputs)
    if inner == node.inputs:
        return None
    small = node.op.apply(inner, node.params)
    return F.broadcast_to(small, node.shape) if small.size < node.size else None


BROADCASTING = [
    (drop_broadcast, frozenset(REPEATING)),
    (lift_broadcast, frozenset(["broadcast_to"])),
]


def rules_for(node: Node, sets: Sequence[Rules] = (RULES,)) -> list[Rule]:
    """The rewrites of some sets to try on a node, in order.

    They are the same for all nodes of an operator, with axes or without, on inputs of the same
    operators.
    """
    own = [found for rules in sets for found in rules.get(node.op.name, ())]
    if sets and node.shape and isinstance(node.op, Elementwise):
        own += BROADCASTING
    names = {x.op.name for x in node.inputs}
    return [function for function, of in own if not of or not of.isdisjoint(names)]
