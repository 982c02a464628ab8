# Which initial temperatures lead to a given final state? Gradients through a simulation
import torch


def simulate(u, steps, r=0.25):
    for _ in range(steps):
        interior = u[1:-1] + r * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = torch.cat([u[:1], interior, u[-1:]])
    return u


target = torch.tensor([0.0, 0.5, 1.0, 1.0, 0.5, 0.0])
u0 = torch.zeros(6, requires_grad=True)
optimizer = torch.optim.Adam([u0], lr=0.1)
for k in range(101):
    optimizer.zero_grad()
    loss = (simulate(u0, 3) - target).square().mean()
    loss.backward()
    optimizer.step()
    if k % 50 == 0:
        print(k, f"{loss.item():.4f}")
print([round(v, 2) for v in u0.tolist()])
J = torch.autograd.functional.jacobian(lambda u: simulate(u, 2), torch.zeros(6))
print(J)
