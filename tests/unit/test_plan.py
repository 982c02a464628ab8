"""Plans: what is computed once, what is not computed, and whose memory is reused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from diffcli.errors import DiffcliError, Source
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.backend import backend
from diffcli.runtime.plan import Plan
from diffcli.trace import trace
from diffcli.transforms.reverse import one, pull


def plan_of(text: str, **values: np.ndarray) -> tuple[Plan, list[np.ndarray]]:
    t = trace(Source(text), values)
    return Plan([t.output], list(t.inputs.values())), list(t.values.values())


def names(plan: Plan) -> list[str]:
    return [step.node.op.name for step in plan.instructions]


def test_common_subexpressions_are_computed_once():
    plan, _ = plan_of("sin(x*y) + cos(x*y) * sin(y*1*x*1)", x=np.ones(3), y=np.ones(3))

    assert names(plan).count("multiply") == 3  # x*y, y*x, and the product with the cosine
    assert names(plan).count("sin") == 2


def test_what_no_result_needs_is_not_computed():
    plan, _ = plan_of("a = exp(x); b = log(x); a", x=np.ones(3))

    assert names(plan) == ["exp"]


def gradient_of_layers(layer: str, count: int) -> list[str]:
    """The operators that a gradient through layers takes, one after another."""
    values = {"A": np.ones((3, 3)), "b": np.ones(3), "h": np.ones(3)}
    t = trace(Source(f"{layer * count}sum(h**2)"), values)
    wrt = list(t.inputs.values())
    return names(Plan(pull([(t.output, one(t.output))], wrt), wrt))


def test_a_gradient_through_branches_takes_two_products_for_each_layer():
    """What says where cotangents are alive takes none."""
    found = gradient_of_layers("h = maximum(A @ h + b, 0); ", 3)

    assert found.count("matmul") == 3 + 2 * 3


def test_where_cotangents_are_alive_takes_few_operations():
    smooth, cut = (
        len(gradient_of_layers(layer, 20)) - len(gradient_of_layers(layer, 10))
        for layer in ("h = tanh(A @ h + b); ", "h = relu(A @ h + b); ")
    )

    assert cut <= smooth + 10 * 8


BIG = np.linspace(0.1, 1.0, 1_000_000)


def test_a_chain_runs_in_the_memory_of_one_array():
    plan, values = plan_of("exp(sin(cos(tan(sqrt(x)))))", x=BIG)

    tracemalloc.start()
    (result,) = plan.run(NUMPY, values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1.5 * BIG.nbytes
    np.testing.assert_allclose(result, np.exp(np.sin(np.cos(np.tan(np.sqrt(BIG))))), rtol=1e-14)


REUSE = {
    "a = x*2; a*a + a": lambda x: x * 2 * (x * 2) + x * 2,
    "a = sin(x); b = a[::-1]; cos(a) + b": lambda x: np.cos(np.sin(x)) + np.sin(x)[::-1],
    "a = sin(x); b = a.reshape(2, -1); exp(a).sum() + b.sum()": lambda x: (
        np.exp(np.sin(x)).sum() + np.sin(x).sum()
    ),
    "a = exp(x); real(a) + conj(a)*a": lambda x: np.exp(x) + np.exp(x) ** 2,
    "x = x + 1; where(x > 1.5, x, -x) + x": lambda x: np.where(x + 1 > 1.5, x + 1, -x - 1) + x + 1,
    "a = x + 1; b = a.T; c = a*2; b + c": lambda x: x + 1 + (x + 1) * 2,
}


@pytest.mark.parametrize("text", REUSE)
def test_reused_memory_is_never_read_afterwards(text):
    plan, values = plan_of(text, x=BIG)
    kept = BIG.copy()

    first = plan.run(NUMPY, values)[0]
    second = plan.run(NUMPY, values)[0]

    np.testing.assert_array_equal(BIG, kept)
    np.testing.assert_allclose(first, REUSE[text](BIG), rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(first, second)


def test_results_that_share_nodes_stay_apart():
    t = trace(Source("sin(x)"), {"x": BIG})
    a = t.output
    plan = Plan([a, F.cos(a), a], [t.inputs["x"]])

    one, two, three = plan.run(NUMPY, [BIG])

    np.testing.assert_array_equal(one, np.sin(BIG))
    np.testing.assert_array_equal(two, np.cos(np.sin(BIG)))
    np.testing.assert_array_equal(three, one)


def test_inputs_are_never_written():
    x = np.linspace(0, 1, 50_000)
    x.flags.writeable = False
    plan, _ = plan_of("exp(-x)*2 + 1", x=x)

    plan.run(NUMPY, [x])


def test_failures_have_their_place():
    t = trace(Source("1 + inv(A)"), {"A": np.zeros((2, 2))})

    with pytest.raises(DiffcliError) as caught:
        t.run([t.output])

    assert (caught.value.code, caught.value.span) == ("domain", (4, 10))


def test_an_array_beyond_the_limit_is_refused_before_it_is_made():
    x = INPUT.make("x", (70_000,), np.dtype(float))

    with pytest.raises(DiffcliError) as caught:
        Plan([F.outer(x, x)], [x])

    assert caught.value.code == "too-large"


@pytest.mark.parametrize("name", ["numpy", "auto"])
def test_backends(name):
    assert backend(name).name in ("numpy", "cupy")


@pytest.mark.parametrize(("name", "code"), [("tpu", "usage")])
def test_unknown_backends(name, code):
    with pytest.raises(DiffcliError) as caught:
        backend(name)

    assert caught.value.code == code
