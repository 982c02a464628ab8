"""Functions with a derivative of the user's own: `torch.autograd.Function`.

A class states `forward` and `backward` (and `jvp`, `setup_context`); `apply` runs them as one node
of the graph. What the graph sees is an operator of its own whose pullback calls the user's code,
so it can be differentiated again as far as that code can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcli.eager.engine import SECOND_BACKWARD
from diffcli.eager.grad_fn import forward_name, grad_fn
from diffcli.eager.memory import memory_of, version
from diffcli.eager.mode import MODE, recording
from diffcli.eager.nodes import NO_PARAMS, Eager, Several, evaluated, leaf
from diffcli.eager.overwritten import described, modified
from diffcli.eager.saved import Packed, packed
from diffcli.eager.tensor import Tensor, wrap
from diffcli.graph.node import Node
from diffcli.ops.op import INPUT, PROJECT, Op


class Context:
    """What `forward` hands over to `backward`; takes any further attribute."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._versions: list[int] = []
        self._packed: list[Packed | None] = []
        self._forward: tuple[Any, ...] | None = None
        self._fixed: tuple[Tensor, ...] = ()
        self._dirty: tuple[Tensor, ...] = ()
        self._materialize = True
        self._freed = False

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors (or None) for the backward pass."""
        for i, t in enumerate(tensors):
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type "
                    f"{type(t).__name__}"
                )
        self._saved = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors (or None) for `jvp`."""
        self._forward = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were kept."""
        if self._freed:
            raise RuntimeError(SECOND_BACKWARD)
        if self._packed:
            return tuple(None if p is None else p.value() for p in self._packed)
        for t, expected in zip(self._saved, self._versions, strict=False):
            if t is not None and version(t) != expected:
                fn = grad_fn(t.node)
                name = "" if fn is None else forward_name(fn.node)
                raise modified(described(t.node.value, name), version(t), expected)
        return self._saved if self._saved or self._forward is None else self._forward

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Results that gradients do not flow through."""
        self._fixed = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Arguments that `forward` changes in place."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether a missing cotangent is given as zeros (the default) or as None."""
        self._materialize = value


class Rules:
    """The methods of a class that defines a function, each None where it is not defined."""

    __slots__ = ("backward", "forward", "jvp", "name", "setup_context")

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        backward: Callable[..., Any] | None = None,
        jvp: Callable[..., Any] | None = None,
        setup_context: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.forward = forward
        self.backward = backward
        self.jvp = jvp
        self.setup_context = setup_context


class Custom(Op):
    """The operator of one call of a user's function."""

    kind = "custom"
    category = "leaf"

    def __init__(self, rules: Rules, context: Context, places: list[int], count: int) -> None:
        self.name = rules.name
        self.display = f"{rules.name}Backward"
        self.rules = rules
        self.context = context
        self.places = places  # which arguments are tensors
        self.count = count

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """The user's `backward`."""
        if self.rules.backward is None:
            raise NotImplementedError(
                "You must implement either the backward or vjp method for your custom "
                "autograd.Function to use it with backward mode AD."
            )
        given = [self._given(c, y, i) for i, c in enumerate(g if y.parts else [g])]
        found = self.rules.backward(self.context, *given)
        found = found if isinstance(found, tuple | list) else (found,)
        while len(found) > self.count and found[-1] is None:
            found = found[:-1]
        if len(found) != self.count:
            raise RuntimeError(
                f"function {self.display} returned an incorrect number of gradients "
                f"(expected {self.count}, got {len(found)})"
            )
        return [self._cotangent(found[k], x, i) for i, (k, x) in enumerate(self._inputs(y))]

    def _inputs(self, y: Node) -> list[tuple[int, Node]]:
        return list(zip(self.places, y.inputs, strict=True))

    def _given(self, c: Any, y: Node, i: int) -> Any:
        if c is None:
            if not self.context._materialize:
                return None
            shape, dtype = y.parts[i] if y.parts else (y.shape, y.dtype)
            return wrap(leaf(np.zeros(shape, dtype)))
        return wrap(evaluated(c))

    def _cotangent(self, c: Any, x: Node, i: int) -> Any:
        if c is None:
            return None
        if not isinstance(c, Tensor):
            raise RuntimeError(f"expected Variable or None (got {type(c).__name__})")
        try:
            fits = np.broadcast_shapes(c.node.shape, x.shape) == c.node.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(
                f"Function {self.display} returned an invalid gradient at index {i} - got "
                f"{list(c.node.shape)} but expected shape compatible with {list(x.shape)}"
            )
        return c.node

    def jvp(self, tangents: Sequence[Any], y: Node) -> Any:
        """The user's `jvp`."""
        if self.rules.jvp is None:
            raise RuntimeError(
                "You are trying to compute the jvp of a custom Function that does not implement "
                "its jvp"
            )
        given: list[Any] = [None] * self.count
        for k, t in zip(self.places, tangents, strict=True):
            given[k] = None if t is None else wrap(evaluated(t))
        moved = self.rules.jvp(self.context, *given)
        if y.parts is None:
            return None if moved is None else moved.node
        return [None if m is None else m.node for m in moved]


