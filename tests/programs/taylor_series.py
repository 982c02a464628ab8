# Taylor coefficients by differentiating again and again
import torch
import math


def taylor(f, at, order):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = f(x)
    coefficients = [y.item()]
    for n in range(1, order + 1):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        coefficients.append(y.item() / math.factorial(n))
    return coefficients


print([round(c, 8) for c in taylor(torch.exp, 0.0, 6)])
print([f"{c:+.5f}" for c in taylor(torch.sin, 0.5, 6)])
c = taylor(lambda x: 1 / (1 - x), 0.25, 5)
print(", ".join("%.4f" % v for v in c))
approx = sum(v * 0.05**n for n, v in enumerate(c))
print(f"{approx:.7f} {1 / (1 - 0.30):.7f}")

x = torch.tensor(0.3, requires_grad=True)
y = torch.tanh(x)
for n in range(3):
    (y,) = torch.autograd.grad(y, x, create_graph=True)
    print(n + 1, isinstance(y.item(), float), f"{y.item():.4f}")
