"""Values that are needed while the graph is made: masks that decide shapes, places to update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, postorder
from diffcli.limits import check_elements
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import CONSTANT, INPUT

CONCRETE: list[Callable[[Node], np.ndarray[Any, Any] | None]] = []
"""How the current tracer finds the value of a node, innermost last; empty when it cannot.

The value is None where the node depends on inputs without values.
"""


def known(node: Node, why: str) -> np.ndarray[Any, Any]:
    """The value of a node while the graph is being made.

    Raises `data-dependent`, with the reason, where it depends on inputs without values.
    """
    if node.eager:
        return np.asarray(node.value)  # type: ignore[attr-defined]
    if "value" in node.params:
        return np.asarray(node.params["value"])
    if is_fixed(node):
        return np.asarray(fixed_value(node))
    value = CONCRETE[-1](node) if CONCRETE else None
    if value is None:
        raise DiffcliError("data-dependent", why)
    return value


def is_fixed(node: Node) -> bool:
    """Whether a node is made of constants alone, or of nodes that carry their values."""
    return all(x.inputs or x.eager or x.op is not INPUT for x in postorder([node], eager=False))


def fixed_value(node: Node) -> Any:
    """The value of a node that `is_fixed`: rules make zeros, ranges and identities of that kind.

    Raises `too-large` before memory is asked for.
    """
    values: dict[int, Any] = {}
    for x in postorder([node], eager=False):
        if x.op is CONSTANT:
            values[id(x)] = x.params["value"]
            continue
        check_elements(x.size, x.op.name)
        operands = [y.value if y.eager else values[id(y)] for y in x.inputs]  # type: ignore[attr-defined]
        if x.op.kind != "elementwise":  # the others take arrays, never Python numbers
            operands = [
                v if hasattr(v, "shape") or type(v) is tuple else np.asarray(v) for v in operands
            ]
        values[id(x)] = x.op.evaluate(NUMPY, *operands, **x.params)
    return values[id(node)]
