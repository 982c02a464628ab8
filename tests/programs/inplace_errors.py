# What in-place operations are refused, in PyTorch's words
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
try:
    x.add_(1)
except RuntimeError as e:
    print(e)
try:
    x[0] = 3.0
except RuntimeError as e:
    print(e)
try:
    x.view(2, 1).mul_(2)
except RuntimeError as e:
    print(e)

y = x.exp()
y.mul_(2)
try:
    y.sum().backward()
except RuntimeError as e:
    print(e)

a = torch.arange(3)
try:
    a += 0.5
except RuntimeError as e:
    print(e)
try:
    a.sqrt_()
except RuntimeError as e:
    print(e)
b = torch.zeros(2)
try:
    b += torch.zeros(3, 2)
except RuntimeError as e:
    print(e)
with torch.no_grad():
    x.add_(1)
print(x)
