"""Choosing between values and mixing them: `where`, `clamp`, `lerp`, `addcmul`; and comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.arguments import invalid
from diffcli.eager.elementwise import check_shapes
from diffcli.eager.functions import function
from diffcli.eager.nodes import Eager, leaf
from diffcli.eager.promotion import CATEGORY, result_type
from diffcli.eager.steps import called
from diffcli.eager.tensor import Tensor, fresh, wrap
from diffcli.eager.types import long_name
from diffcli.graph.node import Node
from diffcli.ops.table import F


def operands(*given: Any) -> list[Any]:
    """The nodes of operands in the type of their result, numbers as such."""
    nodes = [x.node if isinstance(x, Tensor) else x for x in given]
    dtype = result_type([x for x in nodes if x is not None])
    check_shapes(nodes)
    return [_brought(x, dtype) for x in nodes]


def _brought(x: Any, dtype: np.dtype[Any]) -> Any:
    if isinstance(x, Eager):
        return x if x.dtype == dtype else F.astype(x, dtype)
    return None if x is None else leaf(dtype.type(x))


@function("where")
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where a condition holds, else `other`; or where it holds, as indices."""
    if input is None and other is None:
        from diffcli.eager.selection import nonzero

        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise invalid("where", (condition, input), {})
    if condition.node.dtype.kind not in "bu":
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{long_name(condition.node.dtype)}"
        )
    nodes = operands(input, other)
    check_shapes([condition.node, *nodes])
    mask = condition.node.value
    return wrap(called("where", lambda x, y: F.where(np.asarray(mask), x, y), nodes))


# ----- bounds -------------------------------------------------------------------------------------


@function("clamp")
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Values brought between bounds."""
    return _bounded("clamp", input, min, max)


@function("clamp_min")
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """The larger of values and a bound."""
    return _bounded("clamp_min", input, min, None)


@function("clamp_max")
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """The smaller of values and a bound."""
    return _bounded("clamp_max", input, None, max)


def _bounded(name: str, x: Tensor, low: Any, high: Any) -> Tensor:
    if low is None and high is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if x.node.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    nodes = operands(x, low, high)
    given = [n for n in nodes[1:] if n is not None]
    by_tensor = isinstance(low, Tensor) or isinstance(high, Tensor)

    def compute(*of: Any) -> Node:
        bounds = iter(of[1:])
        return F.clip(of[0], *(None if n is None else next(bounds) for n in nodes[1:]))

    # PyTorch numbers the overload for numbers 1 in `clamp`, 0 in the others
    overload = int(by_tensor != (name == "clamp"))
    return wrap(called(f"{name}:{overload}", compute, [nodes[0], *given]))


# ----- mixtures -----------------------------------------------------------------------------------


@function("lerp")
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """input + weight*(end - input)."""
    if input.node.dtype != end.node.dtype:
        raise RuntimeError(f"expected dtype {c_name(input)} for `end` but got dtype {c_name(end)}")
    check_shapes([input.node, end.node])
    if isinstance(weight, Tensor):
        check_shapes([input.node, weight.node])
        return wrap(called("lerp:1", F.lerp, [input.node, end.node, weight.node]))
    return wrap(called("lerp", lambda a, b: F.lerp(a, b, weight), [input.node, end.node]))


def c_name(x: Tensor) -> str:
    """`float`: C's name of a type, as error messages have it."""
    names = {"Float": "float", "Double": "double", "Long": "long int", "Int": "int", "Bool": "bool"}
    return names.get(long_name(x.node.dtype), long_name(x.node.dtype))


@function("addcmul")
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """input + value*tensor1*tensor2."""
    nodes = operands(input, tensor1, tensor2)
    return wrap(called("addcmul", lambda x, a, b: x + a * b * value, nodes))


@function("addcdiv")
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """input + value*tensor1/tensor2."""
    if tensor1.node.dtype.kind in "biu" and tensor2.node.dtype.kind in "biu":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release "
            "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
            "behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2))."
            "to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for "
            "float inputs. The future addcdiv behavior is just the latter implementation: (input + "
            "value * tensor1 / tensor2), for all dtypes."
        )
    nodes = operands(input, tensor1, tensor2)
    return wrap(called("addcdiv", lambda x, a, b: x + a / b * value, nodes))


# ----- comparisons of whole tensors ---------------------------------------------------------------


@function("isclose")
def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether elements agree within tolerances."""
    if input.node.dtype != other.node.dtype:
        raise RuntimeError(
            f"{long_name(input.node.dtype)} did not match {long_name(other.node.dtype)}"
        )
    check_shapes([input.node, other.node])
    return fresh(np.isclose(input.node.value, other.node.value, rtol, atol, equal_nan))


@function("allclose")
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements agree within tolerances."""
    return bool(np.all(isclose(input, other, rtol, atol, equal_nan).node.value))


@function("equal")
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return input.node.shape == other.node.shape and bool(
        np.all(input.node.value == other.node.value)
    )


@function("dist")
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference."""
    difference = input - other  # type: ignore[operator]
    if difference.node.dtype.kind not in "fc":
        raise RuntimeError(
            "norm(): input dtype should be either floating point or complex. Got "
            f"{long_name(difference.node.dtype)} instead."
        )
    nodes = operands(input, other)
    return wrap(called("dist", lambda a, b: F.norm(F.ravel(F.subtract(a, b)), p), nodes))


@function("can_cast")
def can_cast(from_: Any, to: Any) -> bool:
    """Whether values of a type may become values of another."""
    return CATEGORY[from_.numpy.kind] <= CATEGORY[to.numpy.kind]


@function("is_nonzero")
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not zero."""
    return bool(input)


def _whole(name: str, compute: Any) -> None:
    """`gcd` and `lcm`."""

    def apply(input: Tensor, other: Tensor) -> Tensor:
        dtype = result_type([input.node, other.node])
        check_shapes([input.node, other.node])
        if dtype.kind not in "iu":
            raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{long_name(dtype)}'")
        return fresh(compute(input.node.value.astype(dtype), other.node.value.astype(dtype)))

    function(name)(apply)


_whole("gcd", np.gcd)
_whole("lcm", np.lcm)
