# A training program as tutorials have them
import torch, torch.nn as nn, torch.nn.functional as F


def fill(m):
    for i, p in enumerate(m.parameters()):
        p.data.copy_(torch.sin(torch.arange(p.numel()) * 0.9 + i).view_as(p) * 0.4)


m = nn.Sequential(
    nn.Conv2d(1, 3, 3),
    nn.BatchNorm2d(3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(12, 4),
)
fill(m)
x = torch.cos(torch.arange(72.0)).view(2, 1, 6, 6)
y = torch.tensor([1, 3])
for name, make in (
    ("sgd", lambda p: torch.optim.SGD(p, 0.1, 0.9)),
    ("adam", lambda p: torch.optim.Adam(p, 0.01)),
    ("adamw", lambda p: torch.optim.AdamW(p, 0.01)),
    ("rms", lambda p: torch.optim.RMSprop(p, 0.01)),
    ("ada", lambda p: torch.optim.Adagrad(p, 0.01)),
    ("nadam", lambda p: torch.optim.NAdam(p, 0.01)),
    ("adadelta", lambda p: torch.optim.Adadelta(p)),
):
    fill(m)
    o = make(m.parameters())
    for e in range(6):
        l = F.cross_entropy(m(x), y)
        o.zero_grad()
        l.backward()
        o.step()
        print(name, e, f"{l.item():.4f}", l)
    print(m[0].weight.flatten()[:4], m[5].bias)
l = nn.LSTM(2, 3, bidirectional=True)
fill(l)
o, (h, c) = l(torch.cos(torch.arange(12.0)).view(3, 2, 2))
print(o, h, c)
a = nn.MultiheadAttention(4, 2)
fill(a)
print(
    a(
        torch.cos(torch.arange(12.0)).view(3, 1, 4),
        torch.cos(torch.arange(12.0)).view(3, 1, 4),
        torch.cos(torch.arange(12.0)).view(3, 1, 4),
    )
)
