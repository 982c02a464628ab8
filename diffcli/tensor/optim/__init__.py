"""`torch.optim`: optimizers, and schedulers of their learning rates."""

from __future__ import annotations

from diffcli.tensor.optim.cycles import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    OneCycleLR,
    ReduceLROnPlateau,
)
from diffcli.tensor.optim.lbfgs import LBFGS
from diffcli.tensor.optim.optimizer import Optimizer
from diffcli.tensor.optim.rules import RULES
from diffcli.tensor.optim.schedulers import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from diffcli.tensor.optim.sequences import ChainedScheduler, SequentialLR

OPTIMIZERS: dict[str, type] = {kind.__name__: kind for kind in (Optimizer, *RULES, LBFGS)}
"""The optimizers by name."""

SCHEDULERS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        LRScheduler,
        StepLR,
        MultiStepLR,
        ConstantLR,
        LinearLR,
        ExponentialLR,
        PolynomialLR,
        LambdaLR,
        MultiplicativeLR,
        CosineAnnealingLR,
        CosineAnnealingWarmRestarts,
        SequentialLR,
        ChainedScheduler,
        CyclicLR,
        OneCycleLR,
        ReduceLROnPlateau,
    )
}
"""The schedulers by name."""
