"""Signatures of what PyTorch has written in Python: Python's rules, and Python's words."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Collection
from inspect import Parameter
from inspect import Signature as Parameters
from typing import Any

from diffcli.ops.arguments import Misfit, Signature

SEPARATOR = re.compile(r", (?![^(]*\))")
"""Between parameters, not between the items of a default."""


def stated(text: str) -> Parameters:
    """The parameters of `input, *, alpha=1.0`."""
    kind: Any = Parameter.POSITIONAL_OR_KEYWORD
    found = []
    for part in SEPARATOR.split(text):
        name, equals, default = part.partition("=")
        if name == "*":
            kind = Parameter.KEYWORD_ONLY
        else:
            value = literal_eval(default) if equals else Parameter.empty
            found.append(Parameter(name, kind, default=value))
    return Parameters(found)


def definition(text: str) -> Callable[..., Any]:
    """A function that only has parameters."""

    def apply() -> None:
        raise AssertionError

    apply.__signature__ = stated(text)  # type: ignore[attr-defined]
    return apply


class PythonSignature(Signature):
    """The parameters of a definition behind its operands, but for those that are dropped.

    A method is called with one argument more than are bound here: its object.
    """

    def __init__(
        self,
        name: str,
        define: Callable[..., Any],
        operands: int = 0,
        dropped: Collection[str] = (),
        method: bool = False,
    ) -> None:
        super().__init__(define, {})
        self.name = name
        self.unseen = int(method)
        self.parameters = {
            n: p
            for i, (n, p) in enumerate(self.parameters.items())
            if i >= operands and n not in dropped
        }
        self.order = [n for n in self.order if n in self.parameters]
        self.required = [n for n in self.required if n in self.parameters]
        self.defaults = {n: p.default for n, p in self.parameters.items()}

    def values(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        """All parameters with their values; raises Python's TypeErrors."""
        try:
            placed, named = self.bind(args, keywords)
        except Misfit as misfit:
            raise TypeError(f"{self.name}() {self._words(misfit)}") from None
        return {**self.defaults, **dict(zip(self.order, placed, strict=False)), **named}

    def _words(self, misfit: Misfit) -> str:
        if misfit.unexpected:
            return f"got an unexpected keyword argument '{misfit.unexpected[0]}'"
        if misfit.twice:
            return f"got multiple values for argument '{next(iter(misfit.twice))}'"
        if misfit.many:
            most = len(self.order) + self.unseen
            least = sum(n in self.required for n in self.order) + self.unseen
            takes = f"from {least} to {most}" if least < most else str(most)
            s = "" if most == 1 else "s"
            return (
                f"takes {takes} positional argument{s} but {misfit.many + self.unseen} were given"
            )
        quoted = [f"'{name}'" for name in misfit.missing]
        if len(quoted) == 1:
            return f"missing 1 required positional argument: {quoted[0]}"
        last = " and " if len(quoted) == 2 else ", and "
        words = ", ".join(quoted[:-1]) + last + quoted[-1]
        return f"missing {len(quoted)} required positional arguments: {words}"
