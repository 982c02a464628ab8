"""Traces: expressions turned into graphs over their bound values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from diffcli.errors import DiffcliError, Source
from diffcli.graph.node import ORIGIN, Node, postorder
from diffcli.limits import uncollected
from diffcli.lower.evaluate import Evaluator
from diffcli.lower.values import as_node
from diffcli.ops.known import CONCRETE
from diffcli.ops.namespace import NUMPY
from diffcli.ops.op import INPUT, Maybe
from diffcli.ops.table import F
from diffcli.runtime.backend import backend as find_backend
from diffcli.runtime.plan import Plan
from diffcli.syntax.parser import parse_expression

if TYPE_CHECKING:
    from diffcli.runtime.provenance import Nonfinite

Array = np.ndarray[Any, Any]
T = TypeVar("T")


class Trace:
    """An expression as a graph over its bound values.

    `inputs` has the input node of every binding, `output` the result; `shape` and `dtype` are those
    of the result and `used` names the bindings it was written with. `assigned` has the nodes that
    statements give names to. `decided` has the nodes whose values shaped the graph, such as masks,
    with these values.
    """

    def __init__(
        self,
        source: Source,
        values: Mapping[str, Array],
        inputs: dict[str, Node],
        output: Node,
        used: list[str],
        backend: str,
        assigned: dict[str, Node],
        decided: Sequence[tuple[Node, Array]] = (),
    ) -> None:
        self.source = source
        self.values = values
        self.inputs = inputs
        self.output = output
        self.used = used
        self.backend = backend
        self.assigned = assigned
        self.decided = decided
        self.shape = output.shape
        self.dtype = output.dtype
        self._kept: dict[Any, Any] = {}

    def at(self, values: Mapping[str, Array]) -> Trace:
        """The same graph over other values, which it `serves`."""
        other = Trace.__new__(Trace)
        other.__dict__.update(self.__dict__, values=values)
        return other

    def serves(self, values: Mapping[str, Array]) -> bool:
        """Whether the expression has the same graph over these values.

        Names, shapes and types must be the same, and what decided about the graph.
        """
        if self.inputs.keys() != values.keys():
            return False
        for name, x in self.inputs.items():
            value = values[name]
            if value.shape != x.shape or value.dtype != x.dtype:
                return False
        return not self.decided or self.at(values)._decides_alike()

    def _decides_alike(self) -> bool:
        nodes, known = zip(*self.decided, strict=True)
        try:
            now = self.once("decided", lambda: Computation(self, nodes)).run(self)
        except DiffcliError:
            return False
        return all(
            a.shape == b.shape and a.tobytes() == b.tobytes()
            for a, b in zip(now, known, strict=True)
        )

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gives for this graph, whatever the values: it is made once for each key."""
        if key not in self._kept:
            with uncollected():
                self._kept[key] = make()
        return self._kept[key]  # type: ignore[no-any-return]

    def given(self, extra: Sequence[tuple[Node, Array]] = ()) -> tuple[list[Node], list[Array]]:
        """The inputs of the graph and their values, those of `extra` after the bound ones."""
        nodes = [*self.inputs.values(), *(x for x, _ in extra)]
        arrays = [*(self.values[n] for n in self.inputs), *(v for _, v in extra)]
        return nodes, arrays

    def run(self, results: Sequence[Maybe], extra: Sequence[tuple[Node, Array]] = ()) -> list[Any]:
        """Values of nodes over the bound values; None stays None.

        `extra` gives values of further inputs, such as tangents.
        """
        nodes, arrays = [x for x, _ in extra], [v for _, v in extra]
        return Computation(self, results, nodes).run(self, arrays)

    def nonfinite(
        self,
        arrays: Sequence[Array | None],
        names: Sequence[str] = (),
        found: Sequence[Maybe] = (),
        extra: Sequence[tuple[Node, Array]] = (),
    ) -> list[Nonfinite]:
        """What made the value, or the derivatives `found` of these names, not finite.

        `arrays` are their values, that of the expression first. Where all of them are finite, no
        more is done than to see that.
        """
        if all(a is None or bool(np.isfinite(a).all()) for a in arrays):
            return []
        from diffcli.runtime.provenance import explain

        outputs = [("value", self.output)]
        outputs += [(n, g) for n, g in zip(names, found, strict=True) if g is not None]
        return explain(self.source.text, outputs, *self.given(extra))


