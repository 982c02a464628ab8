"""The module `functools` of programs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from diffcli.program import attributes
from diffcli.program.attributes import Field, as_function, register
from diffcli.program.machine import bounded
from diffcli.program.named_tuples import offer_named_tuple
from diffcli.program.nesting import nested, representation, survey
from diffcli.program.values import Builtin, Function, Namespace, Wrapped

# ----- functions with arguments given -------------------------------------------------------------


class Partial:
    """A function with some arguments given."""

    __slots__ = ("args", "func", "keywords")
    args: tuple[Any, ...]
    func: Any
    keywords: dict[str, Any]

    def __init__(self, func: Any, /, *args: Any, **keywords: Any) -> None:
        if isinstance(func, Partial):
            args, keywords = func.args + args, {**func.keywords, **keywords}
            func = func.func
        if not callable(func):
            raise TypeError("the first argument must be callable")
        self.func = func
        self.args = args
        self.keywords = keywords

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return as_function(self.func)(*self.args, *args, **{**self.keywords, **keywords})

    def __repr__(self) -> str:
        named = [f"{name}={representation(value)}" for name, value in self.keywords.items()]
        parts = [repr(self.func), *map(representation, self.args), *named]
        return f"functools.partial({', '.join(parts)})"


Partial.__module__ = "functools"
Partial.__name__ = Partial.__qualname__ = "partial"


# ----- functions that remember --------------------------------------------------------------------


class Cached(Wrapped):
    """A function that keeps its results; the least used ones go first."""

    __slots__ = ("kept",)

    def __init__(self, function: Any, maxsize: int | None, typed: bool) -> None:
        super().__init__(function)
        self.kept = functools.lru_cache(maxsize, typed)(as_function(function))

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        survey(args)
        survey(keywords)
        return self.kept(*args, **keywords)

    def __repr__(self) -> str:
        return f"<functools._lru_cache_wrapper object at {id(self):#x}>"


Cached.__module__ = "functools"
Cached.__name__ = Cached.__qualname__ = "_lru_cache_wrapper"


def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    """A decorator that makes functions keep their last results."""
    if callable(maxsize):
        return Cached(maxsize, 128, typed)
    return Builtin("lru_cache", lambda function: Cached(function, maxsize, typed))


class CachedProperty:
    """A property that is computed once and then an attribute of the object."""

    __slots__ = ("function", "name")

    def __init__(self, function: Any) -> None:
        self.function = function
        self.name = ""

    def __set_name__(self, owner: Any, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        value = self.function(instance)
        instance.__dict__[self.name] = value
        return value


# ----- others -------------------------------------------------------------------------------------


def reduce(function: Any, items: Any, *start: Any) -> Any:
    """The items combined two by two, from the left."""
    return functools.reduce(as_function(function), bounded(items), *start)


_COPIED = ("__name__", "__qualname__", "__doc__")


def wraps(wrapped: Any) -> Callable[[Any], Any]:
    """A decorator that gives a function the names and the text of another one."""

    def rename(wrapper: Any) -> Any:
        if isinstance(wrapper, Function):
            for name in _COPIED:
                attributes.put(wrapper, name, attributes.get(wrapped, name))
            if isinstance(wrapped, Function) and wrapped.attributes:
                wrapper.attributes = {**(wrapper.attributes or {}), **wrapped.attributes}
        return wrapper

    return Builtin("wraps", rename)


def cmp_to_key(function: Any) -> Any:
    """A key of `sorted` from a function that compares two values."""
    return functools.cmp_to_key(as_function(function))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cache": lambda function: Cached(function, None, False),
    "cmp_to_key": cmp_to_key,
    "lru_cache": lru_cache,
    "reduce": reduce,
    "total_ordering": functools.total_ordering,
    "wraps": wraps,
}


def _table() -> dict[str, Any]:
    fields = {name: Field(lambda p, name=name: getattr(p, name)) for name in Partial.__slots__}  # type: ignore[misc]
    register(Partial, fields, Partial)
    nested(Partial, lambda partial: (partial.args, partial.keywords))
    methods = {
        "cache_info": lambda cached: cached.kept.cache_info(),
        "cache_clear": lambda cached: cached.kept.cache_clear(),
    }
    register(Cached, methods)
    offer_named_tuple(functools._CacheInfo)
    register(CachedProperty, {}, CachedProperty)
    return {
        **{name: Builtin(name, function) for name, function in _FUNCTIONS.items()},
        "partial": Partial,
        "cached_property": CachedProperty,
    }


FUNCTOOLS = Namespace("functools", _table)
