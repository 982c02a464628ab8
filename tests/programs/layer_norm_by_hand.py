# Layer normalisation, and its gradient
import torch
import torch.nn.functional as F


def layer_norm(x, gamma, beta, eps=1e-5):
    mean = x.mean(dim=-1, keepdim=True)
    var = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


x = torch.tensor([[1.0, 2.0, 4.0], [0.5, -1.5, 3.0]], requires_grad=True)
gamma = torch.tensor([1.0, 0.5, 2.0], requires_grad=True)
beta = torch.zeros(3, requires_grad=True)
y = layer_norm(x, gamma, beta)
print(y)
weights = torch.tensor([[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]])
(y * weights).sum().backward()
print(x.grad)
print(gamma.grad)
print(beta.grad)
reference = F.layer_norm(x, (3,), gamma, beta)
print(torch.allclose(y, reference, atol=1e-6))
