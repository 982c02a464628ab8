"""What made a result not finite: the operator, its place, its operands, the reason, the repair."""

from __future__ import annotations

import io
import json
from cmath import isinf, isnan
from math import inf, nan

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import diffcli
from diffcli import api
from diffcli.cli import main as cli
from diffcli.errors import DiffcliError, Source
from diffcli.ops.kinds import Elementwise
from diffcli.ops.table import all_rows
from diffcli.runtime import provenance
from diffcli.runtime.plan import Plan
from diffcli.runtime.remedies import REMEDIES
from tests import samples

COMPLEX = "complex numbers have a result: --dtype complex128"

# (expression, bindings, output, what it became, operator, text at its place, operands, message)
FOUND = [
    ("1/x", {"x": 0.0}, "value", "inf", "divide", "/", [1, 0], "1/0 is inf"),
    ("-1/x", {"x": 0.0}, "value", "-inf", "divide", "/", [-1, 0], "-1/0 is -inf"),
    ("1/0", {}, "value", "inf", "divide", "/", [1, 0], "1/0 is inf"),
    ("x/y", {"x": 0.0, "y": 0.0}, "value", "nan", "divide", "/", [0, 0], "0/0"),
    ("x % 0", {"x": 1.0}, "value", "nan", "mod", "%", [1, 0], "remainder of a division by 0"),
    ("x - x", {"x": inf}, "value", "nan", "subtract", "-", [inf, inf],
     "inf - inf, as x is bound to inf"),
    ("sum(x)", {"x": [1.0, nan]}, "value", "nan", "input", None, [], "x[1] is bound to nan"),
    ("x**y", {"x": 0.0, "y": -1.0}, "grad y", "nan", "power", "**", [0, -1],
     "the slope of 0**y at -1 is undefined"),
    ("x**y", {"x": -2.0, "y": 3.0}, "grad y", "nan", "power", "**", [-2, 3],
     "the slope of (-2)**y at 3 is undefined"),
    ("(a*b)**0.25", {"a": 0.0, "b": 1.0}, "grad a", "inf", "power", "**", [0, 0.25],
     "the slope of (a*b)**0.25 at 0 is infinite"),
    ("sum(qr(A)[1])", {"A": [[1.0, 2.0], [2.0, 4.0]]}, "grad A", "nan", "qr", "qr(A)", [],
     "the derivative of qr is nan where columns are linearly dependent"),
    ("real(1/z)", {"z": 0j}, "value", "inf", "divide", "/", [1, 0], "1/0 is inf"),
    ("1 + x", {"x": nan}, "value", "nan", "input", None, [], "x is bound to nan"),
    ("x*inf", {"x": 1.0}, "value", "inf", "constant", None, [],
     "a number of the expression is inf"),
    ("exp(x)", {"x": 1e3}, "value", "inf", "exp", "exp(x)", [1e3], "exp(1000) overflows"),
    ("1e200*x", {"x": 1e200}, "value", "inf", "multiply", "*", [1e200, 1e200],
     "1e+200*1e+200 overflows"),
    ("exp(x)/exp(2*x)", {"x": 1e3}, "value", "nan", "divide", "/", [inf, inf],
     "inf/inf, as exp(1000) overflows"),
    ("sqrt(x)", {"x": -4.0}, "value", "nan", "sqrt", "sqrt(x)", [-4],
     "sqrt of a negative number, -4"),
    ("log(1 - x)", {"x": 3.0}, "value", "nan", "log", "log(1 - x)", [-2],
     "log of a negative number, -2"),
    ("x**y", {"x": -8.0, "y": 0.5}, "value", "nan", "power", "**", [-8, 0.5],
     "a fractional power of a negative number, -8"),
    ("x**-2", {"x": 0.0}, "value", "inf", "power", "**", [0, -2], "0**-2 is inf"),
    ("sin(x)", {"x": inf}, "value", "nan", "sin", "sin(x)", [inf],
     "sin(inf) has no value, as x is bound to inf"),
    ("gamma(x)", {"x": -1.0}, "value", "nan", "gamma", "gamma(x)", [-1], "gamma(-1) has no value"),
    # the ends of domains are infinite, not errors
    ("log(x)", {"x": 0.0}, "value", "-inf", "log", "log(x)", [0], "log(0) is -inf (domain edge)"),
    ("log(x)", {"x": 0.0}, "grad x", "inf", "log", "log(x)", [0],
     "the slope of log at 0 is infinite (domain edge)"),
    ("log1p(x)", {"x": -1.0}, "value", "-inf", "log1p", "log1p(x)", [-1],
     "log1p(-1) is -inf (domain edge)"),
    ("log1p(x)", {"x": -1.0}, "grad x", "inf", "log1p", "log1p(x)", [-1],
     "the slope of log1p at -1 is infinite (domain edge)"),
    ("2*arcsin(x)", {"x": 1.0}, "grad x", "inf", "arcsin", "arcsin(x)", [1],
     "the slope of arcsin at 1 is infinite (domain edge)"),
    ("arccos(x)", {"x": 1.0}, "grad x", "-inf", "arccos", "arccos(x)", [1],
     "the slope of arccos at 1 is infinite (domain edge)"),
    ("-2*arcsin(x)", {"x": 1.0}, "grad x", "-inf", "arcsin", "arcsin(x)", [1],
     "the slope of arcsin at 1 is infinite (domain edge)"),
    ("arccosh(x)", {"x": 1.0}, "grad x", "inf", "arccosh", "arccosh(x)", [1],
     "the slope of arccosh at 1 is infinite (domain edge)"),
    # the value is finite and the derivative is not
    ("sqrt(x)", {"x": 0.0}, "grad x", "inf", "sqrt", "sqrt(x)", [0],
     "the slope of sqrt at 0 is infinite (domain edge)"),
    ("x**0.25", {"x": 0.0}, "grad x", "inf", "power", "**", [0, 0.25],
     "the slope of x**0.25 at 0 is infinite"),
    ("sqrt(x**2)", {"x": 0.0}, "grad x", "nan", "multiply", "**", [inf, 0],
     "0*inf, as the slope of sqrt at 0 is infinite (domain edge)"),
    ("arctan2(y, x)", {"x": 0.0, "y": 0.0}, "grad y", "nan", "arctan2", "arctan2(y, x)", [0, 0],
     "the slope of arctan2 at 0, 0 is undefined"),
    ("1/(1 + exp(-x))", {"x": -1e3}, "grad x", "nan", "multiply", "exp(-x)", [0, inf],
     "0*inf, as exp(1000) overflows"),
    ("kaiser(3, nan)", {}, "value", "nan", "constant", None, [],
     "an array of the expression holds nan"),
    ("cosh(x)*abs(x)", {"x": 1e308}, "grad x", "inf", "cosh", "cosh(x)", [1e308],
     "the slope of cosh at 1e+308 is infinite"),
    # arrays: the element that is not finite decides
    ("x*log(x)", {"x": [1.0, 0.0]}, "value", "nan", "multiply", "*", [0, -inf],
     "0*inf, as log(0) is -inf (domain edge)"),
    ("[1, 0] @ log(x)", {"x": [2.0, 0.0]}, "value", "nan", "matmul", "@", None,
     "0*inf, as log(0) is -inf (domain edge)"),
    ("sum(log(x), axis=1)[1]", {"x": [[0.0, 1.0], [1.0, -2.0]]}, "value", "nan", "log", "log(x)",
     [-2], "log of a negative number, -2"),
    ("sum([x, -x])", {"x": inf}, "value", "nan", "sum", "sum([x, -x])", [inf, -inf],
     "inf - inf, as x is bound to inf"),
    ("sort(1/x)[1]", {"x": [0.0, 1.0]}, "value", "inf", "divide", "/", [1, 0], "1/0 is inf"),
    ("where(x > 0, log(x), 1/x)", {"x": 0.0}, "value", "inf", "divide", "/", [1, 0], "1/0 is inf"),
    ("concatenate([x, log(x)])[3]", {"x": [1.0, 0.0]}, "value", "-inf", "log", "log(x)", [0],
     "log(0) is -inf (domain edge)"),
    # functions made of others
    ("var(x, ddof=1)", {"x": [2.0]}, "value", "nan", "divide", "var(x, ddof=1)", [0, 0], "0/0"),
    ("sum(linalg.eigh(x)[1])", {"x": [[1.0, 0.0], [0.0, 1.0]]}, "grad x", "nan", "inverse_gaps",
     "linalg.eigh(x)", [1, 1], "two eigenvalues or singular values are equal"),
    ("sum(linalg.svd(x)[0])", {"x": [[1.0, 0.0], [0.0, 1.0]]}, "grad x", "nan", "inverse_gaps",
     "linalg.svd(x)", [1, 1], "two eigenvalues or singular values are equal"),
]  # fmt: skip

