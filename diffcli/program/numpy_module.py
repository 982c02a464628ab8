"""The namespace `np` of programs: arrays of numbers, and the functions that work on them.

Arrays are NumPy's own; what may be called with them is listed here. Arrays of Python objects and of
texts do not exist in programs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcli.limits import check_elements
from diffcli.program.attributes import Field, register
from diffcli.program.values import Builtin, Namespace

ELEMENTWISE = (
    "abs absolute add angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil clip "
    "conj conjugate copysign cos cosh deg2rad degrees divide equal exp exp2 expm1 fabs "
    "float_power floor floor_divide fmax fmin fmod gcd greater greater_equal heaviside hypot i0 "
    "imag invert isclose isfinite isinf isnan isreal iscomplex lcm ldexp less less_equal log "
    "log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor "
    "maximum minimum mod multiply nan_to_num negative not_equal positive power rad2deg radians "
    "real reciprocal remainder rint round sign signbit sin sinc sinh sqrt square subtract tan "
    "tanh true_divide trunc where"
).split()
REDUCTIONS = (
    "all allclose any amax amin argmax argmin array_equal average bincount corrcoef "
    "count_nonzero cov cumprod cumsum diff dot einsum histogram inner interp kron matmul max "
    "mean median min nanmax nanmean nanmin nanstd nansum nanvar outer percentile prod ptp "
    "quantile std sum tensordot trace trapezoid var vdot cross convolve correlate"
).split()
SHAPES = (
    "append argsort argwhere array_split atleast_1d atleast_2d atleast_3d broadcast_arrays "
    "broadcast_to column_stack concatenate delete diag diagflat diagonal dstack expand_dims "
    "flip fliplr flipud hsplit hstack insert meshgrid moveaxis ndim nonzero pad ravel repeat "
    "reshape roll rollaxis rot90 searchsorted shape size sort split squeeze stack swapaxes take "
    "take_along_axis tile transpose tril triu unique unravel_index vsplit vstack digitize isin "
    "copy tril_indices triu_indices ix_"
).split()
CREATION = (
    "arange array asarray ascontiguousarray empty empty_like eye full full_like geomspace "
    "identity linspace logspace ones ones_like vander zeros zeros_like indices"
).split()
LINALG = (
    "cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_power matrix_rank multi_dot "
    "norm pinv qr slogdet solve svd"
).split()
FFT = ("fft fft2 fftfreq fftn fftshift ifft ifft2 ifftn ifftshift irfft rfft rfftfreq").split()
METHODS = (
    "all any argmax argmin argsort clip conj copy cumprod cumsum diagonal dot flatten item max "
    "mean min nonzero prod ravel repeat reshape round sort squeeze std sum swapaxes take tolist "
    "trace transpose var astype fill"
).split()

TYPES: dict[str, Any] = {
    name: getattr(np, name)
    for name in (
        "float16 float32 float64 complex64 complex128 int8 int16 int32 int64 "
        "uint8 uint16 uint32 uint64 bool_"
    ).split()
}


def numbers(value: Any) -> Any:
    """A result, refused where it holds anything but numbers."""
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind not in "biufc":
        raise TypeError("arrays hold numbers in programs")
    if isinstance(value, tuple | list):
        return (
            type(value)(map(numbers, value))
            if type(value) in (tuple, list)
            else tuple(map(numbers, value))
        )
    return value


def argument(value: Any) -> Any:
    """An argument as NumPy takes it: tensors without gradients are arrays, types are NumPy's."""
    from diffcli.eager.methods import METHODS as TENSOR_METHODS
    from diffcli.eager.tensor import Tensor

    if isinstance(value, Tensor):
        return TENSOR_METHODS["numpy"](value)
    if isinstance(value, list | tuple):
        return type(value)(map(argument, value)) if type(value) in (list, tuple) else value
    if isinstance(value, str) and value not in ALLOWED_TEXTS and "->" not in value:
        raise TypeError(f"NumPy's functions do not take the text {value!r} in programs")
    if isinstance(value, type) and value not in (bool, int, float, complex, *TYPES.values()):
        raise TypeError("a number type such as np.float64 is needed here")
    if not isinstance(value, _TAKEN):
        kind = type(value).__name__
        raise TypeError(f"NumPy's functions do not take a value of type '{kind}' in programs")
    return value


_TAKEN = (
    bool, int, float, complex, str, list, tuple, range, slice, type, type(None), type(...),
    np.ndarray, np.generic, np.dtype,
)  # fmt: skip


ALLOWED_TEXTS = {
    "edge", "constant", "reflect", "wrap", "symmetric", "full", "same", "valid", "ij", "xy",
    "fro", "nuc", "left", "right", "reduced", "complete", "ortho", "float32", "float64", "int64",
    "int32", "bool", "complex64", "complex128", "linear", "float", "int", "C",
}  # fmt: skip


