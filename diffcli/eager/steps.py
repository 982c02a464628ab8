"""Functions of a program as single steps of its graph, whatever the table makes them of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from diffcli.eager.mode import MODE
from diffcli.eager.nodes import NO_PARAMS, Eager, evaluated, extra, made
from diffcli.graph.node import Node
from diffcli.ops.op import INPUT, Op


class Alias(Op):
    """A pass-through that programs do not see: a boundary, or a value kept for a rule."""

    kind = "linear"
    linear = True
    hidden = True

    def vjp(self, g: Any, y: Node, wanted: Any) -> Any:
        """The cotangent itself."""
        return [g]

    def jvp(self, tangents: Any, y: Node) -> Any:
        """The tangent itself."""
        return tangents[0]


ALIAS = Alias(
    "alias", lambda x: ((x,), {}), lambda xp, x: x, category="leaf", doc="x.", hidden=True
)


DUAL = Alias("dual", lambda x: ((x,), {}), lambda xp, x: x, category="leaf", doc="x.", hidden=True)
"""The primal of a dual tensor: tracked for its tangent, whether or not gradients flow to it."""

UNSEEN = (ALIAS, DUAL)
"""What programs look through."""


def gradients_flow(node: Eager) -> bool:
    """Whether gradients flow to a node; tangents alone do not count."""
    return reaches_leaf(node) if MODE.duals and node.tracked else node.tracked


def reaches_leaf(node: Eager) -> bool:
    """Whether a leaf that requires gradients lies behind a node."""
    if not node.tracked:
        return False
    seen: set[int] = set()
    pending: list[Any] = [node]
    while pending:
        x = pending.pop()
        if x.op is INPUT:
            return True
        inputs = [y for y in x.inputs if y.tracked and id(y) not in seen]
        seen.update(map(id, inputs))
        pending += inputs
    return False


CLONE = Alias(
    "clone",
    lambda x: ((x,), {}),
    lambda xp, x: np.array(x, order="K")[()],
    category="leaf",
    doc="x.",
    hidden=True,
)
"""A copy, which programs do see."""


def alias(x: Eager, value: Any = None) -> Eager:
    """A node that passes cotangents on to `x`, with the value of x or another one."""
    x.used = True
    return Eager(ALIAS, (x,), NO_PARAMS, x.value if value is None else value, x.tracked)


class Step(Op):
    """A function of a program that the table makes of several operators, as one node.

    `inputs` are what it was called with; the operators lie between `sources`, aliases of them, and
    `result`. Its pullback is theirs.
    """

    kind = "composite"
    category = "leaf"

    def __init__(self, name: str) -> None:
        # no row of the table: programs find the function itself by this name
        self.name = name

    def vjp(self, g: Any, y: Node, wanted: Any) -> Any:
        """Cotangents pulled through the operators that the step is made of."""
        from diffcli.eager.engine import through

        return through(y.params["result"], y.params["sources"], g)

    def jvp(self, tangents: Any, y: Node) -> Any:
        """Tangents pushed through the operators that the step is made of."""
        from diffcli.transforms.forward import push

        pairs = [
            (s, t) for s, t in zip(y.params["sources"], tangents, strict=True) if t is not None
        ]
        return push([y.params["result"]], pairs)[0]


class Underivable(Op):
    """An operation that PyTorch has no derivative for."""

    kind = "composite"
    category = "leaf"
    display = "NotImplemented"

    def __init__(self, name: str) -> None:
        self.name = name

    def vjp(self, g: Any, y: Node, wanted: Any) -> Any:
        """Raise PyTorch's error."""
        raise RuntimeError(f"derivative for aten::{self.name} is not implemented")

    def jvp(self, tangents: Any, y: Node) -> Any:
        """Raise PyTorch's error."""
        raise NotImplementedError(
            f"Trying to use forward AD with {self.name} that does not support it."
        )


class Flat(Op):
    """A function that is constant between its steps."""

    kind = "composite"
    category = "leaf"
    linear = True

    def __init__(self, name: str) -> None:
        self.name = name

    def vjp(self, g: Any, y: Node, wanted: Any) -> Any:
        """Nothing: what a function does not depend on has zeros for its gradient."""
        return [None for _ in y.inputs]

    def jvp(self, tangents: Any, y: Node) -> Any:
        """Nothing."""
        return None


def flat(name: str, nodes: list[Eager], value: Any, op: Op | None = None) -> Eager:
    """The node of a value that does not change with the operands, called `name`."""
    return made(op or Flat(name), tuple(nodes), NO_PARAMS, value)


@cache
def underivable(name: str) -> Underivable:
    """The operator that stands for the function `name`, which has no derivative in PyTorch."""
    return Underivable(name)


@cache
def step(name: str) -> Step:
    """The operator that stands for calls of the function `name`."""
    return Step(name)


def called(name: str, function: Callable[..., Any], arrays: list[Any]) -> Any:
    """`function` of nodes as one step of the program, called `name`.

    `arrays` are nodes, or lists of nodes. What the function gives is a node, or a tuple or list of
    nodes; each that is tracked becomes a step of its own.
    """
    if not MODE.recording:
        return evaluate_all(function(*arrays))
    sources: dict[Eager, Eager] = {}
    given = [_bounded(x, sources) for x in arrays]
    hooks, MODE.hooks = MODE.hooks, []  # what is saved on the way is no step of the program
    try:
        result = function(*given)
    finally:
        MODE.hooks = hooks
    if not sources:
        return evaluate_all(result)
    result = _stepped(name, {inner: outer for outer, inner in sources.items()}, result)
    if hooks:
        _inspect(result)
    return result


def _bounded(x: Any, sources: dict[Eager, Eager]) -> Any:
    """A tracked node, or those of a list, as the alias that it has among the sources."""
    if isinstance(x, list | tuple):
        return [_bounded(item, sources) for item in x]
    if not x.tracked:
        return x
    found = sources.get(x)
    if found is None:
        found = sources[x] = alias(x)
    return found


def _inspect(result: Any) -> None:
    from diffcli.eager.saved import inspect

    for node in result if isinstance(result, list) else [result]:
        if isinstance(node, Eager) and node.tracked and node.op is not ALIAS:
            inspect(node)


def evaluate_all(result: Any) -> Any:
    """The same with nodes that carry values."""
    if isinstance(result, Node):
        return evaluated(result)
    if isinstance(result, list | tuple):
        return [evaluate_all(item) for item in result]
    return result


def _stepped(name: str, sources: dict[Any, Eager], result: Any) -> Any:
    """A result as a step on what its aliases, the keys of `sources`, stand for."""
    if isinstance(result, list | tuple):
        return [_stepped(name, sources, item) for item in result]
    if not isinstance(result, Node):
        return result
    result = evaluated(result)
    if not result.tracked:
        return result
    if result in sources:
        return sources[result]
    if result.parts is None and all(x in sources for x in result.inputs if x.tracked):
        # one operator: it stands for itself
        result.inputs = tuple([sources.get(x, x) for x in result.inputs])
        if name != result.op.name:
            extra(result).name = name
        return result
    params = {"result": result, "sources": list(sources)}
    return Eager(step(name), tuple(sources.values()), params, result.value, True)
