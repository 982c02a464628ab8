# Derivative of a root with respect to a parameter, by the implicit function theorem
import torch


def residual(x, theta):
    return x**3 + theta * x - 2.0


def solve(theta, x0=1.0, tol=1e-12):
    x = torch.tensor(x0, dtype=torch.float64)
    for _ in range(50):
        x = x.detach().requires_grad_(True)
        r = residual(x, theta)
        (dx,) = torch.autograd.grad(r, x)
        step = (r / dx).detach()
        x = x.detach() - step
        if step.abs() < tol:
            break
    return x


class Root(torch.autograd.Function):
    @staticmethod
    def forward(ctx, theta):
        with torch.enable_grad():
            x = solve(theta.detach())
        ctx.save_for_backward(x, theta)
        return x

    @staticmethod
    def backward(ctx, grad_output):
        x, theta = ctx.saved_tensors
        with torch.enable_grad():
            x = x.detach().requires_grad_(True)
            theta = theta.detach().requires_grad_(True)
            r = residual(x, theta)
            rx, rt = torch.autograd.grad(r, (x, theta))
        return -grad_output * rt / rx


theta = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
x = Root.apply(theta)
print(x)
x.backward()
print(theta.grad)

h = 1e-6
fd = (solve(torch.tensor(1.0 + h, dtype=torch.float64)) - solve(torch.tensor(1.0 - h, dtype=torch.float64))) / (2 * h)
print(f"{fd.item():.6f}")
print(torch.allclose(fd, theta.grad, atol=1e-6))