# (expression, bindings, hint)
HINTS = [
    ("x*log(x)", {"x": 0.0}, "write xlogy(x, x) for x*log(x)"),
    ("log(q)*p", {"p": 0.0, "q": 0.0}, "write xlogy(p, q) for log(q)*p"),
    ("sum(p*log(p/q))", {"p": [0.0, 1.0], "q": [0.5, 0.5]}, "write rel_entr(p, q) for p*log(p/q)"),
    ("sqrt(x**2)", {"x": 0.0}, "write abs(x) for sqrt(x**2)"),
    ("sqrt(a**2 + b**2)", {"a": 0.0, "b": 0.0}, "write hypot(a, b) for sqrt(a**2 + b**2)"),
    ("sqrt(sum((x - 1)**2))", {"x": [1.0]}, "write norm(x - 1) for sqrt(sum((x - 1)**2))"),
    ("log(1 + exp(x))", {"x": 1e3}, "write softplus(x) for log(1 + exp(x))"),
    ("log(exp(x) + exp(-x))", {"x": 1e3}, "write logaddexp(x, -x) for log(exp(x) + exp(-x))"),
    ("log(sum(exp(x)))", {"x": [1e3, 1.0]}, "write logsumexp(x) for log(sum(exp(x)))"),
    ("log(sum(exp(x), axis=1))[0]", {"x": [[1e3, 1.0]]},
     "write logsumexp(x, axis=1) for log(sum(exp(x), axis=1))"),
    ("1/(1 + exp(-x*2))", {"x": -1e3}, "write sigmoid(x*2) for 1/(1 + exp(-x*2))"),
    ("sin(x)/x", {"x": 0.0}, "write sinc(x/pi) for sin(x)/x"),
    ("(exp(x) - 1)/x", {"x": 0.0}, "write exprel(x) for (exp(x) - 1)/x"),
    ("x**(1/3)", {"x": -8.0}, "write cbrt(x) for x**(1/3)"),
    ("log(det(A))", {"A": 1e-200*np.eye(2)}, "write slogdet(A)[1] for log(det(A))"),
    ("sqrt(x)", {"x": -1.0},
     "complex numbers have a result: real(sqrt(x)) with --dtype complex128"),
    ("arccosh(x)", {"x": 0.5},
     "complex numbers have a result: real(arccosh(x)) with --dtype complex128"),
    ("log(x)*[1, 2]", {"x": -1.0}, COMPLEX),
    ("log(gamma(x))", {"x": -0.5},
     "complex numbers have a result: real(log(gamma(x))) with --dtype complex128"),
    ("(a**2 + b**2)**0.5", {"a": 0.0, "b": 0.0}, "write hypot(a, b) for (a**2 + b**2)**0.5"),
    ("sum(x**2)**0.5", {"x": [0.0, 0.0]}, "write norm(x) for sum(x**2)**0.5"),
    ("(x**2)**0.5", {"x": 0.0}, "write abs(x) for (x**2)**0.5"),
    ("log(norm_cdf(x))", {"x": -50.0}, "write norm_logcdf(x) for log(ndtr(x))"),
    ("log(norm_pdf(x))", {"x": -50.0},
     "write norm_logpdf(x) for log(exp(-0.5*square(x) - 0.918939))"),
    ("log(softmax(x)[0])", {"x": [-1e3, 0.0]},
     "write log_softmax(x)[0] for log(softmax(x)[0])"),
    ("log(softmax(x, 0)[0, 1])", {"x": [[-1e3, 0.0], [0.0, 1e3]]},
     "write log_softmax(x, axis=0)[0, 1] for log(softmax(x, axis=0)[0, 1])"),
    ("exp(x)/sum(exp(x))", {"x": [[1e3, 0.0], [0.0, 1e3]]},
     "write softmax(x, axis=None) for exp(x)/sum(exp(x))"),
    ("gamma(x + 1)/gamma(y)", {"x": 200.0, "y": 199.0},
     "write poch(y, (x + 1) - y) for gamma(x + 1)/gamma(y)"),
    ("tan(x)/x", {"x": 0.0}, "write sinc(x/pi)/cos(x) for tan(x)/x"),
    ("(1 - cos(x))/x**2", {"x": 0.0}, "write sinc(x/(2*pi))**2/2 for (1 - cos(x))/x**2"),
    # a limit is not 0 because the quotient has no value, and a power of 0 no better as a root
    ("tanh(x)/x", {"x": 0.0},
     "write out the limit, and its slope: where(x == 0, LIMIT, tanh(x)/x)"),
    ("(sin(x) - x)/x**3", {"x": 0.0},
     "write out the limit, and its slope: where(x**3 == 0, LIMIT, (sin(x) - x)/x**3)"),
    ("exp(-1/x**2)", {"x": 0.0}, None),
    ("1/x", {"x": 0.0}, None),
    ("prod(x)**(1/3)", {"x": [0.0, 1.0, 2.0]}, None),
    ("sqrt(x)", {"x": 0.0}, "where(x > 0, sqrt(where(x > 0, x, 1)), 0) has the slope 0 there"),
    ("x**0.25", {"x": 0.0}, "where(x > 0, where(x > 0, x, 1)**0.25, 0) has the slope 0 there"),
    ("sqrt(mean((x - c)**2))", {"x": [2.0, 2.0, 2.0], "c": 2.0},
     "write norm(x - c)/sqrt(3) for sqrt(sum((x - c)**2)/3)"),
    ("var(x, ddof=1)", {"x": [2.0]}, "ddof must be less than the count"),
    ("mean(x)", {"x": np.ones(0)}, "there are no elements"),
    ("sum(linalg.eigh(A)[1])", {"A": np.eye(2)},
     "functions of the whole matrix, such as expm, are smooth there"),
    ("exp(x)", {"x": np.array(100.0, np.float32)}, "--dtype float64 reaches further"),
    ("sqrt(-1.0)", {}, None),
    ("x + 1", {"x": nan}, None),
]  # fmt: skip


