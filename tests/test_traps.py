"""Thirty-five places where automatic differentiation goes wrong, and what happens here.

The labels T1 to T35 number them. Every derivative is computed in reverse and in forward mode, which
agree, and second derivatives forward over reverse and reverse over reverse. What is expected comes
from limits and exact values, or was computed with mpmath to 40 digits.
"""

from __future__ import annotations

import json
import re
import shlex
from math import e, inf, log, nan, sqrt
from typing import Any

import numpy as np
import pytest

import diffcli
from diffcli import api
from diffcli.check import compare
from diffcli.errors import DiffcliError, Source
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.vmap import vmap
from tests.transcript import diffcli_in_process

table = pytest.mark.parametrize

TIGHT = 1e-13
"""Relative error allowed by default; zeros and infinities have to be exact."""


def traced(text: str, values: dict[str, Any], dtype: str = "float64") -> api.Trace:
    """The expression over bound values; lists and numbers are real or complex arrays."""
    given = {n: v if isinstance(v, np.ndarray) else 1.0 * np.array(v) for n, v in values.items()}
    return api.trace(Source(text), given, dtype)


def value(text: str, **values: Any) -> np.ndarray:
    """The value of an expression."""
    return api.evaluate(traced(text, values))


def slope(text: str, *, rtol: float = TIGHT, **values: Any) -> np.ndarray:
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
    np.testing.assert_allclose(r, f, rtol=rtol, atol=0)
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


def answers(*commands: str) -> list[dict[str, Any]]:
    """The JSON that commands print."""
    results = [diffcli_in_process([*shlex.split(c), "--json"], "") for c in commands]
    assert all((r.status, r.stderr) == (0, "") for r in results)
    return [json.loads(r.stdout) for r in results]


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
        close(slope(f"{name}({order})", x=nan, y=nan), 0.5)


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


MATRICES = [
    "sqrt(A)",
    "sqrt(A) @ [[1, 2], [3, 4]]",
    "(sqrt(A).T * [1, 2]).T",
    "cumsum(sqrt(A), axis=1)",
    "sqrt(A)/sum(sqrt(A) + 1, axis=1, keepdims=True)",
    "maximum(log(A), max(log(A), axis=1, keepdims=True))",
    "relu(sqrt(A)) + sqrt(A[:, :1])",
]


@table("branch", MATRICES)
@table("condition", ["[[True], [False]]", "[[True], [A[1, 0] > 0]]"])
def test_t13_conditions_that_are_broadcast(condition, branch):
    """T13: a condition for whole rows is as good as one for each element."""
    A = np.array([[1.0, 4.0], [0.0, 0.0]])
    rows = slope(f"sum(where({condition}, {branch}, 0))", A=A)
    each = slope(f"sum(where(broadcast_to({condition}, (2, 2)), {branch}, 0))", A=A)
    close(rows, each)
    close(rows[1], 0)
    assert np.isfinite(rows).all()
    assert rows[0].any()


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


# ----- T14 to T16: sinc, products, spreads --------------------------------------------------------


@table(
    ("x", "first", "second", "third"),
    [
        (0.0, 0.0, -3.2898681336964529, 0.0),
        (1e-9, -3.2898681336964531e-9, -3.2898681336964529, 1.9481818206800489e-8),
        (0.001, -0.0032898648867278963, -3.289858392793072, 0.019481795316590379),
        (0.0099, -0.032566544100980748, -3.2889134821644824, 0.19284779072631497),
        (0.5, -1.2732395447351627, -1.1902271282389357, 7.1413627694336144),
        (1.0, -1.0, 2.0, 3.8696044010893586),
        (3.2, -0.23454653566817409, 0.72364840682087694, 1.8167913961801349),
    ],
)
def test_t14_sinc_near_zero(x, first, second, third):
    """T14: derivatives of sinc do not cancel near 0 (mpmath)."""
    for sign in (1, -1):
        close(slope("sinc(x)", x=sign * x), sign * first)
        close(curvature("sinc(x)", x=sign * x), second)
        close(curvature("sinc_derivative(x, order=1)", x=sign * x), sign * third)


