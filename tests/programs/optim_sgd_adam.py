# SGD with momentum and weight decay, and Adam, on a quadratic
import torch
from torch import optim


def run(name, make):
    p = torch.tensor([3.0, -2.0], requires_grad=True)
    opt = make([p])
    for k in range(50):
        opt.zero_grad()
        loss = (p[0] - 1) ** 2 + 10 * (p[1] + 0.5) ** 2
        loss.backward()
        opt.step()
        if k in (0, 1, 9, 49):
            print(f"{name:10} {k:2d} {loss.item():9.3f}", p.detach())


run("sgd", lambda ps: optim.SGD(ps, lr=0.04))
run("momentum", lambda ps: optim.SGD(ps, lr=0.01, momentum=0.8))
run("nesterov", lambda ps: optim.SGD(ps, lr=0.01, momentum=0.8, nesterov=True))
run("decay", lambda ps: optim.SGD(ps, lr=0.04, weight_decay=0.1))
run("adam", lambda ps: optim.Adam(ps, lr=0.1))
run("adam betas", lambda ps: optim.Adam(ps, lr=0.1, betas=(0.5, 0.9), weight_decay=0.01))

w = torch.ones(2, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
opt = optim.SGD([{"params": [w]}, {"params": [b], "lr": 1.0}], lr=0.1)
(w.sum() + b.sum()).backward()
opt.step()
print(w, b)
print([group["lr"] for group in opt.param_groups])
for group in opt.param_groups:
    group["lr"] *= 0.5
opt.step()
print(w, b)


def closure():
    opt.zero_grad()
    loss = (w**2).sum() + (b**2).sum()
    loss.backward()
    return loss


print(opt.step(closure))
print(w.grad)
