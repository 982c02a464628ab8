"""`torch.nn`: layers and losses as modules over the functions of the same meaning."""

from __future__ import annotations

from diffcli.eager.nn.attention import MultiheadAttention, NonDynamicallyQuantizableLinear
from diffcli.eager.nn.containers import CONTAINERS
from diffcli.eager.nn.convolutions import CONVOLUTIONS
from diffcli.eager.nn.layers import LAYERS as PARAMETRIC
from diffcli.eager.nn.norms import NORMS
from diffcli.eager.nn.recurrent import RECURRENT
from diffcli.eager.nn.table import APPLIED
from diffcli.eager.nn.transformers import TRANSFORMERS

LAYERS: dict[str, type] = {
    "MultiheadAttention": MultiheadAttention,
    **{
        made.__name__: made
        for kinds in (CONTAINERS, PARAMETRIC, CONVOLUTIONS, NORMS, RECURRENT, TRANSFORMERS)
        for made in kinds
    },
    **APPLIED,
}
"""The layers by name."""

MODULES = (*LAYERS.values(), NonDynamicallyQuantizableLinear)
"""All modules that a program may come across."""
