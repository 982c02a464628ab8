"""The operator table: every function of the language is one row, found by any of its names.

Modules of rows are loaded when a name is looked up that the loaded ones do not have, so that a
command pays for what it uses. `F` is the table as a namespace: rules read `F.cos(x)`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph.node import OPERATORS, Node
from diffcli.ops.arguments import Signature

MODULES = [
    "arithmetic",
    "shaping",
    "joining",
    "diagonals",
    "elementary",
    "reductions",
    "contractions",
    "logic",
    "indexing",
    "activations",
    "constructors",
    "special",
    "linalg",
    "decompositions",
    "matrix_functions",
    "fourier",
    "statistics",
    "numbers",
    "calculus",
    "polynomials",
    "assembly",
    "sampling",
    "losses",
    "bessel",
    "hypergeometric",
    "incomplete",
    "zeta",
    "integrals",
    "distributions",
    "discrete_distributions",
    "vector_distributions",
]
"""Modules of rows, in the order in which they are searched."""

NUMBERS = (int, float, complex)
"""Types of Python's numbers; its truth values are integers."""

MAX_AXES = 32
"""Most axes of an array; NumPy has 64, some of its functions 32."""

ROWS: dict[str, Row] = {}
ALIASES: dict[str, str] = {}
HIDDEN: dict[str, Row] = {}


