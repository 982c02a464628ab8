# Summaries of tensors with more than 1000 elements
import torch

print(torch.arange(1001))
print(torch.arange(1000.0)[-5:])
print(torch.zeros(40, 40))
print(torch.arange(1200.0).reshape(30, 40))
print(torch.arange(2000).reshape(10, 10, 20))
print(torch.ones(1001, requires_grad=True))
print(torch.ones(2, 600) * 1e-6)
print(torch.arange(1100) % 2 == 0)
print(torch.arange(1500, dtype=torch.float64) / 3)
print(torch.ones(7, 150))
print(torch.ones(1002, 1))
print(torch.zeros(4, 300, dtype=torch.complex64))
