# torch.func.vmap: in_dims, out_dims, nesting, per-sample gradients
import torch
from torch.func import grad, jacrev, vmap

a = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
b = torch.tensor([0.5, -1.0])
print(vmap(torch.dot, in_dims=(0, None))(a, b))
print(vmap(lambda r: r.sum())(a))
print(vmap(lambda c: c.max(), in_dims=1)(a))
print(vmap(lambda r: r * 2, out_dims=1)(a))
print(vmap(vmap(lambda s: s**2))(a))
print(vmap(torch.outer, in_dims=(0, 0))(a, a).shape)


def loss(w, x, y):
    return (torch.dot(w, x) - y) ** 2


w = torch.tensor([0.1, 0.2])
y = torch.tensor([1.0, 2.0, 3.0])
per_sample = vmap(grad(loss), in_dims=(None, 0, 0))(w, a, y)
print(per_sample)
print(grad(lambda w: vmap(loss, (None, 0, 0))(w, a, y).mean())(w))
print(per_sample.mean(0))
print(vmap(jacrev(lambda r: r**3))(a)[1])
pair = vmap(lambda r: (r.sum(), r.prod()))(a)
print(pair)
print(vmap(lambda d: d["x"] + d["y"])({"x": a, "y": a * 10}))
print(vmap(lambda r: torch.where(r > 2.5, r, -r))(a))
print(torch.vmap(lambda x: x @ b)(a))
try:
    vmap(lambda p, q: p + q)(a, b)
except ValueError as e:
    print(str(e).split("\n")[0])
