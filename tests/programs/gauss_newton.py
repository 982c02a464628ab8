# Curve fitting by Gauss-Newton with the Jacobian
import torch
from torch.func import jacfwd, jacrev, vmap

t = torch.linspace(0, 2, 6, dtype=torch.float64)
y = torch.tensor([2.0, 1.35, 0.9, 0.6, 0.4, 0.27], dtype=torch.float64)


def residuals(p):
    return p[0] * torch.exp(-p[1] * t) - y


p = torch.tensor([1.0, 0.5], dtype=torch.float64)
for k in range(6):
    r = residuals(p)
    J = jacrev(residuals)(p)
    p = p - torch.linalg.solve(J.T @ J, J.T @ r)
    print(k, f"{(r @ r).item():.5f}", [f"{v:.4f}" for v in p])
print(torch.allclose(J, jacfwd(residuals)(p), atol=1e-4))
print(jacfwd(residuals)(p))
print(vmap(lambda s: p[0] * torch.exp(-p[1] * s))(t))
