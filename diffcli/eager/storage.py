"""In-place operations and views: several handles on the same memory.

Values in the graph are never written to. An in-place operation computes a new value, and every
handle on the same memory is moved to it: the base of a view gets a node that has the changed part
put into it, views are made again from their base, and detached handles get the values without the
history. What a backward pass would have needed of the old values is marked, so that it fails in
PyTorch's words (PyTorch, "Autograd mechanics", in-place correctness checks).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.eager.memory import (
    INFERENCE,
    NO_GRAD,
    Memory,
    Restriction,
    memory_of,
    restriction_here,
    stale,
)
from diffcli.eager.mode import MODE, recording
from diffcli.eager.nodes import Eager, evaluated, extra, is_inference, leaf
from diffcli.eager.overwritten import Overwritten, overwrite
from diffcli.eager.steps import ALIAS, alias, called
from diffcli.eager.tensor import Tensor, wrap
from diffcli.graph.node import Node
from diffcli.ops.op import INPUT
from diffcli.ops.table import F

Replay = Callable[[Eager], Node]


def sharing(
    base: Tensor, node: Eager, replay: Replay | None, restriction: Restriction | None = None
) -> Tensor:
    """Another handle on the memory of `base`: a view that `replay` makes, or a detached one."""
    t = wrap(node)
    t.shared = memory_of(base)
    t.base, t.replay, t.restriction = base, replay, restriction
    t.shared.join(t)
    if MODE.switches and node.op is INPUT:
        node.order = base.node.order  # made for inference as its base is
    return t


# ----- views --------------------------------------------------------------------------------------


def view(t: Tensor, name: str, function: Replay) -> Tensor:
    """A view: `function` of the node, as a step of the program called `name`."""

    def replay(node: Eager) -> Eager:
        made: Eager = called(name, function, [node])
        return made

    return view_at(t, replay(t.node), replay, restriction_here())


def view_at(t: Tensor, node: Eager, replay: Replay, restriction: Restriction | None) -> Tensor:
    """The view of `t` that `node` is, and that `replay` makes again of another node of `t`."""
    base, onto = root(t), replay
    if not MODE.recording and t.node.tracked:
        node = leaf(node.value, True)  # it requires gradients, which nobody keeps
    if base is not t:
        outer = t.replay
        assert outer is not None

        def onto(node: Eager) -> Node:
            return replay(evaluated(outer(node)))

    return sharing(base, node, onto, t.restriction or restriction)


def root(t: Tensor) -> Tensor:
    """The tensor whose views are recorded together with it: t, or the base of a view."""
    return t if t.base is None or t.replay is None else t.base


def is_view(t: Tensor) -> bool:
    """Whether the history of a tensor is that of its base."""
    return t.base is not None and t.replay is not None


def detached(t: Tensor) -> Tensor:
    """The same memory without history."""
    return sharing(t, leaf(t.node.value), None)


def data(t: Tensor) -> Tensor:
    """The same storage without history and with a version of its own: changes go unnoticed."""
    made = wrap(leaf(t.node.value))
    made.base, made.shared = t, Memory(memory_of(t).storage)
    made.shared.join(made)
    return made


# ----- in place -----------------------------------------------------------------------------------


def check_in_place(t: Tensor, *others: Any, part: bool = False) -> None:
    """Raise PyTorch's error for leaves that require gradients, while these are recorded.

    `others` are the operands of the operation; `part` says that a view of `t` is about to be
    changed.
    """
    if MODE.switches and not MODE.inference and is_inference(t.node):
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update.See "
            "https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    strides = getattr(t.node.value, "strides", ())
    if any(n > 1 and step == 0 for n, step in zip(t.node.shape, strides, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )
    base = root(t)
    if base.node.dtype != t.node.dtype:
        raise RuntimeError("a part of a complex tensor cannot be changed in place here")
    if not MODE.recording:
        return
    origin = base if t.restriction is INFERENCE else t
    if t.restriction is not None and any(
        x.node.tracked for x in (origin, *others) if isinstance(x, Tensor)
    ):
        raise t.restriction.error()
    if base.node.tracked and base.node.op is INPUT:
        what = "a leaf" if base is t and not part else "a view of a leaf"
        raise RuntimeError(
            f"{what} Variable that requires grad is being used in an in-place operation.",
        )


def kept(t: Tensor) -> Eager:
    """The node of a tensor about to be changed, for the rule of the operation that changes it."""
    if not MODE.recording:
        return t.node
    # an operand that is tracked may need the value of one that is not
    return alias(t.node) if t.node.tracked else leaf(t.node.value)


def in_place(t: Tensor, method: str, *args: Any, **keywords: Any) -> Tensor:
    """Apply a method of tensors and put its result into the memory of `t`.

    Raises PyTorch's errors where shape or type do not fit.
    """
    check_in_place(t, *args)
    result = getattr(wrap(kept(t)), method)(*args, **keywords)
    if result is NotImplemented:
        raise TypeError(
            f"unsupported operand type(s) for {method}: 'Tensor' and '{type(args[0]).__name__}'",
        )
    return put_result(t, result.node)


def put_result(t: Tensor, node: Eager) -> Tensor:
    """Move `t` to a result of its shape, converted to its type."""
    from diffcli.eager.grad_fn import display_name, renamed
    from diffcli.eager.promotion import CATEGORY
    from diffcli.eager.types import long_name

    if node.shape != t.node.shape:
        raise RuntimeError(
            f"output with shape {list(t.node.shape)} doesn't match the broadcast shape "
            f"{list(node.shape)}",
        )
    if node.dtype != t.node.dtype:
        if CATEGORY[node.dtype.kind] > CATEGORY[t.node.dtype.kind]:
            raise RuntimeError(
                f"result type {long_name(node.dtype)} can't be cast to the desired output type "
                f"{long_name(t.node.dtype)}",
            )
        name = display_name(node)
        node = evaluated(F.astype(node, t.node.dtype))
        if node.tracked:
            renamed(node, name)
    assign(t, node)
    return t


def placed(x: Eager, values: Eager, places: Any, name: str = "CopySlices") -> Eager:
    """x with the elements at flat positions replaced; where places repeat, the last stays."""
    if values.dtype != x.dtype:
        values = evaluated(F.astype(values, x.dtype))

    def put(base: Node, part: Node) -> Node:
        return F.put_flat(base, part, places)

    result: Eager = called(name, put, [x, values])
    return result


def assign(t: Tensor, new: Eager) -> None:
    """Move a tensor, and all handles on its memory, to a new value of the same shape and type."""
    if not MODE.recording and t.node.op is not INPUT and t.node.tracked:
        new = _revalued(t, new.value)
    memory = memory_of(t)
    family = memory.storage.others(t)
    views, memory.views = memory.views, []
    _settle(t, new, memory)
    if family:
        _change(t, memory, family)
    present = {id(h.node) for h in (t, *family)}
    for node in (r() for r in views):
        if node is not None and id(node) not in present:
            overwrite(node, memory, True)
    memory.version += 1


def _change(t: Tensor, memory: Memory, family: list[Tensor]) -> None:
    """Move the other handles to the new value of `t`."""
    moved = {id(t)}
    child = t
    while child.base is not None:  # up to where the memory belongs to
        base = child.base
        if child.replay is None:
            _settle(base, _revalued(base, child.node.value), memory)
        else:
            unseen = child.restriction is not None and not child.node.tracked
            with recording(MODE.recording and not unseen):
                node = placed(base.node, child.node, positions(child))
            _settle(base, _revalued(base, node.value) if unseen else node, memory)
            child.node = _again(child)
        moved.add(id(base))
        child = base
    _descend(moved, memory, family)


def _descend(moved: set[int], memory: Memory, family: list[Tensor]) -> None:
    """Make the handles again whose bases have moved."""
    waiting = [h for h in family if id(h) not in moved]
    while waiting:
        ready = [h for h in waiting if h.base is None or id(h.base) in moved]
        if not ready:
            return
        for h in ready:
            moved.add(id(h))
            if h.base is None:
                continue
            if h.replay is not None:
                _settle(h, _again(h), memory)
            else:
                _settle(h, _revalued(h, h.base.node.value), memory)
        waiting = [h for h in waiting if id(h) not in moved]


def _again(h: Tensor) -> Eager:
    """The node of a view, made from its base."""
    assert h.base is not None
    assert h.replay is not None
    with recording(MODE.recording and h.restriction not in (NO_GRAD, INFERENCE)):
        node = evaluated(h.replay(h.base.node))
    if node.tracked and node.op is not INPUT:
        from diffcli.eager.grad_fn import renamed

        if h.restriction is not None:
            return stale(node, h.restriction)
        renamed(node, "AsStrided")
    return leaf(node.value, True) if h.node.tracked and h.node.op is INPUT else node


def positions(t: Tensor) -> Any:
    """Where the elements of a view lie in its base, counted along the base's elements."""
    assert t.base is not None
    assert t.replay is not None
    base = t.base
    with recording(False):
        whole = leaf(np.arange(base.node.size).reshape(base.node.shape))
        return np.asarray(evaluated(t.replay(whole)).value)


