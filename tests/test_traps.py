"""Thirty-five places where automatic differentiation goes wrong, and what happens here.

The labels T1 to T35 number them. Every derivative is computed in reverse and in forward mode, which
agree, and second derivatives forward over reverse and reverse over reverse. What is expected comes
from limits and exact values, or was computed with mpmath to 40 digits.
"""

from __future__ import annotations

from math import inf, log, nan, sqrt
from typing import Any

import numpy as np
import pytest

from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.vmap import vmap

table = pytest.mark.parametrize

TIGHT = 1e-13
"""Relative error allowed by default; zeros and infinities have to be exact."""


def traced(text: str, values: dict[str, Any], dtype: str = "float64") -> api.Trace:
    """The expression over bound values; lists and numbers are real or complex arrays."""
    given = {n: v if isinstance(v, np.ndarray) else np.array(v) for n, v in values.items()}
    exact = {n: v.astype(float) if v.dtype == int else v for n, v in given.items()}
    return api.trace(Source(text), exact, dtype)


def value(text: str, **values: Any) -> np.ndarray:
    """The value of an expression."""
    return api.evaluate(traced(text, values))


def slope(text: str, **values: Any) -> np.ndarray:
    """The derivative by the first variable, once both modes agree on it."""
    t = traced(text, values)
    x = t.inputs[next(iter(values))]
    (reverse,) = derive.jacobian_reverse(t.output, [x])
    (forward,) = derive.jacobian_forward([t.output], x)
    if reverse is None or forward is None:
        assert reverse is None
        assert forward is None
        return np.zeros((*t.shape, *x.shape))
    r, f = t.run([reverse, forward])
    np.testing.assert_allclose(r, f, rtol=TIGHT, atol=0)
    return r


def curvature(text: str, *, rtol: float = TIGHT, **values: Any) -> np.ndarray:
    """The second derivative by the first variable, once both ways to get it agree."""
    t = traced(text, values)
    x = t.inputs[next(iter(values))]
    (gradient,) = pull([(t.output, one(t.output))], [x])
    if gradient is None:
        return np.zeros((*x.shape, *x.shape))
    (over,) = derive.jacobian_forward([gradient], x)
    (twice,) = derive.jacobian_reverse(gradient, [x])
    blocks = [F.zeros((*x.shape, *x.shape)) if b is None else b for b in (over, twice)]
    forward, reverse = t.run(blocks)
    np.testing.assert_allclose(forward, reverse, rtol=rtol, atol=rtol)
    return forward


def gradients_of_many(text: str, name: str, many: np.ndarray, **values: Any) -> np.ndarray:
    """Gradients at several values of one variable, by one batched pullback."""
    t = traced(text, {name: many[0], **values})
    x = t.inputs[name]
    (gradient,) = pull([(t.output, one(t.output))], [x])
    assert gradient is not None
    batch = INPUT.make(name, many.shape, many.dtype)
    (batched,) = vmap([gradient], [(x, batch)], len(many))
    inputs = [*t.inputs.values(), batch]
    return Plan([batched], inputs).run(NUMPY, [*t.values.values(), many])[0]


def tangent(text: str, direction: Any, **values: Any) -> np.ndarray:
    """The slope along one direction of the first variable, in forward mode."""
    t = traced(text, values)
    x = t.inputs[next(iter(values))]
    moved = INPUT.make("t", x.shape, x.dtype)
    (found,) = push([t.output], [(x, moved)])
    assert found is not None
    return t.run([found], [(moved, np.asarray(direction, x.dtype))])[0]


def refusal(text: str, **values: Any) -> DiffcliError:
    """The error that the gradient of an expression raises."""
    with pytest.raises(DiffcliError) as caught:
        t = traced(text, values)
        api.vjp(t, np.ones(t.shape), api.default_wrt(t))
    return caught.value


def close(found: Any, expected: Any, rtol: float = TIGHT) -> None:
    """Equal but for rounding, nan being equal to nan; zeros are zeros."""
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=0)


# ----- T1 to T4: powers and logarithms ------------------------------------------------------------


@table("exponent", ["0", "0.0", "y", "int(0)", "True*0"])
def test_t01_power_with_exponent_zero(exponent):
    """T1: x**0 is 1 with the derivative 0 everywhere, at x = 0 too."""
    for x in (0.0, -2.0, inf):
        assert value(f"x**({exponent})", x=x, y=0.0) == 1
        close(slope(f"x**({exponent})", x=x, y=0.0), 0)
        close(curvature(f"x**({exponent})", x=x, y=0.0), 0)


