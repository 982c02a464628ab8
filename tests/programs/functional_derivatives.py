# torch.autograd.functional: jacobian, hessian, vjp, jvp, vhp, hvp
import torch
from torch.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp


def exp_reducer(x):
    return x.exp().sum(dim=1)


def adder(x, y):
    return 2 * x + 3 * y


def pow_reducer(x):
    return x.pow(3).sum()


x = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
print(jacobian(exp_reducer, x))
print(jacobian(exp_reducer, x, create_graph=True).requires_grad)
a, b = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
print(jacobian(adder, (a, b)))
print(hessian(pow_reducer, a))
print(hessian(lambda p, q: (p * q**2).sum(), (a, b)))
print(vjp(exp_reducer, x, torch.tensor([1.0, 2.0])))
print(jvp(exp_reducer, x, torch.ones(2, 2)))
print(vhp(pow_reducer, a, torch.tensor([1.0, -1.0])))
print(hvp(pow_reducer, a, torch.tensor([1.0, -1.0])))
print(vjp(adder, (a, b), torch.ones(2)))
try:
    hessian(exp_reducer, x)
except RuntimeError as e:
    print(e)
try:
    vjp(exp_reducer, x)
except RuntimeError as e:
    print(e)
print(jacobian(lambda t: torch.zeros(2), a))
try:
    jacobian(lambda t: torch.zeros(2), a, strict=True)
except RuntimeError as e:
    print(e)
print(jacobian(torch.sin, a, vectorize=True))
print(jacobian(torch.sin, a, vectorize=True, strategy="forward-mode"))
