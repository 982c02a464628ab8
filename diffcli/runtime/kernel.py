"""Kernels: what a group of elementwise operators does to one element, as a list of scalar steps.

Nothing about an operator is stated here. Its `evaluate` rule, which computes with the functions of
an array library, is run once on symbols, and what it calls is written down. A rule that asks for
more than the functions of `PRIMITIVES`, or looks at values, is `Unfit` and stays outside kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcli.graph.node import Node
from diffcli.ops.op import UNFIT

Dtype = np.dtype[Any]
Step = tuple[str, Dtype, tuple[Any, ...]]

BOOL = np.dtype(np.bool_)
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))

CHUNK = 512
"""Elements of a row that one partial sum is made of."""

COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
TESTS = ("isnan", "isinf", "isfinite", "signbit")
LOGIC = ("logical_and", "logical_or", "logical_xor", "logical_not")
FUNCTIONS = {
    **dict.fromkeys(("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt"), 1),
    **dict.fromkeys(("sin", "cos", "tan", "arcsin", "arccos", "arctan"), 1),
    **dict.fromkeys(("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "erf", "erfc"), 1),
    **dict.fromkeys(("power", "arctan2", "hypot"), 2),
}
ARITHMETIC = {
    **FUNCTIONS,
    **dict.fromkeys(("negative", "absolute", "sqrt", "floor", "ceil", "trunc", "rint", "sign"), 1),
    **dict.fromkeys(("add", "subtract", "multiply", "divide"), 2),
    **dict.fromkeys(("maximum", "minimum", "copysign"), 2),
}
"""Functions of real numbers with real results, and how many arguments they take.

FUNCTIONS are those that take far longer than to read their arguments.
"""


class Unfit(Exception):
    """The operator cannot be part of a kernel."""


class Kernel:
    """The steps of a group of operators, each distinct one once, in the order of computation.

    A step is (name, dtype, arguments): "load" of an operand, "constant", "cast", "where" or a
    primitive; arguments are the numbers of earlier steps.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._known: dict[Step, int] = {}

    def load(self, operand: int, dtype: Dtype, weak: bool = False) -> Symbol:
        """The element of an operand; raises `Unfit` for numbers that kernels do not have."""
        if dtype != BOOL and dtype not in FLOATS:
            raise Unfit
        return self.step("load", dtype, (operand,), weak)

    def step(self, name: str, dtype: Dtype, args: tuple[Any, ...], weak: bool = False) -> Symbol:
        """The symbol of a step."""
        key = (name, dtype, args)
        index = self._known.setdefault(key, len(self.steps))
        if index == len(self.steps):
            self.steps.append(key)
        return Symbol(self, index, dtype, weak)

    def apply(self, node: Node, operands: Sequence[Any]) -> Symbol:
        """What `node` computes from symbols and Python numbers; raises `Unfit`."""
        before = len(self.steps)
        try:
            found = node.op.evaluate(Tracer(self), *operands, **node.params)
            if isinstance(found, Symbol) and found.dtype == node.dtype:
                return found
        except (Unfit, *UNFIT):
            pass
        self.forget(before)
        raise Unfit

    def forget(self, count: int) -> None:
        """Leave only the first `count` steps."""
        for key in self.steps[count:]:
            del self._known[key]
        del self.steps[count:]

    def constant(self, value: Any, dtype: Dtype) -> Symbol:
        """A number."""
        # the sign of a zero and the bits of a nan tell numbers apart
        return self.step("constant", dtype, (dtype.type(value).item().__repr__(),))

    def cast(self, x: Symbol, dtype: Dtype) -> Symbol:
        """The same value as a number of another type."""
        if x.dtype == dtype:
            return x
        if dtype != BOOL and dtype not in FLOATS:
            raise Unfit
        return self.step("cast", dtype, (x.index,))

    def primitive(self, name: str, *args: Any) -> Symbol:
        """A primitive on symbols and Python numbers, promoted as NumPy does."""
        if name in LOGIC:
            return self.step(name, BOOL, tuple(x.index for x in self._together(args, BOOL)))
        if name in TESTS:
            (x,) = self._together(args)
            return self.step(name, BOOL, (x.index,))
        if name in COMPARISONS:
            return self.step(name, BOOL, tuple(x.index for x in self._together(args)))
        if name == "where":
            (condition,) = self._together(args[:1], BOOL)
            a, b = self._together(args[1:])
            if a.index == b.index:
                return a
            return self.step("where", a.dtype, (condition.index, a.index, b.index))
        held = self._together(args)
        if len(held) != ARITHMETIC[name] or held[0].dtype == BOOL:
            raise Unfit
        return self.step(name, held[0].dtype, tuple(x.index for x in held))

    def _together(self, args: Sequence[Any], dtype: Dtype | None = None) -> list[Symbol]:
        """Symbols of one type: the one given, or the one NumPy promotes them to."""
        dtype = dtype or np.result_type(*(_example(x) for x in args))
        if dtype != BOOL and dtype not in FLOATS:
            raise Unfit
        return [
            self.cast(x, dtype) if isinstance(x, Symbol) else self.constant(x, dtype) for x in args
        ]


