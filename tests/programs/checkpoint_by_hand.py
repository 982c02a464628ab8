# Recompute instead of store: a checkpoint as a Function
import torch


def block(x):
    for k in range(3):
        x = torch.sin(x) + 0.1 * x
    return x


class Checkpoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, fn, x):
        ctx.fn = fn
        ctx.save_for_backward(x)
        with torch.no_grad():
            return fn(x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            y = ctx.fn(x)
        torch.autograd.backward(y, grad_output)
        return None, x.grad


x = torch.tensor([0.1, 0.7, -1.3], requires_grad=True)
y = Checkpoint.apply(block, x)
print(y)
y.sum().backward()
first = x.grad.clone()
x.grad.zero_()
block(x).sum().backward()
print(first)
print(torch.equal(first, x.grad))
