# The straight-through estimator: round forwards, identity backwards
import torch


class RoundSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


x = torch.tensor([0.2, 1.7, -2.4, 2.5], requires_grad=True)
y = RoundSTE.apply(x)
print(y)
(y * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
print(x.grad)

# The same with detach
x.grad = None
z = x + (x.round() - x).detach()
print(z)
z.pow(2).sum().backward()
print(x.grad)

# and plainly: the derivative of round is zero
x.grad = None
x.round().sum().backward()
print(x.grad)
x.grad = None
torch.sign(x).sum().backward()
print(x.grad)
