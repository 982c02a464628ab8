"""Tensors from data: `tensor`, `zeros`, `arange` and the like, with PyTorch's choice of types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.devices import check_device
from diffcli.eager.functions import function
from diffcli.eager.promotion import DEFAULT, DType, result_type
from diffcli.eager.storage import shared_array
from diffcli.eager.tensor import Tensor, fresh
from diffcli.eager.types import BY_NUMPY, TensorType, TorchType, number_type
from diffcli.eager.unsuited import Unsuited, kind_of
from diffcli.limits import check_elements

Options = dict[str, Any]


OPTIONS = {"dtype", "requires_grad", "device", "layout", "pin_memory"}


def made_of(array: Any, options: Options) -> Tensor:
    """A leaf of an array in the type asked for, which may require gradients."""
    for key in options:
        if key not in OPTIONS:
            raise Unsuited(f" got an unexpected keyword argument '{key}'")
    requires_grad = options.get("requires_grad", False)
    if not isinstance(requires_grad, bool):
        kind = type(requires_grad).__name__
        raise Unsuited(f": argument 'requires_grad' must be bool, not {kind}")
    check_device(options.get("device"))
    array = np.asarray(array)
    array = array.astype(dtype_of(options, array.dtype), copy=False)
    if requires_grad and array.dtype.kind not in "fc":
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return fresh(array if array.shape else array[()], requires_grad)


def dtype_of(options: Options, default: DType) -> DType:
    """The type asked for, or the default one."""
    given = options.get("dtype")
    return default if given is None else number_type(given).numpy


def sized(shape: Any) -> tuple[int, ...]:
    """A shape written as numbers or as one sequence; raises PyTorch's errors for what is none."""
    listed = len(shape) == 1 and isinstance(shape[0], tuple | list)
    given = shape[0] if listed else shape
    sizes = tuple(_size(n, i, len(given), listed) for i, n in enumerate(given))
    for n in sizes:
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(sizes)}"
            )
    check_elements(math.prod(sizes))
    return sizes


def _size(n: Any, place: int, count: int, listed: bool) -> int:
    if isinstance(n, Tensor) and not n.ndim and n.node.dtype.kind in "iu":
        return int(n.node.value)
    if isinstance(n, int | np.integer) and not isinstance(n, bool):
        return int(n)
    kind = kind_of(n)
    if place:
        raise Unsuited(
            f": argument 'size' failed to unpack the object at pos {place + 1} with error "
            f'"type must be tuple of ints,but got {kind}"'
        )
    if listed:
        found = f"but found element of type {kind} at pos 0"
    elif count > 1:
        raise Unsuited(f" takes 1 positional argument but {count} were given")
    else:
        found = f"not {kind}"
    raise Unsuited(f": argument 'size' (position 1) must be tuple of ints, {found}")


def whole(n: Any, word: str, least: int | None = 0) -> int:
    """A number of elements; raises PyTorch's errors for what is none."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise Unsuited(f": argument '{word}' (position 1) must be int, not {kind_of(n)}")
    if least is not None and n < least:
        raise RuntimeError(f"{word} must be greater or equal to {least}, got {n}")
    return int(n)


# ----- from values --------------------------------------------------------------------------------


@function("tensor")
def tensor(data: Any, **options: Any) -> Tensor:
    """A leaf with a copy of the data: numbers, nested sequences, tensors or arrays.

    Python's real numbers get the default type, integers int64.
    """
    dtype_of(options, DEFAULT.real)  # a type that is none is told before data that are none
    return made_of(from_data(data, options.get("dtype") is not None), options)


def from_data(data: Any, exact: bool = False) -> np.ndarray[Any, Any]:
    """The array of nested sequences of numbers and tensors.

    `exact` leaves Python's numbers as they are, for one who converts them to another type.
    """
    if isinstance(data, Tensor):
        return np.array(data.node.value)
    if isinstance(data, np.ndarray | np.generic):
        return np.array(data)
    if isinstance(data, bool | int | float | complex):
        return np.asarray(data) if exact else _typed(np.asarray(data), {type(data)})
    if isinstance(data, str):
        raise TypeError("new(): invalid data type 'str'")
    if not isinstance(data, list | tuple | range):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    kinds: set[Any] = set()
    plain = _plain(data, kinds)
    try:
        array = np.array(plain)
    except ValueError:
        raise ValueError(_ragged(plain)) from None
    except OverflowError:
        raise RuntimeError("Overflow when unpacking long long") from None
    check_elements(array.size)
    return array if exact and kinds else _typed(array, kinds)


def _plain(data: Any, kinds: set[Any]) -> Any:
    """Nested lists of Python's numbers; the types met are added to `kinds`."""
    out: list[Any] = []
    for item in data:
        if isinstance(item, list | tuple | range):
            out.append(_plain(item, kinds))
        elif isinstance(item, Tensor):
            kinds.add(item.node.dtype)
            out.append(np.asarray(item.node.value).tolist())
        elif isinstance(item, np.ndarray | np.generic):
            kinds.add(item.dtype)
            out.append(item.tolist())
        elif isinstance(item, bool | int | float | complex):
            kinds.add(type(item))
            out.append(item)
        elif isinstance(item, str):
            raise ValueError(f"too many dimensions '{type(item).__name__}'")
        else:
            raise RuntimeError(f"Could not infer dtype of {type(item).__name__}")
    return out


