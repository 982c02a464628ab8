# A value saved for backward was changed
import torch

a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
b = a.sigmoid()
print(b)
b.add_(1)
print(b)
b.sum().backward()