def _revalued(t: Tensor, value: Any) -> Eager:
    """The node of a tensor whose memory has changed under it: its history stays."""
    node = t.node
    if node.op is INPUT or not node.tracked:
        return leaf(value)
    return Eager(ALIAS, (node,), {}, value, True)


def _settle(t: Tensor, new: Eager, memory: Memory) -> None:
    """Let a handle stand for a new node; what the old one was saved for is marked."""
    old = t.node
    if new is old:
        return
    if old.extra is not None and old.extra.retains:
        # `retain_grad` is about the latest value, hooks stay where they were registered
        old.extra.retains = False
        extra(new).retains, extra(new).owner = True, t
    if t.shared is not memory:  # it has a version of its own, and does not notice
        old.value = new.value
        return
    if MODE.switches and new.op is INPUT:
        new.order = old.order  # made for inference or not as before
    if t.replay is None:
        new.value = _as_it_lay(new.value, old.value)
    if new.op is INPUT and not new.tracked and old.op is INPUT and old.tracked:
        new.tracked = True  # a leaf stays one when it is changed without recording
    if old.extra is not None and new.op is INPUT and new.extra is None:
        new.extra = old.extra
    if new.extra is None and new.op is INPUT and new.tracked:
        extra(new).owner = t
    t.node = new
    if t.base is not None:
        memory.views.append(weakref.ref(new))
    elif new.tracked and new.op is not INPUT:
        from diffcli.eager.grad_fn import forward_name

        memory.maker = forward_name(new)
    overwrite(old, memory, t.replay is not None)
    array = memory.storage.array
    if array is not None and t.base is None:
        if isinstance(old.value, Overwritten) and old.value.before is array:
            old.value.before = array.copy()
        array[...] = new.value
        new.value = array


def _as_it_lay(value: Any, before: Any) -> Any:
    """A new value with its elements in memory as those that it replaces."""
    if value.ndim < 2 or isinstance(before, Overwritten) or value.strides == before.strides:
        return value
    made = np.empty_like(before, dtype=value.dtype)
    made[...] = value
    return made


def shared_array(t: Tensor) -> Any:
    """The array of a tensor, for a program that may write to it."""
    array = np.asarray(t.node.value)
    if t.base is not None and t.replay is not None:
        whole = shared_array(root(t))
        with recording(False):
            part = np.asarray(evaluated(t.replay(leaf(whole))).value)
        return part if np.may_share_memory(part, whole) else array.copy()
    owner = t if t.base is None else t.base
    if array.ndim and owner.base is None:
        if not array.flags.writeable:
            owner.node.value = t.node.value = array = array.copy()
        memory_of(owner).storage.array = array
    return array
