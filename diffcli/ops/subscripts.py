"""The text of an einsum: terms of letters for the operands and for the result."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node
from diffcli.graph.shapes import show

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@lru_cache(maxsize=256)
def split_spec(spec: str) -> tuple[str, str, str]:
    """The letters of the two operands and of the result of 'ij,jk->ik'."""
    terms, out = spec.split("->")
    first, second = terms.split(",")
    return first, second, out


def unused_letter(taken: str) -> str:
    """A letter that does not occur in the text; raises `limit` when there is none left."""
    for letter in LETTERS:
        if letter not in taken:
            return letter
    raise DiffcliError("limit", "einsum has letters for 52 axes only")


def _bad_subscripts(subscripts: str, problem: str) -> DiffcliError:
    return DiffcliError(
        "bad-argument",
        f"einsum('{subscripts}'): {problem}",
        hint="write one term of letters for each operand, as in einsum('ij,jk->ik', a, b)",
    )


def expanded(subscripts: Any, operands: list[Node]) -> tuple[list[tuple[str, Node]], str]:
    """Operands with letters for all axes, '...' included, and the letters of the result."""
    if not isinstance(subscripts, str):
        raise DiffcliError("bad-argument", "the first argument of einsum is a text like 'ij,jk'")
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        count = f"{len(terms)} term{'s' * (len(terms) != 1)} for {len(operands)}"
        raise _bad_subscripts(subscripts, f"{count} operand{'s' * (len(operands) != 1)}")
    dots = ""
    for term, x in zip(terms, operands, strict=True):
        named = term.replace("...", "", 1)
        if not all(c in LETTERS for c in named):
            raise _bad_subscripts(subscripts, f"the term '{term}' is not made of letters")
        rest = x.ndim - len(named)
        if rest < 0 or (rest > 0 and named == term):
            raise _bad_subscripts(
                subscripts, f"the term '{term}' does not fit the shape {show(x.shape)}"
            )
        while named != term and len(dots) < rest:
            dots += unused_letter(subscripts + dots)
    full = []
    for term, x in zip(terms, operands, strict=True):
        width = x.ndim - len(term.replace("...", ""))
        full.append((term.replace("...", dots[len(dots) - width :]), x))
    out = right.replace("...", dots, 1) if arrow else _implicit(left, dots)
    _check_result(subscripts, out, dots, full)
    return full, out


def _implicit(left: str, dots: str) -> str:
    return dots + "".join(sorted(c for c in set(left) - {",", "."} if left.count(c) == 1))


def _check_result(subscripts: str, out: str, dots: str, terms: list[tuple[str, Node]]) -> None:
    for c in out:
        if out.count(c) > 1 or not any(c in term for term, _ in terms):
            where = "is repeated" if out.count(c) > 1 else "is in no operand"
            raise _bad_subscripts(subscripts, f"the letter '{c}' of the result {where}")
    if any(c not in out for c in dots):
        raise _bad_subscripts(subscripts, "the result must say where the axes of '...' go")
