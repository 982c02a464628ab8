# what a second backward is refused for: functions that saved anything, if only a number
import torch
import torch.nn.functional as F

index = torch.tensor([0, 1])


def put(c, i, v):
    c[i] = v
    return c


def show(name, f):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = f(x)
    y.backward(torch.ones_like(y))
    try:
        y.backward(torch.ones_like(y))
        print(name, y.grad_fn.name(), x.grad)
    except RuntimeError as e:
        print(name, y.grad_fn.name(), str(e)[:48])


show("number", lambda x: x * 2)
show("quotient", lambda x: x / 2)
show("in place", lambda x: x.clone().mul_(3.0))
show("view", lambda x: x.view(2, 1) * 1)
show("stack", lambda x: torch.stack([x * 2]))
show("stack alone", lambda x: torch.stack([x]))
show("sum", lambda x: x + 1)
show("difference", lambda x: 1 - x)
show("negative", lambda x: -x)
show("x[0]", lambda x: x[0])
show("x[0:1]", lambda x: x[0:1])
show("x[[0, 1]]", lambda x: x[[0, 1]])
show("x[x > 0]", lambda x: x[x > 0])
show("gather", lambda x: x.gather(0, index))
show("where", lambda x: torch.where(x > 1, x, 0.0))
show("masked_fill", lambda x: x.masked_fill(x > 1, 0.0))
show("max", lambda x: x.max(0)[0])
show("sort", lambda x: x.sort()[0])
show("flip", lambda x: x.flip(0))
show("x**0", lambda x: x**0)
show("round", lambda x: x.round())
show("mean", lambda x: x.mean())
show("part set", lambda x: put(x.clone(), 0, 5.0))
show("places set", lambda x: put(x.clone(), [0], 5.0))
show("index_add", lambda x: torch.zeros(2).index_add(0, index, x))
show("scatter", lambda x: torch.zeros(2).scatter(0, index, x))
show("reflected", lambda x: F.pad(x[None], (1, 1), mode="reflect"))
show("real part", lambda x: torch.complex(x, x).real)

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = (x * 2).sum()
y.backward()
y.backward()
