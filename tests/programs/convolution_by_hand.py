# A one-dimensional convolution with unfold
import torch

x = torch.tensor([1.0, 2.0, 0.0, -1.0, 3.0, 1.0], requires_grad=True)
w = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
windows = x.unfold(0, 3, 1)
print(windows)
y = windows @ w
print(y)
y.pow(2).sum().backward()
print(x.grad)
print(w.grad)
print(torch.outer(w.detach(), torch.ones(2)))
