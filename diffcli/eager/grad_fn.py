"""What programs see of the graph: `grad_fn`, its name, and what it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from diffcli.eager.nodes import Eager, extra
from diffcli.eager.results import shown_type
from diffcli.eager.steps import UNSEEN, gradients_flow
from diffcli.graph.node import Node
from diffcli.ops.op import CONSTANT, INPUT, PROJECT


def _power(node: Node) -> str:
    base, exponent = node.inputs
    if exponent.op is CONSTANT:
        return "PowBackward0"
    return "PowBackward2" if base.op is CONSTANT else "PowBackward1"


def _by_number(name: str, number: int, tensor: int) -> Callable[[Node], str]:
    """Functions whose overloads for a number and for a tensor have names of their own."""

    def find(node: Node) -> str:
        return f"{name}Backward{number if node.inputs[-1].op is CONSTANT else tensor}"

    return find


def _difference(node: Node) -> str:
    return "RsubBackward1" if node.inputs[0].op is CONSTANT else "SubBackward0"


NAMES: dict[str, str | Callable[[Node], str]] = {
    "subtract": _difference,
    "multiply": "MulBackward0",
    "divide": "DivBackward0",
    "mod": _by_number("Remainder", 0, 1),
    "fmod": _by_number("Fmod", 0, 1),
    "square": "PowBackward0",
    "negative": "NegBackward0",
    "power": _power,
    "matmul": "UnsafeViewBackward0",
    "CopySlices": "torch::autograd::CopySlices",
    "copy": "CopyBackwards",
    "norm": "LinalgVectorNormBackward0",
}
"""Display names that do not follow from the function's own."""

for _names, _display in (
    ("det", "LinalgDet"),
    ("inv inverse", "LinalgInvEx"),
    ("linalg_pinv pinv", "LinalgPinv"),
    ("solve", "LinalgSolveEx"),
    ("solve_triangular", "LinalgSolveTriangular"),
    ("linalg_cholesky", "LinalgCholeskyEx"),
    ("eigh eigvalsh", "LinalgEigh"),
    ("eig eigvals", "LinalgEig"),
    ("svd svdvals", "LinalgSvd"),
    ("qr", "LinalgQr"),
    ("slogdet", "LinalgSlogdet"),
    ("matrix_exp", "LinalgMatrixExp"),
    ("cross", "LinalgCross"),
    ("outer ger", "Mul"),
    ("inner tensordot", "View"),
    ("kron", "UnsafeView"),
    ("logdet", "Where"),
    ("vecdot", "Vdot"),
    ("fft rfft ihfft", "FftR2C"),
    ("ifft ifft2 ifftn fft2 fftn", "FftC2C"),
    ("irfft hfft irfft2 irfftn", "FftC2R"),
    ("rfft2 rfftn", "FftR2C"),
    ("fftshift ifftshift", "Roll"),
    ("erfcx", "SpecialErfcx"),
    ("i0e", "SpecialI0E"),
    ("i1", "SpecialI1"),
    ("i1e", "SpecialI1E"),
    ("ndtri", "SpecialNdtri"),
    ("log_ndtr", "SpecialLogNdtr"),
    ("xlog1py", "SpecialXlog1Py"),
    ("entr", "SpecialEntr"),
    ("zeta", "SpecialZeta"),
    ("multigammaln", "Mvlgamma"),
    ("relu6", "Hardtanh"),
    ("selu", "Elu"),
    ("softsign", "Div"),
    ("tanhshrink", "Sub"),
    ("logsigmoid", "LogSigmoid"),
    ("prelu", "PreluKernel"),
    ("layer_norm", "NativeLayerNorm"),
):
    for _name in _names.split():
        NAMES[_name] = f"{_display}Backward0"
NAMES["cond"] = "SqueezeBackward1"
NAMES["ndtr"] = "MulBackward1"


def camel(name: str) -> str:
    """`log_softmax` -> `LogSoftmax`, `log1p` -> `Log1P`."""
    words = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return re.sub(r"\d[a-z]", lambda found: found.group().upper(), words)


def display_name(node: Eager) -> str:
    """The name of a node as PyTorch prints it, `MulBackward0`."""
    if node.op is INPUT:
        return "torch::autograd::AccumulateGrad"
    if node.op is PROJECT or node.op in UNSEEN:
        return display_name(node.inputs[0])  # type: ignore[arg-type]
    own = getattr(node.op, "display", None)
    if own is not None:
        return str(own)  # a function of the user's
    name = node.op.name
    if node.extra is not None and node.extra.name:
        name = node.extra.name
    return named(name, node)


def named(name: str, node: Node) -> str:
    """The display name of a node of the function `name`, or of one of its overloads, `name:1`."""
    found = NAMES.get(name)
    if "Backward" in name:
        return name  # a display name already
    if found is None:
        # the derivatives of a function's overloads are numbered: `sum:1` is that along axes
        name, _, overload = name.partition(":")
        return f"{camel(name)}Backward{overload or 0}"
    return found if isinstance(found, str) else found(node)


