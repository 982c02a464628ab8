# In-place changes through views, seen by autograd
import torch

x = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
y = x * 1
v = y[1:3]
v.mul_(10)
print(y)
print(y.grad_fn.name(), v.grad_fn.name())
y.sum().backward()
print(x.grad)

x.grad = None
y = x.clone()
y[0] = x[1] * x[2]
y[3] += 5
print(y)
(y * y).sum().backward()
print(x.grad)

x.grad = None
buf = torch.zeros(2, 2)
buf[0] = x[:2]
buf[:, 1] *= 2
buf.diagonal().add_(x[2:])
print(buf)
buf.sum().backward()
print(x.grad)

x.grad = None
y = x.clone().view(2, 2)
y.t()[0].zero_()
print(y)
y.sum().backward()
print(x.grad)

# What was saved for the derivative may not change
y = x.clone()
y[0] = y[1] * y[2]
try:
    y.sum().backward()
except RuntimeError as e:
    print(e)
