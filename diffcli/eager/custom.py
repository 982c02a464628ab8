"""The class that programs derive their own functions from: `torch.autograd.Function`."""

from __future__ import annotations

from typing import Any

from diffcli.eager.function import Rules, apply


class Function:
    """Subclasses state `forward(ctx, ...)` and `backward(ctx, *grad_outputs)` as static methods.

    With `setup_context(ctx, inputs, output)`, `forward` takes no `ctx`. `jvp` serves forward mode.
    """

    def __call__(self, *args: Any) -> Any:
        """Raise PyTorch's error: functions are applied, not called."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @classmethod
    def rules(cls) -> Rules:
        """The methods that the class states."""
        return Rules(
            cls.__name__,
            _stated(cls, "forward"),
            _stated(cls, "backward") or _stated(cls, "vjp"),
            _stated(cls, "jvp"),
            _stated(cls, "setup_context"),
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run the function and record it as one node of the graph."""
        if _stated(cls, "forward") is None:
            raise NotImplementedError(
                "You must implement the forward function for custom autograd.Function."
            )
        return apply(cls.rules(), args)


def _stated(cls: type, name: str) -> Any:
    for kind in cls.__mro__:
        if kind is Function:
            return None
        if name in kind.__dict__:
            return getattr(cls, name)
    return None
