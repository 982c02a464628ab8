"""Kinks are declared: each row that chooses a derivative says so where it does, and only there."""

from __future__ import annotations

import math

import numpy as np
import pytest

import diffcli
from diffcli import api
from diffcli.errors import DiffcliError, Source
from diffcli.ops import variants  # noqa: F401 - its rows choose too
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import Op
from diffcli.ops.table import HIDDEN, all_rows
from diffcli.transforms.kinks import watched, written

I2, ONE_ZERO = [[1.0, 0], [0, 1]], [[1.0, 0], [0, 0]]
TWO_ONE = [[2.0, 0.5], [0.5, 1]]

KINKS: list[tuple[str, str, dict, dict, str, int]] = [
    # row, expression, a point with kinks, one without, the operator that chooses, its count
    ("abs", "abs(x)", {"x": [0, 1, 0]}, {"x": [1e-300, 1, -1]}, "abs", 2),
    ("abs", "abs(z)", {"z": [0j, 1j]}, {"z": [1j, 1]}, "abs", 1),
    ("sign", "sign(x)", {"x": 0}, {"x": -2}, "sign", 1),
    ("hypot", "hypot(x, y)", {"x": 0, "y": 0}, {"x": 0, "y": 1}, "hypot", 1),
    ("divide_no_nan", "divide_no_nan(x, y)", {"x": 2, "y": 0}, {"x": 0, "y": 2}, "", 1),
    ("power", "x**y", {"x": [0, 0], "y": [0, 2]}, {"x": [0, 1], "y": [1, 0]}, "", 1),
    ("floor", "floor(x)", {"x": [2, -3, 0, 2.5]}, {"x": [2.5, math.inf]}, "", 3),
    ("ceil", "ceil(x)", {"x": [2, -3, 0, 2.5]}, {"x": [2.5, math.inf]}, "", 3),
    ("trunc", "trunc(x)", {"x": [2, -3, 0, 2.5]}, {"x": [2.5, 0]}, "", 2),
    ("rint", "rint(x)", {"x": [0.5, -1.5, 1]}, {"x": [2, 0.4]}, "", 2),
    ("round", "round(x, 1)", {"x": [0.25, 0.5]}, {"x": [0.2, 0.5]}, "", 1),
    ("floor_divide", "x // y", {"x": [4, 0], "y": 2}, {"x": [3, 1], "y": 2}, "", 2),
    ("mod", "x % y", {"x": [4, 0], "y": 2}, {"x": [3, 1], "y": 2}, "", 2),
    ("fmod", "fmod(x, y)", {"x": [4, 0], "y": 2}, {"x": [3, 0], "y": 2}, "", 1),
    ("copysign", "copysign(x, y)", {"x": [0, 1], "y": [1, 0]}, {"x": [-1], "y": [2]}, "", 2),
    ("heaviside", "heaviside(x, y)", {"x": 0, "y": 0.5}, {"x": 1, "y": 0}, "", 1),
    ("angle", "angle(z)", {"z": 0j}, {"z": 1j}, "", 1),
    ("clip", "clip(x, -1, 2)", {"x": [-1, 2, 0]}, {"x": [0, 3]}, "", 2),
    *(
        (name, f"{name}(x, y)", {"x": [1, 2], "y": [1, 3]}, {"x": [1, 2], "y": [2, 1]}, "", 1)
        for name in ("maximum", "minimum", "fmax", "fmin")
    ),
    # activations
    ("relu", "relu(x)", {"x": [0, 1]}, {"x": [1e-9, -1]}, "", 1),
    ("leaky_relu", "leaky_relu(x)", {"x": [0, 1]}, {"x": [1e-9, -1]}, "", 1),
    ("elu", "elu(x, 2)", {"x": [0, 1]}, {"x": [1e-9, -1]}, "", 1),
    ("elu", "elu(x, a)", {"x": [0, 1], "a": 2}, {"x": [1, -1], "a": 2}, "", 1),
    ("selu", "selu(x)", {"x": [0, 1]}, {"x": [1e-9, -1]}, "elu", 1),
    ("hardtanh", "hardtanh(x)", {"x": [-1, 1, 0]}, {"x": [0, 2]}, "", 2),
    ("relu6", "relu6(x)", {"x": [0, 6, 3]}, {"x": [-1, 7]}, "hardtanh", 2),
    ("hard_sigmoid", "hard_sigmoid(x)", {"x": [-3, 3, 0]}, {"x": [-4, 4]}, "hardtanh", 2),
    ("hardswish", "hardswish(x)", {"x": [-3, 3, 0]}, {"x": [-4, 4]}, "", 2),
    ("softshrink", "softshrink(x)", {"x": [-0.5, 0.5, 0]}, {"x": [-1, 0]}, "", 2),
    ("hardshrink", "hardshrink(x, a)", {"x": [-1, 0], "a": 1}, {"x": [0], "a": 1}, "", 1),
    ("threshold", "threshold(x, 1, 3)", {"x": [1, 0]}, {"x": [0, 2]}, "", 1),
    ("prelu", "prelu(x, a)", {"x": [0, 1], "a": 0.2}, {"x": [-1, 1], "a": 0.2}, "", 1),
    # reductions and scans
    *((name, f"{name}(x)", {"x": [2, 1, 2, 1]}, {"x": [3, 1, 2, 2]}, "", 1) for name in ("max",)),
    ("min", "min(x, axis=1)", {"x": [[1, 1], [1, 2]]}, {"x": [[2, 1], [1, 2]]}, "", 1),
    ("nanmax", "nanmax(x)", {"x": [2, math.nan, 2]}, {"x": [2, math.nan, 1]}, "max", 1),
    ("nanmin", "nanmin(x)", {"x": [2, math.nan, 2]}, {"x": [2, math.nan, 1]}, "min", 1),
    ("torch.max", "torch.max(x, 0)[0]", {"x": [2, 1, 2]}, {"x": [3, 1, 1]}, "max", 1),
    ("torch.min", "torch.min(x, 0)[0]", {"x": [1, 2, 1]}, {"x": [1, 3, 3]}, "min", 1),
    ("cummax", "cummax(x)", {"x": [1, 2, 2, 1, 3, 2, 3]}, {"x": [2, 1, 1, 3]}, "", 3),
    ("cummin", "cummin(x, 0)", {"x": [3, 2, 2, 3, 1, 2, 1]}, {"x": [2, 3, 3, 1]}, "", 3),
    ("sort", "sort(x)", {"x": [3, 1, 3]}, {"x": [3, 1, 2]}, "", 2),
    ("median", "median(x)", {"x": [1, 2, 2]}, {"x": [1, 1, 2, 3, 3]}, "sort", 1),
    ("quantile", "quantile(x, 0.5)", {"x": [1, 2, 2]}, {"x": [1, 2, 3]}, "sort", 1),
    ("euclid", "euclid(x, axis=1)", {"x": [[0, 0], [0, 1]]}, {"x": [[1, 0]]}, "", 1),
    ("norm", "norm(x)", {"x": [0, 0]}, {"x": [0, 1]}, "euclid", 1),
    ("norm", "norm(x, 1)", {"x": [0, 0]}, {"x": [2, 1]}, "abs", 2),
    ("norm", "norm(x, inf)", {"x": [-1, 1]}, {"x": [2, 1]}, "max", 1),
    ("power_norm", "norm(x, 3)", {"x": [0, 0]}, {"x": [0, 1]}, "", 1),
    ("power_norm", "norm(x, 0.5)", {"x": [0, 1]}, {"x": [2, 1]}, "", 1),
    ("vector_norm", "vector_norm(x)", {"x": [0, 0]}, {"x": [0, 1]}, "euclid", 1),
    ("std", "std(x)", {"x": [2, 2]}, {"x": [2, 1]}, "euclid", 1),
    ("nanstd", "nanstd(x)", {"x": [2, 2, math.nan]}, {"x": [2, 1]}, "euclid", 1),
    ("dist", "dist(x, y)", {"x": [1, 2], "y": [1, 2]}, {"x": [1], "y": [2]}, "euclid", 1),
    ("cdist", "cdist(x, y)", {"x": [[1]], "y": [[1], [2]]}, {"x": [[1]], "y": [[2]]}, "euclid", 1),
    ("l1_loss", "l1_loss(x, y)", {"x": [1, 2], "y": [1, 3]}, {"x": [1], "y": [2]}, "abs", 1),
    # samples
    ("interp", "interp(x, q, f)", {"x": [0, 1], "q": [0, 1], "f": [1, 5]}, {"x": 1.5}, "", 2),
    ("unwrap", "unwrap(x)", {"x": [0, math.pi, 4]}, {"x": [0, 4, 5]}, "", 1),
    # special functions
    ("xlogy", "xlogy(x, y)", {"x": 0, "y": 0}, {"x": 0, "y": 1}, "", 1),
    ("xlog1py", "xlog1py(x, y)", {"x": 0, "y": -1}, {"x": 0, "y": 1}, "", 1),
    ("i0e", "i0e(x)", {"x": 0}, {"x": 1}, "", 1),
    ("ive", "ive(0, x)", {"x": 0}, {"x": 1}, "", 1),
    # matrices: equal values, and those that are zero
    ("eigh", "eigh(S)[0]", {"S": I2}, {"S": TWO_ONE}, "", 2),
    ("eigh", "eigh(S)[1]", {"S": I2}, {"S": TWO_ONE}, "", 2),
    ("eigvalsh", "eigvalsh(S)[0]", {"S": I2}, {"S": TWO_ONE}, "", 1),
    ("eig", "eig(S)[1]", {"S": I2}, {"S": TWO_ONE}, "", 2),
    ("svd", "svd(S)[0]", {"S": I2}, {"S": TWO_ONE}, "", 2),
    ("svd", "svd(S)[1]", {"S": ONE_ZERO}, {"S": TWO_ONE}, "", 1),
    ("svd", "svd(S)[2]", {"S": I2}, {"S": TWO_ONE}, "", 2),
    ("svdvals", "svdvals(S)", {"S": ONE_ZERO}, {"S": TWO_ONE}, "", 1),
    ("matrix_norm", "matrix_norm(S, 'nuc')", {"S": ONE_ZERO}, {"S": I2}, "svdvals", 1),
    ("matrix_norm", "matrix_norm(S, 2)", {"S": I2}, {"S": ONE_ZERO}, "svdvals", 1),
    ("qr", "qr(S)[1]", {"S": ONE_ZERO}, {"S": I2}, "", 1),
    ("lu", "lu(S)[2]", {"S": ONE_ZERO}, {"S": I2}, "", 1),
    ("lu", "lu(S)[2]", {"S": [[1.0, 0], [1, 1]]}, {"S": I2}, "", 1),
    ("pinv", "pinv(S)", {"S": ONE_ZERO}, {"S": I2}, "", 1),
    ("lstsq", "lstsq(S, v)[0]", {"S": ONE_ZERO, "v": [1, 2]}, {"S": I2}, "pinv", 1),
    ("det_sign", "slogdet(S)[0]", {"S": ONE_ZERO}, {"S": I2}, "", 1),
]

