"""`torch.optim.Optimizer`: parameters in groups, the settings of each, and what steps remember."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from diffcli.eager.mode import recording
from diffcli.eager.nn.parameter import clear
from diffcli.eager.nodes import leaf
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.signatures import PythonSignature, definition
from diffcli.eager.storage import assign
from diffcli.eager.tensor import Tensor, fresh
from diffcli.eager.types import type_name
from diffcli.ops.op import INPUT

State = dict[str, Any]


class Optimizer:
    """Parameters in groups, each with its own settings, `defaults` where it states none.

    A program's optimizers state `step`. `state` holds what a step remembers, by parameter.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {type_name(params.node.dtype)}"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(dict(group))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take further parameters, with settings of their own; raises PyTorch's errors."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        items = [given] if isinstance(given, Tensor) else list(given)
        if items and isinstance(items[0], tuple):
            param_group["param_names"] = [name for name, _ in items]
            items = [p for _, p in items]
        param_group["params"] = items
        for p in items:
            if not isinstance(p, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if p.node.op is not INPUT:
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, value in self.defaults.items():
            param_group.setdefault(name, value)
        held = {id(p) for group in self.param_groups for p in group["params"]}
        if held & {id(p) for p in items}:
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += ([""] if i else []) + [f"Parameter Group {i}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for _, p in self._parameters():
            clear(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move the parameters; every optimizer states its own."""
        raise NotImplementedError

    def _parameters(self) -> Iterator[tuple[dict[str, Any], Tensor]]:
        """All parameters with their groups."""
        for group in self.param_groups:
            for p in group["params"]:
                yield group, p

    # ----- states -----

    def state_dict(self) -> dict[str, Any]:
        """What steps remember and the settings of groups, parameters by their number."""
        numbers = {id(p): i for i, (_, p) in enumerate(self._parameters())}
        groups = []
        for group in self.param_groups:
            places = [numbers[id(p)] for p in group["params"]]
            groups.append({**{k: v for k, v in group.items() if k != "params"}, "params": places})
        state = {numbers.get(id(p), p): entry for p, entry in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state; raises ValueError for one of other groups."""
        given = state_dict["param_groups"]
        if len(given) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for group, saved in zip(self.param_groups, given, strict=True):
            if len(group["params"]) != len(saved["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    "optimizer's group"
                )
        places: dict[Any, Tensor] = {}
        for group, saved in zip(self.param_groups, given, strict=True):
            places |= dict(zip(saved["params"], group["params"], strict=True))
            group.update({k: v for k, v in saved.items() if k != "params"})
        self.state.clear()
        for key, entry in state_dict["state"].items():
            self.state[places.get(key, key)] = {k: _copied(v) for k, v in entry.items()}


def _copied(value: Any) -> Any:
    return fresh(np.array(value.node.value)) if isinstance(value, Tensor) else value


class Rule(Optimizer):
    """An optimizer whose step moves each parameter by itself.

    `settings` are the parameters of its constructor, `order` those of its groups where it differs;
    `words` are what errors call settings that must not be negative.
    """

    settings = ""
    order = ""
    remembered: tuple[str, ...] = ()
    fixed: dict[str, Any] = {}  # noqa: RUF012 - settings that no one chooses

    def __init__(self, *args: Any, **keywords: Any) -> None:
        row: Any = next(each for each in type(self).__mro__ if "settings" in vars(each))
        takes = PythonSignature(
            f"{row.__name__}.__init__", definition(f"params, {row.settings}"), method=True
        )
        given = takes.values(args, keywords)
        params = given.pop("params")
        chosen = {name: given[name] for name in row.order.split() or given}
        _check(chosen)
        self.check(chosen)
        super().__init__(params, {**chosen, **row.fixed})

    def check(self, settings: dict[str, Any]) -> None:
        """Raise ValueError for settings that do not fit together."""

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; `closure` computes the loss first."""
        loss = None
        if closure is not None:
            with recording(True):
                loss = closure()
        with recording(False), np.errstate(all="ignore"):
            for group in self.param_groups:
                own = {k: float(v) if isinstance(v, Tensor) else v for k, v in group.items()}
                for p in group["params"]:
                    if p.gradient is not None:
                        self._move(p, p.gradient.node.value, own)
        return loss

    def _move(self, p: Tensor, g: Any, own: dict[str, Any]) -> None:
        entry = self.state.get(p, {})
        arrays = {k: v.node.value if isinstance(v, Tensor) else v for k, v in entry.items()}
        if self.remembered and not entry:
            arrays = {"step": 0.0, **dict.fromkeys(self.remembered, 0 * p.node.value)}
        if "step" in arrays:
            arrays["step"] = float(arrays["step"]) + 1
        g = -g if own["maximize"] else g
        x = self.move(p.node.value, g, arrays, own)
        assign(p, leaf(x))
        for name, value in arrays.items():
            single = type(value) is float  # and no number of NumPy
            entry[name] = fresh(np.asarray(value, DEFAULT.real) if single else value)
        if entry:
            self.state[p] = entry

    def move(self, x: Any, g: Any, state: State, group: dict[str, Any]) -> Any:
        """The new value of a parameter from its value and gradient; `state` is kept up to date."""
        raise NotImplementedError


NONNEGATIVE = {"lr": "learning rate", "eps": "epsilon value"}
INTERVALS = {"rho": 1.0}


def _check(settings: dict[str, Any]) -> None:
    """Raise PyTorch's ValueErrors for settings outside of their ranges."""
    for name, value in settings.items():
        if value is None or isinstance(value, bool | tuple | list):
            continue
        if not 0 <= value <= INTERVALS.get(name, value):
            raise ValueError(f"Invalid {NONNEGATIVE.get(name, f'{name} value')}: {value}")
    for i, beta in enumerate(settings.get("betas", ())):
        if not 0 <= beta < 1:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
