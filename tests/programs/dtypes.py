# Types, conversions and promotion
import torch

print(torch.get_default_dtype())
print(torch.float32, torch.float, torch.double, torch.long, torch.half, torch.bool, torch.uint8)
i = torch.tensor([1, 2, 3])
f = torch.tensor([1.5, 2.5, 3.5])
d = f.double()
b = torch.tensor([True, False, True])
h = f.half()
for name, t in [("i+f", i + f), ("i/2", i / 2), ("i*2.0", i * 2.0), ("f+d", f + d), ("b+b", b + b),
                ("b+1", b + 1), ("b*1.5", b * 1.5), ("h+f", h + f), ("h*2", h * 2), ("i//2", i // 2),
                ("i**2", i**2), ("i%2", i % 2), ("i>1", i > 1), ("~b", ~b), ("i&1", i & 1)]:
    print(f"{name:6}", t.dtype, t.tolist())
print(f.to(torch.int64), f.long(), f.int(), f.to(torch.float64), f.type(torch.float16))
print(i.float(), i.to(dtype=torch.bool), i.to(f), b.int(), i.byte(), i.short())
print(i.type(), f.type(), d.type(), b.type())
print(f.to(torch.float32) is f, f.float() is f)
print(d + torch.tensor(1), f + torch.tensor(1.0, dtype=torch.float64))
print((f + torch.tensor([1.0], dtype=torch.float64)).dtype)
print(torch.result_type(i, 2.5), torch.promote_types(torch.int32, torch.float16))
print(torch.can_cast(torch.float32, torch.int64), f.is_floating_point(), i.is_floating_point())
print(torch.finfo(torch.float32).eps, torch.finfo(torch.float64).eps)
print(torch.finfo(torch.float32).max, torch.finfo(torch.float32).tiny)
print(torch.finfo(torch.float32))
print(torch.iinfo(torch.int64).max, torch.iinfo(torch.uint8).max, torch.iinfo(torch.int8).min)
x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.double()
print(y)
(y * y).sum().backward()
print(x.grad, x.grad.dtype)
print(x.half())
torch.set_default_dtype(torch.float64)
print(torch.tensor(1.5), torch.ones(1), torch.tensor([1.5], dtype=torch.float32))
torch.set_default_dtype(torch.float32)
print(torch.tensor(200, dtype=torch.uint8) + torch.tensor(100, dtype=torch.uint8))
print(torch.tensor(2.7).int(), torch.tensor(-2.7).long(), torch.tensor([0.0, -0.5]).bool())
print(i.sum(), b.sum(), f.mean(), i.float().mean(), i.prod().dtype)
try:
    i.mean()
except RuntimeError as e:
    print(e)
