"""`torch.optim`: optimizers, and schedulers of their learning rates."""

from __future__ import annotations

from diffcli.eager.optim.cycles import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    OneCycleLR,
    ReduceLROnPlateau,
)
from diffcli.eager.optim.lbfgs import LBFGS
from diffcli.eager.optim.optimizer import Optimizer
from diffcli.eager.optim.rules import RULES
from diffcli.eager.optim.schedulers import (
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
from diffcli.eager.optim.sequences import ChainedScheduler, SequentialLR

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
