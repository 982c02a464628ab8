"""`backward` and `grad` as PyTorch has them, over tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcli.eager.engine import Backward, ones_like, zeros_like
from diffcli.eager.functions import resolved
from diffcli.eager.graph import GradientEdge, tensor_of
from diffcli.eager.nodes import Eager, leaf
from diffcli.eager.tensor import Tensor, wrap
from diffcli.eager.types import torch_type


def backward(
    tensors: Sequence[Tensor] | Tensor,
    grad_tensors: Sequence[Tensor | None] | Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | Tensor | None = None,
) -> None:
    """Accumulate into the leaves (or `inputs`) the gradients of tensors."""
    if inputs is not None:
        inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    pairs = _seeded(_listed(tensors), _listed(grad_tensors))
    keep = create_graph if retain_graph is None else retain_graph
    targets = None if inputs is None else [t.node for t in inputs]
    sweep = Backward(pairs, keep=keep, create=create_graph, targets=targets)
    sweep.run()
    for t in inputs or ():
        g = sweep.captured.get(t.node)
        if g is not None:
            t.accumulate(g, create_graph)


def grad(
    outputs: Sequence[Tensor] | Tensor,
    inputs: Sequence[Tensor] | Tensor,
    grad_outputs: Sequence[Tensor | None] | Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of outputs with respect to inputs, which are left alone.

    `only_inputs` is without effect, as in PyTorch.
    """
    if is_grads_batched:
        return _batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused)
    inputs = _listed(inputs)
    if not inputs:
        raise ValueError("grad requires non-empty inputs.")
    if allow_unused is False and materialize_grads:
        raise ValueError(
            "Expected allow_unused to be True or not passed when "
            "materialize_grads=True, but got: allow_unused=False.",
        )
    for t in inputs:
        if not t.node.tracked:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    keep = create_graph if retain_graph is None else retain_graph
    pairs = _seeded(_listed(outputs), _listed(grad_outputs))
    sweep = Backward(pairs, keep=keep, create=create_graph, targets=[t.node for t in inputs])
    sweep.run()
    found: list[Tensor | None] = []
    for i, t in enumerate(inputs):
        g = sweep.captured.get(t.node)
        if g is None and materialize_grads:
            g = zeros_like(t.node)
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior.",
            )
        found.append(None if g is None else wrap(g))
    return tuple(found)


def _listed(given: Any) -> Any:
    if given is None:
        return None
    several = isinstance(given, list | tuple) or not isinstance(given, Tensor | GradientEdge)
    return [tensor_of(x) for x in (given if several else [given])]


def _batched(
    outputs: Any, inputs: Any, grad_outputs: Any, retain: Any, create: bool, allow_unused: Any
) -> tuple[Tensor | None, ...]:
    """Gradients for each of several cotangents along their first axis, stacked."""
    batches = list(zip(*_listed(grad_outputs), strict=True))
    rows = []
    for i, each in enumerate(batches, start=1):
        keep = True if i < len(batches) else retain
        rows.append(grad(outputs, inputs, each, keep, create, allow_unused=allow_unused))
    stack = resolved("stack")
    return tuple(None if each[0] is None else stack(list(each)) for each in zip(*rows, strict=True))


def _seeded(
    tensors: Sequence[Tensor], gradients: Sequence[Tensor | None] | None
) -> list[tuple[Eager, Eager]]:
    """Each tensor's node with its cotangent: the one given, or 1 for a scalar."""
    given = list(gradients) if gradients is not None else [None] * len(tensors)
    given = given[: len(tensors)]
    if len(given) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(given)} gradients")
    pairs = []
    for i, (t, g) in enumerate(zip(tensors, given, strict=True)):
        node = t.node
        if g is None and node.tracked and node.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if g is None and node.tracked and node.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{torch_type(node.dtype)}"
            )
        if not node.tracked:
            raise RuntimeError(
                f"element {i} of tensors does not require grad and does not have a grad_fn",
            )
        pairs.append((node, ones_like(node) if g is None else fitting(g, node, i)))
    return pairs


def fitting(g: Tensor, y: Eager, i: int) -> Eager:
    """A cotangent in the type of its result; raises PyTorch's error for another shape."""
    if g.node.shape != y.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of torch.Size({list(g.node.shape)}) "
            f"and output[{i}] has a shape of torch.Size({list(y.shape)}).",
        )
    if g.node.dtype == y.dtype:
        return g.node
    return leaf(g.node.value.astype(y.dtype))
