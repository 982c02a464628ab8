"""Notations for explanations: text for terminals, with or without accents, and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from diffcli.emit.symbols import symbol

if TYPE_CHECKING:
    from diffcli.explanation import Formula
    from diffcli.naming import Operation

ACCENTS = {"_bar": "\u0304", "_dot": "\u0307"}
"""What stands above the first letter of a name for its adjoint and for its tangent."""


class Notation(Protocol):
    """How names and formulas are written."""

    def name(self, name: str) -> str:
        """A step, its adjoint NAME_bar or its tangent NAME_dot."""

    def formula(self, formula: Formula | Operation) -> str | None:
        """A formula, None where it would be long."""

    def slope(self, y: str, x: str) -> str:
        """The derivative of a step by another."""

    def product(self, a: str, b: str) -> str:
        """Two factors side by side."""


class Plain:
    """The language of expressions itself."""

    def name(self, name: str) -> str:
        """The name as it is."""
        return name

    def formula(self, formula: Formula | Operation) -> str | None:
        """The text of the formula."""
        return formula.text

    def slope(self, y: str, x: str) -> str:
        """dy/dx."""
        return f"d{y}/d{x}"

    def product(self, a: str, b: str) -> str:
        """a*b."""
        return f"{a}*{b}"


class Accented(Plain):
    """The same with accents: v̄1 for v1_bar."""

    def __init__(self, names: Iterable[str]) -> None:
        self._written = {
            name + suffix: name[0] + mark + name[1:]
            for name in names
            for suffix, mark in ACCENTS.items()
        }

    def name(self, name: str) -> str:
        """The name with its accent."""
        return self._written.get(name, name)

    def formula(self, formula: Formula | Operation) -> str | None:
        """The text of the formula with accents on its names."""
        text = formula.text
        return text and re.sub(r"[^\W\d]\w*", lambda m: self.name(m[0]), text)

    def slope(self, y: str, x: str) -> str:
        """∂y/∂x."""
        return f"∂{y}/∂{x}"

    def product(self, a: str, b: str) -> str:
        """a b."""
        return f"{a} {b}"


class Latex:
    """LaTeX for the inside of a maths environment."""

    def name(self, name: str) -> str:
        """The name with its index and accent."""
        return symbol(name)

    def formula(self, formula: Formula | Operation) -> str | None:
        """The formula."""
        return formula.latex

    def slope(self, y: str, x: str) -> str:
        """A fraction."""
        return rf"\frac{{\partial {symbol(y)}}}{{\partial {symbol(x)}}}"

    def product(self, a: str, b: str) -> str:
        """a b."""
        return rf"{a} \, {b}"
