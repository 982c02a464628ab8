import torch


def shown(f):
    try:
        print(f())
    except Exception as error:
        print(type(error).__name__, error)


device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(device, repr(device), device.type, device.index, device == torch.device("cpu"))
print(torch.ones(2, device=device).to(device).cpu().device)
print(repr(torch.device("cuda:1")), torch.device("cuda", 1).index, torch.device("mps").type)
print(torch.backends.mps.is_available(), torch.accelerator.is_available())
for place in ("cuda", "cuda:1", "foo", "cpu:a", "", 0):
    shown(lambda: torch.device(place))
    shown(lambda: torch.ones(2).to(place))
    if place != "":
        shown(lambda: torch.zeros(2, device=place))
shown(lambda: torch.ones(2).cuda())
torch.set_default_device("cuda")
shown(lambda: torch.ones(1))
torch.set_default_device("cpu")

for sizes in (
    ("a",),
    (2.5,),
    (2, "a"),
    ("a", 2),
    ([2, "a"],),
    (-1,),
    (2, -3),
    (None,),
    (True,),
    ([True],),
    (torch.tensor(2),),
    (torch.tensor(2.0),),
    (),
):
    shown(lambda: torch.ones(*sizes))
for options in (
    {"dtype": "float32"},
    {"dtype": 3},
    {"dtype": float},
    {"dtype": bool},
    {"requires_grad": 3},
    {"foo": 1},
    {"dtype": torch.int64, "requires_grad": True},
):
    shown(lambda: torch.zeros(2, **options))
shown(lambda: torch.full((2,), "a"))
shown(lambda: torch.full(2, 1.0))
shown(lambda: torch.eye(2.5))
shown(lambda: torch.eye(-1))
shown(lambda: torch.randn(-2))
shown(lambda: torch.randint(3, 3, (2,)))
shown(lambda: torch.randperm(-1))
shown(lambda: torch.linspace(0, 1, -1))
shown(lambda: torch.linspace(0, 1, steps=3, dtype=int))
shown(lambda: torch.arange(float("nan")))
shown(lambda: torch.tensor(None))
shown(lambda: torch.tensor({}))
shown(lambda: torch.ones(2).new_zeros("a"))
shown(lambda: torch.ones(2).to("float32"))
shown(lambda: torch.ones(2).to(float))
shown(lambda: torch.ones(2).type(float))

print(torch.FloatTensor([1, 2]), torch.LongTensor([1, 2]), torch.DoubleTensor(2, 1).shape)
print(torch.BoolTensor([True]), torch.ByteTensor([1]), torch.HalfTensor([1]), torch.IntTensor())
print(torch.Tensor([1, 2]), torch.Tensor(2, 3).shape, torch.Tensor(), torch.Tensor((1, 2)))
print(torch.Tensor(torch.Size([2, 1])).shape, torch.LongTensor([1.5]))
for data in ("a", 2.5, None):
    shown(lambda: torch.Tensor(data))
x = torch.ones(1)
print(isinstance(x, torch.FloatTensor), isinstance(x, torch.DoubleTensor), torch.FloatTensor)
print(x.type(), x.type("torch.DoubleTensor"), x.type(torch.LongTensor), x.type(torch.int32))
torch.set_default_dtype(torch.float64)
print(torch.get_default_dtype(), torch.ones(1), torch.Tensor([1]).dtype, torch.arange(3.0) / 2)
print(torch.tensor([1.0], dtype=torch.float32))
torch.set_default_dtype(torch.float32)
shown(lambda: torch.set_default_dtype(torch.int32))

g = torch.Generator().manual_seed(3)
a = torch.rand(2, generator=g)
print(g.initial_seed(), g.device, torch.equal(a, torch.rand(2, generator=g.manual_seed(3))))
torch.manual_seed(1)
b = torch.randn(3)
print(torch.manual_seed(1).initial_seed(), torch.equal(b, torch.randn(3)), torch.initial_seed())
print(torch.compile(lambda t: t * 2)(torch.ones(2)))


@torch.compile
def plus(t):
    return t + 1


print(plus(torch.ones(2)), torch.__version__.split("+")[0], torch.version.cuda)
