"""Rows of arithmetic: sums, products, powers, rounding, and choices between values."""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import whole
from diffcli.ops.kinds import NONE, Elementwise, Linear, binary, composite, row, ufunc, unary
from diffcli.ops.op import Batched
from diffcli.ops.table import F, lift

ONE = lambda *_: 1
MINUS_ONE = lambda *_: -1

# ----- sums and products --------------------------------------------------------------------------

binary("add", (ONE, ONE), "Sum, elementwise.", category="arithmetic", verb="added")
binary(
    "subtract",
    (ONE, MINUS_ONE),
    "Difference, elementwise.",
    category="arithmetic",
    aliases=("sub",),
    verb="subtracted",
)


def smooth_square(x: Node) -> Node | None:
    """The square of x where x has a kink that its square has not; None for other x.

    The second derivative of norm(x)**2 at 0 cannot be made of those of the norm, which has none.
    """
    rule = x.op.squared
    return None if rule is None else rule(*x.inputs, **x.params)


class Product(Elementwise):
    """Products and powers, which may be squares: `squares(*operands)` says when."""

    def __init__(self, *args: Any, squares: Any, **row: Any) -> None:
        super().__init__(*args, **row)
        self.squares = squares

    def __call__(self, *args: Any, **kwargs: Any) -> Node:
        """The result; squares of what has a kink are written without it."""
        operands = tuple([x if isinstance(x, Node) else lift(x) for x in args])
        square = smooth_square(operands[0]) if not kwargs and self.squares(*operands) else None
        if square is not None:
            return square
        plain = len(operands) == self.plain and not kwargs
        return self.apply(operands, NONE) if plain else super().__call__(*operands, **kwargs)


def _same(a: Node, b: Node) -> bool:
    if a is b or a.op is not b.op or a.op.squared is None or a.params != b.params:
        return a is b
    return all(x is z for x, z in zip(a.inputs, b.inputs, strict=True))


Product(
    "multiply",
    lambda x, y: ((x, y), {}),
    ufunc("multiply"),
    d=(lambda y, a, b: b, lambda y, a, b: a),
    doc="Product, elementwise.",
    category="arithmetic",
    aliases=("mul",),
    arrays=2,
    plain=2,
    verb="multiplied",
    squares=_same,
)


def _squared_quotient(a: Node, b: Node) -> Node | None:
    square = None if a.op.name == "divide" else smooth_square(a)
    return None if square is None else square / F.square(b)


binary(
    "divide",
    # -(a/b)/b and not -a/b**2: the square underflows and overflows first
    (lambda y, a, b: 1 / (_number(b) or b) if y.eager else 1 / b, lambda y, a, b: -(y / b)),
    "Quotient, elementwise; division by zero follows IEEE 754.",
    category="arithmetic",
    aliases=("true_divide", "div"),
    verb="divided",
    domain="nonzero",
    squared=_squared_quotient,
)


def _divide_no_nan(xp: Any, a: Any, b: Any) -> Any:
    zero = xp.equal(b, 0)
    return xp.where(zero, xp.zeros_like(a), xp.divide(a, xp.where(zero, xp.ones_like(b), b)))


binary(
    "divide_no_nan",
    (
        lambda y, a, b: F.divide_no_nan(F.ones_like(a), b),
        lambda y, a, b: -F.divide_no_nan(y, b),
    ),
    "x / y, and 0 where y is 0 (TensorFlow's function of this name).",
    evaluate=_divide_no_nan,
    category="arithmetic",
    verb="divided",
    domain="nonzero",
    kink="0 where y is 0",
    kink_at=(None, lambda g, y, a, b: F.equal(b, 0)),
)
unary("negative", MINUS_ONE, "-x.", category="arithmetic", aliases=("neg",))
unary("reciprocal", lambda y, x: -F.square(y), "1/x.", category="arithmetic", domain="nonzero")
Product(
    "square",
    lambda x: ((x,), {}),
    ufunc("square"),
    d=(lambda y, x: 2 * x,),
    doc="x**2.",
    category="powers",
    plain=1,
    squares=lambda x: True,
    examples=("square(x)", "square(norm(x, axis=1))", "square(abs(x)/2)"),
)


@composite(category="arithmetic", examples=("positive(x)",))
def positive(x: Node) -> Node:
    """+x, which is x."""
    return x


# ----- powers -------------------------------------------------------------------------------------


def _power_base(y: Node, a: Node, b: Node) -> Any:
    # b*a**(b-1), but 0 where b is 0: there 0 * a**-1 is not a number at a = 0
    value = _number(b)
    if a is b:
        return 0  # the whole slope of x**x is stated with the exponent
    if value is not None:
        return 0 if value == 0 else b * F.power(a, lift(value - 1))
    return F.where(F.equal(b, 0), 0, b * F.power(a, b - 1))


