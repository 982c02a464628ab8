"""What is asked for, checked: results and variables that have derivatives, directions that fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, closest
from diffcli.graph.node import Node, is_inexact
from diffcli.graph.shapes import show
from diffcli.ops.op import INPUT, Maybe
from diffcli.trace import Trace

Array = np.ndarray[Any, Any]


def check_derivatives(t: Trace, wrt: Sequence[str], arrays: Sequence[Array | None]) -> None:
    """Raise unless the gradients of a complex result are complex derivatives."""
    from diffcli.transforms.derive import directional

    for name, array in zip(wrt, arrays, strict=True):
        x = t.inputs[name]
        if x.dtype.kind != "c":
            raise DiffcliError(
                "not-differentiable",
                f"a complex result has no gradient by '{name}', which is real",
                source=t.source,
                hint="use jacobian, or take real(...) or imag(...)",
            )
        if array is not None:
            matrix = array.reshape(t.shape + x.shape)
            check_holomorphic(t, name, matrix, directional([t.output], x, 1j))


def check_holomorphic(t: Trace, name: str, matrix: Array, across: list[Maybe]) -> None:
    """Raise unless slopes along the imaginary axis are 1j times those along the real axis."""
    (other,) = t.run(across)
    if other is None:
        return
    comparable = np.isfinite(other) & np.isfinite(matrix)
    along, turned = other[comparable], 1j * matrix[comparable]
    size = float(np.max(np.abs(turned), initial=0.0))
    if not np.allclose(along, turned, rtol=0, atol=1e-6 * size):
        raise DiffcliError(
            "not-differentiable",
            f"the result is not complex-differentiable in '{name}'",
            source=t.source,
            hint="use jvp or vjp, or the Jacobians of real(...) and imag(...)",
        )


def scalar(t: Trace, convention: str = "torch") -> Node:
    """The result; raises `not-scalar` when it has no gradient: several elements, or complex ones.

    JAX's convention gives gradients of complex results too, where they are derivatives.
    """
    y = differentiable(t)
    if y.dtype.kind == "c" and convention == "torch":
        raise DiffcliError(
            "not-scalar",
            f"a gradient can be made only of a real result, not of {y.dtype}",
            source=t.source,
            hint="take real(...), imag(...) or abs(...), or use vjp or jacobian",
        )
    if y.size != 1:
        raise DiffcliError(
            "not-scalar",
            "a gradient can be made only of a result with one element, "
            f"not of shape {show(y.shape)}",
            source=t.source,
            hint=f"write sum({_short(t.source.text)}), or use vjp or jacobian",
        )
    return y


def _short(text: str) -> str:
    return text if len(text) <= 40 and "\n" not in text and ";" not in text else "..."


def differentiable(t: Trace) -> Node:
    """The result; raises `not-differentiable` when it is an integer or a truth value."""
    if not is_inexact(t.output.dtype):
        kind = "true or false" if t.output.dtype.kind == "b" else "an integer"
        raise DiffcliError(
            "not-differentiable",
            f"the result is {kind} ({t.output.dtype}), which has no derivative",
            source=t.source,
            hint="only floating point and complex results can be differentiated",
        )
    return t.output


def variables(t: Trace, wrt: Sequence[str]) -> list[Node]:
    """The input nodes; raises `unknown-name`, and `not-differentiable` for integers."""
    for name in wrt:
        if name not in t.inputs:
            near = closest(name, t.inputs)
            hint = f"did you mean '{near}'?" if near else None
            raise DiffcliError("unknown-name", f"there is no variable '{name}'", hint=hint)
        dtype = t.inputs[name].dtype
        if not is_inexact(dtype):
            raise DiffcliError(
                "not-differentiable",
                f"'{name}' is {dtype}: only floating point and complex numbers have derivatives",
                hint=f"bind real numbers, as in {name}=3; --dtype float64 does so for files",
            )
    return [t.inputs[name] for name in wrt]


def real_variables(t: Trace, wrt: Sequence[str]) -> list[Node]:
    """The input nodes of the names, none of which may be complex in second derivatives."""
    nodes = variables(t, wrt)
    for name, x in zip(wrt, nodes, strict=True):
        if x.dtype.kind == "c":
            raise DiffcliError(
                "not-differentiable",
                f"second derivatives by the complex variable '{name}' are not one matrix",
                hint="use hvp with a direction, or bind its real and imaginary parts",
            )
    return nodes


def directions(
    t: Trace, tangents: Mapping[str, Array]
) -> tuple[list[tuple[Node, Node]], list[tuple[Node, Array]]]:
    """Inputs with placeholders for their tangents, and these with the values given."""
    pairs, extra = [], []
    for name, value in tangents.items():
        (x,) = variables(t, [name])
        node = t.once(("tangent", name), partial(INPUT.make, f"d{name}", x.shape, x.dtype))
        pairs.append((x, node))
        extra.append((node, fitted(value, x, f"the tangent of {name}", name)))
    return pairs, extra


def fitted(value: Array, like: Node, what: str, whose: str) -> Array:
    """A direction in the dtype of its primal; a single number serves for one element only."""
    check_fits(value, like, what, whose)
    return value.reshape(like.shape).astype(like.dtype)


def check_fits(value: Array | Node, like: Node, what: str, whose: str) -> None:
    """Raise unless a direction has as many numbers as its primal, and no complex ones alone."""
    if value.shape != like.shape and not (value.size == 1 == like.size):
        raise DiffcliError(
            "shape",
            f"{what} has the shape {show(value.shape)} and {whose} has {show(like.shape)}",
            hint=f"they must be equal; ones({show(like.shape)}) has the right shape"
            if like.shape
            else None,
        )
    if value.dtype.kind == "c" and like.dtype.kind != "c":
        raise DiffcliError("dtype", f"{what} is complex and {whose} is real")
