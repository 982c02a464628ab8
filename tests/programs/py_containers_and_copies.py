import torch, torch.nn as nn

x = [1, 2, 3, 4]
x[1:3] = [9]
del x[0]
x[0] += 5
x[-1] *= 2
print(x)
a, (b, *c), d = 1, (2, 3, 4), 5
print(a, b, c, d)
first, *_, last = range(5)
print(first, last)
if (n := len(x)) > 1:
    print(n, 1 < n <= 2 != 3)
print([y := 1, y**2], [z for q in range(3) if (z := q) > 0])
counter = 0


def inc():
    global counter
    counter += 1

    def inner():
        nonlocal_ = 1
        return nonlocal_

    return inner()


inc()
print(counter)


def mk():
    n = 0

    def step(k=1):
        nonlocal n
        n += k
        return n

    return step


s = mk()
s()
print(s(5))
t = torch.arange(6.0).reshape(2, 3)
t[0, 1] = 9
t[:, -1] += 1
t[t > 5] = 0
print(t)
m = nn.Module()
m.w = nn.Parameter(torch.ones(2))
print(list(m.named_parameters()))


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc = nn.Linear(2, 1)
        self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])
        self.register_buffer("b", torch.zeros(1))

    def forward(self, x):
        for i, l in enumerate(self.layers):
            x = l(x)
        return self.fc(x)


net = Net()
print(net.__class__.__name__, type(net).__name__, sum(p.numel() for p in net.parameters()))
print(
    next(net.parameters()).shape,
    next(iter(net.children())).__class__.__name__,
    [type(l).__name__ for l in net.modules()],
)
print(isinstance(net.fc, nn.Linear), net.training, vars(net).keys() if 0 else "")
import copy

net2 = copy.deepcopy(net)
print(
    all(torch.equal(p, q) for p, q in zip(net.parameters(), net2.parameters())), net2.fc is net.fc
)
w = torch.ones(2, requires_grad=True)
w2 = copy.deepcopy(w)
print(w2, w2 is w)
try:
    copy.deepcopy(w * 2)
except RuntimeError as e:
    print(e)
print(
    type(w),
    type(w).__name__,
    w.__class__.__name__,
    type(net.fc.weight).__name__,
    type(1).__name__,
    type(torch.float32),
    type(None),
    type(print),
    type(len).__name__,
    type(lambda: 0).__name__,
    type(net.forward).__name__,
)
print(torch.__version__.split(".")[0], w.sum().grad_fn.__class__.__name__)
print(type(torch.relu), type(torch), type(net), Net)
