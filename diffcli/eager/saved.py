"""What PyTorch's functions save for their derivatives, and the hooks through which it goes.

The names of what is saved are PyTorch's (derivatives.yaml). The rules of the operator table may
need other values; what programs can see is what PyTorch would have saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from diffcli.eager.mode import MODE
from diffcli.eager.nodes import Eager, check_inference, extra
from diffcli.eager.tensor import Tensor, wrap
from diffcli.ops.op import CONSTANT

RESULT = "result"

SAVED: dict[str, dict[str, Any]] = {}
"""Functions -> names of what they save -> which operand it is, or RESULT."""


def _saving(names: str, **saved: Any) -> None:
    for name in names.split():
        SAVED[name if "Backward" in name else f"{name}Backward0"] = saved


_saving(
    "Exp Exp2 Expm1 Tanh Sigmoid Sqrt Rsqrt Reciprocal Tan Softmax LogSoftmax Relu "
    "LinalgCholeskyEx",
    result=RESULT,
)
_saving("LinalgInvEx", inverse=RESULT)
_saving(
    "Prod ProdBackward1 Cumprod LinalgVectorNorm Std Logsumexp MaxBackward1 MinBackward1 Amax Amin "
    "Median",
    self=0,
    result=RESULT,
)
_saving(
    "Abs Acos Acosh Asin Asinh Atan Atanh ClampBackward1 Cos Cosh Digamma Elu Erf Erfc Erfinv Gelu "
    "LeakyRelu Lgamma Log Log10 Log1P Log2 LogSigmoid Pow Silu Sin Sinc Sinh Softplus Var",
    self=0,
)
_saving("Mul Div", other=1, self=0)
_saving("Mm Bmm", mat2=1, self=0)
_saving("Mv", self=0, vec=1)
_saving("Dot", self=0, tensor=1)
_saving("Addmm", mat1=1, mat2=2)
_saving("MseLoss L1Loss BinaryCrossEntropyWithLogits", self=0, target=1)
_saving("Atan2 Maximum Minimum", other=1, self=0)
_saving("Hypot", other=1, self=0, result=RESULT)
_saving("PowBackward1", exponent=1, self=0, result=RESULT)
_saving("PowBackward2", exponent=1, result=RESULT)

PARTNERS = {
    "MulBackward0": {"self": 1, "other": 0},
    "DivBackward0": {"self": 1},
    "MmBackward0": {"self": 1, "mat2": 0},
    "BmmBackward0": {"self": 1, "mat2": 0},
    "MvBackward0": {"self": 1, "vec": 0},
    "DotBackward0": {"self": 1, "tensor": 0},
    "AddmmBackward0": {"mat1": 2, "mat2": 1},
}
"""What is saved for the derivative by one other operand alone, and which that is."""

POSITIONS = (
    "Complex Cummax Cummin Embedding EmbeddingBag Gather Index IndexAdd IndexCopy IndexFill "
    "IndexPut IndexSelect Kthvalue MaskedFill MaskedScatter MaskedSelect Max MaxPool2DWithIndices "
    "Min Mode Put ReflectionPad1D ReflectionPad2D ReflectionPad3D ReplicationPad1D "
    "ReplicationPad2D ReplicationPad3D Scatter ScatterAdd Sort Take Topk Where "
    "torch::autograd::CopySlices"
).split()
"""Functions that save positions, a mask, or another function, which is freed with the rest."""

SIZES = "Sum Mean View Expand Index Std Var".split()
"""Functions that keep the shape of their operand."""


def saves_result(name: str, alone: bool = False) -> bool:
    """Whether a function saves its result, and (`alone`) nothing else."""
    found = list(SAVED.get(name, {}).values())
    return found == [RESULT] if alone else RESULT in found


def saves_numbers(node: Eager) -> bool:
    """Whether PyTorch's function saves what no gradient flows to: positions, masks, numbers."""
    from diffcli.eager.grad_fn import display_name

    name = display_name(node)
    return name in SAVED or name.partition("Backward")[0] in POSITIONS


def saved_slots(node: Eager) -> dict[str, Any]:
    """What a node has saved: names -> nodes of operands, or the node itself for its result."""
    from diffcli.eager.engine import saves
    from diffcli.eager.grad_fn import display_name

    name = display_name(node)
    inputs = node.inputs
    if name not in SAVED:
        words = ("self", "other", "third")
        return {w: x for w, x in zip(words, inputs, strict=False) if x.eager and saves(node, [x])}
    found: dict[str, Any] = {}
    partners = PARTNERS.get(name, {})
    for word, place in SAVED[name].items():
        if place == RESULT:
            found[word] = node
            continue
        other = inputs[partners[word]] if word in partners else None
        if place < len(inputs) and (other is None or other.tracked):
            found[word] = inputs[place]
    return found


