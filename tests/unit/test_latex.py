"""LaTeX of graphs."""

from __future__ import annotations

import numpy as np
import pytest

from diffcli import api
from diffcli.emit.latex import latex
from diffcli.emit.symbols import symbol
from diffcli.errors import Source
from diffcli.transforms.simplify import simplify
from tests.samples import cases
from tests.test_table import traced

SHAPES = {"x": (4,), "y": (4,), "A": (4, 4), "alpha_1": (), "x2": ()}

WRITTEN = [
    ("x.T @ A @ y", r"x^{\top} \, A \, y"),
    ("-A.T @ (y*sigmoid(x))", r"-A^{\top} \, \left(y \odot \sigma\left(x\right)\right)"),
    ("x/(1 + x**2)", r"\frac{x}{1 + x^{2}}"),
    ("(x2 + 1)**2*3", r"\left(x_{2} + 1\right)^{2} \cdot 3"),
    ("exp(-x**2)", "e^{-x^{2}}"),
    ("norm(x - y)", r"\left\lVert x - y\right\rVert"),
    (
        "where(x > 0, x, -x)",
        r"\begin{cases} x & \text{if } x > 0 \\ -x & \text{otherwise} \end{cases}",
    ),
    ("3.5e-7*x2", r"3.5 \cdot 10^{-7} \, x_{2}"),
    ("inv(A).T", r"A^{-\top}"),
    ("A[0]", "A_{0, :}"),
    ("sum(x*y)", r"\textstyle\sum \left(x \odot y\right)"),
    ("sum(A, axis=0)", r"\textstyle\sum_{0} A"),
    ("alpha_1*x2", r"\alpha_{1} \, x_{2}"),
    ("x - (y - 1)", r"x - \left(y - 1\right)"),
    ("sqrt(x)**2", r"\sqrt{x}^{2}"),
    ("log(det(A))", r"\log\left(\det\left(A\right)\right)"),
    ("eye(4) @ A", r"I \, A"),
    ("maximum(x, pi)", r"\operatorname{maximum}\left(x, \pi\right)"),
    ("array([1, 2, 3, 4]) + x", r"\begin{pmatrix} 1 \\ 2 \\ 3 \\ 4 \end{pmatrix} + x"),
]


@pytest.mark.parametrize(("expr", "expected"), WRITTEN)
def test_notation(expr, expected):
    t = api.trace(Source(expr), {n: np.ones(s) for n, s in SHAPES.items()})
    assert latex(simplify([t.output])[0]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"),
        ("x1", "x_{1}"),
        ("sigma_x", r"\sigma_{x}"),
        ("loss", r"\mathit{loss}"),
        ("w_out", r"w_{\mathit{out}}"),
        ("_a", r"\mathit{\_a}"),
        ("x_bar", r"\bar{x}"),
        ("v12_dot", r"\dot{v}_{12}"),
        ("sigma_x_hat", r"\hat{\sigma}_{x}"),
    ],
)
def test_names(name, expected):
    assert symbol(name) == expected


def test_every_row_is_written_with_balanced_brackets():
    for _, text, values in cases():
        shown = latex(traced(text, values).output)
        if shown is not None:
            assert shown.count("{") == shown.count("}"), text
            assert shown.count(r"\left") == shown.count(r"\right"), text
