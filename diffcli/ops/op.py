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
from diffcli.ops.table import F, Row, lift

Maybe = Node | None
Rule = Callable[..., Any]
Batched = tuple[bool, ...]


class Op(Row):
    """A primitive operator. Subclasses are the kinds; instances are the rows.

    `bind` turns a user's arguments into (inputs, params). `evaluate(xp, *arrays, **params)` computes
    the value with the array namespace `xp`. `core` is the number of trailing axes that `evaluate`
    works on for each input when it broadcasts over leading ones; None when it does not.
    """

    kind = "primitive"
    linear = False
    selects = False
    core: tuple[int, ...] | None = None

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        shape: Rule | None = None,
        dtype: Rule | None = None,
        batch: Rule | None = None,
        core: tuple[int, ...] | None = None,
        **row: Any,
    ) -> None:
        super().__init__(name, bind, **row)
        self.evaluate = evaluate
        self.shape_rule = shape
        self.dtype_rule = dtype
        self.batch_rule = batch
        self.core = core

    def call(self, *args: Any, **kwargs: Any) -> Node:
        """The node of this operator on a user's arguments."""
        inputs, params = self.bind(*args, **kwargs)
        return self.apply(tuple(lift(x) for x in inputs), params)

    def apply(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Node:
        """The node of this operator on inputs and params that `bind` has put in order."""
        shape, dtype = self.infer(inputs, params)
        weak = shape == () and bool(inputs) and all(x.weak for x in inputs)
        return Node(self, inputs, params, shape, dtype, weak)

    def infer(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Aval:
        """Shape and dtype of the result."""
        assert self.shape_rule is not None, self.name
        shape = self.shape_rule(*inputs, **params)
        return shape, self.infer_dtype(inputs, params)

    def infer_dtype(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> np.dtype[Any]:
        """Dtype of the result: the row's rule, or NumPy's promotion of the inputs."""
        if self.dtype_rule is not None:
            return np.dtype(self.dtype_rule(*inputs, **params))
        return promote(inputs)

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """Cotangent of each input (None where there is none) from the cotangent `g` of `y`.

        The cotangents may still be broadcast against their inputs or of a wider type; the reverse
        driver brings them to the input's shape and dtype. `NotImplemented` where the row states a
        pushforward: the driver transposes it.
        """
        return NotImplemented

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """Tangent of `y` from those of its inputs (None where an input has none).

        `NotImplemented` where the row states a pullback: the driver transposes it.
        """
        return NotImplemented

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """`y` with the batched `inputs`, which carry a new leading axis of length `size`."""
        if self.batch_rule is not None:
            return self.batch_rule(y, inputs, batched, size)
        if self.core is None:
            raise DiffcliError("not-differentiable", f"{self.name} has no batching rule")
        return self.apply(align_batched(inputs, batched, self.core), y.params)


def promote(inputs: Sequence[Node]) -> np.dtype[Any]:
    """NumPy's result type of the inputs; weak inputs count as Python numbers."""
    if all(x.weak for x in inputs):
        return np.result_type(*(x.dtype for x in inputs))
    return np.result_type(*(x.dtype.type(0).item() if x.weak else x.dtype for x in inputs))


def align_batched(
    inputs: tuple[Node, ...], batched: Batched, core: tuple[int, ...]
) -> tuple[Node, ...]:
    """Batched inputs with axes of length 1 after the batch axis, so that loop axes line up."""
    ranks = [x.ndim - b - c for x, b, c in zip(inputs, batched, core, strict=True)]
    rank = max(ranks)
    out = []
    for x, b, own in zip(inputs, batched, ranks, strict=True):
        if b and own < rank:
            x = F.reshape(x, (x.shape[0], *(1,) * (rank - own), *x.shape[1:]))
        out.append(x)
    return tuple(out)


def placeholder_like(x: Node) -> Node:
    """A free input with the shape and dtype of `x`."""
    return INPUT.make("", x.shape, x.dtype)


def match(g: Node, x: Node) -> Node:
    """A cotangent brought to the shape and dtype of the primal `x` it belongs to.

    Broadcasting is undone by summing; a real primal takes the real part of a complex cotangent.
    """
    if g.dtype.kind == "c" and x.dtype.kind != "c":
        g = F.real(g)
    if g.shape != x.shape:
        g = F.sum_to(g, x.shape)
    if g.dtype != x.dtype and not g.weak:
        g = F.astype(g, x.dtype)
    return g


# ----- leaves -------------------------------------------------------------------------------------


class Leaf(Op):
    """Nodes without inputs: bound inputs and constants."""

    kind = "leaf"
    hidden = True

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """Leaves are never batched here: the driver replaces or keeps them."""
        return y


class Input(Leaf):
    """A free variable of the graph."""

    def make(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> Node:
        """A new input; inputs are told apart by identity, the name is for printing."""
        return Node(self, (), {"name": name}, shape, dtype)


class Constant(Leaf):
    """A value known when the graph is made: a Python number (weak) or an array."""

    def make(self, value: Any, name: str | None = None) -> Node:
        """The constant node of a number or array; `name` is how it is printed."""
        params = {"value": value} if name is None else {"value": value, "name": name}
        if isinstance(value, bool | int | float | complex):
            dtype = np.dtype(type(value))
            return Node(self, (), params, (), dtype, weak=True)
        return Node(self, (), params, value.shape, value.dtype)


# ----- elementwise --------------------------------------------------------------------------------


class Elementwise(Op):
    """One result for each element of the broadcast inputs.

    The derivative is `d`: for each input a function of (y, *inputs, **params) that gives the partial
    derivative as a node or number, None where it is zero everywhere; or `pullback`, a function of
    (g, y, *inputs, **params), where the map is not complex-differentiable or a product with the
    partial would not be exact.
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
        selects: bool = False,
        domain: str = "real",
        holomorphic: bool = True,
        verb: str = "broadcast",
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        self.d = d
        self.pullback = pullback
        self.selects = selects
        self.domain = domain
        self.holomorphic = holomorphic
        self.verb = verb
        self._dtypes: dict[Any, np.dtype[Any]] = {}
        if d is None and pullback is None:
            self.kind = "non-differentiable"

    def infer(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Aval:
        """The broadcast shape, and the dtype that NumPy gives for these input types."""
        if len(inputs) == 1:
            shape = inputs[0].shape
        else:
            shape = shapes.broadcast(*(x.shape for x in inputs), what=self.verb)
        return shape, self.infer_dtype(inputs, params)

    def infer_dtype(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> np.dtype[Any]:
        """The dtype of the result on one element of each input type, remembered for each."""
        if self.dtype_rule is not None:
            return super().infer_dtype(inputs, params)
        key = tuple((x.dtype, x.weak) for x in inputs)
        found = self._dtypes.get(key)
        if found is None:
            found = self._dtypes[key] = self._probe(inputs, params)
        return found

    def _probe(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> np.dtype[Any]:
        from diffcli.ops.namespace import NUMPY

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
        if self.d is None:
            return [None] * len(wanted)
        return [
            scale(g, conjugate(d(y, *y.inputs, **y.params))) if w and d is not None else None
            for d, w in zip(self.d, wanted, strict=True)
        ]

    def jvp(self, tangents: Sequence[Maybe], y: Node) -> Any:
        """The sum of tangents times partials."""
        if self.pullback is not None:
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


def scale(g: Node, partial: Any) -> Maybe:
    """g * partial, without a product for the numbers 1, -1 and 0."""
    if isinstance(partial, int | float):
        if partial == 1:
            return g
        if partial == 0:
            return None
        if partial == -1:
            return -g
    return g * partial


def conjugate(partial: Any) -> Any:
    """Complex conjugate of a partial derivative; real ones are left alone."""
    if isinstance(partial, Node):
        return F.conj(partial) if partial.dtype.kind == "c" else partial
    return partial.conjugate()


# ----- linear and bilinear ------------------------------------------------------------------------


class Linear(Op):
    """Linear in its first `arity` inputs (all by default), with non-negative coefficients.

    `pullback(g, y, *inputs, **params)` is the transpose, one cotangent for each input. The
    pushforward is the operator itself on the tangents.
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
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        self.pullback = pullback
        self.arity = arity

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

    `pullback(g, y, *inputs, **params)` gives one cotangent for each input. The pushforward is the
    product rule.
    """

    kind = "bilinear"

    def __init__(
        self,
        name: str,
        bind: Callable[..., Any],
        evaluate: Callable[..., Any],
        *,
        pullback: Rule,
        **row: Any,
    ) -> None:
        super().__init__(name, bind, evaluate, **row)
        self.pullback = pullback

    def vjp(self, g: Any, y: Node, wanted: Sequence[bool]) -> Any:
        """The row's pullback."""
        return self.pullback(g, y, *y.inputs, **y.params)

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
        selects: bool = False,
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


class Projection(Op):
    """One result of a node that has several; the drivers know what it means for derivatives."""

    kind = "projection"

    def infer(self, inputs: tuple[Node, ...], params: dict[str, Any]) -> Aval:
        """Shape and dtype of that result."""
        assert inputs[0].parts is not None
        return inputs[0].parts[params["index"]]

    def batch(self, y: Node, inputs: tuple[Node, ...], batched: Batched, size: int) -> Node:
        """The same result of the batched node."""
        return self.apply(inputs, y.params)


INPUT = Input("input", lambda: ((), {}), lambda xp: None, category="leaf", doc="A bound input.")
CONSTANT = Constant("constant", lambda: ((), {}), lambda xp: None, category="leaf", doc="A value.")
PROJECT = Projection(
    "project",
    lambda x, index: ((x,), {"index": index}),
    lambda xp, x, index: x[index],
    category="leaf",
    doc="One of several results.",
    hidden=True,
)


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
    partial = {} if d is None else {"d": (d,)}
    return Elementwise(name, lambda x: ((x,), {}), evaluate, doc=doc, **partial, **stated)


def binary(name: str, d: Sequence[Rule | None] | None, doc: str, **stated: Any) -> Elementwise:
    """A row of an elementwise function of two arguments with partials `d[i](z, x, y)`."""
    evaluate = stated.pop("evaluate", None) or ufunc(name)
    return Elementwise(name, lambda x, y: ((x, y), {}), evaluate, doc=doc, d=d, arrays=2, **stated)
