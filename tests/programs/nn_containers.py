# Containers, states, hooks and bookkeeping of modules
import torch, torch.nn as nn
from collections import OrderedDict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(2, 3)
        self.l2 = nn.Linear(3, 1, bias=False)
        self.register_buffer("b", torch.ones(2))
        self.register_buffer("np", torch.ones(2), persistent=False)
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.none = None

    def forward(self, x):
        return self.l2(torch.relu(self.l1(x))) * self.scale


n = Net()
print(n)
print(list(n.state_dict()))
print(
    [k for k, _ in n.named_parameters()],
    [k for k, _ in n.named_buffers()],
    [k for k, _ in n.named_modules()],
    [k for k, _ in n.named_children()],
)
print(n.load_state_dict(n.state_dict()))
sd = n.state_dict()
del sd["scale"]
sd["extra"] = torch.ones(1)
sd["l1.weight"] = torch.ones(3, 3)
try:
    n.load_state_dict(sd)
except RuntimeError as e:
    print(e)
del sd["l1.weight"]
r = n.load_state_dict(sd, strict=False)
print(r, r.missing_keys, r.unexpected_keys)
s = nn.Sequential(OrderedDict([("a", nn.Linear(1, 2)), ("b", nn.ReLU())]))
print(s, s.a, s[0], s[-1])
s.add_module("c", nn.Tanh())
s.append(nn.Sigmoid())
print(s, len(s))
print(s[1:3])
s[1] = nn.ELU()
print(s)
del s[0]
print(s)
t = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
t.insert(1, nn.Tanh())
print(t)
print(t + nn.Sequential(nn.GELU()))
t.extend([nn.Tanh()])
print(t.pop(1), t)
for m in t:
    print(type(m).__name__)
print(list(t.children()) == [m for m in t])
ml = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
ml.append(nn.ReLU())
print(ml, len(ml), ml[1], ml[-1], ml[:2])
ml.insert(0, nn.Tanh())
print(ml)
ml += [nn.ReLU()]
print(len(ml))
ml[0] = nn.ELU()
print(ml[0], nn.ReLU in [type(x) for x in ml])
md = nn.ModuleDict({"x": nn.ReLU(), "y": nn.Linear(1, 1)})
md["z"] = nn.Tanh()
print(md, "x" in md, list(md.keys()), list(md), len(md), md["y"])
print([k for k, v in md.items()], md.pop("x"))
md.update({"q": nn.ReLU()})
print(md)
pl = nn.ParameterList([nn.Parameter(torch.ones(2)), torch.zeros(1)])
print(pl, len(pl), pl[0], [p for p in pl])
pd = nn.ParameterDict({"a": torch.ones(1)})
print(pd["a"], list(pd.keys()))
pd["b"] = nn.Parameter(torch.zeros(2))
print(pd)


class M2(nn.Module):
    def __init__(self):
        super().__init__()
        self.pl = pl
        self.ml = ml


m2 = M2()
print([k for k, _ in m2.named_parameters()])
try:
    n.scale = torch.ones(1)
except TypeError as e:
    print(e)
try:
    n.l1 = 3
except TypeError as e:
    print(e)


class Bad(nn.Module):
    def __init__(self):
        self.l = nn.Linear(1, 1)


try:
    Bad()
except AttributeError as e:
    print(e)


class Bad2(nn.Module):
    def __init__(self):
        self.l = nn.Parameter(torch.ones(1))


try:
    Bad2()
except AttributeError as e:
    print(e)
try:
    n.nothing
except AttributeError as e:
    print(e)
try:
    nn.Module()(1)
except NotImplementedError as e:
    print(e)
d = n.double()
print(d is n, n.l1.weight.dtype, n.b.dtype)
n.float()
print(n.b.dtype)
n.to(torch.float64)
print(n.l1.bias.dtype)
n.to("cpu")
n.float()


def init(m):
    print(type(m).__name__)
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.5)
    if isinstance(m, nn.Linear) and m.bias is not None:
        nn.init.zeros_(m.bias)


