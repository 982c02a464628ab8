"""Rows that make arrays: filled ones, ranges, grids, and reproducible random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node, Shape
from diffcli.graph.shapes import broadcast, show
from diffcli.limits import LIMITS
from diffcli.ops.joining import array_list
from diffcli.ops.kinds import composite
from diffcli.ops.known import known
from diffcli.ops.op import CONSTANT
from diffcli.ops.shaping import number_type, varargs
from diffcli.ops.table import F, lift

MADE: dict[str, Any] = {"category": "constructor", "arrays": 0, "method": False}
LIKE: dict[str, Any] = {"category": "constructor", "method": False}


def _number(value: Any, what: str) -> Any:
    """A Python number for an argument that must be known when the graph is made."""
    if isinstance(value, Node):
        if value.shape != ():
            raise DiffcliError("bad-argument", f"{what} must be a number, not an array")
        value = known(value, f"{what} must be known before the computation starts").item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DiffcliError("bad-argument", f"{what} must be a number, not {value!r}")
    return value


def _integer(value: Any, what: str) -> int:
    given, value = value, _number(value, what)
    # a bound name is a real number, as in eye(n) with n=3
    if isinstance(given, Node) and isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int):
        raise DiffcliError("bad-argument", f"{what} must be an integer, not {value!r}")
    return value


def _size(value: Any, what: str = "a size") -> int:
    n = _integer(value, what)
    if n < 0:
        raise DiffcliError("shape", f"{what} cannot be negative, as {n} is")
    if n > LIMITS.elements:
        raise _too_large(f"{what} is larger than {LIMITS.elements}")
    return n


def _shape(sizes: tuple[Any, ...]) -> Shape:
    """The shape given as one sequence or as several sizes, checked for its number of elements."""
    given = varargs(sizes)
    many = given if isinstance(given, tuple | list) else (given,)
    return _checked(tuple(_size(n, "a size of a shape") for n in many))


def _checked(shape: Shape) -> Shape:
    if math.prod(shape) > LIMITS.elements:
        raise _too_large(f"an array of shape {show(shape)} has {math.prod(shape)} elements")
    return shape


def _too_large(message: str) -> DiffcliError:
    return DiffcliError("too-large", message, hint=f"the limit is {LIMITS.elements} elements")


def _filled(value: float, shape: Shape, dtype: Any) -> Node:
    """One number everywhere, not stored more than once."""
    scalar = CONSTANT.make(np.asarray(value, number_type(dtype)))
    return scalar if shape == () else F.broadcast_to(scalar, shape)


def _array(value: np.ndarray[Any, Any], text: str) -> Node:
    """A constant array that is printed as the text that made it."""
    return CONSTANT.make(value, text)


def _suffix(dtype: Any) -> str:
    return "" if dtype is None else f", dtype={number_type(dtype)}"


# ----- filled -------------------------------------------------------------------------------------


@composite(examples=("zeros(2, 3) + x", "zeros((3,)) * v"), **MADE)
def zeros(shape: Any, *more: Any, dtype: Any = None) -> Node:
    """Zeros, of a shape given as a tuple or as sizes."""
    return _filled(0, *_shape_and_type(shape, more, dtype))


@composite(examples=("ones(2, 3) * x", "ones((2, 1), dtype=float32) * x"), **MADE)
def ones(shape: Any, *more: Any, dtype: Any = None) -> Node:
    """Ones, of a shape given as a tuple or as sizes."""
    return _filled(1, *_shape_and_type(shape, more, dtype))


def _shape_and_type(shape: Any, more: tuple[Any, ...], dtype: Any) -> tuple[Shape, Any]:
    # NumPy's second argument is the number type
    if more and isinstance(more[-1], np.dtype | str):
        *more, dtype = more  # type: ignore[assignment]
    return _shape((shape, *more)), "float64" if dtype is None else dtype


@composite(examples=("full((2, 3), s) * x", "full(3, 2.0) * v"), **MADE)
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Node:
    """One value everywhere, of a shape."""
    value = lift(fill_value)
    if dtype is not None:
        value = F.astype(value, dtype)
    return F.broadcast_to(value, _shape((shape,)))


def _like(x: Node, value: float, dtype: Any) -> Node:
    if x.weak and dtype is None:
        return CONSTANT.make(x.dtype.type(value).item())
    return _filled(value, x.shape, x.dtype if dtype is None else dtype)


@composite(examples=("zeros_like(x) + y",), **LIKE)
def zeros_like(x: Node, dtype: Any = None) -> Node:
    """Zeros, of the shape and type of x."""
    return _like(x, 0, dtype)


@composite(examples=("ones_like(x) * y",), **LIKE)
def ones_like(x: Node, dtype: Any = None) -> Node:
    """Ones, of the shape and type of x."""
    return _like(x, 1, dtype)


@composite(examples=("full_like(x, s) * y",), **LIKE)
def full_like(x: Node, fill_value: Any, dtype: Any = None) -> Node:
    """One value everywhere, of the shape and type of x."""
    value = F.astype(lift(fill_value), x.dtype if dtype is None else dtype)
    return F.broadcast_to(value, x.shape)


@composite(
    aliases=("asarray", "tensor"),
    examples=("array([s, t, 2.0]) * v", "array(x, dtype=float64)"),
    **MADE,
)
def array(x: Any, dtype: Any = None) -> Node:
    """An array of (nested lists of) numbers and arrays."""
    node = lift(x)
    if node.weak and "value" in node.params:
        node = CONSTANT.make(np.asarray(node.params["value"]))
    return node if dtype is None else F.astype(node, dtype)


# ----- matrices -----------------------------------------------------------------------------------


def _matrix(
    make: Callable[..., Any], name: str, rows: Any, columns: Any, k: Any, dtype: Any
) -> Node:
    n = _size(rows)
    m = n if columns is None else _size(columns)
    k = _integer(k, "k")
    _checked((n, m))
    size = f"{n}" if m == n else f"{n}, {m}"
    text = f"{name}({size}{f', k={k}' if k else ''}{_suffix(dtype)})"
    return _array(make(n, m, k, number_type("float64" if dtype is None else dtype)), text)


@composite(aliases=("identity",), examples=("eye(3) @ A", "eye(2, 3, k=1) * x"), **MADE)
def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Node:
    """Ones on the k-th diagonal of an n by m matrix (n by n by default), zeros elsewhere."""
    return _matrix(np.eye, "eye", n, m, k, dtype)


@composite(examples=("tri(3) * A", "tri(2, 3, 1) * x"), **MADE)
def tri(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Node:
    """Ones up to the k-th diagonal of an n by m matrix, zeros above."""
    return _matrix(np.tri, "tri", n, m, k, dtype)


@composite(
    category="constructor", examples=("vander(v)", "vander(v, 2, increasing=True)"), method=False
)
def vander(x: Node, n: Any = None, increasing: bool = False) -> Node:
    """Matrix of the powers of a vector, n columns (as many as rows by default)."""
    if x.ndim != 1:
        raise DiffcliError("shape", f"vander takes a vector, not the shape {show(x.shape)}")
    count = x.shape[0] if n is None else _size(n)
    powers = np.arange(_checked((x.shape[0], count))[1])
    exponents = lift(powers if increasing else powers[::-1].copy())
    return F.power(F.expand_dims(x, 1), exponents)


# ----- ranges -------------------------------------------------------------------------------------


@composite(examples=("arange(3) * v", "arange(0.5, 2, 0.5) * v"), **MADE)
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Node:
    """Numbers from start (0 by default) up to stop, which is left out."""
    if stop is None:
        start, stop = 0, start
    a, b, by = (_number(n, "a limit or step of arange") for n in (start, stop, step))
    if by == 0 or not all(-1e18 < n < 1e18 for n in (a, b, by)):
        raise DiffcliError("bad-argument", "arange needs limits below 1e18 and a step other than 0")
    if (b - a) / by > LIMITS.elements:
        raise _too_large(f"arange would make {(b - a) / by:.3g} elements")
    limits = f"{b}" if (a, by) == (0, 1) else f"{a}, {b}" if by == 1 else f"{a}, {b}, {by}"
    values = np.arange(a, b, by, dtype=None if dtype is None else number_type(dtype))
    return _array(values, f"arange({limits}{_suffix(dtype)})")


def _steps(num: Any, endpoint: bool, ndim: int) -> Node:
    n = _checked((_size(num, "the number of steps"),))[0]
    t = np.arange(n) / max(n - bool(endpoint), 1)
    return lift(t.reshape(n, *(1,) * ndim))


def _between(start: Any, stop: Any, num: Any, endpoint: bool) -> Node:
    a, b = lift(start), lift(stop)
    t = _steps(num, endpoint, len(broadcast(a.shape, b.shape)))
    # weights and not a + (b - a)*t, so that both ends are exact
    return a * (1 - t) + b * t


@composite(
    examples=("linspace(s, t, 3) * v", "linspace(0, 1, 3) * v", "linspace(v, w, 4)"),
    **MADE,
)
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None
) -> Node:
    """num numbers at equal distances from start to stop, along a new first axis."""
    numbers = all(isinstance(n, int | float) for n in (start, stop))
    if numbers and not isinstance(num, Node):
        count = _checked((_size(num, "the number of steps"),))[0]
        text = f"linspace({start}, {stop}, {count}{'' if endpoint else ', endpoint=False'})"
        with np.errstate(all="ignore"):
            points = np.linspace(start, stop, count, endpoint=bool(endpoint))
        out = _array(points, text)
    else:
        out = _between(start, stop, num, endpoint)
    return out if dtype is None else F.astype(out, dtype)


@composite(examples=("logspace(s, t, 3) * v", "logspace(0, 1, 3, base=2.0) * v"), **MADE)
def logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
) -> Node:
    """num powers of the base with exponents at equal distances from start to stop."""
    out = F.power(base, _between(start, stop, num, endpoint))
    return out if dtype is None else F.astype(out, dtype)


@composite(examples=("geomspace(exp(s), exp(t), 3) * v",), **MADE)
def geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None
) -> Node:
    """num numbers from start to stop, each the same multiple of the one before."""
    a, b = lift(start), lift(stop)
    t = _steps(num, endpoint, len(broadcast(a.shape, b.shape)))
    turn = F.sign(a)  # as NumPy does, so that start's phase is met and stop's is reached
    end = b / turn if np.result_type(a.dtype, b.dtype).kind == "c" else F.abs(b)
    out = turn * F.power(F.abs(a), 1 - t) * F.power(end, t)
    return out if dtype is None else F.astype(out, dtype)


@composite(examples=("meshgrid(v, w)[0]", "meshgrid(v, w, indexing='ij')[1] * A"), **MADE)
def meshgrid(*arrays: Any, indexing: str = "xy") -> list[Node]:
    """Coordinate arrays of a grid; 'xy' has the first vector along columns, 'ij' along rows."""
    nodes = array_list(arrays[0] if len(arrays) == 1 else arrays)
    if indexing not in ("xy", "ij"):
        raise DiffcliError("bad-argument", "indexing must be 'xy' or 'ij'")
    places = list(range(len(nodes)))
    if indexing == "xy" and len(nodes) > 1:
        places[:2] = 1, 0
    sizes = [0] * len(nodes)
    for place, x in zip(places, nodes, strict=True):
        sizes[place] = x.size
    _checked(tuple(sizes))
    grids = []
    for place, x in zip(places, nodes, strict=True):
        lined = F.reshape(x, tuple(x.size if i == place else 1 for i in range(len(nodes))))
        grids.append(F.broadcast_to(lined, tuple(sizes)))
    return grids


# ----- random -------------------------------------------------------------------------------------


def _seed(seed: Any) -> int:
    n = _integer(seed, "a seed")
    if not 0 <= n < 2**64:
        raise DiffcliError("bad-argument", "a seed is an integer from 0 to 2**64 - 1")
    return n


def _random(name: str, shape: Shape, seed: Any) -> Node:
    seed = _seed(seed)
    generator = np.random.Generator(np.random.PCG64(seed))
    values = generator.standard_normal(shape) if name == "randn" else generator.random(shape)
    return _array(np.asarray(values), f"{name}({show(shape)}, seed={seed})")


@composite(examples=("randn(2, 3, seed=1) * x",), **MADE)
def randn(shape: Any = (), *more: Any, seed: Any = 0) -> Node:
    """Standard normal random numbers: NumPy's default_rng(seed).standard_normal(shape)."""
    return _random("randn", _shape((shape, *more)), seed)


@composite(examples=("rand(2, 3, seed=1) * x",), **MADE)
def rand(shape: Any = (), *more: Any, seed: Any = 0) -> Node:
    """Uniform random numbers from 0 to 1: NumPy's default_rng(seed).random(shape)."""
    return _random("rand", _shape((shape, *more)), seed)


def _sample_shape(a: Node, b: Node, size: Any) -> Shape:
    return broadcast(a.shape, b.shape) if size is None else _shape((size,))


@composite(examples=("normal(x, p, seed=1)", "normal(s, 2.0, (2, 3)) * x"), **MADE)
def normal(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, seed: Any = 0) -> Node:
    """Normal random numbers loc + scale*randn(size, seed)."""
    a, b = lift(loc), lift(scale)
    return a + b * _random("randn", _sample_shape(a, b, size), seed)


@composite(examples=("uniform(x, x + p, seed=1)", "uniform(-1, 1, (2, 3)) * x"), **MADE)
def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None, seed: Any = 0) -> Node:
    """Uniform random numbers low + (high - low)*rand(size, seed)."""
    a, b = lift(low), lift(high)
    return a + (b - a) * _random("rand", _sample_shape(a, b, size), seed)
