"""`torch.utils.data` of programs: data sets, and loaders that put their items into batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from diffcli.program.attributes import Field, as_function, register
from diffcli.program.machine import MACHINE, bounded, counted
from diffcli.program.values import Builtin
from diffcli.tensor.functions import resolved
from diffcli.tensor.tensor import Tensor


class Dataset:
    """Items by their numbers; classes of a program define `__getitem__` and `__len__`."""

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class TensorDataset(Dataset):
    """Tensors whose first axes go together."""

    def __init__(self, *tensors: Tensor) -> None:
        if any(t.shape[0] != tensors[0].shape[0] for t in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class Subset(Dataset):
    """Some items of a data set."""

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        self.indices = list(bounded(indices))

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Any, generator: Any = None) -> list[Subset]:
    """Parts of a data set, of given lengths or fractions of its own, with its items at random."""
    sizes = list(bounded(lengths))
    total = len(dataset)
    if abs(sum(sizes) - 1) < 1e-9:
        sizes = [int(total * fraction) for fraction in sizes]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
    if sum(sizes) != total:
        words = "Sum of input lengths does not equal the length of the input dataset!"
        raise ValueError(words)
    order = iter(_random_order(total, generator))
    return [Subset(dataset, islice(order, size)) for size in sizes]


def _random_order(count: int, generator: Any) -> list[int]:
    order = resolved("randperm")(count, generator=generator)
    found: list[int] = order.node.value.tolist()
    return found


class DataLoader:
    """The items of a data set in batches: one after the other, or in a random order."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = False,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Any = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        *,
        generator: Any = None,
    ) -> None:
        if batch_size is not None and batch_size <= 0:
            words = (
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
            raise ValueError(words)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self._collate = default_collate if collate_fn is None else as_function(collate_fn)
        self._shuffle = bool(shuffle)
        self._generator = generator

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)
        count = len(self.dataset if self.sampler is None else self.sampler)
        if self.batch_size is None:
            return count
        return (count if self.drop_last else count + self.batch_size - 1) // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        for indices in self._batches():
            if self.batch_size is None and self.batch_sampler is None:
                yield self.dataset[indices]
            else:
                yield self._collate([self.dataset[i] for i in bounded(indices)])

    def _batches(self) -> Iterator[Any]:
        """The numbers of the items of each batch."""
        if self.batch_sampler is not None:
            yield from self.batch_sampler
            return
        order = counted(iter(self._order()))
        if self.batch_size is None:
            yield from order
            return
        while batch := list(islice(order, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def _order(self) -> Any:
        if self.sampler is not None:
            return self.sampler
        count = len(self.dataset)
        return _random_order(count, self._generator) if self._shuffle else range(count)


def default_collate(batch: Any) -> Any:
    """Items of one form as one item of that form, whose tensors have one more axis in front."""
    items = list(bounded(batch))
    MACHINE.charge(1)
    first = items[0]
    if isinstance(first, Tensor):
        return resolved("stack")(items)
    if isinstance(first, float):
        return resolved("tensor")(items, dtype=_double())
    if isinstance(first, int):
        return resolved("tensor")(items)
    if isinstance(first, Mapping):
        return {key: default_collate([item[key] for item in items]) for key in first}
    if isinstance(first, tuple | list):
        parts = [default_collate(part) for part in zip(*items, strict=True)]
        return first._make(parts) if hasattr(first, "_make") else parts
    if isinstance(first, str):
        return items
    kind = type(first)
    shown = repr(kind)
    words = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists"
    raise TypeError(f"{words}; found {shown}")


def _double() -> Any:
    from diffcli.tensor.types import BY_NAME

    return BY_NAME["float64"]


def data() -> dict[str, Any]:
    """`torch.utils.data`."""
    shown = {"tensors": TensorDataset, "dataset": Subset, "indices": Subset}
    register(Dataset, {}, Dataset, base=True, open=True)
    register(TensorDataset, {}, TensorDataset, base=True, open=True)
    register(Subset, {}, Subset, base=True, open=True)
    for name, kind in shown.items():
        register(kind, {name: Field(lambda s, name=name: getattr(s, name))})  # type: ignore[misc]
    names = ("dataset", "batch_size", "drop_last", "sampler", "batch_sampler", "num_workers")
    fields = {name: Field(lambda s, name=name: getattr(s, name)) for name in names}  # type: ignore[misc]
    register(DataLoader, fields, DataLoader)
    for kind in (Dataset, TensorDataset, Subset, DataLoader):
        kind.__module__ = "torch.utils.data"
    functions: dict[str, Any] = {"random_split": random_split, "default_collate": default_collate}
    return {
        **{kind.__name__: kind for kind in (Dataset, TensorDataset, Subset, DataLoader)},
        **{name: Builtin(name, function) for name, function in functions.items()},
    }
