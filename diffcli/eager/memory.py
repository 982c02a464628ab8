"""What handles on the same memory share, and which of them may not be changed in place."""

from __future__ import annotations

import weakref
from typing import Any

from diffcli.eager.mode import MODE
from diffcli.eager.nodes import Eager
from diffcli.eager.tensor import Tensor


class Storage:
    """The handles on one array.

    `array` is the array of NumPy that a program holds of this memory, if it does: it is written to.
    """

    __slots__ = ("array", "handles", "room")

    def __init__(self) -> None:
        self.handles: list[weakref.ref[Tensor]] = []
        self.room = 64
        self.array: Any = None

    def join(self, t: Tensor) -> None:
        """Add a handle."""
        self.handles.append(weakref.ref(t))
        if len(self.handles) > self.room:
            self.handles = [r for r in self.handles if r() is not None]
            self.room = 2 * len(self.handles) + 64

    def others(self, t: Tensor) -> list[Tensor]:
        """The other handles that are alive."""
        found = [h for r in self.handles if (h := r()) is not None]
        if len(found) < len(self.handles):
            self.handles = [r for r in self.handles if r() is not None]
        return [h for h in found if h is not t]


class Memory:
    """A storage and how often it has been changed in place.

    A handle made by `data` has the same storage with a version of its own. `views` are the nodes of
    all views of the present version: one may be saved for a backward pass when its tensor is gone.
    `maker` is the function that made the present values.
    """

    __slots__ = ("maker", "room", "storage", "version", "views")

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.version = 0
        self.views: list[weakref.ref[Eager]] = []
        self.room = 64
        self.maker = ""

    def join(self, t: Tensor) -> None:
        """Add a handle."""
        self.storage.join(t)
        self.views.append(weakref.ref(t.node))
        if len(self.views) > self.room:
            self.views = [r for r in self.views if r() is not None]
            self.room = 2 * len(self.views) + 64


def memory_of(t: Tensor) -> Memory:
    """The memory of a tensor, made when several handles first share it."""
    if t.shared is None:
        t.shared = Memory(Storage())
        t.shared.storage.join(t)
    return t.shared  # type: ignore[no-any-return]


def version(t: Tensor) -> int:
    """How often the memory of a tensor has been changed in place."""
    return 0 if t.shared is None else t.shared.version


# ----- views that may not be changed --------------------------------------------------------------

SEVERAL = (
    "This view is the output of a function that returns multiple views. Such functions do not "
    "allow the output views to be modified inplace. You should replace the inplace operation by an "
    "out-of-place one."
)
AMBIGUOUS = (
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your "
    "code by moving both the view and the inplace either both inside the {0} block (if you don't "
    "want the inplace to be tracked) or both outside (if you want the inplace to be tracked)."
)


class Restriction:
    """Why gradients cannot be followed through a view that is changed in place: how it was made.

    `place` is the mode that it was made in, or the function of which it is result `index`.
    """

    __slots__ = ("index", "place")

    def __init__(self, place: str, index: int = -1) -> None:
        self.place = place
        self.index = index

    def error(self, indirect: bool = False) -> RuntimeError:
        """PyTorch's error for changing the view itself, or (`indirect`) what it is a view of."""
        what = "its base or another view of its base has been" if indirect else "is being"
        if self.index >= 0:
            made = f"Output {self.index} of {self.place} is a view and {what} modified inplace."
            return RuntimeError(f"{made} {SEVERAL}")
        made = f"A view was created in {self.place} mode and {what} modified inplace"
        block, where = self.place, "with grad mode enabled"
        if self is INFERENCE:
            block, where = "inference_mode", "in normal mode"
        return RuntimeError(f"{made} {where}. {AMBIGUOUS.format(block)}")


NO_GRAD = Restriction("no_grad")
INFERENCE = Restriction("inference")


def restriction_here() -> Restriction | None:
    """That of views made in the present mode."""
    if MODE.recording:
        return None
    return INFERENCE if MODE.inference else NO_GRAD


class Stale(Eager):
    """The node of a view whose base was changed in a way that its history cannot follow."""

    __slots__ = ("restriction",)
    restriction: Restriction

    @property
    def tracked(self) -> bool:
        """Raise PyTorch's error where its history is asked for."""
        if MODE.recording:
            raise self.restriction.error(indirect=True)
        return False

    @tracked.setter
    def tracked(self, value: bool) -> None:
        pass


def stale(node: Eager, restriction: Restriction) -> Stale:
    """The node of a view with the values of `node`, whose history is lost."""
    made = Stale(node.op, node.inputs, node.params, node.value, False)
    made.restriction = restriction
    made.used = True
    return made
