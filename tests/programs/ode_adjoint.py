# Euler steps through an ODE, gradients with respect to parameters and the initial state
import torch


def dynamics(state, params):
    x, y = state
    a, b, c, d = params
    return torch.stack([a * x - b * x * y, -c * y + d * x * y])


params = torch.tensor([1.0, 0.5, 0.75, 0.25], requires_grad=True)
start = torch.tensor([2.0, 1.0], requires_grad=True)
state = start
dt = 0.1
path = [state]
for _ in range(20):
    state = state + dt * dynamics(state, params)
    path.append(state)
trajectory = torch.stack(path)
print(trajectory.shape)
print(trajectory[::10])
loss = ((trajectory[-1] - torch.tensor([3.0, 2.0])) ** 2).sum()
loss.backward()
print(f"{loss.item():.4f}")
print(params.grad)
print(start.grad)
