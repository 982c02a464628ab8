# Interpolation, sampling on grids, padding, channels moved to space
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


for m in ("nearest", "linear", "bilinear", "bicubic", "trilinear", "nearest-exact", "area"):
    for kw in (
        {"scale_factor": 2},
        {"scale_factor": 1.5},
        {"scale_factor": 0.6},
        {"size": 5},
        {"size": 3},
        {"scale_factor": 1.7, "recompute_scale_factor": True},
    ):
        for ac in (None, True, False):
            for x in (seq(1, 2, 4), seq(1, 2, 4, 3), seq(1, 1, 3, 4, 2)):
                if m in ("nearest", "nearest-exact", "area") and ac is not None:
                    continue
                try:
                    show(
                        f"{m} {kw} {ac} {x.dim()}",
                        F.interpolate(x, mode=m, align_corners=ac, **kw),
                        x,
                    )
                except Exception as e:
                    print(m, kw, ac, x.dim(), type(e).__name__, "x")
for f in (
    lambda: F.interpolate(seq(1, 1, 2, 2)),
    lambda: F.interpolate(seq(1, 1, 2, 2), size=3, scale_factor=2),
    lambda: F.interpolate(seq(1, 1, 2, 2), size=3, align_corners=True),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
x = seq(1, 4, 4, 6)
show("ps", F.pixel_shuffle(x, 2), x)
show("pu", F.pixel_unshuffle(x, 2), x)
show("cs", F.channel_shuffle(x, 2), x)
show("up", nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)(x), x)
show("up", nn.UpsamplingBilinear2d(scale_factor=2)(x), x)
show("up", nn.UpsamplingNearest2d(size=(3, 5))(x), x)
th = torch.tensor([[[0.9, 0.1, 0.2], [-0.2, 1.1, -0.1]]], requires_grad=True)
for ac in (False, True):
    g = F.affine_grid(th, (1, 2, 4, 5), align_corners=ac)
    show("ag", g, th)
    x = seq(1, 2, 4, 5)
    for m in ("bilinear", "nearest"):
        for p in ("zeros", "border"):
            g = F.affine_grid(th, (1, 2, 4, 5), align_corners=ac)
            show(
                f"gs {m} {p}", F.grid_sample(x, g, mode=m, padding_mode=p, align_corners=ac), x, th
            )
for p, m in (
    ((1, 2), "constant"),
    ((1, 1), "reflect"),
    ((2, 1), "replicate"),
    ((1, 2), "circular"),
    ((1, 0, 2, 1), "reflect"),
    ((1, 0, 2, 1), "replicate"),
    ((1, 2, 1, 1), "circular"),
    ((-1, 1, 0, 2), "constant"),
):
    x = seq(1, 2, 4, 5) if len(p) > 2 else seq(2, 2, 4)
    show(f"pad {p} {m}", F.pad(x, p, m), x)
for l in (
    nn.ZeroPad2d(1),
    nn.ConstantPad2d((1, 0, 0, 2), 3.5),
    nn.ReflectionPad2d(1),
    nn.ReplicationPad2d((1, 2, 0, 1)),
    nn.CircularPad2d(1),
):
    x = seq(1, 1, 3, 4)
    show(str(l), l(x), x)
x = seq(1, 1, 2, 3, 3)
show("rp3", nn.ReplicationPad3d(1)(x), x)
show("rf3", nn.ReflectionPad3d(1)(x), x)