FUNCTIONS = {
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
    "absolute": "abs",
    "broadcast_to": "expand",
    "cholesky": "linalg_cholesky",
    "chunk": "split",
    "clamp": "clamp:1",
    "clip": "clamp:1",
    "concatenate": "cat",
    "cosine_similarity": "sum:1",
    "cross_entropy": "nll_loss",
    "diff": "sub",
    "euclid": "norm",
    "flatten": "view",
    "gammaln": "lgamma",
    "gather_at": "index",
    "l1_loss": "mean",
    "meshgrid": "expand",
    "moveaxis": "permute",
    "movedim": "permute",
    "narrow": "slice",
    "ravel": "view",
    "repeat_interleave": "view",
    "reshape": "view",
    "swapaxes": "transpose",
    "transpose": "permute",
    "vector_norm": "norm",
}
"""PyTorch's names of functions that NumPy calls otherwise."""

PRODUCTS = {(1, 1): "dot", (2, 2): "mm", (2, 1): "mv", (1, 2): "squeeze:4", (2, 3): "clone"}
"""PyTorch's name of the last step of a product, by the number of axes."""

OVERLOADED = {"sum": False, "mean": False, "prod": False, "max": True, "min": True}
"""Whether the overload with the number 1 is the one of all elements, or that along axes."""


def graph_name(function: str, node: Node, operands: Sequence[Node]) -> str:
    """The display name of a node that no program made, of a function of NumPy's or PyTorch's."""
    name = FUNCTIONS.get(function, function)
    if node.op is INPUT:
        return "AccumulateGrad"
    if name == "matmul":
        first, second = (x.ndim for x in operands)
        name = PRODUCTS.get((first, min(second, 3)), "unsafe_view")
    elif name == "window":
        picked = any(isinstance(item, int) for item in node.params["window"])
        name = "select" if picked else "unsqueeze" if None in node.params["window"] else "slice"
    elif name == "diag":
        name = "diag_embed" if node.ndim == 2 else "diagonal"
    elif name == "divide" and operands[0].op is CONSTANT:
        name = "multiply"  # by the reciprocal
    elif name in OVERLOADED and (node.shape == ()) == OVERLOADED[name]:
        name = f"{name}:1"
    return named(name, node)


def forward_name(node: Eager) -> str:
    """The name of the operation itself, `Mul`, for error messages."""
    return display_name(node).partition("Backward")[0]


def renamed(node: Eager, name: str) -> None:
    """Let programs see the node as that of another function."""
    extra(node).name = name


class GradFn:
    """A node as programs see it."""

    __slots__ = ("metadata", "node")

    def __init__(self, node: Eager) -> None:
        self.node = node
        self.metadata: dict[Any, Any] = {}  # for the user's own notes

    def name(self) -> str:
        """`MulBackward0`."""
        return display_name(self.node)

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        """The grad_fn of each input, None for those without gradients, and which result it is."""
        found: list[tuple[GradFn | None, int]] = []
        for x in self.node.inputs:
            if not x.eager:
                if self.node.op.name not in SCALAR_FREE:
                    continue
                found.append((None, 0))
                continue
            inner, position = behind(x)  # type: ignore[arg-type]
            found.append((seen(inner), position) if inner.tracked else (None, 0))
        return tuple(found)

    @property
    def variable(self) -> Any:
        """The tensor whose gradient an accumulating node holds."""
        return self.node.extra.owner if self.node.extra is not None else None

    def register_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(grad_inputs, grad_outputs)` after the node has passed its gradients on."""
        from diffcli.eager.methods import Handle

        return Handle(extra(self.node).around, hook)

    def register_prehook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(grad_outputs)` before the node passes its gradients on."""
        from diffcli.eager.methods import Handle

        return Handle(extra(self.node).before, hook)

    @property
    def _sequence_nr(self) -> int:
        return self.node.order

    def __getattr__(self, name: str) -> Any:
        """`_saved_NAME`: what the rule of the node needs."""
        from diffcli.eager.saved import saved_attribute

        slot = name.removeprefix("_saved_")
        if slot == name:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return saved_attribute(self.node, slot)

    def __repr__(self) -> str:
        # an address would differ from run to run
        name = display_name(self.node).removeprefix("torch::autograd::")
        return f"<{name} object at 0x7f0000000000>"


SCALAR_FREE = {"add", "subtract", "multiply", "divide"}
"""Operators whose numbers PyTorch counts among the inputs."""


def behind(node: Eager) -> tuple[Eager, int]:
    """The node that programs see for one, and which of its results it is."""
    position = 0
    while node.op in UNSEEN or node.op is PROJECT:
        if node.op is PROJECT:
            position = node.params["index"]
        node = node.inputs[0]  # type: ignore[assignment]
    return node, position


def grad_fn(node: Eager) -> GradFn | None:
    """What `Tensor.grad_fn` gives: None for leaves."""
    inner, _ = behind(node)
    return seen(inner) if inner.op is not INPUT and gradients_flow(inner) else None


def seen(node: Eager) -> GradFn:
    """The one object by which programs see a node."""
    more = extra(node)
    if more.seen is None:
        own = getattr(node.op, "display", None) is not None
        name = display_name(node).removeprefix("torch::autograd::")
        kind = shown_type(GradFn, name, "torch.autograd.function" if own else "builtins")
        more.seen = kind(node)
    return more.seen  # type: ignore[no-any-return]
