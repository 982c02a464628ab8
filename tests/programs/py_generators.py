import itertools
import torch

torch.manual_seed(0)


def batches(data, size):
    """Parts of `data`, one after the other."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def forever(make):
    while True:
        yield from make()


def running_mean():
    total, count, mean = torch.zeros(()), 0, None
    while True:
        value = yield mean
        total, count = total + value, count + 1
        mean = total / count


data = torch.arange(10.0)
print(batches.__doc__, batches.__name__, type(batches(data, 3)).__name__)
for batch in batches(data, 4):
    print(batch, batch.mean())
stream = itertools.islice(forever(lambda: batches(data, 4)), 5)
print([len(b) for b in stream])

mean = running_mean()
next(mean)
print([round(mean.send(b.sum()).item(), 3) for b in batches(data, 5)])
mean.close()

x = torch.tensor([1.0, 2.0], requires_grad=True)


def terms(x, count):
    term = torch.ones_like(x)
    for k in range(1, count + 1):
        yield term
        term = term * x / k
    return count


def with_count(x, count):
    n = yield from terms(x, count)
    print("terms:", n)


y = sum(with_count(x, 12))
y.sum().backward()
print(y.detach(), x.grad, torch.exp(x.detach()))


class Grid:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        for i in range(self.n):
            for j in range(self.n):
                yield i, j


print(list(Grid(2)), [(i, j) for i, j in Grid(3) if i == j], (0, 1) in Grid(2))
a, *b = (p * p for p in range(4))
print(a, b, dict(zip("ab", Grid(2))), max(Grid(2)), next(iter(Grid(0)), None))


def guarded():
    try:
        while True:
            try:
                value = yield
                print("got", value)
            except ValueError as error:
                print("caught", error)
    finally:
        print("closed")


g = guarded()
next(g)
g.send(torch.tensor(1.0))
g.throw(ValueError("bad value"))
g.close()


def optimise(w, lr):
    while (loss := ((w - 3) ** 2).sum()).item() > 1e-3:
        (grad,) = torch.autograd.grad(loss, w)
        w = (w - lr * grad).detach().requires_grad_()
        yield loss.item(), w


steps = list(optimise(torch.zeros(2, requires_grad=True), 0.25))
print(len(steps), f"{steps[0][0]:.3f} {steps[-1][0]:.5f}", steps[-1][1])
