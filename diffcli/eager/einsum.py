"""Sums of products in Einstein's notation, with PyTorch's errors for subscripts that do not fit."""

from __future__ import annotations

from typing import Any

from diffcli.eager.functions import function
from diffcli.eager.joining import elements
from diffcli.eager.nodes import NO_PARAMS, Eager, apply
from diffcli.eager.products import same_scalars
from diffcli.eager.reductions import step
from diffcli.eager.steps import CLONE
from diffcli.eager.tensor import Tensor
from diffcli.graph.node import Node
from diffcli.ops.subscripts import LETTERS
from diffcli.ops.table import F

DOTS = "..."


@function("einsum")
def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products: of a text and operands, or of operands with a list of numbers each.

    The axes of `...` are summed where the result does not name them (PyTorch, `einsum`).
    """
    if isinstance(equation, Tensor):
        equation, operands = _written((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    nodes = [x.node for x in elements(operands, 1)]
    _check_characters(equation)
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    _check_terms(terms, output, nodes)
    if not arrow:
        every = inputs.replace(",", "").replace(DOTS, "")
        output = DOTS + "".join(sorted(c for c in set(every) if every.count(c) == 1))
    terms, output = _spelled(terms, output, nodes)
    names = ("permute", "sum:1") if len(terms) == 1 else ("mul", "view")
    name = names[bool(set("".join(terms)) - set(output))]
    text = f"{','.join(terms)}->{output}"

    def compute(*given: Eager) -> Node:
        found: Node = F.einsum(text, *given)
        # where nothing is done it is a step nevertheless
        return apply(CLONE, given, NO_PARAMS) if found is given[0] else found

    return step(name, compute, *nodes)


def _written(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The text of `x, [0, 1], y, [1, 2], [0, 2]`, and its operands."""
    terms = [_term(numbers) for numbers in arguments[1::2]]
    arrow = ""
    if len(arguments) % 2:
        arguments, arrow = arguments[:-1], f"->{_term(arguments[-1])}"
    return ",".join(terms) + arrow, arguments[::2]


def _term(numbers: Any) -> str:
    """The letters of a list of numbers: capitals come first."""
    capitals_first = LETTERS.swapcase()
    for n in numbers:
        if n is not Ellipsis and not 0 <= n < len(LETTERS):
            raise ValueError(
                "einsum(): subscript in subscript list is not within the valid range [0, 52)"
            )
    return "".join(DOTS if n is Ellipsis else capitals_first[n] for n in numbers)


def _spelled(terms: list[str], output: str, nodes: list[Eager]) -> tuple[list[str], str]:
    """The terms with letters for the axes of `...`, the last ones where there are fewer."""
    free = [c for c in LETTERS if c not in "".join(terms)]
    widths = [x.ndim - len(t.replace(DOTS, "")) for t, x in zip(terms, nodes, strict=True)]
    dots = "".join(free[: max(widths)])
    starts = [len(dots) - width for width in widths]
    full = [t.replace(DOTS, dots[start:]) for t, start in zip(terms, starts, strict=True)]
    return full, output.replace(DOTS, dots)


def _check_characters(equation: str) -> None:
    for i, c in enumerate(equation.partition("->")[0]):
        if c not in LETTERS and c not in " .,":
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {i} in the equation string, "
                "subscripts must be in [a-zA-Z]"
            )


def _check_dots(term: str, place: str) -> None:
    before, dots, after = term.partition(DOTS)
    if "." not in before + after:
        return
    if dots and DOTS in after:
        raise RuntimeError(
            f"einsum(): found '.' for {place} for which an ellipsis was already found"
        )
    shown = " (...)" if place == "output" else ""
    raise RuntimeError(f"einsum(): found '.' for {place} that is not part of any ellipsis{shown}")


def _check_terms(terms: list[str], output: str, nodes: list[Eager]) -> None:
    """Raise PyTorch's errors for subscripts that do not fit the operands."""
    for i, term in enumerate(terms):
        _check_dots(term, f"operand {i}")
    if len(terms) != len(nodes):
        more = "more" if len(nodes) > len(terms) else "fewer"
        raise RuntimeError(
            f"einsum(): {more} operands were provided than specified in the equation"
        )
    sizes: dict[str, int] = {}
    for i, (term, x) in enumerate(zip(terms, nodes, strict=True)):
        _check_operand(i, term, x, sizes)
    _check_dots(output, "output")
    for letter in output.replace(".", ""):
        if letter not in sizes:
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any "
                "input operand"
            )
        if output.count(letter) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {letter} appears more than once in the output"
            )
    if len(nodes) == 2:
        same_scalars(*nodes)


def _check_operand(i: int, term: str, x: Eager, sizes: dict[str, int]) -> None:
    """Check one operand against the sizes seen so far, and add its own."""
    count = len(term.replace(DOTS, ""))
    if count > x.ndim or (count < x.ndim and DOTS not in term):
        but = "" if DOTS in term else " and no ellipsis was given"
        verb = "is more than" if DOTS in term else "does not match"
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({count}) {verb} "
            f"the number of dimensions ({x.ndim}) for operand {i}{but}"
        )
    before, _, after = term.partition(DOTS)
    own: dict[str, int] = {}
    shape = [*x.shape[: len(before)], *x.shape[x.ndim - len(after) :]]
    for letter, n in zip(before + after, shape, strict=True):
        if own.setdefault(letter, n) != n:
            raise RuntimeError(
                f"einsum(): subscript {letter} is repeated for operand {i} but the sizes don't "
                f"match, {n} != {own[letter]}"
            )
        seen = sizes.get(letter, 1)
        if seen != n and 1 not in (seen, n):
            raise RuntimeError(
                f"einsum(): subscript {letter} has size {n} for operand {i} which does not "
                f"broadcast with previously seen size {seen}"
            )
        sizes[letter] = max(seen, n)