def findings(expr, values):
    return diffcli.nonfinite(expr)(**{n: np.asarray(v) for n, v in values.items()})


@pytest.mark.parametrize(
    ("expr", "values", "where", "became", "op", "place", "operands", "message"), FOUND
)
def test_the_origin_is_found(expr, values, where, became, op, place, operands, message):
    (found,) = (f for f in findings(expr, values) if f.where == where and f.became == became)
    assert (found.op, found.message) == (op, message)
    assert (expr[slice(*found.span)] if found.span else None) == place
    if operands is not None:
        assert found.operands == operands


@pytest.mark.parametrize(("expr", "values", "hint"), HINTS)
def test_the_repair_is_known(expr, values, hint):
    assert [f.hint for f in findings(expr, values)] == [hint] * len(findings(expr, values)) != []


def defects(expr, values):
    """How much of a value and its gradients is not finite; nan counts twice."""
    t = api.trace(Source(f"sum({expr})"), values)
    result = api.grad(t, api.default_wrt(t))
    arrays = [diffcli.evaluate(expr)(**values), *result.by_name.values()]
    return sum(np.mean(np.isnan(a)) + np.mean(~np.isfinite(a)) for a in arrays)


@pytest.mark.parametrize(
    ("values", "hint"),
    [(v, h) for _, v, h in HINTS if h and h.startswith("write ") and " for " in h],
)
def test_a_repair_that_is_followed_helps_and_gives_the_same_function(values, hint):
    instead, _, formula = hint.removeprefix("write ").partition(" for ")
    values = {n: np.asarray(v, float) for n, v in values.items()}
    assert defects(instead, values) < defects(formula, values)
    for scale, shift in ((1, 1e-2), (1, -1e-2), (1e-3, 0.3), (1e-3, -0.4)):
        near = {n: scale * v + shift * (1 + np.arange(v.size).reshape(v.shape))
                for n, v in values.items()}  # fmt: skip
        a, b = diffcli.evaluate(instead)(**near), diffcli.evaluate(formula)(**near)
        both = np.isfinite(a) & np.isfinite(b)
        np.testing.assert_allclose(a[both], b[both], rtol=1e-5)