ROWS = [*all_rows(), *HIDDEN.values()]


def traced(text: str, values: dict) -> api.Trace:
    held = {n: np.asarray(v, None if np.iscomplexobj(v) else float) for n, v in values.items()}
    return api.trace(Source(text), held)


def found(text: str, values: dict) -> list[tuple[str, int, str]]:
    """The kinks of the Jacobian in both modes, which must agree."""
    t = traced(text, values)
    forward, reverse = (
        [(k.op, k.count, k.rule) for k in api.jacobian(t, api.default_wrt(t), mode).kinks]
        for mode in ("forward", "reverse")
    )
    assert forward == reverse
    return forward


CALLED = [
    # expression, what a message calls the operator with the first kink
    ("norm(x)", "norm"),
    ("linalg.norm(x - x)", "norm"),
    ("(x + 0).norm(1)", "norm"),
    ("x.abs().std()", "std"),
    ("median([x[0], x[1], x[0], 1])", "median"),
    ("sum(abs(x))", "abs"),
    ("sum(x % 1)", "mod"),
]


@pytest.mark.parametrize(("text", "name"), CALLED)
def test_messages_name_what_was_written(text, name):
    t = traced(text, {"x": [0, 0]})
    kinks = api.grad(t, ["x"]).kinks
    assert name in [written(text, kink) for kink in kinks]
    with pytest.raises(DiffcliError) as caught:
        api.grad(t, ["x"], kink="error")
    assert caught.value.message.split()[0] in [written(text, kink) for kink in kinks]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_rows_that_choose_say_where(row):
    if row.name == "kinked":
        return  # it marks where other rows choose
    listed = any(row.name == case[0] for case in KINKS)
    if isinstance(row, Op):
        assert bool(row.kink) == (row.kink_at is not None) == listed
    else:
        assert row.kink or row.kink_at is None
        assert bool(row.kink) == listed
    if isinstance(row, Elementwise) and isinstance(row.kink_at, tuple):
        assert len(row.kink_at) == row.arrays, "one for each input"


