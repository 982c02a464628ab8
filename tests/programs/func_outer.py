# transforms of functions that use a tensor from outside: gradients flow to it through the results
import torch
from torch.func import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp

x = torch.tensor(2.0, requires_grad=True)
a = torch.tensor(3.0)
b = torch.tensor([1.0, 2.0])
one = torch.tensor(1.0)


def cubic(a):
    return a**3 * x


def show(name, y):
    x.grad = None
    print(name, y.detach(), y.requires_grad)
    if y.requires_grad:
        y.sum().backward()
        print(x.grad)


print(grad(cubic)(a))
show("grad", grad(cubic)(a))
show("value", grad_and_value(cubic)(a)[1])
show("nested", grad(grad(cubic))(a))
show("vjp", vjp(cubic, a)[1](one)[0])
show("vjp value", vjp(cubic, a)[0])
show("jvp", jvp(cubic, (a,), (one,))[1])
show("jvp value", jvp(cubic, (a,), (one,))[0])
show("jacrev", jacrev(cubic)(b))
show("jacfwd", jacfwd(cubic)(b))
show("hessian", hessian(lambda a: cubic(a).sum())(b))
show("aux", grad(lambda a: (cubic(a), x * 2), has_aux=True)(a)[1])
show("aux of the argument", grad(lambda a: (cubic(a), a * 2), has_aux=True)(a)[1])
show("sum", grad(lambda a: a**3 + x)(a))
show("independent", grad(lambda a: a**3)(a))
show("tracked argument", grad(lambda a: a**3)(x))
with torch.no_grad():
    show("without recording", grad(cubic)(a))
