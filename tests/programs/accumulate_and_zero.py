# Gradients accumulate until they are cleared
import torch

w = torch.ones(4, requires_grad=True)
for epoch in range(3):
    (w * 3).sum().backward()
    print(epoch, w.grad)
w.grad.zero_()
(w * 3).sum().backward()
print(w.grad)

g = w.grad
(w * 2).sum().backward()
print(g is w.grad, g)
w.grad = None
(w * 2).sum().backward()
print(w.grad, g)
w.grad = torch.full((4,), 0.5)
w.sum().backward()
print(w.grad)
try:
    w.grad = torch.zeros(3)
except RuntimeError as e:
    print(e)
try:
    w.grad = "nothing"
except TypeError as e:
    print(e)
opt = torch.optim.SGD([w], lr=0.1)
opt.zero_grad()
print(w.grad)
w.sum().backward()
opt.zero_grad(set_to_none=False)
print(w.grad)
