# Meta-learning: differentiate through one inner gradient step
import torch


def model(params, x):
    w, b = params
    return w * x + b


def loss_fn(params, x, y):
    return ((model(params, x) - y) ** 2).mean()


meta = [torch.tensor(0.5, requires_grad=True), torch.tensor(-0.1, requires_grad=True)]
tasks = [(2.0, 1.0), (-1.0, 0.5), (0.3, 0.0)]
x_train = torch.tensor([-1.0, 0.0, 1.0])
x_test = torch.tensor([-0.5, 0.5])
inner_lr = 0.1

meta_loss = 0
for slope, offset in tasks:
    inner = loss_fn(meta, x_train, slope * x_train + offset)
    grads = torch.autograd.grad(inner, meta, create_graph=True)
    fast = [p - inner_lr * g for p, g in zip(meta, grads)]
    outer = loss_fn(fast, x_test, slope * x_test + offset)
    print(f"inner {inner.item():.4f} outer {outer.item():.4f}", [round(g.item(), 4) for g in grads])
    meta_loss = meta_loss + outer

print(meta_loss)
meta_loss.backward()
for p in meta:
    print(p.grad)

# First order: the inner gradient is a constant
for p in meta:
    p.grad = None
for slope, offset in tasks:
    inner = loss_fn(meta, x_train, slope * x_train + offset)
    grads = torch.autograd.grad(inner, meta)
    fast = [p - inner_lr * g for p, g in zip(meta, grads)]
    loss_fn(fast, x_test, slope * x_test + offset).backward()
print([p.grad for p in meta])