def _power_exponent(y: Node, a: Node, b: Node) -> Any:
    # 0**b is 0 for b > 0, jumps to 1 at b = 0, where 0 is chosen, and is inf for b < 0, which has
    # no slope (stan-dev/math 3031). x**x comes along the diagonal, where its slope at 0 is -inf
    if a is b:
        return y * (1 + F.log(a))
    if y.dtype.kind == "c":
        a = F.astype(a, y.dtype)  # the logarithm of a negative number is complex then
    base = _number(a)
    if base is not None and base != 0:
        return y * F.log(a)
    at_zero = F.where(F.greater_equal(F.real(b), 0), 0.0, float("nan"))
    return F.where(F.equal(a, 0), at_zero, y * F.log(a))


def _number(x: Node) -> Any:
    """The Python number that a weak constant is, or None."""
    return x.params["value"] if x.weak and "value" in x.params else None


def _power_bind(x: Node, y: Node) -> Any:
    exponent = _number(y)
    integers = x.dtype.kind in "iu" and y.dtype.kind in "iu"
    if integers and exponent is not None and exponent < 0:
        raise DiffcliError(
            "dtype",
            "an integer array cannot be raised to a negative integer power",
            hint="write the exponent with a decimal point, as in -1.0",
        )
    return (x, y), {}


Product(
    "power",
    _power_bind,
    lambda xp, a, b, **out: xp.power(a, b, **out),
    d=(_power_base, _power_exponent),
    doc="x to the power y, elementwise; x**0 is 1 with derivative 0 everywhere.",
    category="powers",
    aliases=("pow", "float_power"),
    arrays=2,
    verb="raised to a power",
    domain="positive",
    squares=lambda x, y: _number(y) == 2,
    examples=("p**q", "p**p", "x**3", "hypot(x, y)**2"),
    kink="0 by y at 0**0",
    kink_at=(None, lambda g, y, a, b: None if a is b else F.equal(a, 0) & F.equal(b, 0)),
)
unary("sqrt", lambda y, x: 0.5 / y, "Square root.", category="powers", domain="positive")
unary("cbrt", lambda y, x: 1 / (3 * F.square(y)), "Cube root.", category="powers", domain="nonzero")


@composite(category="powers", examples=("rsqrt(p)",))
def rsqrt(x: Node) -> Node:
    """1/sqrt(x)."""
    return 1 / F.sqrt(x)


binary(
    "hypot",
    (lambda y, a, b: F.divide_no_nan(a, y), lambda y, a, b: F.divide_no_nan(b, y)),
    "sqrt(x**2 + y**2) without overflow.",
    category="powers",
    kink="0 at the origin",
    squared=lambda a, b: F.square(a) + F.square(b),
    kink_at=lambda g, y, a, b: F.equal(y, 0),
)

# ----- sign and rounding --------------------------------------------------------------------------


def _sign_pullback(g: Any, y: Node, x: Node) -> tuple[Node | None]:
    # d(z/|z|) = (dz - s Re(conj(s) dz))/|z| with s = z/|z|, which is its own transpose
    if x.dtype.kind != "c":
        return (None,)
    tangential = (g - y * F.real(F.conj(y) * g)) / F.abs(x)
    return (F.where(F.equal(x, 0), 0, tangential),)


def _at_zero(g: Any, y: Node, x: Node) -> Node:
    return F.equal(x, 0)


Elementwise(
    "sign",
    lambda x: ((x,), {}),
    lambda xp, x, **out: xp.sign(x, **out),
    pullback=_sign_pullback,
    doc="-1, 0 or 1; x/abs(x) for complex numbers.",
    category="rounding",
    aliases=("sgn",),
    domain="nonzero",
    kink="0 at 0",
    kink_at=_at_zero,
    holomorphic=False,
)
Elementwise(
    "abs",
    lambda x: ((x,), {}),
    lambda xp, x, **out: xp.abs(x, **out),
    pullback=lambda g, y, x: (g * F.sign(x),),
    doc="Absolute value; the derivative at 0 is 0.",
    category="arithmetic",
    aliases=("absolute", "fabs"),
    domain="nonzero",
    kink="0 at 0",
    kink_at=_at_zero,
    holomorphic=False,
    squared=lambda x: F.real(x * F.conj(x)) if x.dtype.kind == "c" else F.square(x),
)


def _is_whole(g: Any, y: Node, x: Node) -> Node:
    return F.logical_and(F.equal(x, F.floor(x)), F.isfinite(x))


def _is_half(x: Node) -> Node:
    return F.equal(F.abs(x - F.trunc(x)), 0.5)


