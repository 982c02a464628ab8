"""States of modules: their parameters and buffers by path, taken over and converted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from diffcli.eager.mode import recording
from diffcli.eager.nn.parameter import Parameter
from diffcli.eager.results import Fields, shown_type
from diffcli.eager.tensor import Tensor

if TYPE_CHECKING:
    from diffcli.eager.nn.module import Module


class IncompatibleKeys(Fields):
    """What `load_state_dict` gives: the names that one side has and the other has not."""

    __slots__ = ()

    def __new__(cls, *_: Any) -> Any:
        """One of the type that PyTorch has for it."""
        return object.__new__(shown_type(cls, "_IncompatibleKeys", "torch.nn.modules.module"))

    def __init__(self, missing: list[str], unexpected: list[str]) -> None:
        names = ("missing_keys", "unexpected_keys")
        super().__init__("_IncompatibleKeys", names, (missing, unexpected))

    def __repr__(self) -> str:
        if not any(self.items):
            return "<All keys matched successfully>"
        missing, unexpected = self.items
        return f"_IncompatibleKeys(missing_keys={missing!r}, unexpected_keys={unexpected!r})"


def entries(module: Module, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Parameters and persistent buffers by path, those held twice under both names."""
    for path, inner in module.named_modules(remove_duplicate=False):
        kept = inner.__dict__["_buffer_names"]
        for name, x in (*inner.members(Parameter), *inner.own_buffers()):
            if kept.get(name, True):
                yield f"{prefix}{path}.{name}" if path else prefix + name, x


def load(module: Module, state: Mapping[str, Tensor], strict: bool) -> IncompatibleKeys:
    """Take over values by path; raises PyTorch's RuntimeError for names and shapes that differ."""
    own = dict(entries(module))
    missing = [name for name in own if name not in state]
    unexpected = [name for name in state if name not in own]
    problems = []
    if strict:
        for words, keys in (("Missing", missing), ("Unexpected", unexpected)):
            quoted = ", ".join(f'"{k}"' for k in keys)
            problems += [f"{words} key(s) in state_dict: {quoted}. "] if keys else []
    with recording(False):
        for name, x in own.items():
            given = state.get(name, x)
            if given.node.shape == x.node.shape:
                x[...] = given
            else:
                problems.append(
                    f"size mismatch for {name}: copying a param with shape "
                    f"torch.Size({list(given.node.shape)}) from checkpoint, the shape in current "
                    f"model is torch.Size({list(x.node.shape)})."
                )
    if problems:
        head = f"Error(s) in loading state_dict for {type(module).__name__}:"
        raise RuntimeError("\n\t".join([head, *problems]))
    return IncompatibleKeys(missing, unexpected)


def convert(module: Module, *args: Any, **keywords: Any) -> Module:
    """`Tensor.to` of all parameters, their gradients, and buffers; integers keep their type."""
    from diffcli.eager.attributes import set_data
    from diffcli.eager.methods import METHODS
    from diffcli.eager.types import TorchType

    def changed(x: Tensor) -> Any:
        fixed = x.node.dtype.kind not in "fc"
        given = [a for a in args if not (fixed and isinstance(a, TorchType))]
        named = {k: v for k, v in keywords.items() if not (fixed and k == "dtype")}
        return METHODS["to"](x, *given, **named) if given or named else x

    for inner in module.modules():
        for _, p in inner.members(Parameter):
            set_data(p, changed(p))
            p.gradient = None if p.gradient is None else changed(p.gradient)
        for name, x in inner.own_buffers():
            inner.__dict__[name] = changed(x)
    return module