@pytest.mark.parametrize("expr", ["log(x)", "sqrt(x)", "log(abs(log(x)))", "arccosh(x)", "x**0.5"])
@pytest.mark.parametrize("command", ["eval", "jacobian", "grad", "hvp", "hessian"])
def test_complex_numbers_are_offered_as_the_command_takes_them(command, expr):
    tangent = {"hvp": ["--tangent", "x=1"]}
    point = "x=-2"
    status, out, _ = run(command, expr, point, *tangent.get(command, []), "--json")
    hints = {f["hint"] for f in json.loads(out)["nonfinite"]}
    (hint,) = hints
    *words, option, dtype = hint.split(": ", 1)[1].split()
    if words and words[-1] == "with":
        expr = words[-2]
    if words and words[:2] == ["hvp", "of"]:
        command = "hvp"
    again = [command, expr, point, option, dtype, *tangent.get(command, []), "--json"]
    status, out, err = run(*again)
    assert (status, json.loads(out)["nonfinite"]) == (0, []), err


@pytest.mark.parametrize(
    ("expr", "limit"), [("tanh(x)/x", "1 - x**2/3"), ("log(1 + x)/x**1", "1 - x/2")]
)
def test_a_limit_that_is_written_out_has_value_and_slope(expr, limit):
    hint = findings(expr, {"x": 0.0})[0].hint
    known = hint.partition(": ")[2].replace("LIMIT", limit)
    assert findings(known, {"x": 0.0}) == []
    for form in (diffcli.evaluate, lambda e: lambda x: diffcli.grad(e)(x=x)["x"]):
        at, near = form(known)(x=np.array(0.0)), form(known)(x=np.array(1e-6))
        np.testing.assert_allclose(at, near, atol=1e-3)