class Row:
    """One function of the language: how its arguments bind, what it means, how it is documented.

    As it stands it is a composite: `bind` builds the result from other rows, and its derivative
    follows from theirs. `arrays` is the number of leading arguments that are arrays (-1 for all).
    `examples` are expressions over the sample variables of the table walk. `where` says in words
    what is accepted where that is no range of numbers. A `hidden` row serves
    the rules of others: printed derivatives may use its name, but it is not listed.

    Where the function has no derivative, `kink` says which value stands for it, in words, and
    `kink_at` is where that is: an operator's function of the arguments of its pullback, a
    composite's of (result, *its own arguments), which gives a mask over the result as a node, or
    None for nowhere. An elementwise operator may have one for each input, as its partials are.
    """

    kind = "composite"
    hidden = False

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        *,
        category: str,
        aliases: tuple[str, ...] = (),
        arrays: int = 1,
        doc: str | None = None,
        examples: tuple[str, ...] = (),
        kink: str = "",
        where: str = "",
        kink_at: Any = None,
        method: bool = True,
        hidden: bool = False,
    ) -> None:
        self.name = name
        self.bind = bind
        self.category = category
        self.aliases = aliases
        self.arrays = arrays
        self.doc = doc or bind.__doc__ or ""
        self.examples = examples
        self.kink = kink
        self.where = where
        self.kink_at = kink_at
        self.method = method
        if hidden:
            self.hidden = True
        if not self.hidden:
            for key in (name, *aliases):
                if key in ALIASES:
                    raise ValueError(f"two rows are called {key}")
                ALIASES[key] = name
            ROWS[name] = self
        else:
            HIDDEN[name] = self

    @cached_property
    def signature(self) -> Signature:
        """Its parameters, as the user sees them."""
        return Signature(self.bind)

    def __call__(self, *args: Any, **kwargs: Any) -> Node:
        n = len(args) if self.arrays < 0 else self.arrays
        arrays = [x if x is None or isinstance(x, Node) else lift(x) for x in args[:n]]
        return self.call(*arrays, *args[n:], **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The result on a user's arguments, arrays lifted to nodes.

        A few composites give a list of nodes (split, slogdet); none of them is called by a rule.
        """
        result = self.bind(*args, **kwargs)
        if self.kink_at is not None:
            result = self._marked(result, args, kwargs)
        return result  # type: ignore[no-any-return]

    def _marked(self, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a composite (the first of several) with its kinks marked.

        Nothing asks for the kinks of nodes that carry their values.
        """
        if (result[0] if isinstance(result, list) else result).eager:
            return result
        mask = self.kink_at(result, *args, **kwargs)
        if mask is None:
            return result
        if isinstance(result, list):
            return [F.kinked(result[0], mask, self.name), *result[1:]]
        return F.kinked(result, mask, self.name)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


def find(name: str) -> Row | None:
    """The row with this name or alias, or None."""
    while name not in ALIASES and name not in HIDDEN and _load_next():
        pass
    return ROWS[ALIASES[name]] if name in ALIASES else HIDDEN.get(name)


def find_variant(library: str, name: str) -> Row | None:
    """The row with this name as another library means it, where that differs from NumPy's way."""
    import_module("diffcli.ops.variants")
    return HIDDEN.get(f"{library}.{name}")


def lookup(name: str) -> Row:
    """The row with this name; KeyError when there is none."""
    row = find(name)
    if row is None:
        raise KeyError(name)
    return row


def all_rows() -> list[Row]:
    """Every row of the language, in the order of the table."""
    while _load_next():
        pass
    return list(ROWS.values())


_loaded = 0


def _load_next() -> bool:
    global _loaded
    if _loaded == len(MODULES):
        return False
    _loaded += 1
    import_module(f"diffcli.ops.{MODULES[_loaded - 1]}")
    return True


class Functions:
    """The table as attributes: `F.sin` is the row of sin."""

    def __getattr__(self, name: str) -> Row:
        try:
            row = lookup(name)
        except KeyError:
            raise AttributeError(name) from None
        setattr(self, name, row)
        return row


F = Functions()
OPERATORS.lookup = lookup


def lift(value: Any) -> Node:
    """A node for a number, an array or a (nested) list of numbers and nodes."""
    if isinstance(value, Node):
        return value
    constant: Any = F.constant  # its module imports this one
    if isinstance(value, NUMBERS):
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            # beyond the integers of NumPy a number goes on as a float
            value = (
                float(value) if abs(value) < 2**1023 else float("inf") * (1 if value > 0 else -1)
            )
        return constant.make(value)  # type: ignore[no-any-return]
    if isinstance(value, np.ndarray | np.generic):
        return constant.make(np.asarray(value))  # type: ignore[no-any-return]
    if isinstance(value, list | tuple):
        return _lift_list(value)
    what, hint = _worded(value)
    raise DiffcliError("bad-argument", f"an array is wanted here, not {what}", hint=hint)


def _worded(value: Any) -> tuple[str, str | None]:
    """What is no array as it is written, and what may have been meant."""
    if isinstance(value, np.dtype):
        return f"the number type {value}", f"write {value}(3) for a number of this type"
    if isinstance(value, slice):
        return "a slice", "slices stand in brackets, as in x[1:3]"
    if isinstance(value, str):
        return f"the text {value!r}", None
    return "..." if value is ... else str(value), None


def _lift_list(items: list[Any] | tuple[Any, ...]) -> Node:
    pending: list[tuple[Any, int]] = [(item, 1) for item in items]
    while pending:
        item, depth = pending.pop()
        if depth > MAX_AXES:
            raise DiffcliError("limit", f"a list is nested deeper than {MAX_AXES} axes")
        if isinstance(item, list | tuple):
            pending.extend((inner, depth + 1) for inner in item)
        elif isinstance(item, Node):
            parts = [lift(part) for part in items]
            if len({part.shape for part in parts}) > 1:
                raise DiffcliError("shape", "the items of a list must all have the same shape")
            return F.stack(parts)
    try:
        array = np.array(items)
    except ValueError:
        raise DiffcliError("shape", "the rows of a list must all have the same length") from None
    if array.dtype.kind not in "biufc":
        raise DiffcliError("bad-argument", "an array is made of numbers")
    if array.size == 0:
        array = array.astype(float)
    constant: Any = F.constant
    return constant.make(array)  # type: ignore[no-any-return]
