# Forward mode with dual numbers
import torch
import torch.autograd.forward_ad as fwAD


def fn(x, y):
    return x**2 + y**2


primal = torch.tensor([1.0, 2.0])
tangent = torch.tensor([0.5, -1.0])
with fwAD.dual_level():
    dual_input = fwAD.make_dual(primal, tangent)
    assert fwAD.unpack_dual(dual_input).tangent is tangent
    out = fn(dual_input, torch.tensor([3.0, 4.0]))
    jvp = fwAD.unpack_dual(out).tangent
    print(jvp)
    print(out)
    plain = fwAD.unpack_dual(torch.ones(2))
    print(plain.primal, plain.tangent)
    y = torch.sin(dual_input) * torch.exp(dual_input).sum()
    p, t = fwAD.unpack_dual(y)
    print(p)
    print(t)
print(fwAD.unpack_dual(dual_input).tangent)
print(torch.func.jvp(fn, (primal, torch.tensor([3.0, 4.0])), (tangent, torch.zeros(2))))

# second derivative: forward over reverse
x = torch.tensor([0.3, 0.6], requires_grad=True)
with fwAD.dual_level():
    d = fwAD.make_dual(x, torch.tensor([1.0, 0.0]))
    (g,) = torch.autograd.grad((d**3).sum(), d, create_graph=True)
    print(fwAD.unpack_dual(g).tangent.detach())
try:
    fwAD.make_dual(primal, tangent)
except RuntimeError as e:
    print(e)

with fwAD.dual_level():
    plain = fwAD.make_dual(torch.tensor([2.0]), torch.tensor([1.0]))
    result = plain * plain
    print(result.requires_grad, result.grad_fn, result.is_leaf)
    w = torch.tensor([3.0], requires_grad=True)
    mixed = plain * w
    print(mixed.requires_grad, fwAD.unpack_dual(mixed).tangent.detach())
print(result)
