"""The evaluation trace of an expression: its operations as they are written, one after another.

These are the intermediate variables v1, v2, ... that both modes of automatic differentiation work
through (R. E. Wengert, "A simple automatic derivative evaluation program", 1964). A call such as
`var(x)` is one step although its graph has several nodes: nodes that were made for the same place
of the text belong together, and the last one of them is the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diffcli.graph.node import Node, postorder
from diffcli.ops.op import CONSTANT, INPUT

LARGEST = 12
"""Elements of an array that stands in the formulas of others; a larger one is a step."""

LETTERS = "vutsrqp"
"""What steps are called, with a number; the first letter that no name of the text is like."""


class Step:
    """An intermediate variable: its name, its node, and the steps that it is computed from."""

    __slots__ = ("inputs", "name", "node")

    def __init__(self, name: str, node: Node, inputs: Sequence[Step]) -> None:
        self.name = name
        self.node = node
        self.inputs = inputs

    def __repr__(self) -> str:
        return f"<{self.name} = {self.node.op.name}({', '.join(x.name for x in self.inputs)})>"


class EvaluationTrace:
    """The `steps` from the inputs to `output`, each after those that it is computed from.

    Inputs come first, in the order of `named`, which gives names to nodes (by id) that have one in
    the text. The others are v1, v2, ... in the order of evaluation.
    """

    def __init__(self, output: Node, named: Mapping[int, str]) -> None:
        order = postorder([output])
        self._by_node: dict[int, Step] = {}
        self._behind: dict[int, list[Step]] = {}
        self._order = order
        letter = free_letter(named[id(x)] for x in order if id(x) in named)
        written = _written(order, output)
        places = {key: place for place, key in enumerate(named)}
        inputs = [x for x in order if x.op is INPUT]
        inputs.sort(key=lambda x: places.get(id(x), len(places)))
        count = 0
        for node in [*inputs, *(x for x in order if x.op is not INPUT)]:
            reached = _merged(self._behind[id(x)] for x in node.inputs)
            if id(node) not in written:
                self._behind[id(node)] = reached
                continue
            name = named.get(id(node))
            if name is None:
                count += 1
                name = f"{letter}{count}"
            step = self._by_node[id(node)] = Step(name, node, reached)
            self._behind[id(node)] = [step]
        self.steps = list(self._by_node.values())

    def step(self, node: Node) -> Step | None:
        """The step of a node; None for one within a step."""
        return self._by_node.get(id(node))

    def ahead(self) -> dict[int, list[Step]]:
        """The steps that each node belongs to (by id): its own, or those that it is within."""
        users: dict[int, list[Node]] = {}
        for node in self._order:
            for x in node.inputs:
                users.setdefault(id(x), []).append(node)
        found: dict[int, list[Step]] = {}
        for node in reversed(self._order):
            step = self.step(node)
            within = _merged(found[id(user)] for user in users.get(id(node), ()))
            found[id(node)] = within if step is None else [step]
        return found


def _written(order: Sequence[Node], output: Node) -> set[int]:
    """The nodes that are steps: those which something at another place of the text uses."""
    found = {id(output)}
    for node in order:
        if node.op is INPUT or (node.op is CONSTANT and node.size > LARGEST):
            found.add(id(node))
        for x in node.inputs:
            if (x.span is None or x.span != node.span) and x.op is not CONSTANT and not x.parts:
                found.add(id(x))
    return found


def free_letter(names: Iterable[str]) -> str:
    """The letter for steps where `names` are taken."""
    taken = {name[0] for name in names if name[1:].isdigit()}
    return next((letter for letter in LETTERS if letter not in taken), "v_")


def _merged(lists: Iterable[list[Step]]) -> list[Step]:
    """All steps of the lists, each once."""
    many = list(lists)
    if len(many) == 1:
        return many[0]
    return list({id(step): step for steps in many for step in steps}.values())