def apply(rules: Rules, args: tuple[Any, ...]) -> Any:
    """Run a user's function and record it as one node."""
    tensors = [(k, x) for k, x in enumerate(args) if isinstance(x, Tensor)]
    recorded = MODE.recording and any(x.node.tracked for _, x in tensors)
    inputs = [x.node for _, x in tensors]  # what `forward` changes in place has another one later
    context = Context(tuple(isinstance(x, Tensor) and x.node.tracked for x in args))
    with recording(False):
        if rules.setup_context is None:
            results = rules.forward(context, *args)
        else:
            results = rules.forward(*args)
            rules.setup_context(context, args, results)
    context._versions = [0 if t is None else version(t) for t in context._saved]
    if not recorded:
        return results
    if MODE.hooks:
        context._packed = packed(context._saved)
    several = isinstance(results, tuple | list)
    outputs = [x for x in (results if several else [results]) if isinstance(x, Tensor)]
    op = Custom(rules, context, [k for k, _ in tensors], len(args))
    for x in inputs:
        x.used = True
    shown = _recorded(op, inputs, outputs, context, {id(x) for _, x in tensors}, several)
    replaced = iter(shown)
    final = [
        next(replaced) if isinstance(x, Tensor) else x for x in (results if several else [results])
    ]
    return type(results)(final) if several else final[0]


def _recorded(
    op: Custom,
    inputs: list[Eager],
    outputs: list[Tensor],
    context: Context,
    given: set[int],
    several: bool,
) -> list[Tensor]:
    """The results as tensors whose history is the node of the call."""
    fixed = {id(x) for x in context._fixed}
    dirty = {id(x) for x in context._dirty}
    if several:
        whole = Several(op, tuple(inputs), {}, tuple(x.node.value for x in outputs), True)
    out = []
    for i, x in enumerate(outputs):
        if id(x) in fixed or x.node.dtype.kind not in "fc":
            out.append(x)
            continue
        if several:
            node = Eager(PROJECT, (whole,), {"index": i}, x.node.value, True)
        else:
            node = Eager(op, tuple(inputs), NO_PARAMS, x.node.value, True)
        if id(x) in dirty:
            if x.node.op is INPUT and x.node.tracked:
                raise RuntimeError(
                    "a leaf Variable that requires grad has been used in an in-place operation."
                )
            memory_of(x).version += 1
        if id(x) in given and id(x) not in dirty:
            out.append(wrap(node))  # an argument handed back as it is stays what it was
        else:
            # the handle that `forward` made, so that what it saved is part of the graph
            x.node = node
            out.append(x)
    return out


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a `backward` whose results cannot be differentiated again."""

    def run(context: Context, *cotangents: Any) -> Any:
        again = MODE.recording and any(isinstance(c, Tensor) and c.node.tracked for c in cotangents)
        with recording(False):
            found = backward(context, *cotangents)
        if not again:
            return found
        items = found if isinstance(found, tuple | list) else (found,)
        marked = tuple(_marked(x) if isinstance(x, Tensor) else x for x in items)
        return marked if isinstance(found, tuple | list) else marked[0]

    return run


class _Once(Op):
    """Results that must not be differentiated again."""

    kind = "custom"
    category = "leaf"
    name = "once"
    display = "torch::autograd::DelayedError"

    def __init__(self) -> None:
        pass

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """Raise PyTorch's error."""
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )


_ONCE = _Once()


def _marked(x: Tensor) -> Tensor:
    return wrap(Eager(_ONCE, (leaf(x.node.value, True),), NO_PARAMS, x.node.value, True))
