"""`torch.nn`: layers and losses as modules over the functions of the same meaning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from diffcli.tensor.eager import leaf
from diffcli.tensor.functions import resolved
from diffcli.tensor.module import Module, Parameter
from diffcli.tensor.promotion import DEFAULT
from diffcli.tensor.sampling import uniform
from diffcli.tensor.tensor import Tensor, wrap


def parameter(shape: tuple[int, ...], bound: float, dtype: Any = None) -> Parameter:
    """A parameter drawn evenly between -bound and bound."""
    kind = DEFAULT.real if dtype is None else dtype.numpy
    return Parameter(wrap(leaf(uniform(shape, -bound, bound).astype(kind))))


class Linear(Module):
    """x @ weight.T + bias."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        bound = 1 / math.sqrt(in_features) if in_features else 0.0
        self.weight = parameter((out_features, in_features), bound, dtype)
        self.bias = parameter((out_features,), bound, dtype) if bias else None

    def forward(self, input: Tensor) -> Any:
        """Apply the layer to the last axis."""
        return resolved("linear")(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Embedding(Module):
    """Rows of a table by their numbers."""

    def __init__(self, num_embeddings: int, embedding_dim: int) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.weight = parameter((num_embeddings, embedding_dim), 1.0)

    def forward(self, input: Tensor) -> Any:
        """The rows."""
        return resolved("embedding")(input, self.weight)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}"


