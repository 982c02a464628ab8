"""`nn.Module` and `nn.Parameter`: what a model is made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from diffcli.tensor.eager import extra, leaf
from diffcli.tensor.tensor import Tensor


class Parameter(Tensor):
    """A leaf that a module lists among its parameters."""

    __slots__ = ()

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        super().__init__(leaf(data.node.value, requires_grad))
        if requires_grad:
            extra(self.node).owner = self

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    __hash__ = object.__hash__


class Module:
    """Parameters, buffers and modules under names, and a `forward` that calling it runs.

    Assigning an attribute registers it. Classes of a program inherit from this one.
    """

    def __init__(self) -> None:
        self.training = True

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        hooks = self.__dict__.get("_hooks")
        if hooks is not None:
            return hooks.call(self, args, keywords)
        return self.forward(*args, **keywords)

    def _hook(self, kind: str, hook: Callable[..., Any]) -> Any:
        from diffcli.tensor.methods import Handle
        from diffcli.tensor.module_hooks import Hooks

        hooks = self.__dict__.setdefault("_hooks", Hooks())
        return Handle(getattr(hooks, kind), hook)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        return self._hook("before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(module, args, output)` after `forward`; it may replace the output."""
        return self._hook("after", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(module, grad_input, grad_output)` when both are known."""
        return self._hook("backward", hook)

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the module computes; every module states its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # ----- what it holds -----

    def members(self) -> Iterator[tuple[str, Any]]:
        """Attributes in the order in which they were first assigned."""
        yield from list(self.__dict__.items())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, with their names."""
        return ((name, x) for name, x in self.members() if isinstance(x, Module))

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return (x for _, x in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their paths, each once."""
        seen: set[int] = set()
        pending: list[tuple[str, Module]] = [(prefix, self)]
        while pending:
            path, module = pending.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inner = [(f"{path}.{name}" if path else name, x) for name, x in module.named_children()]
            pending += inner[::-1]

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (x for _, x in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their paths, each once."""
        seen: set[int] = set()
        pending = self.named_modules(prefix) if recurse else iter([(prefix, self)])
        for path, module in pending:
            for name, x in module.members():
                if isinstance(x, Parameter) and id(x) not in seen:
                    seen.add(id(x))
                    yield (f"{path}.{name}" if path else name), x

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (x for _, x in self.named_parameters(recurse=recurse))

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Tensors registered as buffers, with their paths."""
        for path, module in self.named_modules():
            for name in module.__dict__.get("_buffers", ()):
                yield (f"{path}.{name}" if path else name), module.__dict__[name]

    def buffers(self) -> Iterator[Tensor]:
        """Tensors registered as buffers."""
        return (x for _, x in self.named_buffers())

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Keep a tensor that is no parameter."""
        _check_name(name)
        self.__dict__.setdefault("_buffers", []).append(name)
        self.__dict__[name] = tensor

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Keep a parameter under a name."""
        _check_name(name)
        self.__dict__[name] = param

    def add_module(self, name: str, module: Module) -> None:
        """Keep a module under a name."""
        _check_name(name)
        self.__dict__[name] = module

    def state_dict(self) -> OrderedDict[str, Tensor]:
        """Parameters and buffers without history, by path."""
        from diffcli.tensor.storage import detached

        found = OrderedDict((n, detached(p)) for n, p in self.named_parameters())
        found.update(self.named_buffers())
        return found

    def load_state_dict(self, state_dict: dict[str, Tensor], strict: bool = True) -> str:
        """Take over the values of parameters and buffers."""
        from diffcli.tensor.mode import recording

        own: dict[str, Tensor] = {**dict(self.named_parameters()), **dict(self.named_buffers())}
        missing = [n for n in own if n not in state_dict]
        unexpected = [n for n in state_dict if n not in own]
        if strict and (missing or unexpected):
            raise RuntimeError(_differing(type(self).__name__, missing, unexpected))
        with recording(False):
            for name, x in own.items():
                if name in state_dict:
                    x[...] = state_dict[name]
        return "<All keys matched successfully>"

    # ----- what is done with all of it -----

    def train(self, mode: bool = True) -> Module:
        """Switch the training behaviour of this module and all below it."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to the behaviour outside of training."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Switch recording on or off for all parameters."""
        for p in self.parameters():
            p.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            clear(p, set_to_none)

    def apply(self, function: Callable[[Module], Any]) -> Module:
        """Call a function with all modules below, then with this one."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def to(self, *args: Any, **keywords: Any) -> Module:
        """Convert all parameters and buffers."""
        from diffcli.tensor.methods import METHODS

        for module in self.modules():
            for name, x in module.members():
                if isinstance(x, Parameter):
                    module.__dict__[name] = Parameter(
                        METHODS["to"](x, *args, **keywords), x.requires_grad
                    )
                elif isinstance(x, Tensor):
                    module.__dict__[name] = METHODS["to"](x, *args, **keywords)
        return self

    def double(self) -> Module:
        """Convert to float64."""
        from diffcli.tensor.types import BY_NAME

        return self.to(BY_NAME["float64"])

    def float(self) -> Module:
        """Convert to float32."""
        from diffcli.tensor.types import BY_NAME

        return self.to(BY_NAME["float32"])

    # ----- printing -----

    def extra_repr(self) -> str:
        """What is printed between the brackets, as `in_features=4`."""
        return ""

    def __repr__(self) -> str:
        lines = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self.named_children()
        ]
        own = self.extra_repr()
        if not lines:
            return f"{type(self).__name__}({own})"
        return f"{type(self).__name__}({own}\n  " + "\n  ".join(lines) + "\n)"


def _check_name(name: Any) -> None:
    """Raise for what is no name of an attribute of a program.

    NumPy asks objects for `__array_interface__` and reads the memory that it names.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name should be a string. Got {type(name).__name__}")
    if "." in name:
        raise KeyError(f'the name can\'t contain ".", got: {name}')
    if name == "" or name.startswith("__"):
        raise KeyError(f"'{name}' is not a name for this")


def clear(p: Tensor, set_to_none: bool = True) -> None:
    """Forget a gradient, or set it to zero."""
    if p.grad is None:
        return
    if set_to_none:
        p.grad = None
    else:
        from diffcli.tensor.methods import METHODS

        METHODS["zero_"](p.grad)


def _differing(name: str, missing: list[str], unexpected: list[str]) -> str:
    lines = [f"Error(s) in loading state_dict for {name}:"]
    for words, keys in (("Missing", missing), ("Unexpected", unexpected)):
        if keys:
            quoted = ", ".join(f'"{k}"' for k in keys)
            lines.append(f"\t{words} key(s) in state_dict: {quoted}. ")
    return "\n".join(lines)
