"""`torch.nn`: layers and losses as modules over the functions of the same meaning."""

from __future__ import annotations

from diffcli.tensor.nn.attention import MultiheadAttention, NonDynamicallyQuantizableLinear
from diffcli.tensor.nn.containers import CONTAINERS
from diffcli.tensor.nn.convolutions import CONVOLUTIONS
from diffcli.tensor.nn.layers import LAYERS as PARAMETRIC
from diffcli.tensor.nn.norms import NORMS
from diffcli.tensor.nn.recurrent import RECURRENT
from diffcli.tensor.nn.table import APPLIED
from diffcli.tensor.nn.transformers import TRANSFORMERS

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
