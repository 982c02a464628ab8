# Sums, means, norms and their gradients
import torch

x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
for name, f in {
    "sum": lambda t: t.sum(),
    "sum0": lambda t: t.sum(0).pow(2).sum(),
    "mean": lambda t: t.mean(dim=1, keepdim=True).sum(),
    "prod": lambda t: t.prod(),
    "var": lambda t: t.var(),
    "std": lambda t: t.std(dim=1, unbiased=False).sum(),
    "norm": lambda t: t.norm(),
    "norm1": lambda t: t.norm(p=1),
    "logsumexp": lambda t: t.logsumexp(dim=1).sum(),
    "max": lambda t: t.max(),
    "amax": lambda t: t.amax(dim=0).sum(),
    "cumsum": lambda t: t.cumsum(1).sum(),
    "cumprod": lambda t: t.cumprod(dim=1).sum(),
    "median": lambda t: t.median(),
    "trace": lambda t: (t @ t.T).trace(),
    "vector_norm": lambda t: torch.linalg.vector_norm(t, 3),
}.items():
    y = f(x)
    (g,) = torch.autograd.grad(y, x)
    print(f"{name:12} {y.item():9.4f} {y.grad_fn.name()}")
    print(g)
d = x.detach()
print(d.sum(dim=(0, 1)), d.mean((0, 1)), d.min(), d.std(), d.var(dim=0), d.nansum(), d.any(), d.all())
print(torch.sum(d, dim=-1, keepdim=True), torch.mean(d, 0), d.sum(dtype=torch.float64), d.count_nonzero())
print(d.norm(dim=1), d.norm(p=float("inf")), torch.dist(d, d + 1), torch.logsumexp(d, 0))
print(torch.quantile(d, 0.5), d.softmax(1), (d > 2).sum(), (d > 2).float().mean())
print(torch.cov(d), torch.histc(d, bins=3), torch.bincount(torch.tensor([0, 1, 1])))
