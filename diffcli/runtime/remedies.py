"""What to write instead of a formula that is not finite where its limit is.

The table states each remedy as two expressions of the language that are equal where both are
finite. The left one is matched against the graph; its letters stand for any operand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcli.emit.text import text
from diffcli.errors import Source, Span
from diffcli.graph.node import Node, postorder
from diffcli.lower.evaluate import Evaluator
from diffcli.ops.op import CONSTANT, INPUT
from diffcli.ops.table import F
from diffcli.runtime.reasons import LONGEST, outside, overflows
from diffcli.syntax.parser import parse_expression
from diffcli.transforms.rewrites import number
from diffcli.transforms.simplify import simplify

REMEDIES = (
    ("x*log(x/y)", "rel_entr(x, y)"),
    ("x*log(x)", "xlogy(x, x)"),
    ("x*log(y)", "xlogy(x, y)"),
    ("x*log1p(y)", "xlog1py(x, y)"),
    ("sqrt(x**2 + y**2)", "hypot(x, y)"),
    ("sqrt(square(x) + square(y))", "hypot(x, y)"),
    ("sqrt(x*x + y*y)", "hypot(x, y)"),
    ("sqrt(sum(x**2))", "norm(x{axis}{keepdims})"),
    ("sqrt(sum(square(x)))", "norm(x{axis}{keepdims})"),
    ("sqrt(sum(x*x))", "norm(x{axis}{keepdims})"),
    ("sqrt(dot(x, x))", "norm(x)"),
    ("sqrt(sum(x**2)/y)", "norm(x{axis}{keepdims})/sqrt(y)"),
    ("sqrt(x**2)", "abs(x)"),
    ("sqrt(square(x))", "abs(x)"),
    ("sqrt(x*x)", "abs(x)"),
    ("(x**2 + y**2)**0.5", "hypot(x, y)"),
    ("sum(x**2)**0.5", "norm(x{axis}{keepdims})"),
    ("(x**2)**0.5", "abs(x)"),
    ("x/abs(x)", "sign(x)"),
    ("abs(x)/x", "sign(x)"),
    ("log(1 + exp(x))", "softplus(x)"),
    ("log1p(exp(x))", "softplus(x)"),
    ("log(exp(x) + exp(y))", "logaddexp(x, y)"),
    ("log(sum(exp(x)))", "logsumexp(x{axis}{keepdims})"),
    ("exp(x)/sum(exp(x))", "softmax(x{over})"),
    ("1/(1 + exp(-x))", "sigmoid(x)"),
    ("1/(1 + exp(x))", "sigmoid(-x)"),
    ("exp(x)/(1 + exp(x))", "sigmoid(x)"),
    ("(exp(x) - exp(-x))/(exp(x) + exp(-x))", "tanh(x)"),
    ("log(sigmoid(x))", "log_sigmoid(x)"),
    ("log(softmax(x))", "log_softmax(x{over})"),
    ("log(softmax(x)[0])", "log_softmax(x{over}){index}"),
    ("log(norm_cdf(x))", "norm_logcdf(x)"),
    ("log(norm_pdf(x))", "norm_logpdf(x)"),
    ("log(1 - exp(x))", "log1mexp(x)"),
    ("log(cosh(x))", "logaddexp(x, -x) - log(2)"),
    ("log(prod(x))", "sum(log(x){axis}{keepdims})"),
    ("log(gamma(x))", "gammaln(x)"),
    ("gamma(x)/gamma(y)", "poch(y, x - y)"),
    ("log(det(x))", "slogdet(x)[1]"),
    ("sin(x)/x", "sinc(x/pi)"),
    ("tan(x)/x", "sinc(x/pi)/cos(x)"),
    ("(1 - cos(x))/x**2", "sinc(x/(2*pi))**2/2"),
    ("(exp(x) - 1)/x", "exprel(x)"),
    ("expm1(x)/x", "exprel(x)"),
    ("x**(1/3)", "cbrt(x)"),
)
"""Formulas that fail at some points, and what to write instead."""

CALLS = {
    **dict.fromkeys(("var", "std", "cov", "nanvar", "nanstd"), "ddof must be less than the count"),
    **dict.fromkeys(("mean", "average", "nanmean"), "there are no elements"),
}
"""Functions whose own divisions by 0 have one reason."""

COMPLEX = "complex numbers have a result: --dtype complex128"

REAL = {
    "grad": "complex numbers have a result: {} with --dtype complex128",
    "hvp": "complex numbers have a result: {} with --dtype complex128",
    "hessian": "complex numbers have a result: hvp of {} with --dtype complex128",
}
"""What `COMPLEX` says to commands that differentiate real results only."""

COMMUTATIVE = ("add", "multiply")

Helps = Callable[[Node, str, dict[str, Node]], bool]

_patterns: dict[str, list[tuple[Node, str, str]]] = {}


def formula(expr: str) -> Node:
    """The simplified graph of an expression in letters, which are vectors of 2 elements."""
    source = Source(expr)
    shape = (2, 2) if "det" in expr else (2,)
    letters = {name: INPUT.make(name, shape, np.dtype(float)) for name in "xy"}
    node = Evaluator(source, dict(letters)).run(parse_expression(source))
    return simplify([node])[0]


def remedy(primal: Sequence[Node], spans: Sequence[Span | None], helps: Helps) -> str | None:
    """What to write for the outermost known formula that one of the places is part of.

    `helps` says of a formula, what would stand for it and its operands whether that is better.
    """
    if not _patterns:
        for left, right in REMEDIES:
            pattern = formula(left)
            _patterns.setdefault(pattern.op.name, []).append((pattern, left, right))
    wanted = {span for span in spans if span is not None}
    for node in reversed(primal):
        for pattern, left, right in _patterns.get(node.op.name, ()):
            letters: dict[str, Node] = {}
            met = list(_met(pattern, node, letters))
            if met[-1] is None or not any(m is not None and m.span in wanted for m in met):
                continue
            right = right.format(**_arguments([m for m in met if m is not None]))
            if helps(node, right, letters):
                return _written(node, letters, left, right)
    return None


def _met(pattern: Node, node: Node, letters: dict[str, Node]) -> Iterator[Node | None]:
    """The nodes that the operators of a pattern stand for; ends with None where it does not fit."""
    stack = [(pattern, node)]
    while stack:
        p, x = stack.pop()
        if p.op is INPUT:
            if letters.setdefault(p.params["name"], x) is not x:
                yield None
                return
        elif p.op is CONSTANT:
            if number(p) != number(x):
                yield None
                return
        elif not _same_operator(p, x):
            yield None
            return
        else:
            yield x
            inputs = x.inputs
            if p.op.name in COMMUTATIVE and not _alike(p.inputs, inputs):
                inputs = inputs[::-1]
            stack += zip(p.inputs, inputs, strict=True)


def _same_operator(p: Node, x: Node) -> bool:
    return p.op is x.op and len(p.inputs) == len(x.inputs)


def _alike(patterns: Sequence[Node], inputs: Sequence[Node]) -> bool:
    """Whether the operands are of the kinds that the pattern has in this order."""
    for p, x in zip(patterns, inputs, strict=True):
        if p.op is CONSTANT and number(p) != number(x):
            return False
        if p.op is not INPUT and p.op is not CONSTANT and p.op is not x.op:
            return False
    return True


def _arguments(met: Sequence[Node]) -> dict[str, str]:
    """The arguments of the operators of a formula, as the other side repeats them.

    `axis` is left out where it is all axes, and `over`, that of softmax, where it is the last.
    """
    found = {"axis": "", "over": "", "keepdims": "", "index": ""}
    for x in met:
        axes = x.params.get("axis")
        if axes is not None:
            last, every = (x.inputs[0].ndim - 1,), tuple(range(x.inputs[0].ndim))
            shown = f", axis={axes[0] if len(axes) == 1 else axes}"
            found["axis"] = "" if axes == every else shown
            found["over"] = "" if axes == last else ", axis=None" if axes == every else shown
        if x.params.get("keepdims"):
            found["keepdims"] = ", keepdims=True"
        if x.op.name == "window":
            found["index"] = (text(x, names={id(x.inputs[0]): "x"}) or "x")[1:]
    return found


def _written(root: Node, letters: dict[str, Node], left: str, right: str) -> str:
    shown, instead = text(root, LONGEST, digits=6), _substituted(right, letters)
    if shown is None or instead is None:
        return f"write {right} for {left}"
    return f"write {instead} for {shown}"


def _substituted(right: str, letters: dict[str, Node]) -> str | None:
    """The right side with the operands in place of its letters; None where one is long."""
    shown = {name: text(node, LONGEST, digits=6) for name, node in letters.items()}
    if any(each is None for each in shown.values()):
        return None

    def operand(match: re.Match[str]) -> str:
        inner = shown[match.group()] or match.group()
        argument = right[match.start() - 1] in "( " and right[match.end()] in "),"
        argument = argument and right[: match.start()].rstrip()[-1] in "(,"
        return inner if argument or re.fullmatch(r"[\w.]+", inner) else f"({inner})"

    return re.sub(r"\b[xy]\b", operand, right)


def advice(node: Node, operands: list[Any], made: str) -> str | None:
    """What to do about an operator that has no finite result for its operands."""
    name = node.op.name
    if name == "divide" and operands == [0, 0] and number(node.inputs[-1]) is None:
        limit = INPUT.make("LIMIT", (), node.dtype)
        shown = text(F.where(F.equal(node.inputs[-1], 0), limit, node), 2 * LONGEST, digits=6)
        return shown and f"write out the limit, and its slope: {shown}"
    if made == "nan" and node.dtype.kind == "f":
        if outside(name, operands) and any(x.op is INPUT for x in postorder([node])):
            return COMPLEX
        if name == "inverse_gaps":
            return "functions of the whole matrix, such as expm, are smooth there"
    if overflows(node, operands, made) and node.dtype in (np.float32, np.complex64):
        return "--dtype float64 reaches further"
    return None


def slope_advice(node: Node, operands: list[Any], made: str) -> str | None:
    """What to do about an operator whose slope is not finite at its operands."""
    if node.op.name not in ("sqrt", "power") or operands[0] != 0:
        return advice(node, operands, made)
    x = text(node.inputs[0], LONGEST, digits=6)
    safe = text(node, LONGEST, digits=6)
    if x is None or safe is None or not x.isidentifier():
        return None
    safe = (
        safe.replace(x, f"where({x} > 0, {x}, 1)", 1)
        if node.op.name != "sqrt"
        else (f"sqrt(where({x} > 0, {x}, 1))")
    )
    return f"where({x} > 0, {safe}, 0) has the slope 0 there"


def asked_for(hint: str | None, asked: str, expr: str) -> str | None:
    """The advice that fits a command: gradients of complex results want another expression."""
    if hint != COMPLEX or asked not in REAL:
        return hint
    short = len(expr) <= LONGEST and not set("\n;") & set(expr)
    return REAL[asked].format(f"real({expr.strip() if short else '...'})")


def as_written(hint: str | None, op: str, written: str) -> str | None:
    """The advice about an operator, which only helps where the text has it and no call hides it."""
    if op != "divide" or written == "/" or written.rpartition(".")[2].startswith("divide"):
        return hint
    called = re.search(r"(\w+)\(", written)
    return CALLS.get(called.group(1)) if called else None
