# Pooling of every kind: results, places and gradients over their settings
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def seq(*s, req=True):
    n = 1
    for k in s:
        n *= k
    return (
        (torch.sin(torch.arange(n, dtype=torch.float64) * 1.7 + n)).reshape(s).requires_grad_(req)
    )


def show(name, y, *leaves):
    ys = y if isinstance(y, tuple) else (y,)
    for y in ys:
        print(name, tuple(y.shape), y.grad_fn.name() if y.grad_fn else None)
        print(y.detach().flatten()[:: max(1, y.numel() // 6)])
    l = sum(
        (y * torch.cos(torch.arange(y.numel()).reshape(y.shape) + 0.5)).sum()
        for y in ys
        if y.requires_grad
    )
    gs = torch.autograd.grad(l, leaves, allow_unused=True)
    for g in gs:
        print("  g", None if g is None else g.flatten()[:: max(1, g.numel() // 4)])


for k, s, p, c in (
    (2, None, 0, False),
    (3, 2, 1, True),
    (3, 2, 0, True),
    (2, 3, 1, True),
    (2, 1, 1, False),
    (3, 3, 1, True),
):
    x = seq(2, 2, 7)
    show(f"mp1 {k, s, p, c}", F.max_pool1d(x, k, s, p, ceil_mode=c), x)
    show("ap1", F.avg_pool1d(x, k, s, p, c), x)
    show("ap1x", F.avg_pool1d(x, k, s, p, c, False), x)
    x = seq(1, 2, 7, 6)
    show(f"mp2 {k, s, p, c}", F.max_pool2d(x, k, s, p, 1, c, return_indices=True), x)
    show("ap2", F.avg_pool2d(x, k, s, p, c), x)
    show("ap2x", F.avg_pool2d(x, k, s, p, c, False), x)
    show("ap2d", F.avg_pool2d(x, k, s, p, c, divisor_override=3), x)
    x = seq(1, 1, 5, 7, 6)
    show(f"mp3 {k, s, p, c}", F.max_pool3d(x, k, s, p, 1, c), x)
    show("ap3", F.avg_pool3d(x, k, s, p, c), x)
for o in (1, 2, 3, 5, 7, 9):
    x = seq(2, 2, 7)
    show(f"aap1 {o}", F.adaptive_avg_pool1d(x, o), x)
    show("amp1", F.adaptive_max_pool1d(x, o, True), x)
    x = seq(1, 2, 7, 5)
    show(f"aap2 {o}", F.adaptive_avg_pool2d(x, (o, None)), x)
    show("amp2", F.adaptive_max_pool2d(x, (o, 2), return_indices=True), x)
    show("aa", F.adaptive_avg_pool2d(x, o), x)
x = seq(1, 1, 4, 5, 3)
show("aap3", F.adaptive_avg_pool3d(x, (2, 3, 1)), x)
show("amp3", F.adaptive_max_pool3d(x, 2), x)
x = seq(1, 2, 4, 6)
y, i = F.max_pool2d(x, 2, return_indices=True)
show("unpool", F.max_unpool2d(y, i, 2), x)
y, i = F.max_pool2d(x, 2, return_indices=True)
show("unpool", F.max_unpool2d(y, i, 2, output_size=(4, 7)), x)
x = seq(1, 2, 6)
y, i = F.max_pool1d(x, 2, return_indices=True)
show("unpool1", F.max_unpool1d(y, i, 2), x)
x = (seq(1, 2, 6, 6, req=False) + 2).requires_grad_()
show("lp2", F.lp_pool2d(x, 2, 2), x)
show("lp1", F.lp_pool1d(x[0], 3, 2, stride=1), x)
x = seq(2, 5, 3, 3)
show("lrn", F.local_response_norm(x, 3), x)
show("lrn", nn.LocalResponseNorm(2, alpha=0.1, k=2.0)(x), x)
x = seq(2, 3, 6)
show("mp", nn.MaxPool1d(2, return_indices=True)(x), x)
print(nn.AvgPool1d(2)(x), nn.AdaptiveAvgPool2d((1, 2))(seq(1, 2, 3, 4)))
x = seq(3, 4, 4)
print(nn.MaxPool2d(2)(x), nn.AvgPool2d(2)(x).shape)
x = torch.tensor([[[1.0, float("nan"), 2.0, 3.0]]])
print(
    F.max_pool1d(x, 2), F.max_pool1d(torch.tensor([[[1.0, 1.0, 1.0, 1.0]]]), 2, return_indices=True)
)
for f in (
    lambda: F.max_pool2d(seq(4, 4), 2),
    lambda: F.max_pool2d(seq(1, 1, 4, 4), 5),
    lambda: F.avg_pool2d(seq(1, 1, 4, 4), 2, padding=2),
    lambda: F.max_pool2d(seq(1, 1, 4, 4), 2, padding=2),
    lambda: F.max_pool1d(seq(4), 2),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