@table(
    ("p", "first", "second"),
    [(0.5, inf, -inf), (1, 1, 0), (1.5, 0, inf), (2, 0, 2), (3, 0, 0), (-1, -inf, inf)],
)
def test_t02_power_at_zero(p, first, second):
    """T2: limits of x**p from the right at 0: inf, 1, 0 or -inf, and never an exception."""
    for text in (f"x**{p}", "x**y"):
        close(slope(text, x=0.0, y=float(p)), first)
        close(curvature(text, x=0.0, y=float(p)), second)


@table(("x", "y", "expected"), [(0, 2, 0), (0, 0.5, 0), (0, 0, 0), (0, -1, nan), (-2, 3, nan)])
def test_t03_power_by_its_exponent(x, y, expected):
    """T3: 0**y is flat for y > 0 and jumps at 0, where 0 is chosen; below it has no slope."""
    close(slope("x**y", y=float(y), x=float(x)), expected)
    close(slope(f"({x})**y", y=float(y)), expected)


def test_t03_power_by_its_exponent_second_order():
    """T3: second derivatives by the exponent are 0 where the function is flat."""
    for y in (2.0, 0.0):
        close(curvature("x**y", y=y, x=0.0), 0)
    close(curvature("x**y", y=2.0, x=3.0), 9 * log(3) ** 2)


@table(
    ("text", "at", "expected", "first", "second"),
    [
        ("entr(x)", 0.0, 0.0, inf, -inf),
        ("xlogy(x, x)", 0.0, 0.0, -inf, inf),
        ("x**x", 0.0, 1.0, -inf, inf),
        ("x*log(x)", 0.0, nan, nan, nan),
        ("xlogy(x, 0)", 0.0, 0.0, 0.0, 0.0),
        ("xlogy(x, -1)", 0.0, 0.0, 0.0, 0.0),
        ("xlogy(x, 2)", 0.0, 0.0, log(2), 0.0),
        ("xlogy(0, x)", 0.0, 0.0, 0.0, 0.0),
        ("xlog1py(x, -1)", 0.0, 0.0, 0.0, 0.0),
        ("xlog1py(x, 2)", 0.0, 0.0, log(3), 0.0),
        ("xlog1py(0, x)", -1.0, 0.0, 0.0, 0.0),
        ("x**x", 2.0, 4.0, 4 * (1 + log(2)), 4 * ((1 + log(2)) ** 2 + 0.5)),
    ],
)
def test_t04_logarithms_times_zero(text, at, expected, first, second):
    """T4: 0 times a logarithm is 0 in xlogy, xlog1py and entr; a bare product is IEEE's nan."""
    found = value(text, x=at)
    close(found, expected)
    assert np.isnan(found) or not np.signbit(found)
    close(slope(text, x=at), first)
    close(curvature(text, x=at), second)


def test_t04_power_of_itself_for_complex_numbers():
    """T4: the slope z**z*(1 + log(z)); the Jacobian by a complex variable is f'."""
    z = -2 + 1j
    close(slope("z**z", z=z), z**z * (1 + np.log(z)), 1e-12)


# ----- T5 to T9: kinks at 0 and norms -------------------------------------------------------------


@table(("text", "x"), [("abs(x)", 0.0), ("abs(x)", 0j), ("sign(x)*x", 0.0), ("x.abs()", 0.0)])
def test_t05_absolute_value_at_zero(text, x):
    """T5: the subgradient of abs of least norm, 0, for real and complex numbers."""
    close(slope(text, x=x), 0)


def test_t05_square_of_an_absolute_value():
    """T5: abs(x)**2 has no kink, so its second derivative at 0 is 2."""
    for text in ("abs(x)**2", "square(abs(x))", "abs(x)*abs(x)", "(abs(x)/2)**2*4"):
        close(curvature(text, x=0.0), 2)
    close(tangent("real(conj(v)*v) + 0*abs(v)**2", 1 + 1j, v=3 + 4j), 14)
    close(slope("abs(z)**2", z=3 + 4j), 6 + 8j)


def test_t06_square_root_at_zero():
    """T6: sqrt'(0) is inf; sqrt(x**2) is inf times 0 there, which no choice makes right."""
    close(slope("sqrt(x)", x=0.0), inf)
    close(curvature("sqrt(x)", x=0.0), -inf)
    close(slope("sqrt(x**2)", x=0.0), nan)
    for text in ("abs(x)", "hypot(x, 0)", "norm([x])"):
        close(slope(text, x=0.0), 0)


@table(
    ("text", "x", "expected"),
    [
        ("norm(x)", [0, 0], [0, 0]),
        ("norm(x)**2", [0, 0], [0, 0]),
        ("norm(x, 1)", [0, 2, -3], [0, 1, -1]),
        ("norm(x, inf)", [3, -3, 1], [0.5, -0.5, 0]),
        ("norm(x, inf)", [0, 0], [0, 0]),
        ("norm(x, 3)", [0, 0], [0, 0]),
        ("norm(x, 3)", [0, 1], [0, 1]),
        ("norm(x.reshape(2, 1))", [0, 0], [0, 0]),
    ],
)
def test_t07_norms_at_zero(text, x, expected):
    """T7: the subgradient of least norm at 0, signs for order 1, ties of inf shared."""
    close(slope(text, x=x), expected)


