"""Jacobians and Hessians without unit vectors: the same numbers from few operations."""

from __future__ import annotations

import string
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from diffcli import api
from diffcli.errors import Source
from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.plan import Plan
from diffcli.transforms import derive
from diffcli.transforms.cost import operations
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.structure import structured
from diffcli.transforms.vmap import vmap
from tests.test_properties import expressions, traced

Shapes = dict[str, tuple[int, ...]]

CASES: list[tuple[str, str, Shapes, dict[str, int]]] = [
    ("jacobian x", "tanh(W @ x)", {"x": (4,), "W": (5, 4)}, {"einsum": 1, "diag_embed": 0}),
    ("jacobian x", "W @ x", {"x": (4,), "W": (5, 4)}, {"einsum": 0, "matmul": 0}),
    ("jacobian x", "W @ tanh(x)", {"x": (4,), "W": (5, 4)}, {"einsum": 1, "matmul": 0}),
    ("jacobian x", "sin(x)*exp(x)/y", {"x": (4,), "y": (4,)}, {"diag_embed": 1, "einsum": 0}),
    ("jacobian x", "x.T", {"x": (3, 4)}, {"diag_embed": 2, "einsum": 0}),
    ("jacobian x", "reshape(x, (3, 4))*2", {"x": (12,)}, {"einsum": 0}),
    ("jacobian x", "reshape(x, (12,))*2", {"x": (3, 4)}, {"einsum": 0}),
    ("jacobian x", "sum(x*y, axis=1)", {"x": (3, 4), "y": (3, 4)}, {"diag_embed": 1, "einsum": 0}),
    ("jacobian x", "A @ x @ B", {"x": (3, 2), "A": (4, 3), "B": (2, 5)}, {"einsum": 1}),
    ("jacobian x", "x[:, None] + x*y", {"x": (3,), "y": (3,)}, {"einsum": 0}),
    ("hessian x", "x.T @ A @ x", {"x": (4,), "A": (4, 4)}, {"einsum": 0, "matmul": 0, "add": 1}),
    (
        "hessian w",
        "sum(log1p(exp(-y*(X @ w))))",
        {"w": (3,), "y": (6,), "X": (6, 3)},
        {"einsum": 2},
    ),
    ("hessian U", "sum((T - U @ V.T)**2)", {"U": (4, 2), "V": (5, 2), "T": (4, 5)}, {"einsum": 1}),
    ("hessian x", "sum(exp(x)*y)", {"x": (4,), "y": (4,)}, {"diag_embed": 1, "einsum": 0}),
    (
        "hessian x",
        "sum(relu(A @ relu(B @ x)))",
        {"x": (3,), "B": (4, 3), "A": (2, 4)},
        {"matmul": 0},
    ),
    ("hessian x", "sum(A @ tanh(B @ x))", {"x": (3,), "B": (4, 3), "A": (2, 4)}, {"einsum": 2}),
    ("hessian x", "norm(A @ x - b)**2", {"x": (3,), "A": (4, 3), "b": (4,)}, {"einsum": 1}),
    ("hessian x", "prod(x)", {"x": (4,)}, {}),
    ("hessian x", "logsumexp(A @ x)", {"x": (3,), "A": (4, 3)}, {}),
    ("hessian x", "sum(where(x > 0, x**3, 0))", {"x": (4,)}, {"diag_embed": 1}),
    ("jacobian x", "softmax(A @ x)", {"x": (3,), "A": (4, 3)}, {}),
    ("jacobian x", "x", {"x": (1,)}, {}),
    ("jacobian x", "x*2", {"x": ()}, {}),
    ("jacobian x", "zeros((0,)) + x", {"x": ()}, {}),
    ("jacobian x", "sum(outer(x, x), axis=0)", {"x": (3,)}, {}),
    ("jacobian x", "einsum('ij,jk->ik', x, y)", {"x": (2, 3), "y": (3, 4)}, {"einsum": 0}),
    ("jacobian x", "cumsum(x)[1:]", {"x": (5,)}, {}),
    ("jacobian x", "x*sum(y) + x*y[0]", {"x": (2,), "y": (3,)}, {}),
    ("jacobian x", "sum(exp(x*y)) + x**2", {"x": (), "y": (3,)}, {}),
    ("hessian x", "sum(exp(x*y)) + x**3*sum(y)", {"x": (), "y": (3,)}, {}),
    ("jacobian x", "inv(x)", {"x": (3, 3)}, {}),
    ("jacobian W", "A @ relu(W @ x)", {"W": (4, 3), "x": (3,), "A": (2, 4)}, {"einsum": 2}),
    (
        "hessian W",
        "z = B @ relu(W @ x); logsumexp(B @ relu(z)) - z[0]",
        {"W": (4, 3), "x": (3,), "B": (4, 4)},
        {"diag_embed": 0},
    ),
    ("jacobian x", "z = x; " + "z = A @ relu(z); " * 60 + "z", {"x": (2,), "A": (2, 2)}, {}),
]
"""What is asked for, an expression, the shapes of its variables, and operators of the plan."""


