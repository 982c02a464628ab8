"""What names mean: constants, number types, libraries, functions and their arguments."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError, Span, closest
from diffcli.graph.node import Node
from diffcli.ops.namespace import NUMPY
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

KEYWORDS = {
    "dim": ("axis", "axes"),
    "dims": ("axis", "axes", "shift"),
    "keepdim": ("keepdims",),
    "correction": ("ddof",),
    "unbiased": ("ddof",),  # True divides by n - 1
    "mat2": ("y",),
    "vec": ("y",),
    "vec2": ("y",),
    "input": ("x", "a", "arrays"),
    "tensors": ("arrays",),
    "other": ("y", "b"),
    "a": ("x",),
    "b": ("y",),
    "arr": ("x",),
    "x1": ("x",),
    "x2": ("y",),
    "exponent": ("y",),
    "a_min": ("min",),
    "a_max": ("max",),
    "p": ("ord",),
    "diagonal": ("k", "offset"),
    "index": ("indices",),
    "size": ("shape",),
    "split_size_or_sections": ("indices_or_sections",),
}
"""PyTorch's and NumPy's other names of arguments -> ours, where the function has it."""

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


def owner(prefix: Sequence[str]) -> str | None:
    """Whose meaning functions under a dotted prefix have, where it may not be NumPy's.

    torch.linalg follows NumPy's linalg rather than torch, and jax.scipy is as SciPy.
    """
    if "scipy" in prefix:
        return "scipy"
    if prefix[:1] == ["jax"]:
        return "jax"
    first = OWNERS.get(prefix[0]) if prefix else None
    return "torch.linalg" if first == "torch" and "linalg" in prefix else first


def constant(name: str) -> Node | None:
    """The node of a named number, or None."""
    value = CONSTANTS.get(name)
    return None if value is None else CONSTANT.make(value, name)


def distribution(path: list[str]) -> str | None:
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
        args, keywords = bind_arguments(self, args, keywords)
        n = len(args) if self.row.arrays < 0 else self.row.arrays
        fixed = [static(a) for a in args[n:]]
        keywords = {k: static(v) for k, v in keywords.items()}
        given = [*fixed, *keywords.values()]
        serves = self.row.hidden and self.row.kind != "composite"
        if serves and any(isinstance(value, Node | np.dtype) for value in given):
            raise _misfit(self, "takes plain numbers there, not arrays")
        _check_kinds(self, args[:n], fixed, keywords)
        try:
            result: Any = self.row(*args[:n], *fixed, **keywords)
        except UNFIT as error:
            # rows check what people get wrong; this is for what nobody would write
            raise _misfit(self, "does not take these arguments") from error
        several = isinstance(result, tuple | list) and self.row.name in FIELDS
        return Fields(self.row.name, result) if several else result


def function(name: str, prefix: Sequence[str] = ()) -> Function | None:
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


# ----- arguments ----------------------------------------------------------------------------------

_signatures: dict[str, inspect.Signature] = {}


def signature(row: Row) -> inspect.Signature:
    """The parameters of a row, as the user sees them."""
    found = _signatures.get(row.name)
    if found is None:
        found = _signatures[row.name] = inspect.signature(row.bind)
    return found


def signature_text(row: Row) -> str:
    """`name(x, axis=None)`."""
    parts = []
    for p in signature(row).parameters.values():
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        default = "" if p.default is p.empty else f"={p.default!r}"
        parts.append(f"{star}{p.name}{default}")
    return f"{row.name}({', '.join(parts)})"


def bind_arguments(
    f: Function, args: list[Any], keywords: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Arguments with our parameter names, arrays in front by position."""
    parameters = signature(f.row).parameters
    named: dict[str, Any] = {}
    for keyword, value in keywords.items():
        name = _parameter(f, parameters, keyword)
        if name in named:
            raise _misfit(f, f"got a value for '{name}' twice")
        named[name] = value
    given = set(named)
    order = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    for p in parameters.values():
        if p.kind is p.VAR_POSITIONAL and p.name in named:
            args = [*args, named.pop(p.name)]  # reshape(x, shape=(3, 2))
    if len(args) > len(order) and not variadic:
        raise _misfit(f, f"takes {_count(len(order))}, not {len(args)}")
    for p in order[: len(args)]:
        if p.name in given:
            raise _misfit(f, f"got a value for '{p.name}' twice")
        named.pop(p.name, None)
    args = list(args)
    # array arguments written as keywords go to their positions
    for p in order[len(args) : max(f.row.arrays, 0)]:
        if p.name in named:
            args.append(named.pop(p.name))
        elif p.default is not p.empty:
            args.append(p.default)
        else:
            break
    for p in order[len(args) :]:
        if p.default is p.empty and p.name not in named:
            raise _misfit(f, f"needs a value for '{p.name}'")
    return args, named


KINDS: dict[str, tuple[Any, str]] = {
    "bool": (int, "True or False"),
    "int": (int, "an integer"),
    "float": (int | float | Node, "a number"),
    "str": (str, "a string"),
}
"""How rows annotate arguments that are not arrays -> the types that serve, and their name."""


def _check_kinds(
    f: Function, arrays: list[Any], fixed: list[Any], keywords: dict[str, Any]
) -> None:
    """Raise `bad-argument` for an argument that is not what the row's signature says it is."""
    parameters = signature(f.row).parameters
    order = [p for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    for p, value in zip(order, arrays, strict=False):
        if value is None and p.annotation == "Node":
            raise _misfit(f, f"needs an array for '{p.name}', not None")
    given = [*zip(order[len(arrays) :], fixed, strict=False)]
    given += [(parameters[name], value) for name, value in keywords.items()]
    for p, value in given:
        kind, _, optional = str(p.annotation).partition(" | ")
        if kind not in KINDS or (optional and value is None):
            continue
        types, wanted = KINDS[kind]
        if not isinstance(value, types):
            what = "an array" if isinstance(value, Node) else repr(value)
            raise _misfit(f, f"takes {wanted} for '{p.name}', not {what}")


def _parameter(f: Function, parameters: Any, keyword: str) -> str:
    if keyword in parameters:
        return keyword
    for name in KEYWORDS.get(keyword, ()):
        if name in parameters:
            return name
    nearest = closest(keyword, parameters)
    error = _misfit(f, f"takes no argument '{keyword}'")
    if nearest:
        error.hint = f"did you mean '{nearest}'? {error.hint}"
    raise error


def _misfit(f: Function, problem: str) -> DiffcliError:
    return DiffcliError(
        "bad-argument", f"{f.written} {problem}", hint=f"the arguments are {signature_text(f.row)}"
    )


def _count(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"at most {n} arguments"


def static(value: Any) -> Any:
    """A constant scalar as a Python number, for arguments such as an axis; others as they are."""
    if isinstance(value, list):
        return [static(v) for v in value]
    if isinstance(value, tuple):
        return tuple(static(v) for v in value)
    if not isinstance(value, Node) or value.shape != () or not value.weak:
        return value
    if value.op is CONSTANT:
        return value.params["value"]
    if all(x.op is CONSTANT for x in value.inputs):
        with np.errstate(all="ignore"):
            numbers = [x.params["value"] for x in value.inputs]
            return np.asarray(value.op.evaluate(NUMPY, *numbers, **value.params)).item()
    return value
