"""The layers of transformers, and stacks of them."""

from __future__ import annotations

import copy
import math
from typing import Any

from diffcli.eager.functions import functional, resolved
from diffcli.eager.nn.attention import MultiheadAttention
from diffcli.eager.nn.containers import ModuleList
from diffcli.eager.nn.layers import Linear
from diffcli.eager.nn.module import Module
from diffcli.eager.nn.norms import LayerNorm
from diffcli.eager.nn.parameter import Parameter, constant
from diffcli.eager.nn.table import APPLIED
from diffcli.eager.tensor import Tensor


class Block(Module):
    """Attention and a network of two layers, each added to what it is given and normalised."""

    norms = 2

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(activation, str) and activation not in ("relu", "gelu"):
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        options = {"bias": bias, "batch_first": batch_first, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, **options)
        if self.norms == 3:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, **options)
        self.linear1 = Linear(d_model, dim_feedforward, bias, None, dtype)
        self.dropout = APPLIED["Dropout"](dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, None, dtype)
        self.norm_first = norm_first
        for k in range(1, self.norms + 1):
            setattr(self, f"norm{k}", LayerNorm(d_model, layer_norm_eps, True, bias, None, dtype))
        for k in range(1, self.norms + 1):
            setattr(self, f"dropout{k}", APPLIED["Dropout"](dropout))
        self.activation = functional(activation) if isinstance(activation, str) else activation

    def _added(self, x: Any, place: int, part: Any) -> Any:
        """x and what a part makes of it, normalised before the part or after the sum."""
        norm, drop = getattr(self, f"norm{place}"), getattr(self, f"dropout{place}")
        return x + drop(part(norm(x))) if self.norm_first else norm(x + drop(part(x)))

    def _network(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(Block):
    """Self-attention, then a network."""

    def forward(
        self,
        src: Any,
        src_mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool = False,
    ) -> Any:
        """One layer."""
        masks = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask}
        x = self._added(src, 1, lambda y: self.self_attn(y, y, y, need_weights=False, **masks)[0])
        return self._added(x, 2, self._network)


class TransformerDecoderLayer(Block):
    """Self-attention, attention to what an encoder found, then a network."""

    norms = 3

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """One layer."""
        own = {"attn_mask": tgt_mask, "key_padding_mask": tgt_key_padding_mask}
        other = {"attn_mask": memory_mask, "key_padding_mask": memory_key_padding_mask}
        options: dict[str, Any] = {"need_weights": False}
        x = self._added(tgt, 1, lambda y: self.self_attn(y, y, y, **options, **own)[0])
        x = self._added(
            x, 2, lambda y: self.multihead_attn(y, memory, memory, **options, **other)[0]
        )
        return self._added(x, 3, self._network)


class Stack(Module):
    """Copies of a layer one after the other, and a norm at the end."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copied(layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def _run(self, x: Any, *others: Any, **masks: Any) -> Any:
        for layer in self.layers:
            x = layer(x, *others, **masks)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(Stack):
    """A stack of encoder layers."""

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """All layers."""
        return self._run(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask)


class TransformerDecoder(Stack):
    """A stack of decoder layers."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(self, tgt: Any, memory: Any, **masks: Any) -> Any:
        """All layers."""
        return self._run(tgt, memory, **masks)


class Transformer(Module):
    """A stack of encoder layers, and one of decoder layers that attend to it."""

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Any = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps)
        options = (batch_first, norm_first, bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, True, bias, None, dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*sizes, *options), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*sizes, *options), num_decoder_layers, norm()
        )
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
    ) -> Any:
        """What the decoder makes of a target, given a source."""
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
        )

    @classmethod
    def generate_square_subsequent_mask(cls, sz: int, device: Any = None, dtype: Any = None) -> Any:
        """-inf above the diagonal: no time sees a later one."""
        return resolved("triu")(constant((sz, sz), -math.inf, dtype), 1)


def copied(module: Module) -> Module:
    """A module of the same kind with parameters and buffers of its own."""
    made = copy.copy(module)
    for name, x in list(made.__dict__.items()):
        if isinstance(x, Module):
            made.__dict__[name] = copied(x)
        elif isinstance(x, Parameter):
            made.__dict__[name] = Parameter(resolved("clone")(resolved("detach")(x)))
        elif isinstance(x, Tensor):
            made.__dict__[name] = resolved("clone")(x)
        elif isinstance(x, dict):
            made.__dict__[name] = dict(x)
    return made


TRANSFORMERS = (
    TransformerEncoderLayer,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerDecoder,
    Transformer,
)
