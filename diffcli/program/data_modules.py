"""The modules `json`, `statistics` and `string` of programs."""

from __future__ import annotations

from typing import Any

from diffcli.program.machine import MACHINE, bounded
from diffcli.program.nesting import survey
from diffcli.program.values import Builtin, Namespace

_LAYOUT = {"indent", "sort_keys", "separators", "ensure_ascii", "allow_nan"}


def dumps(value: Any, **layout: Any) -> str:
    """The JSON text of dicts, lists, texts, numbers and None."""
    import json

    for name in layout.keys() - _LAYOUT:
        raise TypeError(f"dumps() has no argument '{name}' in programs")
    if isinstance(layout.get("indent"), int):
        MACHINE.allow(layout["indent"])
    survey(value)
    shown = json.dumps(value, **layout)
    MACHINE.allow(len(shown))
    return shown


def loads(shown: Any) -> Any:
    """The value that a JSON text describes."""
    import json

    if not isinstance(shown, str):
        raise TypeError(f"the JSON object must be str, not {type(shown).__name__}")
    MACHINE.allow(8 * len(shown))
    return json.loads(shown)


JSON = Namespace("json", {"dumps": Builtin("dumps", dumps), "loads": Builtin("loads", loads)})

_MEASURES = (
    "fmean geometric_mean harmonic_mean mean median median_high median_low mode pstdev pvariance "
    "stdev variance"
).split()


def _statistics() -> dict[str, Any]:
    import statistics

    def measure(name: str) -> Builtin:
        function = getattr(statistics, name)
        return Builtin(name, lambda data, *mean: function(list(bounded(data)), *mean))

    return {name: measure(name) for name in _MEASURES}


STATISTICS = Namespace("statistics", _statistics)

_ALPHABETS = "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits punctuation".split()


def _string() -> dict[str, Any]:
    import string

    return {name: getattr(string, name) for name in _ALPHABETS}


STRING = Namespace("string", _string)