# ----- hooks --------------------------------------------------------------------------------------

Hook = Callable[[Any], Any]


class Packed:
    """What a hook made of a saved value, and the hook that makes the value of it again."""

    __slots__ = ("content", "node", "unpack")

    def __init__(self, node: Any, value: Tensor, hooks: tuple[Hook, Hook]) -> None:
        pack, self.unpack = hooks
        self.node = node
        self.content = pack(value)

    def value(self) -> Tensor:
        """The saved tensor; raises PyTorch's error where the hook gives something else."""
        found = self.unpack(self.content)
        if not isinstance(found, Tensor):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(found).__name__}"
            )
        return found


def inspect(node: Eager) -> None:
    """Look at a node that has just been recorded: at values for inference, and with hooks."""
    if MODE.switches:
        check_inference(node)
    if MODE.hooks:
        found = packed([handle(x) for x in saved_slots(node).values() if x.eager])
        if found:
            extra(node).packed = found


def packed(values: Iterable[Tensor | None]) -> list[Packed | None]:
    """What the hooks in force make of saved tensors."""
    hooks = MODE.hooks[-1]
    return [None if t is None else Packed(t.node, t, hooks) for t in values]


def handle(x: Eager) -> Tensor:
    """A tensor of a saved node: the leaf itself."""
    more = x.extra
    if more is not None and isinstance(more.owner, Tensor) and more.owner.node is x:
        return more.owner
    return wrap(x)


class SavedTensorsHooks:
    """`saved_tensors_hooks`: what is saved in the block is packed, and unpacked when needed."""

    def __init__(self, pack_hook: Hook, unpack_hook: Hook) -> None:
        self.hooks = (pack_hook, unpack_hook)

    def __enter__(self) -> None:
        if MODE.hooks_disabled is not None:
            raise RuntimeError(MODE.hooks_disabled)
        MODE.hooks.append(self.hooks)
        MODE.inspected = MODE.changed = True

    def __exit__(self, *error: object) -> None:
        MODE.hooks.pop()


class SaveOnCpu(SavedTensorsHooks):
    """`save_on_cpu`: where everything is there already, saved values stay what they are."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda x: x, lambda x: x)


class DisableSavedTensorsHooks:
    """`disable_saved_tensors_hooks`: the hooks are refused in the block, with these words."""

    def __init__(self, error_message: str) -> None:
        self.message = error_message

    def __enter__(self) -> None:
        self.before, MODE.hooks_disabled = MODE.hooks_disabled, self.message

    def __exit__(self, *error: object) -> None:
        MODE.hooks_disabled = self.before


# ----- attributes of grad_fn ----------------------------------------------------------------------


def saved_attribute(node: Eager, name: str) -> Any:
    """`grad_fn._saved_NAME`: a tensor, number or shape, None for what was not needed.

    Raises AttributeError, and PyTorch's errors for what was changed or freed.
    """
    from diffcli.eager.engine import SECOND_BACKWARD
    from diffcli.eager.grad_fn import display_name
    from diffcli.eager.overwritten import Overwritten

    display = display_name(node)
    if name == "self_sym_sizes" and display.partition("Backward")[0] in SIZES:
        return tuple(node.inputs[0].shape)
    if name == "exponent" and display == "PowBackward0":
        return node.inputs[1].params["value"] if len(node.inputs) > 1 else 2
    if name not in SAVED.get(display, ()):
        kind = display.rsplit("::", 1)[-1]
        raise AttributeError(f"'{kind}' object has no attribute '_saved_{name}'")
    if node.freed:
        raise RuntimeError(SECOND_BACKWARD)
    found = saved_slots(node).get(name)
    if found is None or found.op is CONSTANT:
        return None if found is None else wrap_number(found.params["value"])
    if isinstance(found.value, Overwritten):
        raise found.value.failure(result=found is node)
    return handle(found)


def wrap_number(value: Any) -> Tensor:
    """A number among the operands, as the tensor that PyTorch saves."""
    from diffcli.eager.nodes import leaf

    return wrap(leaf(np.asarray(value)[()]))
