import torch


def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, "|", e)


x = torch.ones(3, requires_grad=True)
y = x * 2
print(x._version, x.data._version)
x.data.add_(1)
print(x._version, x.data._version, x)
d = x.detach()
print(d._version)
d.add_(1)
print(x._version, d._version, x)
b = torch.ones(3)
v = b[:2]
v.add_(1)
print(b._version, v._version, b.data._version)
b.data.mul_(2)
print(b._version, v._version, b, v)
x = torch.ones(3, requires_grad=True)
y = x.exp()
y.data.add_(1)
y.sum().backward()
print(x.grad)
x = torch.ones(3, requires_grad=True)
y = x.exp()
y.detach().add_(1)
t(lambda: y.sum().backward())
x = torch.ones(3, requires_grad=True)
z = x**2
x.data.mul_(5)
z.sum().backward()
print(x.grad)
x.data = torch.zeros(2)
print(x, x._version, x.shape)
t(lambda: setattr(x, "data", 3))
t(lambda: setattr(x, "data", torch.zeros(2, dtype=torch.int64)))
