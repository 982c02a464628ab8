"""Operators that C computes by loops of their own or by an algorithm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from diffcli.errors import DiffcliError
from diffcli.graph.node import Node

if TYPE_CHECKING:
    from diffcli.emit.c import CWriter

Index = list[str]
Statement = Callable[["CWriter", Node, str], None]


def _accumulated(
    w: CWriter,
    name: str,
    out: Sequence[int],
    term: Callable[[Index], str],
    inner: Sequence[int],
    start: str = "0.0",
    step: str = "{0} += {1}",
) -> None:
    """Loops that accumulate terms over inner indices for each element of the result."""
    index = w.loops(out)
    level = sum(i != "0" for i in index)
    indent = "    " * level
    target = f"{name}[{w.flat(out, index)}]" if out else name
    if level:
        w.lines[-1] += " {"
    w.lines.append(f"{indent}{target} = {start};")
    within = w.loops(inner, level)
    body = step.format(target, term([*index, *within]))
    w.lines.append(f"{indent}{'    ' * sum(i != '0' for i in within)}{body};")
    if level:
        w.lines.append(f"{'    ' * (level - 1)}}}")


def _matmul(w: CWriter, node: Node, name: str) -> None:
    a, b = node.inputs
    if a.ndim != 2 or b.ndim != 2:
        raise DiffcliError("unknown-function", "products of stacks of matrices are not for c")
    _accumulated(
        w,
        name,
        node.shape,
        lambda i: f"{w.element(a, [i[0], i[2]])}*{w.element(b, [i[2], i[1]])}",
        a.shape[1:],
    )


def _einsum(w: CWriter, node: Node, name: str) -> None:
    ins, out = node.params["spec"].split("->")
    pairs = list(zip(ins.split(","), node.inputs, strict=True))
    sizes = {c: n for s, x in pairs for c, n in zip(s, x.shape, strict=True)}
    summed = [c for c in sizes if c not in out]
    letters = [*out, *summed]

    def term(index: Index) -> str:
        place = dict(zip(letters, index, strict=True))
        return "*".join(w.element(x, [place[c] for c in s]) for s, x in pairs)

    _accumulated(w, name, node.shape, term, [sizes[c] for c in summed])


def _reduction(start: str, step: str) -> Statement:
    def statement(w: CWriter, node: Node, name: str) -> None:
        x, axes = node.inputs[0], node.params["axis"]
        left = [k for k in range(x.ndim) if k not in axes]
        out = tuple(x.shape[k] for k in left)
        order = [*left, *axes]

        def term(index: Index) -> str:
            return w.element(x, [index[order.index(k)] for k in range(x.ndim)])

        _accumulated(w, name, out, term, [x.shape[k] for k in axes], start, step)

    return statement


def _scan(start: str, sign: str) -> Statement:
    """Each element from the one before it along an axis, which loops have met by then."""

    def statement(w: CWriter, node: Node, name: str) -> None:
        axis = node.params["axis"]

        def value(index: Index) -> str:
            i = index[axis]
            before = w.flat(node.shape, [*index[:axis], f"{i} - 1", *index[axis + 1 :]])
            first, *rest = [w.element(x, index) for x in node.inputs]
            found = f"({i} > 0 ? {name}[{before}] : {start}){sign}{first}"
            return " + ".join([found, *rest])

        w.fill(node, value, name, name)

    return statement


def _copied(w: CWriter, x: Node) -> str:
    """A copy of a square matrix, which may be overwritten."""
    name = w.scratch("*".join(w.size(n) for n in x.shape))
    index = w.loops(x.shape)
    w.lines.append(f"        {name}[{w.flat(x.shape, index)}] = {w.element(x, index)};")
    return name


def _inverse(w: CWriter, node: Node, name: str) -> None:
    _matrix_only(node)
    a, n = _copied(w, node.inputs[0]), w.size(node.shape[0])
    index = w.loops(node.shape)
    w.lines.append(f"        {name}[{w.flat(node.shape, index)}] = {index[0]} == {index[1]};")
    w.lines.append(f"eliminate({a}, {name}, {n}, {n});")


def _solution(w: CWriter, node: Node, name: str) -> None:
    _matrix_only(node)
    a, b = node.inputs
    copy = _copied(w, a)
    index = w.loops(node.shape)
    w.lines.append(f"        {name}[{w.flat(node.shape, index)}] = {w.element(b, index)};")
    w.lines.append(f"eliminate({copy}, {name}, {w.size(a.shape[0])}, {w.size(node.shape[1])});")


def _determinant(form: str) -> Statement:
    def statement(w: CWriter, node: Node, name: str) -> None:
        _matrix_only(node)
        x = node.inputs[0]
        copy = _copied(w, x)
        found = f"eliminate({copy}, {copy}, {w.size(x.shape[0])}, 0)"
        w.lines.append(f"{name} = {form.format(found)};")

    return statement


def _matrix_only(node: Node) -> None:
    if any(x.ndim != 2 for x in node.inputs):
        raise DiffcliError("unknown-function", f"'{node.op.name}' of stacks is not for c")


def _softmax(w: CWriter, node: Node, name: str) -> None:
    x, axis = node.inputs[0], node.params["axis"]
    if axis != (x.ndim - 1,):
        raise DiffcliError(
            "unknown-function", "softmax along other axes than the last is not for c"
        )
    out, last, lead = x.shape[:-1], x.shape[-1:], len(x.shape) - 1
    count = "*".join(map(w.size, out)) or "1"
    top, total = w.scratch(count), w.scratch(count)

    def at(index: Index) -> str:
        return f"[{w.flat(out, index[:lead])}]"

    def element(index: Index) -> str:
        return w.element(x, index[len(index) - x.ndim :])

    rows = out or (1,)
    _accumulated(w, top, rows, element, last, "-INFINITY", "{0} = fmax({0}, {1})")
    _accumulated(w, total, rows, lambda i: f"exp({element(i)} - {top}{at(i)})", last)
    index = w.loops(x.shape)
    value = f"exp({w.element(x, index)} - {top}{at(index)})/{total}{at(index)}"
    w.lines.append(f"{'    ' * len(index)}{name}[{w.flat(x.shape, index)}] = {value};")


STATEMENTS: dict[str, Statement] = {
    "matmul": _matmul,
    "einsum": _einsum,
    "sum": _reduction("0.0", "{0} += {1}"),
    "prod": _reduction("1.0", "{0} *= {1}"),
    "max": _reduction("-INFINITY", "{0} = fmax({0}, {1})"),
    "min": _reduction("INFINITY", "{0} = fmin({0}, {1})"),
    "any": _reduction("0.0", "{0} = {0} || {1}"),
    "all": _reduction("1.0", "{0} = {0} && {1}"),
    "euclid": _reduction("0.0", "{0} = hypot({0}, {1})"),
    "logsumexp": _reduction("-INFINITY", "{0} = logaddexp({0}, {1})"),
    "softmax": _softmax,
    "cumsum": _scan("0.0", " + "),
    "cumprod": _scan("1.0", "*"),
    "linear_recurrence": _scan("0.0", "*"),
    "inv": _inverse,
    "solve": _solution,
    "det": _determinant("{0}"),
    "logabsdet": _determinant("log(fabs({0}))"),
    "det_sign": _determinant("sign({0})"),
}
