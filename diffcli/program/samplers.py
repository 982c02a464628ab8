"""The orders in which loaders take the items of datasets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from diffcli.eager.creation import tensor
from diffcli.eager.functions import resolved
from diffcli.eager.sampling import SOURCE, drawing_from
from diffcli.eager.types import BY_NAME
from diffcli.limits import check_elements
from diffcli.program.machine import bounded, counted


def permutation(n: int, generator: Any) -> list[int]:
    """The numbers below n in a random order."""
    check_elements(n)
    with drawing_from({"generator": generator}):
        return [int(i) for i in SOURCE.generator.permutation(n)]


def several(items: Iterator[Any], count: int) -> list[Any]:
    """The next items."""
    return list(itertools.islice(counted(items), count))


class Sampler:
    """The order in which items are taken; the samplers of a program state `__iter__`."""

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


class SequentialSampler(Sampler):
    """In order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """At random, each once or, with `replacement`, any number of times."""

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self.num_samples = len(data_source) if num_samples is None else num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if self.replacement:
            check_elements(self.num_samples)
            with drawing_from({"generator": self.generator}):
                return iter(SOURCE.generator.integers(0, n, self.num_samples).tolist())
        rounds = -(-self.num_samples // max(n, 1))
        orders = (permutation(n, self.generator) for _ in range(rounds))
        return itertools.islice(itertools.chain.from_iterable(orders), self.num_samples)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """Numbers that are given, at random."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        return iter([self.indices[i] for i in permutation(len(self.indices), self.generator)])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Numbers with the probabilities that weights give."""

    def __init__(
        self, weights: Any, num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        self.weights = tensor(list(bounded(weights)), dtype=BY_NAME["float64"])
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        given = {} if self.generator is None else {"generator": self.generator}
        drawn = resolved("multinomial")(self.weights, self.num_samples, self.replacement, **given)
        return iter(np.asarray(drawn.node.value).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """What another sampler gives, several at a time."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[Any]]:
        items = iter(self.sampler)
        while batch := several(items, self.batch_size):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n = len(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
