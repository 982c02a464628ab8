"""Tensors: recording, backward passes, accumulation, in-place operations and views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcli.eager import Tensor, autograd
from diffcli.eager.functions import resolve
from diffcli.eager.grad_fn import grad_fn
from diffcli.eager.memory import version
from diffcli.eager.mode import recording
from diffcli.eager.storage import detached
from diffcli.eager.tensor import fresh


def t(values: Any, requires_grad: bool = False) -> Tensor:
    return fresh(np.array(values, np.float32), requires_grad)


def call(name: str, *args: Any) -> Any:
    function = resolve(name)
    assert function is not None
    return function(*args)


def total(x: Tensor) -> Tensor:
    return call("sum", x)


def name(x: Tensor) -> str | None:
    found = grad_fn(x.node)
    return None if found is None else found.name()


def test_gradients_accumulate_and_are_zeroed_by_the_user() -> None:
    x = t([1, 2, 3], True)
    total(x * x).backward()
    total(x * 3).backward()
    np.testing.assert_array_equal(x.grad.value, [5, 7, 9])
    x.grad = None
    total(x * 3).backward()
    np.testing.assert_array_equal(x.grad.value, [3, 3, 3])


def test_gradient_of_a_gradient() -> None:
    x = t([1, 2, 3], True)
    (g,) = autograd.grad(total(x**3), x, create_graph=True)
    (h,) = autograd.grad(total(g), x)
    np.testing.assert_array_equal(h.value, [6, 12, 18])


def test_second_backward_fails_only_where_something_was_saved() -> None:
    x = t([1, 2], True)
    y = total(x + 1)
    y.backward()
    y.backward()
    np.testing.assert_array_equal(x.grad.value, [2, 2])
    y = total(x * x)
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_a_long_chain_has_no_depth() -> None:
    x = t(1, True)
    y = x
    for _ in range(50_000):
        y = y + 1
    y.backward()
    assert x.grad.value == 1
    del y


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * 2, "MulBackward0"),
        (lambda x: 2 / x, "MulBackward0"),  # by the reciprocal
        (lambda x: x**2, "PowBackward0"),
        (lambda x: x**x, "PowBackward1"),
        (lambda x: 2**x, "PowBackward2"),
        (lambda x: -x, "NegBackward0"),
        (lambda x: x[0], "SelectBackward0"),
        (lambda x: x[1:], "SliceBackward0"),
        (lambda x: x[None], "UnsqueezeBackward0"),
        (lambda x: x[[0, 1]], "IndexBackward0"),
        (lambda x: call("softmax", x, 0), "SoftmaxBackward0"),
        (lambda x: call("exp", x), "ExpBackward0"),
        (lambda x: call("sum", x), "SumBackward0"),
        (lambda x: x > 0, None),
        (lambda x: detached(x), None),
    ],
)
def test_names_of_nodes(function: Callable[[Tensor], Tensor], expected: str | None) -> None:
    assert name(function(t([1, 2, 3], True))) == expected


def test_views_and_their_base_see_each_others_changes() -> None:
    x = t([1, 1, 1], True)
    y = x * 2
    v = y[0]
    y[1] = 5.0
    assert (name(y), name(v)) == ("torch::autograd::CopySlices", "AsStridedBackward0")
    v *= 3
    np.testing.assert_array_equal(y.value, [6, 5, 2])
    assert version(y) == version(v) == 2
    total(y).backward()
    np.testing.assert_array_equal(x.grad.value, [6, 0, 2])


def test_a_detached_handle_shares_memory_and_not_history() -> None:
    x = t([0, 0, 0], True)
    y = call("exp", x)
    d = detached(y)
    d[0] = 7.0
    np.testing.assert_array_equal(y.value, [7, 1, 1])
    with pytest.raises(RuntimeError, match="which is output 0 of Exp, is at version 1; expected"):
        total(y).backward()


def test_rows_assembled_by_index_assignment() -> None:
    x = t([2, 3], True)
    out = t([0, 0, 0])
    out[0] = x[0] * x[1]
    out[2] = x[0] + x[1]
    assert name(out) == "torch::autograd::CopySlices"
    out.backward(t([1, 10, 100]))
    np.testing.assert_array_equal(x.grad.value, [103, 102])


def test_filling_an_array_that_nothing_else_sees_does_not_copy_it() -> None:
    out = t(np.zeros(1000))
    out[0] = 1.0
    memory = out.value.ctypes.data
    for i in range(1000):
        out[i] = float(i)
    assert out.value.ctypes.data == memory
    np.testing.assert_array_equal(out.value, np.arange(1000))


def test_values_that_a_graph_needs_are_never_written_to() -> None:
    w, y = t([1, 1], True), t([3, 4])
    z = total(w * y)
    y[0] = 100.0
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        z.backward()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x: x.__iadd__(1),
            "a leaf Variable that requires grad is being used in an in-place",
        ),
        (lambda x: x[0].__iadd__(1), "a view of a leaf Variable that requires grad"),
        (lambda x: x.__setitem__(0, 1), "a leaf Variable that requires grad"),
    ],
)
def test_leaves_are_not_changed_while_recording(
    change: Callable[[Tensor], Any], message: str
) -> None:
    x = t([1, 2], True)
    with pytest.raises(RuntimeError, match=message):
        change(x)
    with recording(False):
        change(x)
    assert x.requires_grad
    assert x.is_leaf


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (np.int64, np.float32, np.float32),
        (np.float32, np.float64, np.float64),
        (np.bool_, np.int64, np.int64),
        (np.uint8, np.int8, np.int16),
        (np.int64, np.complex64, np.complex64),
    ],
)
def test_types_are_promoted_as_in_pytorch(a: Any, b: Any, expected: Any) -> None:
    x, y = fresh(np.ones(2, a)), fresh(np.ones(2, b))
    assert (x + y).node.dtype == (y * x).node.dtype == expected


def test_numbers_and_scalars_do_not_widen() -> None:
    ints, reals = fresh(np.ones(2, np.int64)), t([1, 1])
    assert (ints + 1.5).node.dtype == np.float32
    assert (reals + fresh(np.float64(1))).node.dtype == np.float32
    assert (ints / ints).node.dtype == np.float32
    assert (ints + fresh(np.float64(1))).node.dtype == np.float64
