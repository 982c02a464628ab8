# Maximise x*y on the circle by solving grad L = 0 with Newton
import torch
from torch.autograd.functional import jacobian


def lagrangian(v):
    x, y, lam = v
    return x * y - lam * (x**2 + y**2 - 2.0)


def stationary(v):
    return torch.func.grad(lagrangian)(v)


v = torch.tensor([1.3, 0.8, 0.4], dtype=torch.float64)
for k in range(6):
    g = stationary(v)
    J = torch.func.jacfwd(stationary)(v)
    v = v - torch.linalg.solve(J, g)
    print(k, f"{g.abs().max().item():.5f}")
print(f"x={v[0]:.6f} y={v[1]:.6f} lambda={v[2]:.6f}")
print(jacobian(lambda u: (u[0] ** 2 + u[1] ** 2).unsqueeze(0), v).round(decimals=4))
