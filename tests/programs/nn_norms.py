# Normalising layers in training and out of it, with their running statistics
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
        print(name, tuple(y.shape), y.grad_fn.name())
        print(y.detach().flatten()[:: max(1, y.numel() // 6)])
    l = sum(
        (y * torch.cos(torch.arange(y.numel()).reshape(y.shape) + 0.5)).sum()
        for y in ys
        if y.requires_grad
    )
    gs = torch.autograd.grad(l, leaves, allow_unused=True)
    for g in gs:
        print("  g", None if g is None else g.flatten()[:: max(1, g.numel() // 4)])


for l, shape in (
    (nn.BatchNorm1d(3), (4, 3)),
    (nn.BatchNorm1d(3, momentum=None), (2, 3, 4)),
    (nn.BatchNorm2d(3, affine=False), (2, 3, 2, 2)),
    (nn.BatchNorm2d(3, track_running_stats=False), (2, 3, 2, 2)),
    (nn.BatchNorm3d(2, momentum=0.3, eps=0.1), (2, 2, 1, 2, 2)),
    (nn.InstanceNorm1d(3), (2, 3, 4)),
    (nn.InstanceNorm2d(3, affine=True, track_running_stats=True), (2, 3, 2, 2)),
    (nn.InstanceNorm2d(3), (3, 2, 2)),
    (nn.GroupNorm(2, 4), (2, 4, 3)),
    (nn.GroupNorm(1, 4, affine=False), (2, 4)),
    (nn.LayerNorm((2, 3)), (4, 2, 3)),
    (nn.LayerNorm(3, bias=False), (2, 3)),
    (nn.LayerNorm(3, elementwise_affine=False), (3,)),
    (nn.RMSNorm(3), (2, 3)),
    (nn.RMSNorm((2, 3), eps=0.1), (2, 3)),
):
    print(l)
    for n, p in l.named_parameters():
        with torch.no_grad():
            p.copy_(seq(*p.shape, req=False) + 1)
    for k in range(3):
        x = (seq(*shape, req=False) * (k + 1) + k).requires_grad_()
        y = l(x)
        show("t", y, x, *l.parameters())
        print({n: b for n, b in l.state_dict().items()})
    l.eval()
    x = seq(*shape)
    show("e", l(x), x, *l.parameters())
    print(type(l(x).grad_fn).__name__)
    l.train()
    if hasattr(l, "running_mean") and l.running_mean is not None:
        l.reset_running_stats()
        print(l.running_mean, l.running_var, l.num_batches_tracked)
for f in (
    lambda: nn.BatchNorm1d(3)(seq(1, 3)),
    lambda: nn.BatchNorm2d(3)(seq(1, 3)),
    lambda: nn.BatchNorm1d(3)(seq(2, 4)),
    lambda: nn.GroupNorm(3, 4),
    lambda: nn.LayerNorm(4)(seq(2, 3)),
    lambda: nn.InstanceNorm1d(3)(seq(2)),
    lambda: nn.InstanceNorm2d(3)(seq(1, 3, 1, 1)),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
m = nn.BatchNorm1d(2)
print(list(m.named_buffers()), [n for n, _ in m.named_parameters()])
net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
print(list(net.state_dict()))