for _name, _doc, _kink, _at in (
    ("floor", "Largest integer not above x.", "0 at integers", _is_whole),
    ("ceil", "Smallest integer not below x.", "0 at integers", _is_whole),
    (
        "trunc",
        "The integer part of x.",
        "0 at integers",
        lambda g, y, x: F.logical_and(_is_whole(g, y, x), F.not_equal(x, 0)),
    ),
    (
        "rint",
        "Nearest integer, halves to even.",
        "0 at halves",
        lambda g, y, x: _is_half(x),
    ),
):
    unary(
        _name,
        None,
        _doc,
        category="rounding",
        aliases={"trunc": ("fix",)}.get(_name, ()),
        kink=_kink,
        kink_at=_at,
    )


def _round_bind(x: Node, decimals: int = 0) -> Any:
    return (x,), {"decimals": whole(decimals, "decimals", 300)}


Elementwise(
    "round",
    _round_bind,
    lambda xp, x, decimals: xp.round(x, decimals),
    doc="x rounded to a number of decimals, halves to even.",
    category="rounding",
    aliases=("around",),
    kink="0 at halves",
    kink_at=lambda g, y, x, decimals: _is_half(x * 10.0**decimals),
)
binary(
    "floor_divide",
    None,
    "floor(x / y).",
    examples=("floor_divide(p, 0.3*q)",),
    category="rounding",
    verb="divided",
    domain="nonzero",
    kink="0 where x/y is whole",
    kink_at=lambda g, y, a, b: F.equal(F.fmod(a, b), 0),
)
binary(
    "mod",
    (ONE, lambda y, a, b: -F.floor_divide(a, b)),
    "x - y*floor(x/y), with the sign of y, as Python's %.",
    examples=("mod(p, 0.3*q)", "mod(-p, 1.1)"),
    category="rounding",
    aliases=("remainder",),
    verb="divided",
    domain="nonzero",
    kink="no jump where x/y is whole",
    kink_at=lambda g, y, a, b: F.equal(y, 0),
)
binary(
    "fmod",
    (ONE, lambda y, a, b: -F.trunc(a / b)),
    "x - y*trunc(x/y), with the sign of x, as C's fmod.",
    examples=("fmod(p, 0.3*q)", "fmod(-p, 1.1)"),
    category="rounding",
    verb="divided",
    domain="nonzero",
    kink="no jump where x/y is whole",
    kink_at=lambda g, y, a, b: F.logical_and(F.equal(y, 0), F.not_equal(a, 0)),
)
binary(
    "copysign",
    (lambda y, a, b: F.sign(a) * F.copysign(1, b), None),
    "x with the sign of y.",
    category="rounding",
    domain="nonzero",
    kink="0 at 0",
    kink_at=(
        lambda g, y, a, b: F.equal(a, 0),
        lambda g, y, a, b: F.logical_and(F.equal(b, 0), F.not_equal(a, 0)),
    ),
)
binary(
    "heaviside",
    (None, lambda z, x, y: F.where(F.equal(x, 0), 1.0, 0.0)),
    "0 where x is below 0, y at 0, 1 above.",
    category="rounding",
    kink="0 by x at 0",
    kink_at=(lambda g, z, x, y: F.equal(x, 0), None),
)


@composite(category="rounding", examples=("frac(x)",))
def frac(x: Node) -> Node:
    """x - trunc(x)."""
    return x - F.trunc(x)


# ----- choices ------------------------------------------------------------------------------------


