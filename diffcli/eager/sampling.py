"""Random tensors from a generator of the program's own: `manual_seed` makes them repeat.

The numbers are not PyTorch's: its generator is an implementation detail that no document promises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from diffcli.eager.creation import dtype_of, made_of, sized, whole
from diffcli.eager.devices import Device, check_device
from diffcli.eager.functions import function
from diffcli.eager.levels import check_random
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import torch_type


class Generator:
    """`torch.Generator`: a source of random numbers that starts from a seed."""

    __slots__ = ("_generator", "device", "seed")

    def __init__(self, device: Any = "cpu") -> None:
        check_device(device)
        self.device = Device(device)
        self.restart(DEFAULT_SEED)

    def restart(self, seed: int) -> None:
        """Begin again from a seed."""
        self.seed = seed
        self._generator = np.random.Generator(np.random.PCG64(abs(seed)))

    def manual_seed(self, seed: int) -> Generator:
        """Begin again from a seed; gives the generator."""
        self.restart(int(seed))
        return self

    def initial_seed(self) -> int:
        """The seed that it started from."""
        return self.seed

    @property
    def generator(self) -> np.random.Generator:
        """What numbers are drawn from; raises PyTorch's error where `vmap` does not allow it."""
        check_random()
        return self._generator


DEFAULT_SEED = 67280421310721

SOURCE = Generator()
"""The generator in use. Without `manual_seed` it starts from the same seed in every run."""


@contextmanager
def drawing_from(options: dict[str, Any]) -> Iterator[None]:
    """Draw from the generator among options, if there is one, instead of the common one."""
    given = options.pop("generator", None)
    if given is None:
        yield
        return
    before = SOURCE._generator
    SOURCE._generator = given._generator
    try:
        yield
    finally:
        SOURCE._generator = before


def manual_seed(seed: int) -> Generator:
    """`torch.manual_seed`."""
    return SOURCE.manual_seed(seed)


def uniform(shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> np.ndarray[Any, Any]:
    """Numbers drawn evenly between two bounds, float64."""
    return SOURCE.generator.uniform(low, high, shape)


def _drawn(name: str, draw: Any) -> None:
    def create(*shape: Any, size: Any = None, **options: Any) -> Tensor:
        sizes = sized(shape if size is None else (tuple(size),))
        with drawing_from(options):
            drawn = np.asarray(draw(sizes))
        return made_of(drawn.astype(dtype_of(options, DEFAULT.real)), options)

    def create_like(x: Tensor, **options: Any) -> Tensor:
        return create(*x.node.shape, **{"dtype": torch_type(x.node.dtype), **options})

    function(name)(create)
    function(f"{name}_like")(create_like)


_drawn("rand", lambda shape: SOURCE.generator.random(shape))
_drawn("randn", lambda shape: SOURCE.generator.standard_normal(shape))


@function("randint")
def randint(low: int, high: Any = None, size: Any = None, **options: Any) -> Tensor:
    """Integers from low (0) to high, which is not reached."""
    if size is None:
        low, high, size = 0, low, high
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    with drawing_from(options):
        values = SOURCE.generator.integers(low, high, sized((tuple(size),)))
    return made_of(values, options)


@function("randperm")
def randperm(n: int, **options: Any) -> Tensor:
    """The integers below n in random order."""
    (count,) = sized((whole(n, "n", least=None),))
    with drawing_from(options):
        drawn = SOURCE.generator.permutation(count)
    return made_of(drawn, options)


@function("bernoulli")
def bernoulli(x: Tensor, **options: Any) -> Tensor:
    """1 with the probability that each element gives, else 0."""
    with drawing_from(options):
        drawn = SOURCE.generator.random(x.node.shape) < x.node.value
    return made_of(np.asarray(drawn).astype(x.node.dtype), {})


@function("normal")
def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """Normal numbers with a mean and a standard deviation, numbers or arrays."""
    m, s = (x.node.value if isinstance(x, Tensor) else x for x in (mean, std))
    shape = np.broadcast_shapes(np.shape(m), np.shape(s)) if size is None else sized((tuple(size),))
    with drawing_from(options):
        drawn = SOURCE.generator.standard_normal(shape) * s + m
    return made_of(np.asarray(drawn).astype(DEFAULT.real), options)


@function("multinomial")
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, **options: Any
) -> Tensor:
    """Places drawn with the weights given, of a vector or of each row."""
    weights = np.asarray(input.node.value, np.float64)
    rows = weights.reshape(-1, weights.shape[-1])
    if (rows < 0).any() or not np.isfinite(rows).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (rows.sum(1) <= 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if not replacement and num_samples > rows.shape[1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    with drawing_from(options):
        drawn = [
            SOURCE.generator.choice(r.size, num_samples, replacement, r / r.sum()) for r in rows
        ]
    return made_of(np.stack(drawn).reshape(*weights.shape[:-1], num_samples), {})
