# mark_dirty, mark_non_differentiable, several outputs, attributes on ctx
import torch
from torch.autograd import Function


class InplaceScale(Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        x.mul_(factor)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * ctx.factor, None


class SortWithIndex(Function):
    @staticmethod
    def forward(ctx, x):
        values, index = x.sort()
        ctx.mark_non_differentiable(index)
        ctx.save_for_backward(index)
        return values, index

    @staticmethod
    def backward(ctx, g_values, g_index):
        (index,) = ctx.saved_tensors
        out = torch.zeros_like(g_values)
        out[index] = g_values
        return out


class SplitSum(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.set_materialize_grads(False)
        return a + b, a - b

    @staticmethod
    def backward(ctx, g1, g2):
        print(g1 is None, g2 is None, ctx.needs_input_grad)
        if g1 is None:
            return g2, -g2
        if g2 is None:
            return g1, g1
        return g1 + g2, g1 - g2


x = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
y = x.clone()
z = InplaceScale.apply(y, 4.0)
print(z is y, y)
z.sum().backward()
print(x.grad)

x.grad = None
values, index = SortWithIndex.apply(x)
print(values)
print(index, index.requires_grad)
(values * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
print(x.grad)

a = torch.tensor(1.0, requires_grad=True)
b = torch.tensor(2.0)
p, q = SplitSum.apply(a, b)
print(p, q, p.output_nr, q.output_nr)
q.backward()
print(a.grad)
p, q = SplitSum.apply(a, b)
(p * q).backward()
print(a.grad)


class Saves(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * x


a = torch.ones(2, requires_grad=True)
b = a * 3
c = Saves.apply(b)
b.add_(1)
try:
    c.sum().backward()
except RuntimeError as e:
    print(e)
