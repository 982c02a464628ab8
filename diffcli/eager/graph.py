"""`torch.autograd.graph`: edges of the graph, and hooks on several gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.eager.grad_fn import GradFn, behind, seen
from diffcli.eager.methods import Handle
from diffcli.eager.nodes import extra
from diffcli.eager.tensor import Tensor, wrap

Hook = Callable[..., Any]


class GradientEdge:
    """Where the gradient of a tensor arrives: a node of the graph, and which of its results."""

    __slots__ = ("node", "output_nr", "tensor")

    def __init__(self, node: GradFn, output_nr: int, tensor: Tensor) -> None:
        self.node = node
        self.output_nr = output_nr
        self.tensor = tensor


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge of a tensor, which `torch.autograd.grad` takes in its place."""
    if not tensor.node.tracked:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    node, output_nr = behind(tensor.node)
    return GradientEdge(seen(node), output_nr, wrap(tensor.node))


def tensor_of(x: Any) -> Any:
    """The tensor that an edge was asked for; other values are what they are."""
    return x.tensor if isinstance(x, GradientEdge) else x


class Handles:
    """Several hooks that are removed together."""

    def __init__(self, handles: Sequence[Handle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Hook, *, mode: str = "all") -> Handles:
    """Call `fn` with the gradients of all tensors once all are there, or with the first (`any`)."""
    found: dict[int, Tensor] = {}

    def on(place: int) -> Hook:
        def hook(g: Any) -> None:
            fresh = not found
            found[place] = wrap(g)
            if mode == "any" and fresh:
                fn(found[place])
            if len(found) == len(tensors):
                gradients = [found[i] for i in range(len(tensors))]
                found.clear()
                if mode == "all":
                    fn(gradients)

        return hook

    return Handles([Handle(extra(t.node).hooks, on(i)) for i, t in enumerate(tensors)])