print(n.apply(init) is n)
print(n(torch.ones(1, 2)))
n(torch.ones(1, 2)).sum().backward()
print(n.l1.weight.grad)
n.zero_grad()
print(n.l1.weight.grad)
n.requires_grad_(False)
print([p.requires_grad for p in n.parameters()])
n.requires_grad_(True)
print(n.training, n.eval().training, n.l1.training, n.train().training)
print(n.get_submodule("l1"), n.get_parameter("l1.bias"))
print(sum(p.numel() for p in n.parameters()))
hs = []
h = n.l1.register_forward_hook(lambda m, i, o: hs.append(o.shape))
n(torch.ones(2, 2))
h.remove()
n(torch.ones(2, 2))
print(hs)
h = n.register_forward_pre_hook(lambda m, a: (a[0] * 2,))
print(n(torch.ones(1, 2)))
h.remove()
print(n(torch.ones(1, 2)))
h = n.register_forward_hook(lambda m, a, k, o: o + k.get("z", 1), with_kwargs=True)
print(n(torch.ones(1, 2)))
h.remove()
w = nn.Linear(2, 2)
v = nn.Linear(2, 2)
v.weight = w.weight
tied = nn.ModuleList([w, v])
print(len(list(tied.parameters())), list(tied.state_dict()))
opt = torch.optim.SGD(n.parameters(), lr=0.1)
n.double()
n(torch.ones(1, 2, dtype=torch.float64)).sum().backward()
opt.step()
print(n.scale)
print(n.state_dict()["scale"], type(n.state_dict()).__name__)
print(n._modules.keys(), n._parameters.keys(), list(n._buffers))
print(isinstance(n, nn.Module), isinstance(ml, nn.ModuleList), issubclass(nn.Linear, nn.Module))
p = nn.Parameter(torch.ones(2), requires_grad=False)
print(p)
x = torch.ones(2)
q = nn.Parameter(x)
with torch.no_grad():
    q.add_(1)
print(x, q.data, isinstance(q, torch.Tensor))
e = nn.Embedding(4, 2, padding_idx=1)
print(e.weight[1])
e = nn.Embedding.from_pretrained(torch.arange(6.0).reshape(3, 2))
print(e(torch.tensor([[0, 2], [1, 1]])), e.weight.requires_grad)
b = nn.EmbeddingBag.from_pretrained(torch.arange(6.0).reshape(3, 2), freeze=False, mode="sum")
y = b(torch.tensor([0, 2, 1, 1]), torch.tensor([0, 2]))
print(y)
y.sum().backward()
print(b.weight.grad)
b = nn.EmbeddingBag.from_pretrained(torch.arange(6.0).reshape(3, 2), mode="max")
print(b(torch.tensor([[0, 2], [1, 1]])))
e = nn.Embedding.from_pretrained(
    torch.arange(6.0).reshape(3, 2), freeze=False, scale_grad_by_freq=True, max_norm=2.0
)
y = e(torch.tensor([0, 2, 2]))
print(y)
y.sum().backward()
print(e.weight.grad, e.weight)
for f in (
    lambda: nn.Embedding(3, 2)(torch.tensor([3])),
    lambda: nn.Embedding(3, 2)(torch.tensor([1.0])),
    lambda: nn.Embedding(3, 2, padding_idx=5),
):
    try:
        f()
    except Exception as ex:
        print(type(ex).__name__, ex)
x = torch.ones(3, requires_grad=True)
for d in (
    nn.Dropout(0.5),
    nn.Dropout(0),
    nn.Dropout(1.0),
    nn.Dropout2d(1.0),
    nn.AlphaDropout(0.0),
    nn.FeatureAlphaDropout(1.0),
):
    y = d(torch.ones(2, 2, 2, 2)) if isinstance(d, nn.Dropout2d) else d(torch.ones(2, 2))
    if d.p in (0, 1):
        print(d, y)
    d.eval()
    print(d(torch.ones(2, 2)))
print(
    nn.Flatten()(torch.ones(2, 3, 4)).shape,
    nn.Flatten(0)(torch.ones(2, 3)).shape,
    nn.Unflatten(1, (2, 2))(torch.ones(3, 4)).shape,
    nn.Identity(3, a=2)(x),
)
print(
    nn.Bilinear(1, 1, 1)(torch.zeros(1, 1), torch.zeros(1, 1)).shape,
    nn.CosineSimilarity(dim=0)(x, x),
    nn.PairwiseDistance()(torch.ones(2, 2), torch.zeros(2, 2)),
    nn.PReLU()(torch.tensor([-1.0, 2.0])),
    nn.PReLU(2)(torch.tensor([[-1.0, -2.0]])),
    nn.Softmax2d()(torch.ones(1, 2, 1, 1)),
    nn.GLU()(torch.ones(4)),
    nn.Threshold(0.5, 9.0)(torch.tensor([0.0, 1.0])),
    nn.RReLU()(torch.tensor([1.0])),
)

x = torch.tensor([-1.0, 0.5, 2.0], requires_grad=True)
for layer in (nn.ReLU(True), nn.LeakyReLU(0.1, True), nn.ELU(inplace=True), nn.SiLU(inplace=True), nn.Hardtanh(inplace=True), nn.Dropout(0.0, True), nn.RReLU(inplace=True).eval(), nn.Threshold(0.0, -2.0, True)):
    y = x * 2
    z = layer(y)
    print(z is y, y, torch.autograd.grad((z * torch.arange(1.0, 4.0)).sum(), x))
print(torch.nn.functional.relu_(torch.tensor([-1.0, 1.0])), torch.nn.functional.elu(torch.tensor(-1.0), 0.5, True))
try:
    nn.ReLU(inplace=True)(x)
except RuntimeError as error:
    print(error)
