"""What the text of an expression calls its parts: names of variables, functions and operators."""

from __future__ import annotations

from diffcli.emit.latex import latex
from diffcli.emit.symbols import symbol
from diffcli.emit.text import text
from diffcli.lower.values import BINARY
from diffcli.trace import Trace
from diffcli.transforms.kinks import Place, written
from diffcli.transforms.wengert import EvaluationTrace, Step

LONGEST = 60
"""Characters of a formula; a longer one is written as a call, or left out."""

LONGEST_LATEX = 200
"""The same for LaTeX, most of which are no characters that are seen."""


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


class Operation:
    """What a step computes, in the names of its inputs.

    Where `text` or `latex` would be long, it is a call of what the text of the expression says.
    """

    __slots__ = ("_node", "name", "names")

    def __init__(self, step: Step, source: str) -> None:
        self._node = step.node
        self.name = operator(step, source)
        self.names = {id(x.node): x.name for x in step.inputs}

    @property
    def text(self) -> str:
        """The operation as an expression."""
        shown = text(self._node, LONGEST, digits=6, names=self.names)
        return shown or f"{self.name}({', '.join(self.names.values())})"

    @property
    def latex(self) -> str:
        """The operation as LaTeX."""
        shown = latex(self._node, self.names, LONGEST_LATEX)
        if shown is not None:
            return shown
        arguments = ", ".join(map(symbol, self.names.values()))
        return rf"\operatorname{{{self.name}}}\left({arguments}\right)"
