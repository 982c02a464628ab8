"""Compiled against eager: a program's nodes give what plans of the same expression give."""

from __future__ import annotations

import numpy as np
import pytest

from diffcli import api
from diffcli.eager.engine import Backward
from diffcli.eager.mode import recording
from diffcli.eager.nodes import Eager, evaluated, leaf
from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import Node, is_inexact
from diffcli.lower.evaluate import Evaluator
from diffcli.lower.values import as_node
from diffcli.ops.table import F
from diffcli.syntax.parser import parse_expression
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import pull
from tests.samples import cases

CASES = cases()
IDS = [f"{row.name}: {text}" for row, text, _ in CASES]
walk = pytest.mark.parametrize(("row", "text", "values"), CASES, ids=IDS)


def eager(text: str, values: dict[str, np.ndarray]) -> tuple[Eager, dict[str, Eager]]:
    """The result of an expression evaluated at once, and the leaves it was made from."""
    scope = {name: leaf(value, is_inexact(value.dtype)) for name, value in values.items()}
    source = Source(text)
    result = Evaluator(source, dict(scope)).run(parse_expression(source))
    return evaluated(as_node(result)), scope


def weights(y: Node) -> np.ndarray:
    return np.linspace(0.5, 1.5, y.size).reshape(y.shape).astype(y.dtype)


def backward(y: Eager, g: Eager, x: Eager, create: bool = False) -> Eager | None:
    sweep = Backward([(y, g)], keep=True, create=create, targets=[x])
    sweep.run()
    return sweep.captured.get(x)


@walk
def test_eager_is_compiled(row, text, values):
    """Values, cotangents and tangents, and cotangents of cotangents."""
    t = api.trace(Source(text), values)
    with np.errstate(all="ignore"):
        try:
            expected = t.run([t.output])[0]
        except DiffcliError:
            return
        y, scope = eager(text, values)
        np.testing.assert_allclose(y.value, expected, rtol=1e-12, atol=1e-12)
        if not is_inexact(y.dtype):
            assert not y.tracked
            return
        v = leaf(weights(y))
        for name in api.default_wrt(t):
            same_derivatives(t, y, scope[name], name, v)


def same_derivatives(t: api.Trace, y: Eager, x: Eager, name: str, v: Eager) -> None:
    node = t.inputs[name]
    (compiled,) = pull([(t.output, F.reshape(F.array(v.value), y.shape))], [node])
    g = backward(y, v, x, create=True)
    if compiled is None:
        assert g is None or not np.any(g.value)
        return
    (expected,) = t.run([compiled])
    scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
    np.testing.assert_allclose(g.value, expected, rtol=1e-9, atol=1e-10 * scale)
    tangent = weights(x)
    (moved,) = push([y], [(x, leaf(tangent))])
    (compiled_moved,) = push([t.output], [(node, F.array(tangent))])
    if compiled_moved is not None:
        (expected,) = t.run([compiled_moved])
        np.testing.assert_allclose(moved.value, expected, rtol=1e-9, atol=1e-10 * scale)
    second = backward(g, leaf(weights(g)), x) if g.tracked else None
    (compiled_second,) = pull([(compiled, F.array(weights(g)))], [node])
    if second is not None and compiled_second is not None:
        (expected,) = t.run([compiled_second])
        scale = max(1.0, float(np.max(np.abs(expected), initial=0)))
        np.testing.assert_allclose(second.value, expected, rtol=1e-8, atol=1e-9 * scale)


def test_nothing_is_recorded_without_gradients():
    x = leaf(np.ones(3), True)
    with recording(False):
        y = F.sin(x) * 2
    assert not y.tracked
    assert y.inputs == ()
