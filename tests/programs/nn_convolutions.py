# Convolutions, transposed ones, patches: results and gradients over their settings
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


for g in (1, 2):
    for s, p, op, d in ((1, 0, 0, 1), (2, 1, 1, 1), (3, 0, 2, 1), (2, 1, 0, 2), (1, 2, 0, 1)):
        x, w, b = seq(2, 4, 5), seq(4, 3, 3), seq(3 * g)
        show(f"ct1 {g}{s}{p}{op}{d}", F.conv_transpose1d(x, w, b, s, p, op, g, d), x, w, b)
        x, w, b = seq(1, 4, 4, 3), seq(4, 2, 3, 3), seq(2 * g)
        show(f"ct2 {g}{s}{p}{op}{d}", F.conv_transpose2d(x, w, b, s, p, op, g, d), x, w, b)
        x, w, b = seq(2, 4, 6, 5), seq(6, 4 // g, 3, 2), seq(6)
        show(f"c2 {g}{s}{p}{d}", F.conv2d(x, w, b, s, p, d, g), x, w, b)
x, w = seq(2, 2, 3, 2, 2), seq(2, 1, 2, 2, 2)
show("ct3", F.conv_transpose3d(x, w, stride=2), x, w)
x, w = seq(3, 5), seq(3, 2, 2)
show("unb", F.conv_transpose1d(x, w), x, w)
for f in (
    lambda: F.conv2d(seq(1, 3, 4, 4), seq(2, 2, 3, 3)),
    lambda: F.conv2d(seq(4, 4), seq(2, 2, 3, 3)),
    lambda: F.conv_transpose2d(seq(1, 3, 4, 4), seq(2, 2, 3, 3)),
    lambda: F.conv2d(seq(1, 2, 2, 2), seq(2, 2, 3, 3)),
    lambda: F.conv_transpose2d(seq(1, 3, 4, 4), seq(3, 2, 3, 3), output_padding=1),
):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
m = nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect")
with torch.no_grad():
    m.weight.copy_(seq(2, 1, 3, 3, req=False))
    m.bias.zero_()
x = seq(1, 1, 4, 5)
show("reflect", m(x), x, m.weight)
m = nn.ConvTranspose2d(1, 2, 3, stride=2, padding=1)
with torch.no_grad():
    m.weight.copy_(seq(1, 2, 3, 3, req=False))
    m.bias.zero_()
x = seq(1, 1, 3, 3)
show("osize", m(x, output_size=(1, 2, 6, 6)), x, m.weight)
x = seq(2, 6, 6)
x = seq(2, 8, 12)
show("fold", F.fold(x, (4, 5), 2), x)
x = seq(8, 9)
show("fold", F.fold(x, (5, 5), 2, stride=2, padding=1), x)
x = seq(1, 2, 4, 5)
show("unfold", F.unfold(x, (2, 3), padding=1, stride=2), x)
