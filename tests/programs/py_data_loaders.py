import torch
from torch.utils.data import (
    Dataset,
    DataLoader,
    TensorDataset,
    Subset,
    random_split,
    default_collate,
)

x = torch.arange(10.0).reshape(5, 2)
y = torch.arange(5)
ds = TensorDataset(x, y)
print(len(ds), ds[0], ds[1:3], ds.tensors[1])
for a, b in DataLoader(ds, batch_size=2):
    print(a, b)
dl = DataLoader(ds, batch_size=2, drop_last=True)
print(len(dl), dl.batch_size, dl.dataset is ds, [b.tolist() for _, b in dl], len(DataLoader(ds)))


class Squares(Dataset):
    def __init__(self, n, transform=None):
        self.n, self.transform = n, transform

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        v = torch.tensor(float(i))
        if self.transform:
            v = self.transform(v)
        return {"x": v, "y": i, "name": f"item{i}", "pair": (i * 0.5, [i, i])}


sq = Squares(3, transform=lambda v: v**2)
for batch in DataLoader(sq, batch_size=2):
    print(batch)
for batch in DataLoader(sq, batch_size=None):
    print(batch["x"])
loader = DataLoader(ds, batch_size=2, shuffle=True, generator=torch.Generator().manual_seed(0))
seen = torch.cat([b for _, b in loader])
print(sorted(seen.tolist()), len(loader))


def pad(batch):
    return torch.stack([b[0] for b in batch]).sum(0), len(batch)


for s, n in DataLoader(ds, batch_size=3, collate_fn=pad):
    print(s, n)
tr, va = random_split(ds, [3, 2])
print(len(tr), len(va), sorted(tr.indices + va.indices), type(tr).__name__)
tr, va = random_split(ds, [0.8, 0.2])
print(len(tr), len(va))
print(Subset(ds, [0, 2])[1], next(iter(DataLoader(ds)))[1], len(Subset(ds, [1])))
it = iter(DataLoader(ds, batch_size=5))
print(next(it)[1])
print(next(it, "done"))
try:
    TensorDataset(x, torch.zeros(3))
except AssertionError as e:
    print(e)
try:
    DataLoader(ds, batch_size=0)
except ValueError as e:
    print(e)
try:
    random_split(ds, [1, 1])
except ValueError as e:
    print(e)
try:
    Dataset()[0]
except NotImplementedError as e:
    print(type(e).__name__)
print(
    default_collate([1, 2]),
    default_collate([0.5, 1.0]),
    default_collate([(1, 2), (3, 4)]),
    default_collate(["a", "b"]),
)
print(
    DataLoader(ds, sampler=[3, 1]).dataset is ds,
    [b.tolist() for _, b in DataLoader(ds, batch_sampler=[[0, 1], [4]])],
)
try:
    next(iter(DataLoader([object()])))
except TypeError as e:
    print(type(e).__name__)
print([b.tolist() for b in DataLoader([1, 2, 3], batch_size=2)], [b for b in DataLoader(range(3))])
