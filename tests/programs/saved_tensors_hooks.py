import torch
from torch.autograd.graph import save_on_cpu, saved_tensors_hooks


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x * g


def pack(x):
    print("pack", x)
    return x


def unpack(x):
    print("unpack", x)
    return x


a = torch.tensor([1.0, 2.0], requires_grad=True)
b = torch.tensor([3.0, 4.0], requires_grad=True)
c = torch.tensor([5.0, 6.0])
with saved_tensors_hooks(pack, unpack):
    y = (a * b).sum() + (a * c).exp().sum() + (a / b).sum() + (2 / a).sum() + (a @ b).tanh()
    y = y + a.logsumexp(0) + torch.softmax(b, 0).log().sum() + a.relu().sum() + (3 * a).sum()
y.backward()
print(a.grad, b.grad)

store = {}


def keep(x):
    store[len(store)] = x.detach().clone()
    return len(store) - 1


x = torch.tensor([1.0, 2.0], requires_grad=True)
with saved_tensors_hooks(keep, lambda i: store[i]):
    z = (Square.apply(x) * b).sum()
print(store)
z.backward()
print(x.grad)

m = torch.eye(2, requires_grad=True)
with saved_tensors_hooks(lambda t: t * 2, lambda t: t):
    o = torch.mm(m, torch.ones(2, 2)).sum() + m.pow(3).sum() + m.sin().sum()
o.backward()
print(m.grad)

with saved_tensors_hooks(lambda t: t, lambda t: 3):
    w = a.cos().sum()
try:
    w.backward()
except TypeError as error:
    print(error)

with save_on_cpu():
    p = a.pow(2).sum()
print(torch.autograd.grad(p, a))
with torch.autograd.graph.disable_saved_tensors_hooks("no hooks here"):
    try:
        with saved_tensors_hooks(pack, unpack):
            pass
    except RuntimeError as error:
        print(error)
