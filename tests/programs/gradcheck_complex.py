# gradcheck by complex inputs and of complex results, as PyTorch compares and reports them
import torch
from torch.autograd import gradcheck, gradgradcheck

z = torch.tensor([1 + 2j, 0.5 - 1j], dtype=torch.complex128, requires_grad=True)
x = torch.tensor([1.0, 0.5], dtype=torch.float64, requires_grad=True)


def go(name, f, i, **k):
    try:
        print(name, gradcheck(f, i, **k))
    except Exception as e:
        print(name, type(e).__name__, e)


go("abs", lambda a: a.abs(), (z,))
go("a a*", lambda a: a * a.conj(), (z,))
go("z2", lambda a: a * a, (z,))
go("conj", lambda a: a.conj(), (z,))
go("exp", lambda a: torch.exp(a), (z,))
go("real", lambda a: a.real, (z,))
go("complex", lambda a: torch.complex(a, a * a), (x,))
go("mix", lambda a, b: a * b, (z, x))
go("angle", lambda a: a.angle(), (z,))
go("x", lambda a: a.sin(), (x,))


class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x * 2


go("bad z", Bad.apply, (z,))


class Bad2(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.abs()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x


go("bad r", Bad2.apply, (z,))


class Bad3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.complex(x, x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.real * 3


go("bad c", Bad3.apply, (x,))
go("bad raise", Bad.apply, (z,), raise_exception=False)
try:
    print(gradgradcheck(lambda a: a.abs(), (z,)))
except Exception as e:
    print(e)
try:
    print(gradgradcheck(lambda a: a * a.conj() * a, (z,)))
except Exception as e:
    print(e)