@table("x", [[0, 2, 3], [0, 0, 3], [0, 0, 0], [2, 0, 5], [1e-200, 1e200, 3]])
def test_t15_products_with_zeros(x):
    """T15: derivatives of prod are products of the other elements, whatever the zeros."""
    x = np.array(x, float)
    others = [np.prod(np.delete(x, i)) for i in range(3)]
    pairs = [
        [0 if i == j else float(np.prod(np.delete(x, [i, j]))) for j in range(3)] for i in range(3)
    ]
    close(slope("prod(x)", x=x), others)
    close(curvature("prod(x)", x=x), pairs)
    close(slope("cumprod(x)[-1]", x=x), others)
    close(curvature("cumprod(x)[-1]", x=x), pairs)
    close(slope("prod(x.reshape(3, 1), axis=0)[0]", x=x), others)


def test_t15_running_products_with_zeros():
    """T15: each of the running products of [0, 2, 3] has the product of its other factors."""
    close(slope("cumprod(x)", x=[0, 2, 3]), [[1, 0, 0], [2, 0, 0], [6, 0, 0]])
    close(tangent("cumprod(x)", [1, 1, 1], x=[0, 2, 3]), [1, 2, 6])


@table("text", ["std(x)", "std(x, ddof=1)", "std(x.reshape(3, 1), axis=0)[0]"])
def test_t16_spread_of_a_constant(text):
    """T16: std has a kink where all are equal, with the subgradient 0; its square has none."""
    for level in (0.0, 2.0):
        close(slope(text, x=[level] * 3), [0, 0, 0])
        close(curvature(text, x=[level] * 3), np.zeros((3, 3)))
    exact = curvature("var(x)", x=[2.0, 2.0, 2.0])
    np.testing.assert_allclose(curvature("std(x)**2", x=[2.0] * 3), exact, rtol=1e-14)


def test_t16_too_few_degrees_of_freedom():
    """T16: without degrees of freedom left there is no gradient; the value is NumPy's."""
    for text in ("var(x, ddof=1)", "std(x, ddof=1)"):
        close(value(text, x=[2.0]), nan)
        close(slope(text, x=[2.0]), [nan])
        close(curvature(text, x=[2.0]), [[nan]])
    for ddof in (2, 3):
        t = traced(f"var(x, ddof={ddof})", {"x": [2.0, 3.0]})
        assert not np.isfinite(api.evaluate(t))
        assert not np.isfinite(api.grad(t, ["x"]).by_name["x"]).any()
        assert not np.isfinite(api.jvp(t, {"x": np.array([1.0, 0.0])}).tangent)


# ----- T17 to T22: exponentials, tails and edges --------------------------------------------------


@table(
    ("x", "expected", "gradient"),
    [
        ([-inf, -inf], -inf, [0, 0]),
        ([inf, 0], inf, [1, 0]),
        ([inf, inf, 0], inf, [0.5, 0.5, 0]),
        ([-inf, 3], 3, [0, 1]),
        ([1000, 1000], 1000 + log(2), [0.5, 0.5]),
        ([-1000, -1000], -1000 + log(2), [0.5, 0.5]),
    ],
)
def test_t17_logsumexp_of_infinities(x, expected, gradient):
    """T17: -inf alone has no slope, inf takes all of it, and large numbers do not overflow."""
    for text in ("logsumexp(x)", "logsumexp(x.reshape(1, -1), axis=1)[0]"):
        close(value(text, x=x), expected, 1e-15)
        close(slope(text, x=x), gradient)
        assert np.isfinite(curvature(text, x=x)).all()
    close(tangent("logsumexp(x)", np.ones(len(x)), x=x), sum(gradient))


@table(
    ("x", "y", "by_x"),
    [(inf, inf, 0.5), (-inf, -inf, 0.5), (inf, 0, 1), (0, inf, 0), (-inf, 3, 0), (3, -inf, 1)],
)
def test_t18_logaddexp_of_infinities(x, y, by_x):
    """T18: equal infinities share the slope, and the larger one takes all of it."""
    for name in ("logaddexp", "logaddexp2"):
        close(slope(f"{name}(x, y)", x=float(x), y=float(y)), by_x)
        close(slope(f"{name}(y, x)", x=float(x), y=float(y)), by_x)
        close(curvature(f"{name}(x, y)", x=float(x), y=float(y)), 0)


