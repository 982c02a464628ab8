# Hinge loss with subgradients
import torch

X = torch.tensor([[1.0, 2.0], [2.0, 3.0], [3.0, 3.0], [-1.0, -1.0], [-2.0, -1.0], [0.0, -2.0]])
y = torch.tensor([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
w = torch.zeros(2, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(30):
    margin = y * (X @ w + b)
    loss = torch.clamp(1 - margin, min=0).mean() + 0.01 * w.dot(w)
    loss.backward()
    with torch.no_grad():
        for p in [w, b]:
            p.sub_(p.grad, alpha=0.1)
            p.grad = None
    if epoch % 10 == 0:
        print(epoch, loss.item() > 0, f"{loss.item():.4f}")
print(w.detach(), b.detach())
print(torch.sign(X @ w + b).detach() == y)
mistakes = 0
w = torch.zeros(2)
for xi, yi in zip(X, y):
    if yi * (w @ xi) <= 0:
        w += yi * xi
        mistakes += 1
print(mistakes, w)
