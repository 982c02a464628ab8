# Constrained problems: projection onto a ball and onto the simplex
import torch


def project_simplex(v):
    u, _ = torch.sort(v, descending=True)
    css = torch.cumsum(u, 0) - 1
    k = torch.arange(1, len(v) + 1)
    rho = (u - css / k > 0).sum()
    theta = css[rho - 1] / rho
    return torch.clamp(v - theta, min=0)


def project_ball(v, radius=1.0):
    n = v.norm()
    return v if n <= radius else v * (radius / n)


c = torch.tensor([0.2, 1.5, 0.9])
for project in (project_simplex, project_ball):
    x = torch.full((3,), 1 / 3)
    for _ in range(100):
        x = x.detach().requires_grad_()
        ((x - c) ** 2).sum().backward()
        x = project(x.detach() - 0.1 * x.grad)
    print(x, x.sum(), f"{x.norm():.4f}")
print(project_simplex(torch.tensor([0.2, 0.3, 0.5])))
