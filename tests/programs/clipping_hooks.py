# Hooks that clip, scale and watch gradients
import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
seen = []


def clip(grad):
    return grad.clamp(-1.0, 1.0)


def watch(grad):
    seen.append(grad.clone())


y = x * x
y.register_hook(clip)
handle = x.register_hook(watch)
(y * torch.tensor([0.5, -10.0, 10.0])).sum().backward()
print(x.grad)
print(seen)

handle.remove()
x.grad = None
(x * 5).sum().backward()
print(x.grad, len(seen))

h = x.register_hook(lambda g: g * 2)
x.grad.zero_()
(x * 5).sum().backward()
print(x.grad)
h.remove()

params = [torch.tensor([3.0, 4.0], requires_grad=True), torch.tensor(12.0, requires_grad=True)]
loss = 0.5 * sum((p**2).sum() for p in params)
loss.backward()
total = torch.nn.utils.clip_grad_norm_(params, max_norm=1.0)
print(total)
print([p.grad for p in params])
torch.nn.utils.clip_grad_value_(params, 0.5)
print([p.grad for p in params])
