"""What the text of an expression calls its parts: names of variables, functions and operators."""

from __future__ import annotations

from diffcli.emit.text import text
from diffcli.lower.values import BINARY
from diffcli.ops.op import INPUT
from diffcli.trace import Trace
from diffcli.transforms.kinks import Place, written
from diffcli.transforms.wengert import EvaluationTrace, Step

LONGEST = 60
"""Characters of a formula; a longer one is written as a call, or left out."""


def evaluation_trace(t: Trace) -> EvaluationTrace:
    """The steps of an expression, called as its bindings and statements call them."""
    names = {id(x): name for name, x in t.inputs.items()}
    for name, node in t.assigned.items():
        if name not in t.inputs:
            names.setdefault(id(node), name)
    return EvaluationTrace(t.output, names)


def operator(step: Step, source: str) -> str:
    """What the operator of a step is called in the text: "var" in `var(x)`, "matmul" for `@`."""
    node = step.node
    sign = source[slice(*node.span)] if node.span else ""
    return BINARY.get(sign) or written(source, Place(node.op.name, node.span))


def formula(step: Step, source: str) -> str | None:
    """The operation of a step in the names of its inputs; None for a variable.

    One that is long is written as a call of what the text calls it.
    """
    node = step.node
    if node.op is INPUT:
        return None
    names = {id(x.node): x.name for x in step.inputs}
    shown = text(node, LONGEST, digits=6, names=names)
    return shown or f"{operator(step, source)}({', '.join(names.values())})"
