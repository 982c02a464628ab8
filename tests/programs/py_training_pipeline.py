import torch
import torch.nn as nn
import torch.nn.functional as F
from typing import Optional, Tuple, Dict, List, Iterator
from dataclasses import dataclass, field
import math, random, itertools, collections, functools, time

torch.manual_seed(0)
random.seed(0)


@dataclass
class TrainConfig:
    lr: float = 1e-2
    epochs: int = 3
    batch_size: int = 4
    hidden: List[int] = field(default_factory=lambda: [8, 4])


class Dataset:
    def __init__(self, n: int) -> None:
        self.x = torch.linspace(-1, 1, n).unsqueeze(1)
        self.y = self.x**2

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Loader:
    def __init__(self, ds: Dataset, batch_size: int, shuffle: bool = False):
        self.ds, self.bs, self.shuffle = ds, batch_size, shuffle

    def __iter__(self) -> Iterator[Tuple[torch.Tensor, torch.Tensor]]:
        idx = list(range(len(self.ds)))
        if self.shuffle:
            random.shuffle(idx)
        for i in range(0, len(idx), self.bs):
            xs, ys = zip(*[self.ds[j] for j in idx[i : i + self.bs]])
            yield torch.stack(xs), torch.stack(ys)

    def __len__(self):
        return math.ceil(len(self.ds) / self.bs)


cfg = TrainConfig()
print(cfg)
ds = Dataset(10)
loader = Loader(ds, cfg.batch_size, shuffle=True)
print(len(loader), [tuple(x.shape) for x, _ in loader])
history: Dict[str, List[float]] = collections.defaultdict(list)
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
start = time.time()
for epoch in range(cfg.epochs):
    running = 0.0
    for step, (x, y) in enumerate(loader, start=1):
        loss = F.mse_loss(w * x + b, y)
        for p in (w, b):
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in [w, b]:
                p -= cfg.lr * p.grad
        running += loss.item()
        history["loss"].append(loss.item())
    print(f"epoch {epoch:>2d} | loss {running / len(loader):.4f} | lr {cfg.lr:.0e}")
elapsed = time.time() - start
assert elapsed >= 0
print(len(history["loss"]), {k: round(sum(v) / len(v), 4) for k, v in history.items()})