@pytest.mark.parametrize("matrix", [np.zeros((2, 2)), np.ones((2, 2))])
def test_a_root_of_a_singular_matrix_has_no_derivative(matrix):
    with pytest.raises(DiffcliError, match="sqrtm has no derivative at a singular matrix"):
        diffcli.grad("sum(sqrtm(A))")(A=matrix)


FINITE = [
    ("xlogy(x, x + 1)", {"x": 0.0}),
    ("abs(x) + max([x, x])", {"x": 0.0}),
    ("hypot(x, y)", {"x": 0.0, "y": 0.0}),
    ("sum(where(x > 0, sqrt(x), 0))", {"x": [0.0, -1.0]}),
    ("std(x)", {"x": [1.0, 1.0]}),
    ("x > 0", {"x": nan}),
    ("sum(linalg.eigvalsh(x))", {"x": np.eye(2)}),
    ("softplus(x)", {"x": 1e4}),
]


@pytest.mark.parametrize(("expr", "values"), FINITE)
def test_finite_results_are_not_explained(expr, values, monkeypatch):
    plans = []
    made = Plan.__init__
    monkeypatch.setattr(provenance, "explain", None)  # which cannot be called
    counted = lambda self, *a, **k: (plans.append(a), made(self, *a, **k))[1]  # noqa: E731
    monkeypatch.setattr(Plan, "__init__", counted)
    monkeypatch.setattr(Plan, "watch", None)
    assert findings(expr, values) == []
    assert len(plans) == 1


