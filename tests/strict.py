"""An array namespace as strict as CuPy's, over NumPy, for tests on machines without a GPU.

It offers the names that CuPy has and no others (tests/data/cupy.txt), takes the parameters and the
number types that CuPy's functions take, and refuses what CuPy refuses: conversion to a NumPy array
without saying so, and NumPy arrays as operands. It refuses as well what CuPy permits but what must
not happen inside operators: Python numbers taken from arrays (truth values may be, of whether there
is anything to do), NumPy arrays as indices, and functions whose sums depend on the order in which
threads come.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.runtime.backend import backend
from diffcli.runtime.device import Device
from tests.host_cuda import RawKernel

TABLE: dict[str, str] = {}
"""What follows each of CuPy's names: parameters in brackets, loops after a colon, or nothing."""
for _line in (Path(__file__).parent / "data" / "cupy.txt").read_text("utf-8").splitlines()[1:]:
    _name = _line.split("(")[0].split(":")[0]
    TABLE[_name] = _line[len(_name) :]

MAKERS = {"array", "asarray", "zeros", "ones", "full", "empty", "eye", "arange", "linspace"}
MAKERS |= {"identity", "tri", "result_type", "finfo", "iinfo"}
"""Functions whose arguments need not be arrays."""

MOVED: Counter[str] = Counter()
"""How often arrays moved "in" and "out"."""


