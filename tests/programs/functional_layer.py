# torch.nn.functional: activations and losses with their gradients
import torch
import torch.nn.functional as F

x = torch.tensor([-2.0, -0.5, 0.5, 2.5], requires_grad=True)
activations = {
    "relu": F.relu,
    "leaky_relu": lambda t: F.leaky_relu(t, 0.1),
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "logsigmoid": F.logsigmoid,
    "hardtanh": F.hardtanh,
    "relu6": F.relu6,
    "selu": F.selu,
    "softmax": lambda t: F.softmax(t, dim=0),
    "log_softmax": lambda t: F.log_softmax(t, dim=0),
}
weights = torch.tensor([1.0, 2.0, 3.0, 4.0])
for name, f in activations.items():
    x.grad = None
    y = f(x)
    (y * weights).sum().backward()
    print(f"{name:12}", y)
    print(" " * 12, x.grad)

p = torch.tensor([0.2, 0.7, 0.9], requires_grad=True)
t = torch.tensor([0.0, 1.0, 1.0])
for loss in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.binary_cross_entropy, F.huber_loss):
    value = loss(p, t)
    (g,) = torch.autograd.grad(value, p)
    print(value, g)
print(F.mse_loss(p, t, reduction="none"))
print(F.mse_loss(p, t, reduction="sum"))
print(F.nll_loss(torch.log(torch.tensor([[0.1, 0.9], [0.6, 0.4]])), torch.tensor([1, 0])))
print(F.kl_div(torch.log(torch.tensor([0.3, 0.7])), torch.tensor([0.5, 0.5]), reduction="sum"))
print(F.cosine_similarity(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 1.0]), dim=0))
print(F.normalize(torch.tensor([[3.0, 4.0]]), dim=1))
print(F.linear(torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 1.0], [0.5, -0.5]]), torch.tensor([0.0, 1.0])))
print(F.cross_entropy(torch.tensor([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), torch.tensor([2, 0]), reduction="none"))
print(F.pad(torch.tensor([[1.0, 2.0]]), (1, 2)))
