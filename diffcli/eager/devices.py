"""`torch.device`: places by name. Tensors live on the processor; other places are names alone."""

from __future__ import annotations

from typing import Any

KINDS = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, "
    "mps, meta, hpu, mtia, privateuseone"
)
"""The kinds of devices that PyTorch has names for."""


class Device:
    """A kind of device, and which of them where there are several."""

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, device: Any, index: int | None = None) -> None:
        if isinstance(device, Device):
            self.type, self.index = device.type, device.index
            return
        if isinstance(device, int):
            raise RuntimeError("Cannot access accelerator device when none is available.")
        kind, colon, number = str(device).partition(":")
        if not kind:
            raise RuntimeError("Device string must not be empty")
        if not kind.isalpha() or (colon and not number.isdecimal()):
            raise RuntimeError(f"Invalid device string: '{device}'")
        if kind not in KINDS.split(", "):
            raise RuntimeError(
                f"Expected one of {KINDS} device type at start of device string: {kind}"
            )
        self.type = kind
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and str(other) == str(self)

    def __hash__(self) -> int:
        return hash(str(self))


CPU = Device("cpu")


class DefaultDevice:
    """Where tensors are made that are made nowhere else."""

    __slots__ = ("device",)

    def __init__(self) -> None:
        self.device = CPU


DEFAULT_DEVICE = DefaultDevice()


def check_device(device: Any) -> None:
    """Raise PyTorch's error for a device that there is none of; None is the default one."""
    place = DEFAULT_DEVICE.device if device is None else Device(device)
    if place.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    if place.type != "cpu":
        raise RuntimeError(f"PyTorch is not linked with support for {place.type} devices")


def set_default_device(device: Any) -> None:
    """Make tensors there that are made nowhere else; None is the processor."""
    DEFAULT_DEVICE.device = CPU if device is None else Device(device)


def get_default_device() -> Device:
    """Where tensors are made that are made nowhere else."""
    return DEFAULT_DEVICE.device
