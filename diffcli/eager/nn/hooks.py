"""Hooks of modules, and hooks on several gradients at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcli.eager.function import Context, Rules, apply
from diffcli.eager.methods import Handle
from diffcli.eager.tensor import Tensor, wrap

Hook = Callable[..., Any]


class Hooks:
    """The hooks of one module: before and after `forward`, and on its gradients.

    Those around `forward` take the module, its arguments and keywords, and the result if there is
    one.
    """

    def __init__(self) -> None:
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}

    def register(self, when: str, hook: Hook, prepend: bool, with_keywords: bool) -> Handle:
        """Add a hook, at the front if asked; plain ones do not see the keywords."""

        def plain(module: Any, args: Any, keywords: Any, *result: Any) -> Any:
            return hook(module, args, *result)

        hooks: dict[int, Hook] = getattr(self, when)
        before = list(hooks.items()) if prepend else []
        handle = Handle(hooks, hook if with_keywords else plain)
        for key, other in before:
            del hooks[key]
            hooks[key] = other
        return handle

    def call(self, module: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """The module's `forward`, with the hooks around it."""
        for hook in list(self.before.values()):
            given = hook(module, args, keywords)
            if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict):
                args, keywords = given
            elif given is not None:
                args = given if isinstance(given, tuple) else (given,)
        watch = Watch(module, self.backward) if self.backward else None
        if watch is not None:
            args = watch.entered(args)
        result = module.forward(*args, **keywords)
        for hook in list(self.after.values()):
            given = hook(module, args, keywords, result)
            result = result if given is None else given
        return result if watch is None else watch.left(result)


class Watch:
    """The gradients of one call of a module: steps that pass them on, at both ends of it."""

    def __init__(self, module: Any, hooks: dict[int, Hook]) -> None:
        self.module = module
        self.hooks = hooks
        self.count = 0  # of the arguments that are tensors
        self.reached = False  # whether gradients flow to any of them
        self.given: Any = None

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, their gradients watched."""
        tensors = [x for x in args if isinstance(x, Tensor)]
        self.count = len(tensors)
        self.reached = any(x.node.tracked for x in tensors)
        if not self.reached:
            return args
        watched = iter(_passing(self._on_inputs, tensors))
        return tuple(next(watched) if isinstance(x, Tensor) else x for x in args)

    def left(self, result: Any) -> Any:
        """The result, its gradients watched."""
        several = isinstance(result, tuple | list)
        watched = iter(_passing(self._on_outputs, result if several else [result]))
        return type(result)(watched) if several else next(watched)

    def _on_outputs(self, context: Context, *cotangents: Any) -> Any:
        self.given = cotangents
        if not self.reached:
            self._call((None,) * self.count)
        return cotangents

    def _on_inputs(self, context: Context, *cotangents: Any) -> Any:
        return self._call(cotangents)

    def _call(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self.hooks.values()):
            changed = hook(self.module, found, self.given)
            if changed is not None:
                found = changed if isinstance(changed, tuple) else (changed,)
        return found


def _passing(backward: Hook, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    def forward(context: Context, *own: Tensor) -> tuple[Tensor, ...]:
        return tuple(wrap(x.node) for x in own)

    found: Sequence[Tensor] = apply(
        Rules("BackwardHookFunction", forward, backward), tuple(tensors)
    )
    return found