class Array:
    """An array of the device."""

    __slots__ = ("held",)
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, held: Any) -> None:
        self.held = np.asarray(held)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed.")

    def _refuse(self, *_: Any) -> Any:
        raise TypeError("a Python number is taken from an array of the device")

    __float__ = __int__ = __complex__ = __index__ = _refuse

    def __bool__(self) -> bool:
        return bool(self.held)

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Any:
        return map(Array, self.held)

    def get(self) -> np.ndarray[Any, Any]:
        """The array on the host."""
        MOVED["out"] += 1
        return self.held.copy()

    def item(self) -> Any:
        """The only element as a Python number."""
        return self.held.item()

    def __getattr__(self, name: str) -> Any:
        full = f"cupy.ndarray.{name}"
        if full not in TABLE:
            raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")
        value = getattr(self.held, name)
        if isinstance(value, np.ndarray):
            return Array(value)
        return _called(full, value) if callable(value) else value

    def __getitem__(self, index: Any) -> Array:
        return Array(self.held[_index(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.held[_index(index)] = _plain(value)


def _operator(name: str, swapped: bool = False) -> Callable[..., Any]:
    def method(self: Array, *others: Any) -> Any:
        args = (*others, self) if swapped else (self, *others)
        return getattr(CUPY, name)(*args)

    return method


def _in_place(name: str) -> Callable[..., Any]:
    def method(self: Array, other: Any) -> Any:
        return getattr(CUPY, name)(self, other, out=self)

    return method


OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide"}
OPERATORS |= {"floordiv": "floor_divide", "mod": "remainder", "pow": "power", "matmul": "matmul"}
OPERATORS |= {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
for _short, _long in OPERATORS.items():
    setattr(Array, f"__{_short}__", _operator(_long))
    setattr(Array, f"__r{_short}__", _operator(_long, swapped=True))
    setattr(Array, f"__i{_short}__", _in_place(_long))
COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
COMPARISONS |= {"eq": "equal", "ne": "not_equal"}
for _short, _long in (
    COMPARISONS | {"neg": "negative", "abs": "absolute", "invert": "invert"}
).items():
    setattr(Array, f"__{_short}__", _operator(_long))


def _plain(value: Any) -> Any:
    """An argument with the NumPy arrays inside of arrays of the device."""
    if isinstance(value, Array):
        return value.held
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value


def _index(index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if isinstance(part, list):
            raise TypeError("a list as index is moved to the device")
        if isinstance(part, slice):
            for bound in (part.start, part.stop, part.step):
                operator.index(0 if bound is None else bound)
    return _plain(index)


def _device(value: Any) -> Any:
    """A result with arrays of the device around those of NumPy."""
    if isinstance(value, np.ndarray | np.generic):
        return Array(value)
    if isinstance(value, tuple):
        return tuple(map(_device, value))
    return value


def _called(full: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function or method of NumPy that takes the parameters that CuPy's takes."""
    parameters = TABLE[full][1:-1].split(", ")
    some, named = parameters[0].startswith("*"), parameters[-1].startswith("**")

    def call(*args: Any, **kwargs: Any) -> Any:
        unknown = set(kwargs) - set(parameters)
        if (len(args) > len(parameters) and not some) or (unknown and not named):
            raise TypeError(f"{full} got an unexpected argument: {unknown or args}")
        plain = {name: _plain(value) for name, value in kwargs.items()}
        return _device(function(*map(_plain, args), **plain))

    return call


class Ufunc:
    """A function of elements, for the number types of CuPy's loops."""

    def __init__(self, name: str, function: Any, loops: list[str]) -> None:
        self.name = name
        self.function = function
        self.loops = [tuple(loop.split("->")) for loop in loops]

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None) -> Any:
        plain = [_plain(x) for x in args]
        if any(isinstance(x, list | tuple) for x in plain):
            raise TypeError("Unsupported type <class 'list'>")
        results = self._loop(plain)
        value = self.function(*plain, dtype=dtype) if dtype else self.function(*plain)
        if not isinstance(value, tuple):
            value = np.asarray(value) if dtype else np.asarray(value).astype(results[0])
        if out is not None:
            np.copyto(out.held, value, casting="same_kind")
            return out
        return _device(value)

    def _loop(self, args: list[Any]) -> str:
        """The types of the results, from the first of CuPy's loops that takes the arguments."""
        arrays = [x.dtype for x in args if isinstance(x, np.ndarray | np.generic)]
        for takes, gives in self.loops:
            if len(takes) != len(args):
                raise TypeError(f"{self.name} takes {len(takes)} arrays")
            if all(_takes(kind, x, arrays) for kind, x in zip(takes, args, strict=True)):
                return gives
        types = ", ".join(str(np.asarray(x).dtype) for x in args)
        raise TypeError(f"ufunc {self.name} is not supported for the types {types}")

    def at(self, *_: Any) -> Any:
        """Floating sums in the order of threads."""
        raise AssertionError(f"{self.name}.at is not deterministic on a GPU")


def _takes(kind: str, x: Any, arrays: list[Any]) -> bool:
    """Whether a loop takes an array of this type, or a Python number among these arrays."""
    if isinstance(x, np.ndarray | np.generic):
        return np.can_cast(x.dtype, kind)
    if arrays:
        order = "biufc"
        return order.index(np.asarray(x).dtype.kind) <= order.index(np.dtype(kind).kind)
    return np.can_cast(np.asarray(x).dtype, kind)


class Library:
    """One of CuPy's modules."""

    def __init__(self, path: str, ours: str) -> None:
        self._path = path
        self._ours = ours

    def __getattr__(self, name: str) -> Any:
        full = f"{self._path}.{name}"
        if full in ("cupy.linalg", "cupy.fft"):
            return Library(full, f"numpy.{name}")
        if full not in TABLE:
            raise AttributeError(f"module {self._path!r} has no attribute {name!r}")
        found, follows = getattr(import_module(self._ours), name), TABLE[full]
        if follows.startswith(":"):
            return Ufunc(name, found, follows[1:].split())
        if follows.startswith("(") and not isinstance(found, type):
            return self._function(full, name, found)
        return found

    def _function(self, full: str, name: str, function: Any) -> Callable[..., Any]:
        call = _called(full, function)

        def checked(*args: Any, **kwargs: Any) -> Any:
            if name in ("asarray", "array"):
                (x, *rest) = args
                MOVED["in"] += isinstance(x, np.ndarray)
                return Array(function(x.held if isinstance(x, Array) else x, *rest, **kwargs))
            scanned = name in ("cumsum", "cumprod") and args[0].dtype.kind in "fc"
            assert not scanned, f"{name} is not deterministic on a GPU"
            if name not in MAKERS and not any(map(_is_array, args)):
                raise TypeError(f"Unsupported type {type(args[0])}")
            return call(*args, **kwargs)

        return checked


def _is_array(x: Any) -> bool:
    return all(map(_is_array, x)) if isinstance(x, list | tuple) else isinstance(x, Array)


class Strict(Device):
    """The namespace; `on_host` counts the operators that it left to NumPy."""

    def __init__(self, name: str, library: Any, scipy: str) -> None:
        super().__init__(name, library, scipy)
        self.on_host: Counter[str] = Counter()

    def evaluate_on_host(self, node: Node, operands: Any, params: Any) -> Any:
        """What the device does, counted."""
        self.on_host[node.op.name] += 1
        return super().evaluate_on_host(node, operands, params)


def devices() -> list[Device]:
    """The strict namespace, and CuPy where it finds a GPU."""
    try:
        return [STRICT, backend("cupy")]
    except DiffcliError:
        return [STRICT]


CUPY = Library("cupy", "numpy")
CUPY.RawKernel = RawKernel
STRICT = Strict("cupy", CUPY, "cupyx.scipy")
STRICT.special = Library("cupyx.scipy.special", "scipy.special")  # type: ignore[attr-defined]
STRICT.scipy_linalg = Library("cupyx.scipy.linalg", "scipy.linalg")  # type: ignore[attr-defined]
