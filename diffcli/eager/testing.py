"""`torch.testing.assert_close`: tensors, numbers and nested sequences that have to agree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.eager.tensor import Tensor
from diffcli.eager.types import torch_type

TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
TOLERANCES |= {"complex64": TOLERANCES["float32"], "complex128": TOLERANCES["float64"]}
"""Number types -> relative and absolute tolerance; other types have to be equal."""

NUMBERS = (bool, int, float, complex)


class Close:
    """What `assert_close` was asked for besides the values."""

    def __init__(
        self, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool
    ) -> None:
        if (rtol is None) != (atol is None):
            missing = "rtol" if rtol is None else "atol"
            raise ValueError(
                f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}."
            )
        self.rtol, self.atol = rtol, atol
        self.equal_nan = equal_nan
        self.check_dtype = check_dtype

    def tolerances(self, *types: np.dtype[Any]) -> tuple[float, float]:
        """Those asked for, or the widest of those that the types have."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        usual = [TOLERANCES.get(t.name, (0.0, 0.0)) for t in types]
        return max(r for r, _ in usual), max(a for _, a in usual)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Any = None,
) -> None:
    """Raise AssertionError in PyTorch's words unless values agree within tolerances."""
    try:
        _compare(actual, expected, Close(rtol, atol, equal_nan, check_dtype), "")
    except AssertionError as error:
        if msg is None:
            raise
        raise AssertionError(msg(str(error)) if callable(msg) else msg) from None


def _compare(a: Any, b: Any, close: Close, where: str) -> None:
    if isinstance(a, Tensor | np.ndarray) and isinstance(b, Tensor | np.ndarray):
        _compare_arrays(a, b, close, where)
    elif isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        _compare_numbers(a, b, close, where)
    elif isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            raise AssertionError(_message(["The keys of the mappings do not match:"], where))
        for key in a:
            _compare(a[key], b[key], close, f"{where}[{key!r}]")
    elif isinstance(a, Sequence) and isinstance(b, Sequence) and not isinstance(a, str):
        if len(a) != len(b):
            words = f"The length of the sequences mismatch: {len(a)} != {len(b)}"
            raise AssertionError(_message([words], where))
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            _compare(x, y, close, f"{where}[{i}]")
    elif a is None and b is None:
        return
    else:
        raise TypeError(
            f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}."
        )


def _message(lines: list[str], where: str) -> str:
    return "\n".join([*lines, *(["", f"The failure occurred for item {where}"] if where else [])])


def _compare_arrays(a: Any, b: Any, close: Close, where: str) -> None:
    x, y = (np.asarray(v.node.value) if isinstance(v, Tensor) else v for v in (a, b))
    for name, mine, other in (
        ("shape", f"torch.Size({list(x.shape)})", f"torch.Size({list(y.shape)})"),
        ("dtype", repr(torch_type(x.dtype)), repr(torch_type(y.dtype))),
    ):
        if mine != other and (name == "shape" or close.check_dtype):
            words = f"The values for attribute '{name}' do not match: {mine} != {other}."
            raise AssertionError(_message([words], where))
    rtol, atol = close.tolerances(x.dtype, y.dtype)
    kind = np.promote_types(x.dtype, y.dtype)
    x, y = (v.astype(kind if kind.kind in "fc" else np.int64) for v in (x, y))
    with np.errstate(all="ignore"):
        same = np.isclose(x, y, rtol, atol, equal_nan=close.equal_nan)
        if same.all():
            return
        size, count = same.size, int((~same).sum())
        absolute = np.where(same, 0, np.abs(x - y))
        relative = np.where(same, 0, np.abs(x - y).astype(_real(y)) / np.abs(y).astype(_real(y)))
    lines = [f"Tensor-likes are not {_word(rtol, atol)}!", ""]
    if x.ndim:
        lines.append(f"Mismatched elements: {count} / {size} ({count / size:.1%})")
    else:
        x, y = x.item(), y.item()
        raise AssertionError(_message(_number_lines(x, y, rtol, atol, "Scalars"), where))
    lines += [
        _worst("absolute", absolute, atol, rtol, atol),
        _worst("relative", relative, rtol, rtol, atol),
    ]
    raise AssertionError(_message(lines, where))


def _real(y: Any) -> Any:
    return np.float32 if y.dtype.kind in "iu" else np.abs(y).dtype


def _word(rtol: float, atol: float) -> str:
    return "close" if rtol or atol else "equal"


def _worst(name: str, differences: Any, allowed: float, rtol: float, atol: float) -> str:
    place = np.unravel_index(int(np.argmax(differences)), differences.shape)
    index = tuple(int(i) for i in place)
    suffix = f" (up to {allowed} allowed)" if rtol or atol else ""
    return f"Greatest {name} difference: {differences[place].item()} at index {index}{suffix}"


def _compare_numbers(a: Any, b: Any, close: Close, where: str) -> None:
    kinds = [np.dtype(type(v)) for v in (a, b)]
    if close.check_dtype and kinds[0] != kinds[1]:
        words = f"The (d)types do not match: {type(a)} != {type(b)}."
        raise AssertionError(_message([words], where))
    rtol, atol = close.tolerances(*kinds)
    if not np.isclose(a, b, rtol, atol, equal_nan=close.equal_nan):
        raise AssertionError(_message(_number_lines(a, b, rtol, atol, "Scalars"), where))


def _number_lines(a: Any, b: Any, rtol: float, atol: float, what: str) -> list[str]:
    difference = abs(a - b)
    relative = difference / abs(b) if b else math.inf
    tolerant = bool(rtol or atol)
    return [
        f"{what} are not {_word(rtol, atol)}!",
        "",
        f"Expected {b} but got {a}.",
        f"Absolute difference: {difference}" + (f" (up to {atol} allowed)" if tolerant else ""),
        f"Relative difference: {relative}" + (f" (up to {rtol} allowed)" if tolerant else ""),
    ]
