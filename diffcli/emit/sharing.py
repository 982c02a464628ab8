"""Subexpressions that several formulas have in common, given names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from diffcli.emit.pieces import composite
from diffcli.graph.node import Node

Write = Callable[[Node, Mapping[int, str]], str | None]
"""The text of a node, in which the nodes of some ids are written as names."""

CHEAP = {"transpose", "reshape", "broadcast_to", "negative", "astype", "window", "kinked"}
"""What costs nothing to write again on a variable."""


class Statements(NamedTuple):
    """Names with the texts that they stand for, in order, and the texts of the results."""

    named: list[tuple[str, str]]
    results: list[str]


def statements(
    roots: Sequence[Node], write: Write, taken: Iterable[str], least: int = 1
) -> Statements | None:
    """`roots` as texts, what they have in common named v1, v2, ... first.

    `taken` are names of variables. Texts of fewer than `least` characters are written again. None
    where a text cannot be written.
    """
    used, names = set(taken), dict[int, str]()
    named: list[tuple[str, str]] = []
    free = (name for k in range(1, 10**6) if (name := f"v{k}") not in used)
    for node in repeated(roots):
        shown = write(node, names)
        if shown is None:
            return None
        if len(shown) < least:
            continue
        name = next(free)
        named.append((name, shown))
        names[id(node)] = name
    results = [write(root, names) for root in roots]
    if any(shown is None for shown in results):
        return None
    return Statements(named, [shown for shown in results if shown is not None])


def repeated(roots: Sequence[Node]) -> list[Node]:
    """The nodes that are written more than once, operands before what they are used in."""
    order: list[Node] = []
    count: dict[int, int] = {}
    pending = [(root, False) for root in reversed(roots)]
    while pending:
        node, done = pending.pop()
        if done:
            order.append(node)
            continue
        count[id(node)] = count.get(id(node), 0) + 1
        if count[id(node)] > 1:
            continue
        pending.append((node, True))
        _, operands = composite(node) or ("", node.inputs)
        pending += [(x, False) for x in reversed(operands)]
    return [node for node in order if count[id(node)] > 1 and _costs(node)]


def _costs(node: Node) -> bool:
    while node.op.name in CHEAP:
        node = node.inputs[0]
    return bool(node.inputs) and not all(not x.inputs and x.weak for x in node.inputs)