class LayerNorm(Module):
    """Mean 0 and variance 1 over the last axes, then scaled and shifted."""

    def __init__(self, normalized_shape: Any, eps: float = 1e-5) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        self.normalized_shape, self.eps = tuple(shape), eps
        self.weight = Parameter(wrap(leaf(np.ones(shape, DEFAULT.real))))
        self.bias = Parameter(wrap(leaf(np.zeros(shape, DEFAULT.real))))

    def forward(self, input: Tensor) -> Any:
        """Normalise."""
        shape = self.normalized_shape
        return resolved("layer_norm")(input, shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine=True"


class Dropout(Module):
    """Elements set to 0 at random while training, the others scaled up."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p

    def forward(self, input: Tensor) -> Any:
        """Drop."""
        return resolved("dropout")(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Settings."""
        return f"p={self.p}, inplace=False"


class Flatten(Module):
    """Axes made one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Any:
        """Flatten."""
        return resolved("flatten")(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Settings."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Identity(Module):
    """The argument itself."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The argument."""
        return input


# ----- containers ---------------------------------------------------------------------------------


class _Numbered(Module):
    """Items under the names 0, 1, ..."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__()
        for item in items:
            self.append(item)

    def _items(self) -> list[Any]:
        return [x for name, x in self.members() if name.isdigit()]

    def append(self, item: Any) -> Any:
        """Add one at the end."""
        self.__dict__[str(len(self._items()))] = item
        return self

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, index: Any) -> Any:
        found = self._items()[index]
        return type(self)(found) if isinstance(index, slice) else found


class Sequential(_Numbered):
    """Modules one after the other."""

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            for module in modules:
                self.append(module)

    def _items(self) -> list[Any]:
        return list(self.children())

    def __getitem__(self, index: Any) -> Any:
        found = self._items()[index]
        return Sequential(*found) if isinstance(index, slice) else found

    def forward(self, input: Any) -> Any:
        """Each module on the result of the one before."""
        for module in self.children():
            input = module(input)
        return input


class ModuleList(_Numbered):
    """A list of modules whose parameters count."""


class ParameterList(_Numbered):
    """A list of parameters."""

    def append(self, item: Any) -> Any:
        """Add a tensor, made a parameter if it is none."""
        return super().append(item if isinstance(item, Parameter) else Parameter(item))


# ----- functions as modules -----------------------------------------------------------------------


def _settings(names: str) -> tuple[list[str], list[Any]]:
    pairs = [part.split("=") for part in names.split()]
    values = {"True": True, "False": False, "None": None}
    return [name for name, _ in pairs], [
        values[v] if v in values else v if v.isalpha() else float(v) if "." in v else int(v)
        for _, v in pairs
    ]


def _made(name: str, function: str, doc: str, settings: str = "", operands: int = 1) -> type:
    """A module that calls a function with settings of its own, printed as PyTorch prints it."""
    keys, defaults = _settings(settings)
    shown = [k for k in keys if k not in ("reduction", "ignore_index", "weight")]

    def __init__(self: Any, *args: Any, **keywords: Any) -> None:
        Module.__init__(self)
        unknown = set(keywords) - set(keys) - {"inplace", "size_average", "reduce"}
        if unknown or len(args) > len(keys):
            word = min(unknown) if unknown else args[len(keys)]
            raise TypeError(f"{name}.__init__() got an unexpected argument '{word}'")
        given = dict(zip(keys, defaults, strict=True)) | dict(zip(keys, args, strict=False))
        for key, value in (given | {k: v for k, v in keywords.items() if k in keys}).items():
            self.__dict__[key] = value

    def forward(self: Any, *inputs: Any) -> Any:
        given = {key: self.__dict__[key] for key in keys}
        return resolved(function)(*inputs[:operands], **given)

    def extra_repr(self: Any) -> str:
        if operands > 1:
            return ""
        return ", ".join(f"{key}={self.__dict__[key]}" for key in shown)

    members = {
        "__init__": __init__,
        "forward": forward,
        "extra_repr": extra_repr,
        "__doc__": doc,
        "__module__": __name__,
    }
    return type(name, (Module,), members)


LAYERS: dict[str, type] = {
    made.__name__: made
    for made in (
        Linear,
        Embedding,
        LayerNorm,
        Dropout,
        Flatten,
        Identity,
        Sequential,
        ModuleList,
        ParameterList,
        _made("ReLU", "relu", "max(x, 0)."),
        _made("ReLU6", "relu6", "min(max(x, 0), 6)."),
        _made("Sigmoid", "sigmoid", "1/(1 + exp(-x))."),
        _made("Tanh", "tanh", "Hyperbolic tangent."),
        _made("SiLU", "silu", "x*sigmoid(x)."),
        _made("Mish", "mish", "x*tanh(softplus(x))."),
        _made("LogSigmoid", "logsigmoid", "log(sigmoid(x))."),
        _made("Softsign", "softsign", "x/(1 + abs(x))."),
        _made("Tanhshrink", "tanhshrink", "x - tanh(x)."),
        _made("Hardsigmoid", "hardsigmoid", "A piecewise linear sigmoid."),
        _made("Hardswish", "hardswish", "x times the piecewise linear sigmoid."),
        _made("GELU", "gelu", "x times the normal distribution.", "approximate=none"),
        _made("ELU", "elu", "Exponential linear unit.", "alpha=1.0"),
        _made("CELU", "celu", "Smooth exponential linear unit.", "alpha=1.0"),
        _made("SELU", "selu", "Scaled exponential linear unit."),
        _made("LeakyReLU", "leaky_relu", "A small slope below 0.", "negative_slope=0.01"),
        _made("Softplus", "softplus", "log(1 + exp(x)).", "beta=1.0 threshold=20.0"),
        _made("Softshrink", "softshrink", "x moved towards 0.", "lambd=0.5"),
        _made("Hardshrink", "hardshrink", "0 near 0.", "lambd=0.5"),
        _made("Hardtanh", "hardtanh", "x between bounds.", "min_val=-1.0 max_val=1.0"),
        _made("Softmax", "softmax", "exp(x)/sum(exp(x)).", "dim=None"),
        _made("LogSoftmax", "log_softmax", "log of softmax.", "dim=None"),
        _made("Softmin", "softmin", "softmax(-x).", "dim=None"),
        _made("MSELoss", "mse_loss", "Mean squared error.", "reduction=mean", 2),
        _made("L1Loss", "l1_loss", "Mean absolute error.", "reduction=mean", 2),
        _made("SmoothL1Loss", "smooth_l1_loss", "Huber's loss.", "reduction=mean beta=1.0", 2),
        _made("HuberLoss", "huber_loss", "Huber's loss.", "reduction=mean delta=1.0", 2),
        _made(
            "CrossEntropyLoss",
            "cross_entropy",
            "Negative log-likelihood of scores.",
            "weight=None ignore_index=-100 reduction=mean label_smoothing=0.0",
            2,
        ),
        _made(
            "NLLLoss",
            "nll_loss",
            "Negative log-likelihood of log-probabilities.",
            "weight=None ignore_index=-100 reduction=mean",
            2,
        ),
        _made(
            "BCELoss",
            "binary_cross_entropy",
            "Cross-entropy of probabilities.",
            "weight=None reduction=mean",
            2,
        ),
        _made(
            "BCEWithLogitsLoss",
            "binary_cross_entropy_with_logits",
            "Cross-entropy of scores.",
            "weight=None reduction=mean pos_weight=None",
            2,
        ),
        _made(
            "KLDivLoss",
            "kl_div",
            "Kullback-Leibler divergence.",
            "reduction=mean log_target=False",
            2,
        ),
    )
}
"""The layers by name."""
