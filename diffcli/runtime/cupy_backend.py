"""The CuPy namespace: the same operators on an NVIDIA GPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from diffcli.errors import DiffcliError
from diffcli.runtime.device import Device, reason


class Cupy(Device):
    """CuPy's functions, with those of cupyx for SciPy's."""

    def __init__(self, cupy: Any) -> None:
        super().__init__("cupy", cupy, "cupyx.scipy")

    @contextmanager
    def computing(self) -> Iterator[None]:
        """A context for computations, in which CuPy says that a matrix is singular."""
        from cupyx import errstate

        with super().computing(), errstate(linalg="raise"):
            yield

    def description(self) -> str:
        """The GPU, its memory and the version of CUDA, in words."""
        runtime = self.cuda.runtime
        found = runtime.getDeviceProperties(runtime.getDevice())
        version = runtime.runtimeGetVersion()
        cuda = f"CUDA {version // 1000}.{version % 1000 // 10}"
        return f"{found['name'].decode()}, {found['totalGlobalMem'] / 2**30:.0f} GiB, {cuda}"


@cache
def namespace() -> Cupy:
    """The namespace of CuPy.

    Raises `missing-extra` when CuPy is not installed, cannot be loaded or finds no GPU.
    """
    try:
        import cupy
    except ModuleNotFoundError:
        words, hint = "the CuPy backend is not installed", "pip install 'diffcli[cuda]'"
        raise DiffcliError("missing-extra", words, hint=hint) from None
    except ImportError as error:
        words, hint = f"CuPy cannot be loaded: {reason(error)}", "write --backend numpy"
        raise DiffcliError("missing-extra", words, hint=hint) from error
    try:
        devices = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        devices = 0
    if not devices:
        words, hint = "CuPy finds no GPU on this machine", "write --backend numpy"
        raise DiffcliError("missing-extra", words, hint=hint)
    return Cupy(cupy)
