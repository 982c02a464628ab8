# Physics: forces as the gradient of a potential, leapfrog steps
import torch


def potential(r):
    return -1.0 / r.norm()


def force(r):
    r = r.detach().requires_grad_(True)
    potential(r).backward()
    return -r.grad


r = torch.tensor([1.0, 0.0], dtype=torch.float64)
v = torch.tensor([0.0, 1.0], dtype=torch.float64)
dt = 0.01
energy0 = 0.5 * v @ v + potential(r)
trajectory = []
for step in range(315):
    v = v + 0.5 * dt * force(r)
    r = r + dt * v
    v = v + 0.5 * dt * force(r)
    if step % 105 == 0:
        trajectory.append(r)
for point in trajectory:
    print(point)
energy = 0.5 * v @ v + potential(r)
print(energy0)
print(f"{(energy - energy0).abs().item() < 1e-6}")
angular = r[0] * v[1] - r[1] * v[0]
print(f"{angular:.8f}")
