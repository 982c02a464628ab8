# Functions whose backward can be differentiated
import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Once(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


x = torch.tensor([1.0, 2.0], requires_grad=True)
(g,) = torch.autograd.grad(Cube.apply(x).sum(), x, create_graph=True)
print(g)
(h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
print(h)
(k,) = torch.autograd.grad(h.sum(), x)
print(k)

(g,) = torch.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
print(g.detach())
try:
    torch.autograd.grad(g.sum(), x)
except RuntimeError as e:
    print(e)
xd = x.detach().double().requires_grad_()
print(torch.autograd.gradgradcheck(Cube.apply, (xd,)))