@table(
    ("text", "above", "below"),
    [
        ("sigmoid(x)", (1, 0), (0, 0)),
        ("expit(x)", (1, 0), (0, 0)),
        ("softplus(x)", (1000, 1), (0, 0)),
        ("logaddexp(0, x)", (1000, 1), (0, 0)),
        ("log_sigmoid(x)", (0, 0), (-1000, 1)),
        ("logsumexp([0, x])", (1000, 1), (0, 0)),
        ("softmax([0, x])[1]", (1, 0), (0, 0)),
    ],
)
def test_t19_sigmoid_and_softplus_far_out(text, above, below):
    """T19: the stable forms at 1000 and -1000."""
    for x, (expected, first) in ((1000.0, above), (-1000.0, below)):
        close(value(text, x=x), expected)
        close(slope(text, x=x), first)
        close(curvature(text, x=x), 0)


def test_t19_logarithm_of_a_sigmoid_in_its_tail():
    """T19: slopes of log_sigmoid and softplus at -30 and 30 keep their digits."""
    tail = np.exp(-30.0) / (1 + np.exp(-30.0))
    for text, x in (("softplus(x)", -30.0), ("log_sigmoid(x)", 30.0), ("sigmoid(x)", -30.0)):
        factor = 1 - tail if text == "sigmoid(x)" else 1
        close(slope(text, x=x), tail * factor)


@table(
    ("x", "first", "second"),
    [
        (20.0, 1.6993417021166356e-17, -3.3986834042332711e-17),
        (300.0, 1.0601586212017243e-260, -2.1203172424034487e-260),
        (0.5, 0.78644773296592741, -0.72686198138358728),
        (1000.0, 0.0, 0.0),
    ],
)
def test_t20_tail_of_tanh(x, first, second):
    """T20: the slope of tanh keeps the tail that 1 - tanh**2 rounds away (mpmath)."""
    for sign in (1, -1):
        close(slope("tanh(x)", x=sign * x), first)
        close(curvature("tanh(x)", x=sign * x), sign * second)


@table(
    ("text", "x", "first", "second"),
    [
        ("arcsin(x)", 1e-10, 1.0, 1e-10),
        ("arcsin(x)", 0.7, 1.4002800840280097, 1.9219530565090326),
        ("arcsin(x)", 1 - 2**-53, 67108864.000000002, 3.0223145490365729e23),
        ("arccos(x)", 1e-10, -1.0, -1e-10),
        ("arctanh(x)", 1e-10, 1.0, 2e-10),
        ("arctanh(x)", -0.3, 1.0989010989010989, -0.72455017509962561),
        ("arctanh(x)", 1 - 2**-53, 4503599627370496.3, 4.0564819207303341e31),
        ("arccosh(x)", 1 + 2**-50, 23726566.406062883, -1.3356869453140772e22),
        ("arccosh(x)", 1e100, 1e-100, -1e-200),
        ("arccosh(x)", 1e200, 1e-200, 0.0),
        ("arcsinh(x)", 1e100, 1e-100, -1e-200),
        ("arcsinh(x)", -1e200, 1e-200, 0.0),
        ("arcsinh(x)", 1e-200, 1.0, -1e-200),
        ("arctan(x)", 1e-200, 1.0, -2e-200),
        ("log1p(x)", 1e-20, 1.0, -1.0),
        ("expm1(x)", 1e-20, 1.0, 1.0),
        ("1/x", 1e-100, -1e200, 2e300),
        ("x/1e-200", 3.0, 1e200, 0.0),
        ("1e-200/x", 1e-200, -1e200, inf),
        ("1/x", 1e200, 0.0, 0.0),
        ("1e200/x", 1e200, -1e-200, 0.0),
    ],
)
def test_t21_huge_and_tiny_arguments(text, x, first, second):
    """T21: slopes are written in factors, so that squares neither over- nor underflow (mpmath)."""
    close(slope(text, x=x), first, 1e-14)
    close(curvature(text, x=x), second, 1e-14)


