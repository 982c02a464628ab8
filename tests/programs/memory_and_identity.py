# Sharing: detach, numpy, views, clones, copies of lists of tensors
import torch

a = torch.ones(3)
b = a
c = a.clone()
d = a.detach()
a += 1
print(b, c, d)
print(b is a, d is a, d.data_ptr() == a.data_ptr(), c.data_ptr() == a.data_ptr())
e = a[1:]
e[0] = 50
print(a, e._base is a, e.is_leaf)
f = a.to(torch.float32)
g = a.to(torch.float64)
print(f is a, g is a)
w = torch.ones(2, requires_grad=True)
v = w.detach()
v[0] = 9.0
print(w)
x = w.clone()
x[0] = -1.0
print(w, x)
lst = [torch.zeros(1), torch.zeros(1)]
alias = list(lst)
alias[0] += 5
print(lst)
y = torch.zeros(2, 2)
y[0] = torch.tensor([1.0, 2.0])
z = y.clone().fill_(3)
print(y, z)
print(torch.equal(y, y.clone()), y.view(-1).data_ptr() == y.data_ptr())
n = a.numpy()
n[0] = -7.0
print(a)
s = w.data
s.mul_(2)
print(w)
k = w.detach().clone().requires_grad_()
k.data.zero_()
print(w, k)
