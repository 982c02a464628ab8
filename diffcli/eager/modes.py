"""Context managers that say what is recorded: `no_grad`, `enable_grad`, `inference_mode`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcli.eager.mode import MODE
from diffcli.eager.nodes import ORDER


class Setting:
    """A context manager, and a decorator, that sets fields of the mode for a while."""

    def __init__(self, **fields: bool) -> None:
        self.fields = fields
        self._before: list[dict[str, bool]] = []

    def __enter__(self) -> None:
        self._before.append({name: getattr(MODE, name) for name in self.fields})
        self._set(self.fields)

    def __exit__(self, *error: object) -> None:
        self._set(self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **keywords: Any) -> Any:
            with type(self)._again(self):
                return function(*args, **keywords)

        run.__name__ = getattr(function, "__name__", "run")
        return run

    def _again(self) -> Setting:
        again = Setting.__new__(type(self))
        Setting.__init__(again, **self.fields)
        return again

    @staticmethod
    def _set(fields: dict[str, bool]) -> None:
        for name, value in fields.items():
            setattr(MODE, name, value)


class _Decorator(Setting):
    """A setting that may also be used as a decorator without brackets."""

    enabled = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        if function is None:
            return made
        Setting.__init__(made, recording=cls.enabled)
        return made(function)

    def __init__(self) -> None:
        super().__init__(recording=self.enabled)


class NoGrad(_Decorator):
    """`torch.no_grad`."""


class EnableGrad(_Decorator):
    """`torch.enable_grad`."""

    enabled = True


class SetGradEnabled(Setting):
    """`torch.set_grad_enabled`: sets at once, and undoes it when a `with` block ends."""

    def __init__(self, mode: bool) -> None:
        super().__init__(recording=bool(mode))
        self._before.append({"recording": MODE.recording})
        self._set(self.fields)

    def __enter__(self) -> None:
        self._set(self.fields)


class InferenceMode(Setting):
    """`torch.inference_mode`: nothing is recorded, and what is made cannot be used for it later."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(recording=not mode, inference=bool(mode))

    @staticmethod
    def _set(fields: dict[str, bool]) -> None:
        if fields["inference"] != MODE.inference:
            MODE.switches.append(next(ORDER))
            MODE.inspected = True
        Setting._set(fields)


class DetectAnomaly(Setting):
    """`torch.autograd.detect_anomaly`: a backward pass that makes nan fails."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(anomaly=True, check_nan=bool(check_nan))


class SetDetectAnomaly(Setting):
    """`torch.autograd.set_detect_anomaly`: sets at once, and undoes it when a block ends."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(anomaly=bool(mode), check_nan=bool(check_nan))
        self._before.append({"anomaly": MODE.anomaly, "check_nan": MODE.check_nan})
        self._set(self.fields)

    def __enter__(self) -> None:
        self._set(self.fields)


def is_grad_enabled() -> bool:
    """Whether gradients are recorded."""
    return MODE.recording


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on."""
    return MODE.inference


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on."""
    return MODE.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection, when it is on, looks for nan."""
    return MODE.check_nan
