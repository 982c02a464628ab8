import torch

x = torch.tensor(1.0, requires_grad=True)
y = x
for i in range(100_000):
    y = y * 1.000001
    y = y + 1e-6
y.backward()
print(x.grad, y)
