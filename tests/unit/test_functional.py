"""The Python interface: later calls run what the first ones made, and give what new ones would."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import diffcli
from diffcli import functional
from diffcli.errors import DiffcliError

R = np.random.default_rng(0)
X, Y = R.normal(size=5), R.normal(size=5)
A, B = R.normal(size=(5, 5)), R.normal(size=(5, 5))

POINTS = [{"x": X, "A": A}, {"x": Y, "A": B}, {"x": -X, "A": A}, {"x": X[:3], "A": A[:3, :3]}]
POINTS += [{"x": Y.astype(np.float32), "A": A.astype(np.float32)}, {"x": Y > 0, "A": A}, POINTS[0]]

EXPRESSIONS = [
    "sum(tanh(A @ x)**2)",
    "sum(x[x > 0]) + A[0, 0]",  # the values decide how many there are
    "sum(A[x > 0][:, x < 0.5])",  # and later choices depend on the first
    "sum(A @ x) if sum(x) > 0 else sum(x)",
    "sum(put_along_axis(A, argsort(x)[None, :], 0.0, 0))",
    "x[argmax(x)] * A[0, 1]",
    "sum(x.repeat(2) * 2) + det(A)",
]


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_later_calls_give_what_new_functions_give(expr):
    kept = {name: getattr(diffcli, name)(expr) for name in ("evaluate", "grad", "hessian")}
    for point in [*POINTS, *POINTS]:
        for name, function in kept.items():
            assert _outcome(function, point) == _outcome(getattr(diffcli, name)(expr), point)


def _outcome(function, point):
    try:
        return repr(function(**point))
    except DiffcliError as error:
        return error.code, error.message, error.span


PRODUCTS = {
    "evaluate": ("A @ x", lambda f, p: f(**p)),
    "grad": ("sum(sin(A @ x))", lambda f, p: f(**p)),
    "vjp": ("sin(A @ x)", lambda f, p: f(p["x"] + 1, **p)),
    "jvp": ("sin(A @ x)", lambda f, p: f({"x": p["x"] - 1}, **p)),
    "jacobian": ("sin(A @ x)", lambda f, p: f(**p)),
    "hessian": ("sum(sin(A @ x))", lambda f, p: f(**p)),
    "hvp": ("sum(sin(A @ x))", lambda f, p: f({"x": p["x"] - 1}, **p)),
    "nonfinite": ("sum(log(A @ x))", lambda f, p: [n.where for n in f(**p)]),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_function_is_traced_once_for_each_kind_of_arguments(name, monkeypatch):
    expr, call = PRODUCTS[name]
    expected = [repr(call(getattr(diffcli, name)(expr), p)) for p in POINTS[:5]]
    traced, trace = [], functional.api.trace
    monkeypatch.setattr(functional.api, "trace", lambda *given: traced.append(1) or trace(*given))
    function = getattr(diffcli, name)(expr)
    assert [repr(call(function, p)) for p in POINTS[:5]] == expected
    assert len(traced) == 3  # float64 of two shapes, and float32


def test_few_traces_are_kept():
    function = functional.Traced("sum(x[x > 0])")
    for k in range(2 * functional.KEPT):
        values = np.where(np.arange(6) == k % 6, -1.0, k + 1.0)
        assert function({"x": values}).values["x"] is values
    assert len(function._kept) == min(6, functional.KEPT)
    for n in range(2 * functional.KEPT):
        function({"x": np.ones(n)})
    assert len(function._kept) == functional.KEPT


def test_arguments_that_change_in_place_are_read_again():
    mask, x = np.array([True, False, True]), np.array([1.0, 2.0, 3.0])
    function = diffcli.grad("sum(x[mask]**2)", ["x"])
    assert function(x=x, mask=mask)["x"].tolist() == [2, 0, 6]
    mask[1], x[0] = True, 5.0
    assert function(x=x, mask=mask)["x"].tolist() == [10, 4, 6]


@pytest.mark.parametrize("expr", ["w * x + b", "sum(w * x + b)", "sum(w * [1, 2, 3] + b) + sum(x)"])
def test_results_belong_to_the_caller(expr):
    point = {"w": np.ones(3), "x": np.arange(3.0), "b": np.ones(3)}
    point = point if "sum" in expr else {n: v[1] for n, v in point.items()}
    before = repr(point)
    function = diffcli.grad(expr)
    expected = repr(function(**point))
    for array in function(**point).values():
        array += 7
    assert (repr(function(**point)), repr(point)) == (expected, before)


def test_gradients_are_arrays_of_their_own() -> None:
    x = np.ones(200_001)
    found = diffcli.grad("sum(sin(x + y))")(x=x, y=x + 1)
    assert not np.shares_memory(found["x"], found["y"])
    assert not any(np.shares_memory(x, g) for g in diffcli.grad("sum(x*y)")(x=x, y=x).values())


def test_variables_are_names_or_one_text() -> None:
    values = {"w": 3.0, "x": 2.0, "bias": 4.0}
    for wrt in ("x, bias", ["x", "bias"]):
        assert diffcli.grad("w*x + bias", wrt=wrt)(**values) == {"x": 3.0, "bias": 1.0}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: diffcli.grad("x", wrt=["q"])(x=1.0), "unknown-name"),
        (lambda: diffcli.hessian("x**3", wrt="z")(x=1.0), "unknown-name"),
        (lambda: diffcli.jacobian("x**2", mode="both")(x=1.0), "bad-argument"),
        (lambda: diffcli.jacobian("x**2", sparse="both")(x=1.0), "bad-argument"),
        (lambda: diffcli.grad("sum(x*x)")(x=np.arange(5)), "not-differentiable"),
        (lambda: diffcli.grad("x*2")(x=True), "not-differentiable"),
    ],
)
def test_what_cannot_be_is_said(call: Callable[[], object], code: str) -> None:
    with pytest.raises(diffcli.DiffcliError) as found:
        call()
    assert found.value.code == code


def test_an_expression_is_a_string() -> None:
    with pytest.raises(TypeError, match="a string, not int"):
        diffcli.grad(3)  # type: ignore[arg-type]