def test_the_index_and_the_element_are_those_of_the_output():
    value, nan_slope, inf_slope = findings("sum(sqrt(x))", {"x": [1.0, 0.0, -1.0]})
    assert (value.where, value.index, value.operands) == ("value", (), [-1])
    assert (nan_slope.where, nan_slope.index, nan_slope.operands) == ("grad x", (2,), [-1])
    assert (inf_slope.where, inf_slope.index, inf_slope.operands) == ("grad x", (1,), [0])


def test_all_derivatives_are_explained():
    t = api.trace(Source("sqrt(x)*y"), {"x": np.array(0.0), "y": np.array(2.0)})
    v = np.array(1.0)
    results = {
        "vjp x": api.vjp(t, v, ["x", "y"]),
        "jvp": api.jvp(t, {"x": v}),
        "jacobian x": api.jacobian(t, ["x", "y"]),
        "hessian x x": api.hessian(t, ["x", "y"]),
        "hvp x": api.hvp(t, {"x": v}, ["x", "y"]),
    }
    for where, result in results.items():
        first = result.nonfinite[0]
        assert (first.where, first.op) == (where, "sqrt") or where in ("hessian x x", "hvp x")
        assert t.source.text[slice(*first.span)] in ("sqrt(x)", "*"), where


def test_a_direction_that_is_not_finite_is_named():
    t = api.trace(Source("2*x"), {"x": np.array(1.0)})
    (found,) = api.jvp(t, {"x": np.array(inf)}).nonfinite
    assert found.message == "dx is bound to inf"


def test_a_long_chain_is_walked_back_without_recursion():
    expr = "x" + " + 1" * 3000 + " + log(y)"
    value, _ = findings(expr, {"x": 1.0, "y": 0.0})
    assert (value.op, expr[slice(*value.span)]) == ("log", "log(y)")


def test_there_are_no_more_findings_than_the_limit():
    names = [f"x{i}" for i in range(provenance.MOST_FINDINGS + 20)]
    found = findings("+".join(f"log({n})" for n in names), dict.fromkeys(names, 0.0))
    assert len(found) == provenance.MOST_FINDINGS


# ----- the remedies are equal where both sides are finite -----------------------------------------


@pytest.mark.parametrize(("left", "right"), REMEDIES)
def test_remedies_are_equal_where_both_are_finite(left, right):
    shape = (2, 2) if "det" in left else (2,)
    rng = np.random.default_rng(5)
    values = {n: rng.uniform(0.2, 1.5, shape) for n in "xy"}
    if left == "log(1 - exp(x))":
        values["x"] = -values["x"]
    if left == "log(det(x))":
        values["x"] = values["x"] + 2 * np.eye(2)
    used = {n: v for n, v in values.items() if f"({n}" in left.replace("*", "(") or n in left}
    a = diffcli.evaluate(left)(**used)
    b = diffcli.evaluate(right.format(axis="", over="", keepdims="", index="[0]"))(**used)
    np.testing.assert_allclose(a, b, rtol=1e-12)


