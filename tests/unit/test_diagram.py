"""Diagrams: the vertices of a graph, and their forms as trees, Graphviz's and Mermaid's text."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diffcli
from diffcli import api
from diffcli.diagrams import diagram
from diffcli.errors import DiffcliError, Source
from diffcli.graph.diagram import Diagram
from diffcli.render.diagram import DEEPEST, MOST, dot, mermaid, tree
from diffcli.render.graphviz import picture
from diffcli.render.layout import Style
from tests.transcript import diffcli_in_process

VALUES = {
    **{"a": np.array(2.0), "b": np.array(3.0), "c": np.array(1.0), "k": np.array(2)},
    **{"w": np.array([1.0, 2, 1]), "x": np.array([2.0, 1, 3])},
    **{"A": np.eye(3) + 0.1, "B": np.eye(3) + 0.2},
}
STYLE = Style()


def drawn(expr: str, *wrt: str, **options: Any) -> Diagram:
    return diagram(api.trace(Source(expr), VALUES), wrt, **options)


def edges(diagram: Diagram) -> list[tuple[str, str]]:
    return [(x, v.name) for v in diagram.vertices.values() for x in v.inputs]


def test_the_graph_of_the_chain_rule():
    found = drawn("(a+b)*(b-c)", values=True)

    assert {n: (v.op, v.inputs, float(v.value)) for n, v in found.vertices.items()} == {
        "a": ("input", [], 2),
        "b": ("input", [], 3),
        "c": ("input", [], 1),
        "v1": ("add", ["a", "b"], 5),
        "v2": ("subtract", ["b", "c"], 2),
        "v3": ("multiply", ["v1", "v2"], 10),
    }
    assert found.results == [("value", "v3")]


@pytest.mark.parametrize(
    ("expr", "vertices"),
    [
        ("x*x", ["multiply x x"]),
        ("2*a + 2", ["multiply #1 a", "add v1 #2"]),
        ("3", []),
        ("w @ x", ["matmul w x"]),
        ("var(x, ddof=1)", ["var x"]),
        ("softmax(A @ x)[0]", ["matmul A x", "softmax v1", "window v2"]),
        ("s = sin(a); s*s", ["sin a", "multiply s s"]),
        ("a if a > b else b", ["greater a b", "where v1 a b"]),
    ],
)
def test_vertices_are_the_operations_of_the_text(expr, vertices):
    found = drawn(expr).vertices.values()

    assert [" ".join([v.op, *v.inputs]) for v in found if v.kind == "operation"] == vertices


def test_the_same_from_python():
    found = diffcli.diagram("a*b", backward=True, values=True)(a=2.0, b=3.0)

    assert dict(found.results).keys() == {"grad a", "grad b"}


def test_the_graph_of_a_gradient_computes_it():
    found = drawn("(a+b)*(b-c)", "a", "b", "c", backward=True, values=True)

    slopes = {name: float(found.vertices[v].value) for name, v in found.results}
    assert slopes == {"grad a": 2, "grad b": 7, "grad c": -5}


def test_a_result_may_be_a_number():
    assert drawn("3").vertices["#1"].op == "3"
    assert tree(drawn("2*a", "a", backward=True, simplified=True), STYLE) == "grad a: 2\n"


def test_the_gradient_of_several_elements_begins_with_their_cotangent():
    found = drawn("sin(x)", "x", backward=True)

    assert "v" in found.vertices
    with pytest.raises(DiffcliError, match="one element"):
        drawn("sin(x)", "x", backward=True, values=True)


def test_what_runs_is_simplified_and_its_loops_are_marked():
    t = api.trace(Source("sum(sin(x)*1 + 0*x)"), {"x": np.ones(40_000)})
    plain = [v.op for v in diagram(t, simplified=True).vertices.values()]
    assert plain.count("multiply") == 1  # 0*x stays: it may be nan

    t = api.trace(Source("sum(sin(x)**2 + x)"), {"x": np.ones(40_000)})
    found = diagram(t, simplified=True).vertices.values()
    assert {v.loop for v in found if v.kind == "operation"} == {1}


# Names of PyTorch 2.13 without those of leaves, in alphabetical order.
TORCH = """
(a+b)*(b-c)        | AddBackward0 MulBackward0 SubBackward0
2 - a              | RsubBackward1
a**2 + 2**a + a**b | AddBackward0 AddBackward0 PowBackward0 PowBackward1 PowBackward2
w @ x              | DotBackward0
A @ x              | MvBackward0
A @ B              | MmBackward0
A.T @ x            | MvBackward0 PermuteBackward0
sum(x)             | SumBackward0
A.mean(1).sum()    | MeanBackward1 SumBackward0
max(x)             | MaxBackward1
std(x)             | StdBackward0
softmax(x, 0)      | SoftmaxBackward0
where(x > 1, x, w) | WhereBackward0
x[0]               | SelectBackward0
x[1:]              | SliceBackward0
x.reshape(3, 1)    | ViewBackward0
concatenate([w,x]) | CatBackward0
clip(x, 0, 2)      | ClampBackward1
det(A)             | LinalgDetBackward0
arcsin(a/3)        | AsinBackward0 DivBackward0
x[None]            | UnsqueezeBackward0
diag(x)            | DiagEmbedBackward0
diag(A)            | DiagonalBackward0
A.flatten()        | ViewBackward0
swapaxes(A, 0, 1)  | TransposeBackward0
movedim(A, 0, 1)   | PermuteBackward0
cholesky(A)        | LinalgCholeskyExBackward0
vector_norm(x, 3)  | LinalgVectorNormBackward0
"""


@pytest.mark.parametrize("line", TORCH.strip().split("\n"))
def test_names_of_pytorch(line):
    expr, _, names = line.partition("|")
    found = drawn(expr.strip(), names="torch").vertices.values()

    assert {v.op for v in found if v.kind == "variable"} == {"AccumulateGrad"}
    assert sorted(v.op for v in found if v.kind == "operation") == names.split()


def test_pytorch_sees_no_integers_and_no_numbers():
    found = drawn("k*a + 3", names="torch")

    assert set(found.vertices) == {"a", "v1", "v2"}


@pytest.mark.parametrize("expr", ["2 + 2", "a > 0", "2 + k"])
def test_pytorch_makes_no_graph_without_gradients(expr):
    with pytest.raises(DiffcliError) as error:
        drawn(expr, names="torch")

    assert error.value.code == "not-differentiable"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"names": "jax"}, "bad-argument"),
        ({"names": "torch", "simplified": True}, "usage"),
        ({"names": "torch", "backward": True}, "usage"),
    ],
)
def test_what_is_not_drawn(options, code):
    with pytest.raises(DiffcliError) as error:
        drawn("a*b", "a", **options)

    assert error.value.code == code


# ----- trees --------------------------------------------------------------------------------------


def test_shared_vertices_are_not_repeated():
    text = tree(drawn("h = sin(a)*b; h*h + h"), STYLE)

    assert text.count("sin") == 1
    assert text.count("h (above)") == 2


def test_trees_in_ascii():
    text = tree(drawn("(a+b)*(b-c)"), Style(ascii_only=True))

    assert text.isascii()
    assert "+-- v1 add" in text
    assert "`-- v2 subtract" in text


def chain(n: int) -> Diagram:
    text = "y = a\n" + "y = sin(y)\n" * n + "y"
    return diagram(api.trace(Source(text), VALUES))


def test_a_long_chain_is_cut_and_shown_on_demand():
    n = 1200
    found = chain(n)

    short = tree(found, STYLE)
    assert short.endswith(f"and {n + 1 - MOST:,} more of {n + 1:,}; --full shows all\n")
    full = tree(found, Style(full=True))
    assert "--full" not in full
    named = re.findall(r"^[│├└─ ]*(v\d+|y|a)\b(?! \(below\))", full, re.MULTILINE)
    assert len(named) == len(set(named)) == n + 1
    assert max(map(len, full.split("\n"))) < 5 * DEEPEST + 30
    assert dot(found, STYLE).count("->") == n
    assert mermaid(found, STYLE).count("-->") == n


# ----- other languages ----------------------------------------------------------------------------


def test_dot_has_every_vertex_and_every_edge():
    found = drawn("var(x*w) + sum(A @ x)*2")
    lines = dot(found, STYLE).split("\n")

    labelled = [m[1] for line in lines if (m := re.match(r'\s+"(.*?)" \[label=', line))]
    arrows = [m.groups() for line in lines if (m := re.match(r'\s+"(.*?)" -> "(.*?)";', line))]
    assert labelled == list(found.vertices)
    assert arrows == edges(found)


def test_mermaid_has_every_vertex_and_every_edge():
    found = drawn("var(x*w) + sum(A @ x)*2")
    lines = mermaid(found, STYLE).split("\n")

    order = list(found.vertices)
    arrows = [m.groups() for line in lines if (m := re.match(r"\s+n(\d+) --> n(\d+)", line))]
    assert [(order[int(a)], order[int(b)]) for a, b in arrows] == edges(found)


def test_loops_are_boxes():
    t = api.trace(Source("sum(sin(x)**2 + x)"), {"x": np.ones(40_000)})
    found = diagram(t, simplified=True)

    assert "subgraph cluster_1 {" in dot(found, STYLE)
    assert "subgraph loop1[loop 1]" in mermaid(found, STYLE)


# ----- pictures -----------------------------------------------------------------------------------


def command(folder: Path, script: str) -> None:
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_graphviz_gets_the_text_and_gives_the_picture(tmp_path, monkeypatch):
    command(tmp_path, 'printf "%s " "$@"; cat')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert picture("digraph { }", "svg") == b"-Tsvg digraph { }"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'syntax error in line 1' >&2; exit 1", "syntax error in line 1"),
        ("exit 0", "nothing"),
    ],
)
def test_what_graphviz_says_is_repeated(script, words, tmp_path, monkeypatch):
    command(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(DiffcliError, match=words):
        picture("digraph {", "png")


def test_graphviz_may_be_missing_and_may_be_slow(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DiffcliError, match="not installed") as error:
        picture("digraph {}", "pdf")
    assert "apt install graphviz" in error.value.hint

    command(tmp_path, "exec /bin/sleep 20")
    monkeypatch.setattr("diffcli.render.graphviz.SECONDS", 0.2)
    with pytest.raises(DiffcliError, match="longer"):
        picture("digraph {}", "pdf")


@pytest.mark.parametrize("name", ["g.dot", "g.mmd", "g.json"])
def test_files_are_what_the_formats_print(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form = {"g.dot": "dot", "g.mmd": "mermaid", "g.json": "json"}[name]
    argv = ["graph", "a*b + a", "a=2", "b=3"]

    printed = diffcli_in_process([*argv, "--format", form], "").stdout
    assert diffcli_in_process([*argv, "-o", name], "").stdout == ""
    assert Path(name).read_text(encoding="utf-8") == printed
    if form == "json":
        assert json.loads(printed)["graph"]["results"] == {"value": "v2"}
