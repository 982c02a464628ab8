"""Backward passes over nodes that carry their values, as PyTorch's autograd engine makes them.

The order is PyTorch's: of the nodes that are ready the one made last goes first, and a leaf's
gradient is accumulated as soon as it is complete (PyTorch, "Autograd mechanics"; engine.cpp). Rules
are those of the operator table. Unlike `transforms.reverse`, branches that were not taken are not
told from zeros: programs get PyTorch's answer, nan included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from diffcli.eager.mode import MODE, recording
from diffcli.eager.nodes import Eager, evaluated, extra, is_inference, leaf
from diffcli.eager.overwritten import pulled_back
from diffcli.graph.node import Node, postorder
from diffcli.ops.op import INPUT, PROJECT, Op, match, placeholder_like
from diffcli.ops.table import F
from diffcli.transforms.reverse import pullback

SECOND_BACKWARD = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


class Backward:
    """One backward pass: `roots` with their cotangents, down to all leaves or to `targets`.

    With targets, only nodes on the way to them are visited and nothing is accumulated:
    `found` holds the cotangents of the targets, None for those that were not reached.
    """

    def __init__(
        self,
        roots: Iterable[tuple[Eager, Eager]],
        *,
        keep: bool,
        create: bool,
        targets: Sequence[Eager] | None = None,
    ) -> None:
        self.keep = keep
        self.create = create
        self.cotangents: dict[Node, Any] = {}
        self.targets: set[Node] | None = None if targets is None else {*targets}
        for x in targets or ():
            extra(x)  # so that the node is looked at when it is reached
        roots = list(roots)
        self.order = _reachable([y for y, _ in roots])
        self.needed = None if targets is None else _leading_to(self.order, self.targets or set())
        self.captured: dict[Node, Eager] = {}
        for y, g in roots:
            add(self.cotangents, y, g)

    def run(self) -> None:
        """Visit all nodes, users before what they use."""
        with recording(self.create), np.errstate(all="ignore"):
            cotangents, needed = self.cotangents, self.needed
            for node in self.order:
                g = cotangents.pop(node, None)
                if g is None or (needed is not None and node not in needed):
                    continue
                if node.extra is not None and node.parts is None:
                    g = self.observed(node, g)
                if node.op is INPUT:
                    if self.targets is None:
                        accumulate(node, g, self.create)
                elif node.op is PROJECT:
                    add_part(self.cotangents, node, g)
                else:
                    self.step(node, g)

    def observed(self, node: Eager, g: Eager) -> Eager:
        """Hooks on the cotangent of a node, and what `retain_grad` and `inputs` ask for."""
        more = node.extra
        assert more is not None
        for hook in list(more.hooks.values()):
            given = hook(g)
            g = g if given is None else given
        if self.targets is not None and node in self.targets:
            self.captured[node] = g
        if more.retains and self.targets is None:
            more.owner.set_retained(g)
        return g

    def step(self, node: Eager, g: Any) -> None:
        """Pull the cotangent of one node back to its inputs."""
        inputs = node.inputs
        needed = self.needed
        if needed is None:
            wanted = [x.tracked for x in inputs]
        else:
            wanted = [x.tracked and x in needed for x in inputs]
        if node.freed:
            check_saved(node)
        if node.extra is not None and node.extra.before:
            g = _hooked_before(node, g)
        found = (pulled_back if MODE.changed else pullback)(node, g, wanted)
        if node.extra is not None and node.extra.around:
            found = _hooked(node, found, g)
        if MODE.anomaly and MODE.check_nan:
            check_anomaly(node, found)
        add_all(self.cotangents, node, found, wanted, True)
        if not self.keep:
            node.freed = True


def add(cotangents: dict[Node, Any], x: Node, c: Any) -> None:
    """Accumulate a cotangent."""
    before = cotangents.get(x)
    cotangents[x] = c if before is None else before + c


def add_part(cotangents: dict[Node, Any], node: Eager, g: Any) -> None:
    """Accumulate the cotangent of one of several results."""
    parent, index = node.inputs[0], node.params["index"]
    assert parent.parts is not None
    parts = cotangents.setdefault(parent, [None] * len(parent.parts))
    parts[index] = g if parts[index] is None else parts[index] + g


def add_all(
    cotangents: dict[Node, Any],
    node: Eager,
    found: Sequence[Any],
    wanted: Sequence[bool],
    zeros: bool,
) -> None:
    """Accumulate what the rule of a node gives for its inputs, in their shapes and types.

    With `zeros`, what a function of PyTorch does not depend on has zeros for its gradient.
    """
    for x, c, w in zip(node.inputs, found, wanted, strict=True):
        if not w:
            continue
        if c is None:
            if not zeros or getattr(node.op, "display", None) is not None:
                continue
            c = zeros_like(x)
        if not c.eager:
            c = evaluated(c)
        if c.shape != x.shape or c.dtype != x.dtype:
            c = match(c, x)
        before = cotangents.get(x)
        cotangents[x] = c if before is None else before + c


def _reachable(roots: Sequence[Eager]) -> list[Eager]:
    """All tracked nodes that the roots depend on, the one made last first."""
    seen: set[Any] = set(roots)
    pending: list[Any] = list(seen)
    while pending:
        for x in pending.pop().inputs:
            if x.tracked and x not in seen:
                seen.add(x)
                pending.append(x)
    return sorted(seen, key=attrgetter("order"), reverse=True)


def _leading_to(order: list[Eager], targets: set[Node]) -> set[Node]:
    """The nodes from which a target is reached, targets included."""
    found = set(targets)
    for node in reversed(order):
        if not found.isdisjoint(node.inputs):
            found.add(node)
    return found


def accumulate(node: Eager, g: Eager, create: bool) -> None:
    """Add a cotangent to the gradient of the tensor that a leaf belongs to."""
    more = node.extra
    if more is None or more.owner is None:
        return
    more.owner.accumulate(g, create)
    for hook in list(more.after.values()):
        hook(more.owner)


def through(result: Eager, sources: Sequence[Eager], g: Eager) -> list[Eager | None]:
    """Cotangents of `sources` when that of `result` is pulled back through what lies between."""
    cotangents: dict[Node, Any] = {result: g}
    for node in between(result, sources):
        own = cotangents.pop(node, None)
        if own is None:
            continue
        if node.op is PROJECT:
            add_part(cotangents, node, own)
        else:
            wanted = [x.tracked for x in node.inputs]
            add_all(cotangents, node, pullback(node, own, wanted), wanted, False)
    return [cotangents.get(x) for x in sources]


def between(result: Eager, sources: Sequence[Eager]) -> list[Eager]:
    """The tracked nodes from a result down to `sources`, these left out, the last made first."""
    seen: set[Any] = set(sources)
    pending: list[Any] = [result]
    found: list[Any] = []
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            pending += [x for x in node.inputs if x.tracked]
    return sorted(found, key=attrgetter("order"), reverse=True)


# ----- what may go wrong --------------------------------------------------------------------------


def check_saved(node: Eager) -> None:
    """Raise PyTorch's error where a freed node had saved something that its rule needs.

    A function may have saved numbers that the rule has no need to read: a factor, positions.
    """
    from diffcli.eager.saved import saves_numbers

    if saves(node) or saves_numbers(node):
        raise RuntimeError(SECOND_BACKWARD)


def saves(node: Eager, only: Sequence[Node] | None = None) -> bool:
    """Whether the rule of a node needs its value or those of its inputs (of `only` some).

    The rule is asked with placeholders: a sum needs nothing, a product its factors.
    """
    op: Op = node.op
    if "result" in node.params:  # a step of several operators
        return any(saves(inner) for inner in between(node.params["result"], node.params["sources"]))
    if op.linear:
        return False
    if node.parts is not None or not hasattr(op, "bind"):
        return True
    stand_ins = tuple(placeholder_like(x) if x.eager else x for x in node.inputs)
    y = Node(op, stand_ins, node.params, node.shape, node.dtype)
    g = placeholder_like(node)
    try:
        found = pullback(y, g, [x.tracked for x in node.inputs])
    except Exception:
        return True
    reached = {id(x) for x in postorder([c for c in found if c is not None])}
    if only is not None:
        places = [i for i, x in enumerate(node.inputs) if any(x is o for o in only)]
        return any(id(stand_ins[i]) in reached for i in places)
    return id(y) in reached or any(id(x) in reached for x in stand_ins if x.op is INPUT)


def check_saved_inference(node: Eager) -> None:
    """Raise PyTorch's error where the rule of a node would need a value made for inference."""
    if saves(node, [x for x in node.inputs if x.eager and is_inference(x)]):  # type: ignore[arg-type]
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
            "inference mode in computation tracked by autograd. To work around this, you can make "
            "a clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` "
            "instead of `torch.inference_mode()`."
        )


