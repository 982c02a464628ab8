"""The transforms of `torch.func` that are running: what programs see of tensors inside them.

What a function makes while a transform runs it belongs to that transform's level; whether it does
is told by the numbers that nodes have in the order in which they are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from diffcli.eager.nodes import ORDER, Eager

LEVELS: list[Level] = []
"""The transforms that are running, the innermost last."""


class Level:
    """A running transform: `start` is the number of its first node.

    `mapped` tells whether it maps over slices, `shown` whether tensors are printed as wrapped by
    it, and `randomness` what `vmap` was told of random numbers.
    """

    __slots__ = ("mapped", "randomness", "shown", "start")

    def __init__(self, mapped: bool = False, shown: bool = True, randomness: str = "") -> None:
        self.mapped = mapped
        self.shown = shown and not mapped
        self.randomness = randomness
        self.start = next(ORDER)


@contextmanager
def level(mapped: bool = False, shown: bool = True, randomness: str = "") -> Iterator[None]:
    """Run a function of the program inside a transform."""
    LEVELS.append(Level(mapped, shown, randomness))
    try:
        yield
    finally:
        LEVELS.pop()


def wrappers(node: Eager) -> list[int]:
    """The numbers of the levels that a tensor is printed as wrapped by, the outermost first."""
    return [i for i, x in enumerate(LEVELS, 1) if x.shown and x.start <= node.order]


def check_concrete(node: Eager, item: bool) -> None:
    """Raise PyTorch's error where the value of a tensor that stands for many is asked for."""
    if not any(x.mapped and x.start <= node.order for x in LEVELS):
        return
    if item:
        raise RuntimeError(
            "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over "
            "calling .item() on a Tensor, please try to rewrite what you're doing with other "
            "operations. If error is occurring somewhere inside PyTorch internals, please file a "
            "bug report."
        )
    raise RuntimeError(
        "vmap: It looks like you're attempting to use a Tensor in some data-dependent control "
        "flow. We don't support that yet, please file an issue at "
        "https://github.com/pytorch/pytorch/issues ."
    )


def check_random() -> None:
    """Raise PyTorch's error for random numbers where `vmap` was not told which are wanted."""
    if any(x.mapped and x.randomness == "error" for x in LEVELS):
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the "
            "'same' or 'different' randomness flags on vmap or perform the randomness operation "
            "out of vmap"
        )
