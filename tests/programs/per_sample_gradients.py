# Gradients of each sample: loop, vmap and hooks agree
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap

model = nn.Linear(2, 2)
with torch.no_grad():
    model.weight.copy_(torch.tensor([[0.5, -0.25], [1.0, 0.75]]))
    model.bias.copy_(torch.tensor([0.1, -0.1]))
X = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.0, 1.5]])
labels = torch.tensor([0, 1, 1])

loop = []
for x, label in zip(X, labels):
    loss = F.cross_entropy(model(x.unsqueeze(0)), label.unsqueeze(0))
    loop.append(torch.autograd.grad(loss, list(model.parameters())))

params = {k: v.detach() for k, v in model.named_parameters()}


def compute_loss(params, x, label):
    out = functional_call(model, params, (x.unsqueeze(0),))
    return F.cross_entropy(out, label.unsqueeze(0))


grads = vmap(grad(compute_loss), in_dims=(None, 0, 0))(params, X, labels)
print(grads["weight"])
print(grads["bias"])
for i, (gw, gb) in enumerate(loop):
    print(i, torch.allclose(gw, grads["weight"][i]), torch.allclose(gb, grads["bias"][i]))
norms = grads["weight"].flatten(1).norm(dim=1)
print(norms)
