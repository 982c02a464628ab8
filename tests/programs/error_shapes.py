# Shapes that do not broadcast
import torch

x = torch.ones(3, 4)
y = torch.ones(2, 4)
print((x[:2] * y).shape)
print(x * y)
