# torch.autograd.grad: grad_outputs, allow_unused, materialize_grads and the rest
import torch
from torch.autograd import grad

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = torch.tensor([3.0, 4.0], requires_grad=True)
unused = torch.tensor([5.0], requires_grad=True)

out = x * y
print(grad(out.sum(), x))
out = x * y
print(grad(outputs=out, inputs=(x, y), grad_outputs=torch.tensor([1.0, -1.0])))
out = (x * y).sum()
try:
    grad(out, [x, unused], retain_graph=True)
except RuntimeError as e:
    print(e)
print(grad(out, [x, unused], allow_unused=True, retain_graph=True))
print(grad(out, [x, unused], materialize_grads=True))
try:
    grad(out, x)
except RuntimeError as e:
    print(e)
print(x.grad, y.grad)

s = (x**3).sum()
g1 = grad(s, x, create_graph=True)[0]
g2 = grad(g1.sum(), x, create_graph=True)[0]
g3 = grad(g2.sum(), x)[0]
print(g1)
print(g2)
print(g3)

outs = [x * 2, y.exp().sum()]
print(grad(outs, [x, y], grad_outputs=[torch.ones(2), torch.tensor(2.0)]))
try:
    grad(x * 2, x)
except RuntimeError as e:
    print(e)

z = x * y
rows = grad(z, x, grad_outputs=torch.eye(2), is_grads_batched=True)[0]
print(rows)
mid = x * 3
print(grad((mid**2).sum(), mid))
try:
    grad(torch.tensor(1.0), x)
except RuntimeError as e:
    print(e)