@table("text", ["norm(x)**2", "square(norm(x))", "norm(x)*norm(x)", "hypot(x[0], x[1])**2"])
@table("x", [[0.0, 0.0], [3.0, -4.0], [1e-200, 0.0]])
def test_t07_squares_of_norms_are_smooth(text, x):
    """T7: norm(x)**2 has the gradient 2*x and the second derivative 2, at 0 too."""
    close(slope(text, x=x), 2 * np.array(x))
    close(curvature(text, x=x), 2 * np.eye(2))


@table("size", [1e-200, 1e-160, 1.0, 1e160, 1e200, 1e307])
def test_t08_norms_do_not_overflow(size):
    """T8: elements are scaled by the largest, so 3e200 and 4e200 have the norm 5e200."""
    x = np.array([3 * size, 4 * size])
    for text in ("norm(x)", "norm(x, 2)", "hypot(x[0], x[1])"):
        close(value(text, x=x), 5 * size, 1e-15)
        close(slope(text, x=x), [0.6, 0.8], 1e-15)
    close(slope("norm(x, 3)", x=x), np.array([9, 16]) / 91 ** (2 / 3))


def test_t09_hypot_and_arctan2_at_the_origin():
    """T9: hypot has the subgradient 0; the angle of the origin has no slope, which is nan."""
    close(slope("hypot(x, y)", x=0.0, y=0.0), 0)
    close(slope("hypot(y, x)", x=0.0, y=0.0), 0)
    close(slope("arctan2(y, x)", x=0.0, y=0.0), nan)
    close(slope("arctan2(x, y)", x=0.0, y=0.0), nan)


@table("size", [1e-200, 1e-3, 1e200])
def test_t09_arctan2_is_scaled(size):
    """T9: d arctan2(y, x) is x/(x**2 + y**2), without squares that under- or overflow."""
    close(slope("arctan2(y, x)", y=size, x=size), 0.5 / size)
    close(slope("arctan2(y, x)", x=size, y=2 * size), -0.4 / size)


# ----- T10 to T13: choices ------------------------------------------------------------------------


@table(
    ("text", "x", "expected"),
    [
        ("max(x)", [1, 3, 3], [0, 0.5, 0.5]),
        ("amin(x)", [1, 1, 2], [0.5, 0.5, 0]),
        ("max(x.reshape(1, 3), axis=1)[0]", [3, 3, 3], [1 / 3] * 3),
        ("sort(x)[-1]", [1, 3, 3], [0, 0, 1]),
        ("sort(x)[0]", [1, 1, 2], [1, 0, 0]),
        ("take(x, argmax(x))", [1, 3, 3], [0, 1, 0]),
        ("topk(x, 1)[0][0]", [1, 3, 3], [0, 1, 0]),
    ],
)
def test_t10_reductions_with_ties(text, x, expected):
    """T10: max and min share evenly; what picks by index gives all to one element."""
    close(slope(text, x=x), expected)
    close(curvature(text, x=x), np.zeros((3, 3)))


@table("name", ["maximum", "minimum", "fmax", "fmin"])
def test_t11_ties_of_two(name):
    """T11: each of two equal operands has half of the slope, in both modes."""
    for order in ("x, y", "y, x"):
        close(slope(f"{name}({order})", x=1.0, y=1.0), 0.5)
        close(curvature(f"{name}({order})", x=1.0, y=1.0), 0)


@table("name", ["fmax", "fmin"])
def test_t11_operands_that_are_nan(name):
    """T11: fmax and fmin ignore nan, and the other operand has the whole slope."""
    for order in ("x, y", "y, x"):
        close(slope(f"{name}({order})", x=nan, y=1.0), 0)
        close(slope(f"{name}({order})", x=1.0, y=nan), 1)


@table(
    ("text", "x", "expected"),
    [
        ("relu(x)", 0, 0),
        ("relu6(x)", 0, 0),
        ("clip(x, 0, 1)", 0, 1),
        ("clip(x, 0, 1)", 1, 1),
        ("clamp(x, 0, 1)", 1, 1),
        ("hardtanh(x)", 1, 0),
        ("hardtanh(x)", -1, 0),
    ],
)
def test_t12_relu_and_clip_at_their_bounds(text, x, expected):
    """T12: relu has 0 at 0, clip 1 at its bounds, hardtanh 0, as in PyTorch."""
    close(slope(text, x=x), expected)
    close(curvature(text, x=x), 0)


