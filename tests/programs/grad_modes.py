# no_grad, enable_grad, set_grad_enabled, inference_mode: contexts and decorators
import torch

x = torch.tensor([1.0], requires_grad=True)
print(torch.is_grad_enabled())
with torch.no_grad():
    print(torch.is_grad_enabled(), (x * 2).requires_grad)
    with torch.enable_grad():
        print(torch.is_grad_enabled(), (x * 2).requires_grad)
    print(torch.is_grad_enabled())
print(torch.is_grad_enabled())


@torch.no_grad()
def doubler(x):
    return x * 2


@torch.enable_grad()
def tripler(x):
    return x * 3


@torch.no_grad
def quadrupler(x):
    return x * 4


print(doubler(x).requires_grad, quadrupler(x).requires_grad)
with torch.no_grad():
    print(tripler(x).requires_grad)

for is_train in (True, False):
    with torch.set_grad_enabled(is_train):
        y = x * 2
    print(is_train, y.requires_grad)
torch.set_grad_enabled(False)
print((x * 2).requires_grad)
torch.set_grad_enabled(True)
print((x * 2).requires_grad)

with torch.inference_mode():
    z = x * x
    print(z.requires_grad, z.is_inference(), torch.is_inference_mode_enabled())
try:
    (z * x).sum().backward()
except RuntimeError as e:
    print(e)
with torch.inference_mode(False):
    print((x * x).requires_grad)


@torch.inference_mode()
def predict(x):
    return x + 1


print(predict(x))
with torch.autograd.grad_mode.no_grad():
    leaf = torch.zeros(2, requires_grad=True)
print(leaf.requires_grad, leaf.is_leaf)
