"""Plans: a graph turned into a list of instructions that runs many times.

Planning simplifies the graph and shares common subexpressions; what no result needs is not there.
Elementwise operators on large arrays are fused into one loop. A value is dropped after its last
use, and an elementwise instruction writes into an operand that dies with it, so that a chain of
such operations allocates once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcli.graph.node import Node, postorder
from diffcli.limits import check_elements
from diffcli.ops.namespace import Namespace
from diffcli.ops.op import CONSTANT
from diffcli.runtime.instruction import Instruction
from diffcli.transforms.simplify import simplify

if TYPE_CHECKING:
    from diffcli.runtime.loop import Fused

    Step = Instruction | Fused

FUSE_FROM = 16384
"""Elements from which a loop of its own pays."""


class Plan:
    """Computes `results` from values of `inputs`.

    `run(xp, values)` gives arrays of the namespace `xp`, in the order of the results. Raises
    `domain` errors of the operators (a singular matrix) and `too-large`, each with its place.
    """

    def __init__(self, results: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.results = simplify(results)
        order = postorder(self.results)
        slots = {id(x): i for i, x in enumerate(inputs)}
        self.nodes = list(inputs)
        self.constants: list[tuple[int, Any]] = []
        self.instructions: list[Instruction] = []
        for node in order:
            if id(node) in slots:
                continue
            slot = slots[id(node)] = len(slots)
            self.nodes.append(node)
            if node.op is CONSTANT:
                self.constants.append((slot, node.params["value"]))
            else:
                check_size(node)
                self.instructions.append(
                    Instruction(node, [slots[id(x)] for x in node.inputs], slot)
                )
        self.width = len(slots)
        self.outputs = [slots[id(y)] for y in self.results]
        self.schedule: list[Step] = list(self.instructions)
        if any(step.node.size >= FUSE_FROM for step in self.instructions):
            from diffcli.runtime.fusion import fuse

            self.schedule = fuse(self.instructions, self.nodes, self.outputs, FUSE_FROM)
        self._plan_memory(len(inputs))

    def _plan_memory(self, inputs: int) -> None:
        last: dict[int, int] = {}
        fresh: set[int] = set()  # values that own their memory and that nothing else looks into
        for k, step in enumerate(self.schedule):
            for slot in step.operands:
                last[slot] = k
            if step.allocates:
                fresh.update(step.results)
            else:
                fresh.difference_update(step.operands)
        kept = {*self.outputs, *range(inputs), *(slot for slot, _ in self.constants)}
        for k, step in enumerate(self.schedule):
            step.dead = [s for s in dict.fromkeys(step.operands) if last[s] == k and s not in kept]
            if step.allocates:
                step.reuse_memory({s: self.nodes[s] for s in step.dead if s in fresh})

    def run(self, xp: Namespace, values: Sequence[Any]) -> list[Any]:
        """The results as arrays of the namespace; values may be arrays of it, or of NumPy."""
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

    def _filled(self, xp: Namespace, values: Sequence[Any]) -> list[Any]:
        """A place for every value, with those of inputs and constants in it."""
        store: list[Any] = [*map(xp.asarray, values), *[None] * (self.width - len(values))]
        for slot, value in self.constants:
            store[slot] = value if not isinstance(value, np.ndarray) else xp.asarray(value)
        return store


def check_size(node: Node) -> None:
    """Raise `too-large` for a result above the limit; broadcasting alone stores nothing."""
    if node.op.name != "broadcast_to":
        check_elements(node.size, node.op.name, node.span)
