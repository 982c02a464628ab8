# Higher order: the gradient of the norm of a gradient
import torch

w = torch.tensor([[0.5, -0.3], [0.8, 0.1]], requires_grad=True)
a = torch.tensor([1.0, -1.0], requires_grad=True)


def critic(x):
    return torch.tanh(x @ w) @ a


real = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
fake = torch.tensor([[-1.0, 0.5], [2.0, 1.0]])
alpha = torch.tensor([[0.25], [0.75]])
mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
scores = critic(mixed)
(gradient,) = torch.autograd.grad(scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True)
print(gradient.detach())
penalty = ((gradient.norm(2, dim=1) - 1) ** 2).mean()
loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
print(loss)
loss.backward()
print(w.grad)
print(a.grad)
print(mixed.grad is None)
