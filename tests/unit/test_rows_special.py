"""Special functions and distributions against mpmath and SciPy, at points that are hard."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from diffcli import functional as f
from diffcli.errors import DiffcliError
from diffcli.ops.table import ROWS, all_rows

DERIVATIVES = [
    # expression, x, first and second derivative (mpmath, 40 digits)
    ("jv(x, 2.5)", 1.5, -0.07562235750909382, -0.42893782183567514),
    ("kv(x, 0.01)", 2.0, 114419.67342688116, 667506.8089575486),
    ("iv(x, 30.0)", 0.5, -13196574311.643963, -26166743671.68763),
    ("yv(x, 1.5)", 0.5, -0.8346888027111226, 0.3171624216906105),
    ("jv(1.5, x)", 2.0, 0.144545802546456, -0.28721392944886154),
    ("spherical_jn(2, x)", 0.001, 0.00013333331428571507, 0.13333327619048016),
    ("airy(x)[0]", -3.0, 0.3145837692165988, 1.1364428810329743),
    ("airy(x)[2]", 4.0, 161.9266835046134, 335.38828563387256),
    ("gammainc(x, 3.0)", 0.01, -0.013547187572805139, -0.05026988246928171),
    ("gammainc(x, 50.0)", 40.0, -0.01927006046975012, -0.0043079650925241025),
    ("gammaincc(x, 1000.0)", 1000.0, 0.012616713994069625, -1.051567790325393e-09),
    ("gammainc(x, 0.5)", 0.5, -0.6472003523777539, 0.1558530293675069),
    ("betainc(x, 2.0, 0.3)", 0.5, -0.5068423455416763, 0.14861425562649908),
    ("betainc(20.0, x, 0.3)", 30.0, 0.01387524966240411, 0.0018597618142834485),
    ("zeta(x)", 1.1, -99.92816307577054, 1999.990115747038),
    ("zeta(x)", 4.0, -0.06891126589612538, 0.06505816136788066),
    ("zeta(x, 2.5)", 3.0, -0.14630450848765802, 0.208857169525507),
    ("rgamma(x)", -3.0, -6.0, 15.073412021181605),
    ("rgamma(x)", 0.3, 1.170798412677589, 0.007458086737341921),
    ("ellipk(x)", 0.0, 0.39269908169872414, 0.44178646691106466),
    ("ellipk(x)", 1e-09, 0.39269908214051064, 0.44178646783145314),
    ("ellipk(x)", 0.999, 499.1639931300771, 499875.82410806214),
    ("ellipk(x)", -20.0, 0.010221900339508004, 0.0006170294522511028),
    ("ellipe(x)", 0.0, -0.39269908169872414, -0.14726215563702155),
    ("ellipe(x)", 0.9, -0.8185096559133889, -2.159363528718661),
    ("ellipkm1(x)", 1e-10, -4999999997.150195, 4.999999999875e19),
    ("ellipkm1(x)", 1.0, -0.39269908169872414, 0.44178646691106466),
    ("ellipkinc(0.7, x)", 0.0, 0.05181878375144248, 0.019954460396442737),
    ("ellipeinc(1.2, x)", 0.99, -0.3660430505843855, -0.4652519591988801),
    ("ellipkinc(4.0, x)", 0.5, 1.818751734276367, 3.798945191674531),
    ("dawsn(x)", 0.0, 1.0, 0.0),
    ("dawsn(x)", 5.0, -0.021340744242768352, 0.009139293579129872),
    ("dawsn(x)", 11.9, -0.0035689013762616514, 0.0006063316309717077),
    ("dawsn(x)", 10.5, -0.004598295558482205, 0.0008881785796994349),
    ("lambertw(x)", 0.0, 1.0, -2.0),
    ("lambertw(x)", 10000000000.0, 9.524459099394157e-11, -9.502920568720985e-21),
    ("lambertw(x, -1)", -1e-05, -107596.70559744524, -10697576569.876867),
    ("lambertw(x)", -0.367, 37.582346073374, -22306.15614950829),
    ("lambertw(x)", -0.3678794410714423, 116580.38934284961, -582911031581489.9),
    ("lambertw(x, -1)", -0.3678794410714423, -116584.01371862183, 582911031581480.49),
    ("spence(x)", 1.0, -1.0, 0.5),
    ("spence(x)", 1e-06, -13.815524373488648, 999987.184462811),
    ("spence(x)", 50.0, -0.07983720419241114, 0.0012211674324981866),
    ("exprel(x)", 0.0, 0.5, 0.3333333333333333),
    ("exprel(x)", -50.0, 0.0004, 1.6e-05),
    ("exprel(x)", 30.0, 344341958738.01154, 333259688801.6146),
    ("boxcox(2.0, x)", 0.0, 0.24022650695910072, 0.11100821732964317),
    ("hyp2f1(x, 1.0, 1.5, 0.5)", 0.5, 0.5631459487674548, 0.3092363094756409),
    ("hyp1f1(x, 1.5, 2.0)", 0.5, 3.353302102487316, 2.7483872389899413),
    ("sici(x)[0]", 0.0, 1.0, 0.0),
    ("shichi(x)[0]", 0.0, 1.0, 0.0),
    ("sici(x)[1]", 10.0, -0.08390715290764525, 0.0627928263797015),
    ("expn(3, x)", 2.0, -0.03753426182049045, 0.04890051070806112),
    ("owens_t(x, 2.0)", 1.0, -0.11548049634916464, 0.0893520297797948),
    ("eval_legendre(5, x)", 1.0, 15.0, 105.0),
    ("eval_chebyt(4, x)", -1.0, -16.0, 80.0),
    ("struve(1.5, x)", 2.0, 0.46097947348180657, 0.13653561819807072),
    ("hyperu(0.5, 1.5, x)", 2.0, -0.1767766952966369, 0.13258252147247765),
    ("t_cdf(x, 3.0)", 0.0, 0.36755259694786135, 0.0),
    ("t_cdf(1.3, x)", 3.0, 0.01363981118238059, -0.008115108578292897),
    ("logistic_logpdf(x)", 0.0, 0.0, -0.5),
    ("norm_logsf(x)", 30.0, -30.033259667433676, -0.9988962284881099),
]


@pytest.mark.parametrize(("text", "x", "first", "second"), DERIVATIVES)
def test_derivatives(text, x, first, second):
    scale = 1e-13 * max(1.0, abs(first))
    np.testing.assert_allclose(f.grad(text)(x=x)["x"], first, rtol=2e-10, atol=scale)
    second_scale = 1e-11 * max(1.0, abs(second))
    got = f.hessian(text)(x=x)["x"]["x"]
    np.testing.assert_allclose(got, second, rtol=2e-8, atol=second_scale)


FAR = [
    # values next to 0, 1 and infinity, whose derivatives are right in all digits
    # expression, x, first and second derivative (mpmath, 420 digits)
    ("boxcox(x, 0.5)", 1e-30, 1000000000000000.0, -5e44),
    ("boxcox(1e-100, x)", 0.5, 4.0, -16.0),
    ("boxcox1p(x, 0.5)", 1e-20, 1.0, -0.5),
    ("spence(x)", 1e-300, -690.7755278982137, 9.999999999999999e299),
    ("spence(x)", 1e-20, -46.051701859880914, 1e20),
    ("spence(x)", 0.25, -1.8483924814931876, 2.86881002467575),
    ("zeta(x)", 50.0, -6.156383689796488e-16, 4.267280003232582e-16),
    ("zeta(x)", 0.5, -3.9226461392091516, -16.008357013928663),
    ("zeta(x)", 300.0, -3.402724294576371e-91, 2.3585887510084404e-91),
    ("zeta(x, 2.5)", 100.0, -1.4724224366504985e-40, 1.3491670321064136e-40),
    ("gammaincc(x, 3.0)", 50.0, 3.526611260987228e-42, -9.93659905602542e-42),
    ("gammainc(x, 0.1)", 50.0, -1.8554976819377834e-114, 1.1543853382720682e-113),
    ("gammaincc(x, 60.0)", 5.0, 1.3185137804113742e-20, 3.323856334612396e-20),
    ("betainc(x, 60.0, 0.95)", 5.0, -1.1756758258318065e-72, -2.975959315671008e-72),
    ("betainc(x, 4.0, 0.01)", 80.0, -4.074511687442084e-155, 1.8614358354895016e-154),
    ("stdtr(x, 20.0)", 50.0, 5.48549222106616e-26, -3.703632870999833e-26),
    ("betaln(x, 3.0)", 1000000.0, -2.999997000005e-06, 2.999994000015e-12),
    ("betaln(3.0, x)", 1000000.0, -2.999997000005e-06, 2.999994000015e-12),
]


@pytest.mark.parametrize(("text", "x", "first", "second"), FAR)
def test_derivatives_far_out(text, x, first, second):
    np.testing.assert_allclose(f.grad(text)(x=x)["x"], first, rtol=1e-13)
    np.testing.assert_allclose(f.hessian(text)(x=x)["x"]["x"], second, rtol=1e-12)


@pytest.mark.parametrize(("n", "m"), [(0, 0), (3, 2), (3, -3), (40, 17), (40, -20)])
def test_spherical_harmonics_are_those_of_scipy(n, m):
    theta, phi = np.linspace(0, np.pi, 9), np.linspace(-3, 3, 9)
    got = f.evaluate(f"sph_harm_y({n}, {m}, a, b)")(a=theta, b=phi)
    np.testing.assert_allclose(got, special.sph_harm_y(n, m, theta, phi), rtol=1e-11, atol=1e-13)


CONTINUOUS = {
    "norm": (),
    "t": (3.3,),
    "cauchy": (),
    "laplace": (),
    "logistic": (),
    "gumbel_r": (),
    "expon": (),
    "uniform": (),
    "beta": (2.5, 0.7),
    "gamma": (2.5,),
    "invgamma": (2.5,),
    "chi2": (3.5,),
    "pareto": (2.2,),
    "lognorm": (0.8,),
    "weibull_min": (1.7,),
}
DISCRETE = {
    "poisson": (2.5,),
    "bernoulli": (0.3,),
    "binom": (5, 0.3),
    "geom": (0.3,),
    "nbinom": (2.5, 0.4),
}
POINTS = np.array([-40.0, -3, -1, -0.5, 0, 0.2, 0.5, 0.999, 1, 1.5, 2, 3.25, 5, 6, 40, np.nan])


def functions(name: str) -> list[str]:
    """The functions of a distribution in the table: pdf, cdf, ..."""
    all_rows()
    found = [n.rpartition("_") for n, r in ROWS.items() if r.category == "probability"]
    return [function for owner, _, function in found if owner == name]


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_values_are_those_of_scipy(name):
    shapes = (CONTINUOUS | DISCRETE)[name]
    moves = [(), (0.5, 2.0)] if name in CONTINUOUS else [(), (1,)]
    assert len(functions(name)) >= 2
    for function in functions(name):
        x = np.array([0.0, 1e-10, 0.2, 0.5, 0.9, 1]) if function == "ppf" else POINTS
        for move in moves:
            with np.errstate(all="ignore"):
                expected = getattr(getattr(stats, name), function)(x, *shapes, *move)
            numbers = "".join(f", {v}" for v in (*shapes, *move))
            got = f.evaluate(f"{name}_{function}(x{numbers})")(x=x)
            # some logarithms of SciPy are those of a rounded probability
            close = 1e-6 if "log" in function else 1e-12
            np.testing.assert_allclose(got, expected, rtol=close, atol=1e-16)


@pytest.mark.parametrize("x", [-1.0, 2.0])
def test_no_gradient_outside_the_support(x):
    for text in ("beta_logpdf(x, a, 0.5)", "uniform_pdf(x)", "beta_cdf(x, a, 2.0)"):
        gradient = f.grad(text, wrt=["x"])(x=x, a=0.5)
        assert gradient["x"] == 0


RATIOS = [
    # very different arguments, and zeros between poles: first and second derivative (mpmath)
    ("betaln(x, 1e10)", 0.001, -1023.6014228617008, 1000001.6425331957),
    ("betaln(1e-3, x)", 10000000000.0, -1.0000000000499501e-13, 1.0000000000999001e-23),
    ("betaln(x, 2.0)", 10000000000.0, -1.9999999999e-10, 1.9999999998e-20),
    ("betaln(x, 1e-9)", 0.3, -1.2245364508471465e-08, 7.527253621715516e-08),
    ("betaln(x, 1e-9)", 1e-05, -9.99900010163491, 1999700.0399950026),
    ("beta(x, 1e-12)", 3.0, -0.394934066847557, 0.15411380631905391),
    ("beta(2.0, x)", 100000000.0, -1.9999999700000002e-24, 5.999999880000002e-32),
    ("beta(x, 0.25)", -0.875, -50.139615465405946, 766.1358584245846),
    ("comb(x, 5)", 3.0, -0.05, -0.08333333333333333),
    ("comb(x, 2)", 7.0, 6.5, 1.0),
    ("comb(3, x)", 5.0, 0.05, -0.12833333333333333),
    ("comb(3, x)", -1.0, 0.25, 1.0416666666666667),
    ("comb(3, x)", -2.25, -0.016253399911880687, -0.1282874844564004),
    ("comb(x, 0.75)", -0.25, 1.3333333333333333, -1.3563872396931715),
    ("comb(-0.25, x)", 0.75, -1.3333333333333333, 2.199168315862384),
    ("comb(1000.0, x)", 3.0, 938699736.1517358, 5255512492.951642),
    ("comb(x, 3.0)", 1000000.0, 499999000000.3333, 999999.0),
    ("comb(-1.5, x)", -3.0, -5.333333333333333, 2.3426954075010555),
    ("comb(-1.5, x)", 2.0, 0.3381980729002051, -18.565587268554545),
    ("poch(x, 3)", -2.0, 2.0, -6.0),
    ("poch(x, 3)", -7.0, 107.0, -36.0),
    ("poch(x, 3)", -2.5, 5.75, -9.0),
    ("poch(x, 0.5)", -2.0, 4.72654360241471, -2.0761597482619565),
    ("poch(x, 0.5)", 100000000.0, 5.00000000625e-05, -2.500000009375e-13),
    ("poch(-2.5, x)", 1.75, -14.800033957866038, 139.86851721386944),
]


@pytest.mark.parametrize(("text", "x", "first", "second"), RATIOS)
def test_ratios_of_gamma_functions(text, x, first, second):
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(f.jacobian(text, mode=mode)(x=x)["x"], first, rtol=2e-14)
    np.testing.assert_allclose(f.hessian(text)(x=x)["x"]["x"], second, rtol=2e-14)


EDGES = [
    # a density at an edge of its support: the edge, and the exact first and second derivative there
    ("beta_pdf(x, 2, 3.0)", 0.0, 12.0, -48.0),
    ("beta_pdf(x, 3, 3.0)", 0.0, 0.0, 60.0),
    ("beta_pdf(x, 1, 3.0)", 0.0, -6.0, 6.0),
    ("beta_pdf(x, 1, 1)", 0.0, 0.0, 0.0),
    ("beta_pdf(x, 2, 2)", 1.0, -6.0, -12.0),
    ("beta_pdf(x, 1.5, 2)", 0.0, np.inf, -np.inf),
    ("gamma_pdf(x, 2)", 0.0, 1.0, -2.0),
    ("gamma_pdf(x, 1)", 0.0, -1.0, 1.0),
    ("gamma_pdf(x, 3)", 0.0, 0.0, 1.0),
    ("gammainc(2.0, x)", 0.0, 0.0, 1.0),
    ("betainc(2.0, 3.0, x)", 0.0, 0.0, 12.0),
    ("chi2_pdf(x, 4)", 0.0, 0.25, -0.25),
    ("weibull_min_pdf(x, 2)", 0.0, 2.0, 0.0),
    ("poisson_pmf(0, x)", 0.0, -1.0, 1.0),
    ("poisson_pmf(1, x)", 0.0, 1.0, -2.0),
    ("poisson_pmf(2, x)", 0.0, 0.0, 1.0),
    ("bernoulli_pmf(1, x)", 0.0, 1.0, 0.0),
    ("bernoulli_pmf(0, x)", 1.0, -1.0, 0.0),
    ("binom_pmf(2, 3, x)", 0.0, 0.0, 6.0),
    ("binom_pmf(2, 3, x)", 1.0, -3.0, -12.0),
    ("geom_pmf(2, x)", 0.0, 1.0, -2.0),
    ("geom_pmf(2, x)", 1.0, -1.0, -2.0),
    ("nbinom_pmf(1, 2.0, x)", 0.0, 0.0, 4.0),
    # the parameter of a density that is 0
    ("beta_pdf(0.0, x, 3.0)", 2.0, 0.0, 0.0),
    ("gamma_pdf(0.0, x)", 2.5, 0.0, 0.0),
]


@pytest.mark.parametrize(("text", "x", "first", "second"), EDGES)
def test_densities_at_the_edge(text, x, first, second):
    for mode in ("forward", "reverse"):
        got = f.jacobian(text, mode=mode)(x=x)["x"]
        np.testing.assert_allclose(got, first, rtol=1e-14, atol=1e-300)
    got = f.hessian(text)(x=x)["x"]["x"]
    np.testing.assert_allclose(got, second, rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("a", [1e5, 0.003])
def test_density_of_extreme_parameters(a):
    """No factor of the density overflows where the density does not."""
    x = 0.5 + 1e-3
    got = f.grad("beta_pdf(x, a, a)", wrt=["x"])(x=x, a=a)["x"]
    expected = stats.beta.pdf(x, a, a) * (a - 1) * (1 / x - 1 / (1 - x))
    np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_vector_distributions():
    x, mean = np.array([0.2, 0.3, 0.5]), np.array([0.1, -0.4, 1.0])
    alpha, cov = np.array([1.5, 2.0, 0.7]), np.array([[2, 0.3, 0], [0.3, 1, 0.1], [0, 0.1, 0.5]])
    got = f.evaluate("dirichlet_logpdf(x, a)")(x=x, a=alpha)
    np.testing.assert_allclose(got, stats.dirichlet.logpdf(x, alpha), rtol=1e-13)
    many = np.stack([x, mean])
    got = f.evaluate("multivariate_normal_logpdf(x, m, c)")(x=many, m=mean, c=cov)
    expected = stats.multivariate_normal.logpdf(many, mean, cov)
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    entropy = f.evaluate("multivariate_normal_entropy(m, c)")(m=mean, c=cov)
    assert entropy == pytest.approx(stats.multivariate_normal(mean, cov).entropy(), rel=1e-13)


FAILURES = [
    ("spherical_jn(x, 1.0)", "the order of spherical_jn must be an integer from 0 to 10000"),
    ("lambertw(x, 2)", "the branch of lambertw must be 0 or -1 for real x"),
    ("eval_jacobi(2, x, 1, 0.5)", "the parameters of eval_jacobi must be numbers"),
    ("expn(-1, x)", "the order of expn must be an integer from 0 to 10000"),
]


@pytest.mark.parametrize(("text", "message"), FAILURES)
def test_failures_name_what_is_wrong(text, message):
    with pytest.raises(DiffcliError, match=message):
        f.evaluate(text)(x=0.3)
