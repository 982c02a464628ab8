"""Simplification: the same values from fewer nodes, and each distinct node once.

Rewrites are named one-line equations in `rewrites`. They keep shape, dtype and value, IEEE special
cases included (the sign of a zero excepted).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from diffcli.graph.node import ORIGIN, Node
from diffcli.ops.op import CONSTANT
from diffcli.transforms import algebra, movement  # noqa: F401 - they register their rewrites
from diffcli.transforms.rewrites import RULES, Rule, Rules, rules_for


def simplify(results: Sequence[Node], *given: MutableMapping[Node, Node]) -> list[Node]:
    """Equivalent nodes with common subexpressions shared and rewrites applied throughout.

    `given` say what stands for some nodes, and the first one that knows a node counts.
    """
    origin = ORIGIN.span
    try:
        return Simplifier(given=given).run(results)
    finally:
        ORIGIN.span = origin


def same_graph(a: Sequence[Node], b: Sequence[Node]) -> bool:
    """Whether two lists of nodes are the same graph, inputs being told apart by name."""
    interner = Simplifier(rules=(), by_name=True)
    return all(x is y for x, y in zip(interner.run(a), interner.run(b), strict=True))


OPERATOR = attrgetter("op")


class Simplifier:
    """Interns nodes by structure and rewrites them bottom-up by the rules of some sets."""

    def __init__(
        self,
        *,
        rules: Sequence[Rules] = (RULES,),
        by_name: bool = False,
        given: Sequence[MutableMapping[Node, Node]] = (),
    ) -> None:
        self.rules = rules
        self.by_name = by_name
        self.done: MutableMapping[Node, Node] = ChainMap({}, *given) if given else {}
        self.interned: dict[Any, Node] = {}
        self._kinds: dict[tuple[Any, ...], list[Rule]] = {}

    def run(self, roots: Sequence[Node]) -> list[Node]:
        """The simplified nodes of `roots`."""
        for root in roots:
            self._settle(root)
        return [self.done[root] for root in roots]

    def _settle(self, root: Node) -> None:
        done = self.done
        waiting: list[Node | None] = [root]
        while waiting:
            node = waiting.pop()
            if node is None:  # what follows has all its inputs
                self._finish(waiting.pop())  # type: ignore[arg-type]
            elif node not in done:
                if node.inputs:
                    waiting += (node, None, *node.inputs[::-1])
                else:
                    self._finish(node)

    def _finish(self, node: Node) -> None:
        done = self.done
        inputs = tuple(map(done.__getitem__, node.inputs))
        key = self._key(node, inputs)
        found = self.interned.get(key)
        if found is None:
            new = node if inputs == node.inputs else _with_inputs(node, inputs)
            found = self.interned[key] = self._rewritten(new)
        done[node] = found
        if found not in done:
            done[found] = found

    def _rewritten(self, node: Node) -> Node:
        kind = (node.op, not node.shape, *map(OPERATOR, node.inputs))
        rules = self._kinds.get(kind)
        if rules is None:
            rules = self._kinds[kind] = rules_for(node, self.rules)
        for rule in rules:
            ORIGIN.span = node.span
            new = rule(node)
            if new is None or new is node:
                continue
            if new.shape == node.shape and new.dtype == node.dtype:
                self._settle(new)
                return self.done[new]
        return node

    def _key(self, node: Node, inputs: tuple[Node, ...]) -> Any:
        if not inputs and "name" in node.params and "value" not in node.params:
            return (node.op.name, node.params["name"]) if self.by_name else node
        if self.by_name and node.op is CONSTANT and node.shape == ():
            # the text of a number does not say whether it is a Python number or an array
            return node.op.name, node.dtype, _frozen(np.asarray(node.params["value"]).item())
        params = tuple(map(_frozen, node.params.values())) if node.params else ()
        if self.by_name:
            return node.op, inputs, params, node.dtype
        return node.op, inputs, params, node.weak, node.dtype


def _with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    new = Node(node.op, inputs, node.params, node.shape, node.dtype, node.weak, node.parts)
    new.span = node.span
    return new


PLAIN = {bool, int, str, type(None)}


def _frozen(value: Any) -> Any:
    """A hashable stand-in that is equal exactly when the values are the same."""
    kind = type(value)
    if kind in PLAIN:
        return kind, value
    if kind is tuple:
        return tuple(map(_frozen, value))
    if kind is float:
        return kind, value.hex()  # 0.0 and -0.0 differ, nan is nan
    if kind is slice:
        return kind, value.start, value.stop, value.step
    if isinstance(value, np.ndarray):
        small = value.size <= 64
        return value.dtype, value.shape, value.tobytes() if small else id(value)
    return kind, value if isinstance(value, np.dtype) else str(value)
