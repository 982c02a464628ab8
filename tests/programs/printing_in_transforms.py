import torch
import torch.autograd.forward_ad as fwAD
from torch.func import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap

x = torch.tensor([1.0, 2.0], requires_grad=True)
c = torch.tensor([5.0, 6.0])


def f(v):
    print(v, v * x, c, c * 2, v > 1, v.detach(), v.shape, f"{v.sum()}", v.sum().item())
    print(torch.zeros_like(v), torch.ones(1), v.requires_grad, (v * v).grad_fn.name())
    w = torch.zeros(2)
    w += v
    print(w)
    return (v * v).sum()


def g(v):
    print(v)
    print(v * v)
    return v * v


def outer(v):
    a = v * 2

    def inner(u):
        print(u, v * 2, u * v)
        return (u * v).sum()

    found = grad(inner)(v)
    print(found, a)
    return found.sum()


print(grad(f)(x))
jacrev(g)(c)
jacfwd(g)(c)
hessian(lambda v: g(v).sum())(c)
jvp(g, (c,), (c,))
vjp(g, c)
grad_and_value(lambda v: g(v).sum())(c)
grad(outer)(torch.ones(2))
torch.autograd.functional.jacobian(g, c)

with fwAD.dual_level():
    d = fwAD.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    print(d, d * d)
    unpacked = fwAD.unpack_dual(d * d)
    print(unpacked, unpacked.tangent, unpacked.primal)
    print(fwAD.unpack_dual(torch.ones(2)))
    print(fwAD.make_dual(x, torch.ones(2)), type(unpacked).__name__)

for function in (
    lambda v: v.item(),
    lambda v: v if v > 0 else -v,
    lambda v: float(v),
    lambda v: 3,
    lambda v: torch.rand(2),
):
    try:
        print(vmap(function)(torch.ones(3)))
    except (RuntimeError, ValueError) as error:
        print(type(error).__name__, error)


def plus(a, b):
    return a + b


for args, dims in (
    ((3,), 0),
    ((torch.tensor(1.0),), 0),
    ((torch.ones(3),), 2),
    ((torch.ones(3), torch.ones(2)), 0),
    ((torch.ones(3),), (0, 0)),
    ((torch.ones(3), torch.ones(3)), (None, None)),
    ((), 0),
    ((torch.ones(3),), "a"),
):
    try:
        print(vmap(plus, in_dims=dims)(*args))
    except ValueError as error:
        print(error)
print(vmap(plus, in_dims=(0, None))(torch.ones(2), torch.ones(3)))
print(vmap(lambda t: t["a"] * 2, in_dims=({"a": 1, "b": None},))({"a": torch.eye(2), "b": 3}))
print(vmap(lambda t: (t, t + 1), out_dims=(0, 1))(torch.arange(4.0).reshape(2, 2)))
