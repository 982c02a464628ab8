"""Code of a value and its derivatives, and what has a text at all."""

from __future__ import annotations

from collections.abc import Callable

from diffcli.emit.c_functions import ELEMENTS
from diffcli.emit.code import Function, python
from diffcli.errors import DiffcliError
from diffcli.formulas.derivation import Derivation, Formula, common, too_long
from diffcli.graph.node import Node
from diffcli.ops.op import INPUT
from diffcli.transforms.rewrites import CODE, RULES
from diffcli.transforms.simplify import Simplifier
from diffcli.transforms.textbook import readable

PYTHON = {"math", "scipy", "special", "linalg", "divide_no_nan", "unwindow"}
RESERVED = {
    "numpy": PYTHON | {"np"},
    "jax": PYTHON | {"jax", "jnp"},
    "torch": PYTHON | {"torch"},
    "c": {
        *"auto break case char const continue default do double else enum extern float for".split(),
        *"goto if inline int long register restrict return short signed sizeof static".split(),
        *"struct switch typedef union unsigned void volatile while block malloc free".split(),
        *"NULL NAN INFINITY size_t eliminate".split(),
        *(form.partition("(")[0] for form in ELEMENTS.values()),
    },
}
"""Names that variables cannot have in code."""


def code(found: Derivation, language: str) -> str:
    """A self-contained function `f` that returns the value and the derivatives.

    Its arguments are the variables in the order of their appearance, in C after the sizes. Raises
    `usage` for variables whose names mean something else there.
    """
    (value,) = readable([found.drawn.trace.output], found.drawn.sizes, found.ratio).nodes
    inputs = _inputs(found)
    taken = {*inputs, *found.symbols.letters}
    for name in taken & RESERVED[language]:
        raise DiffcliError(
            "usage",
            f"'{name}' has a meaning of its own in code for {language}",
            hint="use another name for the variable",
        )
    names = [_free(name, taken) for name in ("value", *(_name(f) for f in found.formulas))]
    # equal parts of formulas become one
    nodes = Simplifier(rules=(RULES, CODE)).run([value, *(f.node for f in found.formulas)])
    function = Function(
        f"{found.symbols.source.text} and its derivatives",
        inputs,
        {letter: found.symbols.where(letter) for letter in found.symbols.letters},
        found.sizes,
        dict(zip(names, nodes, strict=True)),
    )
    if language == "c":
        from diffcli.emit.c import c

        return c(function)
    return python(function, language)


def check_readable(found: Derivation) -> None:
    """Raise `limit` for derivatives without a text, and say in which other forms they have one."""
    f = next((f for f in found.formulas if f.text is None), None)
    if f is None:
        return
    error = too_long(f)
    forms = {
        "--cse names its parts": lambda: common(found),
        "--emit numpy writes it as a function": lambda: code(found, "numpy"),
    }
    ways = [words for words, write in forms.items() if _can(write)]
    error.hint = error.hint or ", and ".join(ways) or None
    raise error


def _can(write: Callable[[], object]) -> bool:
    try:
        write()
    except DiffcliError:
        return False
    return True


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


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
