"""Layers with parameters of their own: `Linear`, `PReLU`, `Embedding`."""

from __future__ import annotations

import math
from typing import Any

from diffcli.eager.functions import functional
from diffcli.eager.nn.module import Module, unusual
from diffcli.eager.nn.parameter import Parameter, constant, drawn
from diffcli.eager.nodes import leaf
from diffcli.eager.promotion import DEFAULT
from diffcli.eager.sampling import SOURCE
from diffcli.eager.tensor import Tensor, wrap
from diffcli.limits import check_elements


class Identity(Module):
    """The argument itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The argument."""
        return input


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
        self.weight = drawn((out_features, in_features), bound, dtype)
        self.bias = drawn((out_features,), bound, dtype) if bias else None

    def forward(self, input: Tensor) -> Any:
        """Apply the layer to the last axis."""
        return functional("linear")(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """x1 @ weight[k] @ x2 + bias[k]."""

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got {in1_features}")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        bound = 1 / math.sqrt(in1_features)
        self.weight = drawn((out_features, in1_features, in2_features), bound, dtype)
        self.bias = drawn((out_features,), bound, dtype) if bias else None

    def forward(self, input1: Tensor, input2: Tensor) -> Any:
        """Apply the layer to the last axes."""
        return functional("bilinear")(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class PReLU(Module):
    """A slope below 0 that is learned, for all or each channel."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.weight = Parameter(constant((num_parameters,), init, dtype))

    def forward(self, input: Tensor) -> Any:
        """Apply the slope."""
        return functional("prelu")(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes."""
        return f"num_parameters={self.num_parameters}"


# ----- tables -------------------------------------------------------------------------------------


class Embedding(Module):
    """Rows of a table by their numbers."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._describe(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type)
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        given = _normal((num_embeddings, embedding_dim), padding_idx, dtype)
        self.weight = Parameter(given if _weight is None else _weight, not _freeze)

    def _describe(self, count: int, size: int, padding: Any, norm: Any, kind: float) -> None:
        if padding is not None:
            if not -count <= padding < count:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding %= count
        self.num_embeddings, self.embedding_dim, self.padding_idx = count, size, padding
        self.max_norm, self.norm_type = norm, kind

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None, **options: Any
    ) -> Any:
        """A layer with the rows given, which are not trained unless `freeze` is False."""
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        options["padding_idx"] = padding_idx
        made: Any = cls
        layer = made(*embeddings.node.shape, _weight=embeddings, **options)
        layer.weight.track(not freeze)
        return layer

    def forward(self, input: Tensor) -> Any:
        """The rows."""
        return functional("embedding")(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """Sizes, and what is not as usual."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2.0}
        usual |= {"scale_grad_by_freq": False, "sparse": False}
        return text + unusual(self, usual)


class EmbeddingBag(Embedding):
    """Sums, means or maxima of rows of a table."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        Module.__init__(self)
        self._describe(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type)
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.mode, self.include_last_offset = mode, include_last_offset
        given = _normal((num_embeddings, embedding_dim), padding_idx, dtype)
        self.weight = Parameter(given if _weight is None else _weight)

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Any:
        """One row for each bag."""
        return functional("embedding_bag")(
            input,
            self.weight,
            offsets,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )

    def extra_repr(self) -> str:
        """Sizes, and what is not as usual."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        usual = {"max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        text += unusual(self, usual) + f", mode={self.mode!r}"
        return text + unusual(self, {"padding_idx": None})


def _normal(shape: tuple[int, int], empty: int | None, dtype: Any) -> Tensor:
    """Normal numbers, with a row of zeros."""
    check_elements(math.prod(shape))
    kind = DEFAULT.real if dtype is None else dtype.numpy
    values = SOURCE.generator.standard_normal(shape).astype(kind)
    if empty is not None:
        values[empty] = 0
    return wrap(leaf(values))


LAYERS = (Identity, Linear, Bilinear, PReLU, Embedding, EmbeddingBag)