def tensor_of(found: Any) -> Any:
    """What a function of each element gives for a tensor: a tensor, of truth values as uint8."""
    from diffcli.eager.creation import from_numpy

    array = np.asarray(found)
    return from_numpy(array.astype(np.uint8) if array.dtype == bool else array)


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy on checked arguments, with a bound on what it may make."""

    def call(*args: Any, **keywords: Any) -> Any:
        from diffcli.eager.tensor import Tensor

        if {"out", "like", "subok", "casting", "where"} & set(keywords):
            raise TypeError("this argument is not available in programs")
        own = [argument(a) for a in args]
        named = {key: argument(a) for key, a in keywords.items()}
        bound(call.__name__, own, named)
        with np.errstate(all="ignore"):
            found = numbers(function(*own, **named))
        if isinstance(function, np.ufunc) and any(isinstance(a, Tensor) for a in args):
            return tensor_of(found)
        return found

    call.__name__ = getattr(function, "__name__", "function")
    return call


PRODUCTS = {"outer", "kron", "tile", "repeat", "pad", "meshgrid", "tensordot", "einsum", "ix_"}
"""Functions whose result may have as many elements as the sizes of all arguments multiplied."""


def bound(name: str, args: list[Any], keywords: dict[str, Any]) -> None:
    """Raise `too-large` before memory is asked for."""
    values = [*args, *keywords.values()]
    shapes = [v.shape for v in values if isinstance(v, np.ndarray)]
    if name in PRODUCTS:
        counts = [n for v in values for n in (v if isinstance(v, tuple | list) else [v])]
        whole = [abs(n) for n in counts if isinstance(n, int)]
        check_elements(math.prod(max(n, 1) for n in [*whole, *map(math.prod, shapes)]), name)
        return
    try:
        check_elements(math.prod(np.broadcast_shapes(*shapes)), name)
    except ValueError:
        return  # shapes that do not broadcast make nothing large


def created(name: str) -> Callable[..., Any]:
    """A constructor whose shape is checked before memory is asked for."""
    function = getattr(np, name)

    def call(*args: Any, **keywords: Any) -> Any:
        shape = keywords.get("shape", args[0] if args else ())
        if name in ("empty", "zeros", "ones", "full", "eye", "identity", "indices"):
            sizes = shape if isinstance(shape, tuple | list) else (shape,)
            total = math.prod(int(n) for n in sizes)
            check_elements(total * total if name in ("eye", "identity") else total)
        elif name == "arange":
            numbers_ = [float(a) for a in args if isinstance(a, int | float)]
            start, stop = (0.0, numbers_[0]) if len(numbers_) == 1 else numbers_[:2] or (0.0, 0.0)
            step = numbers_[2] if len(numbers_) > 2 else 1.0
            check_elements(abs((stop - start) / step) if step else 0)
        elif name in ("linspace", "logspace", "geomspace"):
            check_elements(keywords.get("num", args[2] if len(args) > 2 else 50))
        return guarded(function)(*args, **keywords)

    call.__name__ = name
    return call


def _table(names: list[str], library: Any) -> dict[str, Any]:
    return {n: Builtin(n, guarded(getattr(library, n))) for n in names if hasattr(library, n)}


def _random() -> Mapping[str, Any]:
    from diffcli.program.numpy_random import random

    return random()


def numpy() -> Mapping[str, Any]:
    """`numpy` itself."""
    _offer_arrays()
    return {
        **_table([*ELEMENTWISE, *REDUCTIONS, *SHAPES], np),
        **{name: Builtin(name, created(name)) for name in CREATION},
        **TYPES,
        "bool": bool,
        "int": int,
        "float": float,
        "ndarray": np.ndarray,
        "pi": math.pi,
        "e": math.e,
        "inf": math.inf,
        "nan": math.nan,
        "euler_gamma": np.euler_gamma,
        "newaxis": None,
        "linalg": Namespace("numpy.linalg", lambda: _table(LINALG, np.linalg)),
        "fft": Namespace("numpy.fft", lambda: _table(FFT, np.fft)),
        "random": Namespace("numpy.random", _random),
        "testing": Namespace(
            "numpy.testing",
            lambda: _table(
                ["assert_allclose", "assert_array_equal", "assert_almost_equal"], np.testing
            ),
        ),
        "set_printoptions": Builtin("set_printoptions", _set_printoptions),
        "printoptions": Builtin("printoptions", _printoptions),
        "errstate": Builtin("errstate", lambda **_: np.errstate(all="ignore")),
    }


_OPTIONS = {"precision", "suppress", "linewidth", "threshold", "edgeitems", "sign", "floatmode"}


def _set_printoptions(**options: Any) -> None:
    np.set_printoptions(**_shown(options))


def _printoptions(**options: Any) -> Any:
    return np.printoptions(**_shown(options))


def _shown(options: dict[str, Any]) -> dict[str, Any]:
    for name in options.keys() - _OPTIONS:
        raise TypeError(f"set_printoptions() has no option '{name}' in programs")
    return options


def _offer_arrays() -> None:
    """Give arrays and NumPy's scalars the attributes that programs may use."""

    def method(name: str) -> Callable[..., Any]:
        return guarded(lambda x, *args, **keywords: getattr(x, name)(*args, **keywords))

    table: dict[str, Any] = {name: method(name) for name in METHODS}
    table |= {
        name: Field(lambda x, name=name: getattr(x, name))  # type: ignore[misc]
        for name in ("shape", "ndim", "size", "dtype", "real", "imag", "T", "nbytes", "itemsize")
    }
    register(np.ndarray, table)
    register(np.generic, table)
    register(np.dtype, {"name": Field(lambda t: t.name), "itemsize": Field(lambda t: t.itemsize)})
    for kind in TYPES.values():
        register(kind, {}, guarded(kind))


NUMPY = Namespace("numpy", numpy)
