"""Values that go into a program by name, and those that its names hold at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from diffcli.eager.promotion import DEFAULT
from diffcli.eager.tensor import Tensor, fresh


def given(values: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
    """Bound values as a program has them: numbers are Python's, arrays tensors of its types."""
    return {name: _given(value) for name, value in values.items()}


def _given(value: np.ndarray[Any, Any]) -> Any:
    if not value.shape:
        return value.item()
    if value.dtype.kind == "f":
        return fresh(value.astype(DEFAULT.real))
    return fresh(value.astype(DEFAULT.complex) if value.dtype.kind == "c" else value)


def arrays(names: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The numbers, tensors and lists of numbers among the values, as an expression binds them.

    Python's integers are real numbers there, as numbers that are typed are.
    """
    found = {}
    for name, value in names.items():
        array = _array(value)
        if array is not None and not name.startswith("_"):
            found[name] = array
    return found


def _array(value: Any) -> np.ndarray[Any, Any] | None:
    if isinstance(value, Tensor):
        array = np.asarray(value.node.value)
        return array.astype(_WIDE.get(array.dtype.kind, array.dtype))
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if not isinstance(value, bool | int | float | complex | list | tuple):
        return None
    try:
        array = np.array(value)
    except (ValueError, TypeError, OverflowError):
        return None
    if array.dtype.kind == "i":
        return array.astype(float)
    return array if array.dtype.kind in "bfc" and array.size else None


_WIDE = {"f": np.dtype(float), "c": np.dtype(complex)}
"""What the numbers of tensors become, for derivatives in double precision."""


def final_names(names: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers, texts, tensors and lists of them, each with its gradient where it has one."""
    found = {}
    for name, value in names.items():
        shown = _shown(value, [MOST])
        if shown is not None and not name.startswith("__"):
            found[name] = shown
    return found


MOST = 1_000_000
"""Values inside lists that are shown of one name; a list inside itself has no end."""


def _shown(value: Any, left: list[int], depth: int = 0) -> dict[str, Any] | None:
    left[0] -= 1
    if left[0] < 0 or depth > 100:
        return None
    if isinstance(value, Tensor):
        entry: dict[str, Any] = {
            "value": np.asarray(value.node.value),
            "shape": list(value.node.shape),
            "dtype": value.node.dtype.name,
            "requires_grad": value.node.tracked,
        }
        if value.node.tracked:
            entry["grad"] = (
                None if value.gradient is None else np.asarray(value.gradient.node.value)
            )
        return entry
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return {"value": array, "shape": list(array.shape), "dtype": array.dtype.name}
    if isinstance(value, bool | int | float | complex | str):
        return {"value": value}
    if isinstance(value, list | tuple):
        items = [_shown(item, left, depth + 1) for item in value]
        return None if None in items else {"value": [i["value"] for i in items if i is not None]}
    return None