@pytest.mark.parametrize(
    ("name", "text", "at", "beside", "op", "count"),
    KINKS,
    ids=[f"{case[1]} at {case[2]}" for case in KINKS],
)
def test_kinks_are_found_where_they_are(name, text, at, beside, op, count):
    op = op or name
    rules = {row.name.rpartition(".")[2]: row.kink for row in ROWS if row.name != f"torch.{op}"}
    rule = next(row.kink for row in ROWS if row.name == name) if "." in name else rules[op]

    assert found(text, at) == [(op, count, rule)]
    assert found(text, {**at, **beside}) == []


NONE = [
    # expression, point, the variables: what takes no part in a derivative has no kink in it
    ("where(x > 0, abs(x), x)", {"x": 0}, ["x"]),
    ("maximum(abs(x) - 1, x)", {"x": 0}, ["x"]),
    ("0*abs(x) + relu(x)**2", {"x": 0}, ["x"]),
    ("abs(x) + y", {"x": 0, "y": 1}, ["y"]),
    ("sum(sort(x)) + sum(eigvalsh(S)) + norm(S, 'nuc')", {"x": [1, 1], "S": I2}, ["x", "S"]),
    ("argmax(x)*x[0]", {"x": [1, 1]}, ["x"]),
    ("huber_loss(x, 2*x) + celu(x) + elu(x) + sinc(x)", {"x": 0}, ["x"]),
    ("x**y", {"x": 0, "y": 0}, ["x"]),
    ("interp(x, q, y)", {"x": 0.5, "q": [0, 0.5, 1], "y": [1, 2, 0]}, ["y"]),
]


