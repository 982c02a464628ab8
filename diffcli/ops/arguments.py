"""How the arguments of a call meet the parameters of a function.

A signature is read off the function's definition, so that it is stated once. A keyword may be what
another library calls the parameter. Whether arguments fit is decided here; who asks says in words
what does not: expressions to their user, programs as PyTorch does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SYNONYMS: dict[str, tuple[str, ...]] = {
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
"""PyTorch's and NumPy's other names of arguments -> those of rows, where a row has one of them."""


class Misfit(Exception):
    """What does not fit in a call.

    `unexpected` are keywords that mean no parameter, `twice` those of parameters that have a value
    already -> the parameter. `many` is the number of arguments by position where the function
    takes fewer, else 0, and `missing` are parameters that have no value.
    """

    def __init__(
        self, unexpected: list[str], twice: dict[str, str], many: int, missing: list[str]
    ) -> None:
        self.unexpected = unexpected
        self.twice = twice
        self.many = many
        self.missing = missing


class Signature:
    """What a function takes: its parameters, and other names for them.

    `order` names those that may be given by position, `variadic` the one that takes all further
    positions, which may also be given at once by its name: reshape(x, shape=(3, 2)). What is
    `required` has no default; an `open` function takes any keyword.
    """

    def __init__(
        self, define: Callable[..., Any], synonyms: Mapping[str, tuple[str, ...]] = SYNONYMS
    ) -> None:
        found = inspect.signature(define).parameters
        self.parameters = {n: p for n, p in found.items() if p.kind is not p.VAR_KEYWORD}
        self.synonyms = synonyms
        self.order = [n for n, p in found.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.variadic = next((n for n, p in found.items() if p.kind is p.VAR_POSITIONAL), None)
        self.required = [
            n for n, p in self.parameters.items() if p.default is p.empty and n != self.variadic
        ]
        self.open = len(self.parameters) < len(found)

    def parameter(self, keyword: str) -> str | None:
        """The parameter that a keyword means."""
        names = (keyword, *self.synonyms.get(keyword, ()))
        return next((n for n in names if n in self.parameters), keyword if self.open else None)

    def bind(
        self, args: Sequence[Any], keywords: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Arguments by position as far as there are any, and the rest by the names of parameters.

        Raises Misfit.
        """
        if (
            not keywords
            and len(args) <= len(self.order)
            and self.required == self.order[: len(args)]
        ):
            return [*args], {}
        named: dict[str, Any] = {}
        unexpected: list[str] = []
        twice: dict[str, str] = {}
        taken = set(self.order[: len(args)])
        for keyword, value in keywords.items():
            name = self.parameter(keyword)
            if name is None:
                unexpected.append(keyword)
            elif name in named or name in taken:
                twice[keyword] = name
            else:
                named[name] = value
        many = len(args) if len(args) > len(self.order) and not self.variadic else 0
        missing = [n for n in self.required if n not in taken and n not in named]
        if unexpected or twice or many or missing:
            raise Misfit(unexpected, twice, many, missing)
        return [*args, *self._placed(len(args), named)], named

    def _placed(self, start: int, named: dict[str, Any]) -> list[Any]:
        """What follows the first positions, taken out of the arguments by name."""
        whole = self.variadic in named
        places = [i + 1 for i, n in enumerate(self.order) if whole or n in named]
        rest = self.order[start : places[-1] if places else 0]
        values = [named.pop(n, self.parameters[n].default) for n in rest]
        return [*values, named.pop(self.variadic)] if self.variadic in named else values
