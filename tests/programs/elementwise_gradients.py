# Elementary functions with their derivatives, one line each
import torch

x = torch.tensor([0.25, 0.5, 0.75], requires_grad=True)
names = ["sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "atanh",
         "exp", "expm1", "exp2", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "square",
         "reciprocal", "sigmoid", "erf", "erfc", "lgamma", "digamma", "abs", "neg", "sinc", "logit", "erfinv"]
for name in names:
    y = getattr(torch, name)(x)
    (g,) = torch.autograd.grad(y.sum(), x)
    print(f"{name:10} {y.grad_fn.name():22}", [f"{v:.3f}" for v in y.tolist()], [f"{v:.3f}" for v in g.tolist()])

y = torch.tensor([2.0, 0.5, 1.5], requires_grad=True)
binary = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow,
    "atan2": torch.atan2, "hypot": torch.hypot, "maximum": torch.maximum, "minimum": torch.minimum,
    "fmod": torch.fmod, "remainder": torch.remainder, "logaddexp": torch.logaddexp, "xlogy": torch.xlogy,
}
for name, f in binary.items():
    z = f(x, y)
    gx, gy = torch.autograd.grad(z.sum(), (x, y), allow_unused=True, materialize_grads=True)
    print(f"{name:10} {z.grad_fn.name():22}", [round(v, 3) for v in z.tolist()])
    print(" " * 10, gx, gy)
print(torch.add(x, y, alpha=2), torch.sub(x, 1), x.rsub(1) if hasattr(x, "rsub") else 1 - x)
print(1 / x, 2**x, x**2, -x, +x, x // 0.2, x % 0.2, abs(-x), 1 - x)
print(torch.clamp(x, 0.3, 0.6), x.clip(min=0.5), x.lerp(y, 0.5), torch.addcmul(x, x, y, value=2))
print(x.floor(), x.ceil(), x.round(), x.trunc(), x.frac(), x.sign(), torch.heaviside(x.detach(), y.detach()))
print(torch.isnan(x), torch.isfinite(x), torch.isclose(x, x + 1e-9), x.eq(y), x.lt(y), torch.equal(x, x))
print(torch.nan_to_num(torch.tensor([float("nan"), float("inf"), 1.0])), torch.copysign(x, torch.tensor(-1.0)))
print(torch.special.expit(x.detach()), torch.special.entr(x.detach()), torch.special.i0(x.detach()))
