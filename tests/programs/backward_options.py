# backward with gradient, retain_graph, create_graph and inputs
import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor([0.5, 0.5, 0.5], requires_grad=True)
y = (x * w) ** 2
y.backward(gradient=torch.tensor([1.0, 0.1, 0.01]), retain_graph=True)
print(x.grad, w.grad)
x.grad, w.grad = None, None
y.backward(torch.ones(3), inputs=[x], retain_graph=True)
print(x.grad, w.grad)
y.sum().backward(inputs=w)
print(x.grad, w.grad)
try:
    y.sum().backward()
except RuntimeError as e:
    print(str(e)[:55])

x.grad = None
z = (x**3).sum()
(g,) = torch.autograd.grad(z, x, create_graph=True)
print(g)
(g**2).sum().backward()
print(x.grad)

a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
u = a * b
v = a + b
torch.autograd.backward([u, v])
print(a.grad, b.grad)
a.grad = b.grad = None
u = a * torch.tensor([1.0, 2.0])
v = b * b
torch.autograd.backward((u, v), (torch.tensor([1.0, 10.0]), None))
print(a.grad, b.grad)
try:
    torch.ones(2).backward()
except RuntimeError as e:
    print(e)
try:
    (a * torch.ones(2)).backward(torch.ones(3))
except RuntimeError as e:
    print(e)
