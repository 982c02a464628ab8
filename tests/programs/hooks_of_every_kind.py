# Tensor hooks, node hooks, post-accumulate hooks, module hooks
import torch
import torch.nn as nn

a = torch.tensor([2.0], requires_grad=True)
b = a * 3
order = []
b.register_hook(lambda g: order.append(("b", g.item())))
a.register_hook(lambda g: order.append(("a", g.item())))
b.grad_fn.register_hook(lambda gi, go: order.append(("node", len(gi), len(go))))
b.grad_fn.register_prehook(lambda go: order.append(("pre", go[0].item())))
a.register_post_accumulate_grad_hook(lambda p: order.append(("post", p.grad.item())))
(b * b).backward()
print(order)

# The optimizer step inside backward
w = torch.tensor([1.0, 2.0], requires_grad=True)


def step(param):
    with torch.no_grad():
        param -= 0.1 * param.grad
    param.grad = None


handle = w.register_post_accumulate_grad_hook(step)
for _ in range(3):
    (w**2).sum().backward()
    print(w)
handle.remove()
(w**2).sum().backward()
print(w.grad)

layer = nn.Linear(2, 1, bias=False)
with torch.no_grad():
    layer.weight.copy_(torch.tensor([[0.5, -1.0]]))
h1 = layer.register_forward_hook(lambda m, args, out: print("forward", out.detach()))
h2 = layer.register_forward_pre_hook(lambda m, args: print("pre", args[0].shape))
h3 = layer.register_full_backward_hook(lambda m, gi, go: print("backward", go[0]))
y = layer(torch.tensor([[1.0, 2.0]], requires_grad=True))
y.sum().backward()
h1.remove()
h2.remove()
h3.remove()
layer(torch.ones(1, 2)).sum().backward()
print(layer.weight.grad)

c = torch.tensor(1.0, requires_grad=True)
d = c * 2
e = c * 3
torch.autograd.graph.register_multi_grad_hook((d, e), lambda grads: print("multi", grads))
(d * e).backward()
print(c.grad)
