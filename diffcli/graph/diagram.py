"""Diagrams: a graph as named vertices, for pictures and for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.errors import Span

Dims = tuple[str | int, ...]
"""A shape whose sizes are numbers or letters."""


class Vertex:
    """A node of a diagram.

    `kind` is "variable", "constant" or "operation"; `op` what its operator is called (of a constant
    its text), `inputs` the names of the vertices it is computed from, one for each operand. `loop`
    is the number of the fused loop that it is part of, and `value` its array where values are
    wanted.
    """

    __slots__ = ("dtype", "inputs", "kind", "loop", "name", "op", "shape", "span", "value")

    def __init__(
        self, name: str, kind: str, op: str, inputs: Sequence[str], shape: Dims, dtype: str
    ) -> None:
        self.name = name
        self.kind = kind
        self.op = op
        self.inputs = list(inputs)
        self.shape = shape
        self.dtype = dtype
        self.span: Span | None = None
        self.loop: int | None = None
        self.value: Any = None


class Diagram:
    """Vertices by name, each after its inputs, and the results: what each is, and its vertex."""

    def __init__(self, vertices: Sequence[Vertex], results: Sequence[tuple[str, str]]) -> None:
        self.vertices = {vertex.name: vertex for vertex in vertices}
        self.results = list(results)
