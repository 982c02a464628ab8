# Logistic regression with SGD on fixed data
import torch
import torch.nn.functional as F

X = torch.tensor([
    [0.5, 1.2], [1.0, 0.8], [1.5, 1.9], [3.0, 3.2],
    [3.5, 2.8], [4.0, 4.1], [0.2, 0.4], [3.8, 3.1],
])
y = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0])

w = torch.zeros(2, requires_grad=True)
b = torch.zeros((), requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.3)

for epoch in range(1, 101):
    optimizer.zero_grad()
    logits = X @ w + b
    loss = F.binary_cross_entropy_with_logits(logits, y)
    loss.backward()
    optimizer.step()
    if epoch in (1, 10, 50, 100):
        accuracy = ((torch.sigmoid(logits) > 0.5).float() == y).float().mean()
        print(f"{epoch:>4} loss={loss.item():.4f} accuracy={accuracy:.2f}")

print(w)
print(b)
print(torch.sigmoid(X @ w + b).detach())
