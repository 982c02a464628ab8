"""Fusion: elementwise operators on large arrays, and the sums over them, joined into loops.

Operators whose results have the same shape join one loop as long as nothing between them needs a
value of the loop first. A loop keeps its intermediate values in registers, or in the cache when it
runs block by block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from diffcli.graph.node import Node, Shape
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import CONSTANT
from diffcli.runtime.instruction import Instruction
from diffcli.runtime.kernel import BOOL, FLOATS, FUNCTIONS, Kernel, Symbol, Unfit
from diffcli.runtime.loop import Fused, Geometry

LOOP = 8000
"""Elements that could be computed in the time that it takes to begin with a loop."""

ALIKE = ("broadcast_to", "astype")
"""Operators of other kinds that a loop has an equivalent of."""


def fuse(
    steps: Sequence[Instruction], nodes: Sequence[Node], outputs: Sequence[int], least: int
) -> list[Instruction | Fused]:
    """The steps with loops instead of elementwise ones where that pays, in an order that runs.

    Results of fewer than `least` elements are computed one by one.
    """
    grouping = Grouping(nodes, least)
    for step in steps:
        grouping.place(step)
    return grouping.schedule(steps, outputs)


class Group:
    """Steps of one loop: their kernel, the symbols of their values, and the sums over them."""

    def __init__(self, number: int, shape: Shape, nodes: Sequence[Node]) -> None:
        self.number = number
        self.shape = shape
        self.nodes = nodes
        self.kernel = Kernel()
        self.symbols: dict[int, Symbol] = {}
        self.operands: list[int] = []
        self.constants: dict[int, Any] = {}
        self.steps: list[Instruction] = []
        self.sums: list[Instruction] = []

    def add(self, step: Instruction) -> bool:
        """Whether the step became part of the loop."""
        operands, steps = len(self.operands), len(self.kernel.steps)
        try:
            args = [self._operand(slot) for slot in step.operands]
            self.symbols[step.results[0]] = self._value(step.node, args)
            self.steps.append(step)
            return True
        except Unfit:
            for slot in self.operands[operands:]:
                del self.symbols[slot]
            del self.operands[operands:]
            self.kernel.forget(steps)
            return False

    def add_sum(self, step: Instruction) -> bool:
        """Whether the loop can sum one of its values as it goes."""
        (slot,) = step.operands
        node, shape, axes = step.node, self.shape, step.node.params["axis"]
        trailing = axes == tuple(range(len(shape) - len(axes), len(shape)))
        several = prod(shape[k] for k in axes) > 1 or len(axes) == len(shape)
        if not trailing or not several or self.symbols[slot].dtype != node.dtype:
            return False
        self.sums.append(step)
        if self.geometry().fits:
            return True
        self.sums.pop()
        return False

    def geometry(self) -> Geometry:
        """The loop as rows and columns."""
        shapes = [self.nodes[slot].shape for slot in self.operands]
        return Geometry(self.shape, shapes, [s.node.params["axis"] for s in self.sums])

    def _value(self, node: Node, args: Sequence[Any]) -> Symbol:
        if not self.geometry().fits:
            raise Unfit
        if node.op.name != "broadcast_to":
            return self.kernel.apply(node, args)
        if not isinstance(args[0], Symbol):
            raise Unfit
        return args[0]

    def _operand(self, slot: int) -> Any:
        node = self.nodes[slot]
        value = node.params["value"] if node.op is CONSTANT and node.weak else None
        if isinstance(value, bool | int | float):
            self.constants[slot] = value
            return value
        if slot not in self.symbols:
            self.symbols[slot] = self.kernel.load(slot, node.dtype, node.weak)
            self.operands.append(slot)
        return self.symbols[slot]

    def pays(self) -> bool:
        """Whether a loop is better than the steps one by one."""
        if sum(step.elements for step in (*self.steps, *self.sums)) < LOOP:
            return False
        work = [name for name, _, _ in self.kernel.steps if name not in ("load", "constant")]
        return len(work) + len(self.sums) > 1 or any(name in FUNCTIONS for name in work)


class Grouping:
    """Puts steps into groups so that the groups can run one after another.

    `_needs` says for each value which groups must have run before it is there, `_after` the same
    for each group.
    """

    def __init__(self, nodes: Sequence[Node], least: int) -> None:
        self.nodes = nodes
        self.least = least
        self.groups: list[Group] = []
        self.home: dict[int, Group] = {}
        self._needs: dict[int, frozenset[int]] = {}
        self._after: list[frozenset[int]] = []

    def place(self, step: Instruction) -> None:
        """Find the loop of a step, or leave it by itself."""
        (result,) = step.results
        needs = frozenset().union(*(self._needs.get(s, frozenset()) for s in step.operands))
        group = self._sum_of(step) or self._group_for(step)
        if group is None:
            self._needs[result] = needs
            return
        self._after[group.number] |= needs - {group.number}
        self._needs[result] = frozenset({group.number})
        self.home[result] = group

    def _sum_of(self, step: Instruction) -> Group | None:
        """The group that sums the operand of `step`."""
        if step.node.op.name != "sum" or step.node.dtype not in FLOATS:
            return None
        group = self.home.get(step.operands[0])
        return group if group is not None and group.add_sum(step) else None

    def _group_for(self, step: Instruction) -> Group | None:
        """The group that the step joins, or a new one."""
        node = step.node
        loops = isinstance(node.op, Elementwise) or node.op.name in ALIKE
        if not loops or node.size < self.least or (node.dtype != BOOL and node.dtype not in FLOATS):
            return None
        for group in reversed(self.groups):
            if group.shape == node.shape and self._may_join(group, step) and group.add(step):
                return group
        group = Group(len(self.groups), node.shape, self.nodes)
        if not group.add(step):
            return None
        self.groups.append(group)
        self._after.append(frozenset())
        return group

    def _may_join(self, group: Group, step: Instruction) -> bool:
        """Whether no operand of the step from outside needs the group to have run."""
        for slot in step.operands:
            inside = self.home.get(slot) is group and slot in group.symbols
            if not inside and group.number in self._reach(self._needs.get(slot, frozenset())):
                return False
        return True

    def _reach(self, groups: frozenset[int]) -> frozenset[int]:
        """The groups, and all that must run before them."""
        found, waiting = set(groups), list(groups)
        while waiting:
            more = self._after[waiting.pop()] - found
            found |= more
            waiting += more
        return frozenset(found)

    # ----- the order ------------------------------------------------------------------------------

    def schedule(
        self, steps: Sequence[Instruction], outputs: Sequence[int]
    ) -> list[Instruction | Fused]:
        """The loops and the other steps, each after those whose values it needs."""
        loops = {g.number: g for g in self.groups if g.pays()}
        used = self._used(steps, loops, outputs)
        units: dict[int, Instruction | Fused] = {}
        made: dict[int, Fused] = {}
        for step in steps:
            (result,) = step.results
            group = self.home.get(result)
            if group is None or group.number not in loops:
                units[result] = step
                continue
            if group.number not in made:
                made[group.number] = self._fused(group, used)
            units[result] = made[group.number]
        return list(_ordered(units, [s.results[0] for s in steps]))

    def _used(
        self, steps: Sequence[Instruction], loops: dict[int, Group], outputs: Sequence[int]
    ) -> set[int]:
        """Values that something outside their own loop needs."""
        used = set(outputs)
        for step in steps:
            group = self.home.get(step.results[0])
            inside = group is not None and group.number in loops
            for slot in step.operands:
                if not inside or self.home.get(slot) is not group:
                    used.add(slot)
        return used

    def _fused(self, group: Group, used: set[int]) -> Fused:
        stored = [s.results[0] for s in group.steps if s.results[0] in used]
        return Fused(
            kernel=group.kernel,
            geometry=group.geometry(),
            operands=group.operands,
            constants=group.constants,
            stored=[(slot, group.symbols[slot].index, self.nodes[slot]) for slot in stored],
            sums=[
                (s.results[0], group.symbols[s.operands[0]].index, s.operands[0], s.node)
                for s in group.sums
            ],
            steps=group.steps,
            nodes=[self.nodes[slot] for slot in group.operands],
        )


def _ordered(
    units: dict[int, Instruction | Fused], order: Sequence[int]
) -> Iterator[Instruction | Fused]:
    """Units such that those which make operands come first."""
    done: set[int] = set()
    for root in order:
        stack = [units[root]]
        while stack:
            unit = stack[-1]
            if id(unit) in done:
                stack.pop()
                continue
            waiting = [
                units[slot]
                for slot in unit.operands
                if slot in units and id(units[slot]) not in done
            ]
            if waiting:
                stack += waiting
                continue
            done.add(id(unit))
            stack.pop()
            yield unit
