# torch.func: grad, grad_and_value, vjp, jvp, jacrev, jacfwd, hessian
import torch
from torch.func import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp

x = torch.tensor([0.5, 1.0, 1.5])


def f(x):
    return (x.sin() * x).sum()


print(grad(f)(x))
print(grad(grad(torch.sin))(torch.tensor(0.3)))
print(grad_and_value(f)(x))
print(grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, x + 1))
print(grad(lambda a, b: (a * b).sum(), argnums=1)(x, x + 1))


def with_aux(x):
    y = x**2
    return y.sum(), y


g, aux = grad(with_aux, has_aux=True)(x)
print(g, aux)
(g, (value, aux)) = grad_and_value(with_aux, has_aux=True)(x)
print(g, value, aux)

out, pull = vjp(lambda t: t**2, x)
print(out, pull(torch.tensor([1.0, 0.0, 2.0])))
out, tangent = jvp(lambda t: t**2, (x,), (torch.ones(3),))
print(out, tangent)
print(jacrev(torch.cumsum, argnums=0)(x, 0))
print(jacfwd(lambda t: t * t.sum())(x))
print(hessian(lambda t: t.prod())(x))
out, lin = linearize(torch.exp, x)
print(out, lin(torch.ones(3)))
params = {"w": torch.tensor([1.0, 2.0, 3.0]), "b": torch.tensor(0.5)}
gradient = grad(lambda p: (p["w"] * x).sum() * p["b"])(params)
print(gradient)
print(sorted(gradient.keys()))
try:
    grad(lambda t: t * 2)(x)
except RuntimeError as e:
    print(e)
