# retain_grad, several outputs, gradients of intermediate values
import torch

x = torch.tensor([[1.0, -2.0], [3.0, 0.5]], requires_grad=True)
h = x @ torch.tensor([[1.0, 0.5], [-0.5, 1.0]])
h.retain_grad()
a = torch.relu(h)
a.retain_grad()
top, where = a.max(dim=1)
top.retain_grad()
loss = top.sum() + a.mean()
loss.backward()
for name, t in (("x", x), ("h", h), ("a", a), ("top", top)):
    print(name, t.grad)
print(where)
first, second = torch.unbind(x.detach().requires_grad_())
print(first.grad_fn.name(), second.tolist())
s = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
values, order = s.sort()
(values * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
print(s.grad)
try:
    torch.tensor([1.0]).retain_grad()
except RuntimeError as e:
    print(e)
loss = (x * x).sum()
loss.backward(retain_graph=True)
loss.backward()
print(x.grad)
z = x.detach().clone().requires_grad_(True)
((z * 2).detach() * z).sum().backward()
print(z.grad)
