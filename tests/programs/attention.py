# Scaled dot-product attention by hand, with a causal mask
import torch
import math

q = torch.tensor([[1.0, 0.0], [0.5, 0.5], [-1.0, 2.0]], requires_grad=True)
k = torch.tensor([[0.2, 0.8], [1.0, -1.0], [0.3, 0.3]], requires_grad=True)
v = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)

scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
mask = torch.tril(torch.ones(3, 3)).bool()
masked = scores.masked_fill(~mask, float("-inf"))
print(masked)
attention = torch.softmax(masked, dim=-1)
print(attention)
out = attention @ v
print(out)
(out * torch.tensor([[1.0, -1.0], [2.0, 0.5], [-0.5, 1.0]])).sum().backward()
print(q.grad)
print(k.grad)
print(v.grad)
v.grad = None
out2 = torch.softmax(scores.detach().masked_fill(~mask, float("-inf")), -1) @ v
out2.pow(2).sum().backward()
print(v.grad)
