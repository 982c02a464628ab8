"""Plans: a graph turned into a list of instructions that runs many times.

Planning simplifies the graph and shares common subexpressions; what no result needs is not there.
Elementwise operators on large arrays are fused into one loop. A value is dropped after its last
use, and an elementwise instruction writes into an operand that dies with it, so that a chain of
such operations allocates once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.graph.node import Node, postorder
from diffcli.limits import LIMITS, check_elements
from diffcli.ops.namespace import Namespace
from diffcli.ops.op import CONSTANT
from diffcli.runtime.instruction import REUSE_FROM, Instruction, building
from diffcli.transforms.simplify import simplify

if TYPE_CHECKING:
    from diffcli.runtime.loop import Fused

    Step = Instruction | Fused

FUSE_FROM = 16384
"""Elements from which a loop of its own pays."""

ADAPT_AFTER = 20_000_000
"""Elements computed, one operator after another, that take as long as to build code of a few."""


class Plan:
    """Computes `results` from values of `inputs`.

    `run(xp, values)` gives arrays of the namespace `xp`, in the order of the results. Raises
    `domain` errors of the operators (a singular matrix) and `too-large`, each with its place.

    A plan that `adapts` builds machine code for small arrays too once its runs have cost as much as
    building does. From then on its numbers may differ in their last digits.
    """

    def __init__(
        self, results: Sequence[Node], inputs: Sequence[Node], adapts: bool = False
    ) -> None:
        self.results = simplify(results)
        slots = {x: i for i, x in enumerate(inputs)}
        self.nodes = list(inputs)
        self.constants: list[tuple[int, Any]] = []
        self.instructions: list[Instruction] = []
        for node in postorder(self.results):
            if node in slots:
                continue
            slot = slots[node] = len(self.nodes)
            self.nodes.append(node)
            if node.op is CONSTANT:
                self.constants.append((slot, _fixed(node.params["value"])))
            else:
                operands = [slots[x] for x in node.inputs]
                self.instructions.append(Instruction(node, operands, slot))
        self._inputs = len(inputs)
        self._largest = max([step.size for step in self.instructions], default=0)
        if self._largest > LIMITS.elements:
            for node in self.nodes[len(inputs) :]:
                check_size(node)
        self.outputs = [slots[y] for y in self.results]
        self.schedule = self._scheduled(self.instructions, FUSE_FROM)
        self._patience = ADAPT_AFTER * building(len(self.instructions)) if adapts else inf
        self._work = sum([step.elements for step in self.instructions])

    def _scheduled(self, instructions: list[Instruction], least: int) -> list[Step]:
        """The steps of a run, with loops for results of at least so many elements."""
        schedule: list[Step] = list(instructions)
        if self._largest >= least:
            from diffcli.runtime.fusion import fuse

            schedule = fuse(instructions, self.nodes, self.outputs, least)
        self._find_dead(schedule)
        if self._largest >= REUSE_FROM:
            self._reuse_memory(schedule)
        return schedule

    def _adapt(self) -> None:
        """Let machine code compute all that it can."""
        from diffcli.runtime.loop import Fused, jit

        self._patience = inf
        if not jit():
            return
        again = [Instruction(s.node, s.operands, s.results[0]) for s in self.instructions]
        schedule = self._scheduled(again, 1)
        for step in schedule:
            if isinstance(step, Fused):
                step.built = True
        self.schedule = schedule

    def _find_dead(self, schedule: list[Step]) -> None:
        """Let each step name the values that nothing needs after it."""
        needed = {*self.outputs, *range(self._inputs), *(slot for slot, _ in self.constants)}
        for step in reversed(schedule):
            for slot in step.operands:
                if slot not in needed:
                    needed.add(slot)
                    step.dead.append(slot)

    def _reuse_memory(self, schedule: list[Step]) -> None:
        """Let steps write into values that die with them and that nothing else looks into."""
        fresh: set[int] = set()
        for step in schedule:
            if step.allocates:
                fresh.update(step.results)
            else:
                fresh.difference_update(step.operands)
        for step in schedule:
            if step.allocates:
                step.reuse_memory({s: self.nodes[s] for s in step.dead if s in fresh})

    def run(self, xp: Namespace, values: Sequence[Any]) -> list[Any]:
        """The results as arrays of the namespace; values may be arrays of it, or of NumPy."""
        if self._patience <= 0 and xp.name == "numpy" and xp.patience < inf:
            self._adapt()
        self._patience -= self._work
        with xp.computing():
            store = self._filled(xp, values)
            for step in self.schedule:
                step.run(xp, store)
                for slot in step.dead:
                    store[slot] = None
            return [xp.asarray(store[slot]) for slot in self.outputs]

    def watch(self, xp: Namespace, values: Sequence[Any], seen: Callable[..., None]) -> None:
        """Run once more, operator by operator, and show `seen(node, operands, result)`."""
        store = self._filled(xp, values)
        last = {slot: k for k, step in enumerate(self.instructions) for slot in step.operands}
        with np.errstate(all="ignore"):
            for k, step in enumerate(self.instructions):
                (result,) = step.results
                store[result] = step.compute(xp, store)
                seen(step.node, [store[slot] for slot in step.operands], store[result])
                for slot in step.operands:
                    if last[slot] == k:
                        store[slot] = None

    def loops(self) -> list[list[Node]]:
        """The nodes of each fused loop."""
        return [
            [*(step.node for step in unit.steps), *(node for *_, node in unit.sums)]
            for unit in self.schedule
            if not isinstance(unit, Instruction)
        ]

    def _filled(self, xp: Namespace, values: Sequence[Any]) -> list[Any]:
        """A place for every value, with those of inputs and constants in it."""
        store: list[Any] = [*map(xp.asarray, values), *[None] * (len(self.nodes) - len(values))]
        for slot, value in self.constants:
            store[slot] = value if not isinstance(value, np.ndarray) else xp.asarray(value)
        return store


def _fixed(value: Any) -> Any:
    """A constant that nobody can change, by writing into a result that looks into it."""
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.flags.writeable = False
    return view


def check_size(node: Node) -> int:
    """The elements of a node; raises `too-large` above the limit.

    Constants are there already, and broadcasting alone stores nothing.
    """
    size = node.size
    if size > LIMITS.elements and node.op is not CONSTANT and node.op.name != "broadcast_to":
        check_elements(size, node.op.name, node.span)
    return size
