# A ReLU of one's own, with ctx.needs_input_grad
import torch


class MyReLU(torch.autograd.Function):
    """max(x, 0), with the derivative 0 at 0."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        print("needs:", ctx.needs_input_grad)
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


relu = MyReLU.apply
x = torch.tensor([-1.0, 0.5, 2.0, -0.1], requires_grad=True)
y = relu(x)
print(y)
print(y.grad_fn.name())
y.sum().backward()
print(x.grad)

w1 = torch.tensor([[0.3, -0.4], [0.2, 0.9], [-0.7, 0.1]], requires_grad=True)
w2 = torch.tensor([[1.0], [-2.0]], requires_grad=True)
data = torch.tensor([[1.0, 2.0, 3.0], [0.5, -0.5, 1.0]])
out = relu(data @ w1) @ w2
print(out)
out.pow(2).sum().backward()
print(w1.grad)
print(w2.grad)