SINGULAR = ["sqrt(x)", "log(x)", "x**0.5", "1/x", "arccosh(x + 1)", "arcsin(x + 1)", "x**-1.5"]
SINGULAR += ["log(x)*sqrt(x)", "xlogy(x, x)", "arctan2(x, x)", "x/abs(x)", "cbrt(x)"]
CHOICES = [
    "where(x > 0, {}, 0)",
    "where(x <= 0, 0, {})",
    "piecewise(x, [x > 0], [{}, 0])",
    "select([x > 0], [{}], 0)",
    "({} if x > 0 else 0*x)",
    "where(isfinite({0}), where(x > 0, {0}, 0), 0)",
]


@table("branch", SINGULAR)
@table("choice", CHOICES)
def test_t13_branches_not_taken(choice, branch):
    """T13: no nan comes out of a branch that was not taken, to second order in both modes."""
    text = choice.format(branch)
    close(slope(text, x=0.0), 0)
    close(curvature(text, x=0.0), 0)
    close(tangent(f"3*x + {text}", 2.0, x=0.0), 6)


@table("text", ["maximum(sqrt(x), 1)", "clip(log(x), -1, 1)", "minimum(1/x, 2)", "fmin(1/x, 2)"])
def test_t13_operands_not_chosen(text):
    """T13: neither does it out of the operand that maximum, minimum or clip leave."""
    close(slope(text, x=0.0), 0)
    close(curvature(text, x=0.0), 0)


WHOLE = [
    "prod(sqrt(x))",
    "norm(sqrt(x))",
    "norm(sqrt(x), 3)",
    "std(sqrt(x))",
    "logsumexp(log(x))",
    "sum(softmax(log(x))*[1, 2])",
    "sum(cumprod(sqrt(x)))",
    "sum(sqrt(x) @ [[1, 2], [3, 4]])",
    "sqrt(x) @ sqrt(x)",
    "einsum('i,i', sqrt(x), log(x))",
    "max(sqrt(x))",
    "sum(convolve(sqrt(x), [1, 2]))",
    "det(outer(sqrt(x), x))",
    "sum(expm(outer(sqrt(x), sqrt(x))))",
    "sum(eigh(outer(x, x)*0 + eye(2))[1])",
    "sum(svd(x[0]*eye(2) + eye(2))[0])",
]


@table("branch", WHOLE)
def test_t13_branches_that_mix_elements(branch):
    """T13: the same for branches through reductions, products of arrays and factorisations."""
    text = f"where(sum(x) > 9, {branch}, 0)"
    close(slope(text, x=[0.0, 4.0]), [0, 0])
    close(curvature(text, x=[0.0, 4.0]), np.zeros((2, 2)))


ROWS = [
    ("sqrt(A) @ [1, 2]", [[0.5, 0.5], [0, 0]]),
    ("prod(sqrt(A), axis=1)", [[1, 0.25], [0, 0]]),
    ("norm(sqrt(A), axis=1)", [[0.5 / sqrt(5)] * 2, [0, 0]]),
    ("logsumexp(log(A), axis=1)", [[0.2, 0.2], [0, 0]]),
    ("einsum('ij,j->i', sqrt(A), [1, 2])", [[0.5, 0.5], [0, 0]]),
]


@table(("rows", "expected"), ROWS)
def test_t13_rows_not_taken(rows, expected):
    """T13: a row that was not taken is left out, the others keep their derivatives."""
    text = f"sum(where([True, False], {rows}, 0))"
    A = np.array([[1.0, 4.0], [0.0, 4.0]])
    close(slope(text, A=A), expected)
    assert np.isfinite(curvature(text, A=A)).all()


def test_t13_products_with_rows_not_taken():
    """T13: the other factor of a product has no derivative from rows that were not taken."""
    A = np.array([[1.0, 4.0], [0.0, 4.0]])
    t = traced("sum(where([True, False], sqrt(A) @ w, 0))", {"A": A, "w": [1.0, 2.0]})
    found = api.hessian(t, ["A", "w"])
    other = api.hessian(t, ["A", "w"], "reverse")
    expected = np.array([[[0.5, 0], [0, 0]], [[0, 0.25], [0, 0]]])
    close(found.by_name["w"]["A"], expected)
    close(other.by_name["w"]["A"], expected)


def test_t13_batched():
    """T13: each example of a batch takes its own branch."""
    many = np.array([0.0, 4.0, -1.0, 1.0])
    close(gradients_of_many("where(x > 0, sqrt(x), 0)", "x", many), [0, 0.25, 0, 0.5])
    rows = np.array([[0.0, 4.0], [9.0, 4.0]])
    found = gradients_of_many("where(sum(x) > 9, prod(sqrt(x)), 0)", "x", rows)
    close(found, [[0, 0], [1 / 3, 0.75]])
