"""Code of a value and its derivatives."""

from __future__ import annotations

from diffcli.emit.code import Function, python
from diffcli.errors import DiffcliError
from diffcli.formulas.derivation import Derivation, Formula
from diffcli.graph.node import Node
from diffcli.ops.op import INPUT
from diffcli.transforms.simplify import Simplifier
from diffcli.transforms.textbook import readable


def code(found: Derivation, language: str) -> str:
    """A self-contained function `f` that returns the value and the derivatives.

    Its arguments are the variables in the order of their appearance, in C after the sizes.
    """
    (value,) = readable([found.drawn.trace.output], found.drawn.sizes, found.ratio).nodes
    names = ["value", *(_name(f) for f in found.formulas)]
    # equal parts of formulas become one
    nodes = Simplifier(rules=()).run([value, *(f.node for f in found.formulas)])
    function = Function(
        f"{found.symbols.source.text} and its derivatives",
        _inputs(found),
        {letter: found.symbols.where(letter) for letter in found.symbols.letters},
        found.sizes,
        dict(zip(names, nodes, strict=True)),
    )
    if "f" in function.inputs or "value" in function.inputs:
        raise DiffcliError("usage", "code calls its function 'f' and the result 'value'")
    if language == "c":
        from diffcli.emit.c import c

        return c(function)
    return python(function, language)


def _inputs(found: Derivation) -> dict[str, Node]:
    """The variables by name, then the vectors that products are made with."""
    inputs = found.drawn.trace.inputs
    own = [name for name in found.drawn.trace.used if inputs[name].op is INPUT]
    return {name: inputs[name] for name in [*own, *found.more]}


def _name(f: Formula) -> str:
    """The name of a derivative in code: dx, d2_x_y, vjp_x, jvp."""
    kind = f.label.split("/")[0].split()[0]
    if kind == "jvp":
        return kind
    if kind == "vjp":
        return f"vjp_{f.by[0]}"
    return "_".join([kind, *f.by]) if kind != "d" else f"d{f.by[0]}"
