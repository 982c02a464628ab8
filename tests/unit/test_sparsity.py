"""Sparse Jacobians and Hessians: the entries of the dense ones, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from scipy import sparse

import diffcli
from diffcli import api, sparsity
from diffcli.errors import DiffcliError, Source
from diffcli.limits import limited
from diffcli.ops.op import INPUT
from diffcli.ops.table import F
from diffcli.runtime.sparse import entries
from tests.samples import VARIABLES, cases
from tests.test_properties import close, expressions, traced

BROYDEN = "(3 - 2*x)*x - concatenate([[0.0], x[:-1]]) - 2*concatenate([x[1:], [0.0]]) + 1"
ROSENBROCK = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"
LAPLACE = """
p = pad(u, 1)
p[2:, 1:-1] + p[:-2, 1:-1] + p[1:-1, 2:] + p[1:-1, :-2] - 4*u
"""

rng = np.random.default_rng(3)
X = rng.uniform(0.5, 1.5, 7)


def tridiagonal(n: int, low: Any, middle: Any, high: Any) -> sparse.csr_array:
    bands = [np.broadcast_to(low, n - 1), middle, np.broadcast_to(high, n - 1)]
    return sparse.diags_array(bands, offsets=[-1, 0, 1]).tocsr()


def laplacian(n: int, m: int) -> Any:
    along, down = (tridiagonal(k, 1.0, np.full(k, -2.0), 1.0) for k in (m, n))
    return sparse.kron(sparse.eye_array(n), along) + sparse.kron(down, sparse.eye_array(m))


KNOWN: list[tuple[str, dict[str, Any], Any]] = [
    (BROYDEN, {"x": X}, tridiagonal(7, -1.0, 3 - 4 * X, -2.0)),
    (LAPLACE, {"u": rng.normal(size=(4, 5))}, laplacian(4, 5)),
    ("sin(x)", {"x": X}, sparse.diags_array(np.cos(X))),
    ("x[[3, 0, 2, 1]]", {"x": X[:4]}, np.eye(4)[[3, 0, 2, 1]]),
    ("x.T", {"x": X[:6].reshape(2, 3)}, np.eye(6)[[0, 3, 1, 4, 2, 5]]),
    ("(A @ x.reshape(2, 3)).ravel()", {"x": X[:6], "A": np.eye(2) * 3}, 3 * np.eye(6)),
    ("A @ x", {"x": X, "A": np.diag(X)}, np.diag(X)),
    ("x.reshape(2, 3).sum(axis=1)", {"x": X[:6]}, np.kron(np.eye(2), np.ones((1, 3)))),
    ("where(x > 1, x**2, 0)", {"x": X}, np.diag(np.where(X > 1, 2 * X, 0))),
    ("add_at(x, [0, 2, 2], shape=(4,))", {"x": X[:3]}, np.eye(4)[:, [0, 2, 2]]),
    ("diff(cumsum(x))", {"x": X}, np.eye(7)[1:]),
    ("cumsum(x.reshape(2, 3), axis=1)", {"x": X[:6]}, np.kron(np.eye(2), np.tri(3))),
    ("cumsum(x.reshape(3, 2), axis=0)", {"x": X[:6]}, np.kron(np.tri(3), np.eye(2))),
    ("convolve(x, [1.0, 2.0])", {"x": X[:3]}, np.eye(4, 3) + 2 * np.eye(4, 3, -1)),
    ("solve(A, x.reshape(2, 2, 1))", {"x": X[:4], "A": np.eye(2) / 2}, 2 * np.eye(4)),
    ("x[:0]", {"x": X}, np.zeros((0, 7))),
    ("floor(x)", {"x": X}, np.zeros((7, 7))),
    ("sort(x)", {"x": X}, np.eye(7)[np.argsort(X)]),
]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(("text", "values", "wanted"), KNOWN, ids=[k[0] for k in KNOWN])
def test_known_matrices(mode: str, text: str, values: dict[str, Any], wanted: Any) -> None:
    name = next(iter(values))
    (found,) = diffcli.jacobian(text, [name], mode, sparse="always")(**values).values()
    wanted = sparse.coo_array(wanted)
    wanted.eliminate_zeros()
    assert found.shape == wanted.shape
    places = sorted(zip(*wanted.coords, strict=True))
    assert list(zip(found.row, found.col, strict=True)) == places
    np.testing.assert_allclose(found.toarray(), wanted.toarray(), rtol=1e-12)


def test_rosenbrock_has_the_hessian_of_scipy() -> None:
    found = diffcli.hessian(ROSENBROCK, sparse="always")(x=X)["x"]["x"]
    assert found.nnz == 3 * X.size - 2
    np.testing.assert_allclose(found.toarray(), scipy.optimize.rosen_hess(X), rtol=1e-12)


@settings(max_examples=60)
@given(expressions())
def test_entries_are_those_of_the_array(expr: str) -> None:
    t = traced(expr)
    wrt = api.default_wrt(t)
    dense = api.jacobian(t, wrt).by_name
    for mode in ("forward", "reverse"):
        found = api.jacobian(t, wrt, mode, sparse="always")
        assert found.passes == len(wrt)
        for name, matrix in found.by_name.items():
            assert (matrix is None) == (dense[name] is None)
            if matrix is not None:
                close(matrix.toarray(), dense[name].reshape(matrix.shape), 1e-9)
                assert np.all(matrix.data)


@settings(max_examples=30)
@given(expressions())
def test_entries_of_hessians_are_those_of_the_array(expr: str) -> None:
    t = traced(f"sum({expr})")
    wrt = api.default_wrt(t)
    dense = api.hessian(t, wrt).by_name
    for mode in ("forward", "reverse"):
        found = api.hessian(t, wrt, mode, sparse="always").by_name
        for x, row in dense.items():
            for z, block in row.items():
                matrix = found[x][z]
                assert (matrix is None) == (block is None)
                if block is not None:
                    close(matrix.toarray(), block.reshape(matrix.shape), 1e-8)


ROWS = [c for c in cases() if c[0].kind not in ("elementwise", "composite")]


@pytest.mark.parametrize(("row", "text", "values"), ROWS, ids=[text for _, text, _ in ROWS])
def test_rows(row: Any, text: str, values: dict[str, Any]) -> None:
    """Every kind of operator, through its tangent and its cotangent."""
    t = api.trace(Source(text), {**VARIABLES, **values})
    wrt = [n for n in api.default_wrt(t) if t.values[n].dtype.kind == "f"]
    if not wrt or t.dtype.kind != "f":
        return
    dense = api.jacobian(t, wrt).by_name
    for mode in ("forward", "reverse"):
        for name, matrix in api.jacobian(t, wrt, mode, sparse="always").by_name.items():
            if matrix is not None:
                close(matrix.toarray(), dense[name].reshape(matrix.shape), 1e-9)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_blocks_of_a_hessian(mode: str) -> None:
    text, values = "sum(x**2*y) + s*sum(y) + 3*t", {"x": X, "y": X + 1, "s": 2.0, "t": 1.0}
    names = [*"xyst"]
    t = api.trace(Source(text), {n: np.asarray(v) for n, v in values.items()})
    found = api.hessian(t, names, mode, sparse="always").by_name
    dense = api.hessian(t, names).by_name
    assert found["x"]["x"].nnz == found["x"]["y"].nnz == 7
    assert found["t"]["x"].nnz == 0 and found["y"]["s"].shape == (7, 1)
    for x in names:
        for z in names:
            block = found[x][z]
            np.testing.assert_allclose(block.toarray(), dense[x][z].reshape(block.shape))


N = 48
LANES = {
    "P": rng.uniform(0.5, 1.5, (9, 3)),
    "Q": rng.uniform(0.5, 1.5, (N, 3)),
    "A": rng.uniform(0.5, 1.5, (N, 3, 3)),
    "S": rng.uniform(0.5, 1.5, (3, N)),
    "G": rng.uniform(0.5, 1.5, (20, 20)),
    "v": rng.uniform(0.5, 1.5, N),
    "b": rng.uniform(0.5, 1.5, 3),
    "s": np.array(1.3),
    "Z": np.triu(np.ones((N, 3, 3)), 1) * (rng.uniform(size=(N, 3, 3)) > 0.5),
    "i": rng.integers(0, 9, N),
    "T": rng.integers(0, N, (30, 3)),
}
"""Arrays with rows enough for lanes, and indices."""

ALIKE = """
P[i]*Q
sum(P[i]*Q, axis=1, keepdims=True)*Q
sum(P[i]*Q, axis=0)
concatenate([P[i], cross(P[i], Q)], axis=1)[:, ::2]
concatenate([Q[1:], Q[:1]]) - Q
stack([v[:-1], v[1:]], axis=1)**2
stack([v, v**2, sin(v)], axis=1)*Q
(Q @ A[0])**2 @ A[1]
einsum('nij,nj->in', A, Q)
einsum('nij,nj->ni', Z, Q)
einsum('nij,njk->nki', A, A)
exp(s*v)*b[0] - s
(Q.T*S)[::-1].T
S[:, i]*Q.T
pad(G, 1)[2:, 1:-1] + pad(G, 1)[1:-1, :-2]*G
sum(G**2, axis=1) @ G
ravel(Q*P[i])*2
reshape(v, (6, 8)).sum(axis=0)
sum((Q[T][:, 0] - Q[T][:, 1])**2, axis=1)
where(v > 1, v**2, 0)[T]
relu(Q @ A[0] - 3)
cumsum(Q, axis=1)*b
convolve(v, b)
solve(A + 3*eye(3), Q[:, :, None])
v[3]*Q - mean(Q, axis=1, keepdims=True)
v[:, None]*v[None, :5]
A.reshape(48, 9)[:, ::4]*Q
swapaxes(A, 0, 2)*b[:, None, None]
"""


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("text", ALIKE.strip().splitlines())
def test_rows_that_are_treated_alike(mode: str, text: str) -> None:
    t = api.trace(Source(text), LANES)
    wrt = [n for n in api.default_wrt(t) if n in "PQASGvbs"]
    dense = api.jacobian(t, wrt).by_name
    for name, found in api.jacobian(t, wrt, mode, sparse="always").by_name.items():
        close(found.toarray(), dense[name].reshape(found.shape), 1e-12)
        assert np.all(found.data) and np.all(np.diff(found.row * found.shape[1] + found.col) > 0)


def test_a_product_with_zeros_in_some_rows_has_no_entries_there() -> None:
    zeros = np.ones((N, 2, 2)) * [[1, 0], [0, 1]]
    zeros[0] = 1
    function = diffcli.jacobian("sqrt(einsum('nij,nj->ni', Z, relu(x)))", ["x"], sparse="always")
    found = function(x=-np.ones((N, 2)), Z=zeros)["x"]
    assert found.nnz == 0


def test_a_constant_has_no_entries() -> None:
    seed = INPUT.make("", (3,), np.dtype(float))
    found = entries([F.zeros((2,)), seed], [seed, seed], lambda nodes: [])
    assert [(m.shape, m.nnz) for m in found] == [((2, 3), 0), ((3, 3), 3)]


def test_a_product_with_a_number() -> None:
    found = diffcli.hessian("einsum('ij,ij', x, x)", sparse="always")(x=X[:4].reshape(2, 2))
    np.testing.assert_array_equal(found["x"]["x"].toarray(), 2 * np.eye(4))


def test_a_dead_branch_stays_dead() -> None:
    x, m = np.array([0.0, 4.0, 1.0]), np.array([-1.0, 1.0, -1.0])
    for mode in ("forward", "reverse"):
        function = diffcli.jacobian("where(m > 0, W @ sqrt(x), 0)", ["x"], mode, sparse="always")
        found = function(x=x, m=m, W=np.ones((3, 3)))["x"]
        np.testing.assert_array_equal(found.row, [1, 1, 1])
        np.testing.assert_array_equal(found.data, [np.inf, 0.25, 0.5])


def test_what_is_not_finite_is_explained() -> None:
    t = api.trace(Source("sqrt(x)"), {"x": np.array([0.0, 4.0])})
    found = api.jacobian(t, ["x"], sparse="always")
    assert [f.index for f in found.nonfinite] == [(0,)]


def test_lanes_are_blocks() -> None:
    """Operators that work on the last axes alone never see the unit vectors of other rows."""
    with limited(elements=4000):
        for text in ("cumsum(z, 1)", "inv(z.reshape(50, 2, 2) + eye(2))", "real(fft(z)*1j)"):
            (found,) = diffcli.jacobian(text, sparse="always")(z=np.ones((50, 4))).values()
            assert 0 < found.nnz <= 800 and found.shape == (200, 200)


def test_auto_takes_entries_where_the_array_is_large_and_empty() -> None:
    large = np.linspace(0.5, 1.5, 5000)
    found = diffcli.jacobian("x**2 + x[::-1]", sparse="auto")(x=large)["x"]
    assert found.shape == (5000, 5000) and found.nnz == 10000
    small = diffcli.jacobian("x**2", sparse="auto")(x=X)["x"]
    assert isinstance(small, np.ndarray)


def test_auto_takes_the_array_where_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparsity, "LARGE", 40)
    found = diffcli.jacobian("x*sum(x)", sparse="auto")(x=X)["x"]
    np.testing.assert_allclose(found, np.eye(7) * X.sum() + X[:, None])


def test_complex_matrices_are_made_of_arrays() -> None:
    found = diffcli.jacobian("z**2", sparse="always")(z=np.array([1j, 2 + 1j]))["z"]
    np.testing.assert_allclose(found.toarray(), np.diag([2j, 4 + 2j]))


def test_what_does_not_fit_names_sparse() -> None:
    with limited(elements=1000), pytest.raises(DiffcliError) as caught:
        diffcli.jacobian("x**2")(x=np.ones(100))
    assert caught.value.code == "too-large" and "--sparse always" in str(caught.value.hint)
    with limited(elements=1000):
        assert diffcli.jacobian("x**2", sparse="always")(x=np.ones(100))["x"].nnz == 100
        with pytest.raises(DiffcliError) as caught:
            diffcli.jacobian("x*sum(x)", sparse="always")(x=np.ones(100))
    assert caught.value.code == "too-large" and "sparse" not in str(caught.value.hint)


def test_a_form_is_one_of_three() -> None:
    with pytest.raises(DiffcliError, match="auto, always, never"):
        diffcli.jacobian("x", sparse="often")(x=1.0)
