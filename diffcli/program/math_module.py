"""The namespace `math` of programs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from diffcli.program.machine import MACHINE, bounded
from diffcli.program.operations import multiply
from diffcli.program.values import Builtin, Namespace

PLAIN = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh degrees dist erf erfc "
    "exp exp2 expm1 fabs floor fmod frexp fsum gamma gcd hypot isclose isfinite isinf isnan "
    "isqrt lcm ldexp lgamma log log10 log1p log2 modf nextafter pow prod radians remainder sin "
    "sinh sqrt tan tanh trunc ulp"
).split()


def _bounded(name: str, bits: Callable[..., float]) -> Callable[..., Any]:
    function = getattr(math, name)

    def run(*args: Any) -> Any:
        if all(isinstance(a, int) for a in args):
            MACHINE.allow_bits(bits(*args))
        return function(*args)

    return run


def _reading(name: str) -> Callable[..., Any]:
    """A function of collections."""
    function = getattr(math, name)
    return lambda *collections: function(*map(bounded, collections))


def _prod(items: Any, *, start: Any = 1) -> Any:
    total = start
    for each in bounded(items):
        total = multiply(total, each)
    return total


def _table() -> dict[str, Any]:
    functions = {name: getattr(math, name) for name in PLAIN}
    functions["factorial"] = _bounded("factorial", lambda n: n * max(n, 1).bit_length())
    functions["comb"] = _bounded("comb", lambda n, k: min(k, n) * max(n, 1).bit_length())
    functions["perm"] = _bounded("perm", lambda n, k=0: (k or n) * max(n, 1).bit_length())
    functions["lcm"] = _bounded("lcm", lambda *all: sum(n.bit_length() for n in all))
    functions |= {"fsum": _reading("fsum"), "dist": _reading("dist"), "prod": _prod}
    named = {name: Builtin(name, function) for name, function in functions.items()}
    return {**named, **{c: getattr(math, c) for c in ("pi", "e", "tau", "inf", "nan")}}


MATH = Namespace("math", _table)
