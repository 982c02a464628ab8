"""The steps of differences: near kinks and edges of domains, and not so that errors are missed."""

from __future__ import annotations

import numpy as np
import pytest

from diffcli import api
from diffcli.check import check, compare
from diffcli.errors import Source

NEAR = [
    ("erfcx(abs(x))", -9.62e-5),
    ("log(x)", 1e-300),
    ("sqrt(x)*abs(x)", 1e-12),
    ("abs(x - 1)", 1.00001),
    ("relu(x - 3)*x", 3 + 1e-6),
    ("sum(abs(x - [0, 1])*[1, 3])", 1e-9),
]


def traced(expr, x):
    return api.trace(Source(expr), {"x": np.asarray(x)})


@pytest.mark.parametrize(("expr", "x"), NEAR)
def test_differences_do_not_cross_kinks_and_edges_nearby(expr, x):
    found = check(traced(expr, x), ["x"]).variables["x"]
    assert (found.ok, found.kink) == (True, False)
    assert found.max_rel_error < 1e-5


@pytest.mark.parametrize(("expr", "x"), [*NEAR, ("exp(abs(x))", 0.7), ("abs(x)**3", 1e3)])
def test_finer_steps_hide_no_error(expr, x):
    found = compare(traced(expr, x), "x")
    assert found.allowed().all()
    found.reverse = found.reverse * (1 + 1e-4)
    found.forward = found.forward * (1 + 1e-4)
    assert not found.allowed().any()
