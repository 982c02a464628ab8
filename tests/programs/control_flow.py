# Gradients through Python's control flow
import torch


def f(x):
    if x > 2:
        return x**3
    elif x > 0:
        return x**2
    else:
        return -x


for v in [3.0, 1.0, -1.0]:
    x = torch.tensor(v, requires_grad=True)
    y = f(x)
    y.backward()
    print(v, y.item(), x.grad.item(), y.grad_fn.name())

x = torch.tensor(1.1, requires_grad=True)
y = x
count = 0
while y < 10:
    y = y * x
    count += 1
    if count > 100:
        break
else:
    print("reached", count)
y.backward()
print(f"{y.item():.4f} {x.grad.item():.3f}")

total = torch.tensor(0.0)
for i in range(10):
    if i % 3 == 0:
        continue
    if i == 8:
        break
    total = total + i * x
print(total)
for i, row in enumerate(torch.eye(2)):
    print(i, row)
else:
    print("end")
m = torch.arange(6.0).view(2, 3)
print([[v.item() for v in row] for row in m])
a = torch.tensor([1.0, -1.0])
print(torch.where(a > 0, a, torch.zeros_like(a)))
try:
    if a > 0:
        print("never")
except RuntimeError as e:
    print(e)
print(bool(a.any()), (a > 0).all().item(), not a[0], 1.0 in a, 5 in a)
assert a.sum() == 0, "unexpected"
k = 0
while True:
    k += 1
    if k >= 3:
        break
print(k, x.item() if x > 1 else "small", (n := 5) + n)
