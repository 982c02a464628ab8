"""Values that in-place operations replaced, and the backward passes that would have needed them.

PyTorch's functions save their inputs, their result or neither, and a backward pass fails where a
saved tensor was changed afterwards (PyTorch, "Autograd mechanics", in-place correctness checks;
derivatives.yaml says what each function saves). Rules of the operator table may need another of
the two: they get back the value from before where PyTorch would not have looked at the new one.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from diffcli.eager.mode import MODE
from diffcli.eager.nodes import Eager
from diffcli.ops.op import INPUT
from diffcli.transforms.reverse import pullback


def modified(what: str, now: int, expected: int) -> RuntimeError:
    """PyTorch's error for a tensor that was changed after it had been saved."""
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {what} is at version {now}; expected version {expected} instead. Hint: enable "
        "anomaly detection to find the operation that failed to compute its gradient, with "
        "torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def described(value: Any, name: str) -> str:
    """What PyTorch says of a saved tensor: its type and shape, and what it is a result of."""
    from diffcli.eager.types import type_name

    what = f"[{type_name(value.dtype)} {list(value.shape)}]"
    return f"{what}, which is output 0 of {name}," if name else what


class Overwritten:
    """Stands where a value was that an in-place operation replaced; using it is an error.

    `before` is that value, `viewing` tells whether it was that of a view.
    """

    __slots__ = ("at", "before", "memory", "node", "shape", "viewing")
    __array_priority__ = 1000

    def __init__(self, node: Eager, memory: Any, viewing: bool) -> None:
        self.memory = memory
        self.at = memory.version
        self.shape = node.shape
        self.before = node.value
        self.node = weakref.ref(node)
        self.viewing = viewing
        MODE.changed = True

    def failure(self, result: bool = False) -> RuntimeError:
        """PyTorch's error for a value that was saved as an input, or as a result."""
        return modified(self._described(result), self.memory.version, self.at)

    def _described(self, result: bool) -> str:
        from diffcli.eager.grad_fn import forward_name

        node = self.node()
        if node is None or not node.tracked:
            name = ""
        elif result or not (self.viewing or self.memory.maker):
            name = forward_name(node)
        else:  # by what made the tensor that it is now
            name = "AsStrided" if self.viewing else self.memory.maker
        return described(self.before, name)

    def error(self, *args: Any, **kwargs: Any) -> Any:
        """Raise PyTorch's error."""
        raise self.failure()

    __array__ = __array_ufunc__ = __array_function__ = error

    def __getattr__(self, name: str) -> Any:
        return self.error()


for _method in ("add", "sub", "mul", "truediv", "pow", "neg", "abs", "getitem", "len", "iter"):
    setattr(Overwritten, f"__{_method}__", Overwritten.error)
    setattr(Overwritten, f"__r{_method}__", Overwritten.error)


def pulled_back(node: Eager, g: Any, wanted: Sequence[bool]) -> Any:
    """The cotangents of a node's inputs, of the values that were saved.

    Raises PyTorch's error where the node saved what was changed since.
    """
    lent = _lent(node)
    if not lent:
        return pullback(node, g, wanted)
    kept = [(x, x.value) for x, _ in lent]
    for x, value in lent:
        x.value = value
    try:
        return pullback(node, g, wanted)
    finally:
        for x, value in reversed(kept):
            x.value = value


def _lent(node: Eager) -> list[tuple[Eager, Any]]:
    """Nodes whose rule is to see another value than they have: that from before, or unpacked."""
    packed = node.extra.packed if node.extra is not None else []
    if packed:
        return [(p.node, p.value().node.value) for p in packed]
    gone = [x for x in node.inputs if x.eager and x.value.__class__ is Overwritten]  # type: ignore[attr-defined]
    own = node.value.__class__ is Overwritten
    if not gone and not own:
        return []
    from diffcli.eager.engine import saves
    from diffcli.eager.grad_fn import display_name
    from diffcli.eager.saved import saves_result

    name = display_name(node)
    if own and saves_result(name):
        raise node.value.failure(result=True)
    own_rule = getattr(node.op, "display", None) is not None  # checks what it saved itself
    if gone and not own_rule and not saves_result(name, alone=True) and saves(node, gone):
        raise gone[0].value.failure()  # type: ignore[attr-defined]
    changed: list[Any] = [*gone, node] if own else gone
    return [(x, x.value.before) for x in changed]


def overwrite(node: Eager, memory: Any, viewing: bool) -> None:
    """Mark the value of a node as replaced, if anything may have saved it."""
    saved = node.used or (node.tracked and node.op is not INPUT)
    if saved and node.value.__class__ is not Overwritten:
        node.value = Overwritten(node, memory, viewing)
