"""Plans: a graph turned into a list of instructions that runs many times.

Planning simplifies the graph and shares common subexpressions; what no result needs is not there.
A value is dropped after its last use, and an elementwise instruction writes into an operand that
dies with it, so that a chain of such operations allocates once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, postorder
from diffcli.limits import check_elements
from diffcli.ops.kinds import Elementwise
from diffcli.ops.namespace import Namespace
from diffcli.ops.op import CONSTANT, UNFIT
from diffcli.transforms.simplify import simplify

REUSE_FROM = 4096
"""Arrays smaller than this many elements are not worth reusing."""


class Instruction:
    """One operator on numbered values: where its operands are, where its result goes."""

    __slots__ = ("dead", "node", "operands", "params", "result", "reuse", "weak_arrays")

    def __init__(self, node: Node, operands: list[int], result: int) -> None:
        self.node = node
        self.params = node.params
        self.operands = operands
        self.result = result
        self.reuse = -1  # operand whose memory takes the result
        self.dead: list[int] = []  # values not needed afterwards
        # operators other than elementwise ones take arrays, never Python numbers
        self.weak_arrays = not isinstance(node.op, Elementwise)


class Plan:
    """Computes `results` from values of `inputs`.

    `run(xp, values)` gives arrays of the namespace `xp`, in the order of the results. Raises
    `domain` errors of the operators (a singular matrix) and `too-large`, each with its place.
    """

    def __init__(self, results: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.results = simplify(results)
        order = postorder(self.results)
        slots = {id(x): i for i, x in enumerate(inputs)}
        self.constants: list[tuple[int, Any]] = []
        self.instructions: list[Instruction] = []
        for node in order:
            if id(node) in slots:
                continue
            slot = slots[id(node)] = len(slots)
            if node.op is CONSTANT:
                self.constants.append((slot, node.params["value"]))
            else:
                check_size(node)
                self.instructions.append(
                    Instruction(node, [slots[id(x)] for x in node.inputs], slot)
                )
        self.width = len(slots)
        self.outputs = [slots[id(y)] for y in self.results]
        self._plan_memory(len(inputs))

    def _plan_memory(self, inputs: int) -> None:
        last: dict[int, int] = {}
        fresh: set[int] = set()  # values that own their memory and that nothing else looks into
        for k, step in enumerate(self.instructions):
            for slot in step.operands:
                last[slot] = k
            if _allocates(step.node):
                fresh.add(step.result)
            else:
                fresh.difference_update(step.operands)
        kept = {*self.outputs, *range(inputs), *(slot for slot, _ in self.constants)}
        for k, step in enumerate(self.instructions):
            step.dead = [s for s in dict.fromkeys(step.operands) if last[s] == k and s not in kept]
            if _allocates(step.node) and step.node.size >= REUSE_FROM:
                step.reuse = self._reusable(step, fresh)

    def _reusable(self, step: Instruction, fresh: set[int]) -> int:
        node = step.node
        for slot, x in zip(step.operands, node.inputs, strict=True):
            same = x.shape == node.shape and x.dtype == node.dtype
            if same and slot in step.dead and slot in fresh:
                return slot
        return -1

    def run(self, xp: Namespace, values: Sequence[Any]) -> list[Any]:
        """The results as arrays of the namespace."""
        store = self._filled(xp, values)
        with np.errstate(all="ignore"):
            for step in self.instructions:
                store[step.result] = _execute(xp, step, store, step.reuse)
                for slot in step.dead:
                    store[slot] = None
        return [xp.asarray(store[slot]) for slot in self.outputs]

    def watch(self, xp: Namespace, values: Sequence[Any], seen: Callable[..., None]) -> None:
        """Run once more and show `seen(node, operands, result)` every step; no memory is reused."""
        store = self._filled(xp, values)
        with np.errstate(all="ignore"):
            for step in self.instructions:
                store[step.result] = _execute(xp, step, store)
                seen(step.node, [store[slot] for slot in step.operands], store[step.result])
                for slot in step.dead:
                    store[slot] = None

    def _filled(self, xp: Namespace, values: Sequence[Any]) -> list[Any]:
        """A place for every value, with those of inputs and constants in it."""
        store: list[Any] = [*values, *[None] * (self.width - len(values))]
        for slot, value in self.constants:
            store[slot] = value if not isinstance(value, np.ndarray) else xp.asarray(value)
        return store


def _execute(xp: Namespace, step: Instruction, store: list[Any], reuse: int = -1) -> Any:
    node = step.node
    operands = [store[slot] for slot in step.operands]
    if step.weak_arrays:
        operands = [
            xp.asarray(v) if x.weak else v for v, x in zip(operands, node.inputs, strict=True)
        ]
    try:
        if reuse >= 0:
            return node.op.evaluate(xp, *operands, **step.params, out=store[reuse])
        value = node.op.evaluate(xp, *operands, **step.params)
    except DiffcliError as error:
        raise error.at(node.span) from None
    except (np.linalg.LinAlgError, *UNFIT) as error:
        # what the array library refuses for the values given, such as 2**-1 of integers
        code = "dtype" if isinstance(error, TypeError) else "domain"
        reason = str(error).rstrip(".")
        reason = reason[:1].lower() + reason[1:]
        if "<class" in reason:  # NumPy names types as Python prints them
            reason = "is not made for arguments of these types"
        raise DiffcliError(code, f"{node.op.name}: {reason}", span=node.span) from error
    except MemoryError:
        raise DiffcliError(
            "too-large", f"there is not enough memory for {node.op.name}", span=node.span
        ) from None
    return value.item() if node.weak and hasattr(value, "item") else value


def _allocates(node: Node) -> bool:
    return hasattr(node.op.evaluate, "takes_out")


def check_size(node: Node) -> None:
    """Raise `too-large` for a result above the limit; broadcasting alone stores nothing."""
    if node.op.name != "broadcast_to":
        check_elements(node.size, node.op.name, node.span)
