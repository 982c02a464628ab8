"""The module `itertools` of programs: Python's own iterators over counted items.

What skips items, or keeps them, reads them one step at a time; what only passes them on leaves the
counting to whoever asks for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from diffcli.program.attributes import ClassMethod, as_function, register
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.operations import add
from diffcli.program.values import Builtin, Namespace


def _reading(kind: Callable[..., Any]) -> Callable[..., Any]:
    """An iterator over its first argument."""
    return lambda items, *rest, **named: kind(bounded(items), *rest, **named)


def _testing(kind: Callable[..., Any]) -> Callable[..., Any]:
    """An iterator over its second argument; the first is a function, or None."""

    def make(function: Any, items: Any) -> Any:
        return kind(None if function is None else as_function(function), bounded(items))

    return make


def _choosing(kind: Callable[..., Any]) -> Callable[..., Any]:
    """Choices of `r` out of some items."""

    def make(items: Any, r: int | None = None) -> Any:
        pool = tuple(bounded(items))
        count = len(pool) if r is None else r
        MACHINE.allow(count)
        return kind(pool, count)

    return make


def _accumulate(items: Any, func: Any = None, *, initial: Any = None) -> Any:
    combine = add if func is None else as_function(func)
    return itertools.accumulate(bounded(items), combine, initial=initial)


def _chain(*iterables: Any) -> Any:
    return itertools.chain.from_iterable(map(bounded, iterables))


def _chained(kind: type, iterables: Any) -> Any:
    return itertools.chain.from_iterable(map(bounded, bounded(iterables)))


def _groupby(iterable: Any, key: Any = None) -> Any:
    return itertools.groupby(bounded(iterable), None if key is None else as_function(key))


def _product(*iterables: Any, repeat: int = 1) -> Any:
    pools = [tuple(bounded(items)) for items in iterables]
    MACHINE.allow(len(pools) * max(repeat, 0))
    return itertools.product(*pools, repeat=repeat)


def _starmap(function: Any, rows: Any) -> Any:
    arguments: Iterable[Any] = (tuple(bounded(row)) for row in bounded(rows))
    return itertools.starmap(as_function(function), arguments)


def _tee(items: Any, n: int = 2) -> Any:
    MACHINE.allow(n)
    return itertools.tee(bounded(items), n)


_KINDS: dict[Any, Callable[..., Any]] = {
    itertools.accumulate: _accumulate,
    itertools.chain: _chain,
    itertools.combinations: _choosing(itertools.combinations),
    itertools.combinations_with_replacement: _choosing(itertools.combinations_with_replacement),
    itertools.compress: lambda data, selectors: itertools.compress(bounded(data), selectors),
    itertools.count: itertools.count,
    itertools.cycle: _reading(itertools.cycle),
    itertools.dropwhile: _testing(itertools.dropwhile),
    itertools.filterfalse: _testing(itertools.filterfalse),
    itertools.groupby: _groupby,
    itertools.islice: _reading(itertools.islice),
    itertools.pairwise: itertools.pairwise,
    itertools.permutations: _choosing(itertools.permutations),
    itertools.product: _product,
    itertools.repeat: itertools.repeat,
    itertools.starmap: _starmap,
    itertools.takewhile: _testing(itertools.takewhile),
    itertools.zip_longest: itertools.zip_longest,
}
"""Python's types, and what calling them does."""


def _table() -> dict[str, Any]:
    for kind, construct in _KINDS.items():
        register(kind, {}, construct)
    register(itertools.chain, {"from_iterable": ClassMethod(_chained)})
    return {**{kind.__name__: kind for kind in _KINDS}, "tee": Builtin("tee", _tee)}


ITERTOOLS = Namespace("itertools", _table)
