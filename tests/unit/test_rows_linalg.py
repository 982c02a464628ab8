"""Values that are easy to get wrong: singular matrices, tails, and the centre of removable gaps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from diffcli import functional as f
from diffcli.errors import DiffcliError

# ----- determinants -------------------------------------------------------------------------------

RANK_3 = np.array([[1, 2, 0, 1], [0, 1, 3, -1], [2, -1, 1, 0], [3, 2, 4, 0]], float)
MATRICES = {
    "rank 3 of 4": RANK_3,
    "rank 2 of 4": np.array([[1, 2, 0, 1], [0, 1, 3, -1], [1, 3, 3, 0], [2, 4, 0, 2]], float),
    "rank 1 of 4": np.outer([1.0, 2, -1, 3], [2.0, 0, 1, 1]),
    "zero": np.zeros((4, 4)),
    "zero first column": np.array(
        [[0, 2, 0, 1], [0, 1, 3, -1], [0, -1, 1, 0], [0, 2, 5, 7]], float
    ),
    "equal first columns": np.array(
        [[1, 1, 0, 2], [2, 2, 3, 1], [0, 0, 1, 1], [5, 5, 2, 3]], float
    ),
    "invertible": RANK_3 + np.diag([1.0, 0, 0, 2]),
    "3x3 of rank 1": np.outer([1.0, 2, -1], [2.0, 0, 1]),
    "2x2 zero": np.zeros((2, 2)),
    "1x1 zero": np.zeros((1, 1)),
    "complex, rank 3 of 4": RANK_3 * np.array([1, 1j, 1 + 1j, 2]),
}


def minors(a: np.ndarray) -> np.ndarray:
    """The cofactor matrix by its definition."""
    n = len(a)
    out = np.empty_like(a)
    for i, j in itertools.product(range(n), repeat=2):
        rest = np.delete(np.delete(a, i, 0), j, 1)
        out[i, j] = (-1) ** (i + j) * np.linalg.det(rest)
    return out


@pytest.mark.parametrize("a", MATRICES.values(), ids=MATRICES)
def test_gradient_of_det_is_right_for_every_rank(a):
    size = np.abs(a).max(initial=1) ** (len(a) - 1)
    got = f.vjp("det(A)")(1.0, A=a)["A"]
    np.testing.assert_allclose(got, np.conj(minors(a)), rtol=1e-12, atol=1e-13 * size)


@pytest.mark.parametrize(
    "a",
    [a for a in MATRICES.values() if a.dtype == float],
    ids=[k for k in MATRICES if "," not in k],
)
def test_hessian_of_det_is_right_for_every_rank(a):
    got = f.hessian("det(A)")(A=a)["A"]["A"]
    for i, j in np.ndindex(a.shape):
        step = np.zeros_like(a)
        step[i, j] = 1.0
        # the determinant is affine in each element, so that this difference is exact
        expected = (minors(a + step) - minors(a - step)) / 2
        np.testing.assert_allclose(got[i, j], expected, rtol=1e-12, atol=1e-11)


def test_empty_and_single_determinants():
    assert f.evaluate("det(A)")(A=np.zeros((0, 0))) == 1
    assert f.grad("det(A)")(A=np.zeros((0, 0)))["A"].shape == (0, 0)
    np.testing.assert_array_equal(f.grad("det(A)")(A=[[5.0]])["A"], [[1.0]])


def test_singular_matrix_has_no_logarithm_but_a_value():
    assert f.evaluate("logabsdet(A)")(A=np.ones((2, 2))) == -np.inf
    assert np.isnan(f.evaluate("logdet(A)")(A=np.diag([1.0, -1.0])))


@pytest.mark.parametrize("n", [2, 5, 70])
@pytest.mark.parametrize("lower", [True, False])
def test_infinities_stay_in_the_components_that_depend_on_them(n, lower):
    rng = np.random.default_rng(n)
    a = rng.normal(size=(n, n)) + n * np.eye(n)
    a = np.tril(a) if lower else np.triu(a)
    b = rng.normal(size=n)
    i = n // 2
    free = slice(0, i) if lower else slice(i + 1, n)
    far = np.where(np.arange(n) == i, np.inf, b)
    got = f.evaluate(f"solve_triangular(a, b, lower={lower})")(a=a, b=far)
    assert not np.isfinite(got[i])
    np.testing.assert_allclose(got[free], np.linalg.solve(a, b)[free], rtol=1e-12)


FAILURES = [
    ("x @ v", "shape: the shapes (3, 4) and (3,) cannot be multiplied as matrices: 4 and 3 differ"),
    (
        "v @ x[0]",
        "shape: the shapes (3,) and (4,) cannot be multiplied as matrices: 3 and 4 differ",
    ),
    ("x @ 2", "shape: a scalar cannot be a factor of a matrix product"),
    ("inv(ones(2, 2))", "domain: the matrix is singular and has no inverse"),
    ("solve(0*eye(3), v)", "domain: the matrix is singular, so the system has no unique solution"),
    ("solve_triangular(0*eye(3), v)", "domain: the triangular matrix is singular"),
    ("cholesky(-eye(2))", "domain: the matrix is not positive definite"),
    ("det(x)", "shape: a determinant needs a square matrix, not the shape (3, 4)"),
    ("einsum('ij,jk', x)", "bad-argument: einsum('ij,jk'): 2 terms for 1 operand"),
    (
        "einsum('ijk->i', x)",
        "bad-argument: einsum('ijk->i'): the term 'ijk' does not fit the shape",
    ),
    ("einsum('ij,j', x, v)", "shape: the letter 'j' of einsum has the lengths 4 and 3"),
    (
        "einsum('ij->ik', x)",
        "bad-argument: einsum('ij->ik'): the letter 'k' of the result is in no",
    ),
    (
        "zeros(10**5, 10**5)",
        "too-large: an array of shape (100000, 100000) has 10000000000 elements",
    ),
    ("arange(1e17)", "too-large: arange would make 1e+17 elements"),
    ("arange(10**400)", "bad-argument: arange needs limits below 1e18"),
    ("eye(10**30)", "too-large: a size is larger than"),
    ("eye(2.5)", "bad-argument: a size must be an integer, not 2.5"),
    ("ones(-1)", "shape: a size of a shape cannot be negative, as -1 is"),
]


@pytest.mark.parametrize(("text", "message"), FAILURES)
def test_failures_name_what_is_wrong(text, message):
    with pytest.raises(DiffcliError) as caught:
        f.evaluate(text)(x=np.ones((3, 4)), v=np.ones(3))
    assert f"{caught.value.code}: {caught.value.message}".startswith(message)


# ----- einsum -------------------------------------------------------------------------------------

EINSUMS = [
    ("ij,jk", (3, 4), (4, 5)),
    ("ba,cb->ca", (3, 4), (5, 3)),
    ("ij,ij->i", (3, 4), (3, 4)),
    ("ij,kj->", (3, 4), (2, 4)),
    ("ij,j->ij", (3, 1), (4,)),
    ("i,j,k->kij", (2,), (3,), (4,)),
    ("iij,jk->ki", (3, 3, 2), (2, 4)),
    ("iii->i", (3, 3, 3)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    ("i...,j...->...", (2, 3), (4, 3)),
    ("...,...", (2, 3), (2, 3)),
    (",ij->ji", (), (2, 3)),
    ("ab,bc,cd,d->a", (2, 3), (3, 4), (4, 5), (5,)),
    ("abc,cd,bd,a->", (2, 3, 4), (4, 5), (3, 5), (2,)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 2)),
]


@pytest.mark.parametrize(("spec", "shapes"), [(s, t) for s, *t in EINSUMS])
def test_einsum_agrees_with_numpy(spec, shapes):
    rng = np.random.default_rng(1)
    arrays = {f"a{i}": rng.normal(size=s) for i, s in enumerate(shapes)}
    text = f"einsum('{spec}', {', '.join(arrays)})"
    expected = np.einsum(spec, *arrays.values())
    got = f.evaluate(text)(**arrays)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)
    # each operand times its gradient gives the value again: the product is linear in each
    v = rng.normal(size=expected.shape)
    for name, g in f.vjp(text)(v, **arrays).items():
        np.testing.assert_allclose(np.sum(g * arrays[name]), np.sum(v * expected), atol=1e-12)


# ----- tails and removable gaps -------------------------------------------------------------------

INF = np.inf
EDGES = [
    # expression, x, first and second derivative (mpmath, 80 digits)
    ("sigmoid(x)", -700.0, 9.859676543759770e-305, 9.859676543759770e-305),
    ("sigmoid(x)", 700.0, 9.859676543759770e-305, -9.859676543759770e-305),
    ("sigmoid(x)", -1000.0, 0.0, 0.0),
    ("softplus(x)", 1000.0, 1.0, 0.0),
    ("log_sigmoid(x)", -1000.0, 1.0, 0.0),
    ("silu(x)", -1000.0, 0.0, 0.0),
    ("mish(x)", 1000.0, 1.0, 0.0),
    ("elu(x)", 1000.0, 1.0, 0.0),
    ("selu(x)", 1000.0, 1.0507009873554805, 0.0),
    ("celu(x, 0.5)", 1000.0, 1.0, 0.0),
    ("gelu(x)", -30.0, -4.416031690708494e-195, -1.3233342291209357e-193),
    ("gelu(x, approximate='tanh')", -1000.0, 0.0, 0.0),
    ("relu(x)", 0.0, 0.0, 0.0),
    ("hardtanh(x)", 1.0, 0.0, 0.0),
    ("leaky_relu(x)", 0.0, 0.01, 0.0),
    ("softsign(x)", 1e20, 1e-40, -2e-60),
    ("tanhshrink(x)", 1e-5, 9.999999999333335e-11, 1.9999999997333335e-05),
    ("sinc(x)", 0.0, 0.0, -3.289868133696453),
    ("sinc(x)", 1e-9, -3.289868133696453e-09, -3.289868133696453),
    ("entr(x)", 0.0, INF, -INF),
    ("xlogy(x, 2.0)", 0.0, 0.6931471805599453, 0.0),
    ("xlogy(0.0, x)", 0.0, 0.0, 0.0),
    ("xlogy(x, 0.0)", 0.0, 0.0, 0.0),
    ("log_ndtr(x)", -1e6, 1000000.000001, -0.999999999999),
    ("log_ndtr(x)", 40.0, 0.0, 0.0),
    ("erfcx(x)", 1e4, -5.641895750849127e-09, 1.1283791332441388e-12),
    ("j1(x)", 0.0, 0.5, 0.0),
    ("i1(x)", 0.0, 0.5, 0.0),
]


@pytest.mark.parametrize(("text", "x", "first", "second"), EDGES)
def test_derivatives_at_edges(text, x, first, second):
    np.testing.assert_allclose(f.grad(text)(x=x)["x"], first, rtol=1e-13)
    np.testing.assert_allclose(f.hessian(text)(x=x)["x"]["x"], second, rtol=1e-13, atol=1e-300)


def test_values_keep_their_relative_precision():
    assert f.evaluate("sigmoid(x)")(x=-700.0) == pytest.approx(9.859676543759770e-305, rel=1e-14)
    assert f.evaluate("tanhshrink(x)")(x=1e-5) == pytest.approx(3.3333333332e-16, rel=1e-14)
    assert f.evaluate("xlogy(0.0, nan * x)")(x=1.0) != f.evaluate("xlogy(0.0, x)")(x=0.0)


# ----- constructors -------------------------------------------------------------------------------


def test_random_numbers_are_those_of_numpy():
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(f.evaluate("randn(2, 3, seed=3)")(), rng.normal(size=(2, 3)))
    np.testing.assert_array_equal(
        f.evaluate("rand((4,), seed=3)")(), np.random.default_rng(3).random(4)
    )


def test_linspace_reaches_both_ends_exactly():
    a, b = 0.1, 0.7
    got = f.evaluate("linspace(a, b, 7)")(a=a, b=b)
    assert (got[0], got[-1]) == (a, b)
    gradient = f.grad("sum(linspace(a, b, 7))")(a=a, b=b)
    assert gradient["a"] == pytest.approx(3.5)
    assert gradient["b"] == pytest.approx(3.5)
