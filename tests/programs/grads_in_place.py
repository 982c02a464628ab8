# gradients of what is put to repeated places, of values changed after retain_grad, of views
import torch

x = torch.arange(4.0, requires_grad=True)
n = x.clone()
n[[0, 0]] = x[[1, 2]]
n.sum().backward()
print(x.grad)
x.grad = None
n = x.clone()
n[[0, 0]] += 5
n.sum().backward()
print(x.grad)
x.grad = None
n = torch.zeros(3).scatter(0, torch.tensor([1, 1, 1, 2]), x)
(n * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
print(x.grad)

y = torch.ones(2, requires_grad=True)
z = y * 2
z.retain_grad()
z.register_hook(lambda g: print("hook", g))
z.mul_(3)
z[0] *= 5
z.sum().backward()
print(z.grad, y.grad, z.retains_grad)
z = y * 2
z.retain_grad()
with torch.no_grad():
    z.mul_(3)
z.sum().backward()
print(z.grad, z.retains_grad)

x = torch.ones(2, 2, requires_grad=True)
views = {
    "view": lambda t: t.view(4),
    "select": lambda t: t[0],
    "t": lambda t: t.t(),
    "unbind": lambda t: t.unbind()[0],
    "detach": lambda t: t.detach(),
    "flatten": lambda t: t.flatten(),
    "product": lambda t: t * 2,
}
for name, make in views.items():
    for whole in (x, x * 2):
        with torch.no_grad():
            v = make(whole)
        print(name, v.requires_grad, v.is_leaf, v.grad_fn, v)
with torch.no_grad():
    v = x.view(4)
v.sum().backward()
print(x.grad, v.grad)
try:
    v.add_(1)
except RuntimeError as e:
    print(e)
with torch.no_grad():
    v.add_(1)
print(v.requires_grad, x)

w = torch.ones(2, requires_grad=True)
given = torch.autograd.grad((w**2).sum(), w, create_graph=True, only_inputs=True)[0]
print(given)
mean = torch.nn.functional.avg_pool1d(w[None], 2) ** 3
print(torch.autograd.grad(mean.sum(), w, create_graph=True)[0].detach())
print(torch.autograd.grad((w[[0, 0, 1]] ** 3).sum(), w, create_graph=True)[0].detach())


class Increment(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        x.add_(1)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g


print(Increment.apply(w * 2))
Increment.apply(w)
