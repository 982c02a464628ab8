"""The modules that a program may import: they only name what is built in."""

from __future__ import annotations

from typing import Any

from diffcli.errors import Span
from diffcli.program.attributes import get
from diffcli.program.places import located
from diffcli.program.values import Builtin, Namespace


def _standard(path: str) -> Namespace | None:
    if path == "torch":
        from diffcli.program.torch_module import TORCH

        return TORCH
    if path == "numpy":
        from diffcli.program.numpy_module import NUMPY

        return NUMPY
    if path == "math":
        from diffcli.program.math_module import MATH

        return MATH
    if path in ("functools", "collections"):
        from diffcli.program import standard

        return standard.FUNCTOOLS if path == "functools" else standard.COLLECTIONS
    return SMALL.get(path)


class _Anything:
    """What a type annotation such as `Optional[Tensor]` is made of."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, item: Any) -> _Anything:
        return self

    def __repr__(self) -> str:
        return f"typing.{self.name}"


_TYPING = [
    "Any",
    "Callable",
    "Dict",
    "Iterable",
    "Iterator",
    "List",
    "Optional",
    "Sequence",
    "Tuple",
    "Type",
    "Union",
]


def _clock() -> float:
    """Time stands still: output must be the same in every run."""
    return 0.0


SMALL = {
    "typing": Namespace("typing", {name: _Anything(name) for name in _TYPING}),
    "__future__": Namespace("__future__", {"annotations": None}),
    "warnings": Namespace(
        "warnings",
        {
            "filterwarnings": Builtin("filterwarnings", lambda *a, **k: None),
            "warn": Builtin("warn", lambda *a, **k: None),
            "simplefilter": Builtin("simplefilter", lambda *a, **k: None),
        },
    ),
    "time": Namespace(
        "time",
        {name: Builtin(name, _clock) for name in ("time", "perf_counter", "monotonic")},
    ),
}


def module(path: str, span: Span) -> Any:
    """The namespace at a dotted path; raises ModuleNotFoundError for others."""
    first, *rest = path.split(".")
    found: Any = _standard(first)
    for name in rest:
        if isinstance(found, Namespace):
            try:
                found = get(found, name)
            except AttributeError:
                found = None
    if not isinstance(found, Namespace):
        words = "programs have torch, numpy, math, functools and collections"
        error = ModuleNotFoundError(f"No module named '{path}': {words}", name=path)
        raise located(error, span)
    return found


def imported(path: str, name: str, span: Span) -> Any:
    """What `from path import name` names."""
    owner = module(path, span)
    try:
        return get(owner, name)
    except AttributeError:
        error = ImportError(f"cannot import name '{name}' from '{path}'", name=name)
        raise located(error, span) from None
