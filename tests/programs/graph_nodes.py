import torch
from torch.autograd.graph import Node, get_gradient_edge

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor([4.0, 5.0, 6.0], requires_grad=True)
for name, y in (
    ("pow", x.pow(2)),
    ("mul", x * w),
    ("number", x * 2),
    ("one factor", x * torch.ones(3)),
    ("div", x / w),
    ("sin", x.sin()),
):
    fn = y.grad_fn
    print(name, fn._saved_self, fn._saved_other if hasattr(fn, "_saved_other") else "")
print(x.pow(2).grad_fn._saved_exponent, x.pow(2).grad_fn._saved_self is x)
e = x.exp()
print(e.grad_fn._saved_result, e.grad_fn._saved_result is e, torch.relu(x).grad_fn._saved_result)
print(x.sum().grad_fn._saved_self_sym_sizes, torch.softmax(x, 0).grad_fn._saved_result)
try:
    print(x.sum().grad_fn._saved_other)
except AttributeError as error:
    print(error)
e.sum().backward()
try:
    print(e.grad_fn._saved_result)
except RuntimeError as error:
    print(error)
q = x * 1
s = q.sin()
q.add_(1)
try:
    print(s.grad_fn._saved_self)
except RuntimeError as error:
    print(error)

y = x * 2
fn = y.grad_fn
print(isinstance(fn, Node), isinstance(x, Node), type(fn).__name__)
print(fn.metadata)
fn.metadata["note"] = 1
print(y.grad_fn.metadata)
fn.register_prehook(lambda g: print("before", g))
handle = fn.register_hook(lambda inputs, outputs: print("after", inputs, outputs))
print(type(handle).__name__)
y.sum().backward()

edge = get_gradient_edge(y)
print(type(edge).__name__, edge.node is y.grad_fn, edge.output_nr)
z = (x * w).sum()
edge = get_gradient_edge(x)
print(edge.node.name(), torch.autograd.grad(z, [edge, w]))
parts = (x * w).split(2)
print([get_gradient_edge(p).output_nr for p in parts])
try:
    get_gradient_edge(torch.ones(1))
except RuntimeError as error:
    print(error)