def _typed(array: np.ndarray[Any, Any], kinds: set[Any]) -> np.ndarray[Any, Any]:
    samples = {bool: True, int: 1, float: 1.0, complex: 1j}
    if not kinds:
        return array.astype(DEFAULT.real)
    types = [k for k in kinds if isinstance(k, np.dtype)]
    operands: list[Any] = [samples[k] for k in (bool, int, float, complex) if k in kinds]
    operands += [np.zeros(1, t) for t in types]
    return array.astype(result_type(operands))


def _ragged(data: Any) -> str:
    """PyTorch's words for the first place where the lengths differ."""
    lengths: list[int] = []
    first: Any = data
    while isinstance(first, list):
        lengths.append(len(first))
        first = first[0] if first else None
    pending: list[tuple[Any, int]] = [(data, 0)]
    while pending:
        item, depth = pending.pop(0)
        if not isinstance(item, list):
            continue
        if depth < len(lengths) and len(item) != lengths[depth]:
            return f"expected sequence of length {lengths[depth]} at dim {depth} (got {len(item)})"
        pending += [(inner, depth + 1) for inner in item]
    return "only one element tensors can be converted to Python scalars"


# ----- filled -------------------------------------------------------------------------------------


def _filled(name: str, value: float) -> None:
    def create(*shape: Any, size: Any = None, **options: Any) -> Tensor:
        if not shape and size is None:
            raise Unsuited(' missing 1 required positional arguments: "size"')
        try:
            sizes = sized(shape if size is None else (tuple(size),))
        except RuntimeError:
            if name != "zeros":
                raise
            raise RuntimeError("zeros: Dimension size must be non-negative.") from None
        return made_of(np.full(sizes, value, dtype_of(options, DEFAULT.real)), options)

    def create_like(x: Tensor, **options: Any) -> Tensor:
        dtype = dtype_of(options, x.node.dtype)
        arrangement = options.pop("memory_format", None)
        array = np.full_like(np.asarray(x.node.value), value, dtype)
        if arrangement is not None:
            from diffcli.eager.layouts import arranged

            array = arranged(array, arrangement)
        return made_of(array, options)

    function(name)(create)
    function(f"{name}_like")(create_like)
    function(f"new_{name}")(
        lambda x, *shape, **options: create(*shape, **{"dtype": BY_NUMPY[x.node.dtype], **options})
    )


_filled("zeros", 0)
_filled("ones", 1)
_filled("empty", 0)  # what memory holds is not defined; here it is always zero


@function("full")
def full(size: Any, fill_value: Any, **options: Any) -> Tensor:
    """An array of one value, of the value's own type unless one is given."""
    value = fill_value.node.value if isinstance(fill_value, Tensor) else fill_value
    if not isinstance(size, tuple | list):
        kind = kind_of(size)
        raise Unsuited(f": argument 'size' (position 1) must be tuple of ints, not {kind}")
    if not isinstance(value, bool | int | float | complex | np.generic):
        kind = kind_of(value)
        raise Unsuited(f": argument 'fill_value' (position 2) must be Number, not {kind}")
    array = np.full(sized((tuple(size),)), value)
    keep = isinstance(value, np.generic) or options.get("dtype") is not None
    return made_of(array if keep else _typed(array, {type(value)}), options)


