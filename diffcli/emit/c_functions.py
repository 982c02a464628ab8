"""What C computes one element with, and the functions that a written file brings along."""

from __future__ import annotations

ONE = """
exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh floor ceil erf erfc cbrt trunc
rint signbit
"""
TWO = ("hypot", "fmod", "copysign", "fmax", "fmin")

ELEMENTS = {
    **{name: f"{name}({{0}}, {{1}})" for name in TWO},
    **{name: f"{name}({{0}})" for name in ONE.split()},
    **{f"arc{n}": f"a{n}({{0}})" for n in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arctan2": "atan2({0}, {1})",
    "add": "({0} + {1})",
    "subtract": "({0} - {1})",
    "multiply": "({0}*{1})",
    "divide": "({0}/{1})",
    "negative": "(-{0})",
    "power": "pow({0}, {1})",
    "square": "square({0})",
    "reciprocal": "(1.0/{0})",
    "abs": "fabs({0})",
    "sign": "sign({0})",
    "maximum": "fmax({0}, {1})",
    "minimum": "fmin({0}, {1})",
    "clip": "fmin(fmax({0}, {1}), {2})",
    "relu": "fmax({0}, 0.0)",
    "sigmoid": "sigmoid({0})",
    "softplus": "logaddexp({0}, 0.0)",
    "logaddexp": "logaddexp({0}, {1})",
    "sech": "(1.0/cosh({0}))",
    "csch": "(1.0/sinh({0}))",
    "unit_gap": "((1.0 - {0})*(1.0 + {0}))",
    "divide_no_nan": "divide_no_nan({0}, {1})",
    "gammaln": "lgamma({0})",
    "gamma": "tgamma({0})",
    "betaln": "(lgamma({0}) + lgamma({1}) - lgamma({0} + {1}))",
    "digamma": "digamma({0})",
    "ndtr": "(0.5*erfc(-0.7071067811865475*{0}))",
    "logit": "log({0}/(1.0 - {0}))",
    "xlogy": "xlogy({0}, {1})",
    "xlog1py": "xlogy({0}, 1.0 + {1})",
    "sinc": "sinc({0})",
    "softsign": "({0}/(1.0 + fabs({0})))",
    "tanhshrink": "({0} - tanh({0}))",
    "exp10": "pow(10.0, {0})",
    "deg2rad": "(0.017453292519943295*{0})",
    "rad2deg": "(57.29577951308232*{0})",
    "mod": "mod({0}, {1})",
    "floor_divide": "nearbyint(({0} - mod({0}, {1}))/{1})",
    "heaviside": "heaviside({0}, {1})",
    "where": "({0} ? {1} : {2})",
    "less": "({0} < {1})",
    "less_equal": "({0} <= {1})",
    "greater": "({0} > {1})",
    "greater_equal": "({0} >= {1})",
    "equal": "({0} == {1})",
    "not_equal": "({0} != {1})",
    "logical_and": "({0} && {1})",
    "logical_or": "({0} || {1})",
    "logical_not": "(!{0})",
    "isnan": "isnan({0})",
    "isfinite": "isfinite({0})",
    "isinf": "isinf({0})",
    "astype": "{0}",
    "kinked": "{0}",
}
"""Operators of single elements."""

DEFINITIONS = {
    "square": """static double square(double x)
{
    return x*x;
}""",
    "sign": """static double sign(double x)
{
    return (x > 0) - (x < 0);
}""",
    "sigmoid": """static double sigmoid(double x)
{
    return x < 0 ? exp(x)/(1 + exp(x)) : 1/(1 + exp(-x));
}""",
    "logaddexp": """static double logaddexp(double a, double b)
{
    return fmax(a, b) + log1p(exp(-fabs(a - b)));
}""",
    "divide_no_nan": """static double divide_no_nan(double a, double b)
{
    return b == 0 ? 0 : a/b;
}""",
    "xlogy": """static double xlogy(double x, double y)
{
    return x == 0 ? 0 : x*log(y);
}""",
    "sinc": """static double sinc(double x)
{
    double y = 3.141592653589793*x;
    return x == 0 ? 1 : sin(y)/y;
}""",
    "mod": """static double mod(double a, double b)
{
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}""",
    "heaviside": """static double heaviside(double x, double middle)
{
    return x < 0 ? 0 : x == 0 ? middle : 1;
}""",
    "digamma": """/* The recurrence up to 10, then the series of Abramowitz and Stegun 6.3.18. */
static double digamma(double x)
{
    double sum = 0;
    if (x <= 0) {
        if (x == floor(x))
            return NAN;
        sum = -3.141592653589793/tan(3.141592653589793*x);
        x = 1 - x;
    }
    for (; x < 10; x++)
        sum -= 1/x;
    double r = 1/(x*x);
    double tail = r*(1.0/12 - r*(1.0/120 - r*(1.0/252 - r*(1.0/240 - r*(1.0/132)))));
    return sum + log(x) - 0.5/x - tail;
}""",
    "eliminate": """/* Solve a x = b for k columns in place, by elimination with pivots; det(a). */
static double eliminate(double *a, double *b, long n, long k)
{
    double det = 1;
    for (long c = 0; c < n; c++) {
        long p = c;
        for (long i = c + 1; i < n; i++)
            if (fabs(a[i*n + c]) > fabs(a[p*n + c]))
                p = i;
        for (long j = 0; j < n && p != c; j++) {
            double t = a[c*n + j];
            a[c*n + j] = a[p*n + j];
            a[p*n + j] = t;
        }
        for (long j = 0; j < k && p != c; j++) {
            double t = b[c*k + j];
            b[c*k + j] = b[p*k + j];
            b[p*k + j] = t;
        }
        det *= p == c ? a[c*n + c] : -a[c*n + c];
        for (long i = c + 1; i < n; i++) {
            double r = a[i*n + c]/a[c*n + c];
            for (long j = c; j < n; j++)
                a[i*n + j] -= r*a[c*n + j];
            for (long j = 0; j < k; j++)
                b[i*k + j] -= r*b[c*k + j];
        }
    }
    for (long c = n - 1; c >= 0; c--)
        for (long j = 0; j < k; j++) {
            for (long i = c + 1; i < n; i++)
                b[c*k + j] -= a[c*n + i]*b[i*k + j];
            b[c*k + j] /= a[c*n + c];
        }
    return det;
}""",
}
"""Functions by name, each written where its name is called."""
