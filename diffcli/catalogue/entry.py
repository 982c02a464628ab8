"""One row of the operator table as it is shown to a user."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import numpy as np

from diffcli import api
from diffcli.catalogue.application import Application, applied
from diffcli.catalogue.domain import domain
from diffcli.catalogue.formulas import Derivative, definition, derivatives
from diffcli.graph.node import is_inexact
from diffcli.lower.arguments import signature_text
from diffcli.ops.table import Row, find_variant

NOWHERE = "0 where it exists"
"""The derivative of functions that are constant between jumps."""


class FunctionInfo:
    """What a row computes, where, and its derivatives, found from the row itself.

    `call` is the row on the arguments of an example; definition, derivatives and domain are those
    of this call, and `values` those of its variables. All of them are None where a row has no
    example, as rows that only serve others.
    """

    def __init__(self, row: Row) -> None:
        self.row = row
        self.name = row.name
        self.aliases = list(row.aliases)
        self.category = row.category
        self.kind = row.kind
        self.signature = signature_text(row)
        self.doc = " ".join(row.doc.strip().split("\n\n")[0].split())
        self.kink = row.kink

    @property
    def variants(self) -> dict[str, str]:
        """What the name means under a library's prefix, where that is something else."""
        names = [f"{library}.{self.name}" for library in ("torch", "torch.linalg", "scipy", "jax")]
        rows = [find_variant(*name.rsplit(".", 1)) for name in names]
        return {n: row.doc.strip() for n, row in zip(names, rows, strict=True) if row is not None}

    @cached_property
    def application(self) -> Application | None:
        """The row on the arguments of an example."""
        return applied(self.row)

    @property
    def call(self) -> str | None:
        """The text of that application."""
        return None if self.application is None else self.application.text

    @property
    def definition(self) -> str | None:
        """What a composite is made of, as a formula where it is short."""
        if self.kind != "composite" or self.application is None:
            return None
        return definition(self.application)

    @cached_property
    def derivatives(self) -> dict[str, Derivative | None]:
        """The derivative by each real or complex argument; None where it is 0 everywhere."""
        return derivatives(self.application) if self.application else {}

    @property
    def derivative(self) -> str:
        """The derivatives as text, one after the other."""
        return "; ".join(self.derivative_lines())

    def derivative_lines(self, longest: int | None = None) -> list[str]:
        """The derivative by each argument; the longer formulas are only counted."""
        if self.derivatives and not any(self.derivatives.values()):
            return [NOWHERE]
        return [
            f"d/d{name} = 0" if found is None else found.text(longest)
            for name, found in self.derivatives.items()
        ]

    @property
    def domain(self) -> str | None:
        """Where value and derivative are finite, in words; None where no words were found."""
        if self.row.where:
            return self.row.where
        if self.application is None or self.category == "probability":
            return None  # a distribution says so itself
        return domain(self.application)

    @property
    def complex(self) -> bool:
        """Whether complex numbers are taken."""
        return self.application is not None and self.application.complex()

    @property
    def orders(self) -> str:
        """How often it can be differentiated: rules are graphs, so any number of times or never."""
        return "any" if any(self.derivatives.values()) else "none"

    @property
    def words(self) -> list[str]:
        """A command that uses the function, in words for the shell."""
        if self.application is None:
            return []
        command = "grad" if self.gradient else "eval"
        bindings = [f"{n}={_listed(v)}" for n, v in self.application.values.items()]
        return [_quoted(word) for word in ["diffcli", command, self.application.text, *bindings]]

    @property
    def example(self) -> str | None:
        """That command."""
        return " ".join(self.words) or None

    @property
    def values(self) -> dict[str, Any] | None:
        """The variables of the call and their values."""
        return None if self.application is None else self.application.values

    @cached_property
    def output(self) -> np.ndarray[Any, Any] | None:
        """The value of the call."""
        return None if self.application is None else self.application.value()

    @cached_property
    def differentiated(self) -> api.Derivatives | None:
        """What `grad` finds for a real function of real numbers at these values."""
        a = self.application
        if a is None or not a.pointwise or a.trace.dtype.kind != "f":
            return None
        wrt = [n for n, x in a.trace.inputs.items() if is_inexact(x.dtype)]
        return api.grad(a.trace, wrt) if wrt else None

    @property
    def gradient(self) -> dict[str, Any] | None:
        """The derivatives at these values."""
        return None if self.differentiated is None else self.differentiated.by_name


def _quoted(text: str) -> str:
    """A word for the shell; text with single quotes in it reads best in double ones."""
    from shlex import quote

    return f'"{text}"' if "'" in text and not set(text) & set('"$`\\!') else quote(text)


def _listed(value: np.ndarray[Any, Any]) -> str:
    """A value as it is bound on a command line, where numbers are real unless they say not."""
    text = str(value.tolist()).replace(" ", "").strip("()")
    if value.dtype.kind == "f":
        return re.sub(r"\.0\b", "", text)
    if value.dtype.kind != "i":
        return text
    return f"array({text},dtype=int)" if value.ndim else f"int({text})"
