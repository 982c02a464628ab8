"""The module `collections` of programs."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from diffcli.program.attributes import Field, as_function, register
from diffcli.program.containers import pairs, same, seeking
from diffcli.program.machine import MACHINE, bounded
from diffcli.program.named_tuples import named_tuple
from diffcli.program.nesting import hashable, nested
from diffcli.program.values import Builtin, Namespace


def _ordered(*args: Any, **named: Any) -> OrderedDict[Any, Any]:
    return OrderedDict(*map(pairs, args), **named)


# ----- deque --------------------------------------------------------------------------------------


def _deque(iterable: Any = (), maxlen: int | None = None) -> deque[Any]:
    return deque(bounded(iterable), maxlen)


def _adding(name: str) -> Callable[..., Any]:
    method = getattr(deque, name)
    return lambda own, items: method(own, list(bounded(items)))


# ----- defaultdict --------------------------------------------------------------------------------

_EMPTY = (int, float, complex, bool, str, list, tuple, dict, set, frozenset)
"""Types of which a call without arguments makes nothing that counts; they print as they are."""


def _defaultdict(factory: Any = None, /, *args: Any, **named: Any) -> defaultdict[Any, Any]:
    if factory is not None and not callable(factory):
        raise TypeError("first argument must be callable or None")
    made = factory if factory is None or factory in _EMPTY else as_function(factory)
    return defaultdict(made, *map(pairs, args), **named)


# ----- Counter ------------------------------------------------------------------------------------


def _counted(items: Any) -> Any:
    """What is to be counted: items, or a mapping of counts."""
    return items if isinstance(items, dict) else map(hashable, bounded(items))


def _counter(*args: Any, **named: Any) -> Counter[Any]:
    return Counter(*map(_counted, args), **named)


def _counting(name: str) -> Callable[..., Any]:
    method = getattr(Counter, name)
    return lambda own, *args, **named: method(own, *map(_counted, args), **named)


def _most_common(own: Counter[Any], n: int | None = None) -> list[Any]:
    MACHINE.allow(len(own))
    return own.most_common(n)


def _table() -> dict[str, Any]:
    # the methods of dict would not see an order that has been changed
    names = "clear copy items keys move_to_end pop popitem setdefault values".split()
    register(OrderedDict, same(OrderedDict, names), _ordered)
    names = "append appendleft clear copy insert pop popleft reverse rotate".split()
    own = {name: _adding(name) for name in ("extend", "extendleft")}
    sought = seeking(deque, "count", "index", "remove")
    maxlen = {"maxlen": Field(lambda d: d.maxlen)}
    register(deque, {**same(deque, names), **own, **sought, **maxlen}, _deque)
    factory = Field(lambda d: d.default_factory)
    register(defaultdict, {"copy": defaultdict.copy, "default_factory": factory}, _defaultdict)
    counting = {name: _counting(name) for name in ("update", "subtract")}
    names = ["copy", "elements", "total"]
    register(Counter, {**same(Counter, names), **counting, "most_common": _most_common}, _counter)
    for kind in (OrderedDict, defaultdict, Counter):
        nested(kind)
    nested(deque, list)
    return {
        **{kind.__name__: kind for kind in (OrderedDict, deque, defaultdict, Counter)},
        "namedtuple": Builtin("namedtuple", named_tuple),
        "abc": Namespace("collections.abc", _abc),
    }


def _abc() -> dict[str, Any]:
    from diffcli.program.typing_module import ANYTHING

    return ANYTHING


COLLECTIONS = Namespace("collections", _table)
