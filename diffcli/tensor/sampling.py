"""Random tensors from a generator of the program's own: `manual_seed` makes them repeat.

The numbers are not PyTorch's: its generator is an implementation detail that no document promises.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.tensor.creation import made_of, sized
from diffcli.tensor.functions import function
from diffcli.tensor.levels import check_random
from diffcli.tensor.promotion import DEFAULT
from diffcli.tensor.tensor import Tensor
from diffcli.tensor.types import torch_type


class Source:
    """The generator in use. Without `manual_seed` it starts from the same seed in every run."""

    __slots__ = ("_generator", "seed")

    def __init__(self) -> None:
        self.restart(0)

    def restart(self, seed: int) -> None:
        """Begin again from a seed."""
        self.seed = seed
        self._generator = np.random.Generator(np.random.PCG64(abs(seed)))

    @property
    def generator(self) -> np.random.Generator:
        """What numbers are drawn from; raises PyTorch's error where `vmap` does not allow it."""
        check_random()
        return self._generator


SOURCE = Source()


def manual_seed(seed: int) -> Source:
    """`torch.manual_seed`."""
    SOURCE.restart(int(seed))
    return SOURCE


def uniform(shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> np.ndarray[Any, Any]:
    """Numbers drawn evenly between two bounds, float64."""
    return SOURCE.generator.uniform(low, high, shape)


def _drawn(name: str, draw: Any) -> None:
    def create(*shape: Any, size: Any = None, **options: Any) -> Tensor:
        options.pop("generator", None)
        sizes = sized(shape if size is None else (tuple(size),))
        given = options.get("dtype")
        dtype = DEFAULT.real if given is None else given.numpy
        return made_of(np.asarray(draw(sizes)).astype(dtype), options)

    def create_like(x: Tensor, **options: Any) -> Tensor:
        return create(*x.shape, **{"dtype": torch_type(x.dtype), **options})

    function(name)(create)
    function(f"{name}_like")(create_like)


_drawn("rand", lambda shape: SOURCE.generator.random(shape))
_drawn("randn", lambda shape: SOURCE.generator.standard_normal(shape))


@function("randint")
def randint(low: int, high: Any = None, size: Any = None, **options: Any) -> Tensor:
    """Integers from low (0) to high, which is not reached."""
    options.pop("generator", None)
    if size is None:
        low, high, size = 0, low, high
    values = SOURCE.generator.integers(low, high, sized((tuple(size),)))
    return made_of(values, options)


@function("randperm")
def randperm(n: int, **options: Any) -> Tensor:
    """The integers below n in random order."""
    options.pop("generator", None)
    return made_of(SOURCE.generator.permutation(n), options)


@function("bernoulli")
def bernoulli(x: Tensor, **options: Any) -> Tensor:
    """1 with the probability that each element gives, else 0."""
    drawn = SOURCE.generator.random(x.shape) < x.node.value
    return made_of(np.asarray(drawn).astype(x.dtype), {})


@function("normal")
def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """Normal numbers with a mean and a standard deviation, numbers or arrays."""
    options.pop("generator", None)
    m, s = (x.node.value if isinstance(x, Tensor) else x for x in (mean, std))
    shape = np.broadcast_shapes(np.shape(m), np.shape(s)) if size is None else sized((tuple(size),))
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
    drawn = [SOURCE.generator.choice(r.size, num_samples, replacement, r / r.sum()) for r in rows]
    return made_of(np.stack(drawn).reshape(*weights.shape[:-1], num_samples), {})