@function("full_like")
def full_like(x: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """An array of one value, of the shape and type of another."""
    return made_of(np.full(x.node.shape, fill_value, x.node.dtype), options)


@function("arange")
def arange(*bounds: Any, **options: Any) -> Tensor:
    """Numbers from start (0) to end, which is not reached, in steps (of 1)."""
    bounds = tuple(b.node.value.item() if isinstance(b, Tensor) else b for b in bounds)
    extra = [options.pop(key, None) for key in ("start", "end", "step")]
    start, end, step = 0, None, 1
    if len(bounds) == 1:
        end = bounds[0]
    elif bounds:
        start, end, *rest = bounds
        step = rest[0] if rest else step
    start = extra[0] if extra[0] is not None else start
    end = extra[1] if extra[1] is not None else end
    step = extra[2] if extra[2] is not None else step
    if end is None:
        raise TypeError('arange() missing 1 required positional arguments: "end"')
    for value in (start, end, step):
        if not isinstance(value, int | float | np.generic):
            kind = kind_of(value)
            raise Unsuited(f": argument 'end' (position 1) must be Number, not {kind}")
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    check_elements(int(np.ceil((end - start) / step)))
    whole = all(isinstance(x, int) for x in (start, end, step))
    array = np.arange(start, end, step)
    keep = whole or options.get("dtype") is not None
    return made_of(array if keep else array.astype(DEFAULT.real), options)


@function("linspace")
def linspace(start: Any, end: Any, steps: int, **options: Any) -> Tensor:
    """Evenly spaced numbers, both ends included."""
    low, high = (x.node.value.item() if isinstance(x, Tensor) else x for x in (start, end))
    check_elements(steps)
    dtype = dtype_of(options, DEFAULT.real)
    return made_of(evenly(low, high, steps, dtype), options)


def evenly(low: float, high: float, steps: int, dtype: np.dtype[Any]) -> Any:
    # PyTorch counts from both ends, so that the middle is exact for symmetric bounds
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if dtype.kind not in "fc":
        return evenly(low, high, steps, np.dtype(np.float64)).astype(dtype)
    if steps == 1:
        return np.full(1, low, dtype)
    step = dtype.type((high - low) / (steps - 1))
    index = np.arange(steps)
    return np.where(
        index < steps // 2,
        dtype.type(low) + step * index.astype(dtype),
        dtype.type(high) - step * (steps - index - 1).astype(dtype),
    ).astype(dtype)


@function("scalar_tensor")
def scalar_tensor(value: Any, **options: Any) -> Tensor:
    """One number in the default type."""
    return made_of(np.asarray(value, DEFAULT.real), options)


@function("new_full")
def new_full(x: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
    """An array of one value in the type of another."""
    return made_of(np.full(sized((tuple(size),)), fill_value, x.node.dtype), options)


@function("eye")
def eye(n: int, m: int | None = None, **options: Any) -> Tensor:
    """Ones on the diagonal."""
    sizes = sized((whole(n, "n"), whole(n if m is None else m, "m")))
    return made_of(np.eye(*sizes, dtype=DEFAULT.real), options)


@function("from_numpy")
def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A tensor on an array of NumPy."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {kind_of(array)})")
    t = fresh(array)
    shared_array(t)
    return t


@function("as_tensor")
def as_tensor(data: Any, **options: Any) -> Tensor:
    """The tensor itself where it has the type wanted, else one made of the data."""
    wanted = options.get("dtype")
    if isinstance(data, Tensor) and (wanted is None or wanted.numpy == data.node.dtype):
        return data
    if isinstance(data, np.ndarray) and (wanted is None or wanted.numpy == data.dtype):
        return from_numpy(data)
    return made_of(from_data(data, wanted is not None), options)


# ----- types of numbers ---------------------------------------------------------------------------


def set_default_type(dtype: TorchType | TensorType) -> None:
    """`torch.set_default_dtype`."""
    if isinstance(dtype, TensorType):
        dtype = dtype.number_type
    if dtype.numpy.kind != "f":
        raise TypeError("only floating-point types are supported as the default type")
    DEFAULT.real = dtype.numpy
