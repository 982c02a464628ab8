# Learning rates from epoch to epoch
import warnings

import torch
from torch import nn, optim
from torch.optim import lr_scheduler as s

warnings.simplefilter("ignore")
p, q = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))


def follow(name, make, n=14, groups=False, kind=optim.SGD, **settings):
    opt = kind([{"params": [p], "lr": 0.5}, {"params": [q]}] if groups else [p], lr=0.1, **settings)
    try:
        scheduler = make(opt)
    except (ValueError, TypeError) as error:
        print(name, type(error).__name__, error)
        return
    print(name, getattr(scheduler, "last_epoch", None), scheduler.get_last_lr())
    for k in range(n):
        opt.step()
        scheduler.step()
        rates = [g["lr"] for g in opt.param_groups]
        extra = opt.param_groups[0].get("momentum", opt.param_groups[0].get("betas"))
        print(" ", k, scheduler.get_last_lr(), rates == scheduler.get_last_lr(), extra)


follow("step", lambda o: s.StepLR(o, step_size=3, gamma=0.5), groups=True)
follow("multistep", lambda o: s.MultiStepLR(o, milestones=[2, 5, 5], gamma=0.1), 7)
follow("constant", lambda o: s.ConstantLR(o, factor=0.5, total_iters=3), 5)
follow("linear", lambda o: s.LinearLR(o, start_factor=0.3, total_iters=4), 6)
follow("linear", lambda o: s.LinearLR(o, 1.0, 0.1, 5), 7)
follow("exponential", lambda o: s.ExponentialLR(o, gamma=0.9), 5)
follow("polynomial", lambda o: s.PolynomialLR(o, total_iters=4, power=2.0), 6)
follow("lambda", lambda o: s.LambdaLR(o, lr_lambda=lambda e: 0.95**e), 4)
follow("lambdas", lambda o: s.LambdaLR(o, [lambda e: 1 / (e + 1), lambda e: 0.5]), 4, groups=True)
follow("multiplicative", lambda o: s.MultiplicativeLR(o, lambda e: 0.9), 4)
follow("cosine", lambda o: s.CosineAnnealingLR(o, T_max=5, eta_min=0.01), 14)
follow("restarts", lambda o: s.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.001), 12)
follow("cyclic", lambda o: s.CyclicLR(o, 0.01, 0.1, step_size_up=3), 9, momentum=0.9)
follow(
    "cyclic2",
    lambda o: s.CyclicLR(o, 0.01, 0.1, 2, 3, mode="triangular2", cycle_momentum=False),
    12,
)
follow(
    "cyclic3",
    lambda o: s.CyclicLR(o, 0.01, 0.1, 2, mode="exp_range", gamma=0.9, cycle_momentum=False),
    9,
)
follow("onecycle", lambda o: s.OneCycleLR(o, max_lr=0.5, total_steps=10), 9, momentum=0.9)
follow(
    "onecycle adam",
    lambda o: s.OneCycleLR(o, 0.5, epochs=2, steps_per_epoch=5, anneal_strategy="linear"),
    9,
    kind=optim.Adam,
)
follow(
    "onecycle 3",
    lambda o: s.OneCycleLR(o, 0.5, total_steps=12, three_phase=True, pct_start=0.4),
    11,
    momentum=0.9,
)
follow(
    "sequential",
    lambda o: s.SequentialLR(o, [s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)], milestones=[2]),
    6,
)
follow(
    "warmup cosine",
    lambda o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=3), s.CosineAnnealingLR(o, 5)], [3]
    ),
    9,
)
follow(
    "chained", lambda o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9)]), 5
)
follow("wrong", lambda o: s.CyclicLR(o, 0.01, 0.1), kind=optim.Adadelta)
follow("wrong", lambda o: s.OneCycleLR(o, 0.1))
follow("wrong", lambda o: s.LambdaLR(o, [lambda e: 1, lambda e: 2]))
follow("wrong", lambda o: s.ConstantLR(o, 2.0))
follow("wrong", lambda o: s.StepLR([p], 2))

opt = optim.SGD([p], lr=0.1)
plateau = s.ReduceLROnPlateau(opt, factor=0.5, patience=1, cooldown=1, min_lr=0.01)
for loss in (1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.85, 0.9, 0.9, 0.9, 0.9, 0.9):
    plateau.step(loss)
    print(loss, opt.param_groups[0]["lr"], plateau.num_bad_epochs, plateau.best)
plateau = s.ReduceLROnPlateau(opt, mode="max", threshold=0.1, threshold_mode="abs", patience=0)
for score in (torch.tensor(0.5), 0.55, 0.7, 0.75):
    plateau.step(score)
    print(plateau.get_last_lr())


class Halving(s.LRScheduler):
    def get_lr(self):
        return [base * 0.5**self.last_epoch for base in self.base_lrs]


opt = optim.SGD([p], lr=0.1)
scheduler = Halving(opt)
for _ in range(3):
    opt.step()
    scheduler.step()
    print(scheduler.get_last_lr(), scheduler.last_epoch)
opt = optim.SGD([p], lr=0.1)
scheduler = s.StepLR(opt, 2)
opt.step()
scheduler.step()
state = scheduler.state_dict()
print(state["last_epoch"], state["step_size"], state["gamma"], state["base_lrs"], state["_last_lr"])
other = s.StepLR(optim.SGD([p], lr=0.3), 5)
other.load_state_dict(state)
print(other.step_size, other.last_epoch, scheduler.base_lrs)
