"""`gradcheck` and `gradgradcheck`: derivatives against differences, with PyTorch's messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.tensor import trees
from diffcli.tensor.eager import leaf
from diffcli.tensor.func import pulled, rows
from diffcli.tensor.mode import recording
from diffcli.tensor.tensor import Tensor, fresh, wrap

Function = Callable[..., Any]


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
    chosen = [x for x in trees.tensors(given) if x.requires_grad]
    if not chosen:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    with recording(True):
        outputs = [y for y in trees.tensors(func(*given)) if y.requires_grad]
    for i, y in enumerate(outputs):
        for j, (x, matrix) in enumerate(zip(chosen, rows(y, chosen, False), strict=True)):
            analytical = np.asarray(matrix.node.value).reshape(y.node.size, x.node.size).T
            numerical = _differences(func, given, x, i, eps)
            if not np.allclose(analytical, numerical, rtol, atol, equal_nan=True):
                if not raise_exception:
                    return False
                raise GradcheckError(
                    f"Jacobian mismatch for output {i} with respect to input {j},\n"
                    f"numerical:{_shown(numerical, x)}\nanalytical:{_shown(analytical, x)}\n"
                )
    return True


def _shown(matrix: Any, x: Tensor) -> Tensor:
    return fresh(matrix.astype(x.dtype))


def _differences(func: Function, given: tuple[Any, ...], x: Tensor, i: int, eps: float) -> Any:
    """The transposed Jacobian of output i by x, from central differences."""
    value, columns = np.asarray(x.node.value), []
    node = x.node
    try:
        for k in range(value.size):
            pair = []
            for sign in (1, -1):
                moved = value.copy()
                moved.reshape(-1)[k] += sign * eps
                x.node = leaf(moved)
                with recording(False):
                    found = trees.tensors(func(*given))
                pair.append(np.asarray(found[i].node.value, np.float64).reshape(-1))
            columns.append((pair[0] - pair[1]) / (2 * eps))
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
    from diffcli.tensor.func import watched

    def run(*args: Any) -> Any:
        with recording(True):
            return gradient(*(watched(x) if x.dtype.kind in "fc" else x for x in args))

    return run


def _cotangent(y: Tensor) -> Tensor:
    values = np.linspace(0.5, 1.5, y.node.size).reshape(y.shape)
    t = wrap(leaf(values.astype(y.dtype)))
    t.requires_grad = True
    return t
