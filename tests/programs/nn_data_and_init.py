# Datasets, samplers and loaders; gradients clipped, vectors of parameters, first values
import torch
from torch import nn
from torch.nn import init
from torch.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    parameters_to_vector,
    vector_to_parameters,
)
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from torch.utils import data

torch.set_default_dtype(torch.float64)
x = torch.arange(14.0).reshape(7, 2)
y = torch.arange(7)
ds = TensorDataset(x, y)
print(len(ds), ds[3], ds[-1], ds[2:4])
for drop in (False, True):
    loader = DataLoader(ds, batch_size=3, shuffle=False, drop_last=drop)
    print(len(loader), loader.batch_size, len(loader.dataset))
    for k, (a, b) in enumerate(loader):
        print(k, a.tolist(), b)
a, b = next(iter(DataLoader(ds, batch_size=2)))
print(a, b)
torch.manual_seed(0)
seen = sorted(int(i) for _, b in DataLoader(ds, batch_size=3, shuffle=True) for i in b)
print(seen)


class Squares(Dataset):
    def __init__(self, n, transform=None):
        self.n = n
        self.transform = transform

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(i)
        value = torch.tensor([float(i), float(i) ** 2])
        return self.transform(value) if self.transform else value, i


squares = Squares(5, transform=lambda t: t * 10)
print(len(squares), squares[2])
for features, labels in DataLoader(squares, batch_size=2):
    print(features, labels)
for batch in DataLoader(squares, batch_size=3, collate_fn=lambda items: [i for _, i in items]):
    print(batch)
for item in DataLoader(squares, batch_size=None):
    print(item)
print(len(Squares(3) + Squares(4)), (Squares(3) + Squares(4))[5], (Squares(3) + Squares(4))[-1])
part = Subset(squares, [4, 0])
print(len(part), part[0], [i for _, i in part.dataset])
first, second = random_split(ds, [5, 2], generator=torch.Generator().manual_seed(1))
print(len(first), len(second), sorted(first.indices + second.indices))
print(
    [len(p) for p in random_split(range(10), [0.5, 0.3, 0.2])],
    [len(p) for p in random_split(range(7), [0.5, 0.5])],
)


class Stream(IterableDataset):
    def __iter__(self):
        yield from range(5)


print([b.tolist() for b in DataLoader(Stream(), batch_size=2)])
records = [
    {"a": 1, "b": 2.5, "c": "x", "d": (1, [2.0, 3.0])},
    {"a": 2, "b": 3.5, "c": "y", "d": (4, [5.0, 6.0])},
]
print(next(iter(DataLoader(records, batch_size=2))))
print(
    data.default_collate([(1, 2), (3, 4)]),
    data.default_collate([True, False]),
    data.default_collate([torch.ones(2), torch.zeros(2)]),
)
print(
    list(data.SequentialSampler(ds)),
    list(data.BatchSampler(data.SequentialSampler(range(5)), 2, False)),
    list(data.BatchSampler([3, 1, 2], 2, True)),
)
print(
    sorted(data.RandomSampler(range(4))),
    len(data.RandomSampler(range(4), replacement=True, num_samples=9)),
    sorted(data.SubsetRandomSampler([5, 7])),
    set(data.WeightedRandomSampler([0.0, 1.0], 5)),
)
print(
    [b.tolist() for b in DataLoader([10, 20, 30], sampler=[2, 0])],
    [b.tolist() for b in DataLoader([10, 20, 30], batch_sampler=[[0, 2], [1]])],
)
for wrong in (
    lambda: TensorDataset(x, y[:3]),
    lambda: random_split(ds, [5, 5]),
    lambda: DataLoader(ds, batch_size=0),
    lambda: DataLoader(ds, shuffle=True, sampler=[0]),
    lambda: next(iter(DataLoader([torch.ones(2), torch.ones(3)], batch_size=2))),
    lambda: ds[9],
    lambda: Dataset()[0],
    lambda: next(iter(DataLoader([(1, 2), (1,)], batch_size=2))),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, str(error).split("\n")[0])

net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
for p in net.parameters():
    init.constant_(p, 0.5)
loader = DataLoader(TensorDataset(x, y[:, None].double()), batch_size=4)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(2):
    for a, b in loader:
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(a), b)
        loss.backward()
        norm = clip_grad_norm_(net.parameters(), max_norm=1.0)
        opt.step()
        print(epoch, f"{loss.item():.6f} {norm.item():.6f}")
print(net[0].weight.grad)
clip_grad_value_(net.parameters(), 0.2)
print(
    net[0].weight.grad,
    clip_grad_norm_(net.parameters(), 0.1, norm_type=float("inf")),
    nn.utils.get_total_norm([p.grad for p in net.parameters()]),
)
vector = parameters_to_vector(net.parameters())
print(vector.shape, vector.detach())
vector_to_parameters(torch.arange(9.0), net.parameters())
print(net[0].weight, net[1].bias)
print(clip_grad_norm_([torch.ones(2, requires_grad=True)], 1.0))
t = torch.tensor([3.0, 4.0], requires_grad=True)
t.grad = torch.tensor([float("nan"), 1.0])
try:
    clip_grad_norm_(t, 1.0, error_if_nonfinite=True)
except RuntimeError as error:
    print(error)
print(
    nn.utils.rnn.pad_sequence(
        [torch.ones(2), torch.ones(3) * 2], batch_first=True, padding_value=-1.0
    ),
    nn.utils.rnn.pad_sequence([torch.ones(1, 2), torch.ones(2, 2)]).shape,
)

w = torch.empty(2, 3)
print(init.eye_(w), init.zeros_(w), init.ones_(w), init.constant_(w, 0.3))
print(
    init.dirac_(torch.empty(2, 2, 3)),
    init.calculate_gain("relu"),
    init.calculate_gain("tanh"),
    init.calculate_gain("leaky_relu", 0.2),
)
for fill in (
    init.uniform_,
    init.normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    init.trunc_normal_,
):
    big = fill(torch.empty(40, 50))
    print(fill.__name__, tuple(big.shape), bool(big.std() > 0), bool(big.abs().max() < 6))
q = init.orthogonal_(torch.empty(3, 5))
print(torch.allclose(q @ q.T, torch.eye(3)), (init.sparse_(torch.empty(4, 3), 0.5) == 0).sum(0))
for wrong in (
    lambda: init.xavier_uniform_(torch.empty(3)),
    lambda: init.eye_(torch.empty(3)),
    lambda: init.calculate_gain("foo"),
    lambda: init.kaiming_uniform_(w, mode="x"),
    lambda: init.orthogonal_(torch.empty(2)),
):
    try:
        wrong()
    except ValueError as error:
        print(error)
p = nn.Parameter(torch.empty(2, 2))
nn.init.ones_(p)
print(p, p.requires_grad, p.is_leaf)
