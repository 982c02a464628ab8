"""The paths of types that programs see: those of PyTorch's own."""

from __future__ import annotations

from typing import Any

from diffcli.eager import forward_ad, graph, methods, modes, optim, sampling, saved
from diffcli.eager.attributes import Size
from diffcli.eager.custom import Function
from diffcli.eager.devices import Device
from diffcli.eager.grad_fn import GradFn
from diffcli.eager.nn import LAYERS
from diffcli.eager.nn.module import Module
from diffcli.eager.nn.parameter import Parameter
from diffcli.eager.tensor import Tensor
from diffcli.eager.types import TorchType

NN = {
    "activation": "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU "
    "LogSigmoid LogSoftmax Mish MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid "
    "Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d",
    "channelshuffle": "ChannelShuffle",
    "container": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d",
    "linear": "Bilinear Identity Linear",
    "loss": "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss "
    "GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss "
    "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss PoissonNLLLoss "
    "SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss",
    "normalization": "GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d "
    "ConstantPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d "
    "ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d",
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d "
    "AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d "
    "MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d",
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNCell",
    "sparse": "Embedding EmbeddingBag",
    "transformer": "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder "
    "TransformerEncoderLayer",
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}
"""Modules of `torch.nn.modules` -> the layers that they define."""

PATHS: dict[Any, str] = {
    Tensor: "torch.Tensor",
    Size: "torch.Size",
    TorchType: "torch.dtype",
    Device: "torch.device",
    sampling.Generator: "torch._C.Generator",
    Parameter: "torch.nn.parameter.Parameter",
    Module: "torch.nn.modules.module.Module",
    Function: "torch.autograd.function.Function",
    GradFn: "torch.autograd.graph.Node",
    graph.GradientEdge: "torch.autograd.graph.GradientEdge",
    saved.SavedTensorsHooks: "torch.autograd.graph.saved_tensors_hooks",
    saved.SaveOnCpu: "torch.autograd.graph.save_on_cpu",
    methods.Handle: "torch.utils.hooks.RemovableHandle",
    forward_ad.DualLevel: "torch.autograd.forward_ad.dual_level",
    modes.NoGrad: "torch.autograd.grad_mode.no_grad",
    modes.EnableGrad: "torch.autograd.grad_mode.enable_grad",
    modes.SetGradEnabled: "torch.autograd.grad_mode.set_grad_enabled",
    modes.InferenceMode: "torch.autograd.grad_mode.inference_mode",
    modes.DetectAnomaly: "torch.autograd.anomaly_mode.detect_anomaly",
    modes.SetDetectAnomaly: "torch.autograd.anomaly_mode.set_detect_anomaly",
    **{
        LAYERS[name]: f"torch.nn.modules.{module}.{name}"
        for module, names in NN.items()
        for name in names.split()
    },
    **{kind: f"torch.optim.lr_scheduler.{name}" for name, kind in optim.SCHEDULERS.items()},
}
"""Types that have another path here than in PyTorch."""


def show_paths() -> None:
    """Give the types their paths."""
    optimizers = {k: f"torch.optim.{n.lower()}.{n}" for n, k in optim.OPTIMIZERS.items()}
    for kind, path in {**optimizers, **PATHS}.items():
        kind.__module__, _, kind.__name__ = path.rpartition(".")
        kind.__qualname__ = kind.__name__
