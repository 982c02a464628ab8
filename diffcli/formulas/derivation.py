"""Gradients, Jacobians, Hessians and products with them as formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from diffcli.emit.sharing import Statements, statements
from diffcli.emit.sizes import Sizes
from diffcli.emit.text import text
from diffcli.errors import DiffcliError
from diffcli.formulas.certificate import holds
from diffcli.formulas.symbols import Dims, Drawn, Symbols, dims, in_letters, shape_text
from diffcli.graph.node import Node, is_inexact, postorder
from diffcli.ops.op import CONSTANT, Maybe
from diffcli.ops.table import F
from diffcli.transforms import derive
from diffcli.transforms.forward import push
from diffcli.transforms.reverse import one, pull
from diffcli.transforms.simplify import Simplifier, simplify
from diffcli.transforms.textbook import Ratio, Readable, decimal, has_decimals, readable

LONGEST = 4000
"""Characters of the longest formula."""

HIGHEST = 12
"""The highest order of a derivative."""

Make = Callable[[Drawn, bool], Readable]
"""Graphs of one derivative, equal to each other, of an expression at some sizes.

They hold for all values, or, if that is asked for, where the variables are finite.
"""


class Asked(NamedTuple):
    """A derivative that is asked for: by which variables, what it is called, how it is made."""

    by: tuple[str, ...]
    label: str
    make: Make


class Formula(NamedTuple):
    """A derivative as text, certified; `nonzero` are texts of what must not be 0.

    `node` is its graph at the sizes of `Derivation.sizes`, and `make` makes graphs of it anew. The
    text is None where it is too long; `node` is the plain derivative then.
    """

    by: tuple[str, ...]
    label: str
    node: Node
    text: str | None
    shape: Dims
    nonzero: list[str]
    make: Make


class Derivation(NamedTuple):
    """The formulas of an expression; `sizes` are those that its graphs are made at.

    `more` are the shapes of the vectors that products are made with.
    """

    symbols: Symbols
    drawn: Drawn
    sizes: Sizes
    shape: Dims
    formulas: list[Formula]
    more: dict[str, Dims]
    ratio: Ratio


def derivation(
    symbols: Symbols,
    wrt: Sequence[str] = (),
    order: int = 1,
    cotangent: str | None = None,
    tangents: Mapping[str, str] | None = None,
) -> Derivation:
    """The derivative by each variable of `wrt` (by default all) as a formula.

    With `cotangent`, a name, the vector-Jacobian products with a cotangent of that name; with
    `tangents`, names by variable, the Jacobian-vector product. Derivatives whose text would be too
    long have none. Raises `unknown-name`, `not-differentiable`, `not-scalar`, and `domain` and
    `check-failed` where a formula cannot be certified.
    """
    drawn = symbols.draw(symbols.primes())
    sizes = Sizes(drawn.sizes)
    by = chosen(drawn, wrt)
    shape = dims(drawn.trace.shape, sizes)
    more = _directions(symbols, shape, cotangent, tangents or {})
    drawn = symbols.draw(drawn.sizes, None, more)
    asked = _asked(drawn, by, order, cotangent, tangents or {})
    ratio = _ratio(drawn, sizes)
    found = Derivation(symbols, drawn, sizes, shape, [], more, ratio)
    try:
        found.formulas.extend(_formula(found, each) for each in asked)
    except DiffcliError as error:
        raise in_letters(error, drawn.sizes) from None
    return found


# ----- what is asked ------------------------------------------------------------------------------


def chosen(drawn: Drawn, wrt: Sequence[str]) -> list[str]:
    """The variables `wrt`, or all; raises `unknown-name`, `usage` and `not-differentiable`."""
    known = {n: x for n, x in drawn.variables.items() if is_inexact(x.dtype)}
    for name in wrt:
        if name not in known:
            raise DiffcliError(
                "unknown-name",
                f"--wrt names '{name}', which is no variable of the expression",
                hint=f"the variables are {', '.join(known)}" if known else None,
            )
    if not known:
        raise DiffcliError("usage", "the expression has no variable to differentiate by")
    if not is_inexact(drawn.trace.dtype):
        raise DiffcliError(
            "not-differentiable",
            f"the result is of type {drawn.trace.dtype}, which has no derivative",
            source=drawn.trace.source,
        )
    return list(wrt) or list(known)


def _directions(
    symbols: Symbols, shape: Dims, cotangent: str | None, tangents: Mapping[str, str]
) -> dict[str, Dims]:
    """The shapes of the vectors that products are made with, by name."""
    more: dict[str, Dims] = {}
    if cotangent is not None:
        more[cotangent] = shape
    for name, tangent in tangents.items():
        if name not in symbols.shapes:
            raise DiffcliError("unknown-name", f"--tangent names '{name}', which is no variable")
        more[tangent] = symbols.shapes[name]
    for name in more:
        if name in symbols.shapes or name in symbols.values or name in symbols.letters:
            raise DiffcliError("usage", f"'{name}' is a variable already; use another name")
    return more


def _asked(
    drawn: Drawn,
    by: Sequence[str],
    order: int,
    cotangent: str | None,
    tangents: Mapping[str, str],
) -> list[Asked]:
    y = drawn.trace.output
    if tangents:
        return [Asked(tuple(tangents), "jvp", partial(_jvp, tangents))]
    if cotangent is not None:
        return [Asked((x,), f"vjp {x}", _vjp(x, cotangent)) for x in by]
    if order == 1:
        return [Asked((x,), f"d/d{x}", _first(x)) for x in by]
    if y.size != 1:
        raise DiffcliError(
            "not-scalar",
            f"derivatives of order {order} are those of a result with one element, "
            f"not of shape {shape_text(dims(y.shape, Sizes(drawn.sizes)))}",
            source=drawn.trace.source,
            hint="take sum(...), or an element with [0]",
        )
    if order == 2:
        pairs = [(x, z) for i, x in enumerate(by) for z in by[i:]]
        return [Asked(pair, _second_label(*pair), _second(*pair)) for pair in pairs]
    for x in by:
        if drawn.trace.inputs[x].shape != ():
            raise DiffcliError(
                "not-scalar",
                f"derivatives of order {order} are by scalars, and '{x}' is an array",
                hint="write --order 2 for the Hessian",
            )
    return [Asked((x,), f"d{order}/d{x}{order}", _higher(x, order)) for x in by]


def _second_label(x: str, z: str) -> str:
    return f"d2/d{x}2" if x == z else f"d2/d{x} d{z}"


def _filled(node: Maybe, y: Node, *wrt: Node) -> Node:
    """A derivative, or zeros where there is none."""
    shape = tuple(n for x in (y, *wrt) for n in x.shape)
    if node is not None:
        return node
    return F.zeros(shape, dtype=wrt[0].dtype) if shape else CONSTANT.make(0)


def _gradient(y: Node, x: Node, finite: bool) -> Node:
    (found,) = pull([(y, one(y))], [x], finite=finite)
    return _filled(found, F.reshape(y, ()) if y.size == 1 else y, x)


def _first(name: str) -> Make:
    def make(drawn: Drawn, finite: bool) -> Readable:
        y, x = drawn.trace.output, drawn.trace.inputs[name]
        if y.shape == ():
            return Readable([_gradient(y, x, finite)], [])
        both = [derive.jacobian_forward([y], x)[0], derive.jacobian_reverse(y, [x], finite)[0]]
        return Readable([_filled(found, y, x) for found in both], [])

    return make


def _second(first: str, second: str) -> Make:
    def make(drawn: Drawn, finite: bool) -> Readable:
        y = F.reshape(drawn.trace.output, ())
        x, z = drawn.trace.inputs[first], drawn.trace.inputs[second]
        # what a person would write has slopes that are written so as well
        (slope,), nonzero = readable([_gradient(y, x, finite)], drawn.sizes)
        reverse = derive.jacobian_reverse(slope, [z], finite)
        both = [derive.jacobian_forward([slope], z)[0], reverse[0]]
        return Readable([_filled(found, x, z) for found in both], nonzero)

    return make


def _higher(name: str, order: int) -> Make:
    def make(drawn: Drawn, finite: bool) -> Readable:
        y, x = F.reshape(drawn.trace.output, ()), drawn.trace.inputs[name]
        nonzero: list[Node] = []
        for _ in range(order):
            (y,), more = readable([_gradient(y, x, finite)], drawn.sizes)
            nonzero += more
        return Readable([y], nonzero)

    return make


def _vjp(name: str, cotangent: str) -> Make:
    def make(drawn: Drawn, finite: bool) -> Readable:
        y, x, v = (drawn.trace.output, drawn.trace.inputs[name], drawn.trace.inputs[cotangent])
        (found,) = pull([(y, v)], [x], finite=finite)
        return Readable([F.zeros_like(x) if found is None else found], [])

    return make


def _jvp(tangents: Mapping[str, str], drawn: Drawn, finite: bool) -> Readable:
    inputs, y = drawn.trace.inputs, drawn.trace.output
    (moved,) = push([y], [(inputs[x], inputs[t]) for x, t in tangents.items()])
    return Readable([F.zeros_like(y) if moved is None else moved], [])


# ----- formulas -----------------------------------------------------------------------------------


def _formula(found: Derivation, asked: Asked) -> Formula:
    """The shortest of the texts of a derivative that passes the check."""
    drawn, sizes = found.drawn, found.sizes
    graphs, before = asked.make(drawn, True)
    pretty = [readable([graph], drawn.sizes, found.ratio) for graph in graphs]
    candidates = [(r.nodes[0], [*before, *r.nonzero], _text(r.nodes[0], sizes)) for r in pretty]
    candidates.sort(key=lambda c: LONGEST if c[2] is None else len(c[2]))
    plain = simplify(asked.make(drawn, False).nodes)
    candidates += [(node, [], _text(node, sizes)) for node in plain]
    for node, nonzero, shown in candidates:
        if shown is None:
            continue
        if holds(found.symbols, shown, partial(_anywhere, asked.make), found.more):
            where = [t for t in (_text(x, sizes) for x in nonzero) if t is not None]
            where, shape = list(dict.fromkeys(where)), dims(node.shape, sizes)
            return Formula(asked.by, asked.label, node, shown, shape, where, asked.make)
    if any(shown is not None for _, _, shown in candidates):
        raise _refuted(asked.label)
    shape = dims(plain[0].shape, sizes)
    return Formula(asked.by, asked.label, plain[0], None, shape, [], asked.make)


def _refuted(label: str) -> DiffcliError:
    return DiffcliError(
        "check-failed",
        f"no formula of {label} holds for arrays of every size",
        hint="write the sizes as numbers, as in x:(5,)",
    )


def too_long(f: Formula) -> DiffcliError:
    """The error that a derivative has no text."""
    order = postorder([f.node])
    if any(x.op is CONSTANT and text(x) is None for x in order):
        return DiffcliError(
            "limit",
            f"{f.label} has an array of numbers as large as its axes, which no formula writes",
            hint="write small sizes as numbers, as in x:(3,)",
        )
    count = sum(1 for x in order if x.inputs)
    return DiffcliError("limit", f"{f.label} has {count} operations, too many for a formula")


def common(found: Derivation) -> Statements:
    """The formulas with subexpressions that they share named; certified as they are.

    Raises `limit` for a text that is too long, `check-failed` for one that does not hold.
    """
    nodes = Simplifier(rules=()).run([f.node for f in found.formulas])

    def write(node: Node, names: Mapping[int, str]) -> str | None:
        return text(node, LONGEST, sizes=found.sizes, names=names)

    taken = {*found.symbols.shapes, *found.symbols.values, *found.symbols.letters, *found.more}
    made = statements(nodes, write, taken, least=5)
    if made is None or sum(len(t) for _, t in made.named) > 10 * LONGEST:
        raise too_long(found.formulas[0])
    for f, result in zip(found.formulas, made.results, strict=True):
        program = "; ".join([*(f"{name} = {t}" for name, t in made.named), result])
        if not holds(found.symbols, program, partial(_anywhere, f.make), found.more):
            raise _refuted(f.label)
    return made


def _anywhere(make: Make, drawn: Drawn) -> Node:
    """The derivative that holds for all values."""
    return make(drawn, False).nodes[0]


def _text(node: Node, sizes: Sizes) -> str | None:
    return text(node, LONGEST, sizes=sizes)


def _ratio(drawn: Drawn, sizes: Sizes) -> Ratio:
    """How numbers are written: as decimals where the expression has some, else as quotients."""
    decimals = has_decimals([drawn.trace.output])

    def ratio(number: Fraction) -> tuple[float, int]:
        if decimals and sizes.piece(abs(number.numerator)) is None:
            top, bottom = decimal(number)
            if bottom == 1:
                return top, bottom
        return sizes.ratio(number)

    return ratio
