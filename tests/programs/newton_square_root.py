# Differentiate through an iteration, and compare with the closed form
import torch


def my_sqrt(a, iterations=12):
    x = torch.ones_like(a) * 2
    for _ in range(iterations):
        x = 0.5 * (x + a / x)
    return x


a = torch.tensor([2.0, 9.0, 0.25], requires_grad=True)
y = my_sqrt(a)
print(y)
(g,) = torch.autograd.grad(y.sum(), a, create_graph=True)
print(g)
(h,) = torch.autograd.grad(g.sum(), a)
print(h)
print(torch.allclose(g, 0.5 / a.sqrt()), torch.allclose(h, -0.25 * a.detach() ** -1.5))
b = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
r = my_sqrt(b)
r.backward()
print(f"{r.item():.12f} {b.grad.item():.12f}")
