"""Tensor: a handle on a node that carries its value, with PyTorch's semantics.

A tensor has no derivatives of its own: its node is made by the operator table, and so is every
cotangent. What is mutable is here: which node the handle stands for, and the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcli.eager.levels import LEVELS, check_concrete
from diffcli.eager.nodes import Eager, evaluated, extra, leaf
from diffcli.graph.node import Node
from diffcli.ops.op import INPUT


class Tensor:
    """An array of one number type that remembers what it was computed from.

    Its attributes by PyTorch's names are in `attributes`, its operators in `operators`; the library
    itself reads shape and number type from the node.

    `node` is its place in the graph, `gradient` what programs know as `grad`, `shared` the memory
    it shares with views and detached handles (None while there is none), `replay` makes the node of
    a view from that of its base, and `restriction` says why a view may not be changed in place, if
    it may not.
    """

    __slots__ = ("__weakref__", "base", "gradient", "node", "replay", "restriction", "shared")
    # NumPy leaves `array * tensor` to the tensor
    __array_priority__ = 1000

    node: Eager
    gradient: Tensor | None
    shared: Any
    base: Tensor | None
    replay: Callable[[Eager], Node] | None
    restriction: Any

    def __new__(cls, *args: Any) -> Tensor:
        """`torch.Tensor(2, 3)`, `torch.Tensor([1, 2])`: of sizes, or of data."""
        from diffcli.eager.constructors import legacy

        return legacy(None)(*args)

    # ----- what it is -----

    @property
    def value(self) -> Any:
        """The NumPy array, or NumPy scalar, that the tensor holds; not to be written to."""
        return self.node.value

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.node.ndim

    # ----- gradients -----

    def track(self, wanted: bool) -> None:
        """Let gradients flow to it, or not; raises RuntimeError where that cannot be chosen."""
        if self.node.op is not INPUT:
            if wanted:
                return
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach().",
            )
        if wanted and self.node.dtype.kind not in "fc":
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if wanted != self.node.tracked:
            self.node = leaf(self.node.value, wanted)
            if wanted:
                extra(self.node).owner = self

    def accumulate(self, g: Eager, create: bool) -> None:
        """Add a cotangent to the gradient: in place, unless it is recorded itself."""
        before = self.gradient
        if create:
            self.gradient = wrap(g if before is None else evaluated(before.node + g))
        elif before is None:
            self.gradient = wrap(leaf(np.array(g.value)[()] if not g.shape else np.array(g.value)))
        else:
            from diffcli.eager.storage import assign

            assign(before, leaf(before.node.value + g.value))

    def set_retained(self, g: Eager) -> None:
        """Keep the cotangent of a node that is no leaf."""
        self.gradient = wrap(g)

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Sequence[Tensor] | Tensor | None = None,
    ) -> None:
        """Accumulate the gradients of all leaves that the tensor was computed from."""
        from diffcli.eager.autograd import backward

        backward([self], [gradient], retain_graph, create_graph, inputs)

    # ----- Python's protocols -----

    def __len__(self) -> int:
        if not self.node.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.node.shape[0]

    def __bool__(self) -> bool:
        node = self.node
        if node.size != 1:
            words = (
                "Boolean value of Tensor with no values is ambiguous"
                if node.size == 0
                else "Boolean value of Tensor with more than one value is ambiguous"
            )
            raise RuntimeError(words)
        if LEVELS:
            check_concrete(node, item=False)
        return bool(np.asarray(node.value).item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self.node.shape:
            raise TypeError("iteration over a 0-d tensor")
        from diffcli.eager.pieces import unbind

        return iter(unbind(self))

    def __reversed__(self) -> Tensor:
        from diffcli.eager.functions import resolved

        return resolved("flip")(self, 0) if self.node.shape else self

    def __getitem__(self, index: Any) -> Tensor:
        from diffcli.eager.indexing import select

        return select(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        from diffcli.eager.indexing import update

        update(self, index, value)

    def __delitem__(self, index: Any) -> None:
        raise TypeError("Tensor does not support deleting items")

    def __dir__(self) -> list[str]:
        from diffcli.eager.methods import names

        return [*object.__dir__(self), *names()]

    def __repr__(self) -> str:
        from diffcli.eager.printing import text

        return text(self)

    def __format__(self, spec: str) -> str:
        if not self.node.shape:
            return format(np.asarray(self.node.value).item(), spec)
        if spec:
            raise TypeError("unsupported format string passed to Tensor.__format__")
        return repr(self)

    def item(self) -> bool | int | float | complex:
        """The one element as a Python number."""
        if self.node.size != 1:
            raise RuntimeError(
                f"a Tensor with {self.node.size} elements cannot be converted to Scalar"
            )
        if LEVELS:
            check_concrete(self.node, item=True)
        found: bool | int | float | complex = np.asarray(self.node.value).item()
        return found

    def __float__(self) -> float:
        return float(self._only())  # type: ignore[arg-type]

    def __int__(self) -> int:
        return int(self._only())  # type: ignore[arg-type]

    def _only(self) -> bool | int | float | complex:
        if self.node.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.node.dtype.kind not in "biu" or self.node.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())  # type: ignore[arg-type]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        from diffcli.eager.methods import METHODS

        return np.array(METHODS["numpy"](self), dtype, copy=copy)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What a function of NumPy gives for a tensor: a tensor, of truth values as uint8."""
        from diffcli.eager.creation import from_numpy

        return from_numpy(array.astype(np.uint8) if array.dtype == bool else array)

    def __copy__(self) -> Tensor:
        from diffcli.eager.storage import detached

        made = detached(self)
        made.track(self.node.tracked)
        return made

    def __deepcopy__(self, memo: Any) -> Tensor:
        if self.node.tracked and self.node.op is not INPUT:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
                "because of a torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001"
            )
        made = fresh(np.array(self.node.value), self.node.tracked, type(self))
        made.gradient = None if self.gradient is None else self.gradient.__deepcopy__(memo)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        # the graph stays behind: what is sent to another process is a leaf
        return fresh, (np.array(self.node.value), self.node.tracked)

    def __contains__(self, item: Any) -> bool:
        value = item.node.value if isinstance(item, Tensor) else item
        return bool((self.node.value == value).any())

    __hash__ = object.__hash__


def wrap(node: Eager, kind: type[Tensor] = Tensor) -> Tensor:
    """The tensor of a node."""
    t = _new(kind)
    t.node = node
    t.gradient = t.shared = t.base = t.replay = t.restriction = None
    return t


_new: Callable[[type[Tensor]], Tensor] = object.__new__


def fresh(value: Any, requires_grad: bool = False, kind: type[Tensor] = Tensor) -> Tensor:
    """A leaf with the given array as its memory."""
    t = wrap(leaf(value, requires_grad), kind)
    if requires_grad:
        extra(t.node).owner = t
    return t
