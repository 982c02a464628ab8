"""Instructions: one operator on numbered values."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise
from diffcli.ops.namespace import NUMPY, Namespace
from diffcli.ops.op import UNFIT

BEGIN = 1000
"""Elements that could be computed in the time that it takes to begin with an operator."""

REUSE_FROM = 4096
"""Arrays smaller than this many elements are not worth reusing."""


def building(steps: int) -> float:
    """How much longer it takes to build machine code of so many steps than of very few."""
    return 1 + steps / 100 * (1 + steps / 3000)


class Instruction:
    """One operator on numbered values: where its operands are, where its result goes.

    `size` is the number of elements of the result, and `elements` what the step costs, in elements.
    `dead` are values that are not needed afterwards.
    """

    __slots__ = ("dead", "elements", "node", "operands", "results", "reuse", "size", "weak_arrays")

    def __init__(self, node: Node, operands: list[int], result: int) -> None:
        self.node = node
        self.size = size = node.size
        self.elements = size if size > BEGIN else BEGIN
        self.operands = operands
        self.results = [result]
        self.reuse = -1  # operand whose memory takes the result
        self.dead: list[int] = []
        # operators other than elementwise ones take arrays, never Python numbers
        self.weak_arrays = not isinstance(node.op, Elementwise) and any(x.weak for x in node.inputs)

    @property
    def allocates(self) -> bool:
        """Whether the results have memory of their own, which may be that of an operand."""
        return hasattr(self.node.op.evaluate, "takes_out")

    def reuse_memory(self, free: dict[int, Node]) -> None:
        """Write into one of the operands in `free`, which nothing needs afterwards."""
        node = self.node
        if self.size < REUSE_FROM:
            return
        for slot, x in free.items():
            if x.shape == node.shape and x.dtype == node.dtype:
                self.reuse = slot
                return

    def run(self, xp: Namespace, store: list[Any]) -> None:
        """Compute the result and put it into the store; raises the errors of the operator."""
        (result,) = self.results
        store[result] = self.compute(xp, store, self.reuse)

    def compute(self, xp: Namespace, store: list[Any], reuse: int = -1) -> Any:
        """The result for the operands in the store, in the memory of one of them if asked for."""
        node = self.node
        if node.weak:
            xp = NUMPY  # Python numbers stay on the host
        operands = [store[slot] for slot in self.operands]
        if self.weak_arrays:
            operands = [
                xp.asarray(v) if x.weak else v for v, x in zip(operands, node.inputs, strict=True)
            ]
        params = node.params if reuse < 0 else {**node.params, "out": store[reuse]}
        try:
            value = xp.evaluate(node, operands, params)
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
