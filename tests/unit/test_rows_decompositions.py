"""Factorisations and functions of matrices where values are equal, complex, or singular."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.linalg

from diffcli import functional as f
from diffcli.errors import DiffcliError

I3 = np.eye(3)
JORDAN = np.array([[2.0, 1.0], [0.0, 2.0]])
SKEW = np.array([[0.0, -1.0], [1.0, 0.0]])
WIDE = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]])
TALL = np.array([[3.0, -1.0], [4.0, 2.0], [0.0, 2.0]])
HERMITIAN = np.array([[2, 1j, 0.5], [-1j, 3, 1 + 1j], [0.5, 1 - 1j, -1]])

# ----- conventions --------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [WIDE, TALL, HERMITIAN, I3, JORDAN], ids=str)
def test_factors_multiply_to_the_matrix(a):
    for text in ("(svd(A)[0]*svd(A)[1]) @ svd(A)[2]", "qr(A)[0] @ qr(A)[1]", "block_diag(A)"):
        np.testing.assert_allclose(f.evaluate(text)(A=a), a, atol=1e-14)
    np.testing.assert_allclose(f.evaluate("lu(A)[0] @ lu(A)[1] @ lu(A)[2]")(A=a), a, atol=1e-14)


def leading(v: np.ndarray) -> np.ndarray:
    """The first of the largest components of each column, ties within rounding."""
    size = abs(v)
    first = np.argmax(size >= 0.999 * size.max(axis=0), axis=0)
    return v[first, np.arange(v.shape[1])]


@pytest.mark.parametrize(
    ("text", "a"),
    [("eigh(A)[1]", HERMITIAN), ("eigh(A)[1]", JORDAN + JORDAN.T), ("eig(A)[1]", SKEW)]
    + [("svd(A)[0]", a) for a in (WIDE, TALL, HERMITIAN)],
)
def test_leading_components_are_positive(text, a):
    lead = leading(f.evaluate(text)(A=a))
    assert np.all(lead.real > 0)
    np.testing.assert_allclose(lead.imag, 0, atol=1e-15)


def test_the_diagonal_of_r_is_positive():
    for a in (TALL, WIDE, HERMITIAN):
        diagonal = np.diagonal(f.evaluate("qr(A)[1]")(A=a))
        assert np.all(diagonal.real > 0)
        np.testing.assert_allclose(diagonal.imag, 0, atol=1e-15)


def test_eigenvectors_solve_the_equation():
    w, v = (f.evaluate(f"eigh(A)[{i}]")(A=HERMITIAN) for i in range(2))
    np.testing.assert_allclose(HERMITIAN @ v, v * w, atol=1e-14)
    w, v = (f.evaluate(f"eig(A)[{i}]")(A=SKEW) for i in range(2))
    np.testing.assert_allclose(SKEW @ v, v * w, atol=1e-15)


# ----- equal values -------------------------------------------------------------------------------

E11 = math.e * np.ones((3, 3))
EQUAL = [
    ("sum(eigvalsh(A)**2)", I3, 2 * I3),
    ("sum(eigh(A)[0]**2)", I3, 2 * I3),
    ("sum(svdvals(A)**2)", 2 * I3, 4 * I3),
    ("sum(svd(A)[1]**2)", 2 * I3, 4 * I3),
    ("sum(real(eigvals(A)))", I3, I3),
    ("matrix_norm(A, 'nuc')", 2 * I3, I3),
    ("sum(expm(A))", I3, E11),
    ("sum(logm(A))", 4 * I3, np.full((3, 3), 0.25)),
    ("sum(sqrtm(A))", 4 * I3, np.full((3, 3), 0.25)),
    ("sum(logm(A))", JORDAN, np.array([[0.375, 0.5], [7 / 24, 0.375]])),
    ("trace(expm(A))", JORDAN, math.e**2 * np.array([[1.0, 0], [1, 1]])),
]


@pytest.mark.parametrize(("text", "a", "expected"), EQUAL, ids=[t for t, _, _ in EQUAL])
def test_functions_of_matrices_with_equal_values(text, a, expected):
    np.testing.assert_allclose(f.grad(text)(A=a)["A"], expected, atol=1e-13)


@pytest.mark.parametrize("text", ["sum(eigh(A)[1]**3)", "sum(svd(A)[0])", "sum(svd(A)[2])"])
def test_vectors_of_equal_values_have_no_derivative(text):
    assert np.isnan(f.grad(text)(A=I3)["A"]).all()


def test_only_matrices_with_equal_values_are_nan():
    a = np.stack([I3, np.diag([1.0, 2, 3])])
    g = f.grad("sum(eigh(A)[1]*[1, 2, 3])")(A=a)["A"]
    assert np.isnan(g[0]).all()
    assert np.isfinite(g[1]).all()


def test_the_second_derivative_of_expm():
    """Coefficients of the series: d2 expm at 0 in the directions e, h is (eh + he)/2."""
    h = f.hessian("sum(expm(A))")(A=np.zeros((2, 2)))["A"]["A"].reshape(4, 4)
    unit = [np.eye(1, 4, i).reshape(2, 2) for i in range(4)]
    expected = [[np.sum(a @ b + b @ a) / 2 for b in unit] for a in unit]
    np.testing.assert_allclose(h, expected, atol=1e-15)


@pytest.mark.parametrize("size", [1e-8, 1.0, 1e8])
def test_the_derivative_of_expm_does_not_depend_on_the_scale_of_the_direction(size):
    e = size * np.arange(4.0).reshape(2, 2)
    found = f.vjp("expm(A)")(e, A=JORDAN)["A"]
    expected = scipy.linalg.expm_frechet(JORDAN.T, e, compute_expm=False)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


# ----- singular matrices --------------------------------------------------------------------------

NOTHING = np.zeros((2, 3))
SUBGRADIENTS = [("matrix_norm(A, 'nuc')", NOTHING), ("matrix_norm(A, 2)", NOTHING)]


@pytest.mark.parametrize(("text", "a"), SUBGRADIENTS, ids=[t for t, _ in SUBGRADIENTS])
def test_norms_at_zero_have_the_subgradient_zero(text, a):
    assert not f.grad(text)(A=a)["A"].any()


def test_the_nuclear_norm_of_a_singular_matrix():
    u, v = np.array([1.0, 2, 2]) / 3, np.array([2.0, -1, 2]) / 3
    g = f.grad("matrix_norm(A, 'nuc')")(A=5 * np.outer(u, v))["A"]
    np.testing.assert_allclose(g, np.outer(u, v), atol=1e-14)


@pytest.mark.parametrize("text", ["sum(qr(A)[0])", "sum(lu(A)[1])"])
def test_factors_of_a_singular_matrix_have_no_derivative(text):
    assert np.isnan(f.grad(text)(A=np.ones((3, 3)))["A"]).any()


ERRORS = [
    ("logm(A)", np.diag([1.0, -1.0]), "domain", "negative eigenvalue"),
    ("sqrtm(A)", np.diag([1.0, -1.0]), "domain", "negative eigenvalue"),
    ("logm(A)", np.diag([1.0, 0.0]), "domain", "singular"),
    ("logm(A)", np.array([[1.0, 2.0], [2.0, 4.0]]), "domain", "singular"),
    ("sqrtm(A)", np.array([[0.0, 1.0], [0.0, 0.0]]), "domain", "singular"),
    ("solve_sylvester(A, -A, A)", I3, "domain", "no unique solution"),
    ("svd(A, full_matrices=True)[0]", WIDE, "bad-argument", "not determined"),
    ("qr(A, 'raw')[0]", WIDE, "bad-argument", "mode"),
    ("svd(A)", I3, "bad-argument", "tuple of 3"),
    ("matrix_norm(A, 3)", I3, "bad-argument", "order 3"),
    ("matrix_norm(A, axis=(0, 0))", I3, "bad-argument", "two axes"),
    ("eigh(A)[0]", WIDE, "shape", "square"),
    ("svdvals(A[0])", WIDE, "shape", "matrix"),
    ("eigh(A, 'X')[0]", I3, "bad-argument", "UPLO"),
    ("tensorinv(A, 5)", I3, "bad-argument", "ind"),
    ("tensorsolve(A, A)", I3, "shape", "linear system"),
]


@pytest.mark.parametrize(("text", "a", "code", "words"), ERRORS, ids=[e[0] for e in ERRORS])
def test_errors(text, a, code, words):
    with pytest.raises(DiffcliError, match=words) as error:
        f.evaluate(text)(A=a)
    assert error.value.code == code


def test_a_complex_matrix_has_a_logarithm():
    value = f.evaluate("logm(astype(A, complex128))")(A=np.diag([1.0, -1.0]))
    np.testing.assert_allclose(value, np.diag([0, 1j * math.pi]), atol=1e-15)


@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm", "eigvalsh", "svdvals", "pinv"])
def test_nan_and_empty_matrices(name):
    a = np.stack([I3, np.full((3, 3), np.nan)])
    value = f.evaluate(f"{name}(A)")(A=a)
    assert np.isfinite(value[0]).all()
    assert np.isnan(value[1]).all()
    assert f.evaluate(f"{name}(A)")(A=np.zeros((0, 0))).size == 0


# ----- agreement with NumPy and SciPy -------------------------------------------------------------

SAME = [
    ("pinv(A)", np.linalg.pinv),
    ("cond(A)", np.linalg.cond),
    ("cond(A, -2)", lambda a: np.linalg.cond(a, -2)),
    ("matrix_rank(A)", np.linalg.matrix_rank),
    ("lstsq(A, [1, 2, 4][:len(A)])[0]", lambda a: np.linalg.lstsq(a, [1.0, 2, 4][: len(a)])[0]),
    ("lstsq(A, [1, 2, 4][:len(A)])[1]", lambda a: np.linalg.lstsq(a, [1.0, 2, 4][: len(a)])[1]),
    ("block_diag(A, 2, [1, 2])", lambda a: scipy.linalg.block_diag(a, 2, [1, 2])),
    *(
        (f"matrix_norm(A, {o!r}, keepdims=True)", lambda a, o=o: np.linalg.norm(a, o, (0, 1), True))
        for o in ("fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)
    ),
    *(
        (f"vector_norm(A, {o})", lambda a, o=o: np.linalg.norm(a.ravel(), o))
        for o in (0, 1, 2, 3.5, np.inf, -np.inf)
    ),
]


@pytest.mark.parametrize("a", [WIDE, TALL], ids=["wide", "tall"])
@pytest.mark.parametrize(("text", "reference"), SAME, ids=[t for t, _ in SAME])
def test_value(text, reference, a):
    np.testing.assert_allclose(f.evaluate(text)(A=a), reference(a), atol=1e-13)


def test_forms_of_scipy():

    a = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 5.0]])
    b = np.array([1.0, -2.0, 0.5])
    lower = np.linalg.cholesky(a)
    bands = np.array([[0.0, 1.0, 2.0], [4.0, 5.0, 6.0], [0.5, 0.7, 0.0]])

    found = f.evaluate("cho_solve((c, True), b)")(c=lower, b=b)
    np.testing.assert_allclose(found, scipy.linalg.cho_solve((lower, True), b), rtol=1e-12)
    found = f.evaluate("cho_solve((c, False), b)")(c=lower.T, b=b)
    np.testing.assert_allclose(found, scipy.linalg.cho_solve((lower.T, False), b), rtol=1e-12)
    found = f.evaluate("solve_banded((1, 1), ab, b)")(ab=bands, b=b)
    np.testing.assert_allclose(found, scipy.linalg.solve_banded((1, 1), bands, b), rtol=1e-12)