@pytest.mark.parametrize(("text", "values", "wrt"), NONE, ids=[case[0] for case in NONE])
def test_what_takes_no_part_is_not_counted(text, values, wrt):
    t = traced(text, values)

    assert api.grad(t, wrt).kinks == []
    assert api.jacobian(t, wrt).kinks == []


EVERYWHERE = {
    "grad": lambda t, **o: api.grad(t, ["x"], **o),
    "vjp": lambda t, **o: api.vjp(t, np.array(-2.0), ["x"], **o),
    "jvp": lambda t, **o: api.jvp(t, {"x": np.ones(3)}, **o),
    "jacobian": lambda t, **o: api.jacobian(t, ["x"], **o),
    "hessian": lambda t, **o: api.hessian(t, ["x"], **o),
    "hvp": lambda t, **o: api.hvp(t, {"x": np.ones(3)}, ["x"], **o),
}


@pytest.mark.parametrize("command", EVERYWHERE)
def test_every_derivative_declares_kinks(command):
    t = traced("y = x + 1\nsum(x*abs(y)) + max(y)", {"x": [-1, -2, -1]})

    result = EVERYWHERE[command](t)

    assert [(k.op, k.span, k.count) for k in result.kinks] == [
        ("abs", (16, 22), 2),
        ("max", (26, 32), 1),
    ]
    with pytest.raises(DiffcliError) as caught:
        EVERYWHERE[command](t, kink="error")
    assert (caught.value.code, caught.value.span) == ("kink", (16, 22))


def test_kinks_can_be_refused_from_python():
    assert diffcli.grad("abs(x)")(x=0)["x"] == 0
    assert diffcli.grad("abs(x)", kink="error")(x=2)["x"] == 1
    with pytest.raises(DiffcliError, match="abs is not differentiable at this point"):
        diffcli.grad("abs(x)", kink="error")(x=0)
    with pytest.raises(DiffcliError, match="'choose' or 'error'"):
        diffcli.grad("abs(x)", kink="maybe")(x=0)


def test_graphs_without_kinks_are_not_added_to():
    t = traced("w*x + sum(tanh(y))", {"w": 1, "x": 2, "y": [1, 2]})

    assert watched(t.output, list(t.inputs.values())).counts == []


ZEROS = [
    ("floor(x)*y", {"x": 2.5, "y": 1}, {"x": ["floor"]}),
    ("sign(sin(x)) + 0*y", {"x": 2.5, "y": 1}, {"x": ["sign"]}),
    ("where(x > 1, 2*y, y) + round(exp(x))", {"x": 2.5, "y": 1}, {"x": ["greater", "round"]}),
    ("y[argmax(x)]", {"x": [1, 2], "y": [1, 2]}, {"x": ["argmax"]}),
    ("floor(x) + x", {"x": 2.5}, {}),
    ("abs(x)*0", {"x": 2.5}, {}),
    ("2*y", {"x": 1, "y": 2}, {}),
]


@pytest.mark.parametrize(("text", "values", "zeros"), ZEROS, ids=[case[0] for case in ZEROS])
def test_derivatives_that_steps_make_zero_name_them(text, values, zeros):
    t = traced(text, values)

    for result in (api.grad(t, list(values)), api.jacobian(t, list(values))):
        assert {n: sorted(p.op for p in places) for n, places in result.zeros.items()} == zeros