# ----- every row at hard points -------------------------------------------------------------------

HARD = [0.0, -0.0, 1.0, -1.0, 0.5, 1e308, -1e308, 1e-308, inf, -inf, nan]
CALLS = sorted(  # tables are filled in the order in which tests ask for names
    text
    for row in all_rows()
    if isinstance(row, Elementwise) and not row.examples
    for text in samples.examples(row)
)
SHAPED = [
    "sum({0})", "prod({0})", "max({0})", "mean({0})", "norm({0})", "cumsum({0})", "{0} @ {1}",
    "outer({0}, {1})", "softmax({0})", "logsumexp({0})", "std({0})", "sort({0})", "{0}[::-1]",
    "where({0} > 0, {0}, {1})", "concatenate([{0}, {1}])", "{0}*{1}", "{0}/{1}", "{0} - {1}",
    "diff({0})", "cumprod({0})", "{0}",
]  # fmt: skip


def better(found):
    """Whether the operands of a finding are better than what its operator made of them."""
    if found.op in ("input", "constant"):
        return True
    worse = isnan if found.made == "nan" else isinf
    return not any(worse(v) for v in found.operands)


@settings(max_examples=150)
@given(
    st.sampled_from(CALLS),
    st.sampled_from(CALLS),
    st.sampled_from(SHAPED),
    st.lists(st.sampled_from(HARD), min_size=6, max_size=6),
)
def test_whatever_is_not_finite_has_an_origin(inner, other, outer, numbers):
    expr = f"sum({outer.format(f'({inner})', f'({other})')})"
    points = iter(zip(numbers[::2], numbers[1::2], strict=True))
    values = {n: np.array(next(points)) for n in "abc"}
    try:
        t = api.trace(Source(expr), values)
        wrt = api.default_wrt(t)
        result = api.grad(t, wrt)
    except DiffcliError:
        return
    arrays = {"value": result.value, **{f"grad {n}": g for n, g in result.by_name.items()}}
    bad = {n for n, a in arrays.items() if a is not None and not np.isfinite(a).all()}
    assert {f.where for f in result.nonfinite} == bad
    for found in result.nonfinite:
        assert better(found), (expr, values, found, found.operands)
        assert found.reason and (found.op in ("input", "constant")) == (found.span is None)


# ----- the command line ---------------------------------------------------------------------------


def run(*argv):
    out, err = io.StringIO(), io.StringIO()
    return cli.run(list(argv), io.StringIO(), out, err), out.getvalue(), err.getvalue()


def test_a_file_is_not_mixed_with_notes(tmp_path):
    status, out, err = run("grad", "log(x)", "x=0", "-o", str(tmp_path / "out.csv"))
    assert (status, out) == (0, "")
    assert err.startswith("note: value is -inf: log(0) is -inf (domain edge)\n")
    assert (tmp_path / "out.csv").read_text() == "value,d_x\n-inf,inf\n"


def test_a_shell_catches_the_bare_value():
    status, out, err = run("eval", "log(x)", "x=0")
    assert (status, out) == (0, "-inf\n")
    assert "log(0) is -inf" in err


def test_the_keys_of_a_finding():
    status, out, err = run("grad", "x*log(x)", "x=0", "--json")
    assert (status, err) == (0, "")
    value, slope = json.loads(out)["nonfinite"]
    assert value == {
        "in": "value",
        "index": [],
        "is": "nan",
        "made": "nan",
        "op": "multiply",
        "span": [1, 2],
        "operands": [0.0, "-inf"],
        "reason": "0*inf",
        "cause": {
            "made": "-inf",
            "op": "log",
            "span": [2, 8],
            "operands": [0.0],
            "reason": "log(0) is -inf (domain edge)",
        },
        "hint": "write xlogy(x, x) for x*log(x)",
    }
    assert slope["in"] == "grad x"
