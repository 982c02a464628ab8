# Attributes that say how a tensor takes part in differentiation
import torch

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
y = x * 2
z = y.sum()
for name, t in [("x", x), ("y", y), ("z", z)]:
    print(name, t.requires_grad, t.is_leaf, t.output_nr, t.grad_fn is None)
print(str(z.grad_fn).split(" ")[0])
print(z.grad_fn.name())
print(z.grad_fn.next_functions[0][0].name())
mul = z.grad_fn.next_functions[0][0]
print([(None if f is None else f.name(), i) for f, i in mul.next_functions])
accumulate = mul.next_functions[0][0]
print(accumulate.variable is x)
print(x.grad)
y.retain_grad()
z.backward()
print(x.grad)
print(y.grad)
print(y.retains_grad, x.retains_grad)
d = y.detach()
print(d.requires_grad, d.is_leaf, d.grad_fn)
print(d.data_ptr() == y.data_ptr())
print(x.data.requires_grad)
x.data[0, 0] = 10.0
print(x)
x.data = torch.ones(3)
print(x)
print(x.grad is None)