@table(
    ("text", "x", "first", "second"),
    [
        ("log1p(x)", -1.0, inf, -inf),
        ("log(x)", 0.0, inf, -inf),
        ("log2(x)", 0.0, inf, -inf),
        ("log10(x)", 0.0, inf, -inf),
        ("sqrt(x)", 0.0, inf, -inf),
        ("arcsin(x)", 1.0, inf, inf),
        ("arcsin(x)", -1.0, inf, -inf),
        ("arccos(x)", 1.0, -inf, -inf),
        ("arccosh(x)", 1.0, inf, -inf),
        ("arctanh(x)", 1.0, inf, inf),
        ("arctanh(x)", -1.0, inf, -inf),
        ("logit(x)", 0.0, inf, -inf),
        ("logit(x)", 1.0, inf, inf),
        ("1/x", 0.0, -inf, inf),
        ("gammaln(x)", 0.0, -inf, inf),
        ("erfinv(x)", 1.0, inf, inf),
        ("ndtri(x)", 0.0, inf, -inf),
    ],
)
def test_t22_edges_of_domains(text, x, first, second):
    """T22: the limit at the edge of a domain, which is infinite; never an exception."""
    close(slope(text, x=x), first)
    close(curvature(text, x=x), second)


# ----- T23 to T27: linear algebra -----------------------------------------------------------------

ORTHOGONAL = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2.0
FIRST_ZERO = np.array([[0, 1, 2, 7], [0, 5, 6, 7], [0, 9, 10, 11], [0, 13, 14, 16.0]])
SINGULAR_MATRICES = {
    "order 2": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "order 3, rank 1": np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0]),
    "zero first column": FIRST_ZERO,
    "equal leading columns": np.array([[1, 1, 2, 3], [4, 4, 5, 7], [7, 7, 8, 1], [3, 3, 1, 2.0]]),
    "rank 3": ORTHOGONAL @ np.diag([3.0, 2.0, 1.0, 0.0]) @ ORTHOGONAL.T,
    "rank 2": ORTHOGONAL @ np.diag([3.0, 0.0, 2.0, 0.0]) @ ORTHOGONAL.T,
    "zero": np.zeros((4, 4)),
    "zero of order 5": np.zeros((5, 5)),
}


def minors(A: np.ndarray, *removed: tuple[int, int]) -> float:
    """The determinant of A without some rows and columns, by Leibniz' recursion."""
    B = np.delete(np.delete(A, [i for i, _ in removed], 0), [j for _, j in removed], 1)
    if not len(B):
        return 1.0
    rest = np.delete(B, 0, 0)
    return float(
        sum((-1) ** j * B[0, j] * minors(np.delete(rest, j, 1)) for j in range(len(B)) if B[0, j])
    )


def cofactors(A: np.ndarray) -> np.ndarray:
    """The derivative of det by its definition."""
    n = len(A)
    return np.array([[(-1) ** (i + j) * minors(A, (i, j)) for j in range(n)] for i in range(n)])


def changes(f: Any, A: np.ndarray) -> np.ndarray:
    """Differences of f as each element of A moves by 1 each way; exact where f is linear in it."""
    found = np.zeros((*np.shape(f(A)), *A.shape))
    for i, j in np.ndindex(*A.shape):
        step = np.zeros_like(A)
        step[i, j] = 1
        found[..., i, j] = (f(A + step) - f(A - step)) / 2
    return found


@table("A", SINGULAR_MATRICES.values(), ids=SINGULAR_MATRICES.keys())
def test_t23_determinants_of_singular_matrices(A):
    """T23: the derivative is the matrix of cofactors, for every rank, to second order."""
    scale = max(1.0, float(np.max(np.abs(A)))) ** (len(A) - 1)
    np.testing.assert_allclose(slope("det(A)", A=A), cofactors(A), rtol=0, atol=1e-13 * scale)
    found = curvature("det(A)", A=A, rtol=1e-12 * scale)
    # a determinant is linear in each of its elements, so differences of cofactors are exact
    expected = changes(cofactors, A)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * scale)


@table("text", ["inv(A)", "solve(A, [1, 2])", "solve(A, eye(2))", "matrix_power(A, -2)"])
def test_t24_singular_systems(text):
    """T24: a singular matrix has no inverse: an error that shows where, and no traceback."""
    error = refusal(text, A=[[1, 2], [2, 4]])
    assert error.code == "domain"
    assert "singular" in error.message
    assert "condition number is infinite" in error.hint
    assert error.span == (0, len(text))


