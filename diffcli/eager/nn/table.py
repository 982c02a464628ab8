"""The layers and losses that call one function, one row each."""

from __future__ import annotations

from typing import Any

from diffcli.eager.nn.applied import (
    Applied,
    Bilinear2d,
    Distance,
    Dropping,
    Nearest,
    Padding,
    PairwiseDistance,
    Pooling,
    Resizing,
    Sloped,
    SpacedPooling,
    Weighted,
)


def _made(base: type[Applied], name: str, function: str, shown: str = "", **own: Any) -> type:
    members = {"function": function, "__module__": __name__, **own}
    if shown:
        members["shown"] = shown
    return type(name, (base,), members)


_POOL = "kernel_size={kernel_size}, stride={stride}, padding={padding}"
_MAX_POOL = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"
_LP_POOL = "norm_type={norm_type}, kernel_size={kernel_size}, stride={stride}, "
_WINDOWS = "kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}"

_LAYERS = [
    _made(Applied, "ReLU", "relu"),
    _made(Applied, "ReLU6", "relu6"),
    _made(Applied, "Sigmoid", "sigmoid"),
    _made(Applied, "Tanh", "tanh"),
    _made(Applied, "SiLU", "silu"),
    _made(Applied, "Mish", "mish"),
    _made(Applied, "LogSigmoid", "logsigmoid"),
    _made(Applied, "Softsign", "softsign"),
    _made(Applied, "Tanhshrink", "tanhshrink"),
    _made(Applied, "Hardsigmoid", "hardsigmoid"),
    _made(Applied, "Hardswish", "hardswish"),
    _made(Applied, "GELU", "gelu", "approximate={approximate!r}", settings="approximate='none'"),
    _made(Applied, "ELU", "elu", "alpha={alpha}"),
    _made(Applied, "CELU", "celu", "alpha={alpha}"),
    _made(Applied, "SELU", "selu"),
    _made(Applied, "LeakyReLU", "leaky_relu", "negative_slope={negative_slope}"),
    _made(Applied, "Threshold", "threshold", "threshold={threshold}, value={value}"),
    _made(Sloped, "RReLU", "rrelu", "lower={lower}, upper={upper}"),
    _made(Applied, "Softplus", "softplus", "beta={beta}, threshold={threshold}"),
    _made(Applied, "Softshrink", "softshrink", "{lambd}"),
    _made(Applied, "Hardshrink", "hardshrink", "{lambd}"),
    _made(Applied, "Hardtanh", "hardtanh", "min_val={min_val}, max_val={max_val}"),
    _made(Applied, "Softmax", "softmax", "dim={dim}"),
    _made(Applied, "LogSoftmax", "log_softmax", "dim={dim}"),
    _made(Applied, "Softmin", "softmin", "dim={dim}"),
    _made(Applied, "Softmax2d", "softmax2d"),
    _made(Applied, "GLU", "glu", "dim={dim}"),
    _made(Dropping, "Dropout", "dropout"),
    *(_made(Dropping, f"Dropout{n}d", f"dropout{n}d") for n in (1, 2, 3)),
    _made(Dropping, "AlphaDropout", "alpha_dropout"),
    _made(Dropping, "FeatureAlphaDropout", "feature_alpha_dropout"),
    *(
        _made(
            Pooling,
            f"MaxPool{n}d",
            f"max_pool{n}d",
            _POOL + ", dilation={dilation}, ceil_mode={ceil_mode}",
            settings=_MAX_POOL,
        )
        for n in (1, 2, 3)
    ),
    _made(SpacedPooling, "AvgPool1d", "avg_pool1d", _POOL),
    *(_made(Pooling, f"AvgPool{n}d", f"avg_pool{n}d", _POOL) for n in (2, 3)),
    *(
        _made(Applied, f"Adaptive{how}Pool{n}d", f"adaptive_{how.lower()}_pool{n}d", size)
        for size in ["output_size={output_size}"]
        for how in ("Avg", "Max")
        for n in (1, 2, 3)
    ),
    *(
        _made(Applied, f"LPPool{n}d", f"lp_pool{n}d", _LP_POOL + "ceil_mode={ceil_mode}")
        for n in (1, 2, 3)
    ),
    *(
        _made(
            SpacedPooling,
            f"MaxUnpool{n}d",
            f"max_unpool{n}d",
            _POOL,
            operands=2,
            settings="kernel_size, stride=None, padding=0",
        )
        for n in (1, 2, 3)
    ),
    *(
        _made(Padding, f"{name}Pad{n}d", "pad", mode=mode)
        for name, mode in (
            ("Zero", "constant"),
            ("Reflection", "reflect"),
            ("Replication", "replicate"),
            ("Circular", "circular"),
        )
        for n in (1, 2, 3)
    ),
    *(
        _made(
            Padding,
            f"ConstantPad{n}d",
            "pad",
            "padding={padding}, value={value}",
            settings="padding, value",
        )
        for n in (1, 2, 3)
    ),
    _made(Resizing, "Upsample", "interpolate"),
    _made(Nearest, "UpsamplingNearest2d", "interpolate", settings="size=None, scale_factor=None"),
    _made(
        Bilinear2d, "UpsamplingBilinear2d", "interpolate", settings="size=None, scale_factor=None"
    ),
    _made(Applied, "PixelShuffle", "pixel_shuffle", "upscale_factor={upscale_factor}"),
    _made(Applied, "PixelUnshuffle", "pixel_unshuffle", "downscale_factor={downscale_factor}"),
    _made(Applied, "ChannelShuffle", "channel_shuffle", "groups={groups}"),
    _made(Applied, "Unfold", "unfold", _WINDOWS),
    _made(Applied, "Fold", "fold", "output_size={output_size}, " + _WINDOWS),
    _made(
        Applied,
        "Flatten",
        "flatten",
        "start_dim={start_dim}, end_dim={end_dim}",
        settings="start_dim=1, end_dim=-1",
    ),
    _made(
        Applied,
        "Unflatten",
        "unflatten",
        "dim={dim}, unflattened_size={unflattened_size}",
        settings="dim, unflattened_size",
        given=lambda self: {"dim": self.dim, "sizes": self.unflattened_size},
    ),
    _made(
        Applied,
        "LocalResponseNorm",
        "local_response_norm",
        "{size}, alpha={alpha}, beta={beta}, k={k}",
    ),
    _made(Applied, "CosineSimilarity", "cosine_similarity", operands=2),
    PairwiseDistance,
]

