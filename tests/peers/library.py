"""Another library that computes expressions: the text is run with the library's own functions.

A row is compared with the library's function of the same meaning, which a table gives under the
row's name; so every example of the walk over the operator table is an example for the library too.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

Function = Callable[..., Any]
Array = np.ndarray[Any, Any]

NAMED = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None}


class Library:
    """A library's functions by the names of rows, and the texts that it has to write differently.

    `refusals` are the errors it raises for derivatives that it does not have.
    """

    name: str
    functions: Mapping[str, Function]
    types: Mapping[str, Any] = {}
    spelled: Mapping[str, str] = {}
    refusals: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self.globals = {**NAMED, **self.types, **self.functions, "slice": slice}

    def written(self, text: str) -> str:
        """The expression as the library writes it."""
        return self.spelled.get(text, text)

    def has(self, text: str, variables: Mapping[str, Any]) -> bool:
        """Whether the library has every name of an expression."""
        return names(self.written(text)) <= self.globals.keys() | variables.keys()

    def function(self, text: str, variables: Mapping[str, Any]) -> Function:
        """The expression as a function of the variables that it uses, in their order."""
        code = compile(self.written(text), text, "eval")
        order = list(variables)

        def run(*values: Any) -> Any:
            return eval(code, {**self.globals, **dict(zip(order, values, strict=True))})

        return run


@cache
def names(text: str) -> frozenset[str]:
    """The names in an expression that are not attributes."""
    found = ast.walk(ast.parse(text, mode="eval"))
    return frozenset(node.id for node in found if isinstance(node, ast.Name)) - {"slice"}


def named(modules: list[Any], rows: list[str]) -> dict[str, Function]:
    """The functions of these modules that are called as rows are; the first module wins."""
    found = {}
    for row in rows:
        for module in modules:
            if callable(getattr(module, row, None)):
                found[row] = getattr(module, row)
                break
    return found


def distributions(stats: Any, rows: list[str]) -> dict[str, Function]:
    """Methods of distributions: the row norm_cdf is norm.cdf."""
    found = {}
    for row in rows:
        family, _, method = row.rpartition("_")
        function = getattr(getattr(stats, family, None), method, None)
        if function is not None:
            found[row] = function
    return found


def weights(y: np.ndarray, step: float = 1.0) -> np.ndarray:
    """A cotangent or tangent for y without symmetries."""
    k = step * np.arange(1.0, y.size + 1).reshape(y.shape)
    return np.cos(k) + 1j * np.sin(2 * k) if np.iscomplexobj(y) else np.cos(k)
