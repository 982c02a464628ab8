"""Explanations: steps are those of the text, and formulas compute what stands beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import diffcli
from diffcli import api
from diffcli.errors import DiffcliError
from diffcli.explanation import Explanation, explain
from diffcli.limits import limited
from tests.test_properties import DIRECTIONS, close, expressions, traced

SQUARES = {"w": [1.0, 2, 1], "x": [2.0, 1, 3], "b": 0.0, "t": 10.0}


def steps(expr: str, **values: Any) -> dict[str, Any]:
    return {row.name: row for row in diffcli.explain(expr, mode="both")(**values).rows}


def test_least_squares_in_one_example():
    found = steps("y = w@x + b; (y - t)**2/2", **SQUARES)

    assert [row.operation.text for row in found.values() if row.operation] == [
        *("w @ x", "v1 + b", "y - t", "v2**2", "v3/2")
    ]
    assert found["v4"].value == 4.5
    assert found["y"].adjoint == -3
    assert found["w"].adjoint.tolist() == [-6, -3, -9] == found["v4"].tangents["w"].tolist()
    assert found["b"].adjoint == -3 == found["v4"].tangents["b"]


def test_what_each_way_costs():
    done = diffcli.explain("sum(exp(x))", mode="both")(x=np.arange(5.0))

    assert done.passes == {"reverse": 1, "forward": 5}
    assert done.operations["value"] == 10


def test_complex_variables_need_two_forward_passes_an_element():
    done = diffcli.explain("sum(abs(z)**2)", mode="both")(z=np.array([1 + 2j, 3j]))

    assert done.passes == {"reverse": 1, "forward": 4}
    assert done.rows[0].adjoint.tolist() == [2 + 4j, 6j] == done.rows[-1].tangents["z"].tolist()


def test_a_variable_behind_steps_has_the_adjoint_zero():
    found = steps("floor(x)*y", x=1.5, y=2.0)

    assert found["x"].adjoint == 0
    assert found["x"].terms == []
    assert found["y"].adjoint == 1


def test_a_result_that_is_a_variable_is_its_own_explanation():
    (row,) = diffcli.explain("x", v=[1.0, 2])(x=[3.0, 4], y=1.0).rows

    assert row.adjoint.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("expr", "options", "code"),
    [
        ("x", {}, "not-scalar"),
        ("x", {"v": [1.0]}, "shape"),
        ("x > 0", {}, "not-differentiable"),
        ("sum(x)", {"mode": "backwards"}, "bad-argument"),
        ("sum(x)", {"wrt": ["k"]}, "not-differentiable"),
    ],
)
def test_what_cannot_be_explained(expr, options, code):
    with pytest.raises(DiffcliError) as error:
        diffcli.explain(expr, **options)(x=[1.0, 2, 3], k=np.array(1))

    assert error.value.code == code


def test_tangents_respect_the_limit_of_elements():
    with limited(elements=1000), pytest.raises(DiffcliError, match="tangents"):
        diffcli.explain("sum(sin(x))", mode="forward")(x=np.ones(100))


POINT = {
    "x": np.array(2.0),
    "v": np.array([1.0, 2, 4]),
    "A": np.diag([1.0, 2]),
    "v1": np.array(3.0),
}


@pytest.mark.parametrize(
    ("expr", "formulas"),
    [
        ("x", []),
        ("x*x + x", ["x*x", "v1 + x"]),
        ("-x**2", ["x**2", "-v1"]),
        ("var(v)", ["sum(square(v - sum(v, keepdims=True)/3))/3"]),
        (
            "std(v) + cov(v, v, ddof=1)[0][1]",
            ["norm(v - sum(v, keepdims=True)/3)/sqrt(3)", "cov(v)", "v2[0]", "v3[1]", "v1 + v4"],
        ),
        ("x if x > 0 else -x", ["x > 0", "-x", "where(v1, x, v2)"]),
        ("h = sin(x); h*h", ["sin(x)", "h*h"]),
        ("x = sin(x); x*x", ["sin(x)", "v1*v1"]),
        ("2*v1*x", ["2*v1", "u1*x"]),
        ("sum(arange(20.0)*x)", ["arange(20.0)", "v1*x", "sum(v2)"]),
        ("linalg.eigh(A)[0][1]", ["eigh(A)[0]", "v1[1]"]),
        ("softmax(v)[0]", ["softmax(v)", "v1[0]"]),
    ],
)
def test_steps_are_the_operations_of_the_text(expr, formulas):
    found = diffcli.explain(expr)(**POINT).rows

    assert [row.operation.text for row in found if row.operation] == formulas
    for row in found:
        assert row.span is None or 0 <= row.span[0] < row.span[1] <= len(expr)


def check(done: Explanation, scale: float) -> None:
    """Every formula of an explanation computes the array that it stands beside."""
    scope = {row.name: row.value for row in done.rows}
    scope |= {f"{row.name}_bar": row.adjoint for row in done.rows if row.adjoint is not None}
    for row in done.rows:
        moved = [
            np.tensordot(t, DIRECTIONS[n], DIRECTIONS[n].ndim)
            for n, t in row.tangents.items()
            if t is not None
        ]
        if moved:
            scope[f"{row.name}_dot"] = np.asarray(sum(moved))

    def value(text: str) -> np.ndarray:
        return api.evaluate(api.trace(diffcli.errors.Source(text), scope))

    for row in done.rows:
        if row.operation is not None:
            close(value(row.operation.text), row.value, 1e-5, scale)
        if row.rule is not None and row.rule.text is not None:  # large arrays have no text
            close(value(row.rule.text), scope[f"{row.name}_dot"], 1e-5, scale)
        texts = [term.formula.text for term in row.terms]
        if texts and None not in texts:
            total = np.broadcast_to(sum(map(value, texts)), row.value.shape)
            close(total, row.adjoint, 1e-5, scale)


@given(expressions())
@settings(max_examples=25, deadline=None)
def test_formulas_compute_what_stands_beside_them(expr):
    t = traced(expr)
    wrt = api.default_wrt(t)
    if not wrt:
        return
    v = np.cos(np.arange(t.output.size)).reshape(t.shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("diffcli.explanation.LONGEST", 10_000)
        patch.setattr("diffcli.naming.LONGEST", 10_000)
        done = explain(t, wrt, "both", v)
        check(done, 10.0)

    rows = {row.name: row for row in done.rows}
    gradient = api.vjp(t, v, wrt).by_name
    for name in wrt:
        if gradient[name] is not None:
            expected = rows[name].adjoint
            close(gradient[name], 0.0 if expected is None else expected, 1e-10)
            slopes = done.rows[-1].tangents[name]
            found = 0.0 if slopes is None else np.tensordot(v, slopes, v.ndim)
            close(gradient[name], found, 1e-10)
