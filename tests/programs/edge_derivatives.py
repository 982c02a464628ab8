# Derivatives at the edges: kinks, infinities and nan
import torch

cases = {
    "abs(0)": (torch.abs, 0.0), "relu(0)": (torch.relu, 0.0), "sqrt(0)": (torch.sqrt, 0.0),
    "log(0)": (torch.log, 0.0), "1/0": (lambda t: 1 / t, 0.0), "0**0.5": (lambda t: t**0.5, 0.0),
    "0**0": (lambda t: t**0, 0.0), "0**2": (lambda t: t**2, 0.0), "asin(1)": (torch.asin, 1.0),
    "clamp": (lambda t: t.clamp(0, 1), 1.0), "sign": (torch.sign, 0.0), "log(-1)": (torch.log, -1.0),
    "max tie": (lambda t: torch.max(t, torch.tensor(1.0)), 1.0), "norm(0)": (lambda t: t.norm(), 0.0),
    "floor": (torch.floor, 1.0), "exp(100)": (torch.exp, 100.0), "inf-inf": (lambda t: t * float("inf") - t * float("inf"), 1.0),
    "where": (lambda t: torch.where(t > 0, t.sqrt(), t * 0), 0.0), "sinc(0)": (torch.sinc, 0.0),
    "atanh(1)": (torch.atanh, 1.0), "softplus": (torch.nn.functional.softplus, 50.0),
    "logsigmoid": (torch.nn.functional.logsigmoid, -200.0), "sigmoid": (torch.sigmoid, 200.0),
    "xlogy": (lambda t: torch.xlogy(t, torch.tensor(0.0)), 0.0), "lgamma": (torch.lgamma, 0.0),
}
for name, (f, at) in cases.items():
    x = torch.tensor(at, requires_grad=True)
    y = f(x)
    y.backward()
    print(f"{name:10}", y.detach(), x.grad)

x = torch.tensor([1.0, 1.0, 0.0], requires_grad=True)
for f in (torch.max, torch.amax, torch.median, torch.prod, torch.norm, torch.cumprod):
    x.grad = None
    y = f(x, 0) if f is torch.cumprod else f(x)
    y.sum().backward()
    print(f.__name__, x.grad)
x = torch.tensor([2.0, 0.0, 0.0], requires_grad=True)
x.prod().backward()
print(x.grad)
y = torch.tensor([0.0, 1.0], requires_grad=True)
z = torch.where(y == 0, torch.zeros(2), 1 / y)
z.sum().backward()
print(z, y.grad)
