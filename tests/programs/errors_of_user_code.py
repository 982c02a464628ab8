import torch
import torch.autograd.forward_ad as fw
from torch.func import grad, grad_and_value, jacrev, jvp, vjp, vmap

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)


def shown(f):
    try:
        print(f())
    except Exception as error:
        print(type(error).__name__, error)


def hook(g):
    return torch.ones(2)


def hook2(g):
    return 3


def hook3(g):
    return g.double()


class H:
    def __call__(self, g):
        return torch.ones(2)


for h in (hook, hook2, hook3, H()):
    y = x * 2
    y.register_hook(h)
    shown(lambda: y.sum().backward())
shown(lambda: grad(lambda a: 3.0)(x))
shown(lambda: grad(lambda a: a.sum())(3))
shown(lambda: grad(lambda a: (a.sum(), 1))(x))
shown(lambda: grad(lambda a: a)(x))
shown(lambda: grad(lambda a: a.sum(), argnums=5)(x))
shown(lambda: grad(lambda a: a.sum(), has_aux=True)(x))
shown(lambda: vjp(lambda a: 3, x))
shown(lambda: vjp(lambda a: a, 3))
shown(lambda: vjp(lambda a: a, x)[1](torch.ones(2)))
shown(lambda: vjp(lambda a: (a, a), x)[1](torch.ones(3)))
shown(lambda: jvp(lambda a: a, x, x))
shown(lambda: jvp(lambda a: a, (x,), x))
shown(lambda: jvp(lambda a: a, (x,), (torch.ones(2),)))
shown(lambda: jvp(lambda a: a, (3,), (3,)))
shown(lambda: jvp(lambda a: 3, (x,), (x,)))
shown(lambda: jacrev(lambda a: 3)(x))
shown(lambda: jacrev(lambda a: a)(3))
shown(lambda: jacrev(lambda a: a * 2, argnums=2)(x))
shown(lambda: grad_and_value(lambda a: a)(x))
shown(lambda: grad(lambda a: a.long().sum())(x))
shown(lambda: jvp(lambda a: a, (x,), (x, x)))
shown(lambda: vmap(lambda a: a)(()))
AF = torch.autograd.functional
shown(lambda: AF.jacobian(lambda a: a, 3))
shown(lambda: AF.jacobian(lambda a: 3, x))
shown(lambda: AF.jacobian(lambda a: a, (x, 3)))
shown(lambda: AF.hessian(lambda a: 3, x))
shown(lambda: AF.vjp(lambda a: a, x))
shown(lambda: AF.vjp(lambda a: a, x, torch.ones(2)))
shown(lambda: AF.jvp(lambda a: a, x))
shown(lambda: AF.hvp(lambda a: a.sum(), x))
shown(lambda: AF.vjp(lambda a: (a, 3), x, x))
with fw.dual_level():
    shown(lambda: fw.make_dual(x, torch.ones(2)))
    shown(lambda: fw.make_dual(x, torch.ones(3, dtype=torch.float64)))
    shown(lambda: fw.make_dual(x, torch.tensor([1, 2, 3])))
shown(lambda: fw.unpack_dual(x))
shown(lambda: setattr(x, "grad", torch.ones(3, dtype=torch.float64)))
shown(lambda: setattr(x, "grad", 3))
shown(lambda: setattr(x, "grad", torch.ones(2)))
shown(lambda: setattr(torch.ones(2), "grad", torch.ones(2)))


class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2


shown(lambda: F()(x))
shown(lambda: F.apply())
shown(lambda: F.apply(x, x))
shown(lambda: F.apply(x).sum().backward())
shown(lambda: torch.autograd.Function.apply(x))


class G(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(3)
        return a

    @staticmethod
    def backward(ctx, g):
        return 3


shown(lambda: G.apply(x))


class K(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return "a"

    @staticmethod
    def backward(ctx, g):
        return "a"


shown(lambda: K.apply(x))


class L(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return "a"


shown(lambda: L.apply(x).sum().backward())
