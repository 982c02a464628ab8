"""Printed graphs parse back to the same graph, and simplification keeps every value."""

from __future__ import annotations

import numpy as np
import pytest

from diffcli import api
from diffcli.emit.text import text
from diffcli.errors import Source
from diffcli.graph.node import is_inexact
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms.reverse import pull
from diffcli.transforms.simplify import Simplifier, same_graph, simplify
from tests.samples import cases
from tests.test_table import traced

CASES = cases()
IDS = [f"{row.name}: {text}" for row, text, _ in CASES]
walk = pytest.mark.parametrize(("row", "text", "values"), CASES, ids=IDS)


def graphs(t: api.Trace) -> list:
    """The result and its cotangents by every variable."""
    wrt = [t.inputs[n] for n in api.default_wrt(t)]
    if not is_inexact(t.dtype):
        return [t.output]
    g = INPUT.make("g", t.shape, t.dtype)
    t.inputs["g"] = g
    t.values["g"] = np.cos(np.arange(t.output.size)).reshape(t.shape).astype(t.dtype)
    return [t.output, *(c for c in pull([(t.output, g)], wrt) if c is not None)]


def reparsed(printed: str, t: api.Trace):
    """The simplified graph of printed text over the same variables."""
    return simplify([api.trace(Source(printed), t.values).output])[0]


@walk
def test_printed_text_parses_back(row, text, values):
    t = traced(text, values)
    for simple in simplify(graphs(t)):
        printed = render(simple)
        if printed is None:
            continue
        again = reparsed(printed, t)
        assert same_graph([simple], [again]), f"{printed}\n{render(again)}"


render = text


@walk
def test_simplified_values_are_the_same(row, text, values):
    t = traced(text, values)
    nodes = graphs(t)
    plain = Simplifier(rules=()).run(nodes)
    inputs = list(t.inputs.values())
    given = list(t.values.values())
    for a, b, node in zip(
        run_without_rewrites(plain, inputs, given),
        Plan(nodes, inputs).run(NUMPY, given),
        nodes,
        strict=True,
    ):
        assert b.shape == node.shape
        assert b.dtype == node.dtype or node.weak
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-13)


def run_without_rewrites(nodes: list, inputs: list, given: list) -> list[np.ndarray]:
    """Evaluate node by node, without a plan."""
    from diffcli.graph.node import postorder
    from diffcli.ops.op import CONSTANT

    values = {id(x): v for x, v in zip(inputs, given, strict=True)}
    for node in postorder(nodes):
        if id(node) in values:
            continue
        if node.op is CONSTANT:
            values[id(node)] = node.params["value"]
        else:
            operands = [
                values[id(x)] if x.parts else np.asarray(values[id(x)], x.dtype)
                for x in node.inputs
            ]
            values[id(node)] = node.op.evaluate(NUMPY, *operands, **node.params)
    return [np.asarray(values[id(n)]) for n in nodes]


REWRITES = [
    ("x + 0", "x"),
    ("0 + x", "x"),
    ("x - 0", "x"),
    ("0 - x", "-x"),
    ("-(-x)", "x"),
    ("x + (-y)", "x - y"),
    ("x - (-y)", "x + y"),
    ("x + x", "2*x"),
    ("1*x", "x"),
    ("x*-1", "-x"),
    ("(x > 1)*-1.0", "-astype(x > 1, float64)"),
    ("(-x)*y", "-x*y"),
    ("x*(1/y)", "x/y"),
    ("2*(3*x)", "6*x"),
    ("x/1", "x"),
    ("(-x)/y", "-x/y"),
    ("x**1", "x"),
    ("x.T.T", "x"),
    ("x.reshape(6).reshape(3, 2)", "reshape(x, (3, 2))"),
    ("x.reshape(2, 3)", "x"),
    ("real(conj(x))", "x"),
    ("where(x > 0, y, y)", "y"),
    ("sum(x, axis=())", "x"),
    ("broadcast_to(x, (2, 3))", "x"),
    ("exp(broadcast_to(s, (2, 3))) + x", "exp(s) + x"),
    ("2*pi*x", "2*pi*x"),
    ("x/3 + 1/3", "x/3 + 1/3"),
]


@pytest.mark.parametrize(("before", "after"), REWRITES)
def test_rewrite(before, after):
    names = {"x": (2, 3), "y": (2, 3), "s": ()}
    t = api.trace(Source(before), {n: np.ones(s) for n, s in names.items()})
    assert text(simplify([t.output])[0]) == after


KEPT = ["0*x", "x - x", "x/x", "x*0.1*0.3", "sqrt(x)**2", "log(exp(x))", "x**0.5*x**0.5"]


@pytest.mark.parametrize("expr", KEPT)
def test_no_rewrite_that_changes_a_value_or_domain(expr):
    """0*inf is nan, sqrt(x)**2 needs x >= 0: such expressions stay what they are."""
    t = api.trace(Source(expr), {"x": np.array([0.0, -1.0, np.inf, 2.0])})
    (simple,) = simplify([t.output])
    assert simple is not t.inputs["x"]
    (kept,) = t.run([t.output])
    assert np.isnan(kept).any() or expr == "x*0.1*0.3" or expr == "log(exp(x))"


def test_a_deep_chain_is_handled_without_recursion():
    x = INPUT.make("x", (), np.dtype(float))
    y = x
    for _ in range(30_000):
        y = F.sin(y)
    (g,) = pull([(y, F.ones_like(y))], [x])
    value, slope = Plan([y, g], [x]).run(NUMPY, [np.array(0.5)])
    assert 0 < value < 0.5
    assert 0 < slope < 1


PRODUCTS = ["x @ v", "v @ A", "v @ w", "A @ B @ v", "B @ v", "v[None] @ A", "x @ A"]


@pytest.mark.parametrize("expr", PRODUCTS)
def test_products_print_as_they_are_written(expr):
    """A product with a vector is one of matrices in the graph, and a vector's in the text."""
    shapes = {"x": (2, 3), "v": (3,), "w": (3,), "A": (3, 3), "B": (2, 3, 3)}
    t = api.trace(Source(expr), {n: np.ones(s) for n, s in shapes.items()})

    printed = text(simplify([t.output])[0])

    assert printed == expr
