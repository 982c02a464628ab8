"""`nn.Module`: what a model is made of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from diffcli.eager.nn import states
from diffcli.eager.nn.hooks import Hooks
from diffcli.eager.nn.parameter import Parameter, clear
from diffcli.eager.storage import detached
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import BY_NAME, type_name

NESTING = 900
"""Modules inside one another; more of them hold themselves."""


class Module:
    """Parameters, buffers and modules under names, and a `forward` that calling it runs.

    Assigning an attribute registers it: what it is follows from its value, and a buffer is a tensor
    whose name has been registered. Classes of a program inherit from this one.
    """

    training: bool

    def __init__(self) -> None:
        self.__dict__["training"] = True
        self.__dict__["_buffer_names"] = {}  # of each buffer, whether states have it

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Module | Parameter) and "training" not in self.__dict__:
            what = "module" if isinstance(value, Module) else "parameters"
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        held = self.__dict__.get(name)
        if held is not None and value is not None:
            self._check_kind(name, held, value)
        object.__setattr__(self, name, value)

    def _check_kind(self, name: str, held: Any, value: Any) -> None:
        """Raise PyTorch's error for a value that cannot take the place of a registered one."""
        if isinstance(held, Parameter) and not isinstance(value, Parameter):
            what, wanted = "parameter", "torch.nn.Parameter or None"
        elif isinstance(held, Module) and not isinstance(value, Module):
            what, wanted = "child module", "torch.nn.Module or None"
        elif name in self.__dict__["_buffer_names"] and not isinstance(value, Tensor):
            what, wanted = "buffer", "torch.Tensor or None"
        else:
            return
        given = type_name(value.node.dtype) if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"cannot assign '{given}' as {what} '{name}' ({wanted} expected)")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        hooks = self.__dict__.get("_hooks")
        if hooks is not None:
            return hooks.call(self, args, keywords)
        return self.forward(*args, **keywords)

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the module computes; every module states its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # ----- hooks -----

    def _watched(self) -> Hooks:
        return self.__dict__.setdefault("_hooks", Hooks())  # type: ignore[no-any-return]

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Any:
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        return self._watched().register("before", hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Any:
        """Call `hook(module, args, output)` after `forward`; it may replace the output."""
        return self._watched().register("after", hook, prepend, with_kwargs)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Any:
        """Call `hook(module, grad_input, grad_output)` when both are known."""
        return self._watched().register("backward", hook, prepend, True)

    # ----- what it holds -----

    def members(self, kind: type) -> Iterator[tuple[str, Any]]:
        """The attributes of a kind, in the order in which they were first assigned."""
        return ((name, x) for name, x in list(self.__dict__.items()) if isinstance(x, kind))

    @property
    def _parameters(self) -> dict[str, Any]:
        return dict(self.members(Parameter))

    @property
    def _modules(self) -> dict[str, Any]:
        return dict(self.members(Module))

    @property
    def _buffers(self) -> dict[str, Any]:
        return dict(self.own_buffers())

    def own_buffers(self) -> Iterator[tuple[str, Any]]:
        """The buffers of this module alone."""
        members = self.__dict__
        named = ((name, members.get(name)) for name in list(members["_buffer_names"]))
        return ((name, x) for name, x in named if x is not None)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, with their names, each once."""
        return _once(self.members(Module), True)

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return (x for _, x in self.named_children())

    def named_modules(
        self, memo: Any = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their paths, each once."""
        seen: set[int] = set()
        pending: list[tuple[str, Module]] = [(prefix, self)]
        while pending:
            path, module = pending.pop()
            if path.count(".") > NESTING:
                raise RecursionError("maximum recursion depth exceeded")
            if remove_duplicate and id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inner = [(joined(path, name), x) for name, x in module.members(Module)]
            pending += inner[::-1]

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (x for _, x in self.named_modules())

    def _named(
        self, held: Callable[[Module], Iterator[tuple[str, Any]]], prefix: str, recurse: bool
    ) -> Iterator[tuple[str, Any]]:
        modules = self.named_modules(prefix=prefix) if recurse else iter([(prefix, self)])
        for path, module in modules:
            for name, x in held(module):
                yield joined(path, name), x

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their paths, each once."""
        found = self._named(lambda m: m.members(Parameter), prefix, recurse)
        return _once(found, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (x for _, x in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Tensors registered as buffers, with their paths."""
        return _once(self._named(Module.own_buffers, prefix, recurse), remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Tensors registered as buffers."""
        return (x for _, x in self.named_buffers(recurse=recurse))

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Keep a tensor that is no parameter; states have it if it is persistent."""
        self._register(name, tensor)
        self.__dict__["_buffer_names"][name] = persistent

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Keep a parameter under a name."""
        self._register(name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Keep a module under a name."""
        self._register(name, module)

    def _register(self, name: Any, value: Any) -> None:
        """Keep a value under a name.

        NumPy asks objects for `__array_interface__` and reads the memory that it names.
        """
        if not isinstance(name, str):
            raise TypeError(f"the name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'the name can\'t contain ".", got: {name}')
        if name == "" or name.startswith("__"):
            raise KeyError(f"'{name}' is not a name for this")
        self.__dict__[name] = value

    def get_submodule(self, target: str) -> Module:
        """The module at a path; raises AttributeError where there is none."""
        found = self
        for name in target.split(".") if target else ():
            inner = found.__dict__.get(name)
            if not isinstance(inner, Module):
                words = "is not an nn.Module" if inner is not None else ""
                words = words or f"{type(found).__name__} has no attribute `{name}`"
                raise AttributeError(words if inner is None else f"`{name}` {words}")
            found = inner
        return found

    def get_parameter(self, target: str) -> Any:
        """The parameter at a path."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = owner.__dict__.get(name)
        if found is None:
            raise AttributeError(f"{type(owner).__name__} has no attribute `{name}`")
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    # ----- states -----

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """Parameters and buffers without history, by path."""
        found = OrderedDict() if destination is None else destination
        for name, x in states.entries(self, prefix):
            found[name] = x if keep_vars else detached(x)
        return found

    def load_state_dict(
        self, state_dict: Mapping[str, Tensor], strict: bool = True, assign: bool = False
    ) -> states.IncompatibleKeys:
        """Take over the values of parameters and buffers; raises RuntimeError for other names."""
        return states.load(self, state_dict, strict)

    def to(self, *args: Any, **keywords: Any) -> Module:
        """Convert all parameters and buffers of real numbers."""
        return states.convert(self, *args, **keywords)

    def double(self) -> Module:
        """Convert to float64."""
        return states.convert(self, BY_NAME["float64"])

    def float(self) -> Module:
        """Convert to float32."""
        return states.convert(self, BY_NAME["float32"])

    def cpu(self) -> Module:
        """The module itself: there is one device."""
        return self

    # ----- what is done with all of it -----

    def train(self, mode: bool = True) -> Module:
        """Switch the training behaviour of this module and all below it."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to the behaviour outside of training."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Switch recording on or off for all parameters."""
        for p in self.parameters():
            p.track(requires_grad)
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

    # ----- printing -----

    def extra_repr(self) -> str:
        """What is printed between the brackets, as `in_features=4`."""
        return ""

    def __repr__(self) -> str:
        own = self.extra_repr()
        lines = own.split("\n") if own else []
        inner = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self.members(Module)
        ]
        if len(lines) < 2 and not inner:
            return f"{type(self).__name__}({own})"
        return f"{type(self).__name__}(\n  " + "\n  ".join([*lines, *inner]) + "\n)"


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _once(items: Iterator[tuple[str, Any]], only: bool) -> Iterator[tuple[str, Any]]:
    """The items, each value once."""
    seen: set[int] = set()
    for name, x in items:
        if not only or id(x) not in seen:
            seen.add(id(x))
            yield name, x


def unusual(module: Module, usual: dict[str, Any]) -> str:
    """The settings that are not as usual, as they are printed."""
    given = {name: getattr(module, name) for name in usual}
    return "".join(f", {name}={x}" for name, x in given.items() if x != usual[name])
