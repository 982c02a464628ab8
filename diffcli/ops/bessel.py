"""Rows of Bessel functions of any order, spherical ones, and the functions of Airy and Struve.

Derivatives in the order of a Bessel function are numerical, see `stencil`.
"""

from __future__ import annotations

from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.ops.kinds import Elementwise, composite, row, unary
from diffcli.ops.special import scipy_ufunc
from diffcli.ops.stencil import slope_rule
from diffcli.ops.table import F, lift

# ----- any order ----------------------------------------------------------------------------------


def _ordered(name: str, dx: Any, doc: str, examples: tuple[str, ...], **stated: Any) -> None:
    """A row f(v, x) with the partial `dx(y, v, x)`."""
    stated.setdefault("evaluate", scipy_ufunc(name))
    Elementwise(
        name,
        lambda v, x: ((v, x), {}),
        d=(slope_rule(name, 0), dx),
        doc=f"{doc} The derivative in v is numerical.",
        category="special",
        arrays=2,
        # exact in x, but SciPy's complex values are not exact enough for complex steps
        holomorphic=False,
        examples=(*examples, f"{name}(p, q)"),
        **stated,
    )


_ordered(
    "jv",
    lambda y, v, x: 0.5 * (F.jv(v - 1, x) - F.jv(v + 1, x)),
    "Bessel function of the first kind and order v.",
    ("jv(2, x)", "jv(0.5, p)"),
    aliases=("jn",),
)
_ordered(
    "yv",
    lambda y, v, x: 0.5 * (F.yv(v - 1, x) - F.yv(v + 1, x)),
    "Bessel function of the second kind and order v, for x > 0.",
    ("yv(2, p)", "yv(0.5, p)"),
    aliases=("yn",),
)
_ordered(
    "iv",
    lambda y, v, x: 0.5 * (F.iv(v - 1, x) + F.iv(v + 1, x)),
    "Modified Bessel function of the first kind and order v.",
    ("iv(2, x)", "iv(0.5, p)"),
)
_ordered(
    "kv",
    lambda y, v, x: -0.5 * (F.kv(v - 1, x) + F.kv(v + 1, x)),
    "Modified Bessel function of the second kind and order v, for x > 0.",
    ("kv(2, p)", "kv(0.5, p)"),
    aliases=("kn",),
)


def _ive(xp: Any, v: Any, x: Any) -> Any:
    if xp.iscomplexobj(x):
        raise TypeError  # exp(-abs(real(x))) is not complex-differentiable
    return xp.special.ive(v, x)


_ordered(
    "ive",
    lambda y, v, x: 0.5 * (F.ive(v - 1, x) + F.ive(v + 1, x)) - F.sign(x) * y,
    "exp(-abs(x))*iv(v, x).",
    ("ive(2, x)", "ive(0.5, p)"),
    evaluate=_ive,
    kink="the limits' mean at x = 0",
    kink_at=lambda g, y, v, x: F.logical_and(F.equal(x, 0), F.not_equal(y, 0)),
)
_ordered(
    "kve",
    lambda y, v, x: y - 0.5 * (F.kve(v - 1, x) + F.kve(v + 1, x)),
    "exp(x)*kv(v, x), for x > 0.",
    ("kve(2, p)", "kve(0.5, p)"),
)
_ordered(
    "struve",
    lambda y, v, x: F.struve(v - 1, x) - v / x * y,
    "Struve function of order v.",
    ("struve(2, p)", "struve(0.5, p)"),
)
_ordered(
    "modstruve",
    lambda y, v, x: F.modstruve(v - 1, x) - v / x * y,
    "Modified Struve function of order v.",
    ("modstruve(2, p)", "modstruve(0.5, p)"),
)

# ----- orders 0 and 1 -----------------------------------------------------------------------------

_SECOND = "of the second kind and order"


def _fixed(name: str, d: Any, doc: str, *aliases: str) -> None:
    unary(
        name,
        d,
        f"{doc}, for x > 0.",
        evaluate=scipy_ufunc(name),
        category="special",
        domain="positive",
        aliases=aliases,
    )


