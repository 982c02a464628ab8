# Optimizers over their settings: the way of parameters, what they remember, how they print
import torch
from torch import optim

torch.set_default_dtype(torch.float64)


def run(kind, **settings):
    p = torch.tensor([3.0, -2.0], requires_grad=True)
    q = torch.nn.Parameter(torch.tensor(0.5))
    sign = -1 if settings.get("maximize") else 1
    opt = kind([p, q], **settings)
    for k in range(12):
        opt.zero_grad()
        loss = sign * ((p[0] - 1) ** 2 + 10 * (p[1] + 0.5) ** 2 + (q * p).sum().cos())
        loss.backward()
        opt.step()
        if k in (0, 1, 5, 11):
            print(
                f"{kind.__name__:8} {settings} {k:2d} {loss.item():.10f}",
                [f"{x:.10f}" for x in (*p.tolist(), q.item())],
            )
    print(opt.state_dict())


for momentum in (
    {},
    {"momentum": 0.8},
    {"momentum": 0.8, "dampening": 0.3},
    {"momentum": 0.5, "nesterov": True},
):
    for more in ({}, {"weight_decay": 0.1}, {"maximize": True}):
        run(optim.SGD, lr=0.01, **momentum, **more)
for kind in (optim.Adam, optim.AdamW):
    for more in (
        {},
        {"amsgrad": True},
        {"weight_decay": 0.3},
        {"maximize": True},
        {"betas": (0.5, 0.7), "eps": 0.1},
    ):
        run(kind, lr=0.1, **more)
run(optim.Adam, lr=0.1, weight_decay=0.3, decoupled_weight_decay=True)
for kind in (
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.Adagrad,
    optim.Adadelta,
    optim.RMSprop,
    optim.Rprop,
    optim.ASGD,
):
    run(kind)
    if kind is not optim.ASGD:
        run(kind, lr=0.2, maximize=True)
    if kind is not optim.Rprop:
        run(kind, weight_decay=0.2)
run(optim.NAdam, weight_decay=0.2, decoupled_weight_decay=True, momentum_decay=0.1)
run(optim.RAdam, weight_decay=0.2, decoupled_weight_decay=True, betas=(0.8, 0.9))
run(optim.Adagrad, lr=0.5, lr_decay=0.1, initial_accumulator_value=0.2)
run(optim.RMSprop, lr=0.05, momentum=0.6)
run(optim.RMSprop, lr=0.05, momentum=0.6, centered=True, alpha=0.8)
run(optim.RMSprop, centered=True)
run(optim.Rprop, lr=0.1, etas=(0.3, 1.5), step_sizes=(1e-3, 0.3))
run(optim.ASGD, lr=0.02, lambd=0.1, t0=3.0, alpha=0.5)
run(optim.Adadelta, lr=5.0, rho=0.5)

p = torch.nn.Parameter(torch.ones(2))
for kind in (
    optim.SGD,
    optim.Adam,
    optim.AdamW,
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.Adagrad,
    optim.Adadelta,
    optim.RMSprop,
    optim.Rprop,
    optim.ASGD,
    optim.LBFGS,
):
    print(kind([p]))
for wrong in (
    lambda: optim.SGD([p], lr=-1),
    lambda: optim.SGD([p], momentum=-1),
    lambda: optim.SGD([p], nesterov=True),
    lambda: optim.Adam([p], betas=(1.0, 0.9)),
    lambda: optim.Adam([p], eps=-1.0),
    lambda: optim.Adam([p], weight_decay=-1),
    lambda: optim.Adadelta([p], rho=1.5),
    lambda: optim.RMSprop([p], alpha=-0.1),
    lambda: optim.Rprop([p], etas=(1.5, 1.2)),
    lambda: optim.NAdam([p], momentum_decay=-1),
    lambda: optim.Adagrad([p], lr_decay=-1),
    lambda: optim.Adagrad([p], initial_accumulator_value=-1),
    lambda: optim.SGD([]),
    lambda: optim.SGD(p),
    lambda: optim.SGD([1.0]),
    lambda: optim.SGD([p * 2]),
    lambda: optim.SGD([p], foo=1),
    lambda: optim.SGD(),
    lambda: optim.LBFGS([p], line_search_fn="x"),
    lambda: optim.LBFGS([{"params": [p]}, {"params": [torch.nn.Parameter(torch.ones(1))]}]),
    lambda: optim.SGD([{"params": [p]}, {"params": [p]}]),
):
    try:
        wrong()
    except (ValueError, TypeError, RuntimeError) as error:
        print(type(error).__name__, error)
