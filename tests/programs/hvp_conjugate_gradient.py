# Newton direction by conjugate gradients on Hessian-vector products
import torch
from torch.autograd.functional import hvp, vhp


def f(x):
    return (x**4).sum() / 4 + (x[:-1] * x[1:]).sum() + 5 * (x**2).sum()


x = torch.tensor([1.0, -0.5, 0.25, 2.0], dtype=torch.float64)


def hessian_vector(v):
    return hvp(f, x, v)[1]


xg = x.clone().requires_grad_()
g = torch.autograd.grad(f(xg), xg)[0]
d = torch.zeros_like(g)
r = g.clone()
p = r.clone()
rs = r @ r
iterations = 0
while rs.sqrt() > 1e-10 and iterations < 20:
    Hp = hessian_vector(p)
    alpha = rs / (p @ Hp)
    d = d + alpha * p
    r = r - alpha * Hp
    new = r @ r
    p = r + (new / rs) * p
    rs = new
    iterations += 1
print(iterations)
print(d)
exact = torch.linalg.solve(torch.autograd.functional.hessian(f, x), g)
print(torch.allclose(d, exact))
value, product = vhp(f, x, torch.ones(4, dtype=torch.float64))
print(value)
print(product)