def test_t24_logarithm_of_a_singular_determinant():
    """T24: slogdet is -inf, and its derivative is refused where the matrix has no inverse."""
    A = np.array([[1.0, 2.0], [2.0, 4.0]])
    close(value("slogdet(A)[1]", A=A), -inf)
    close(value("slogdet(A)[0]", A=A), 0)
    assert refusal("slogdet(A)[1]", A=A).code == "domain"
    close(slope("slogdet(A)[1]", A=[[2, 0], [0, 4]]), [[0.5, 0], [0, 0.25]])


@table(
    ("text", "expected"),
    [
        ("sum(eigvalsh(A)**2)", [[2, 0], [0, 2]]),
        ("sum(eigh(A)[0]**3)", [[3, 0], [0, 3]]),
        ("sum(svdvals(A)**2)", [[2, 0], [0, 2]]),
        ("sum(svd(A)[1]**2)", [[2, 0], [0, 2]]),
        ("norm(A, 'nuc')", [[1, 0], [0, 1]]),
        ("sum(expm(A))", [[e, e], [e, e]]),
        ("sum(logm(A))", [[1, 1], [1, 1]]),
        ("sum(sqrtm(A))", [[0.5, 0.5], [0.5, 0.5]]),
    ],
)
def test_t25_equal_eigenvalues(text, expected):
    """T25: values alone, and functions of matrices, are right where eigenvalues are equal."""
    close(slope(text, A=np.eye(2)), expected, 1e-12)


@table("text", ["sum(eigh(A)[1])", "sum(svd(A)[0])", "sum(svd(A)[2])", "sum(real(eig(A)[1]))"])
def test_t25_vectors_of_equal_eigenvalues(text):
    """T25: vectors of equal values are not determined: nan, never a silent zero."""
    assert np.isnan(slope(text, A=np.eye(2))).all()


def test_t25_vectors_of_nearly_equal_eigenvalues():
    """T25: a small gap is enough: V exp(w) V.T has the derivative of expm."""
    A = np.array([[1.0, 2e-7], [2e-7, 1.0 + 1e-6]])
    text = "sum((eigh(A)[1]*exp(eigh(A)[0])) @ eigh(A)[1].T)"
    close(slope(text, A=A, rtol=1e-9), slope("sum(expm(A))", A=A), 1e-9)


PHASES = ["eigh(B + B.mH)[1]", "svd(B)[0]", "svd(B)[2]", "eig(B)[1]", "qr(B)[0]"]


