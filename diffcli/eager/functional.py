"""`torch.autograd.functional`: products and matrices of derivatives of functions of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.eager.engine import ones_like
from diffcli.eager.func import columns, pulled, pushed, released, rows, watched
from diffcli.eager.functions import resolved
from diffcli.eager.mode import recording
from diffcli.eager.tensor import Tensor, wrap

Function = Callable[..., Any]


class Call:
    """A function called on aliases of its inputs that are tracked.

    `single_input` and `single_output` tell whether a tensor or a tuple was given and returned, and
    so what the results look like.
    """

    def __init__(self, name: str, function: Function, inputs: Any, create: bool) -> None:
        self.name = name
        self.create = create
        self.single_input = isinstance(inputs, Tensor)
        given = _tensors(inputs, f"The inputs given to {name}", "given inputs")
        self.inputs = [watched(x) for x in given]
        with recording(True):
            outputs = function(*self.inputs)
        self.single_output = isinstance(outputs, Tensor)
        returned = "outputs of the user-provided function"
        self.outputs = _tensors(outputs, f"The {returned} given to {name}", f"given {returned}")

    def values(self) -> Any:
        """What the function returned."""
        out = tuple(released(y, self.create) for y in self.outputs)
        return out[0] if self.single_output else out

    def check_dependence(self) -> None:
        """Raise PyTorch's error of strict mode for an output that depends on no input."""
        for i, y in enumerate(self.outputs):
            if not y.node.tracked:
                raise RuntimeError(
                    f"Output {i} of the user-provided function does not require gradients. The "
                    "outputs must be computed in a differentiable manner from the input when "
                    "running in strict mode."
                )

    def like_inputs(self, found: list[Any]) -> Any:
        """One result for each input, as the inputs were given."""
        return found[0] if self.single_input else tuple(found)

    def like_outputs(self, found: list[Any]) -> Any:
        """One result for each output, as the outputs were returned."""
        return found[0] if self.single_output else tuple(found)

    def cotangents(self, v: Any) -> list[Tensor]:
        """The vector `v` of a product with the outputs; 1 for a scalar."""
        if v is None:
            if len(self.outputs) > 1 or self.outputs[0].node.size != 1:
                raise RuntimeError(
                    "The vector v can only be None if the user-provided function returns a single "
                    "Tensor with a single element."
                )
            return [wrap(ones_like(self.outputs[0].node))]
        return _fitting(v, self.outputs, "output")

    def tangents(self, v: Any) -> list[Tensor]:
        """The vector `v` of a product with the inputs; 1 for a scalar."""
        if v is None:
            if len(self.inputs) > 1 or self.inputs[0].node.size != 1:
                raise RuntimeError(
                    "The vector v can only be None if the input to the user-provided function is "
                    "a single Tensor with a single element."
                )
            return [wrap(ones_like(self.inputs[0].node))]
        return _fitting(v, self.inputs, "input")

    def scalar(self) -> Tensor:
        """The one output with one element; raises PyTorch's errors for others."""
        if not self.single_output:
            raise RuntimeError(f"The function given to {self.name} should return a single Tensor")
        (y,) = self.outputs
        if y.node.size != 1:
            raise RuntimeError(
                f"The Tensor returned by the function given to {self.name} should contain a "
                "single element"
            )
        return y if not y.node.shape else resolved("reshape")(y, ())


def _tensors(values: Any, who: str, what: str) -> list[Tensor]:
    """A tensor or several as a list; raises PyTorch's error for what is none."""
    wanted = f"{who} must be either a Tensor or a tuple of Tensors but the"
    if not isinstance(values, Tensor | tuple | list):
        raise TypeError(f"{wanted} {what} has type {type(values)}.")
    found = [values] if isinstance(values, Tensor) else list(values)
    for i, x in enumerate(found):
        if not isinstance(x, Tensor):
            raise TypeError(f"{wanted} value at index {i} has type {type(x)}.")
    return found


def _fitting(v: Any, others: list[Tensor], what: str) -> list[Tensor]:
    given = [v] if isinstance(v, Tensor) else list(v)
    if len(given) != len(others):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(others)} but got {len(given)}."
        )
    for i, (c, y) in enumerate(zip(given, others, strict=True)):
        if c.node.shape != y.node.shape:
            prefix = "" if len(given) == 1 else f"Entry {i} in "
            raise RuntimeError(
                f"{prefix}v has invalid size: should be torch.Size({list(y.node.shape)}) but got "
                f"torch.Size({list(c.node.shape)})."
            )
    return given


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and v^T J for each input."""
    call = Call("vjp", func, inputs, create_graph)
    if strict:
        call.check_dependence()
    found = pulled(call.outputs, call.cotangents(v), call.inputs, create_graph)
    return call.values(), call.like_inputs(found)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and J v."""
    call = Call("jvp", func, inputs, create_graph)
    if strict:
        call.check_dependence()
    pairs = list(zip(call.inputs, call.tangents(v), strict=True))
    with recording(create_graph):
        found = [pushed(y, pairs) for y in call.outputs]
    return call.values(), call.like_outputs(found)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of each output by each input, of shape output.shape + input.shape."""
    call = Call("jacobian", func, inputs, create_graph)
    if strict:
        call.check_dependence()
    blocks = []
    for y in call.outputs:
        if strategy == "forward-mode":
            found = [columns(y, x, create_graph) for x in call.inputs]
        else:
            found = rows(y, call.inputs, create_graph)
        blocks.append(call.like_inputs(found))
    return call.like_outputs(blocks)


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Second derivatives of a function with one scalar result."""
    call = Call("hessian", func, inputs, create_graph)
    if strict:
        call.check_dependence()
    gradients = pulled([call.scalar()], [_one(call.scalar())], call.inputs, True)
    blocks = [call.like_inputs(rows(g, call.inputs, create_graph)) for g in gradients]
    return call.like_inputs(blocks)


def _one(y: Tensor) -> Tensor:
    return wrap(ones_like(y.node))


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and v^T H of a function with one scalar result."""
    call = Call("vhp", func, inputs, create_graph)
    if strict:
        call.check_dependence()
    y = call.scalar()
    gradients = pulled([y], [_one(y)], call.inputs, True)
    found = pulled(gradients, call.tangents(v), call.inputs, create_graph)
    return call.values(), call.like_inputs(found)


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and H v of a function with one scalar result."""
    call = Call("hvp", func, inputs, create_graph)
    if strict:
        call.check_dependence()
    y = call.scalar()
    gradients = pulled([y], [_one(y)], call.inputs, True)
    pairs = list(zip(call.inputs, call.tangents(v), strict=True))
    with recording(create_graph):
        found = [pushed(g, pairs) for g in gradients]
    return call.values(), call.like_inputs(found)
