"""The module `random` of programs: CPython's Mersenne twister, from the same state in every run."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from diffcli.program.attributes import register
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.values import Builtin, Namespace


def source() -> random.Random:
    """What the functions of the module draw from."""
    if MACHINE.random is None:
        MACHINE.random = random.Random(0)
    found: random.Random = MACHINE.random
    return found


_DRAWS = (
    "random uniform triangular randint choice gauss normalvariate lognormvariate expovariate "
    "vonmisesvariate gammavariate betavariate paretovariate weibullvariate randrange"
).split()


def _seed(source: random.Random, a: Any = 0) -> None:
    source.seed(0 if a is None else a)


def _shuffle(source: random.Random, items: Any) -> None:
    MACHINE.allow(8 * len(items))
    source.shuffle(items)


def _choices(
    source: random.Random,
    population: Any,
    weights: Any = None,
    *,
    cum_weights: Any = None,
    k: int = 1,
) -> list[Any]:
    MACHINE.allow(8 * k)
    return source.choices(
        population,
        None if weights is None else list(bounded(weights)),
        cum_weights=None if cum_weights is None else list(bounded(cum_weights)),
        k=k,
    )


def _sample(source: random.Random, population: Any, k: int, *, counts: Any = None) -> list[Any]:
    MACHINE.allow(8 * k)
    return source.sample(population, k, counts=None if counts is None else list(bounded(counts)))


def _getrandbits(source: random.Random, k: int) -> int:
    MACHINE.allow_bits(k)
    return source.getrandbits(k)


_METHODS: dict[str, Callable[..., Any]] = {
    **{name: getattr(random.Random, name) for name in _DRAWS},
    "seed": _seed,
    "shuffle": _shuffle,
    "choices": _choices,
    "sample": _sample,
    "getrandbits": _getrandbits,
}


def _of_source(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **named: method(source(), *args, **named)


def _made(seed: Any = 0) -> random.Random:
    return random.Random(0 if seed is None else seed)


def _table() -> Mapping[str, Any]:
    register(random.Random, _METHODS, _made)
    functions = {name: Builtin(name, _of_source(method)) for name, method in _METHODS.items()}
    return {**functions, "Random": random.Random}


RANDOM = Namespace("random", _table)