class Computation:
    """The values of `results`, nodes of a trace, as a plan that runs over any bound values.

    None among the results stays None. `extra` are inputs beside those of the trace, and `simple`
    the simplified results.
    """

    def __init__(self, t: Trace, results: Sequence[Maybe], extra: Sequence[Node] = ()) -> None:
        found = [y for y in results if y is not None]
        try:
            with uncollected():
                self._plan = Plan(found, [*t.inputs.values(), *extra], adapts=True)
        except DiffcliError as error:
            raise error.at(None, t.source) from None
        self._places = [y is not None for y in results]
        self.simple = self._spread(self._plan.results)

    def run(self, t: Trace, extra: Sequence[Array] = ()) -> list[Any]:
        """The values over those of the trace, and those of the inputs beside them."""
        xp = find_backend(t.backend)
        try:
            found = self._plan.run(xp, [*map(t.values.__getitem__, t.inputs), *extra])
        except DiffcliError as error:
            raise error.at(None, t.source) from None
        return self._spread([xp.to_host(v) for v in found])

    def _spread(self, found: Sequence[Any]) -> list[Any]:
        if len(found) == len(self._places):
            return list(found)
        left = iter(found)
        return [next(left) if there else None for there in self._places]


def trace(
    source: Source,
    values: Mapping[str, Array],
    dtype: np.dtype[Any] | str = "float64",
    backend: str = "numpy",
    unknown: Sequence[Node] = (),
) -> Trace:
    """Parse an expression and lower it to a graph over the bound values.

    `unknown` are inputs without values, such as the columns of a table; what depends on them cannot
    decide a shape, which is the error `data-dependent`. Raises the errors of the syntax, of names,
    arguments and shapes, each with its place.
    """
    block = parse_expression(source)
    held = {name: np.asarray(value) for name, value in values.items()}
    inputs = {name: INPUT.make(name, v.shape, v.dtype) for name, v in held.items()}
    decided: list[tuple[Node, Array]] = []
    concrete = _concrete(dict(inputs), held, decided)
    inputs |= {x.params["name"]: x for x in unknown}
    evaluator = Evaluator(source, dict(inputs))
    CONCRETE.append(concrete)
    try:
        with np.errstate(all="ignore"), uncollected():
            output = _as_result(evaluator.run(block), np.dtype(dtype))
    except DiffcliError as error:
        raise error.at(block.span, source) from None
    finally:
        CONCRETE.pop()
        ORIGIN.span = None
    used = [name for name in inputs if name in evaluator.used]
    assigned = {
        name: node
        for name, node in evaluator.scope.items()
        if isinstance(node, Node) and node is not inputs.get(name)
    }
    return Trace(source, held, inputs, output, used, backend, assigned, decided)


def _concrete(
    inputs: dict[str, Node], values: dict[str, Array], decided: list[tuple[Node, Array]]
) -> Callable[[Node], Array | None]:
    """What finds values of nodes while the graph is made, and adds them to `decided`."""
    held = {id(x) for x in inputs.values()}

    def find(node: Node) -> Array | None:
        if any(x.op is INPUT and id(x) not in held for x in postorder([node])):
            return None
        names = list(inputs)
        plan = Plan([node], [inputs[n] for n in names])
        # a copy: the graph may outlive the bound array, or see it changed
        value = np.array(plan.run(NUMPY, [values[n] for n in names])[0])
        decided.append((node, value))
        return value

    return find


def _as_result(result: Any, dtype: np.dtype[Any]) -> Node:
    if isinstance(result, tuple):
        raise DiffcliError(
            "bad-argument",
            f"the result is a tuple of {len(result)} items, not an array",
            hint="write [a, b] for an array, or select an item with [0]",
        )
    node = as_node(result)
    if node.weak and node.dtype.kind in "fc" and node.dtype != dtype:
        wanted = np.result_type(dtype, np.complex64) if node.dtype.kind == "c" else dtype
        node = F.astype(node, wanted)
    return node


def bind(
    name: str, source: Source, earlier: Mapping[str, Array], dtype: np.dtype[Any] | str
) -> Array:
    """The value of a binding: an expression over earlier bindings.

    Numbers written out are real: an integer result becomes floating unless an integer type was
    asked for by name, as in `int(3)` or `array([0, 2], dtype=int)`.
    """
    dtype = np.dtype(dtype)
    traced = trace(source, earlier, dtype)
    (value,) = traced.run([traced.output])
    if value.dtype.kind in "iu" and not _asks_for_integers(traced.output):
        return value.astype(dtype)  # type: ignore[no-any-return]
    if value.dtype.kind == "f" and not _has_type(traced.output):
        return value.astype(dtype)  # type: ignore[no-any-return]
    if value.dtype.kind == "c" and not _has_type(traced.output):
        return value.astype(np.result_type(dtype, np.complex64))  # type: ignore[no-any-return]
    return value  # type: ignore[no-any-return]


def _has_type(node: Node) -> bool:
    """Whether the text names the number type of the value, or takes it from a binding."""
    return any(x.op.name in ("astype", "input") for x in postorder([node]))


def _asks_for_integers(node: Node) -> bool:
    integer_ops = ("argmax", "argmin", "argsort", "count_nonzero", "searchsorted")
    return _has_type(node) or any(x.op.name in integer_ops for x in postorder([node]))
