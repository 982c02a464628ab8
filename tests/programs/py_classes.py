import torch

registry = {}


def register(name):
    def deco(cls):
        registry[name] = cls
        return cls

    return deco


@register("sgd")
class SGD:
    def __init__(self, params, lr=0.1):
        self.params, self.lr = list(params), lr

    @torch.no_grad()
    def step(self):
        for p in self.params:
            p.sub_(self.lr * p.grad)

    def zero_grad(self):
        for p in self.params:
            p.grad = None


print(registry.keys(), registry["sgd"].__name__)
p = torch.tensor([1.0, 2.0], requires_grad=True)
opt = registry["sgd"]([p])
for _ in range(3):
    opt.zero_grad()
    (p**2).sum().backward()
    opt.step()
print(p)


class Meter:
    def __init__(self):
        self.reset()

    def reset(self):
        self.sum = self.n = 0

    def update(self, v, n=1):
        self.sum += v * n
        self.n += n

    @property
    def avg(self):
        return self.sum / max(self.n, 1)

    def __str__(self):
        return f"{self.avg:.3f}"

    def __format__(self, spec):
        return format(self.avg, spec or ".2f")


m = Meter()
m.update(2.0, 3)
m.update(4)
print(m, f"{m}", f"{m:.4f}", "{}".format(m), "%s" % m)


class Timer:
    def __enter__(self):
        self.t = 1
        return self

    def __exit__(self, *exc):
        self.t = 2


with Timer() as t:
    pass
print(t.t)


class Temp:
    unit = "C"

    def __init__(self, v):
        self._v = v

    @property
    def v(self):
        "the value"
        return self._v

    @v.setter
    def v(self, x):
        if x < 0:
            raise ValueError(f"bad {x}")
        self._v = x

    @v.deleter
    def v(self):
        del self._v


t = Temp(3)
t.v = 4
print(t.v)
try:
    t.v = -1
except ValueError as e:
    print("err:", e)
del t.v
try:
    t.v
except AttributeError as e:
    print(e)
try:
    Temp(1).w = 3
    print("ok")
except AttributeError as e:
    print(e)


class RO:
    @property
    def x(self):
        return 1


try:
    RO().x = 2
except AttributeError as e:
    print(e)


class Base:
    registry = []

    def __init__(self):
        Base.registry.append(type(self).__name__)

    def __repr__(self):
        return f"{self.__class__.__name__}()"

    def __eq__(self, other):
        return type(self) == type(other)

    def __hash__(self):
        return 1


class Child(Base):
    pass


class Mixin:
    def greet(self):
        return f"hi from {type(self).__name__}"


class Multi(Mixin, Child):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)


print(
    Child(),
    Multi(),
    Multi().greet(),
    Base.registry,
    [c.__name__ for c in (Base, Child)],
    Child() == Child(),
    {Child(): 1},
)


class Poly:
    def __init__(self, *c):
        self.c = c

    def __call__(self, x):
        return sum(a * x**i for i, a in enumerate(self.c))

    def __add__(self, o):
        return Poly(*[a + b for a, b in zip(self.c, o.c)])

    def __mul__(self, k):
        return Poly(*[a * k for a in self.c])

    __rmul__ = __mul__

    def __iadd__(self, o):
        self.c = tuple(a + o for a in self.c)
        return self

    def __str__(self):
        return " + ".join(f"{a}x^{i}" for i, a in enumerate(self.c))

    def __lt__(self, o):
        return self.c < o.c

    def __len__(self):
        return len(self.c)

    def __reversed__(self):
        return iter(self.c[::-1])

    def __divmod__(self, k):
        return divmod(self.c[0], k)

    def __round__(self, n=0):
        return round(self.c[0], n)

    def __int__(self):
        return 7

    def __float__(self):
        return 7.5

    def __index__(self):
        return 2

    def __abs__(self):
        return 5

    def __invert__(self):
        return "inv"

    def __contains__(self, v):
        return v in self.c

    def __getattr__(self, n):
        return f"dyn_{n}"


p = Poly(1, 2, 3)
print(
    p(2),
    p + p,
    2 * p,
    p * 2,
    sorted([Poly(2), Poly(1)])[0].c,
    len(p),
    list(reversed(p)),
    divmod(p, 1),
    round(p),
    int(p),
    float(p),
    [10, 20, 30][p],
    abs(p),
    ~p,
    2 in p,
    p.foo,
)
p += 1
print(p)


class Desc:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, owner):
        return f"got {self.name}" if obj else self

    def __set__(self, obj, value):
        print("set", self.name, value)


class H:
    x = Desc()


h = H()
h.x = 5
print(h.x)


class Count:
    n = 0

    def __init__(self):
        type(self).n += 1


Count()
Count()
print(Count.n)


class Sing:
    _i = None

    @classmethod
    def get(cls):
        if cls._i is None:
            cls._i = cls()
        return cls._i


print(Sing.get() is Sing.get())


class Slot:
    __slots__ = ("a",)


s = Slot()
s.a = 1
print(s.a)
print(
    p.__class__,
    p.__class__.__name__,
    p.__doc__,
    Poly.__call__.__name__,
    callable(p),
    hasattr(h, "x"),
    getattr(h, "y", "none"),
    setattr(h, "y", 3),
    h.y,
)


class Outer:
    class Inner:
        v = 3

    def mk(self):
        return self.Inner()


print(Outer().mk().v, Outer.Inner.__qualname__, Outer.Inner)
