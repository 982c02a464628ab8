"""The CuPy namespace: the same operators on an NVIDIA GPU."""

from __future__ import annotations

from diffcli.errors import DiffcliError
from diffcli.runtime.device import Device


def namespace() -> Device:
    """CuPy's functions, with cupyx for those of SciPy.

    Raises `missing-extra` when CuPy is not installed or finds no GPU.
    """
    try:
        import cupy
    except ImportError:
        raise DiffcliError(
            "missing-extra",
            "the CuPy backend is not installed",
            hint="pip install 'diffcli[cuda]'",
        ) from None
    try:
        devices = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError:
        devices = 0
    if not devices:
        raise DiffcliError(
            "missing-extra", "CuPy finds no GPU on this machine", hint="write --backend numpy"
        )
    return Device("cupy", cupy, "cupyx.scipy")
