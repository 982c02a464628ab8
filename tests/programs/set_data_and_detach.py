# set_data, detach_, requires_grad_ and the version counter
import torch

p = torch.tensor([1.0, 2.0], requires_grad=True)
p.data = torch.tensor([5.0, 6.0])
print(p, p._version)
q = p * 3
print(q.requires_grad)
q.detach_()
print(q, q.requires_grad, q.is_leaf)
q.requires_grad_()
print(q)
(q * q).sum().backward()
print(q.grad)
print(p.grad)

a = torch.zeros(3)
print(a._version)
a.add_(1)
a[0] = 5
a *= 2
print(a._version, a)
b = a.view(3, 1)
b.mul_(10)
print(a._version, b._version, a)
c = a.detach()
c.sub_(1)
print(a._version, c._version)
d = a.clone()
print(d._version)
a.requires_grad = True
print(a)
a.requires_grad = False
print(a.requires_grad)
