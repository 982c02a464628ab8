"""`torch.utils.data` of programs: datasets, samplers, and loaders that make batches of them."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from diffcli.eager.creation import tensor
from diffcli.eager.functions import resolved
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import BY_NAME
from diffcli.program.attributes import as_function
from diffcli.program.machine import MACHINE, bounded, counted
from diffcli.program.samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    permutation,
    several,
)


class Dataset:
    """Items by their numbers; the datasets of a program state `__getitem__` and `__len__`."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Items one after the other; the datasets of a program state `__iter__`."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


class TensorDataset(Dataset):
    """The slices of tensors of one length, as tuples."""

    def __init__(self, *tensors: Tensor) -> None:
        if any(t.node.shape[0] != tensors[0].node.shape[0] for t in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].node.shape[0]


class Subset(Dataset):
    """Some items of a dataset."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        held = isinstance(indices, list | tuple | range | Tensor)
        self.dataset, self.indices = dataset, indices if held else list(bounded(indices))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """Datasets one after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(bounded(datasets))
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        self.cumulative_sizes = list(itertools.accumulate(len(d) for d in self.datasets))

    def __getitem__(self, index: int) -> Any:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        k = bisect_right(self.cumulative_sizes, index)
        return self.datasets[k][index - (self.cumulative_sizes[k - 1] if k else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


def random_split(dataset: Any, lengths: Sequence[Any], generator: Any = None) -> list[Subset]:
    """Parts of a dataset drawn at random, of lengths or shares that are given."""
    n, lengths = len(dataset), list(bounded(lengths))
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = [math.floor(n * share) for share in lengths]
        for i in range(n - sum(lengths)):
            lengths[i % len(lengths)] += 1
    if sum(lengths) != n:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = iter(permutation(n, generator))
    return [Subset(dataset, list(itertools.islice(order, length))) for length in lengths]


# ----- batches ------------------------------------------------------------------------------------


def default_collate(batch: Any) -> Any:
    """Items of one kind made one: tensors stacked, numbers a tensor, tuples and dicts inside."""
    MACHINE.charge(1)
    batch = list(bounded(batch))
    first = batch[0]
    if isinstance(first, Tensor):
        return resolved("stack")(list(batch), 0)
    if isinstance(first, np.ndarray | np.generic):
        return resolved("stack")([resolved("as_tensor")(x) for x in batch], 0)
    if isinstance(first, float):
        return tensor(list(batch), dtype=BY_NAME["float64"])
    if isinstance(first, int):
        return tensor(list(batch))
    if isinstance(first, str):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([item[key] for item in batch]) for key in first}
    if isinstance(first, list | tuple):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        parts = [default_collate(list(part)) for part in zip(*batch, strict=True)]
        return _like(first, parts)
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
        f"{type(first)}"
    )


def default_convert(data: Any) -> Any:
    """An item with tensors for arrays, inside of tuples and dicts as well."""
    if isinstance(data, np.ndarray | np.generic):
        return resolved("as_tensor")(data)
    if isinstance(data, Mapping):
        return {key: default_convert(x) for key, x in data.items()}
    if isinstance(data, list | tuple):
        return _like(data, [default_convert(x) for x in data])
    return data


def _like(given: Any, items: list[Any]) -> Any:
    """A named tuple where one was given; other tuples become lists, as they do in PyTorch."""
    return type(given)._make(items) if hasattr(given, "_fields") else items


class DataLoader:
    """Batches of a dataset, in order or at random; `batch_size` None gives single items."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        **_: Any,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler or drop_last):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and "
                "drop_last"
            )
        self.dataset, self.drop_last, self.num_workers = dataset, drop_last, num_workers
        self.generator = generator
        self.batch_size = None if batch_sampler is not None else batch_size
        self.collate_fn = None if collate_fn is None else as_function(collate_fn)
        if isinstance(dataset, IterableDataset):
            self.sampler = self.batch_sampler = None
            return
        if sampler is None:
            sampler = SequentialSampler(dataset)
            if shuffle:
                sampler = RandomSampler(dataset, generator=generator)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler, self.batch_sampler = sampler, batch_sampler

    def __iter__(self) -> Iterator[Any]:
        collate = self.collate_fn or default_collate
        if self.sampler is None:
            for batch in self._streamed():
                yield collate(batch)
        elif self.batch_sampler is None:
            for i in counted(iter(self.sampler)):
                yield (self.collate_fn or default_convert)(self.dataset[i])
        else:
            for places in self.batch_sampler:
                yield collate([self.dataset[i] for i in bounded(places)])

    def _streamed(self) -> Iterator[list[Any]]:
        """Batches of a dataset that has no numbers."""
        items = iter(self.dataset)
        size = self.batch_size or 1
        while batch := several(items, size):
            if len(batch) == size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        if self.sampler is None:
            n, size = len(self.dataset), self.batch_size or 1
            return n // size if self.drop_last else -(-n // size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)


CLASSES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Dataset,
        IterableDataset,
        TensorDataset,
        Subset,
        ConcatDataset,
        Sampler,
        SequentialSampler,
        RandomSampler,
        SubsetRandomSampler,
        WeightedRandomSampler,
        BatchSampler,
        DataLoader,
    )
}
"""The classes by name."""

for _kind in CLASSES.values():
    _home = "sampler" if issubclass(_kind, Sampler) else "dataset"
    _kind.__module__ = f"torch.utils.data.{_home}"
DataLoader.__module__ = "torch.utils.data.dataloader"

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "random_split": random_split,
    "default_collate": default_collate,
    "default_convert": default_convert,
}
