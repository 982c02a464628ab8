"""Where the libraries do not have an answer, or have another one than we, and why.

A difference names what it is about: rows, or single texts of their examples. `checks` are those
that a library fails, by refusing or by answering otherwise; what is not listed agrees to 1e-10.
"""

from __future__ import annotations

from typing import NamedTuple

VALUE, VJP, JVP, HVP = "value", "vjp", "jvp", "hvp"
DERIVATIVES = (VJP, JVP, HVP)
REVERSE = (VJP, HVP)


class Difference(NamedTuple):
    """What a library does not answer as we do, and why."""

    library: str
    about: tuple[str, ...]
    checks: tuple[str, ...]
    why: str
    complex: bool = False


NONE = "has the value only"
ORDER = "has no derivative by the first argument"
TWICE = "has no derivative of its derivative"
POLYNOMIALS = (
    *("eval_legendre(3, u)", "eval_chebyt(3, u)", "eval_chebyu(3, u)", "eval_hermite(3, x)"),
    *("eval_hermitenorm(3, x)", "eval_laguerre(3, x)"),
)
SHIFTED = ", loc=0.01*s, scale=q + 0.2)"
INCOMPLETE_GAMMA = (
    *("gammainc", "gammaincc"),
    *(f"{f}_{m}" for f in ("gamma", "chi2") for m in ("cdf", "sf", "logcdf", "logsf")),
)
INVGAMMA = ("invgamma_cdf", "invgamma_sf", "invgamma_logcdf", "invgamma_logsf")
INCOMPLETE_BETA = (*("betainc", "betaincc", "beta_cdf", "beta_sf", "beta_logcdf", "beta_logsf"),)
UNEVEN = "gradient(A, cumsum(p[0]), axis=0, edge_order=2)"
FACTORS = ("cholesky_solve", "cho_solve")

DIFFERENCES = [
    # PyTorch
    Difference("torch", ("j0", "j1", "y0", "y1", "k0", "k1", "k0e", "k1e"), DERIVATIVES, NONE),
    Difference("torch", ("airy_ai", "spherical_jn(0, x)", *POLYNOMIALS), DERIVATIVES, NONE),
    Difference("torch", ("floor_divide", "heaviside", "divmod(x, p)[0]"), DERIVATIVES, NONE),
    Difference("torch", ("histogram", "zeta"), DERIVATIVES, NONE),
    Difference("torch", ("spherical_jn(3, x, derivative=True)",), (VALUE, *DERIVATIVES), "only j0"),
    Difference("torch", ("divmod(x, p)[1]",), (JVP,), "no forward mode of floor_divide"),
    Difference("torch", (*INCOMPLETE_GAMMA, *INVGAMMA), DERIVATIVES, ORDER),
    Difference("torch", ("cdist",), (JVP, HVP), "only a pullback"),
    Difference("torch", ("cond(B, 1)",), REVERSE, "its pullback finds a tensor modified"),
    Difference(
        "torch",
        ("gradient(x, s, axis=1)", UNEVEN),
        DERIVATIVES,
        "spacings are numbers without derivative",
    ),
    Difference(
        "torch",
        (
            "nll_loss(x, [0, 2], weight=exp(v), reduction='sum')",
            "binary_cross_entropy_with_logits(x, sigmoid(y), pos_weight=exp(v), reduction='sum')",
        ),
        DERIVATIVES,
        "weights have no derivative",
    ),
    Difference(
        "torch",
        ("ldexp(x, [1, -2, 3])",),
        (VJP, JVP),
        "its derivative 2**n is an integer power, 0 for n < 0",
    ),
    Difference(
        "torch",
        FACTORS,
        DERIVATIVES,
        "gives the triangle that is not read a gradient; JAX and we do not",
    ),
    Difference(
        "torch",
        ("multivariate_normal_logpdf(v, w, S)", "multivariate_normal_logpdf(A, w, S)"),
        (JVP,),
        "its forward mode reads one triangle of a tangent, its reverse mode and JAX both",
    ),
    Difference(
        "torch",
        ("multivariate_normal_pdf",),
        (JVP,),
        "its forward mode reads one triangle of a tangent, its reverse mode and JAX both",
    ),
    # JAX
    Difference("jax", ("sqrtm", "solve_sylvester"), DERIVATIVES, "no derivative of schur"),
    Difference("jax", ("nextafter",), DERIVATIVES, NONE),
    Difference("jax", ("eig",), DERIVATIVES, "no derivative of general eigenvectors"),
    Difference("jax", ("eigvals", "roots(p[0] - [0, 0, 4])"), (HVP,), TWICE),
    Difference("jax", INCOMPLETE_GAMMA, (HVP,), TWICE),
    Difference("jax", INCOMPLETE_BETA, DERIVATIVES, ORDER),
    Difference("jax", ("exp1", "expn(1, p)", "expn(3, p)"), (HVP,), "fails inside JAX"),
    Difference("jax", ("expn(0, p)",), DERIVATIVES, "nan, as it goes through expn(-1, p)"),
    Difference("jax", ("spence",), REVERSE, "nan for arguments above 1"),
    Difference("jax", (UNEVEN,), (VALUE, *DERIVATIVES), "no edges of second order"),
    Difference(
        "jax",
        (f"gumbel_r_pdf(x{SHIFTED}", f"gumbel_r_logpdf(x{SHIFTED}"),
        DERIVATIVES,
        "fails inside JAX",
    ),
    *(
        Difference(
            library,
            ("abs(sph_harm_y(2, -1, x, y) + p)",),
            checks,
            "uses |sin(theta)|; ours is smooth through the poles, and the same from 0 to pi",
        )
        for library, checks in (("jax", (VALUE, *DERIVATIVES)), ("numpy", (VALUE,)))
    ),
    # complex variables
    Difference(
        "torch",
        FACTORS,
        DERIVATIVES,
        "gives the triangle that is not read a gradient; JAX and we do not",
        complex=True,
    ),
    Difference("torch", ("cond(B, 1)",), REVERSE, "its pullback finds a tensor modified", True),
    Difference(
        "torch",
        ("gradient(x, s, axis=1)", UNEVEN),
        DERIVATIVES,
        "spacings are numbers without derivative",
        complex=True,
    ),
    Difference("torch", ("silu",), DERIVATIVES, "no derivative by complex variables", True),
    Difference("torch", ("nan_to_num",), REVERSE, "no derivative by complex variables", True),
    Difference(
        "jax", ("sign",), DERIVATIVES, "0; PyTorch and we differentiate z / abs(z)", complex=True
    ),
    Difference("jax", ("sqrtm", "solve_sylvester"), DERIVATIVES, "no derivative of schur", True),
    Difference("jax", ("eig",), DERIVATIVES, "no derivative of general eigenvectors", True),
    Difference("jax", ("eigvals", "roots(p[0] - [0, 0, 4])"), (HVP,), TWICE, True),
    Difference(
        "jax",
        ("fftfreq(3, s) * v", "rfftfreq(5, s) * v"),
        (VALUE, *DERIVATIVES),
        "drops the imaginary part of the spacing",
        complex=True,
    ),
]

