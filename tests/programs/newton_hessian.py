# Newton's method with the Hessian from torch.autograd.functional
import torch
from torch.autograd.functional import hessian


def rosenbrock(p):
    x, y = p[0], p[1]
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


p = torch.tensor([-1.2, 1.0], dtype=torch.float64)
for step in range(8):
    q = p.clone().requires_grad_(True)
    value = rosenbrock(q)
    (g,) = torch.autograd.grad(value, q)
    H = hessian(rosenbrock, p)
    print(step, f"{value.item():.6e}", f"{g.norm().item():.3e}")
    if g.norm() < 1e-3:
        break
    p = p - torch.linalg.solve(H, g)

print(H.shape, H.dtype)
print(H)
print([round(v, 6) for v in p.tolist()])
