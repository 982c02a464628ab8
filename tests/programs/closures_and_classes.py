# Closures, defaults, keywords, classes, generators of data
import torch


def make_loss(target, power=2, *, scale=1.0):
    calls = 0

    def loss(pred):
        nonlocal calls
        calls += 1
        return scale * ((pred - target).abs() ** power).mean(), calls

    return loss


loss = make_loss(torch.tensor([1.0, 2.0]), scale=0.5)
p = torch.tensor([0.0, 0.0], requires_grad=True)
for _ in range(3):
    value, calls = loss(p)
value.backward()
print(value, calls, p.grad)


class Point:
    count = 0

    def __init__(self, x, y=0.0):
        self.x = torch.tensor(x, requires_grad=True)
        self.y = torch.tensor(y, requires_grad=True)
        Point.count += 1

    def norm(self):
        return (self.x**2 + self.y**2).sqrt()

    def __repr__(self):
        return f"Point({self.x.item()}, {self.y.item()})"

    def __add__(self, other):
        return Point(self.x.item() + other.x.item(), self.y.item() + other.y.item())

    @property
    def squared(self):
        return self.norm() ** 2

    @staticmethod
    def origin():
        return Point(0.0)

    @classmethod
    def unit(cls):
        return cls(1.0, 0.0)


class Named(Point):
    def __init__(self, name, x, y):
        super().__init__(x, y)
        self.name = name

    def __repr__(self):
        return self.name + ":" + super().__repr__()


a = Point(3.0, 4.0)
a.norm().backward()
print(a, a.x.grad, a.y.grad)
b = Named("b", 1.0, 1.0)
print(b, a + b, Point.origin(), Point.unit(), Point.count)
print(isinstance(b, Point), isinstance(a, Named), hasattr(b, "name"), getattr(a, "name", "none"))
print(f"{a.squared:.2f}", [p for p in (a, b)])


def compose(*fs):
    def run(x):
        for f in fs:
            x = f(x)
        return x

    return run


net = compose(torch.sin, torch.exp, lambda t: t * 2)
x = torch.tensor(0.5, requires_grad=True)
net(x).backward()
print(x.grad)


def options(a, b=2, *rest, key="k", **more):
    return a, b, rest, key, more


print(options(1), options(1, 3, 4, 5, key="z", extra=True))
args, kwargs = (1, 2), {"key": "q"}
print(options(*args, **kwargs))
fs = [lambda t, k=k: t * k for k in range(3)]
print([f(10) for f in fs])


def batches(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


for batch in batches(torch.arange(5.0), 2):
    print(batch)