def _example(x: Any) -> Any:
    """What stands for an argument in NumPy's promotion."""
    if not isinstance(x, Symbol):
        if isinstance(x, bool | int | float | np.bool_ | np.float32 | np.float64):
            return x
        raise Unfit
    return x.dtype.type(0).item() if x.weak else x.dtype


def _operator(name: str, swapped: bool = False) -> Callable[..., Symbol]:
    def method(self: Symbol, *others: Any) -> Symbol:
        args = (*others, self) if swapped else (self, *others)
        return self.kernel.primitive(name, *args)

    return method


class Symbol:
    """The value of a step where an operator expects an array; `weak` as for nodes."""

    __slots__ = ("dtype", "index", "kernel", "weak")

    def __init__(self, kernel: Kernel, index: int, dtype: Dtype, weak: bool) -> None:
        self.kernel = kernel
        self.index = index
        self.dtype = dtype
        self.weak = weak

    def astype(self, dtype: Any, **_: Any) -> Symbol:
        """The same value as a number of another type."""
        return self.kernel.cast(self, np.dtype(dtype))

    def __bool__(self) -> bool:
        raise TypeError("a symbol has no value")

    __add__, __radd__ = _operator("add"), _operator("add", True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", True)
    __pow__, __rpow__ = _operator("power"), _operator("power", True)
    __neg__, __abs__, __invert__ = map(_operator, ("negative", "absolute", "logical_not"))
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __eq__ = _operator("equal")  # type: ignore[assignment]
    __ne__ = _operator("not_equal")  # type: ignore[assignment]
    __and__, __rand__ = _operator("logical_and"), _operator("logical_and", True)
    __or__, __ror__ = _operator("logical_or"), _operator("logical_or", True)
    __xor__, __rxor__ = _operator("logical_xor"), _operator("logical_xor", True)
    __hash__ = None  # type: ignore[assignment]


class Tracer:
    """An array library whose functions write down steps."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.special = self

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        known = name in ARITHMETIC or name in (*COMPARISONS, *TESTS, *LOGIC, "where")
        if not known:
            raise AttributeError(name)
        return lambda *args, **_: self.kernel.primitive(name, *args)

    def iscomplexobj(self, x: Symbol) -> bool:
        """Kernels have real numbers only."""
        return False

    def asarray(self, x: Symbol) -> Symbol:
        """Symbols are arrays already."""
        return x

    real = positive = asarray

    def abs(self, x: Symbol) -> Symbol:
        """|x|."""
        return abs(x)

    def square(self, x: Symbol) -> Symbol:
        """x*x, as NumPy computes it."""
        return x * x

    def reciprocal(self, x: Symbol) -> Symbol:
        """1/x."""
        return 1 / x

    def power(self, x: Any, n: Any) -> Any:
        """x**n; squares and square roots are what NumPy takes them for."""
        if isinstance(n, int | float) and n in (2, 0.5):
            return self.square(x) if n == 2 else self.sqrt(x)
        return self.kernel.primitive("power", x, n)

    def deg2rad(self, x: Symbol) -> Symbol:
        """Degrees to radians."""
        return x * (np.pi / 180)

    def rad2deg(self, x: Symbol) -> Symbol:
        """Radians to degrees."""
        return x * (180 / np.pi)

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        """x between bounds; a bound of None is absent."""
        if low is not None:
            x = self.maximum(x, low)
        return x if high is None else self.minimum(x, high)

    def logaddexp(self, x: Any, y: Any) -> Symbol:
        """log(exp(x) + exp(y)) without overflow; equal infinities have the gap 0."""
        gap = self.where(self.equal(x, y), 0.0, self.subtract(x, y))
        rest = self.log1p(self.exp(-abs(gap)))
        return self.maximum(x, y) + rest

    def expit(self, x: Symbol) -> Symbol:
        """1/(1 + exp(-x)) without overflow."""
        e = self.exp(-abs(x))
        return self.where(x >= 0, 1, e) / (1 + e)

    def zeros_like(self, x: Symbol) -> Symbol:
        """0 as a number of the same type."""
        return self.kernel.constant(0, x.dtype)

    def ones_like(self, x: Symbol) -> Symbol:
        """1 as a number of the same type."""
        return self.kernel.constant(1, x.dtype)
