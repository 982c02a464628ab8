# Gradients sum over the broadcast axes
import torch

a = torch.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
b = torch.tensor([10.0, 20.0], requires_grad=True)
c = torch.tensor(0.5, requires_grad=True)
y = a * b + c
print(y)
y.backward(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
print(a.grad, b.grad, c.grad)
print(a.grad.shape, b.grad.shape, c.grad.shape)
x = torch.ones(2, 1, 3, requires_grad=True)
z = x.expand(2, 4, 3)
z.sum().backward()
print(x.grad)
x.grad = None
x.repeat(1, 2, 2).sum().backward()
print(x.grad)
p = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
outer = p[:, None] * p[None, :]
print(outer)
outer.sum().backward()
print(p.grad)
pairwise = (p[:, None] - p[None, :]).pow(2)
print(torch.autograd.grad(pairwise.triu().sum(), p))
w = torch.tensor(2, dtype=torch.float64, requires_grad=True)
v = torch.ones(3)
r = w * v
print(r.dtype)
r.sum().backward()
print(w.grad)
m = torch.zeros(2, 3)
m += torch.tensor([1.0, 2.0, 3.0])
m -= torch.tensor([[1.0], [2.0]])
print(m)
