# Alternating gradients for a low-rank factorisation
import torch

R = torch.tensor([[5.0, 3.0, 0.0], [4.0, 0.0, 1.0], [1.0, 1.0, 5.0]])
observed = R > 0
U = torch.tensor([[0.5, 0.1], [0.4, 0.2], [0.1, 0.6]], requires_grad=True)
V = torch.tensor([[0.6, 0.2], [0.3, 0.3], [0.1, 0.7]], requires_grad=True)


def loss_fn(U, V):
    error = (R - U @ V.T)[observed]
    return (error**2).mean() + 0.01 * (U.norm() ** 2 + V.norm() ** 2)


for epoch in range(150):
    for p in (U, V):
        (g,) = torch.autograd.grad(loss_fn(U, V), p)
        with torch.no_grad():
            p -= 0.1 * g
    if epoch % 50 == 0:
        print(f"{epoch:3d} {loss_fn(U, V).item():.3f}")
print((U @ V.T)[observed].round(decimals=1))
print(observed.sum().item(), observed)
