"""Attention with several heads, and the layers of transformers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcli.eager.functions import functional, resolved
from diffcli.eager.nn.layers import Linear
from diffcli.eager.nn.module import Module
from diffcli.eager.nn.parameter import Parameter, constant, drawn
from diffcli.eager.tensor import Tensor, fresh


class NonDynamicallyQuantizableLinear(Linear):
    """A linear layer under the name that PyTorch prints for it here."""


class MultiheadAttention(Module):
    """Attention in several spaces side by side (Vaswani et al., 2017)."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if add_bias_kv or add_zero_attn:
            raise NotImplementedError("add_bias_kv and add_zero_attn are not available here")
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        if embed_dim % num_heads:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self.embed_dim, self.num_heads, self.dropout = embed_dim, num_heads, dropout
        self.head_dim, self.batch_first = embed_dim // num_heads, batch_first
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._one = self.kdim == self.vdim == embed_dim
        self._fill(bias, dtype)

    def _fill(self, bias: bool, dtype: Any) -> None:
        n = self.embed_dim
        if self._one:
            self.in_proj_weight = drawn((3 * n, n), math.sqrt(6 / (4 * n)), dtype)
        else:
            for name, size in (("q", n), ("k", self.kdim), ("v", self.vdim)):
                weight = drawn((n, size), math.sqrt(6 / (n + size)), dtype)
                setattr(self, f"{name}_proj_weight", weight)
        self.in_proj_bias = Parameter(constant((3 * n,), 0, dtype)) if bias else None
        self.out_proj = NonDynamicallyQuantizableLinear(n, n, bias, None, dtype)
        if bias:
            self.out_proj.bias = Parameter(constant((n,), 0, dtype))

    def _projected(self, *given: Any) -> list[Any]:
        """Queries, keys and values in the spaces of the heads."""
        chunk, linear = resolved("chunk"), functional("linear")
        if self._one:
            weights = chunk(self.in_proj_weight, 3)
        else:
            weights = [self.__dict__[f"{name}_proj_weight"] for name in "qkv"]
        biases = [None] * 3 if self.in_proj_bias is None else chunk(self.in_proj_bias, 3)
        return [linear(x, w, b) for x, w, b in zip(given, weights, biases, strict=True)]

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> Any:
        """The mixed values, and how they are mixed: the mean over heads unless each is asked for.

        Sequences come as (time, batch, features), or without a batch; `batch_first` swaps.
        """
        single = query.ndim == 2
        unsqueeze, transpose = resolved("unsqueeze"), resolved("transpose")
        swap = self.batch_first and not single
        given = [
            unsqueeze(x, 1) if single else transpose(x, 0, 1) if swap else x
            for x in (query, key, value)
        ]
        mask = _combined(attn_mask, key_padding_mask, given[0], self.num_heads)
        q, k, v = (self._split(x) for x in self._projected(*given))
        scores = resolved("matmul")(q * self.head_dim**-0.5, transpose(k, -2, -1))
        weights = resolved("softmax")(scores if mask is None else scores + mask, -1)
        weights = functional("dropout")(weights, self.dropout, self.training)
        mixed = resolved("permute")(resolved("matmul")(weights, v), (2, 0, 1, 3))
        out = self.out_proj(resolved("reshape")(mixed, (-1, self.embed_dim)))
        out = resolved("view")(out, given[0].node.shape)
        out = resolved("squeeze")(out, 1) if single else transpose(out, 1, 0) if swap else out
        if not need_weights:
            return out, None
        shown = resolved("view")(weights, weights.node.shape)
        shown = resolved("mean")(shown, 1) if average_attn_weights else shown
        return out, resolved("squeeze")(shown, 0) if single else shown

    def _split(self, x: Any) -> Any:
        shape = (*x.node.shape[:2], self.num_heads, self.head_dim)
        return resolved("permute")(resolved("reshape")(x, shape), (1, 2, 0, 3))


def _combined(mask: Any, padding: Any, x: Tensor, heads: int) -> Any:
    """What is added to scores: masks of truth values hide with -inf."""
    found = None
    if mask is not None:
        found = _hiding(mask, x)
        if found.ndim == 3 and found.node.shape[0] > 1:
            found = resolved("reshape")(found, (-1, heads, *found.node.shape[1:]))
    if padding is not None:
        hidden = _hiding(padding, x)
        hidden = resolved("reshape")(hidden, (-1, 1, 1, hidden.node.shape[-1]))
        found = hidden if found is None else found + hidden
    return found


def _hiding(mask: Tensor, x: Tensor) -> Any:
    if mask.node.dtype.kind != "b":
        return mask
    return fresh(np.where(np.asarray(mask.node.value), -np.inf, 0.0).astype(x.node.dtype))