_fixed("y0", lambda y, x: -F.y1(x), f"Bessel function {_SECOND} 0", "bessel_y0")
_fixed("y1", lambda y, x: F.y0(x) - y / x, f"Bessel function {_SECOND} 1", "bessel_y1")
_fixed("k0", lambda y, x: -F.k1(x), f"Modified Bessel function {_SECOND} 0", "modified_bessel_k0")
_fixed(
    "k1",
    lambda y, x: -F.k0(x) - y / x,
    f"Modified Bessel function {_SECOND} 1",
    "modified_bessel_k1",
)
_fixed("k0e", lambda y, x: y - F.k1e(x), "exp(x)*k0(x)", "scaled_modified_bessel_k0")
_fixed("k1e", lambda y, x: y - F.k0e(x) - y / x, "exp(x)*k1(x)", "scaled_modified_bessel_k1")

# ----- spherical ----------------------------------------------------------------------------------


def _spherical(xp: Any, x: Any, kind: str, order: int) -> Any:
    value = getattr(xp.special, f"spherical_{kind}n")(order, x)
    single = getattr(x, "dtype", None) in (xp.float32, xp.complex64)
    return value.astype(x.dtype) if single else value


def _spherical_slope(y: Node, x: Node, kind: str, order: int) -> Node:
    after = F.spherical_bessel(x, kind=kind, order=order + 1)
    minus = kind in "jyk"
    total = -(order + 1) * after if minus else (order + 1) * after
    if order:
        before = order * F.spherical_bessel(x, kind=kind, order=order - 1)
        total = total - before if kind == "k" else total + before
    return total / (2 * order + 1)


@row(
    Elementwise,
    evaluate=_spherical,
    d=(_spherical_slope,),
    category="special",
    holomorphic=False,
    hidden=True,
)
def spherical_bessel(x: Node, kind: str, order: int) -> Any:
    """Spherical Bessel function of a kind (j, y, i, k) and an integer order."""
    return (x,), {"kind": kind, "order": order}


def static_order(name: str, n: Any, least: int = 0) -> int:
    """A degree or order as an integer; `bad-argument` where it is not one that is known."""
    if isinstance(n, bool) or not isinstance(n, int) or not least <= n <= 10_000:
        raise DiffcliError(
            "bad-argument", f"the order of {name} must be an integer from {least} to 10000"
        )
    return n


def _make_spherical(kind: str, doc: str, variable: str) -> None:
    name = f"spherical_{kind}n"

    def bind(n: Any, z: Any, derivative: bool = False) -> Node:
        order = static_order(name, n)
        y = F.spherical_bessel(lift(z), kind=kind, order=order)
        return _spherical_slope(y, y.inputs[0], kind, order) if derivative else y

    composite(
        category="special",
        arrays=0,
        doc=f"{doc}, or its derivative.",
        examples=(f"{name}(0, {variable})", f"{name}(3, {variable}, derivative=True)"),
        method=False,
    )(_named(bind, name))


def _named(bind: Any, name: str) -> Any:
    bind.__name__ = name
    return bind


_make_spherical("j", "Spherical Bessel function of the first kind and order n", "x")
_make_spherical("y", "Spherical Bessel function of the second kind and order n", "p")
_make_spherical("i", "Modified spherical Bessel function of the first kind and order n", "x")
_make_spherical("k", "Modified spherical Bessel function of the second kind and order n", "p")

# ----- Airy ---------------------------------------------------------------------------------------


def _airy(part: int) -> Any:
    return lambda xp, x: xp.special.airy(x)[part]


def _make_airy(name: str, part: int, d: Any, doc: str) -> None:
    unary(name, d, doc, evaluate=_airy(part), category="special", holomorphic=False)


_make_airy("airy_ai", 0, lambda y, x: F.airy_aip(x), "Airy function Ai.")
_make_airy("airy_aip", 1, lambda y, x: x * F.airy_ai(x), "Derivative of the Airy function Ai.")
_make_airy("airy_bi", 2, lambda y, x: F.airy_bip(x), "Airy function Bi.")
_make_airy("airy_bip", 3, lambda y, x: x * F.airy_bi(x), "Derivative of the Airy function Bi.")


@composite(category="special", examples=("airy(x)[0]", "airy(x)[3]"))
def airy(x: Node) -> Any:
    """The list of Ai, its derivative, Bi and its derivative."""
    return [F.airy_ai(x), F.airy_aip(x), F.airy_bi(x), F.airy_bip(x)]