def _kinked_batch(y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
    return y.op.apply(inputs, y.params) if batched[0] else inputs[0]


@row(
    Linear,
    evaluate=lambda xp, x, *_, row: x,
    shape=lambda x, *_, row: x.shape,
    dtype=lambda x, *_, row: x.dtype,
    batch=_kinked_batch,
    pullback=lambda g, y, x, *rest, row: (g, *(None for _ in rest)),
    arity=1,
    category="choice",
    arrays=2,
    hidden=True,
)
def kinked(x: Node, mask: Node, row: str, *by: Node) -> Any:
    """x, whose derivatives by the nodes `by` (itself) the row chose where the mask is true."""
    return (x, mask, *(by or (x,))), {"row": row}


@row(
    Elementwise,
    evaluate=lambda xp, c, a, b: xp.where(c, a, b),
    pullback=lambda g, y, c, a, b: (None, F.where(c, g, 0), F.where(c, 0, g)),
    selects=(None, lambda y, c, a, b: c, lambda y, c, a, b: F.logical_not(c)),
    category="choice",
    arrays=3,
    examples=("where(x > 0, x, y)",),
    method=False,
)
def where(condition: Node, x: Node, y: Node) -> Any:
    """x where the condition is true, y elsewhere; the branch not taken never matters."""
    if condition.dtype.kind != "b":
        condition = F.not_equal(condition, 0)
    return (condition, x, y), {}


def _share(g: Node, a: Node, b: Node) -> Node:
    """g where a > b, half of it at ties; never a product, so that inf * 0 cannot arise."""
    return F.where(F.greater(a, b), g, F.where(F.less(a, b), 0, 0.5 * g))


def _choice(name: str, doc: str, share: Any, among: Any) -> None:
    Elementwise(
        name,
        lambda x, y: ((x, y), {}),
        ufunc(name),
        pullback=lambda g, y, a, b: (share(g, a, b), share(g, b, a)),
        doc=doc,
        category="choice",
        arrays=2,
        plain=2,
        selects=(lambda y, a, b: among(a, b), lambda y, a, b: among(b, a)),
        kink="ties share the derivative evenly",
        kink_at=lambda g, y, a, b: F.equal(a, b),
    )


def _not_less(a: Node, b: Node) -> Node:
    return F.logical_not(F.less(a, b))


_choice("maximum", "The larger of x and y; NaN if one is.", _share, _not_less)
_choice(
    "minimum",
    "The smaller of x and y; NaN if one is.",
    lambda g, a, b: _share(g, b, a),
    lambda a, b: _not_less(b, a),
)


def _share_numbers(g: Node, a: Node, b: Node, more: Node, less: Node) -> Node:
    """As `_share`, where a NaN is less than any number and ties with another."""
    shared = F.where(F.isnan(a), 0, _share(g, more, less))
    return F.where(F.isnan(b), F.where(F.isnan(a), 0.5 * g, g), shared)


def _among_numbers(a: Node, b: Node, more: Node, less: Node) -> Node:
    return F.logical_or(F.isnan(b), F.logical_and(_not_less(more, less), F.logical_not(F.isnan(a))))


_choice(
    "fmax",
    "The larger of x and y, or the one that is not NaN.",
    lambda g, a, b: _share_numbers(g, a, b, a, b),
    lambda a, b: _among_numbers(a, b, a, b),
)
_choice(
    "fmin",
    "The smaller of x and y, or the one that is not NaN.",
    lambda g, a, b: _share_numbers(g, a, b, b, a),
    lambda a, b: _among_numbers(a, b, b, a),
)


@row(
    Elementwise,
    evaluate=lambda xp, x, lo, hi: xp.clip(x, lo, hi),
    # where lo > hi the result is hi everywhere, as NumPy and PyTorch have it
    selects=(
        lambda y, x, lo, hi: F.logical_and(F.greater_equal(x, lo), F.less_equal(x, hi)),
        lambda y, x, lo, hi: F.logical_and(F.less(x, lo), F.less_equal(lo, hi)),
        lambda y, x, lo, hi: F.logical_or(F.greater(x, hi), F.greater(lo, hi)),
    ),
    category="choice",
    aliases=("clamp",),
    arrays=3,
    kink="1 at the bounds",
    kink_at=lambda g, y, x, lo, hi: F.logical_or(F.equal(x, lo), F.equal(x, hi)),
    examples=("clip(x, -0.5, 0.5)", "clip(x, min=0.1)"),
)
def clip(x: Node, min: Node | None = None, max: Node | None = None) -> Any:
    """x limited to the range from min to max."""
    lo = lift(float("-inf")) if min is None else min
    hi = lift(float("inf")) if max is None else max
    return (x, lo, hi), {}


# ----- complex parts ------------------------------------------------------------------------------


def _complex_part(name: str, doc: str, pullback: Any, **stated: Any) -> None:
    Elementwise(
        name,
        lambda x: ((x,), {}),
        ufunc_or_copy(name),
        pullback=pullback,
        doc=doc,
        category="complex",
        holomorphic=False,
        **stated,
    )


def ufunc_or_copy(name: str) -> Any:
    """The namespace's function; `real` and `imag` give views, which plans may not write to."""
    return lambda xp, x: getattr(xp, name)(x)


_complex_part("real", "Real part.", lambda g, y, x: (g,))
_complex_part("imag", "Imaginary part.", lambda g, y, x: (g * 1j if x.dtype.kind == "c" else None,))
_complex_part("conj", "Complex conjugate.", lambda g, y, x: (F.conj(g),), aliases=("conjugate",))


def _angle_pullback(g: Any, y: Node, x: Node) -> tuple[Node | None]:
    # d arg z = Im(conj(z) dz)/|z|**2
    if x.dtype.kind != "c":
        return (None,)
    r = F.abs(x)
    return (F.where(F.equal(x, 0), 0, g * 1j * (x / r) / r),)


_complex_part(
    "angle",
    "Argument of a complex number, radians.",
    _angle_pullback,
    kink="0 at 0",
    kink_at=_at_zero,
)
