"""What names mean: constants, number types, libraries and functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, Span, closest
from diffcli.graph.node import Node
from diffcli.lower.arguments import bound, check_kinds, static, unfit
from diffcli.ops.op import CONSTANT, UNFIT
from diffcli.ops.table import ALIASES, Row, all_rows, find, find_variant

CONSTANTS: dict[str, float] = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "euler_gamma": 0.5772156649015329,
    "tau": math.tau,
}
"""Named numbers; a binding of the same name shadows one."""

NUMBER_TYPES: dict[str, Any] = {
    "float": np.float64,
    "double": np.float64,
    "float64": np.float64,
    "float32": np.float32,
    "int": np.int64,
    "long": np.int64,
    "int64": np.int64,
    "int32": np.int32,
    "bool": np.bool_,
    "bool_": np.bool_,
    "complex": np.complex128,
    "complex128": np.complex128,
    "complex64": np.complex64,
}

LIBRARIES = {"np", "numpy", "jnp", "jax", "torch", "math", "scipy", "stats"}
SUBLIBRARIES = {
    "linalg",
    "special",
    "fft",
    "nn",
    "functional",
    "numpy",
    "scipy",
    "F",
    "random",
    "stats",
}

PLACED = ("values", "indices")
FIELDS = {
    **dict.fromkeys(
        [f"torch.{name}" for name in ("max", "min", "median", "nanmedian", "kthvalue", "sort")],
        PLACED,
    ),
    **dict.fromkeys(("topk", "torch.cummax", "torch.cummin"), PLACED),
    "eigh": ("eigenvalues", "eigenvectors"),
    "eig": ("eigenvalues", "eigenvectors"),
    "slogdet": ("sign", "logabsdet"),
    "svd": ("U", "S", "Vh"),
    "qr": ("Q", "R"),
}
"""Functions with several results -> their names in PyTorch and NumPy."""

OWNERS = {"torch": "torch", "nn": "torch", "F": "torch", "special": "scipy"}
"""Prefixes of libraries whose functions may mean something else -> whose they are."""


def owner(prefix: tuple[str, ...]) -> str | None:
    """Whose meaning functions under a dotted prefix have, where it may not be NumPy's.

    torch.linalg follows NumPy's linalg rather than torch, and jax.scipy is as SciPy.
    """
    if "scipy" in prefix:
        return "scipy"
    if prefix[:1] == ("jax",):
        return "jax"
    first = OWNERS.get(prefix[0]) if prefix else None
    return "torch.linalg" if first == "torch" and "linalg" in prefix else first


def constant(name: str) -> Node | None:
    """The node of a named number, or None."""
    value = CONSTANTS.get(name)
    return None if value is None else CONSTANT.make(value, name)


def distribution(path: Sequence[str]) -> str | None:
    """'norm_logpdf' for a path that ends in norm.logpdf, None where there is no such row."""
    name = "_".join(path[-2:])
    row = find(name)
    return name if row is not None and row.category == "probability" else None


class Fields(tuple[Node, ...]):
    """Several results of a function, which have names."""

    fields: tuple[str, ...]

    def __new__(cls, function: str, items: Iterable[Node]) -> Fields:
        self = super().__new__(cls, items)
        self.fields = FIELDS[function]
        return self


class Function:
    """A row under the name that the text has for it."""

    __slots__ = ("row", "written")

    def __init__(self, row: Row, written: str) -> None:
        self.row = row
        self.written = written

    def __call__(self, args: list[Any], keywords: dict[str, Any]) -> Any:
        """Apply the row to lowered arguments.

        Raises `bad-argument` with the signature when they do not fit.
        """
        return self.applied(*bound(self.row, self.written, args, keywords))

    def applied(self, args: list[Any], keywords: dict[str, Any]) -> Any:
        """Apply the row to arguments as it takes them."""
        row = self.row
        n = len(args) if row.arrays < 0 else row.arrays
        fixed = [static(a) for a in args[n:]]
        keywords = {k: static(v) for k, v in keywords.items()}
        serves = row.hidden and row.kind != "composite"
        if serves and any(isinstance(v, Node | np.dtype) for v in (*fixed, *keywords.values())):
            raise unfit(row, self.written, "takes plain numbers there, not arrays")
        check_kinds(row, self.written, args[:n], fixed, keywords)
        try:
            result: Any = row(*args[:n], *fixed, **keywords)
        except UNFIT as error:
            # rows check what people get wrong; this is for what nobody would write
            raise unfit(row, self.written, "does not take these arguments") from error
        several = isinstance(result, (tuple, list)) and row.name in FIELDS
        return Fields(row.name, result) if several else result


@lru_cache(1024)
def function(name: str, prefix: tuple[str, ...] = ()) -> Function | None:
    """The function of this name, as libraries (or plain text) mean it; None if there is none."""
    library = owner(prefix)
    row = (find_variant(library, name) if library else None) or find(name)
    if row is None or row.category == "leaf":
        return None
    return Function(row, name)


def unknown_function(name: str, span: Span, method: bool = False) -> DiffcliError:
    """The error for a function that does not exist, with the nearest one that does."""
    all_rows()
    names = [k for k in ALIASES if len(k) > 1] + ["len", "slice", "int", "float"]
    nearest = closest(name, names)
    what = "method" if method else "function"
    hint = f"did you mean '{nearest}'?" if nearest else "diffcli functions lists all functions"
    return DiffcliError(
        "unknown-function", f"no {what} named '{_short(name)}'", span=span, hint=hint
    )


def unknown_name(name: str, known: Iterable[str], span: Span) -> DiffcliError:
    """The error for a name without a value, with the nearest one that has one."""
    known = list(known)
    if find(name) is not None:
        return DiffcliError(
            "unknown-name",
            f"'{name}' is a function and has to be called",
            span=span,
            hint=f"write {name}(...), or bind a value: {name}=1",
        )
    nearest = closest(name, [*known, *CONSTANTS])
    name = _short(name)
    hint = f"did you mean '{nearest}'?" if nearest else f"bind a value: {name}=1"
    return DiffcliError("unknown-name", f"'{name}' has no value", span=span, hint=hint)


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:60] + "…"
