"""Kinds of operators: what follows from a row of the table once its derivative is stated.

An operator states its derivative once, as partial derivatives, as a pullback or as a pushforward
made of graph. The other modes are derived from it: a partial gives both modes, and a pushforward is
the transpose of a pullback (and the reverse) because both are linear. Rules build nodes, so every
derivative can be differentiated again.

Conventions are PyTorch's: the cotangent of a complex value is the conjugate Wirtinger gradient, so
that Re<cotangent, tangent> is the directional derivative (PyTorch, "Autograd mechanics", complex).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcli.errors import DiffcliError
from diffcli.graph import shapes
from diffcli.graph.node import Aval, Node, Shape
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import Batched, Maybe, Op, Rule, align_batched
from diffcli.ops.table import F, Row, lift

REMEMBERED = 1024
"""Kinds of operands whose results' shape and type an elementwise operator remembers."""

NONE: dict[str, Any] = {}
"""The static arguments of nodes without any."""

# ----- elementwise --------------------------------------------------------------------------------


class Elementwise(Op):
    """One result for each element of the broadcast inputs.

    The derivative is `d`: for each input a function of (y, *inputs, **params) that gives the
    partial derivative as a node or number, None where it is zero everywhere; or `pullback`, a
    function of (g, y, *inputs, **params), where the map is not complex-differentiable or a product
    with the partial would not be exact. A row that `selects` needs neither where each element of
    the result is that of one input: the cotangent goes there. `plain` is how many arrays are all
    that the row takes, where `bind` hands them on as they are.
    """

    kind = "elementwise"

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        d: Sequence[Rule | None] | None = None,
        pullback: Rule | None = None,
        selects: Sequence[Rule | None] = (),
        domain: str = "real",
        holomorphic: bool = True,
        verb: str = "broadcast",
        plain: int = 0,
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        self.d = d
        self.pullback = pullback
        self.selects = selects
        self.domain = domain
        self.holomorphic = holomorphic
        self.verb = verb
        self.plain = plain
        self._inferred: dict[Any, tuple[Shape, np.dtype[Any], bool]] = {}
        if d is None and pullback is None and not selects:
            self.kind = "non-differentiable"

    def __call__(self, *args: Any, **kwargs: Any) -> Node:
        if len(args) == self.plain and not kwargs:
            return self.apply(tuple([x if isinstance(x, Node) else lift(x) for x in args]), NONE)
        return super().__call__(*args, **kwargs)

    def trace(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
        """The node of an application; what is inferred for it is remembered for others like it."""
        if self.dtype_rule is not None:
            return super().trace(inputs, params)
        key = tuple([(x.shape, x.dtype, x.weak) for x in inputs])
        found = self._inferred.get(key)
        if found is None:
            if len(self._inferred) == REMEMBERED:
                self._inferred.clear()
            y = super().trace(inputs, params)
            found = self._inferred[key] = y.shape, y.dtype, y.weak
        return Node(self, inputs, params, *found)

    def infer(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Aval:
        """The broadcast shape, and the dtype that NumPy gives for these input types."""
        if len(inputs) == 1:
            shape = inputs[0].shape
        else:
            shape = shapes.broadcast(*(x.shape for x in inputs), what=self.verb)
        return shape, self.infer_dtype(inputs, params)

    def infer_dtype(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> np.dtype[Any]:
        """The dtype of the result on one element of each input type."""
        if self.dtype_rule is not None:
            return super().infer_dtype(inputs, params)
        ones = [x.dtype.type(1).item() if x.weak else np.ones((), x.dtype) for x in inputs]
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self.evaluate(NUMPY, *ones, **params)).dtype
        except TypeError:
            types = " and ".join(dict.fromkeys(str(x.dtype) for x in inputs))
            raise DiffcliError("dtype", f"{self.name} is not defined for {types}") from None

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """g times the conjugate partial, or the row's pullback."""
        if self.pullback is not None:
            return self.pullback(g, y, *y.inputs, **y.params)
        inputs, params = y.inputs, y.params
        if self.d is None:
            return [
                F.where(at(y, *inputs, **params), g, 0) if w and at is not None else None
                for at, w in zip(self.selects or [None] * len(wanted), wanted, strict=True)
            ]
        return [
            scale(g, d(y, *inputs, **params), True) if w and d is not None else None
            for d, w in zip(self.d, wanted, strict=True)
        ]

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """The sum of tangents times partials."""
        if self.pullback is not None or (self.selects and self.d is None):
            return NotImplemented
        if self.d is None:
            return None
        total: Maybe = None
        for t, d in zip(tangents, self.d, strict=True):
            if t is not None and d is not None:
                term = scale(t, d(y, *y.inputs, **y.params))
                total = term if total is None else total + term
        if total is not None and total.shape != y.shape:
            total = F.broadcast_to(total, y.shape)
        return total

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """The same operator on inputs whose axes line up."""
        if self.batch_rule is not None:
            return super().batch(y, inputs, batched, size)
        return self.apply(align_batched(inputs, batched, (0,) * len(inputs)), y.params)


def scale(g: Node, partial: Any, conjugate: bool = False) -> Maybe:
    """g * partial, or times its conjugate, without a product for the numbers 1, -1 and 0."""
    if isinstance(partial, Node):
        if conjugate and partial.dtype.kind == "c":
            partial = F.conj(partial)
    elif isinstance(partial, complex):
        partial = partial.conjugate() if conjugate else partial
    elif partial == 1:
        return g
    elif partial == 0:
        return None
    elif partial == -1:
        return -g
    product: Node = g * partial
    return product


# ----- linear and bilinear ------------------------------------------------------------------------


class Linear(Op):
    """Linear in its first `arity` inputs (all by default), with non-negative coefficients.

    `pullback(g, y, *inputs, **params)` is the transpose, one cotangent for each input. The
    pushforward is the operator itself on the tangents. Where it `moves`, each element of the result
    is an element of an input or 0; otherwise elements are added up.
    """

    kind = "linear"
    linear = True

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        pullback: Rule,
        arity: int | None = None,
        moves: bool = True,
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        self.pullback = pullback
        self.arity = arity
        self.moves = moves

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """The transpose applied to the cotangent."""
        return self.pullback(g, y, *y.inputs, **y.params)

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """The operator itself applied to the tangents; a missing tangent is zero."""
        arity = len(y.inputs) if self.arity is None else self.arity
        moved = [
            x if i >= arity else F.zeros_like(x) if t is None else t
            for i, (t, x) in enumerate(zip(tangents, y.inputs, strict=True))
        ]
        if all(t is None for t in tangents[:arity]):
            return None
        return self.apply(tuple(moved), y.params)


class Bilinear(Op):
    """Linear in each of its inputs: products of arrays.

    `pullbacks` are functions of (g, y, *inputs, **params), one for each input, that give its
    cotangent. The pushforward is the product rule.
    """

    kind = "bilinear"

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        pullbacks: Sequence[Rule],
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        self.pullbacks = pullbacks

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """The row's pullbacks, of the inputs that are wanted."""
        inputs, params = y.inputs, y.params
        return [
            pullback(g, y, *inputs, **params) if w else None
            for pullback, w in zip(self.pullbacks, wanted, strict=True)
        ]

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """f(dx, y) + f(x, dy) + ..."""
        total: Maybe = None
        for i, t in enumerate(tangents):
            if t is not None:
                term = self.apply((*y.inputs[:i], t, *y.inputs[i + 1 :]), y.params)
                total = term if total is None else total + term
        return total


# ----- the rest -----------------------------------------------------------------------------------


class General(Op):
    """Any other map: reductions that are not linear, scans, factorisations.

    One of `pullback(g, y, *inputs, **params)` and `pushforward(tangents, y, *inputs, **params)` is
    stated, the other one is its transpose.
    """

    kind = "general"

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        pullback: Rule | None = None,
        pushforward: Rule | None = None,
        selects: Sequence[Rule | None] = (),
        kind: str = "general",
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        assert (pullback is None) != (pushforward is None), name
        self.pullback = pullback
        self.pushforward = pushforward
        self.selects = selects
        self.kind = kind

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """The row's pullback."""
        if self.pullback is None:
            return NotImplemented
        return self.pullback(g, y, *y.inputs, **y.params)

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """The row's pushforward."""
        if self.pushforward is None:
            return NotImplemented
        return self.pushforward(tangents, y, *y.inputs, **y.params)


class Nondifferentiable(Op):
    """Locally constant or integer-valued: the derivative is zero wherever it exists."""

    kind = "non-differentiable"

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """No cotangent reaches the inputs."""
        return [None] * len(wanted)

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """No tangent leaves."""
        return None


def row(kind: type[Op], /, **stated: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator that makes a row of the table of its `bind` function: name, signature, document."""

    def make(bind: Callable[..., Any]) -> Any:
        return kind(bind.__name__.rstrip("_"), bind, **stated)

    return make


def composite(**stated: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator that makes a row of a function defined through other rows."""

    def make(define: Callable[..., Any]) -> Any:
        return Row(define.__name__.rstrip("_"), define, **stated)

    return make


def ufunc(name: str) -> Callable[..., Any]:
    """The function `name` of the array namespace, as an `evaluate` rule."""

    def evaluate(xp: Any, *arrays: Any, **out: Any) -> Any:
        return getattr(xp, name)(*arrays, **out)

    evaluate.takes_out = True  # type: ignore[attr-defined]
    return evaluate


def unary(name: str, d: Rule | None, doc: str, **stated: Any) -> Elementwise:
    """A row of an elementwise function of one argument with the partial derivative `d(y, x)`."""
    evaluate = stated.pop("evaluate", None) or ufunc(name)
    partials = None if d is None else (d,)
    return Elementwise(name, lambda x: ((x,), {}), evaluate, doc=doc, d=partials, plain=1, **stated)


def binary(name: str, d: Sequence[Rule | None] | None, doc: str, **stated: Any) -> Elementwise:
    """A row of an elementwise function of two arguments with partials `d[i](z, x, y)`."""
    evaluate = stated.pop("evaluate", None) or ufunc(name)
    stated = {"doc": doc, "d": d, "arrays": 2, "plain": 2, **stated}
    return Elementwise(name, lambda x, y: ((x, y), {}), evaluate, **stated)
