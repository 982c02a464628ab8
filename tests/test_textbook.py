"""Derivatives as formulas: those of textbooks to the letter, and random ones by their values."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.formulas.code import check_readable, code
from diffcli.formulas.derivation import Derivation, derivation
from diffcli.formulas.symbols import Symbols, declaration
from tests.test_properties import VALUES, expression

TABLE = Path(__file__).parent / "data" / "textbook.txt"
LINES = [line for line in TABLE.read_text(encoding="utf-8").split("\n") if "|" in line[1:]]
ROWS = [[part.strip() for part in line.split("|")] for line in LINES if not line.startswith("#")]
SIZES = {"m": 4, "n": 3, "k": 2}


def derived(expr: str, shapes: str, **asked: Any) -> Derivation:
    declared = dict(filter(None, map(declaration, shapes.split())))
    return derivation(Symbols(Source(expr), declared, {}), **asked)


def value(text: str, values: dict[str, np.ndarray]) -> np.ndarray:
    """The value of a text in which letters are sizes."""
    sizes = {k: n for k, n in SIZES.items() if k not in values}
    return np.asarray(api.evaluate(api.trace(Source(text), {**sizes, **values})))


def differences(expr: str, values: dict[str, np.ndarray], by: str) -> np.ndarray:
    """The Jacobian by central differences of two steps, which uses no derivative."""
    x, columns = values[by], []
    for k in range(x.size):
        unit = np.zeros(x.size)
        unit[k] = 1
        step = unit.reshape(x.shape)
        slopes = [
            (value(expr, {**values, by: x + h * step}) - value(expr, {**values, by: x - h * step}))
            / (2 * h)
            for h in (1e-3, 5e-4)
        ]
        columns.append((4 * slopes[1] - slopes[0]) / 3)
    found = np.stack(columns, axis=-1)
    return found.reshape((*found.shape[:-1], *x.shape))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} by {row[2]}" for row in ROWS])
def test_textbook(row):
    expr, shapes, by, formula, *where = row
    found = derived(expr, shapes, wrt=[by])
    (f,) = found.formulas

    assert (f.text, f.nonzero) == (formula, where)
    rng = np.random.Generator(np.random.PCG64(7))
    values = {
        name: rng.uniform(0.3, 0.8, found.symbols.concrete(dims, SIZES))
        for name, dims in found.symbols.shapes.items()
    }
    for name, array in values.items():
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            values[name] = array + 1.5 * np.eye(len(array))
    wanted = differences(expr, values, by)
    np.testing.assert_allclose(value(formula, values), wanted, rtol=1e-7, atol=1e-8)


OUT_OF_THE_ORDINARY = [
    ("trace(B) + x", "B", "broadcast_to(eye(n), (n, n, n))"),
    ("trace(B) + concatenate([x[1:], y[:1]])", "B", "broadcast_to(eye(n), (n, n, n))"),
    ("x[3]", "x", "eye(n)[3]"),
    ("x[20]", "x", "eye(n)[20]"),
    ("x[-5]", "x", "eye(n)[n - 5]"),
    ("sum(x[10:20]**2)", "x", "unwindow(2*x[10:20], shape=(n,), window=(slice(10, 20, None),))"),
    ("sum(x)*sum(softmax(B)[0])", "x", "full((n,), sum(softmax(B, axis=1)[0]))"),
    ("sum(104*x*214)", "x", "full((n,), 22256)"),
]


@pytest.mark.parametrize(("expr", "by", "formula"), OUT_OF_THE_ORDINARY)
def test_axes_that_nothing_runs_along_and_indices_of_every_size(expr, by, formula):
    (f,) = derived(expr, "x:n y:n B:(n,n)", wrt=[by]).formulas

    assert f.text == formula


def test_there_are_at_least_60_rows():
    assert len(ROWS) >= 60


def scalar(draw: Any) -> str:
    return f"sum({expression(draw, draw(st.sampled_from([(), (3,), (2, 3)])), 2)})"


def check_at_zeros(expr: str, used: dict[str, np.ndarray], found: Derivation) -> None:
    """Where variables are 0 a formula has the same values, or says that this must not be."""
    zeros = {name: np.round(x, 0) * (np.abs(x) > 0.8) for name, x in used.items()}
    t = api.trace(Source(expr), zeros)
    for f in found.formulas:
        wanted = api.grad(t, f.by).by_name[f.by[0]]
        if wanted is not None and np.isfinite(wanted).all() and not f.nonzero:
            scale = max(1.0, float(np.max(np.abs(wanted), initial=0)))
            got = value(f.text, zeros)
            np.testing.assert_allclose(got, wanted, rtol=1e-7, atol=1e-7 * scale)


SPECIAL = [
    ("x**3/x", "x", "x"),
    ("sin(x)*x/x", "x", "x"),
    ("norm(v)", "v", "norm(v)"),
    ("det(A)", "A", "det(A)"),
    ("s**t", "s", "s"),
    ("exp(x)/exp(x)*x", "x", ""),
    ("sqrt(x**2)", "x", ""),
    ("x - x + x**2", "x", ""),
    ("log(x) - log(x)", "x", ""),
]


@pytest.mark.parametrize(("expr", "by", "nonzero"), SPECIAL)
def test_what_is_left_out_is_said(expr, by, nonzero):
    (f,) = derived(expr, "v:(n,) A:(n,n)", wrt=[by]).formulas

    assert f.nonzero == ([nonzero] if nonzero else [])


AT_TIES = [
    "sum(relu(x)**2 + maximum(0, 1 - y*x)**2)",
    "sum(abs(x)**3 - abs(x)*y)",
    "max(x*y) - norm(x, inf)",
    "sum(clip(x, -1, 1)*y + relu6(x))",
    "sum(where(x > 0, log(x), 0) + where(y > 0, sqrt(y), x))",
    "sum(leaky_relu(x)*y + x*relu(-y))",
    "sum(maximum(x, y)*minimum(x, y)) + y[0]*prod(x)",
    "norm(relu(x)) + log(softmax(x)[1])*y[2]",
]


@pytest.mark.parametrize("expr", AT_TIES)
def test_formulas_hold_at_zeros_and_ties_or_say_that_they_do_not(expr):
    points = [np.array(p) for p in ([0.0, 1, -1], [1.0, 1, 0], [0.0, 0, 0], [2.0, 2, 2])]
    found = derived(expr, "x:3 y:3")
    for x, y in itertools.product(points, points):
        values = {"x": x, "y": y}
        t = api.trace(Source(expr), values)
        for f in found.formulas:
            wanted = api.grad(t, f.by).by_name[f.by[0]]
            if not f.nonzero and np.isfinite(wanted).all():
                np.testing.assert_allclose(value(f.text, values), wanted, rtol=1e-9, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_random_formulas_equal_the_derivative(data):
    """What is printed, and what is written as code, has the values of the reverse mode."""
    expr = scalar(data.draw)
    t = api.trace(Source(expr), VALUES)
    wrt = [n for n in api.default_wrt(t) if n in t.used][:2]
    assume(wrt)
    used = {n: VALUES[n] for n in t.used}
    wanted = api.grad(t, wrt).by_name
    assume(all(np.isfinite(a).all() for a in wanted.values()))
    found = derivation(Symbols(Source(expr), {}, used), wrt)
    assume(all(f.text is not None for f in found.formulas))
    scale = max(1.0, *(float(np.max(np.abs(a))) for a in wanted.values()))
    for f in found.formulas:
        np.testing.assert_allclose(
            value(f.text, used), wanted[f.by[0]], rtol=1e-7, atol=1e-7 * scale
        )
    check_at_zeros(expr, used, found)
    try:
        text = code(found, "numpy")
    except DiffcliError as error:
        assert error.code == "unknown-function"
        return
    scope: dict[str, Any] = {}
    exec(text, scope)
    names = next(x for x in text.split("\n") if x.startswith("def f("))[len("def f(") : -2]
    _, *slopes = scope["f"](*(used[n] for n in names.split(", ")))
    for f, slope in zip(found.formulas, slopes, strict=True):
        np.testing.assert_allclose(slope, wanted[f.by[0]], rtol=1e-7, atol=1e-7 * scale)


@pytest.mark.parametrize(
    ("expr", "hint"),
    [
        ("A@x", "'A' has no shape, so it is a number: write 'A:(m,n)'"),
        ("sum(inv(A)@x)", "'A' has no shape, so it is a number: write 'A:(m,n)'"),
        ("x[0] + A[0]", "'A' has no shape, so it is a number: write 'A:(m,n)'"),
        ("ones((m, m))*x[0]", "'m' is the size of no axis: declare one, as in 'x:(m,)'"),
        ("sum(x)@x", "write * instead of @"),
    ],
)
def test_variables_that_are_numbers_for_want_of_a_shape_are_named(expr, hint):
    with pytest.raises(DiffcliError) as caught:
        derived(expr, "x:n")

    assert caught.value.hint == hint


def test_an_array_that_no_formula_writes_is_said_to_be_the_reason():
    with pytest.raises(DiffcliError, match="an array of numbers as large as its axes"):
        check_readable(derived("sum(cholesky(A@A.T))", "A:(n,n)"))

    assert derived("sum(cholesky(A@A.T))", "A:(3,3)").formulas[0].text


def test_arrays_too_large_for_letters_are_said_to_need_numbers():
    with pytest.raises(DiffcliError) as caught:
        derived("trace(kron(A, X)@kron(A, X))", "A:m,m X:n,n")

    assert caught.value.message == "an array of shape (m*n, m*n) has m*m*n*n elements"
    assert caught.value.hint == "give numbers as sizes, as in x:(3,)"


@pytest.mark.parametrize(
    ("function", "hint"),
    [
        ("sin", "--cse names its parts, and --emit numpy writes it as a function"),
        ("k0", "--cse names its parts"),
    ],
)
def test_another_form_of_what_is_too_long_is_named_where_there_is_one(function, hint):
    found = derived("*".join(f"{function}(x + {k})" for k in range(50)), "")

    with pytest.raises(DiffcliError, match="too many for a formula") as caught:
        check_readable(found)

    assert caught.value.hint == hint


@pytest.mark.parametrize("factors", [40, 60])
def test_products_of_more_matrices_than_letters_are_simplified_at_least(factors):
    found = derived("A@(" * factors + "x" + ")" * factors, "A:n,n x:n")

    with pytest.raises(DiffcliError, match="too many for a formula"):
        check_readable(found)


def test_a_keyword_is_no_size():
    with pytest.raises(DiffcliError, match="'for' is not the size of an axis"):
        declaration("x:(for,)")
