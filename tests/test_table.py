"""The walk over the operator table: each row in both modes, to second order, and batched."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from diffcli import api
from diffcli.check import compare
from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import is_inexact
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F, all_rows
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.reverse import pull
from diffcli.transforms.vmap import vmap
from tests.samples import cases, examples


def traced(text: str, values: dict[str, np.ndarray]) -> api.Trace:
    """The expression over the variables that it uses."""
    t = api.trace(Source(text), values)
    return api.trace(Source(text), {n: values[n] for n in t.used})


CASES = [(row, text, traced(text, values)) for row, text, values in cases()]


def over(chosen: list[Any]) -> Any:
    ids = [f"{row.name}: {text}" for row, text, _ in chosen]
    return pytest.mark.parametrize(("row", "text", "t"), chosen, ids=ids)


def has_derivatives(t: api.Trace) -> bool:
    """Whether the result is real or complex; others are whole numbers and truth values."""
    return is_inexact(t.dtype)


def has_reals(t: api.Trace) -> bool:
    return any(x.dtype.kind == "f" for x in t.values.values())


SMOOTH = [case for case in CASES if has_derivatives(case[2])]
DISCRETE = [case for case in CASES if not has_derivatives(case[2])]
REAL = [case for case in CASES if has_reals(case[2])]
CONSTANT = [case for case in CASES if not has_reals(case[2])]


@pytest.mark.parametrize("row", all_rows(), ids=lambda r: r.name)
def test_row_is_complete(row):
    assert row.doc.strip().endswith("."), "a sentence of documentation"
    assert row.category
    assert examples(row), "an example for the walk"


def test_no_row_is_left_out():
    """Each check walks every example to which it applies, and these are all the examples."""
    whole = Counter(text for _, text, _ in CASES)
    rows = {row.name for row in all_rows()}
    for parts in ((SMOOTH, DISCRETE), (REAL, CONSTANT)):
        assert Counter(text for part in parts for _, text, _ in part) == whole
        assert {row.name for part in parts for row, _, _ in part} == rows
    checks = (
        (test_first_order, SMOOTH),
        (test_second_order, SMOOTH),
        (test_no_derivative, DISCRETE),
        (test_batched, CASES),
        (test_single_precision, SMOOTH),
        (test_single_precision_of_discrete_results, DISCRETE),
        (test_complex, REAL),
    )
    for check, chosen in checks:
        (mark,) = check.pytestmark
        assert mark.args[1] is chosen


@over(SMOOTH)
def test_first_order(row, text, t):
    for name in api.default_wrt(t):
        c = compare(t, name)
        scale = max(1.0, float(np.max(np.abs(c.numeric))))
        np.testing.assert_allclose(c.reverse, c.forward, rtol=1e-9, atol=1e-11 * scale)
        np.testing.assert_allclose(c.reverse, c.numeric, rtol=2e-7, atol=2e-8 * scale)


@over(DISCRETE)
def test_no_derivative(row, text, t):
    """Whole numbers and truth values have a derivative in neither mode."""
    tangents = {n: np.ones(x.shape) for n, x in t.values.items() if is_inexact(x.dtype)}
    for ask in (
        lambda: api.vjp(t, np.ones(t.shape), list(tangents)),
        lambda: api.jvp(t, tangents),
    ):
        with pytest.raises(DiffcliError) as refusal:
            ask()
        assert refusal.value.code == "not-differentiable"


@over(SMOOTH)
def test_second_order(row, text, t):
    """The gradient of a weighted square of the result is differentiated once more."""
    y = t.output
    weights = F.reshape(F.linspace(0.5, 1.5, max(y.size, 1)), y.shape) if y.size else 1.0
    loss = F.sum(F.real(weights * y * F.conj(y)))
    for name in api.default_wrt(t):
        x = t.inputs[name]
        (gradient,) = pull([(loss, derive.one(loss))], [x])
        if gradient is None:  # nothing of the variable is in the result
            assert not np.any(compare(t, name).numeric)
            continue
        forward = derive.jacobian_forward([gradient], x)[0]
        (reverse,) = derive.jacobian_reverse(gradient, [x])
        blocks = [F.zeros((*x.shape, *x.shape)) if b is None else b for b in (forward, reverse)]
        f, r = t.run(blocks)
        scale = max(1.0, float(np.max(np.abs(f), initial=0)))
        np.testing.assert_allclose(f, r, rtol=1e-8, atol=1e-10 * scale)
        n = numeric_jacobian(t, gradient, name)
        np.testing.assert_allclose(f, n, rtol=1e-6, atol=1e-6 * scale)


def numeric_jacobian(t: api.Trace, y, name: str) -> np.ndarray:
    """Central differences of a node, one Richardson step, an element of the variable at a time."""
    x = t.inputs[name]
    plan = Plan([y], list(t.inputs.values()))
    columns = []
    for i in range(x.size):
        slopes = []
        for h in (1e-3, 5e-4):
            pair = []
            for sign in (1, -1):
                moved = t.values[name].copy()
                moved.flat[i] += sign * h
                given = [moved if n == name else v for n, v in t.values.items()]
                pair.append(plan.run(NUMPY, given)[0])
            slopes.append((pair[0] - pair[1]) / (2 * h))
        columns.append((4 * slopes[1] - slopes[0]) / 3)
    return np.stack(columns, -1).reshape((*y.shape, *x.shape))


@over(CASES)
def test_batched(row, text, t):
    """vmap over any one variable equals a loop."""
    names = list(t.inputs)
    targets = [[n] for n in names] + ([names] if len(names) > 1 else [])
    plan = Plan([t.output], list(t.inputs.values()))
    for chosen in targets:
        many = {n: np.stack([t.values[n], t.values[n] * 0.9]) for n in chosen}
        if any(t.values[n].dtype.kind in "iu" for n in chosen):
            many = {n: np.stack([t.values[n], t.values[n]]) for n in chosen}
        batched = [(t.inputs[n], INPUT.make(n, v.shape, v.dtype)) for n, v in many.items()]
        (y,) = vmap([t.output], batched, 2)
        inputs = [*t.inputs.values(), *(b for _, b in batched)]
        (together,) = Plan([y], inputs).run(NUMPY, [*t.values.values(), *many.values()])
        for k in range(2):
            given = [many[n][k] if n in many else v for n, v in t.values.items()]
            (alone,) = plan.run(NUMPY, given)
            np.testing.assert_allclose(together[k], alone, rtol=1e-12, atol=1e-12)


def narrowed(text: str, t: api.Trace) -> api.Trace:
    """The expression over the variables in single precision."""
    narrow = {n: v.astype(np.float32) if v.dtype.kind == "f" else v for n, v in t.values.items()}
    return api.trace(Source(text), narrow, "float32")


@over(DISCRETE)
def test_single_precision_of_discrete_results(row, text, t):
    value = api.evaluate(narrowed(text, t))
    assert value.dtype == t.dtype
    np.testing.assert_array_equal(value, api.evaluate(t))


@over(SMOOTH)
def test_single_precision(row, text, t):
    """float32 in, float32 out, with derivatives that agree with double precision."""
    s = narrowed(text, t)
    scale = max(1.0, float(np.max(np.abs(api.evaluate(t)))))
    np.testing.assert_allclose(api.evaluate(s), api.evaluate(t), rtol=2e-3, atol=2e-4 * scale)
    wrt = api.default_wrt(t)
    v = np.ones(t.shape)
    wide = api.vjp(t, v, wrt)
    single = api.vjp(s, v, wrt)
    for name in wrt:
        assert (single.by_name[name] is None) == (wide.by_name[name] is None)
        if wide.by_name[name] is None:
            continue
        assert single.by_name[name].dtype == np.float32
        scale = max(1.0, float(np.max(np.abs(wide.by_name[name]))))
        np.testing.assert_allclose(
            single.by_name[name], wide.by_name[name], rtol=2e-3, atol=2e-4 * scale
        )


@over(REAL)
def test_complex(row, text, t):
    """Complex in: right in both modes, or refused with a `dtype` error."""
    given = {
        n: v + 0.3j * np.cos(3.1 * np.arange(v.size)).reshape(v.shape) if v.dtype.kind == "f" else v
        for n, v in t.values.items()
    }
    try:
        t = api.trace(Source(text), given)
        value = api.evaluate(t)
    except DiffcliError as error:
        assert error.code == "dtype", error.message
        return
    assert value.dtype == t.dtype
    if not is_inexact(t.dtype):
        return
    for name in api.default_wrt(t):
        try:
            c = compare(t, name)
        except DiffcliError as error:
            assert error.code == "dtype", error.message
            continue
        scale = max(1.0, float(np.max(np.abs(c.numeric))))
        np.testing.assert_allclose(c.reverse, c.forward, rtol=1e-9, atol=1e-11 * scale)
        np.testing.assert_allclose(c.reverse, c.numeric, rtol=1e-6, atol=1e-7 * scale)
