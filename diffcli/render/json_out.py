"""Results as JSON: shortest round-trip numbers, and strings for what JSON has no number for."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from diffcli.render.report import Lazy, Report, Sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray


def to_json(report: Report) -> str:
    """The report's payload as one line of ASCII JSON, without a line end."""
    return dumps(report.payload)


def dumps(value: Any) -> str:
    """`value` as JSON; arrays, `Sparse` matrices and non-finite numbers may appear anywhere."""
    import json

    return json.dumps(_plain(value), allow_nan=False)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, complex):
        return _complex_text(str(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Lazy):
        return [_plain(item) for item in value]
    if isinstance(value, Sparse):
        return {
            "format": "coo",
            "shape": list(value.shape),
            "row": value.row.tolist(),
            "col": value.col.tolist(),
            "data": array_values(value.data),
        }
    return array_values(value)


def _real(value: float) -> float | str:
    return value if isfinite(value) else str(value)


def array_values(array: NDArray[Any]) -> Any:
    """An array as nested lists (a bare number for shape ()) that `json.dumps` accepts."""
    import numpy as np

    kind = array.dtype.kind
    if kind == "c":
        return _mapped(array, lambda value: _complex_text(str(value)))
    if kind != "f":
        return array.tolist()
    if array.dtype.itemsize < 8:
        # Widening would print digits that a float32 does not have: 0.1 as 0.10000000149.
        return _mapped(array, lambda value: _real(float(str(value))))
    finite = np.isfinite(array)
    if finite.all():
        return array.tolist()
    mixed = array.astype(object)
    mixed[~finite] = [str(value) for value in array[~finite].tolist()]
    return mixed.tolist()


def _mapped(array: NDArray[Any], convert: Any) -> Any:
    import numpy as np

    mixed = np.empty(array.shape, dtype=object)
    mixed.reshape(-1)[:] = [convert(value) for value in array.reshape(-1)]
    return mixed.tolist()


def _complex_text(text: str) -> str:
    """Python's text of a complex number, with both parts always present."""
    if text.startswith("("):
        return text
    sign = "" if text.startswith("-") else "+"
    return f"(0{sign}{text})"