def check_anomaly(node: Eager, found: Sequence[Any]) -> None:
    """Raise PyTorch's error of `detect_anomaly` where a cotangent holds nan."""
    from diffcli.eager.grad_fn import display_name

    for i, c in enumerate(found):
        if c is not None and np.isnan(evaluated(c).value).any():
            name = display_name(node)
            raise RuntimeError(f"Function '{name}' returned nan values in its {i}th output.")


def _hooked(node: Eager, found: Sequence[Any], g: Any) -> Sequence[Any]:
    from diffcli.eager.tensor import wrap

    def shown(c: Any) -> Any:
        return None if c is None else wrap(evaluated(c))

    assert node.extra is not None
    for hook in list(node.extra.around.values()):
        given = hook(tuple(map(shown, found)), (shown(g),))
        if given is not None:
            found = [None if c is None else c.node for c in given]
    return found


def _hooked_before(node: Eager, g: Any) -> Any:
    from diffcli.eager.tensor import wrap

    assert node.extra is not None
    for hook in list(node.extra.before.values()):
        given = hook((wrap(g),))
        if given is not None:
            g = given[0].node
    return g


def ones_like(y: Eager) -> Eager:
    """The cotangent 1 of a scalar result."""
    return leaf(np.ones(y.shape, y.dtype)[()])


def zeros_like(y: Node) -> Eager:
    """A cotangent of zeros."""
    return leaf(np.zeros(y.shape, y.dtype))


__all__ = ["Backward", "F", "accumulate", "ones_like", "through", "zeros_like"]
