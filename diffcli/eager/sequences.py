"""Sequences of numbers with a formula: logarithmic spacing, frequencies, windows of signals."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcli.eager.creation import dtype_of, evenly, made_of
from diffcli.eager.functions import function
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.tensor import Tensor
from diffcli.limits import check_elements


@function("logspace")
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, **options: Any) -> Tensor:
    """Powers of `base` whose exponents are evenly spaced, both ends included."""
    low, high = (x.node.value.item() if isinstance(x, Tensor) else x for x in (start, end))
    check_elements(steps)
    dtype = dtype_of(options, DEFAULT.real)
    return made_of(
        np.power(base, evenly(low, high, steps, np.dtype(np.float64))).astype(dtype), options
    )


def _frequencies(name: str, compute: Any) -> None:
    def create(n: int, d: float = 1.0, **options: Any) -> Tensor:
        check_elements(n)
        return made_of(compute(n, d).astype(DEFAULT.real), options)

    function(name)(create)


_frequencies("fftfreq", np.fft.fftfreq)
_frequencies("rfftfreq", np.fft.rfftfreq)


def _window(name: str, values: Any) -> None:
    def create(window_length: int, periodic: bool = True, **options: Any) -> Tensor:
        check_elements(window_length)
        found = values(window_length + periodic)[:window_length]
        return made_of(found.astype(DEFAULT.real), options)

    function(f"{name}_window")(create)


_window("hann", np.hanning)
_window("hamming", np.hamming)
_window("bartlett", np.bartlett)
_window("blackman", np.blackman)
