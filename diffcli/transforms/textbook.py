"""Rewrites to the functions that textbooks use, and graphs written as a person would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from diffcli.graph.node import ORIGIN, Node, postorder
from diffcli.ops.kinds import Elementwise
from diffcli.ops.op import CONSTANT
from diffcli.ops.table import F
from diffcli.transforms.facts import is_identity
from diffcli.transforms.indices import IndexForm
from diffcli.transforms.matrices import write
from diffcli.transforms.products import NoLetters
from diffcli.transforms.rewrites import CODE, NUMBER, RULES, TEXTBOOK, is_number, number, rule
from diffcli.transforms.simplify import Simplifier

LARGEST = 600
"""Operations of a graph that is written anew; one that is larger, or deeper, is only simplified."""


@rule("multiply", among=TEXTBOOK)
def logistic_slope(node: Node) -> Node | None:
    """sigmoid(x)*sigmoid(-x) = sigmoid(x)*(1 - sigmoid(x))"""
    for a, b in (node.inputs, node.inputs[::-1]):
        if a.op.name != "sigmoid" or b.op.name != "sigmoid":
            continue
        x = b.inputs[0]
        if x.op.name == "negative" and x.inputs[0] is a.inputs[0]:
            return a * (1 - a)
    return None


@rule("square", among=TEXTBOOK)
def hyperbolic_slope(node: Node) -> Node | None:
    """sech(x)**2 = 1 - tanh(x)**2"""
    x = node.inputs[0]
    return 1 - F.tanh(x.inputs[0]) ** 2 if x.op.name == "sech" else None


@rule("multiply", of=("where",), among=TEXTBOOK)
def factor_within_choice(node: Node) -> Node | None:
    """a*where(c, b, 0) = where(c, a*b, 0), likewise beside"""
    for a, x in (node.inputs, node.inputs[::-1]):
        if x.op.name != "where" or x.shape != node.shape:
            continue
        c, *branches = x.inputs
        if any(is_number(b, 0) for b in branches):
            return F.where(c, *(b if is_number(b, 0) else a * b for b in branches))
    return None


@rule("add", "subtract", of=("where",), among=TEXTBOOK)
def sum_of_choices(node: Node) -> Node | None:
    """where(c, a, b) + where(c, d, e) = where(c, a + d, b + e), where one of each pair is 0"""
    x, y = node.inputs
    if x.op.name != "where" or y.op.name != "where" or x.inputs[0] is not y.inputs[0]:
        return None
    pairs = list(zip(x.inputs[1:], y.inputs[1:], strict=True))
    if not all(is_number(a, 0) or is_number(b, 0) for a, b in pairs):
        return None
    return F.where(x.inputs[0], *(node.op.apply(pair, {}) for pair in pairs))


@rule("logical_or", of=("isnan",), among=TEXTBOOK)
def extremum_of_numbers(node: Node) -> Node | None:
    """x == y or isnan(x) is x == y, for numbers"""
    a, b = node.inputs
    numbers = a.op.name == "equal" and b.op.name == "isnan" and a.inputs[0] is b.inputs[0]
    return a if numbers else None


@rule("divide", of=("sum",), among=TEXTBOOK)
def divided_by_count(node: Node) -> Node | None:
    """x/sum(astype(c, float64)) = x/sum(c), for truth values"""
    x, count = node.inputs
    inner = count.inputs[0] if count.op.name == "sum" else count
    truth = inner.op.name == "astype" and inner.inputs[0].dtype.kind == "b"
    if inner is count or not truth or count.params["keepdims"]:
        return None
    return x / F.sum(inner.inputs[0], **count.params)


@rule("unwindow", among=TEXTBOOK)
def padded(node: Node) -> Node | None:
    """Zeros with x at slices without steps are x with zeros around it"""
    window, widths = node.params["window"], []
    if not all(isinstance(i, slice) and i.step in (None, 1) for i in window):
        return None
    for i, n in zip(window, node.shape, strict=True):
        start, stop, _ = i.indices(n)
        widths.append((start, n - max(start, stop)))
    return F.zero_pad(node.inputs[0], tuple(widths)) if node.size else None


@rule("unwindow", among=TEXTBOOK)
def reversed_again(node: Node) -> Node | None:
    """Zeros with x at [::-1], all of them, are x[::-1]"""
    x, window = node.inputs[0], node.params["window"]
    whole = x.shape == node.shape and all(isinstance(i, slice) for i in window)
    return F.window(x, window) if whole else None


@rule("zero_pad", among=TEXTBOOK)
def padded_by_nothing(node: Node) -> Node | None:
    """x with no zeros around it is x"""
    return node.inputs[0] if node.shape == node.inputs[0].shape else None


@rule("zero_pad", among=CODE)
def placed(node: Node) -> Node:
    """x with zeros around it is stored into an array of zeros"""
    x, widths = node.inputs[0], node.params["widths"]
    window = [slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True)]
    return F.unwindow(x, node.shape, tuple(window))


@rule("project", among=TEXTBOOK)
def singular_values(node: Node) -> Node | None:
    """svd(X)[1] = svdvals(X)"""
    x = node.inputs[0]
    return F.svdvals(x.inputs[0]) if x.op.name == "svd" and node.params["index"] == 1 else None


MOVES = ("diag_embed", "reshape", "transpose")


@rule("astype", of=MOVES, among=TEXTBOOK)
def cast_before_move(node: Node) -> Node | None:
    """A cast of a number that is moved is a move of the number that is cast"""
    move = x = node.inputs[0]
    while x.op.name in MOVES:
        x = x.inputs[0]
    if number(x) is None:
        return None
    return move.op.apply((F.astype(move.inputs[0], node.dtype),), move.params)


@rule("prod", of=("reshape",), among=TEXTBOOK)
def product_of_reshaped(node: Node) -> Node | None:
    """prod(reshape(x, s)) = prod(x), for all elements"""
    x = node.inputs[0].inputs[0]
    return F.reshape(F.prod(x), node.shape) if node.size == 1 and 1 not in x.shape else None


TURNED = {
    "less": "greater",
    "less_equal": "greater_equal",
    "greater": "less",
    "greater_equal": "less_equal",
}
"""Comparisons with their operands exchanged."""


@rule(*TURNED, of=NUMBER, among=TEXTBOOK)
def number_last(node: Node) -> Node | None:
    """1 > x is x < 1"""
    a, b = node.inputs
    if number(a) is None or number(b) is not None:
        return None
    found: Node = getattr(F, TURNED[node.op.name])(b, a)
    return found


@rule("where", among=TEXTBOOK)
def choice_within(node: Node) -> Node | None:
    """where(c, f(where(c, a, b)), d) = where(c, f(a), d), likewise beside, for elementwise f"""
    c, a, b = node.inputs
    inner = _chosen(a, c, 1), _chosen(b, c, 2)
    return None if inner == (a, b) else F.where(c, *inner)


def _chosen(root: Node, condition: Node, branch: int) -> Node:
    """An elementwise graph in which a condition is known to hold (branch 1) or not (2)."""
    order = postorder([root])
    if len(order) > DEEPEST:
        return root
    done: dict[int, Node] = {}
    for node in order:
        inputs = tuple(done[id(x)] for x in node.inputs)
        plain = isinstance(node.op, Elementwise) and node.shape in (condition.shape, ())
        if node.op.name == "where" and node.inputs[0] is condition and node.shape == root.shape:
            done[id(node)] = inputs[branch]
        elif not plain or inputs == node.inputs:
            done[id(node)] = node
        else:
            done[id(node)] = node.op.apply(inputs, node.params)
    return done[id(root)]


@rule("polygamma_gap", among=TEXTBOOK)
def difference_of_polygamma(node: Node) -> Node:
    """The gap between x and x + h is polygamma(x + h) - polygamma(x)"""
    (x, h), order = node.inputs, node.params["order"]
    far, near = (F.polygamma(order, z) if order else F.digamma(z) for z in (x + h, x))
    return far - near


@rule("inv", among=TEXTBOOK)
def inverse_of_inverse(node: Node) -> Node | None:
    """inv(inv(X)) = X, inv(X.T) = inv(X).T"""
    x = node.inputs[0]
    if x.op.name == "inv":
        return x.inputs[0]
    if x.op.name == "transpose" and x.ndim == 2:
        return F.transpose(F.inv(x.inputs[0]))
    return None


@rule("matmul", of=("constant",), among=TEXTBOOK)
def product_with_identity(node: Node) -> Node | None:
    """X @ eye(n) = X = eye(m) @ X"""
    a, b = node.inputs
    return a if is_identity(b) else b if is_identity(a) else None


@rule("matmul", among=CODE)
def product_with_diagonal(node: Node) -> Node | None:
    """A @ diag(v) = A*v, diag(v) @ A = reshape(v, (n, 1))*A"""
    a, b = node.inputs
    if _is_diagonal(b) and a.ndim == 2:
        return a * b.inputs[0]
    if _is_diagonal(a) and b.ndim == 2:
        return F.reshape(a.inputs[0], (a.shape[0], 1)) * b
    return None


def _is_diagonal(node: Node) -> bool:
    square = node.ndim == 2 and node.shape[0] == node.shape[1]
    return node.op.name == "diag_embed" and square and not node.params["offset"]


DEEPEST = 100
"""Operations of a branch that is looked through for choices."""


class Readable(NamedTuple):
    """Graphs written anew, and the nodes that must not be 0 for them to hold."""

    nodes: list[Node]
    nonzero: list[Node]


Ratio = Callable[[Fraction], tuple[float, int]]


def decimal(number: Fraction) -> tuple[float, int]:
    """A number above a stroke where it is a short decimal, else what stands above and below."""
    top, bottom = number.numerator, number.denominator
    return (top / bottom, 1) if 10**6 % bottom == 0 and bottom > 1 else (top, bottom)


def has_decimals(roots: Sequence[Node]) -> bool:
    """Whether graphs have numbers such as 0.5."""
    return any(
        node.op is CONSTANT
        and node.weak
        and "name" not in node.params
        and isinstance(node.params["value"], float)
        and node.params["value"] % 1 != 0
        for node in postorder(roots)
    )


def readable(
    roots: Sequence[Node],
    sizes: Mapping[str, int] | None = None,
    ratio: Ratio = Fraction.as_integer_ratio,
) -> Readable:
    """`roots` as a person would write them; equal but for rounding where `nonzero` are not 0.

    `sizes` are the values of named constants that count as numbers, `ratio` says what of a number
    stands above and below a stroke.
    """
    origin = ORIGIN.span
    simplifier = Simplifier(rules=(RULES, TEXTBOOK))
    try:
        simple = simplifier.run(roots)
        if len(postorder(simple)) > LARGEST:
            return Readable(simple, [])
        form = IndexForm(simplifier, write, sizes, ratio)
        nodes = form.run(simple)
    except (NoLetters, RecursionError):  # of products within products
        return Readable(simple, [])
    finally:
        ORIGIN.span = origin
    return Readable(nodes, _conditions(form, simple, nodes))


def _conditions(form: IndexForm, before: Sequence[Node], after: Sequence[Node]) -> list[Node]:
    """What must not be 0 and need not have been said before, or does not show any more."""
    divisors = {id(x.inputs[1]) for x in postorder(before) if x.op.name == "divide"}
    inverted = {id(x.inputs[0]) for x in postorder(after) if x.op.name == "inv"}
    narrowed = [x for key, x in form.narrowed.items() if key not in divisors]
    widened = [
        x for x in form.widened.values() if x.op.name != "det" or id(x.inputs[0]) not in inverted
    ]
    return list({id(x): x for x in [*widened, *narrowed]}.values())
