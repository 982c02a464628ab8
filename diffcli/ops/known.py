"""Values that are needed while the graph is made: masks that decide shapes, places to update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node

CONCRETE: list[Callable[[Node], np.ndarray[Any, Any]]] = []
"""How the current tracer finds the value of a node, innermost last; empty when it cannot."""


def known(node: Node, why: str) -> np.ndarray[Any, Any]:
    """The value of a node while the graph is being made.

    Raises `data-dependent`, with the reason, where it depends on inputs without values.
    """
    if node.eager:
        return np.asarray(node.value)  # type: ignore[attr-defined]
    if "value" in node.params:
        return np.asarray(node.params["value"])
    if not CONCRETE:
        raise DiffcliError("data-dependent", why)
    return CONCRETE[-1](node)