def with_units(found: list[Node], seed: Node) -> list[Node]:
    """The same rows through the unit vectors themselves."""
    units = np.eye(seed.size, dtype=seed.dtype).reshape(seed.size, *seed.shape)
    many = INPUT.make("units", units.shape, units.dtype)
    return vmap(found, [(seed, many)], seed.size), many, units


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("what", "text", "shapes", "counts"), CASES, ids=[c[1][:40] for c in CASES]
)
def test_numbers_and_operators(
    mode: str, what: str, text: str, shapes: Shapes, counts: dict[str, int]
) -> None:
    kind, name = what.split()
    rng = np.random.default_rng(5)
    values = {n: np.asarray(rng.uniform(0.3, 1.5, s)) for n, s in shapes.items()}
    nodes = {n: INPUT.make(n, v.shape, v.dtype) for n, v in values.items()}
    x = nodes[name]
    y = api.trace(Source(text), {}, unknown=list(nodes.values())).output
    if kind == "hessian":
        (y,) = pull([(y, one(y))], [x])  # type: ignore[assignment]
    if mode == "reverse":
        (found,) = derive.jacobian_reverse(y, [x])
        seed = INPUT.make("", y.shape, y.dtype)
        (rows,) = pull([(y, seed)], [x])
    else:
        (found,) = derive.jacobian_forward([y], x)
        seed = INPUT.make("", x.shape, x.dtype)
        (rows,) = push([y], [(x, seed)])
    if found is None:
        assert rows is None
        return
    inputs, given = list(nodes.values()), list(values.values())
    plan = Plan([found], inputs)
    (ours,) = plan.run(NUMPY, given)
    (wanted,), many, units = with_units([rows], seed)
    (wanted,) = Plan([wanted], [*inputs, many]).run(NUMPY, [*given, units])
    if mode == "forward":
        wanted = np.moveaxis(wanted, 0, -1)
    np.testing.assert_allclose(ours, wanted.reshape(ours.shape), rtol=1e-12, atol=1e-14)
    names = Counter(step.node.op.name for step in plan.instructions)
    if mode == ("forward" if kind == "hessian" else "reverse"):
        assert {n: names[n] for n in counts} == counts, names


CHAINS = [(100, 2, 100, 2), (2, 100, 50, 100), (1, 90, 3, 90, 1), (10, 1, 10, 80, 2, 70), (5,) * 8]


@pytest.mark.parametrize("sizes", CHAINS)
def test_chains_of_products_are_ordered_by_cost(sizes: tuple[int, ...]) -> None:
    factors = [INPUT.make("", pair, np.dtype(float)) for pair in pairwise(sizes)]
    letters = string.ascii_letters
    spec = ",".join(letters[k : k + 2] for k in range(len(factors)))
    found = F.einsum(f"{spec}->{letters[0]}{letters[len(factors)]}", *factors)
    assert operations([found]) <= operations([F.multi_dot(factors)])


@settings(max_examples=200)
@given(expressions())
def test_structured_is_plain(expr: str) -> None:
    t = traced(expr)
    seed = INPUT.make("", t.shape, t.dtype)
    inputs, given = list(t.inputs.values()), list(t.values.values())
    found = [c for c in pull([(t.output, seed)], inputs) if c is not None]
    if not found or 0 in t.shape:
        return
    many, units, values = with_units(found, seed)
    wanted = Plan(many, [*inputs, units]).run(NUMPY, [*given, values])
    ours = Plan(structured(many, units, seed.shape), inputs).run(NUMPY, given)
    for a, b in zip(ours, wanted, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_a_dead_branch_stays_dead() -> None:
    """The infinite slope of sqrt at 0 does not reach rows that `where` has cut off."""
    x, kept = np.array([0.0, 4.0, 1.0]), np.array([-1.0, 1.0, -1.0])
    nodes = [INPUT.make(n, (3,), x.dtype) for n in "xm"]
    nodes.append(INPUT.make("W", (3, 3), x.dtype))
    y = api.trace(Source("where(m > 0, W @ sqrt(x), 0)"), {}, unknown=nodes).output
    (found,) = derive.jacobian(y, nodes[:1], "forward")
    assert found is not None
    (jacobian,) = Plan([found], nodes).run(NUMPY, [x, kept, np.ones((3, 3))])
    np.testing.assert_array_equal(jacobian, [[0, 0, 0], [np.inf, 0.25, 0.5], [0, 0, 0]])


def test_off_the_diagonal_of_an_infinite_slope_is_zero() -> None:
    x = np.array([0.0, 4.0])
    nodes = [INPUT.make("x", x.shape, x.dtype)]
    y = api.trace(Source("sqrt(x)"), {}, unknown=nodes).output
    (found,) = derive.jacobian(y, nodes)
    assert found is not None
    (jacobian,) = Plan([found], nodes).run(NUMPY, [x])
    np.testing.assert_array_equal(jacobian, [[np.inf, 0], [0, 0.25]])


ORDERS: list[tuple[str, Shapes, str, int]] = [
    ("sort(x)**2", {"x": (80,)}, "reverse", 80),
    ("cumsum(sin(x))", {"x": (80,)}, "forward", 80),
    ("softmax(W @ x)", {"W": (8, 90), "x": (90,)}, "mixed", 98),
    ("sort(x)**2", {"x": (8,)}, "forward", 8),  # so small that passes are counted
]


@pytest.mark.parametrize(("expr", "shapes", "mode", "passes"), ORDERS)
def test_the_order_of_a_jacobian_is_chosen_by_its_operations(
    expr: str, shapes: Shapes, mode: str, passes: int
) -> None:
    rng = np.random.default_rng(0)
    t = api.trace(Source(expr), {n: rng.normal(size=s) for n, s in shapes.items()})
    names = list(shapes)
    found = api.jacobian(t, names)
    assert (found.mode, found.passes) == (mode, passes)
    for one_way in ("forward", "reverse"):
        other = api.jacobian(t, names, one_way)
        assert other.mode == one_way
        for name in names:
            np.testing.assert_allclose(found.by_name[name], other.by_name[name], atol=1e-12)
