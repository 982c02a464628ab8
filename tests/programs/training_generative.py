# A training program as tutorials have them
import torch, copy
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def fill(m):
    for i, p in enumerate(m.parameters()):
        p.data.copy_(torch.sin(torch.arange(p.numel()) * 0.9 + i).view_as(p) * 0.4)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()

        def block(i, o, normalize=True):
            layers = [nn.Linear(i, o)]
            if normalize:
                layers.append(nn.BatchNorm1d(o, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers

        self.model = nn.Sequential(
            *block(3, 4, normalize=False), *block(4, 5), nn.Linear(5, 4), nn.Tanh()
        )

    def forward(self, z):
        return self.model(z)


G = Generator()
D = nn.Sequential(nn.Linear(4, 3), nn.LeakyReLU(0.2), nn.Linear(3, 1), nn.Sigmoid())
fill(G)
fill(D)
print(G, D)
og = torch.optim.Adam(G.parameters(), lr=2e-2, betas=(0.5, 0.999))
od = torch.optim.Adam(D.parameters(), lr=2e-2, betas=(0.5, 0.999))
bce = nn.BCELoss()
for e in range(4):
    z = torch.cos(torch.arange(18.0) + e).reshape(6, 3)
    real = torch.sin(torch.arange(24.0)).reshape(6, 4)
    valid, fake = torch.ones(6, 1), torch.zeros(6, 1)
    og.zero_grad()
    gen = G(z)
    g = bce(D(gen), valid)
    g.backward()
    og.step()
    od.zero_grad()
    d = (bce(D(real), valid) + bce(D(gen.detach()), fake)) / 2
    d.backward()
    od.step()
    print(e, f"{g.item():.6f} {d.item():.6f}")


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 3)
        self.mu = nn.Linear(3, 2)
        self.lv = nn.Linear(3, 2)
        self.dec = nn.Sequential(
            nn.ConvTranspose2d(2, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4)
        )

    def forward(self, x):
        h = F.relu(self.fc1(x))
        mu, lv = self.mu(h), self.lv(h)
        z = mu + torch.exp(0.5 * lv) * 0.1
        return torch.sigmoid(self.dec(z[..., None, None])), mu, lv


v = VAE()
fill(v)
opt = torch.optim.RMSprop(v.parameters(), lr=0.01)
x = torch.rand(5, 4) * 0 + torch.linspace(0, 1, 20).view(5, 4)
for e in range(4):
    r, mu, lv = v(x)
    loss = F.binary_cross_entropy(r, x, reduction="sum") - 0.5 * torch.sum(
        1 + lv - mu.pow(2) - lv.exp()
    )
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f"{loss.item():.6f}")
target = copy.deepcopy(v)
print(all(torch.equal(a, b) for a, b in zip(v.state_dict().values(), target.state_dict().values())))
for tp, p in zip(target.parameters(), v.parameters()):
    tp.data.mul_(0.995).add_(p.data, alpha=0.005)
q = nn.Sequential(nn.Linear(2, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 2))
fill(q)
for p in q[:3].parameters():
    p.requires_grad = False
opt = torch.optim.SGD(filter(lambda p: p.requires_grad, q.parameters()), lr=0.1)
print(len(opt.param_groups[0]["params"]))
F.smooth_l1_loss(q(torch.ones(1, 2)), torch.zeros(1, 2)).backward()
opt.step()
print(q[3].weight)


class Residual(nn.Module):
    expansion = 2

    def __init__(self, c, stride=1, downsample=None):
        super().__init__()
        self.c1 = nn.Conv2d(c, c, 3, stride, 1, bias=False)
        self.n1 = nn.GroupNorm(1, c)
        self.downsample = downsample
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        i = x
        o = self.n1(self.c1(self.relu(x + 0)))
        if self.downsample is not None:
            i = self.downsample(x)
        o += i
        return self.relu(o)


r = nn.Sequential(
    Residual(2),
    Residual(2, 2, nn.Sequential(nn.Conv2d(2, 2, 1, 2, bias=False), nn.BatchNorm2d(2))),
    nn.AdaptiveAvgPool2d((1, 1)),
    nn.Flatten(1),
)
fill(r)
print(r)
o = r(torch.sin(torch.arange(64.0)).view(2, 2, 4, 4))
print(o)
o.sum().backward()
print([f"{p.grad.abs().sum():.5f}" for p in r.parameters()])
for n, m in r.named_modules():
    if isinstance(m, (nn.Conv2d, nn.BatchNorm2d)):
        print(n, m.__class__.__name__)
print(
    nn.ModuleDict({"relu": nn.ReLU()})["relu"](torch.tensor([-1.0, 1.0])),
    hasattr(r, "foo"),
    r[0].downsample,
)
