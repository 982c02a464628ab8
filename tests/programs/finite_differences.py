# Check gradients against central differences
import torch


def f(x):
    return torch.sin(x[0]) * torch.exp(-x[1] ** 2) + x[2] / (1 + x[0] ** 2)


def numerical_grad(f, x, eps=1e-6):
    g = torch.zeros_like(x)
    for i in range(x.numel()):
        old = x[i].item()
        x[i] = old + eps
        plus = f(x)
        x[i] = old - eps
        minus = f(x)
        x[i] = old
        g[i] = (plus - minus) / (2 * eps)
    return g


x = torch.tensor([0.3, -0.7, 1.9], dtype=torch.float64)
num = numerical_grad(f, x)
y = x.clone().requires_grad_()
f(y).backward()
print(num)
print(y.grad)
print((num - y.grad).abs().max().item() < 1e-8)
print(torch.autograd.gradcheck(f, (y,)))
print(torch.autograd.gradgradcheck(f, (y,)))


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x


z = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
print(torch.autograd.gradcheck(Wrong.apply, (z,), raise_exception=False))
try:
    torch.autograd.gradcheck(Wrong.apply, (z,))
except RuntimeError as e:
    print(str(e).split("\n")[0])