DIGITS = {
    "torch": (
        *("gammaln", "digamma", "polygamma", "trigamma", "beta", "betaln", "binom", "factorial"),
        *("multigammaln", "t_pdf", "t_logpdf", "beta_pdf", "beta_logpdf", "gamma_pdf", "poch"),
        *("gamma_logpdf", "invgamma_pdf", "invgamma_logpdf", "chi2_pdf", "chi2_logpdf", "gamma"),
        *("nbinom_pmf", "nbinom_logpmf", "dirichlet_pdf", "dirichlet_logpdf", "rgamma"),
    ),
}
"""Rows for which 8 digits are asked, as PyTorch's trigamma, which they use, has only 9."""

ALONE = {
    "a part of rows that have their own libraries' functions": (
        *("linear_recurrence", "unwindow", "running_argmax", "binary_exponent"),
    ),
    "random numbers, which each library draws in its own way": (
        *("logistic", "permutation", "choice", "bernoulli", "multivariate_normal"),
        *("truncated_normal",),
    ),
    "no library has this function of a matrix": (
        *("logm", "solve_continuous_lyapunov", "solve_discrete_lyapunov", "solve_banded"),
    ),
    "no library has Bessel functions of these orders and kinds": (
        *("jv", "yv", "iv", "kv", "ive", "kve", "struve", "modstruve", "spherical_yn"),
        *("spherical_in", "spherical_kn", "airy_aip", "airy_bi", "airy_bip", "airy"),
    ),
    "no library has this special function": (
        *("hyp0f1", "hyperu", "eval_jacobi", "eval_gegenbauer", "eval_genlaguerre", "shichi"),
        *("ellipk", "ellipe", "ellipkm1", "ellipkinc", "ellipeinc", "erfi", "lambertw"),
        *("pseudo_huber",),
    ),
    "no library inverts the incomplete gamma and beta functions": (
        *("gammaincinv", "gammainccinv", "betaincinv", "beta_ppf", "gamma_ppf", "chi2_ppf"),
    ),
    "no library has Student's cumulative probabilities": (
        *("stdtr", "stdtrit", "t_cdf", "t_sf", "t_ppf", "t_logcdf", "t_logsf"),
    ),
    "no library has these probabilities": (
        *("logistic_logcdf", "logistic_logsf", "poisson_sf", "poisson_logcdf", "poisson_logsf"),
        *(
            f"{family}_{method}"
            for family in ("binom", "geom", "nbinom")
            for method in ("cdf", "sf", "logcdf", "logsf")
        ),
    ),
}
"""Rows that neither PyTorch nor JAX has: SciPy is the oracle of their values, differences of their
derivatives."""
