"""`gradcheck` and `gradgradcheck`: derivatives against differences, with PyTorch's messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager import trees
from diffcli.eager.func import pulled, rows
from diffcli.eager.functions import resolved
from diffcli.eager.mode import recording
from diffcli.eager.nodes import leaf
from diffcli.eager.tensor import Tensor, fresh, wrap

Function = Callable[..., Any]


PARTS = {
    "imag": "While considering the imaginary part of complex outputs only, ",
    "real": "While considering the real part of complex outputs only, ",
}
"""What complex results are compared by, and how a message about it begins."""


class GradcheckError(RuntimeError):
    """The analytical derivative is not what differences say."""


def gradcheck(
    func: Function,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    **_: Any,
) -> bool:
    """Whether the Jacobian of a function agrees with central differences.

    Raises GradcheckError where it does not, unless `raise_exception` is False.
    """
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    chosen = [x for x in trees.tensors(given) if x.node.tracked]
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    with recording(True):
        several = any(y.node.dtype.kind == "c" for y in trees.tensors(func(*given)))
    for part, words in PARTS.items() if several else (("", ""),):
        found = _mismatch(_parted(func, part), given, chosen, eps, (rtol, atol))
        if found and raise_exception:
            raise GradcheckError(words + found)
        if found:
            return False
    return True


def _parted(func: Function, part: str) -> Function:
    """The function with one real part of its complex results, as PyTorch compares them."""

    def run(*args: Any) -> list[Tensor]:
        found = trees.tensors(func(*args))
        return [resolved(part)(y) if y.node.dtype.kind == "c" else y for y in found]

    return run


def _mismatch(
    func: Function,
    given: tuple[Any, ...],
    chosen: list[Tensor],
    eps: float,
    tolerances: tuple[float, float],
) -> str:
    """Where the Jacobian of a function with real results is not that of differences."""
    with recording(True):
        outputs = func(*given)
    for i, y in enumerate(outputs):
        if not y.node.tracked:
            continue
        for j, (x, matrix) in enumerate(zip(chosen, rows(y, chosen, False), strict=True)):
            analytical = np.asarray(matrix.node.value).reshape(y.node.size, x.node.size).T
            numerical = _differences(func, given, x, i, eps)
            if not np.allclose(analytical, numerical, *tolerances, equal_nan=True):
                return (
                    f"Jacobian mismatch for output {i} with respect to input {j},\n"
                    f"numerical:{_shown(numerical, x)}\nanalytical:{_shown(analytical, x)}\n"
                )
    return ""


def _shown(matrix: Any, x: Tensor) -> Tensor:
    return fresh(matrix.astype(x.node.dtype))


def _differences(func: Function, given: tuple[Any, ...], x: Tensor, i: int, eps: float) -> Any:
    """The transposed Jacobian of output i by x, from central differences.

    By a complex number it is the derivative by the real part plus i times that by the imaginary
    part, PyTorch's gradient.
    """
    node, value = x.node, np.asarray(x.node.value)

    def moved(k: int, by: complex) -> Any:
        values = value.copy()
        values.reshape(-1)[k] += by
        x.node = leaf(values)
        with recording(False):
            found = func(*given)
        return np.asarray(found[i].node.value, np.float64).reshape(-1)

    def slope(k: int, unit: complex) -> Any:
        return (moved(k, eps * unit) - moved(k, -eps * unit)) / (2 * eps) * unit

    units = (1, 1j) if value.dtype.kind == "c" else (1,)
    try:
        columns = [sum(slope(k, unit) for unit in units) for k in range(value.size)]
    finally:
        x.node = node
    return np.stack(columns) if columns else np.zeros((0, 0))


def gradgradcheck(func: Function, inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """Whether the gradient of a function has the Jacobian that differences say."""
    given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    outputs = trees.tensors(func(*given))
    if grad_outputs is None:
        seeds = [_cotangent(y) for y in outputs]
    else:
        seeds = trees.tensors(grad_outputs)

    def gradient(*args: Any) -> Any:
        own = args[: len(given)]
        with recording(True):
            ys = trees.tensors(func(*own))
        wanted = [x for x in own if isinstance(x, Tensor) and x.node.tracked]
        if not wanted:  # differences call with one input that is not tracked
            wanted = [x for x in own if isinstance(x, Tensor)]
        return tuple(pulled(ys, list(args[len(given) :]), wanted, True))

    return gradcheck(_tracking(gradient), (*given, *seeds), **options)


def _tracking(gradient: Function) -> Function:
    """The function on aliases that are tracked, so that its gradient exists without recording."""
    from diffcli.eager.func import watched

    def run(*args: Any) -> Any:
        with recording(True):
            return gradient(*(watched(x) if x.node.dtype.kind in "fc" else x for x in args))

    return run


def _cotangent(y: Tensor) -> Tensor:
    values = np.linspace(0.5, 1.5, y.node.size).reshape(y.node.shape)
    t = wrap(leaf(values.astype(y.node.dtype)))
    t.track(True)
    return t
