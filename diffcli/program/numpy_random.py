"""The namespace `np.random` of programs: NumPy's generators, from the same state in every run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcli.limits import check_elements
from diffcli.program.attributes import register
from diffcli.program.machine import MACHINE
from diffcli.program.numpy_module import guarded
from diffcli.program.values import Builtin

_SIZES = {
    "beta": 2,
    "binomial": 2,
    "choice": 1,
    "exponential": 1,
    "gamma": 2,
    "integers": 2,
    "laplace": 2,
    "lognormal": 2,
    "multinomial": 2,
    "multivariate_normal": 2,
    "normal": 2,
    "poisson": 1,
    "randint": 2,
    "random": 0,
    "random_sample": 0,
    "standard_normal": 0,
    "uniform": 2,
}
"""Draws, and which of their arguments is the size."""


def _draw(name: str, place: int) -> Callable[..., Any]:
    def draw(source: Any, *args: Any, **named: Any) -> Any:
        size = named.get("size", args[place] if len(args) > place else None)
        check_elements(math.prod(size if isinstance(size, tuple | list) else [size or 1]))
        return guarded(getattr(source, name))(*args, **named)

    return draw


def _shaped(name: str) -> Callable[..., Any]:
    def draw(source: Any, *shape: int) -> Any:
        check_elements(math.prod(shape))
        return getattr(source, name)(*shape)

    return draw


def _permutation(source: Any, x: Any) -> Any:
    if isinstance(x, int):
        check_elements(x)
    return guarded(source.permutation)(x)


def _shuffle(source: Any, x: Any) -> None:
    if not isinstance(x, list | np.ndarray):
        raise TypeError("shuffle() takes a list or an array in programs")
    MACHINE.allow(8 * len(x))
    source.shuffle(x)


def _seed(source: Any, seed: int | None = None) -> None:
    source.seed(seed or 0)


def _methods(kind: type) -> dict[str, Callable[..., Any]]:
    sized = {name: _draw(name, place) for name, place in _SIZES.items() if hasattr(kind, name)}
    shaped = {name: _shaped(name) for name in ("rand", "randn") if hasattr(kind, name)}
    return {**sized, **shaped, "permutation": _permutation, "shuffle": _shuffle}


def _source() -> np.random.RandomState:
    """What the functions of the namespace draw from."""
    if MACHINE.arrays is None:
        MACHINE.arrays = np.random.RandomState(0)
    found: np.random.RandomState = MACHINE.arrays
    return found


def _function(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **named: method(_source(), *args, **named)


def random() -> dict[str, Any]:
    """`numpy.random` itself."""
    legacy = {**_methods(np.random.RandomState), "seed": _seed}
    register(np.random.Generator, _methods(np.random.Generator))
    register(np.random.RandomState, legacy, lambda seed=0: np.random.RandomState(seed or 0))
    return {
        **{name: Builtin(name, _function(method)) for name, method in legacy.items()},
        "default_rng": Builtin("default_rng", lambda seed=None: np.random.default_rng(seed or 0)),
        "Generator": np.random.Generator,
        "RandomState": np.random.RandomState,
    }
