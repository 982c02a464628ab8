# Which value was changed, and what made it, in the words of the error
import torch


def attempt(name, f):
    a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    try:
        f(a).sum().backward()
        print(name, a.grad)
    except RuntimeError as e:
        print(name, str(e).split(". Hint")[0])


def saved_input(a):
    b = a * 2
    c = b * b
    b.add_(1)
    return c


def saved_output(a):
    b = a.exp()
    b.mul_(2)
    return b


def not_saved(a):
    b = a + 1
    b.mul_(2)
    return b


def saved_view(a):
    b = a * 1
    v = b[1:]
    c = v * v
    b.zero_()
    return c


def saved_base(a):
    b = a * 1
    c = b * b
    b[0] = 5.0
    return c


def saved_plain(a):
    k = torch.tensor([1.0, 2.0, 3.0])
    c = a * k
    k.add_(1)
    return c


def saved_plain_view(a):
    k = torch.ones(2, 3)
    c = a * k[0]
    k.add_(1)
    return c


def not_needed(a):
    k = torch.tensor([1.0, 2.0, 3.0])
    c = a + k
    k.add_(1)
    return c


def detached_change(a):
    b = a.sigmoid()
    b.detach().zero_()
    return b


def twice(a):
    b = a.tanh()
    b += 1
    b *= 2
    return b * b


def matrix(a):
    m = a.view(3, 1) * torch.ones(1, 3)
    p = m @ m
    m += 1
    return p


def temporaries(a):
    y = a * 1
    y[0] = y[1] * y[2]
    return y


for f in [saved_input, saved_output, not_saved, saved_view, saved_base, saved_plain, saved_plain_view,
          not_needed, detached_change, twice, matrix, temporaries]:
    attempt(f.__name__, f)