@table("text", PHASES)
def test_t26_phases_of_vectors(text):
    """T26: the largest component is real and positive, so even what depends on it has slopes."""
    B = np.array([[2 + 1j, 0.5, 1j], [0.3, 1 - 2j, 0.7], [1.0, 0.2j, 3 + 0.5j]])
    vectors = value(text, B=B)
    if "svd" in text and text.endswith("[2]"):
        vectors = value("svd(B)[0]", B=B)
    if "qr" in text:
        lead = np.diagonal(value("qr(B)[1]", B=B))
    else:
        lead = vectors[np.argmax(np.abs(vectors), axis=0), np.arange(3)]
    np.testing.assert_allclose(lead.imag, 0, atol=1e-15)
    assert (lead.real > 0).all()
    c = compare(traced(f"sum(real({text})*[1, 2, 3] + imag({text})*[3, 1, 2])", {"B": B}), "B")
    np.testing.assert_allclose(c.reverse, c.forward, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(c.reverse, c.numeric, rtol=1e-6, atol=1e-7)


@table("text", ["eigvalsh(A)[0]", "eigh(A)[0][0]", "eigvalsh(A, UPLO='U')[0]"])
def test_t27_triangle_that_is_read(text):
    """T27: one triangle is read, and the derivative is symmetric, as in PyTorch."""
    A = np.array([[2.0, 1.0], [1.0, 3.0]])
    w = np.linalg.eigh(A)[1][:, 0]
    close(slope(text, A=A), np.outer(w, w), 1e-12)
    other = np.array([[2.0, 1.0], [9.0, 3.0]] if "UPLO" in text else [[2.0, 9.0], [1.0, 3.0]])
    close(value(text, A=other), value(text, A=A))
    close(slope(text, A=other), slope(text, A=A))


# ----- T28 to T32: what a derivative is -----------------------------------------------------------


@table(
    ("text", "torch"),
    [
        ("abs(z)**2", 6 + 8j),
        ("abs(z)", 0.6 + 0.8j),
        ("real(z)", 1),
        ("imag(z)", 1j),
        ("real(z**2)", 6 - 8j),
        ("real(exp(z))", np.conj(np.exp(3 + 4j))),
        ("angle(z)", (-4 + 3j) / 25),
    ],
)
def test_t28_complex_gradients(text, torch):
    """T28: by default the direction of steepest ascent, as in PyTorch; its conjugate as in JAX."""
    z = {"z": np.array(3 + 4j)}
    close(diffcli.grad(text)(**z)["z"], torch)
    close(diffcli.grad(text, convention="jax")(**z)["z"], np.conj(torch))
    # duality: the slope along t is Re<gradient, t>
    t = 0.3 - 1.7j
    close(tangent(text, t, z=3 + 4j), np.real(np.conj(torch) * t), 1e-12)


def test_t28_real_variables_of_complex_formulas():
    """T28: a real variable has a real derivative, whatever is complex in between."""
    found = slope("real(exp(1j*x)*sqrt(x + 0j))", x=2.0)
    assert found.dtype == np.float64
    close(found, np.real(np.exp(2j) * (1j * sqrt(2) + 0.5 / sqrt(2))), 1e-12)
    close(slope("exp(z)", z=1 + 1j), np.exp(1 + 1j))


@table(
    ("text", "x", "y", "by_y"),
    [
        ("mod(x, y)", 7, 3, -2),
        ("mod(x, y)", -7, 3, 3),
        ("x % y", 7, -3, 3),
        ("remainder(x, y)", 6, 3, -2),
        ("fmod(x, y)", 7, 3, -2),
        ("fmod(x, y)", -7, 3, 2),
        ("fmod(x, y)", 7, -3, 2),
    ],
)
def test_t29_remainders(text, x, y, by_y):
    """T29: by the second operand -floor(x/y) for mod, -trunc(x/y) for fmod."""
    close(slope(text, x=float(x), y=float(y)), 1)
    close(slope(text, y=float(y), x=float(x)), by_y)
    close(curvature(text, y=float(y), x=float(x)), 0)


KINKS = [
    ("t03", "x**y", {"x": 0, "y": 0}, ["power"]),
    ("t03", "x**y", {"x": 0, "y": 2}, []),
    ("t04", "x**x", {"x": 0}, []),
    ("t04", "xlogy(x, x)", {"x": 0}, []),
    ("t07", "norm([x, y])", {"x": 0, "y": 0}, ["norm"]),
    ("t07", "norm([x, y])**2", {"x": 0, "y": 0}, []),
    ("t12", "relu(x)", {"x": 0}, ["relu"]),
    ("t12", "clip(x, 0, 1)", {"x": 1}, ["clip"]),
    ("t13", "where(x > 0, abs(x), 0)", {"x": 0}, []),
    ("t29", "mod(x, y)", {"x": 6, "y": 3}, ["mod"]),
    ("t29", "mod(x, y)", {"x": 7, "y": 3}, []),
]


@table(("label", "text", "values", "operators"), KINKS)
def test_t29_and_others_report_kinks(label, text, values, operators):
    """T3, T4, T7, T12, T13, T29: a derivative that was chosen is reported, others are not."""
    given = " ".join(f"{name}={number}" for name, number in values.items())
    (found,) = answers(f"grad '{text}' {given}")
    assert [kink["op"] for kink in found["kinks"]] == operators, label


def test_t30_zeros_through_steps_are_explained():
    """T30: a gradient that is 0 everywhere because of a step says through which one."""
    (found,) = answers("grad '1 + floor(x)*y' x=2.5 y=1")
    assert found["grad"] == {"x": 0.0, "y": 2.0}
    assert found["zeros"] == {"x": [{"op": "floor", "span": [4, 12]}]}


STEPS = ["floor(x)", "ceil(x)", "trunc(x)", "round(x)", "rint(x)", "sign(x)", "heaviside(x, 1)"]
STEPS += ["1.0*(x > 2)", "x//0.7", "1.0*argmax([x, 2])", "floor(x)*ceil(x)"]


@table("text", STEPS)
def test_t30_steps(text):
    """T30: a step has the derivative 0, which is not the same as none."""
    close(slope(text, x=2.5), 0)
    close(diffcli.grad(text)(x=2.5)["x"], 0)
    close(curvature(f"x**2*({text})", x=2.5), 2 * value(text, x=2.5))


def test_t31_types_of_derivatives():
    """T31: derivatives have the type of their variable; Python numbers do not widen it."""
    for dtype in (np.float32, np.float64, np.complex64):
        x = np.array([1.5, 2.5], dtype)
        t = traced("sum(real(2.5*x**2/3 - 2*x))", {"x": x}, "float32")
        assert t.dtype == np.zeros((), dtype).real.dtype
        assert api.grad(t, ["x"]).by_name["x"].dtype == dtype
        assert api.jvp(t, {"x": x}).tangent.dtype == t.dtype
        assert api.hvp(t, {"x": x}, ["x"]).by_name["x"].dtype == dtype


def test_t31_integers():
    """T31: numbers on the command line are real; integers on purpose have no derivative."""
    (real,) = answers("grad 'x**2' x=3")
    assert (real["dtype"], real["grad"]["x"]) == ("float64", 6.0)
    (single,) = answers("grad 'x**2' x=3 --dtype float32")
    assert single["dtype"] == "float32"
    (weighted,) = answers("grad 'sum(x*k)' x=[1,2] 'k=array([3, 4], dtype=int)'")
    assert weighted["grad"] == {"x": [3.0, 4.0]}
    with pytest.raises(DiffcliError) as caught:
        diffcli.grad("x*2.0", wrt=["x"])(x=np.array(3))
    assert caught.value.code == "not-differentiable"
    assert caught.value.hint is not None


def test_t32_variables_that_are_not_used():
    """T32: null for a variable that the result does not depend on, 0 for one it steps through."""
    (found,) = answers("grad 'floor(x)*z' x=2.5 y=1 z=3 --wrt x,y,z")
    assert found["grad"] == {"x": 0.0, "y": None, "z": 2.0}
    (blocks,) = answers("hessian 'x**2*z' x=2 y=1 z=3 --wrt x,y,z")
    assert blocks["hessian"]["x"] == {"x": 6.0, "y": None, "z": 4.0}
    assert blocks["hessian"]["y"] == {"x": None, "y": None, "z": None}


# ----- T33 to T35: indices, shapes, spectra -------------------------------------------------------


@table(
    ("text", "expected"),
    [
        ("sum(x[[0, 0, 1]]*[1, 2, 4])", [3, 4, 0]),
        ("sum(take(x, [0, 0, 1])*[1, 2, 4])", [3, 4, 0]),
        ("sum(take_along_axis(x, array([0, 0, 1]), 0)*[1, 2, 4])", [3, 4, 0]),
        ("sum(x[[-3, 0]]*[1, 2])", [3, 0, 0]),
        ("sum(index_add([1, 2, 3], [0, 0, 1], x)*[1, 2, 4])", [1, 1, 2]),
        ("sum(index_update([1, 2, 3], [0, 0, 1], x)*[1, 2, 4])", [0, 1, 2]),
        ("sum(put_along_axis([1, 2, 3], [0, 0, 1], x, 0)*[1, 2, 4])", [0, 1, 2]),
        ("sum(index_update(x, [0, 0, 1], [7, 8, 9])*[1, 2, 4])", [0, 0, 4]),
        ("sum(bincount(array([0, 0, 1]), x)*[1, 2])", [1, 1, 2]),
    ],
)
def test_t33_duplicate_indices(text, expected):
    """T33: reading twice adds up; of two writes to a place the last one counts."""
    close(slope(text, x=[5.0, 6.0, 7.0]), expected)
    close(curvature(f"({text})**2", x=[5.0, 6.0, 7.0]), 2 * np.outer(expected, expected))


BROADCASTS = [
    ((), ()),
    ((), (3,)),
    ((1,), (3,)),
    ((0,), ()),
    ((0, 3), (1, 3)),
    ((2, 1), (3,)),
    ((2, 1, 3), (4, 1)),
    ((1, 1), (0, 1)),
    ((2, 0), (1,)),
]


@table(("a", "b"), BROADCASTS)
@table("text", ["sum(x*y)", "sum((x + y)**2)/2", "sum(where(x > y, x, y)*(x - y))"])
def test_t34_broadcasting(text, a, b):
    """T34: derivatives have the shapes of their variables, with axes of length 0 and 1 too."""
    x = np.linspace(1, 2, int(np.prod(a))).reshape(a)
    y = np.linspace(-1, 0.5, int(np.prod(b))).reshape(b)
    wide = np.broadcast_shapes(a, b)
    by_wide = {
        "sum(x*y)": y + 0 * x,
        "sum((x + y)**2)/2": x + y,
        "sum(where(x > y, x, y)*(x - y))": 2 * x - y,
    }[text]
    by_wide = by_wide.sum(axis=tuple(range(len(wide) - len(a))))
    axes = tuple(i for i, n in enumerate(a) if n == 1)
    expected = by_wide.sum(axis=axes, keepdims=True)
    found = slope(text, x=x, y=y)
    assert found.shape == a
    close(found, expected)


@table("shape", [(0,), (1,), (2, 0), (3, 1), (2, 3)])
@table("name", ["sum", "mean", "prod", "max", "norm", "logsumexp", "std"])
@table("keepdims", [True, False])
def test_t34_reductions(name, shape, keepdims):
    """T34: reductions over the last axis, kept or not, of length 0 or 1 too."""
    if name == "max" and shape[-1] == 0:
        assert refusal(f"{name}(x, axis=-1)", x=np.zeros(shape)).code == "shape"
        return
    x = np.linspace(1, 2, int(np.prod(shape))).reshape(shape)
    t = traced(f"{name}(x, axis=-1, keepdims={keepdims})", {"x": x})
    assert t.shape == ((*shape[:-1], 1) if keepdims else shape[:-1])
    assert api.vjp(t, np.ones(t.shape), ["x"]).by_name["x"].shape == shape
    c = compare(t, "x")
    np.testing.assert_allclose(c.reverse, c.forward, rtol=1e-12, atol=0)
    if name != "std" or shape[-1] > 1:
        np.testing.assert_allclose(c.reverse, c.numeric, rtol=1e-7, atol=1e-9)


@table("n", [1, 2, 4, 5, 7, 8])
def test_t35_spectra_of_real_numbers(n):
    """T35: by Parseval's theorem, whose weights are 1, 2, ..., 2 and 1 at Nyquist for even n."""
    x = np.cos(np.arange(n) * 1.3) + 0.2
    weights = np.full(n // 2 + 1, 2.0)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    text = "sum(w*abs(rfft(x))**2)"
    np.testing.assert_allclose(slope(text, x=x, w=weights), 2 * n * x, rtol=1e-12)
    np.testing.assert_allclose(
        curvature(text, x=x, w=weights, rtol=1e-12), 2 * n * np.eye(n), atol=1e-12 * n
    )


@table("n", [4, 5, 6, 7])
def test_t35_imaginary_parts_that_are_not_read(n):
    """T35: the imaginary parts at 0 and at Nyquist do not enter irfft, and have no gradient."""
    z = np.exp(1j * np.arange(n // 2 + 1)) + 2
    gradient = slope(f"sum(irfft(z, {n})*w)", z=z, w=np.sin(np.arange(n)) + 2)
    assert gradient[0].imag == 0
    assert (gradient[-1].imag == 0) == (n % 2 == 0)
    c = compare(traced(f"sum(irfft(z, {n})**3)", {"z": z}), "z")
    np.testing.assert_allclose(c.reverse, c.numeric, rtol=1e-7, atol=1e-8)


def test_every_trap_has_a_test():
    """T1 to T35 are all here."""
    names = [name for name in globals() if name.startswith("test_t")]
    numbers = {int(re.match(r"test_t(\d\d)_", name)[1]) for name in names}
    assert numbers == set(range(1, 36))