_LOSSES = {
    # name: function, operands
    "MSELoss": ("mse_loss", 2),
    "L1Loss": ("l1_loss", 2),
    "SmoothL1Loss": ("smooth_l1_loss", 2),
    "HuberLoss": ("huber_loss", 2),
    "KLDivLoss": ("kl_div", 2),
    "PoissonNLLLoss": ("poisson_nll_loss", 2),
    "GaussianNLLLoss": ("gaussian_nll_loss", 3),
    "HingeEmbeddingLoss": ("hinge_embedding_loss", 2),
    "MultiLabelMarginLoss": ("multilabel_margin_loss", 2),
    "SoftMarginLoss": ("soft_margin_loss", 2),
    "CosineEmbeddingLoss": ("cosine_embedding_loss", 3),
    "MarginRankingLoss": ("margin_ranking_loss", 3),
    "TripletMarginLoss": ("triplet_margin_loss", 3),
    "CTCLoss": ("ctc_loss", 4),
}

_WEIGHTED = {
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "MultiMarginLoss": "multi_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
}

_LAYERS += [_made(Applied, name, f, operands=n) for name, (f, n) in _LOSSES.items()]
_LAYERS += [_made(Weighted, name, f, operands=2) for name, f in _WEIGHTED.items()]
_LAYERS.append(
    _made(
        Distance, "TripletMarginWithDistanceLoss", "triplet_margin_with_distance_loss", operands=3
    )
)

APPLIED: dict[str, Any] = {layer.__name__: layer for layer in _LAYERS}
"""The layers by name."""
